"""axe-core objects to nothing on any page, in either theme, wide and narrow; and what it cannot see."""

import pytest
from site_pages import HERE, NARROW, SITE, WIDE, elements, pages, settle, unfold

AXE = HERE.parent.parent / "tools/assets/node_modules/axe-core/axe.min.js"
REPORT = """options => axe.run(document, { resultTypes: ["violations"], ...options }).then(
  ({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 120)} ${failureSummary}`)))"""
# axe-core writes styles into the pages, which their policies refuse: here it may.
TESTED = {"bypass_csp": True}
EVERY_RULE = {}
COLOUR_RULES = {"runOnly": ["color-contrast", "link-in-text-block"]}  # all that a change of theme can break
# A formula is hundreds of boxes of one colour, unless it sets one: for rules of colour one box will do.
PLAIN_FORMULAS = """document.querySelectorAll('.katex-html:not(:has([style*="color"]))')
  .forEach(formula => { formula.textContent = formula.textContent; })"""
PLANT = """html => document.querySelector("article h1").insertAdjacentHTML("afterend", html)"""


def violations(page, rules=EVERY_RULE):
    """What axe-core finds on the page, one line each."""
    if not page.evaluate("'axe' in window"):
        assert AXE.is_file(), "axe-core is missing: make book fetches it"
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(REPORT, rules)


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", pages())
def test_axe_finds_nothing_in_light_or_dark(visit, path, width):
    page = visit(path, width=width, **TESTED)
    unfold(page)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_selector("html[data-theme=dark]")
    page.evaluate(PLAIN_FORMULAS)
    assert violations(page, COLOUR_RULES) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "opener", [".primary-toggle", ".secondary-toggle", ".search-button__button", ".dropdown-toggle"]
)
def test_axe_finds_nothing_in_what_a_button_opens(visit, opener, theme):
    page = visit("book/intro.html", width=NARROW, theme=theme, **TESTED)
    page.locator(f"{opener}:visible").click()
    page.locator("dialog[open], .dropdown-menu.show").first.wait_for()
    settle(page)
    assert violations(page) == []


def test_axe_finds_planted_faults_of_structure_and_of_colour(visit):
    page = visit("book/intro.html", **TESTED)
    page.evaluate(PLANT, '<img src="data:,"><p style="color:#999">pale</p>')
    assert {line.split(":")[0] for line in violations(page)} == {"image-alt", "color-contrast"}
    (pale,) = violations(page, COLOUR_RULES)
    assert pale.startswith("color-contrast")


@pytest.mark.parametrize("path", pages(every=True))
def test_a_page_says_its_language_and_has_each_id_once(host, path):
    found = elements(SITE / path)
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert [attributes.get("lang") for tag, attributes in found if tag == "html"] == ["en"]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("path", pages())
def test_a_page_has_one_title_and_every_drawing_is_one_picture_with_words(visit, path):
    page = visit(path)
    assert page.locator("h1:visible").count() == 1
    for drawing in page.query_selector_all("article svg:not(button svg, summary svg, .katex svg)"):
        words = drawing.evaluate("svg => svg.closest('.picture[role=img]')?.ariaLabel")
        assert len(words.split()) > 3, words
    assert page.locator("article :is(img, canvas, video):not(a img)").count() == 0  # it would follow no theme

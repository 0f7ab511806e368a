"""Nothing is lost on a narrow page: what is wider than its column scrolls in a box, the page never does."""

import contextlib
import re

import pytest
from playwright.sync_api import TimeoutError as NotInTime
from site_pages import HEAD, NARROW, WIDE, checked, frames, pages, settle, unfold

# The boxes that scroll sideways, marked to be found again: class, stop of the tab key or not, place.
WIDE_BOXES = """() => {
  const boxes = [...document.querySelectorAll("body *")].filter(box => box.scrollWidth > box.clientWidth + 1
    && /auto|scroll/.test(getComputedStyle(box).overflowX) && box.checkVisibility());
  boxes.forEach(box => { box.dataset.wide = ""; });
  return boxes.map(box => [box.className, box.getAttribute("tabindex"), box.scrollLeft]);
}"""
TO_THE_END = "document.querySelectorAll('[data-wide]').forEach(box => { box.scrollLeft = box.scrollWidth; })"
# The texts in those boxes that still lie to the right of them.
BEYOND = """() => [...document.querySelectorAll("[data-wide]")].flatMap(box => {
  const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT), range = document.createRange();
  const edge = box.getBoundingClientRect().left + box.clientLeft + box.clientWidth, beyond = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    range.selectNodeContents(text);
    const hidden = text.parentElement.closest(".katex-mathml") || !text.data.trim();
    if (!hidden && range.getBoundingClientRect().right > edge + 1) beyond.push(text.data);
  }
  return beyond;
})"""
# Formulas whose full stop, comma or bracket has gone to the next line.
TORN = """() => [...document.querySelectorAll("span.math")].flatMap(formula => {
  const after = formula.nextSibling, range = document.createRange();
  if (!/^[.,;:!?)]/.test(after?.data) || !formula.checkVisibility()) return [];
  range.setStart(after, 0);
  range.setEnd(after, 1);
  const end = [...formula.querySelectorAll(".base")].at(-1).getBoundingClientRect().right;
  const torn = range.getBoundingClientRect().left < end - 2;
  return torn ? [formula.querySelector("annotation").textContent] : [];
})"""
PRESSES = 5
FITS = "() => [document.documentElement, document.body].every(box => box.scrollWidth <= innerWidth)"


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", pages())
def test_nothing_is_cut_and_the_page_does_not_scroll_sideways(visit, path, width):
    page = visit(path, width=width)
    unfold(page)
    assert page.evaluate(FITS)
    assert page.evaluate(TORN) == []
    faults = checked(page.query_selector("body"), "cuts")
    for frame in frames(page):
        faults += checked(frame, "cuts")
    assert faults == []


@pytest.mark.parametrize("width", [768, 1024, 1600])
@pytest.mark.parametrize(
    "path", [*pages(containing="SliderView")[-1:], "book/ledger.html", "book/api/exact.html"]
)
def test_nothing_is_cut_on_a_tablet_or_a_wide_screen(visit, path, width):
    page = visit(path, width=width)
    unfold(page)
    assert page.evaluate(FITS)
    assert checked(page.query_selector("body"), "cuts") == []
    openers = page.locator(".primary-toggle:visible, .secondary-toggle:visible, .bd-sidebar:visible")
    assert openers.count() >= 2  # the contents are there, or the button for them is


def scrolls_by_keyboard(page, box):
    """Whether the right arrow moves the box; on a busy machine Chromium now and then drops a press."""
    for _ in range(PRESSES):
        box.press("ArrowRight")
        with contextlib.suppress(NotInTime):
            page.wait_for_function("box => box.scrollLeft > 0", arg=box, timeout=2_000)
            return True
    return False


@pytest.mark.parametrize("path", pages())
def test_a_wide_box_scrolls_by_keyboard_from_its_first_to_its_last_character(visit, path):
    page = visit(path, width=NARROW)
    unfold(page)
    assert [box for box in page.evaluate(WIDE_BOXES) if box[1:] != ["0", 0]] == []
    for box in page.query_selector_all("[data-wide]"):
        assert scrolls_by_keyboard(page, box), box.get_attribute("class")
    page.evaluate(TO_THE_END)
    settle(page)
    assert page.evaluate(BEYOND) == []


BOX = "<pre style='width: 200px; {}'>{}</pre>"
DRAWING = "<div class=picture><svg viewBox='0 0 100 100' width=300><text x={} y=50>a label</text></svg></div>"
SOUND = {
    "a wide text in a box that scrolls": BOX.format("overflow: auto", "wide " * 40),
    "a drawing that holds its texts": DRAWING.format(20),
    "a text for screen readers alone": "<p class=visually-hidden style='width: 1px; overflow: clip'>a</p>",
    "a closed drawer": "<p style='visibility: hidden; position: fixed; left: 500px'>drawer</p>",
}
CUT = {
    "cut at the side": BOX.format("overflow: hidden", "wide " * 40),
    "cut above or below": BOX.format("overflow: auto hidden; height: 1ex", "gap"),
    "before its box": BOX.format(
        "overflow: auto; display: flex; justify-content: center", f"<b>{'wide ' * 40}</b>"
    ),
    "beside the page: .* of 390": BOX.format("overflow: visible", "wide " * 40),
    "a label: cut at the side": DRAWING.format(70),
    "label: beside the page: 500": "<p style='position: fixed; left: 500px'>label</p>",
}


@pytest.fixture
def narrow(visit, planted, tmp_path):
    """narrow(body): a page of these elements, as narrow as a telephone."""

    def open_page(body):
        (tmp_path / "page.html").write_text(f"{HEAD}<body>{body}")
        return visit("page.html", address=planted, width=NARROW)

    return open_page


@pytest.mark.parametrize("sound", SOUND)
def test_what_can_be_read_is_let_through(narrow, sound):
    assert checked(narrow(SOUND[sound]).query_selector("body"), "cuts") == []


@pytest.mark.parametrize("fault", CUT)
def test_a_planted_cut_is_found(narrow, fault):
    (found,) = checked(narrow(CUT[fault]).query_selector("body"), "cuts")
    assert re.search(fault, found)


def test_a_page_that_scrolls_sideways_is_found(narrow):
    assert not narrow(BOX.format("overflow: visible", "wide " * 40)).evaluate(FITS)


def test_a_wide_box_that_the_keyboard_cannot_reach_is_found(narrow):
    assert narrow(SOUND["a wide text in a box that scrolls"]).evaluate(WIDE_BOXES) == [["", None, 0]]


def test_a_box_that_no_key_moves_is_found(narrow):
    page = narrow("<pre tabindex=0 style='width: 200px; overflow: clip'>" + "wide " * 40)
    assert not scrolls_by_keyboard(page, page.query_selector("pre"))


def test_a_character_that_no_scrolling_shows_is_found(narrow):
    page = narrow(BOX.format("overflow: auto; position: relative", "wide " * 40))
    page.evaluate(WIDE_BOXES)
    assert page.evaluate(BEYOND) == ["wide " * 40]
    page.evaluate(TO_THE_END)
    assert page.evaluate(BEYOND) == []


# What the theme does without book.css, and what a careless rule would do.
@pytest.mark.parametrize(
    "rule",
    [
        "div.math { width: 4em; } div.math > .katex-display { overflow: hidden; }",
        "div.math > .katex-display { height: 1.5em; }",
        ".highlight pre { overflow: visible; }",
        ".picture svg { max-width: none; } .cell_output * { overflow: visible; }",
    ],
)
@pytest.mark.parametrize("path", pages(containing="SliderView")[:1])
def test_a_rule_that_cuts_on_a_real_page_is_found(visit, path, rule):
    page = visit(path, width=NARROW)
    page.add_style_tag(content=rule.replace(";", " !important;"))
    assert len(checked(page.query_selector("body"), "cuts")) > 0


@pytest.mark.parametrize("path", pages(containing='class="formula"')[:1])
def test_a_full_stop_on_a_line_of_its_own_is_found(visit, path):
    page = visit(path, width=NARROW, bypass_csp=True)  # the page's policy would refuse the rule
    page.add_style_tag(content="span.formula { white-space: normal; } span.math { margin-right: 300px; }")
    assert len(page.evaluate(TORN)) > 0

"""A page by keyboard alone: each stop once, in the order of reading, and seen; no way to get stuck."""

import pytest
from site_pages import NARROW, TWO_FRAMES, WIDE, pages

CHAPTERS = pages(containing="SliderView")[:1]
WITH_FOLDS = pages(containing="<details class=")[:1]
TABLES = pages(containing="class=.pst-scrollable-table-container")[-1:]
# What the tab key should stop at.
CONTROLS = "a[href], button, input, select, textarea, summary, [contenteditable], [tabindex='0']"
STOPS = f"""() => [...document.querySelectorAll("{CONTROLS}")].filter(stop =>
  stop.tabIndex === 0 && !stop.disabled && stop.checkVisibility({{ visibilityProperty: true }}))"""
NUMBERED = f"""() => ({STOPS})().map((stop, i) => {{
  stop.dataset.stop = i;
  return `${{stop.localName}} ${{(stop.ariaLabel ?? stop.textContent).trim().slice(0, 40)}}`;
}})"""
# The stop that has the focus: its number, whether it shows it, whether it is in sight.
FOCUSED = """() => {
  const stop = document.activeElement;
  if (stop === document.body) return null;
  const boxes = [stop, ...stop.children].filter(box =>
    box.offsetWidth * box.offsetHeight || box.localName === "a");
  const ring = () => JSON.stringify(boxes.map(getComputedStyle).map(style =>
    [style.outlineStyle === "none" ? 0 : style.outlineWidth, style.boxShadow]));
  const sight = boxes.some(box => [...box.getClientRects()].some(({ left, top, width, height }) => {
    const above = document.elementFromPoint(left + width / 2, top + height / 2);
    return above && (stop.contains(above) || above.contains(stop) || above.localName === "label");
  }));
  const focused = ring();
  stop.blur();
  const shown = ring() !== focused;
  stop.focus({ preventScroll: true });
  return { number: Number(stop.dataset.stop ?? -1), shown, sight, what: stop.outerHTML.slice(0, 100) };
}"""
# Stops of the text that lie above the one before them, unless they begin the next column.
BACKWARDS = """() => [...document.querySelectorAll("article [data-stop]")]
  .map(stop => [stop.getBoundingClientRect(), stop.outerHTML])
  .filter(([box], i, all) => i && box.bottom < all[i - 1][0].top - 1 && box.left < all[i - 1][0].left + 20)"""


def walk(page, most):
    """Where the tab key leads from the beginning of the page until it leaves it, in at most `most` steps."""
    page.add_style_tag(content="* { transition: none !important; }")  # or a focus shows a moment late
    for _ in range(most):
        page.keyboard.press("Tab")
        page.evaluate(TWO_FRAMES)
        stop = page.evaluate(FOCUSED)
        if stop is None:
            return
        yield stop


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", ["book/intro.html", *CHAPTERS, *TABLES])
def test_tab_stops_once_at_each_control_in_the_order_of_reading_and_shows_it(visit, path, width):
    page = visit(path, width=width)
    names = page.evaluate(NUMBERED)
    stops = list(walk(page, len(names) + 5))
    assert [stop["number"] for stop in stops] == list(range(len(names)))
    assert [stop["what"] for stop in stops if not (stop["shown"] and stop["sight"])] == []
    assert page.evaluate(BACKWARDS) == []
    assert names[0].startswith("a Skip")


@pytest.mark.parametrize("path", CHAPTERS)
def test_the_skip_link_leads_past_the_contents(visit, path):
    page = visit(path)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("Boolean(document.activeElement.closest('main'))")


def test_the_search_opens_and_closes_by_keyboard_and_the_focus_comes_back(visit):
    page = visit("book/intro.html")
    opener = page.locator(".search-button__button:visible").first
    opener.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.type === 'search'")
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="hidden")
    assert opener.evaluate("opener => opener === document.activeElement")
    page.keyboard.press("Control+k")
    page.wait_for_function("document.activeElement.type === 'search'")


@pytest.mark.parametrize("opener", [".primary-toggle", ".secondary-toggle"])
def test_a_drawer_opens_holds_the_focus_and_closes_by_keyboard(visit, opener):
    page = visit(CHAPTERS[0], width=NARROW)
    button = page.locator(f"{opener}:visible")
    button.focus()
    page.keyboard.press("Enter")
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("Boolean(document.activeElement.closest('dialog'))")
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="hidden")
    assert button.evaluate("button => button === document.activeElement")


@pytest.mark.parametrize("path", WITH_FOLDS)
def test_a_fold_opens_and_closes_by_keyboard(visit, path):
    page = visit(path)
    fold = page.locator("article details").first
    for key, is_open in (("Enter", True), ("Space", False)):
        fold.locator("summary").press(key)
        assert fold.evaluate("fold => fold.open") is is_open


def test_the_download_menu_opens_and_closes_by_keyboard(visit):
    page = visit(CHAPTERS[0])
    page.locator(".dropdown-toggle:visible").press("Enter")
    menu = page.locator(".dropdown-menu.show")
    menu.wait_for()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("Boolean(document.activeElement.closest('.dropdown-menu'))")
    page.keyboard.press("Escape")
    menu.wait_for(state="detached")


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (".btn:focus-visible { outline: 0 !important; box-shadow: none !important }", "shown"),
        (".bd-header-article { position: fixed; inset: 0; background: white }", "sight"),
    ],
)
def test_a_focus_that_nobody_sees_is_found(visit, fault, found):
    page = visit("book/intro.html")
    page.add_style_tag(content=fault)
    assert not all(stop[found] for stop in walk(page, 60))


def test_a_stop_out_of_order_and_a_trap_are_found(visit):
    page = visit("book/intro.html")
    page.evaluate("document.querySelector('article p a[href]').tabIndex = 5")
    names = page.evaluate(NUMBERED)
    assert next(walk(page, 1))["number"] != 0
    page.evaluate("addEventListener('keydown', event => event.preventDefault())")
    assert len(list(walk(page, len(names) + 5))) == len(names) + 5

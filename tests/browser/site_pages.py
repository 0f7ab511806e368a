"""The pages of the built site: which there are, when they are ready, how their sliders move."""

import os
import re
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

from playwright.sync_api import TimeoutError as NothingHappened

HERE = Path(__file__).parent
SITE = Path(os.environ.get("TRPO_SITE", HERE.parent.parent / "_build/html")).resolve()
WIDE, NARROW = 1280, 390  # pixels: a desk and a telephone
HEAD = (
    "<!doctype html><link rel=icon href='data:,'>"  # how a page begins that a test writes with a known fault
)
NO_SITE = "(no site)"  # stands for the pages where there are none, so that their tests are there to say so

SLIDERS = ".jupyter-widgets [role=slider]"
# The picture that a slider commands: the visible one in the smallest box around both.
PICTURE = """handle => {
  const seen = box => [...box.querySelectorAll(".picture")].filter(picture => picture.checkVisibility());
  let box = handle;
  while (box && !seen(box).length) box = box.parentElement;
  return box && seen(box)[0];
}"""
ANOTHER_PICTURE = f"""([handle, before]) => {{
  const picture = ({PICTURE})(handle);
  return picture && picture.outerHTML !== before;
}}"""
READY = """() => {
  const views = document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]').length;
  const drawn = document.querySelectorAll(".widget-subarea > .jupyter-widgets").length;
  return document.readyState === "complete" && drawn >= views && document.fonts.status === "loaded";
}"""
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


class _Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, {name: value or "" for name, value in attributes}))


@lru_cache(maxsize=4)
def elements(file):
    """Every element of an HTML file in the order of its text: (tag, {attribute: value})."""
    parser = _Elements()
    parser.feed(file.read_text(encoding="utf-8"))
    return parser.found


def html_files():
    """Every HTML file of the site, as a path below it; what the theme keeps in _static is no page."""
    files = sorted(file.relative_to(SITE).as_posix() for file in SITE.rglob("*.html"))
    return [path for path in files if not path.startswith("_static/")]


def pages(containing="", *, every=False):
    """The pages, or those whose HTML matches `containing`; index.html only leads to the introduction.

    Of the pages of source, which one template makes, the three longest stand for all, unless `every`
    or TRPO_EVERY_PAGE=1 asks for the rest. Their code may speak of what `containing` looks for: they are left
    out of that search.
    """
    found = [path for path in html_files() if path != "index.html"]
    sources = [path for path in found if path.startswith("_modules/")]
    kept = [] if containing else sorted(sources, key=lambda path: (SITE / path).stat().st_size)[-3:]
    if (every or os.environ.get("TRPO_EVERY_PAGE") == "1") and not containing:
        kept = sources
    found = [path for path in found if path not in sources or path in kept]
    matching = [path for path in found if re.search(containing, (SITE / path).read_text(encoding="utf-8"))]
    return matching or [NO_SITE]


def settle(page):
    """Wake the sliders; wait until they and the fonts are there and the page's own script has seen them."""
    page.evaluate("() => { dispatchEvent(new Event('pointermove')); }")
    page.evaluate(TWO_FRAMES)  # what was just shown may ask for fonts
    page.wait_for_function(READY)
    page.evaluate(TWO_FRAMES)


def unfold(page):
    """Open everything that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(folded => { folded.open = true; })")
    settle(page)


def checked(element, checker):
    """What the checker `checker`.js finds wrong inside `element`."""
    return element.evaluate((HERE / f"{checker}.js").read_text(encoding="utf-8"))


def picture(handle):
    """The picture that the slider `handle` commands; AssertionError if none is visible."""
    found = handle.evaluate_handle(PICTURE).as_element()
    assert found, "a slider without a visible picture"
    return found


def move(page, handle, action):
    """Do `action` and return the new picture; AssertionError if the picture stays the same."""
    before = picture(handle).evaluate("picture => picture.outerHTML")
    action()
    try:
        page.wait_for_function(ANOTHER_PICTURE, arg=[handle, before], timeout=5000)
    except NothingHappened:
        name = handle.get_attribute("aria-label")
        raise AssertionError(f"the picture stays the same under the slider {name!r}") from None
    return picture(handle)


def press(page, handle, key):
    """Press `key` on the slider and return the new picture."""
    return move(page, handle, lambda: handle.press(key))


def positions(handle):
    """How many values the slider has."""
    first, last = (float(handle.get_attribute(f"aria-value{end}")) for end in ("min", "max"))
    return round(last - first) + 1


def frames(page):
    """The picture of each value of each slider, one after the other."""
    for handle in page.query_selector_all(SLIDERS):
        yield picture(handle)
        for _ in range(positions(handle) - 1):
            yield press(page, handle, "ArrowRight")

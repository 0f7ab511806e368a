"""The front page shows the book on one screen; a wrong address is answered; the search knows Chinese."""

import re

import nbformat
import pytest
from site_pages import NARROW, SLIDERS, WIDE, frames, pages, picture, positions, settle

FRONT = "book/intro.html"
SCREENS = {WIDE: 800, NARROW: 844}  # width: height
SHOWN = """box => { const { top, bottom, left, right } = box.getBoundingClientRect();
  return box.checkVisibility() && top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth; }"""
CHANGES = re.compile(r"the surrogate changes by \+(\S+), the return by ([+-]\S+)\.$")
ENGLISH = """id => [...document.querySelectorAll("dl.glossary > dt")].find(name =>
  name.id === id || name.nextElementSibling.id === id).textContent.replace("#", "")"""
LOST = re.compile("answer 404: .*/nothing.html|console error: Failed to load resource: .* 404 ")


@pytest.fixture
def front(visit):
    """front(width): the front page on a screen of that width."""

    def open_page(width):
        page = visit(FRONT, width=width)
        page.set_viewport_size({"width": width, "height": SCREENS[width]})
        settle(page)
        return page

    return open_page


def hidden(page, *selectors):
    """What of these does not stand on the first screen as a whole."""
    found = {selector: page.query_selector_all(selector) for selector in selectors}
    return [
        name for name, boxes in found.items() if not boxes or not all(box.evaluate(SHOWN) for box in boxes)
    ]


@pytest.mark.parametrize("width", SCREENS)
def test_the_first_screen_holds_title_slider_picture_and_the_three_ways(front, width):
    page = front(width)
    assert hidden(page, "article h1", ".front-lead", ".front-ways > div", ".widget-slider") == []
    assert picture(page.query_selector(SLIDERS)).evaluate(SHOWN)
    ways = page.locator(".front-ways strong").all_inner_texts()
    assert ways == ["Read", "Run here", "Teach"]


def test_the_first_screen_of_a_desk_holds_the_road_and_the_counts_too(front):
    page = front(WIDE)
    assert hidden(page, ".front-road li", ".front-counts") == []
    assert re.search(r"\d+ numbered equations, \d+ functions .* \d+ tests", page.inner_text(".front-counts"))


def test_what_stands_below_the_first_screen_is_found_to_be_hidden(front):
    page = front(WIDE)
    assert hidden(page, "article h1", "footer", ".no-such-box") == ["footer", ".no-such-box"]


def test_the_slider_tells_how_the_promise_rises_and_the_return_falls_off_the_cliff(front):
    page = front(WIDE)
    handle = page.query_selector(SLIDERS)
    words = [drawing.get_attribute("aria-label") for drawing in frames(page)]
    assert len(words) == positions(handle) > 5
    promised, came = zip(*(map(float, CHANGES.search(sentence).groups()) for sentence in words), strict=True)
    assert list(promised) == sorted(promised)
    best = came.index(max(came))
    assert 0 < best < len(came) - 1  # there is a radius to be found
    assert list(came[best:]) == sorted(came[best:], reverse=True)
    assert came[0] > 0 > came[-1]


@pytest.mark.parametrize("path", ["nothing.html", "book/nothing.html", "book/exercises/nothing.html"])
def test_a_wrong_address_is_answered_by_a_page_whose_links_work(visit, troubles, path):
    page = visit(path)
    assert page.locator("h1:visible").inner_text() == "There is no such page"
    assert page.locator(".bd-sidebar-primary nav a:visible").count() > 3
    assert [trouble for trouble in troubles if not LOST.match(trouble)] == []  # styles and scripts came
    troubles.clear()
    page.locator("article").get_by_role("link", name="front page").click()
    page.wait_for_url(f"**/{FRONT}")
    page.wait_for_function("document.readyState === 'complete'")


@pytest.mark.parametrize(
    ("query", "term"),
    [("优势", "advantage"), ("访问频率", "discounted visitation"), ("KL 散度", "KL divergence")],
)
def test_the_search_finds_a_chinese_term_and_leads_to_its_entry(visit, query, term):
    page = visit(f"search.html?q={query}")
    entries = page.locator("#search-results li a[href*='glossary.html#']")
    entries.first.wait_for()
    places = [link.get_attribute("href").split("#")[1] for link in entries.all()]
    page.goto(page.url.split("search.html")[0] + "book/glossary.html")
    settle(page)
    assert term in [page.evaluate(ENGLISH, place) for place in places]


@pytest.mark.parametrize("path", pages(containing=r"_sources/book/\d\d_\w+\.ipynb")[:1])
def test_the_header_hands_out_the_chapter_as_a_notebook(visit, path, tmp_path):
    page = visit(path)
    page.locator(".dropdown-download-buttons > button").click()
    with page.context.expect_event("download") as handed:
        page.locator(".btn-download-source-button").click()
    handed.value.save_as(tmp_path / "chapter.ipynb")
    notebook = nbformat.read(tmp_path / "chapter.ipynb", as_version=4)
    assert (
        page.locator("article h1")
        .inner_text()
        .split(". ", 1)[-1]
        .startswith(notebook.cells[0].source.splitlines()[0].removeprefix("# "))
    )

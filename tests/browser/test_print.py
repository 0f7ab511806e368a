"""On paper a page is whole and dark on white: no navigation, nothing cut, nothing folded but exercises."""

import pypdfium2
import pytest
from site_pages import HEAD, SITE, SLIDERS, checked, pages, picture, press, settle

SHEET = 658  # pixels between the margins of print.css on A4, which is narrower than Letter
CHAPTERS = pages(containing="SliderView")
EXERCISES = pages(containing="exercise-solution")
CONTROLS = "button, input, dialog, nav, [role=slider], .bd-sidebar, .headerlink, .copybtn, .skip-link"
VISIBLE = """selector => [...document.querySelectorAll(selector)]
  .filter(element => element.checkVisibility({ visibilityProperty: true }))
  .filter(element => !element.closest("#jb-print-toc"))
  .map(element => element.outerHTML.slice(0, 80))"""
# Boxes that would scroll on a screen: on paper what they hold beyond their edge is lost.
SCROLLING = """() => [...document.querySelectorAll("article :not(.katex-mathml, .katex-mathml *)")]
  .filter(box => box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible")
  .filter(box => box.checkVisibility())
  .map(box => `${box.className}: ${box.textContent.slice(0, 60)}`)"""
UNFOLDED = [path for path in pages(containing="<details class") if path in CHAPTERS]
FOLDS = "details:not([open]) > .sd-summary-content"


@pytest.fixture
def on_paper(visit):
    """on_paper(path, act=): the page as it is laid out for printing, after act(page) on the screen."""

    def open_page(path, *, act=lambda page: None, **options):
        page = visit(path, width=SHEET, **options)
        act(page)
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        settle(page)
        return page

    return open_page


@pytest.mark.parametrize("path", pages())
def test_nothing_is_cut_or_left_to_be_scrolled_and_no_navigation_is_printed(on_paper, path):
    page = on_paper(path)
    assert checked(page.query_selector("body"), "cuts") == []
    assert page.evaluate(SCROLLING) == []
    assert page.evaluate(VISIBLE, CONTROLS) == []
    assert page.locator("h1:visible").count() == 1


@pytest.mark.parametrize("path", CHAPTERS[:1])
def test_figures_are_printed_in_the_light_colours_for_a_reader_in_the_dark(on_paper, path):
    page = on_paper(path, theme="dark")
    page.evaluate("document.documentElement.style.background = document.body.style.background = 'white'")
    assert checked(page.query_selector("main"), "contrast") == []


@pytest.mark.parametrize("path", CHAPTERS[:1])
def test_a_slider_is_printed_as_its_present_picture_its_label_and_its_value(on_paper, path):
    seen = []

    def to_the_end(page):
        handle = page.query_selector(SLIDERS)
        seen.append(press(page, handle, "End").get_attribute("aria-label"))

    page = on_paper(path, act=to_the_end)
    handle = page.query_selector(SLIDERS)
    assert [picture(handle).get_attribute("aria-label")] == seen
    widget = page.locator(".widget-inline-hbox:has([role=slider])").first
    assert widget.locator(".widget-label").is_visible()
    assert widget.locator(".widget-readout").inner_text() == handle.get_attribute("aria-valuetext")


@pytest.mark.parametrize(
    "path", [path for path in pages(containing="<details class") if path in CHAPTERS][:2]
)
def test_proofs_and_explanations_are_printed_unfolded(on_paper, path):
    page = on_paper(path)
    folds = page.query_selector_all(FOLDS)
    assert folds
    assert all(fold.is_visible() and fold.bounding_box()["height"] > 20 for fold in folds)


@pytest.mark.parametrize("path", EXERCISES[:1])
def test_solutions_are_printed_only_where_the_reader_has_opened_them(on_paper, path):
    page = on_paper(path, act=lambda page: page.locator("summary:visible").first.click())
    solutions = page.locator("details > .sd-summary-content")
    shown = [solution.is_visible() for solution in solutions.all()]
    assert shown[0]
    assert not any(shown[1:])
    assert len(shown) > 1


def sheets(page, file):
    """The page printed on A4 to `file`: a picture [H, W, 3] of each sheet, 72 dots an inch."""
    page.pdf(path=file, format="A4", print_background=True)
    with pypdfium2.PdfDocument(file) as document:
        return [sheet.render().to_numpy().copy() for sheet in document]


def is_written_on(sheet):
    """Whether anything is dark on the sheet above its page number."""
    return (sheet[: int(0.93 * len(sheet))] < 100).any()


@pytest.mark.parametrize("path", [*CHAPTERS[:1], *EXERCISES[:1]])
def test_a_dark_page_is_printed_as_the_light_one_and_then_is_dark_again(visit, tmp_path, path):
    light, page = visit(path, theme="light"), visit(path, theme="dark")
    printed, dark = sheets(light, tmp_path / "light.pdf"), sheets(page, tmp_path / "dark.pdf")
    assert len(printed) == len(dark)
    assert all((one == other).all() for one, other in zip(printed, dark, strict=True))
    assert all((sheet[:20] == 255).all() and (sheet[:, :20] == 255).all() for sheet in dark)
    assert page.get_attribute("html", "data-theme") == "dark"


@pytest.mark.parametrize("path", [CHAPTERS[0], CHAPTERS[-1], EXERCISES[0]])
def test_no_sheet_is_empty(visit, tmp_path, path):
    printed = sheets(visit(path), tmp_path / "page.pdf")
    assert len(printed) > 1
    assert all(is_written_on(sheet) for sheet in printed)


def test_an_empty_sheet_and_a_box_that_scrolls_are_found(visit, planted, tmp_path):
    style = "<style>@page { @bottom-center { content: counter(page) } } div { break-after: page }</style>"
    wide = f"<article><pre style='width: 200px; overflow: auto'>{'wide ' * 40}</pre></article>"
    (tmp_path / "page.html").write_text(f"{HEAD}{style}<body>{wide}<div></div><div></div>")
    page = visit("page.html", address=planted)
    assert [is_written_on(sheet) for sheet in sheets(page, tmp_path / "page.pdf")] == [True, False]
    assert len(page.evaluate(SCROLLING)) == 1


def test_the_print_style_is_loaded_for_print_alone(host):
    assert 'media="print"' in (SITE / "book/intro.html").read_text(encoding="utf-8")

"""Live pages: Python in the reader's browser, started by a click, with no other host to help.

They skip where the site has no live cells, and fail there if TRPO_REQUIRE_LIVE is 1, as in .ci/run.
"""

import json
import re
from pathlib import Path

import nbformat
import pytest
from exercises import SOLUTION, solutions
from playwright.sync_api import expect
from site_pages import ANOTHER_PICTURE, NARROW, PICTURE, SLIDERS, pages, picture
from test_accessibility import violations
from test_sliders import colours, same

ROOT = Path(__file__).parent.parent.parent
STARTED = 240_000  # milliseconds that Python may take to start on a busy machine, and a cell to run
LIVE_PAGES = pages(containing='id="run-this-page"')
CHAPTERS = [path for path in LIVE_PAGES if "/exercises/" not in path]
EXERCISES = [path for path in LIVE_PAGES if "/exercises/" in path]
ONE = "book/03_compare_two_policies.html"
# What JupyterLite says where it may keep nothing and install nothing, and of the colours of an error.
EXPECTED = re.compile(
    "not needed|ServiceWorker|Memory storage fallback|contents will NOT be synced|Failed to parse .span"
)
READY_OR_NOT = """() => document.querySelector(".live-controls")
  || /could not/.test(document.getElementById("live-status").textContent)"""
IDLE = "i => { const cell = thebe.notebook.cells[i]; return cell.executionCount && !cell.isBusy; }"


@pytest.fixture
def go_live(live_site, visit, troubles):
    """go_live(path, …): the page after the click, when Python is ready."""

    def open_page(path, **options):
        page = visit(path, **options)
        page.set_default_timeout(STARTED)
        page.click("#run-this-page")
        page.wait_for_function(READY_OR_NOT)
        assert page.query_selector(".live-controls"), page.inner_text("#live-status")
        return page

    yield open_page
    troubles[:] = [trouble for trouble in troubles if not EXPECTED.search(trouble)]


def notebook_of(path):
    return nbformat.read(ROOT / path.replace(".html", ".ipynb"), as_version=4)


def code_cells(path):
    return [cell for cell in notebook_of(path).cells if cell.cell_type == "code"]


def write(page, i, source):
    """Put `source` into the editor of cell i."""
    editor = page.locator(".thebe-cell").nth(i).locator(".CodeMirror")
    editor.evaluate("(box, source) => box.CodeMirror.setValue(source)", source)


def source_of(page, i):
    return page.locator(".thebe-cell .CodeMirror").nth(i).evaluate("box => box.CodeMirror.getValue()")


def output(page, i):
    return page.locator("div.cell:has(.thebe-cell)").nth(i).locator(".cell_output, .thebe-output").first


def run(page, i):
    """Run cell i with its button, and wait for its end; what it shows as text."""
    box = page.locator(".thebe-cell").nth(i)
    box.locator(".thebe-run-button").click()
    page.wait_for_function(IDLE, arg=i)
    return output(page, i).inner_text().strip()


def run_all(page):
    """Press *Run all*; what the page says in the end."""
    page.get_by_role("button", name="Run all").click()
    status = page.locator("#live-status")
    expect(status).to_have_text(re.compile("were run|raised an error"), timeout=2 * STARTED)
    return status.inner_text()


@pytest.mark.parametrize("path", CHAPTERS)
def test_a_chapter_runs_from_top_to_bottom(go_live, path):
    page = go_live(path)
    assert run_all(page) == f"All {len(code_cells(path))} cells were run."


@pytest.mark.parametrize("path", EXERCISES)
def test_the_book_s_own_answers_pass_every_check(go_live, path):
    page = go_live(path)
    cells = code_cells(path)
    for i, cell in enumerate(cells):
        if SOLUTION.search(cell.source):
            write(page, i, cell.source)
    assert run_all(page) == f"All {len(cells)} cells were run."
    checks = [i for i, cell in enumerate(cells) if cell.metadata.get("nbgrader", {}).get("grade")]
    verdicts = [output(page, i).inner_text() for i in checks]
    assert verdicts
    assert [verdict for verdict in verdicts if not verdict.startswith("PASS")] == []


def test_a_wrong_answer_is_told_so_then_a_right_one_and_both_are_kept_here(go_live):
    path = "book/exercises/03_compare_two_policies.html"
    page = go_live(path)
    cells = code_cells(path)
    answer = next(i for i, cell in enumerate(cells) if SOLUTION.search(cell.source))
    solution = page.locator(".exercise-solution").first
    run(page, 0)
    write(page, answer, "advantage, visits, difference = 0.9, 9, 2.7")
    run(page, answer)
    assert run(page, answer + 1).startswith("FAIL")
    assert solution.get_attribute("open") is None
    (right,) = solutions(cells[answer].source)
    write(page, answer, right)
    run(page, answer)
    assert run(page, answer + 1).startswith("PASS")
    expect(solution).to_have_attribute("open", "")
    expect(page.get_by_text("Checks passed in this browser: 1 of")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Checks passed in this browser: 1 of")).to_be_visible()
    stored = page.evaluate("() => Object.keys(localStorage).filter(key => key.startsWith('trpo'))")
    assert len(stored) == 1
    assert (
        right in json.loads(page.evaluate("key => localStorage.getItem(key)", stored[0]))["answers"].values()
    )


def test_an_answer_in_words_has_a_field_and_is_kept_here(go_live):
    path = "book/exercises/03_compare_two_policies.html"
    page = go_live(path)
    page.get_by_label("Your answer, in words").fill("The worst ones.")
    page.reload()
    assert page.locator(".live-words").count() == 0
    page.click("#run-this-page")
    expect(page.get_by_label("Your answer, in words")).to_have_value("The worst ones.", timeout=STARTED)
    page.get_by_role("button", name="Forget my answers").click()
    page.wait_for_selector("#run-this-page:enabled")
    assert page.evaluate("() => Object.keys(localStorage).filter(key => key.startsWith('trpo'))") == []


def test_what_the_reader_writes_is_what_runs(go_live):
    page = go_live(ONE)
    write(page, 0, "x = 6")
    run(page, 0)
    write(page, 1, "print('answer', 7 * x)")
    assert run(page, 1) == "answer 42"
    write(page, 1, "print('answer', 8 * x)")
    assert run(page, 1) == "answer 48"
    write(page, 2, "{}['missing']")
    assert "KeyError: 'missing'" in run(page, 2)
    page.get_by_role("button", name="Restart Python").click()
    expect(page.locator("#live-status")).to_contain_text("ready again", timeout=STARTED)
    assert "NameError" in run(page, 1)


def test_a_constant_of_a_chapter_changes_what_its_assertion_says(go_live):
    page = go_live(ONE)
    assert run_all(page).startswith("All")
    cells = code_cells(ONE)
    i = next(i for i, cell in enumerate(cells) if "assert gain[0] > 0 > gain[1]" in cell.source)
    assert "AssertionError" not in output(page, i).inner_text()
    write(page, i, source_of(page, i).replace("gain[0] > 0 > gain[1]", "gain[0] > 9 > gain[1]"))
    assert "AssertionError" in run(page, i)


def slider(page):
    """The slider of the page, which may come a while after its cell has ended, and its drawing as text."""
    handle = page.wait_for_selector(SLIDERS)
    page.wait_for_function(f"handle => ({PICTURE})(handle)", arg=handle)
    return handle, picture(handle).evaluate("picture => picture.outerHTML")


def test_a_slider_draws_from_the_code_as_the_reader_has_it(go_live):
    page = go_live(ONE)
    assert run_all(page).startswith("All")
    i = next(i for i, cell in enumerate(code_cells(ONE)) if "interactive.slider" in cell.source)
    handle, drawing = slider(page)
    first = colours(picture(handle))
    handle.press("ArrowRight")
    page.wait_for_function(ANOTHER_PICTURE, arg=[handle, drawing])
    assert not same(colours(picture(handle)), first)
    write(page, i, source_of(page, i).replace("limits=(-0.7, 1.2)", "limits=(-3, 3)"))
    run(page, i)
    page.wait_for_function("old => !old.isConnected", arg=handle)
    handle, redrawn = slider(page)
    assert redrawn != drawing
    assert not same(colours(picture(handle)), first)


def test_captions_stay_and_reloading_brings_the_static_page_back(go_live):
    page = go_live(ONE)
    captions = page.locator(".live-caption")
    assert "Fig. 3.1" in captions.first.inner_text()
    assert page.evaluate("id => document.getElementById(id) !== null", captions.first.get_attribute("id"))
    page.get_by_role("button", name="Back to the static page").click()
    page.wait_for_selector("#run-this-page")
    assert page.query_selector(".thebe-cell") is None
    assert page.query_selector("figcaption") is not None


def test_nothing_is_loaded_before_the_click(live_site, visit):
    loaded = []
    page = visit("book/notation.html")
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(page.url.replace("notation", "03_compare_two_policies"))
    page.wait_for_load_state("networkidle")
    assert loaded
    assert [url for url in loaded if "/live/" in url] == []


@pytest.mark.parametrize("lacking", ["WebAssembly", "Worker"])
def test_a_browser_that_cannot_is_told_so_and_nothing_changes(live_site, visit, lacking):
    page = visit(ONE)
    before = page.locator("article").inner_text()
    page.evaluate(f"() => {{ window.{lacking} = undefined; }}")
    page.click("#run-this-page")
    expect(page.locator("#live-status")).to_contain_text("cannot run Python")
    page.evaluate("() => { document.getElementById('live-status').textContent = ''; }")
    said = page.locator("#live-status")
    assert said.inner_text() == ""
    assert len(page.locator("article").inner_text()) > 0.9 * len(before)
    assert page.query_selector(".thebe-cell") is None


def test_a_part_that_does_not_come_is_named(live_site, visit, troubles):
    page = visit(ONE)
    page.route("**/python/numpy-*", lambda route: route.fulfill(status=500))
    page.click("#run-this-page")
    expect(page.locator("#live-status")).to_contain_text("numpy", timeout=STARTED)
    expect(page.locator("#live-status")).to_contain_text("could not be started")
    troubles.clear()  # the browser complains about what was broken on purpose


@pytest.mark.parametrize("width", [1280, NARROW])
def test_axe_finds_nothing_on_a_live_page_in_light_or_dark(go_live, width):
    page = go_live(ONE, width=width)
    run_all(page)
    slider(page)
    page.wait_for_selector(f"{SLIDERS}[aria-label]")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_selector("html[data-theme=dark]")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

"""How long a reader of a live page waits: for the first result, and from there for a solved CartPole."""

import time

from playwright.sync_api import sync_playwright

CHAPTER = "book/15_train_cartpole_and_pendulum.html"
WATCHED = "watching.curve("  # in the cell that trains CartPole until it is solved
PATIENCE = 300_000  # milliseconds
DONE = "i => { const cell = thebe.notebook.cells[i]; return cell.executionCount && !cell.isBusy; }"


def live_waits(address, program, *, sandbox):
    """(seconds from the click to the result of the first cell, seconds from there to the trained policy)."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, chromium_sandbox=sandbox) as browser,
    ):
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address + CHAPTER)
        clicked = time.perf_counter()
        page.click("#run-this-page")
        page.get_by_role("button", name="Run all").click()
        page.wait_for_function(DONE, arg=0)
        first = time.perf_counter()
        cells = page.evaluate("thebe.notebook.cells.map(cell => cell.source)")
        (watched,) = [i for i, source in enumerate(cells) if WATCHED in source]
        page.wait_for_function(DONE, arg=watched)
        return first - clicked, time.perf_counter() - first

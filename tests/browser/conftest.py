"""A browser, a server of the built site, and pages in it that no other host can help.

They skip where there is no browser or no site, and fail there if TRPO_REQUIRE_BROWSER is 1, as in .ci/run.
TRPO_SITE names a built site other than _build/html, TRPO_BROWSER a browser other than the first on the PATH.
TRPO_EVERY_PAGE=1 opens every page of source, not three of them.
"""

import contextlib
import os
import threading
from urllib.parse import urljoin, urlsplit

import browsers
import pytest
import serve
from playwright.sync_api import sync_playwright
from site_pages import SITE, WIDE, settle

ALONE = [
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
# Not ours, and harmless: the checker of widget states inside embed.js talks about its own schema.
NOT_OURS = "strict mode: use allowUnionTypes"


def missing(what, *, switch="TRPO_REQUIRE_BROWSER"):
    """Skip, or fail where the environment's `switch` requires what is missing."""
    if os.environ.get(switch) == "1":
        pytest.fail(f"{switch}=1, but {what}", pytrace=False)
    pytest.skip(what)


def pytest_terminal_summary(terminalreporter):
    """Say why tests were skipped: without -rs pytest only counts them."""
    for reason in {report.longrepr[-1] for report in terminalreporter.getreports("skipped")}:
        terminalreporter.write_line(reason)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        program = browsers.program(playwright.chromium.executable_path)
        if program is None:
            missing("no Chromium or Chrome was found: the browser tests need one on the PATH")
        with playwright.chromium.launch(
            executable_path=program, chromium_sandbox=not browsers.IS_ROOT, args=ALONE
        ) as browser:
            yield browser


@pytest.fixture(scope="session")
def host():
    """The address of the built site, on this machine."""
    if not (SITE / "index.html").is_file():
        missing("the site is not built: make book builds it into _build/html")
    with serving(SITE) as address:
        yield address


@pytest.fixture
def live_site(host):
    """A reason to skip, or to fail if TRPO_REQUIRE_LIVE is 1, where the site has no live cells."""
    if not (SITE / "_static/vendor/live/manifest.json").is_file():
        missing("the site has no live cells: make live says why", switch="TRPO_REQUIRE_LIVE")


@pytest.fixture
def planted(tmp_path):
    """The address of an empty folder, `tmp_path`, to which a test writes pages with a known fault."""
    with serving(tmp_path) as address:
        yield address


@contextlib.contextmanager
def serving(folder):
    """Yield the address of `folder` on a free port of this machine."""
    with serve.server(folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def troubles():
    """What the pages of a test complained about: see `watch`."""
    return []


@pytest.fixture
def visit(browser, host, troubles):
    """visit(path, theme=, width=): the page, ready to be read. In the end nothing may have gone wrong."""
    contexts = []

    def open_page(path, *, theme="light", width=WIDE, address=host, **options):
        window = {
            "color_scheme": theme,
            "viewport": {"width": width, "height": 900},
            "reduced_motion": "reduce",
        }
        contexts.append(browser.new_context(**window, **options))
        page = contexts[-1].new_page()
        watch(page, troubles)
        page.goto(urljoin(address, path))
        if options.get("java_script_enabled", True):
            settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def watch(page, troubles):
    """Collect errors and warnings of console and scripts, failed requests and requests to other hosts."""

    def hear(message):
        if message.type in {"error", "warning"} and not message.text.startswith(NOT_OURS):
            troubles.append(f"console {message.type}: {message.text}")

    def see(request):
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob", "file"} and address.hostname != "127.0.0.1":
            troubles.append(f"request to another host: {request.url}")

    def answer(response):
        if response.status >= 400:
            troubles.append(f"answer {response.status}: {response.url}")

    def miss(request):
        if request.failure != "net::ERR_ABORTED":  # the page itself moved on
            troubles.append(f"request failed: {request.url}")

    page.on("console", hear)
    page.on("request", see)
    page.on("response", answer)
    page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
    page.on("requestfailed", miss)

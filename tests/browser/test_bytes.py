"""A page's first load is small: what a browser with an empty cache receives, the sliders included."""

import re

import pytest
from site_pages import HEAD, SITE, pages, settle

LIMIT = 1_000_000  # bytes of a page with sliders; half of that without
WIDGETS = "application/vnd.jupyter.widget-state+json"
WHOLE_FONTS = r"/fa-|/widgets/.*\.woff2$"  # book.css gives the icons that the pages need, in 4 kB


@pytest.fixture
def received(browser):
    """received(address): address of each file -> its bytes on the wire, with the headers of the answer."""
    contexts = []

    def load(address):
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        page = contexts[-1].new_page()
        network, asked, bytes_of = page.context.new_cdp_session(page), {}, {}
        network.on(
            "Network.requestWillBeSent", lambda of: asked.update({of["requestId"]: of["request"]["url"]})
        )
        network.on(
            "Network.loadingFinished", lambda of: bytes_of.update({of["requestId"]: of["encodedDataLength"]})
        )
        network.send("Network.enable")
        page.goto(address, wait_until="networkidle")
        settle(page)
        return {url: bytes_of[request] for request, url in asked.items() if request in bytes_of}

    yield load
    for context in contexts:
        context.close()


def too_much(html, files):
    """What is wrong with the first load of a page: `files` is address -> bytes."""
    limit = LIMIT if WIDGETS in html else LIMIT // 2
    wrong = [f"{sum(files.values())} bytes, at most {limit}"] if sum(files.values()) > limit else []
    return wrong + [
        f"a font of icons unknown to book.css: {url}" for url in files if re.search(WHOLE_FONTS, url)
    ]


@pytest.mark.parametrize("path", pages())
def test_the_first_load_of_a_page_is_small(received, host, path):
    files = received(host + path)
    assert len(files) > 10  # style sheets, scripts, fonts
    assert too_much((SITE / path).read_text(encoding="utf-8"), files) == []


@pytest.mark.parametrize("path", pages(containing=re.escape(WIDGETS))[:1])
def test_the_bytes_of_what_scripts_bring_are_counted(received, host, path):
    files = {url.removeprefix(host).split("?")[0]: size for url, size in received(host + path).items()}
    scripts = SITE / "_static/vendor/widgets/embed.js"
    assert 0 < files["_static/vendor/widgets/embed.js"] < scripts.stat().st_size / 2  # compressed
    assert files["_static/icons.woff"] >= (SITE / "_static/icons.woff").stat().st_size
    assert any(name.startswith("_static/vendor/katex/fonts/") for name in files)


@pytest.mark.parametrize(
    ("kind", "limit"), [("", 500_000), (f"<script type={WIDGETS!r}>{{}}</script>", 1_000_000)]
)
def test_a_page_above_its_limit_is_found(received, planted, tmp_path, kind, limit):
    for name, size in {"page": limit - 5_000, "fat": limit}.items():
        (tmp_path / f"{name}.woff2").write_bytes(bytes(size))
        style = f"@font-face {{ font-family: a; src: url({name}.woff2) }} p {{ font-family: a }}"
        (tmp_path / f"{name}.html").write_text(f"{HEAD}{kind}<style>{style}</style><p>text")
        wrong = too_much(kind, received(f"{planted}{name}.html"))
        assert [line.endswith(f"at most {limit}") for line in wrong] == [True] * (name == "fat")


def test_an_icon_that_brings_its_whole_font_is_found():
    assert len(too_much("", {"http://a/_static/vendor/fontawesome/webfonts/fa-solid-900.woff2": 1})) == 1

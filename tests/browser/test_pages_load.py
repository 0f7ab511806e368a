"""Every page loads in silence, from this machine alone; without scripts and from the disk it is whole."""

import re

import pytest
from site_pages import HEAD, NARROW, NO_SITE, SITE, SLIDERS, elements, html_files, pages, press, settle

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
LOADED |= {"embed": "src", "object": "data", "image": "href", "use": "href", "input": "src"}
LINKS = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "modulepreload",
    "preconnect",
    "dns-prefetch",
    "manifest",
}
LOADED_FONTS = "[...document.fonts].filter(font => font.status === 'loaded').map(font => font.family)"
ELSEWHERE = re.compile(r"\s*(\w+:)?//")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", pages())
def test_a_page_loads_in_silence_and_from_this_machine_alone(visit, troubles, path, theme):
    page = visit(path, theme=theme)
    assert page.locator("html").get_attribute("data-theme") == theme
    assert troubles == []


@pytest.mark.parametrize("path", html_files() or [NO_SITE])
def test_a_page_names_no_script_style_picture_or_font_of_another_host(host, path):
    named = [
        attributes[LOADED[tag]] for tag, attributes in elements(SITE / path) if LOADED.get(tag) in attributes
    ]
    for tag, attributes in elements(SITE / path):
        if tag == "link" and LINKS & set(attributes.get("rel", "").split()):
            named.append(attributes["href"])
        named += attributes.get("srcset", "").split(",") + re.findall(
            r"url\(['\"]?([^'\")]*)", attributes.get("style", "")
        )
    assert [url for url in named if ELSEWHERE.match(url)] == []


def test_no_style_sheet_names_another_host(host):
    sheets = list(SITE.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        assert not re.search(r"(@import\s+|url\()\s*['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), (
            sheet
        )


@pytest.mark.parametrize("address", ["", "index.html"])
def test_the_front_door_leads_to_the_introduction_in_silence(visit, host, troubles, address):
    page = visit("book/notation.html")
    page.goto(host + address)
    page.wait_for_url("**/book/intro.html")
    settle(page)
    assert page.locator("h1:visible").count() == 1
    assert troubles == []


@pytest.mark.parametrize("path", pages(containing="SliderView")[:1])
def test_a_page_opened_from_the_disk_is_whole_and_its_sliders_move(visit, troubles, path):
    page = visit((SITE / path).as_uri())
    for handle in page.query_selector_all(SLIDERS):
        press(page, handle, "End")
    assert set(page.evaluate(LOADED_FONTS)) >= {"KaTeX_Main", "KaTeX_Math"}
    assert troubles == []


@pytest.mark.parametrize("path", pages(containing='class="picture"')[:2])
def test_a_page_without_scripts_shows_its_text_figures_and_formulas(visit, path):
    page = visit(path, width=NARROW, java_script_enabled=False)
    assert page.locator(".pst-js-only:visible").count() == 0
    figures = page.query_selector_all("figure .picture svg")
    assert figures
    assert all(min(figure.bounding_box()[side] for side in ("width", "height")) > 50 for figure in figures)
    assert page.locator("article .katex-html").first.is_visible()


FAULTS = {
    "console error: no": "<script>console.error('no')</script>",
    "console warning: careful": "<script>console.warn('careful')</script>",
    "script: lost": "<script>throw new Error('lost')</script>",
    "answer 404: http.*/gone.css": "<link rel=stylesheet href=gone.css>",
    "request to another host: http://example.org/a.png": "<img src='http://example.org/a.png'>",
    "request failed: http://example.org/a.woff2": "<p style='font-family: a'>text<style>"
    "@font-face { font-family: a; src: url(http://example.org/a.woff2) }",
}


@pytest.mark.parametrize("trouble", FAULTS)
def test_trouble_on_a_page_is_noticed(visit, planted, troubles, tmp_path, trouble):
    (tmp_path / "page.html").write_text(HEAD + FAULTS[trouble])
    visit("page.html", address=planted)
    found = "\n".join(troubles)
    troubles.clear()
    assert re.search(trouble, found), found

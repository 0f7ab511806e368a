"""What a reader does on a page: change the theme, search, follow a link."""

from urllib.parse import unquote, urlsplit

import pytest
from site_pages import SITE, elements, pages

STROKE = """() => getComputedStyle([...document.querySelectorAll(".picture path")]
  .find(path => path.style.stroke.startsWith("var(--"))).stroke"""
PAGE_COLOUR = "getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize("how", ["mouse", "keyboard"])
@pytest.mark.parametrize("path", pages(containing='class="picture"')[:1])
def test_the_switch_changes_the_theme_of_page_and_figures_and_the_choice_stays(visit, path, how):
    page = visit(path, theme="light")
    switch, seen = page.locator(".theme-switch-button:visible"), {}
    for _ in range(3):
        seen[page.get_attribute("html", "data-mode")] = (page.evaluate(STROKE), page.evaluate(PAGE_COLOUR))
        switch.click() if how == "mouse" else switch.press("Enter")
    assert seen.keys() == {"auto", "light", "dark"}
    assert seen["auto"] == seen["light"]
    assert all(one != other for one, other in zip(seen["light"], seen["dark"], strict=True))
    while page.get_attribute("html", "data-mode") != "dark":
        switch.click()
    page.reload()
    assert (page.evaluate(STROKE), page.evaluate(PAGE_COLOUR)) == seen["dark"]


def test_the_search_finds_pages_that_say_the_word(visit):
    page = visit("book/intro.html")
    page.locator(".search-button__button:visible, .search-button-field:visible").first.click()
    page.locator("dialog input[type=search]").press_sequentially("advantage")
    page.keyboard.press("Enter")
    result = page.locator("#search-results li a").first
    result.wait_for()
    result.click()
    page.wait_for_url("**/book/*.html*")
    assert "advantage" in page.locator("article").inner_text().lower()


@pytest.mark.parametrize("path", pages(every=True))
def test_every_link_within_the_site_leads_to_a_place_that_exists(host, path):
    assert broken_links(SITE / path) == []


def broken_links(file):
    """The links of a page to other files of the site, and to places in them, that are not there."""
    links = [
        attributes["href"]
        for tag, attributes in elements(file)
        if tag in {"a", "link"} and "href" in attributes
    ]
    return [link for link in dict.fromkeys(links) if not leads_somewhere(file, link)]


def leads_somewhere(file, link):
    """Whether `link` on the page `file` has a target; another host's are not asked."""
    url = urlsplit(link)
    if url.scheme or url.netloc:
        return url.scheme in {"http", "https", "mailto"}
    target = file.parent / unquote(url.path) if url.path else file
    if not target.is_file():
        return False
    return not url.fragment or unquote(url.fragment) in places(target)


def places(file):
    """The names that a link can point to in a page."""
    return {attributes.get(name) for _, attributes in elements(file) for name in ("id", "name")}


@pytest.mark.parametrize(
    "link", ["gone.html", "#nowhere", "page.html#nowhere", "folder/", "javascript:void(0)"]
)
def test_a_link_to_nowhere_is_found(tmp_path, link):
    (tmp_path / "page.html").write_text(f'<h1 id="here"></h1><a href="#here">a</a><a href="{link}">b</a>')
    assert broken_links(tmp_path / "page.html") == [link]

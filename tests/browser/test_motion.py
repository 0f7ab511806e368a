"""For readers who have asked for less motion nothing moves; and nowhere does anything move by itself."""

import re

import pytest
from site_pages import SITE, pages

# What would move, were it told to: transitions, animations, scrolling that glides.
MOVING = """() => [...document.querySelectorAll("*")].flatMap(element =>
  [null, "::before", "::after"].flatMap(part => {
    const style = getComputedStyle(element, part);
    const seconds = name => Math.max(...style[name].split(",").map(parseFloat));
    const moves = seconds("transitionDuration") > 0.001 || style.scrollBehavior === "smooth"
      || (style.animationName !== "none" && seconds("animationDuration") > 0.001);
    return moves ? [`${element.localName}.${element.className} ${part ?? ""}`] : [];
  }))"""
RUNNING = "document.getAnimations().filter(({ playState }) => playState === 'running').length"
PAGES = ["book/intro.html", "search.html", *pages(containing="SliderView")[-1:]]
BY_ITSELF = re.compile(r"<(marquee|blink|video[^>]*autoplay|animate)\b|<img[^>]*\.gif|\"_playing\": true")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_moves_where_less_motion_is_asked_for(visit, path):
    page = visit(path)
    assert page.evaluate(MOVING) == []
    page.locator(".search-button__button:visible").first.click()
    assert page.evaluate(RUNNING) == 0


def test_what_moves_otherwise_is_found(visit):
    page = visit("book/intro.html")
    page.emulate_media(reduced_motion="no-preference")
    assert len(page.evaluate(MOVING)) > 3


@pytest.mark.parametrize("path", pages())
def test_nothing_on_a_page_plays_by_itself(host, path):
    assert not BY_ITSELF.search((SITE / path).read_text(encoding="utf-8"))

"""Every slider of the book shows another picture when it is moved, by mouse and by keyboard, with no kernel.

The picture counts, never the number beside the handle: that moves even where the picture does not follow.
"""

import io
import re

import numpy as np
import pytest
from PIL import Image
from site_pages import NARROW, SITE, SLIDERS, WIDE, move, pages, picture, positions, press, settle

SLIDER_PAGES = pages(containing="SliderView")
# How long sliders.js waits for a sign of the reader, made nothing (true) or endless (false).
PATIENCE = """const wait = setTimeout;
window.setTimeout = (act, time, ...rest) =>
  time !== 15000 ? wait(act, time, ...rest) : %s && wait(act, 0);"""
WHAT = "picture => picture.outerHTML"
WHERE = """picture => {
  const { x, y, width, height } = picture.querySelector("svg").getBoundingClientRect();
  return [x, y + scrollY, width, height];
}"""
# noUiSlider is deaf for 0.3 s after a click, while its handle glides.
RESTING = "track => !track.classList.contains('noUi-state-tap')"


@pytest.fixture
def sliders(visit):
    """sliders(path, …): the page and its sliders, as many as the notebook made."""

    def open_page(path, **options):
        page = visit(path, **options)
        handles = page.query_selector_all(SLIDERS)
        views = re.findall(r'"_view_name": ?"\w*SliderView"', (SITE / path).read_text(encoding="utf-8"))
        assert len(handles) == len(views) > 0
        return page, handles

    return open_page


def colours(drawing):
    """The colours [height, width, 3] on the screen where the picture is; AssertionError for a blank one."""
    shot = Image.open(io.BytesIO(drawing.screenshot())).convert("RGB")
    assert len(shot.getcolors(1 << 24)) > 3
    return np.asarray(shot, dtype=int)


def same(one, other):
    """Whether two pictures are the same, but for how the browser rounds the edges of strokes."""
    return one.shape == other.shape and np.abs(one - other).max() < 16


@pytest.mark.parametrize(
    ("path", "width"),
    [(path, WIDE) for path in SLIDER_PAGES] + [(path, NARROW) for path in SLIDER_PAGES[-2:]],
)
def test_until_the_reader_moves_a_still_stands_in_the_slider_s_place(browser, host, path, width):
    page = browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page.add_init_script(PATIENCE % "false")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(host + path, wait_until="networkidle")
    assert [url for url in asked if "embed.js" in url] == []
    stills = page.query_selector_all(".slider-still")
    drawings = [still.query_selector(".picture") for still in stills]
    pictures, places = ([drawing.evaluate(how) for drawing in drawings] for how in (WHAT, WHERE))
    names = [still.query_selector(".slider-name").inner_text().split() for still in stills]
    page.mouse.move(width / 2, 300)
    page.wait_for_function("() => !document.querySelector('.slider-still')")
    settle(page)
    handles = page.query_selector_all(SLIDERS)
    assert all(width > 300 and height > 100 for _, _, width, height in places)
    assert [picture(handle).evaluate(WHAT) for handle in handles] == pictures
    assert names == [
        [*handle.get_attribute("aria-label").split(), *handle.get_attribute("aria-valuetext").split()]
        for handle in handles
    ]
    for handle, place in zip(handles, places, strict=True):  # nothing jumps
        assert picture(handle).evaluate(WHERE) == pytest.approx(place, abs=4 * len(handles))
    page.close()


@pytest.mark.parametrize("path", SLIDER_PAGES[:1])
def test_the_slider_comes_to_a_reader_who_gives_no_sign(browser, host, path):
    page = browser.new_page()
    page.add_init_script(PATIENCE % "true")
    page.goto(host + path)
    page.wait_for_selector(SLIDERS)
    page.close()


@pytest.mark.parametrize("path", SLIDER_PAGES)
def test_each_key_shows_another_picture(sliders, path):
    page, handles = sliders(path)
    for handle in handles:
        first = colours(picture(handle))
        for _ in range(positions(handle) - 1):
            assert press(page, handle, "ArrowRight").get_attribute("aria-label")
        last = colours(picture(handle))
        assert not same(first, last)
        assert same(colours(press(page, handle, "Home")), first)
        assert same(colours(press(page, handle, "End")), last)
        press(page, handle, "ArrowLeft")


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", SLIDER_PAGES)
def test_a_click_on_the_track_shows_another_picture(sliders, path, width):
    page, handles = sliders(path, width=width)
    for handle in handles:
        track = handle.evaluate_handle("handle => handle.closest('.noUi-target')").as_element()
        box, first = track.bounding_box(), colours(picture(handle))

        def click(share, track=track, box=box):
            page.wait_for_function(RESTING, arg=track)
            track.click(position={"x": share * box["width"], "y": box["height"] / 2})

        assert not same(colours(move(page, handle, lambda click=click: click(0.98))), first)
        assert same(colours(move(page, handle, lambda click=click: click(0.02))), first)


@pytest.mark.parametrize("path", SLIDER_PAGES)
def test_a_slider_is_called_by_its_visible_label_and_says_its_value(sliders, path):
    page, handles = sliders(path)
    widgets = page.locator(".widget-inline-hbox:has([role=slider])").all()
    assert len(widgets) == len(handles)
    for widget in widgets:
        label, value = (widget.locator(part).inner_text() for part in (".widget-label", ".widget-readout"))
        slider = widget.get_by_role("slider", name=label, exact=True)
        assert label.strip()
        assert slider.get_attribute("aria-valuetext") == value


@pytest.mark.parametrize("path", SLIDER_PAGES[:1])
def test_nothing_can_be_typed_over_the_value_beside_a_slider(sliders, path):
    page, _ = sliders(path)
    readout = page.locator(".widget-readout").first
    shown = readout.inner_text()
    readout.click()
    page.keyboard.type("7")
    assert readout.inner_text() == shown


def test_a_slider_whose_picture_does_not_follow_is_caught(sliders):
    page, (handle, *_) = sliders(SLIDER_PAGES[0])
    picture(handle).evaluate(
        "drawing => { const box = drawing.closest('.widget-box'); box.replaceWith(box.cloneNode(true)); }"
    )
    with pytest.raises(AssertionError, match="the picture stays the same"):
        press(page, handle, "ArrowRight")
    assert handle.get_attribute("aria-valuenow") == "1.0"  # the handle moved all the same


def test_a_slider_without_a_picture_is_caught(sliders):
    page, (handle, *_) = sliders(SLIDER_PAGES[0])
    page.add_style_tag(content=".picture { display: none; }")
    with pytest.raises(AssertionError, match="without a visible picture"):
        picture(handle)


def test_a_blank_picture_is_caught(sliders):
    page, (handle, *_) = sliders(SLIDER_PAGES[0])
    page.add_style_tag(content=".picture * { opacity: 0; }")
    with pytest.raises(AssertionError):
        colours(picture(handle))

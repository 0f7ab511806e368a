"""Every slider of the book shows another picture when it is moved, by mouse and by keyboard, with no kernel.

The picture counts, never the number beside the handle: that moves even where the picture does not follow.
"""

import io
import re

import pytest
from PIL import Image
from site_pages import NARROW, SITE, SLIDERS, WIDE, move, pages, picture, positions, press

SLIDER_PAGES = pages(containing="SliderView")


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
    """The colours on the screen where the picture is; AssertionError for a blank one."""
    shot = drawing.screenshot()
    assert len(Image.open(io.BytesIO(shot)).convert("RGB").getcolors(1 << 24)) > 3
    return shot


@pytest.mark.parametrize("path", SLIDER_PAGES)
def test_each_key_shows_another_picture(sliders, path):
    page, handles = sliders(path)
    for handle in handles:
        first = colours(picture(handle))
        for _ in range(positions(handle) - 1):
            assert press(page, handle, "ArrowRight").get_attribute("aria-label")
        last = colours(picture(handle))
        assert first != last
        assert colours(press(page, handle, "Home")) == first
        assert colours(press(page, handle, "End")) == last
        press(page, handle, "ArrowLeft")


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", SLIDER_PAGES)
def test_a_click_on_the_track_shows_another_picture(sliders, path, width):
    page, handles = sliders(path, width=width)
    for handle in handles:
        track = handle.evaluate_handle("handle => handle.closest('.noUi-target')").as_element()
        box, first = track.bounding_box(), colours(picture(handle))

        def click(share, track=track, box=box):
            track.click(position={"x": share * box["width"], "y": box["height"] / 2})

        assert colours(move(page, handle, lambda click=click: click(0.98))) != first
        assert colours(move(page, handle, lambda click=click: click(0.02))) == first


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

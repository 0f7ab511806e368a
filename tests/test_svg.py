"""Inline SVG: what a page gets, and what it must never get."""

import dataclasses
import os
import pathlib
import re
import subprocess
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from trpo_lesson.show import svg, theme
from trpo_lesson.show.svg import Picture


def drawing(role="new", *, title="a title"):
    with theme.figure(height=2) as (figure, axes):
        axes.plot([0, 1, 2], [0, 1, 0], label="curve", clip_on=True, **theme.line(role))
        axes.plot([0, 1, 2], [1, 0, 1], label="points", **theme.points("old"))
        axes.bar([0, 1], [1, 2], hatch="//", **theme.fill(role))
        axes.set_title(title)
        axes.legend()
        return theme.picture(figure, alt="A tent.")


def attributes(picture):
    return [element.attrib for element in ElementTree.fromstring(picture.svg).iter()]


def ids(picture):
    return [a["id"] for a in attributes(picture) if "id" in a]


def test_the_same_drawing_gives_the_same_bytes_in_another_process():
    code = "from tests.test_svg import drawing; print(drawing().svg, end='')"
    options = {
        "cwd": pathlib.Path(__file__).parents[1],
        "env": os.environ | {"PYTHONHASHSEED": "1"},
        "text": True,
    }
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, **options)
    assert other.stdout == drawing().svg


def test_every_reference_leads_to_an_id_of_the_same_drawing():
    picture = drawing()
    references = re.findall(r"(?:url\(|href=\")#([\w-]+)", picture.svg)
    assert len(ids(picture)) >= 3  # a marker, a hatch, a clip path
    assert set(references) == set(ids(picture))
    assert len(ids(picture)) == len(set(ids(picture)))


def test_two_different_drawings_share_no_id():
    assert not set(ids(drawing("new"))) & set(ids(drawing("bound")))
    assert not set(ids(drawing(title="one"))) & set(ids(drawing(title="two")))


def test_nothing_in_a_drawing_reaches_beyond_it():
    text = drawing().svg
    assert not re.search(r"<(style|script|metadata|image|a|link)\b|https?://(?!www.w3.org/2000/svg\")", text)


def test_text_takes_the_font_of_the_page_and_keeps_its_weight():
    with theme.figure() as (figure, axes):
        axes.set_title("bold", fontweight="bold", fontstyle="italic", fontsize=20)
        text = theme.picture(figure, alt="Empty axes.").svg
    assert "DejaVu" not in text
    style = re.search(r'style="([^"]*)"[^>]*>bold<', text)[1].split(";")
    assert {"font-weight:700", "font-style:italic", "font-size:20px"} <= set(style)


def test_the_font_shorthand_of_older_matplotlib_is_read_too():
    element = ElementTree.Element(
        "text", style="font: italic 700 9.5px 'DejaVu Sans', 'Arial'; text-anchor: middle"
    )
    svg._repaint(element, {})
    assert set(element.get("style").split(";")) == {
        "text-anchor:middle", "font-style:italic", "font-weight:700", "font-size:9.5px",
    }  # fmt: skip


def test_text_survives_with_all_its_characters():
    drawn = drawing(title='KL(π‖π̃) < "δ" & more')
    texts = [
        element.text for element in ElementTree.fromstring(drawn.svg).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert 'KL(π‖π̃) < "δ" & more' in texts


def test_formulas_keep_their_letters_and_their_place():
    with theme.figure() as (figure, axes):
        axes.set_title(r"$\eta(\pi)$")
        root = ElementTree.fromstring(theme.picture(figure, alt="Empty axes.").svg)
    spans = [element.text for element in root.iter("{http://www.w3.org/2000/svg}tspan")]
    assert sorted("".join(spans)) == sorted("η(π)")
    (group,) = root.iter("{http://www.w3.org/2000/svg}g")  # every other group says nothing and is gone
    assert group.get("transform").startswith("translate(")


def test_a_curve_stays_where_matplotlib_put_it_to_a_hundredth_of_a_point():
    x, y = np.array([0.1234567, 1.7654321]), np.array([2.3456789, 0.9876543])
    with theme.figure(width=4, height=3) as (figure, axes):
        axes.plot(x, y, **theme.line("accent"))
        text = theme.picture(figure, alt="A line.").svg
        expected = axes.transData.transform(np.c_[x, y]) * 72 / figure.dpi
    path = re.search(r'<path d="([^"]*)"[^>]*style="[^"]*var\(--accent', text)[1]
    points = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path), dtype=float)
    np.testing.assert_allclose(points, np.c_[expected[:, 0], 216 - expected[:, 1]], atol=0.0051)
    assert not re.search(r"\d\.\d{3,}", path)


def test_a_colour_without_a_role_is_refused_by_name():
    with theme.figure() as (figure, axes):
        axes.plot([0, 1], color="red")
        with pytest.raises(ValueError, match=r"expected only the colours of theme.ROLES, got #ff0000"):
            theme.picture(figure, alt="A line.")


def test_the_colour_of_a_hatch_is_checked_and_replaced_too():
    figure = Figure()
    figure.subplots().bar([0], [1], hatch="/", color="#123456", edgecolor="#123456")
    with pytest.raises(ValueError, match="got #"):
        svg.serialise(figure, {"#000000": "black"})
    assert "#0072b2" not in drawing("old").svg.replace("var(--old, #0072b2)", "")


def test_a_bitmap_is_refused_with_the_way_out():
    with theme.figure() as (figure, axes):
        axes.imshow([[0, 1]], cmap=theme.shades("old"))
        with pytest.raises(ValueError, match=r"got a bitmap: use axes.pcolormesh with theme.shades"):
            theme.picture(figure, alt="A field.")


def test_a_field_is_drawn_in_steps_of_opacity_of_its_role():
    with theme.figure() as (figure, axes):
        axes.pcolormesh([[0.0, 0.5, 1.0]], cmap=theme.shades("old", steps=3), vmin=0, vmax=1)
        text = theme.picture(figure, alt="A field.").svg
    cells = re.findall(r'style="fill:var\(--old, #0072b2\);fill-opacity:([\d.]+)', text)
    assert [float(cell) for cell in cells] == pytest.approx(
        [theme.MAX_OPACITY / 2, theme.MAX_OPACITY]
    )  # 0 is not drawn


def test_a_picture_shrinks_with_its_column_and_does_not_grow_beyond_its_size():
    root = ElementTree.fromstring(drawing().svg)
    assert {"width:538px", "max-width:100%", "height:auto"} <= set(
        root.get("style").split(";")
    )  # 5.6 in of 96 px


class Frame(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))


def test_a_picture_is_one_image_with_its_words_for_a_screen_reader():
    words = 'Where "L" < η & falls.'
    (frame, own), (inner, drawing_) = Frame(
        Picture("<svg aria-hidden='true'></svg>", words)._repr_html_()
    ).elements
    assert (frame, inner) == ("div", "svg")
    assert (own["role"], own["aria-label"]) == ("img", words)
    assert drawing_["aria-hidden"] == "true"
    assert 'aria-hidden="true"' in drawing().svg


def test_a_picture_in_plain_text_is_its_words_on_one_line():
    assert repr(Picture("<svg></svg>", "One\n   line.  ")) == "One line."


@pytest.mark.parametrize("alt", ["", "  \n "])
def test_a_picture_without_words_is_refused(alt):
    with pytest.raises(ValueError, match="alt: expected a sentence"):
        Picture("<svg></svg>", alt)


def test_a_picture_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        drawing().alt = "Something else."


def test_a_picture_stands_alone_as_a_file_without_variables():
    text = drawing().standalone()
    assert "var(" not in text
    assert "stroke:#bf4f00" in text
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("color") == "#000000"
    assert "background:#ffffff" in root.get("style").split(";")

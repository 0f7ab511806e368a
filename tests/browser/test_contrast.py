"""Every text, line and mark of every figure and every frame stands out from what lies behind it."""

import pytest
from site_pages import HEAD, checked, frames, pages, unfold


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", pages())
def test_texts_lines_and_marks_stand_out_from_what_lies_behind_them(visit, path, theme):
    page = visit(path, theme=theme)
    unfold(page)
    faults = checked(page.query_selector("main"), "contrast")
    for frame in frames(page):
        faults += checked(frame, "contrast")
    assert faults == []


def path(d, style, attributes=""):
    """An element of a drawing."""
    return f'<path d="{d}" style="{style}" {attributes}/>'


def text(style="fill:#000000", x=20):
    """A text that begins at (x, 40)."""
    return f'<text x="{x}" y="40" style="font-size:10px;{style}">text</text>'


DIAGONAL, ACROSS = "M 10 10 L 90 90", "M 5 50 L 95 50"
BOX, DOT = "M 10 10 L 60 10 L 60 60 L 10 60 z", "M 48 48 L 52 48 L 52 52 L 48 52 z"
GREY, PALE = (
    f"fill:none;stroke-width:2;stroke:{grey}" for grey in ("#949494", "#9a9a9a")
)  # 3.03 and 2.81 on white
EDGED = "fill:#0072b2;fill-opacity:0.45;stroke:#0072b2"
MARK = '<defs><path id="mark" d="M 0 0 L 9 9" style="{}"/></defs>'
USE = '<use href="#mark" x="50" y="50" style="stroke:#000000;{}"/>'

SOUND = {
    "a text of contrast 4.54": text("fill:#767676"),
    "a line of contrast 3.03": path(DIAGONAL, GREY),
    "a line that is not painted": path(DIAGONAL, "fill:none"),
    "a faint area with an edge": path(BOX, EDGED),
    "a text on a faint area": path(BOX, EDGED) + text(),
    "a text beside a dark area": path(BOX, "fill:#000000") + text(x=65),
    "a mark without an edge": path(BOX, "fill:#949494"),
    "a line over a small mark of its colour": path(DOT, "fill:#0072b2")
    + path(ACROSS, "fill:none;stroke:#0072b2"),
    "a pale line outside its window": '<clipPath id="window"><rect width="5" height="5"/></clipPath>'
    + path(DIAGONAL, PALE, 'clip-path="url(#window)"'),
    "a decoration": f'<g class="decoration">{path(BOX, "fill:#0072b2;fill-opacity:0.1")}</g>',
}
PLANTED = {
    "a text of contrast 4.29": text("fill:#7a7a7a"),
    "a line of contrast 2.81": path(DIAGONAL, PALE),
    "a text made pale by its paint": text("fill:#000000;fill-opacity:0.4"),
    "a line made pale by its group": f'<g style="opacity:0.6">{path(ACROSS, "fill:none;stroke:#767676")}</g>',
    "an area without an edge": path(BOX, "fill:#0072b2;fill-opacity:0.25"),
    "a text on a dark area": path(BOX, "fill:#444444") + text(),
    "a text half on a dark area": path(BOX, "fill:#444444") + text(x=50),
    "a text on a dark decoration": path(BOX, "fill:#444444", 'class="decoration"') + text(),
    "a line that enters an area of its colour": path(BOX, "fill:#767676")
    + path(ACROSS, "fill:none;stroke:#767676"),
    "a mark that is used with a pale line": MARK.format("") + USE.format(PALE),
    "a mark that is pale wherever it is used": MARK.format(PALE) + USE.format(""),
    "a pattern": f'<pattern id="hatch">{path(DIAGONAL, "")}</pattern>{path(BOX, "fill:url(#hatch)")}',
    "a bitmap": '<image href="data:," width="50" height="50"/>',
}


@pytest.fixture
def faults_of(visit, planted, tmp_path):
    """faults_of(drawing, page=): what is found on a white page, or on one of another style."""

    def check(drawing, style="background:#ffffff"):
        svg = f'<svg viewBox="0 0 100 100" width="300">{drawing}</svg>'
        (tmp_path / "page.html").write_text(f"{HEAD}<main style='{style}'>{svg}</main>")
        return checked(visit("page.html", address=planted).query_selector("main"), "contrast")

    return check


@pytest.mark.parametrize("sound", SOUND)
def test_what_stands_out_is_let_through(faults_of, sound):
    assert faults_of(SOUND[sound]) == []


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(faults_of, fault):
    assert len(faults_of(PLANTED[fault])) == 1


def test_the_background_is_the_page_with_all_that_lies_over_it(faults_of):
    line = path(DIAGONAL, GREY)
    assert faults_of(line, "background:#121212") == []
    (fault,) = faults_of(line, "background:rgb(0 0 0 / 0.2)")  # a fifth of black over white
    assert "on rgb(204,204,204)" in fault

"""The slider: one call for a page with no kernel and for a running kernel, there on the code as it stands.

Every frame is drawn when the cell runs and travels with the page, where the browser links handle and frames.
A kernel that is still running draws the frame again when the handle moves, so that an edited function shows.
"""

import html
import sys

import ipywidgets as widgets

from trpo_lesson.show.svg import Picture

# Python inside the page: nothing is saved there and drawing is slow, so a frame is drawn when it is seen.
IN_BROWSER = sys.platform == "emscripten"


def slider(draw, values, *, label):
    """A slider over `values` above the picture `draw(value)`; `label` is its visible and its accessible name.

    `draw` takes one value and returns a Picture. Its name is looked up at each move: run the cell defining
    it again, or reload its module, and the next move shows the new code (so give each drawing its own name).
    What goes wrong in such a later drawing is shown in the frame. Raises ValueError if there are no values,
    and TypeError if `draw` returns anything but a Picture.
    """
    values = list(values)
    handle, latest = _handle(values, label), _by_name(draw)
    if IN_BROWSER:
        screen = _frame(draw, values[0])
        frames = [screen] * len(values)
    else:
        frames = [_frame(draw, value) for value in values]
        screen = widgets.Stack(frames, selected_index=0)
        widgets.jslink((handle, "index"), (screen, "selected_index"))
    handle.observe(lambda move: _redraw(frames[move["new"]], latest(), values[move["new"]]), "index")
    return widgets.VBox([handle, screen])


def _handle(values, label):
    if not values:
        raise ValueError("values: expected at least one value, got none")
    return widgets.SelectionSlider(
        options=[(_readout(value), i) for i, value in enumerate(values)],
        description=label,
        style={"description_width": "initial"},
        layout={"width": "100%", "max_width": "34rem"},
    )


def _readout(value):
    return value if isinstance(value, str) else f"{value:g}"


def _frame(draw, value):
    return widgets.HTML(_drawn(draw, value))


def _drawn(draw, value):
    picture = draw(value)
    if not isinstance(picture, Picture):
        given = type(picture).__name__
        raise TypeError(f"draw({value!r}): expected a Picture (see theme.picture), got {given}")
    return picture._repr_html_()


def _redraw(frame, draw, value):
    """Nobody would see an exception in a widget's callback: it goes where the reader looks."""
    try:
        frame.value = _drawn(draw, value)
    except Exception as error:
        frame.value = f"<pre>{html.escape(f'{type(error).__name__}: {error}')}</pre>"


def _by_name(draw):
    """A function that returns `draw` as its module has it now; what no module names (a lambda) stays."""
    module, name = sys.modules.get(getattr(draw, "__module__", None)), getattr(draw, "__name__", "")
    named = getattr(module, name, None) is draw
    return lambda: getattr(module, name, draw) if named else draw

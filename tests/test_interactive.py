"""The slider: on a page without a kernel, in a running kernel, and with Python inside the page."""

import sys
import types

import pytest
from ipywidgets.embed import dependency_state

from trpo_lesson.show import interactive
from trpo_lesson.show.interactive import slider
from trpo_lesson.show.svg import Picture


def named(value):
    return Picture("<svg></svg>", f"value {value}")


def parts(box):
    """(handle, [the HTML of every frame]) of a slider."""
    handle, screen = box.children
    return handle, [frame.value for frame in getattr(screen, "children", (screen,))]


@pytest.fixture
def notebook(monkeypatch):
    """A module in which cells can be run: what `__main__` is to a notebook."""
    module = types.ModuleType("a_notebook")
    monkeypatch.setitem(sys.modules, "a_notebook", module)
    module.run = lambda cell: exec(cell, module.__dict__)
    module.run("from trpo_lesson.show.svg import Picture")
    return module


CELL = "def tent(x): return Picture('<svg></svg>', f'{word} {{x}}')"


def cell(word):
    return CELL.replace("{word}", word).replace("{{x}}", "{x}")


def test_every_frame_travels_with_the_page_in_the_order_of_the_values():
    _, frames = parts(slider(named, [3, 1, 2], label="alpha"))
    assert frames == [named(value)._repr_html_() for value in (3, 1, 2)]


def test_without_a_kernel_the_browser_links_the_handle_to_the_frames():
    box = slider(named, [1, 2], label="alpha")
    handle, screen = box.children
    saved = dependency_state([box]).values()
    links = [model["state"] for model in saved if model["model_name"] == "LinkModel"]
    source, target = (
        [f"IPY_MODEL_{handle.model_id}", "index"],
        [f"IPY_MODEL_{screen.model_id}", "selected_index"],
    )
    assert [(link["source"], link["target"]) for link in links] == [(source, target)]
    assert handle.index == screen.selected_index == 0


def test_each_value_is_drawn_once_when_the_cell_runs():
    drawn = []
    slider(lambda value: (drawn.append(value), named(value))[1], range(4), label="alpha")
    assert drawn == [0, 1, 2, 3]


def test_the_label_is_the_name_of_the_handle_and_is_never_cut_short():
    handle, _ = parts(slider(named, [1], label="mixing weight α"))
    assert handle.description == "mixing weight α"
    assert handle.style.description_width == "initial"


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ((0.1 + 0.2, 2.0, 1e-8), ["0.3", "2", "1e-08"]),
        (("old", "new"), ["old", "new"]),
        (range(2), ["0", "1"]),
    ],
)
def test_the_readout_is_short(values, shown):
    handle, _ = parts(slider(named, values, label="value"))
    assert [text for text, _ in handle.options] == shown


def test_values_with_the_same_readout_keep_their_own_frames():
    close = [0.12345671, 0.12345672]
    handle, _ = parts(box := slider(named, close, label="value"))
    handle.index = 1
    assert handle.options[0][0] == handle.options[1][0]
    assert box.children[1].children[handle.value].value == named(close[1])._repr_html_()


def test_a_frame_is_drawn_again_by_the_function_as_it_stands(notebook):
    notebook.run(cell("first"))
    box = slider(notebook.tent, [1, 2], label="x")
    notebook.run(cell("second"))
    handle, frames = parts(box)
    assert ["first 1" in frames[0], "first 2" in frames[1]] == [True, True]
    handle.index = 1
    _, frames = parts(box)
    assert ["first 1" in frames[0], "second 2" in frames[1]] == [True, True]


def test_a_function_that_no_name_leads_to_is_drawn_as_it_was_given(notebook):
    notebook.run(cell("first"))
    given = notebook.tent
    notebook.run(cell("another, which took the name before the slider was made,"))
    box = slider(given, [1, 2], label="x")
    parts(box)[0].index = 1
    assert "first 2" in parts(box)[1][1]


def test_a_function_whose_name_was_deleted_still_draws(notebook):
    notebook.run(cell("first"))
    box = slider(notebook.tent, [1, 2], label="x")
    notebook.run("del tent")
    parts(box)[0].index = 1
    assert "first 2" in parts(box)[1][1]


def test_a_lambda_sees_what_the_functions_it_calls_have_become(notebook):
    notebook.run(cell("first"))
    box = slider(lambda x: notebook.tent(x), [1, 2], label="x")
    notebook.run(cell("second"))
    parts(box)[0].index = 1
    assert "second 2" in parts(box)[1][1]


def test_an_error_in_an_edited_function_is_read_in_the_frame_and_gone_when_mended(notebook):
    notebook.run(cell("first"))
    box = slider(notebook.tent, [1, 2, 3], label="x")
    notebook.run("def tent(x): raise ValueError(f'{x} < 9')")
    parts(box)[0].index = 1
    assert parts(box)[1][1] == "<pre>ValueError: 2 &lt; 9</pre>"
    notebook.run(cell("mended"))
    parts(box)[0].index = 2
    parts(box)[0].index = 1
    assert "mended 2" in parts(box)[1][1]


def test_an_error_in_the_first_drawing_stops_the_cell():
    with pytest.raises(ZeroDivisionError):
        slider(lambda value: named(1 / value), [1, 0], label="x")


@pytest.mark.parametrize("in_browser", [False, True])
def test_a_slider_without_values_is_refused(in_browser, monkeypatch):
    monkeypatch.setattr(interactive, "IN_BROWSER", in_browser)
    with pytest.raises(ValueError, match="values: expected at least one value, got none"):
        slider(named, iter([]), label="x")


def test_anything_but_a_picture_is_refused_with_the_value_that_gave_it():
    with pytest.raises(TypeError, match=r"draw\(2\): expected a Picture \(see theme.picture\), got NoneType"):
        slider(lambda value: named(value) if value < 2 else None, [1, 2], label="x")


def test_python_inside_the_page_draws_only_what_is_looked_at(monkeypatch):
    monkeypatch.setattr(interactive, "IN_BROWSER", True)
    drawn = []
    box = slider(lambda value: (drawn.append(value), named(value))[1], [5, 6, 7], label="alpha")
    assert drawn == [5]
    parts(box)[0].index = 2
    assert drawn == [5, 7]
    assert parts(box)[1] == [named(7)._repr_html_()]


def test_in_a_real_kernel_the_next_move_shows_the_cell_that_was_run_again():
    nbclient = pytest.importorskip("nbclient", reason="the book's environment runs notebooks")
    nbformat = pytest.importorskip("nbformat")
    head = "from trpo_lesson.show.svg import Picture\nfrom trpo_lesson.show.interactive import slider\n"
    cells = [
        head + cell("first"),
        "box = slider(tent, [1, 2], label='x')\nbox",
        cell("second"),
        "box.children[0].index = 1\n[frame.value for frame in box.children[1].children]",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    nbclient.NotebookClient(book, kernel_name="python3", timeout=60).execute()
    shown = book.cells[3].outputs[0].data["text/plain"]
    assert "first 1" in shown
    assert "second 2" in shown
    saved = book.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    assert {"LinkModel", "StackModel", "SelectionSliderModel"} <= {model["model_name"] for model in saved}

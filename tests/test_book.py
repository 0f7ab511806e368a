"""The sources of the book: every page is in the contents, in normal form, and readable in every renderer."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import house_rules
import ledger
import nbformat
import normalise_notebooks
import notebook_head
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "book").rglob("*.ipynb"))
NOTEBOOKS = [path for path in NOTEBOOKS if ".ipynb_checkpoints" not in path.parts]
PAGES = sorted([*(ROOT / "book").rglob("*.md"), *NOTEBOOKS])


def name(path):
    return path.relative_to(ROOT).as_posix()


def markdown_of(path):
    if path.suffix == ".md":
        return [path.read_text(encoding="utf-8")]
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]


def test_every_page_stands_in_the_contents_once():
    assert sorted(ledger.pages(ROOT)) == sorted(name(path.with_suffix("")) for path in PAGES)


def test_chapters_stand_in_the_order_of_their_numbers():
    found = [re.match(r"book/(\d\d)_", page) for page in ledger.pages(ROOT)]
    numbers = [int(chapter[1]) for chapter in found if chapter]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_the_prose_keeps_the_rules(path):
    assert [
        problem for text in markdown_of(path) for problem in house_rules.prose_rules(name(path), text)
    ] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_the_notebook_is_stored_in_normal_form(path):
    stored = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(stored, as_version=4)
    assert stored == normalise_notebooks.normal_form(notebook, notebook_head.head(ROOT, path))


# ----------------------------------------------------------------------------------- what the normal form is

PNG, SVG, VIEW = "image/png", "image/svg+xml", "application/vnd.jupyter.widget-view+json"


def a_notebook_that_was_just_run():
    shown = new_output(
        "display_data", {"text/plain": "a picture", "text/html": "<svg/>", PNG: "aGk=", SVG: "<svg/>"}
    )
    widget = new_output("display_data", {"text/plain": "VBox(children=…)", VIEW: {"model_id": "1"}})
    glued = new_output(
        "display_data", {"application/papermill.record/text/plain": "0.5"}, metadata={"scrapbook": {}}
    )
    result = new_output("execute_result", {"text/plain": "2"}, execution_count=41)
    printed = [new_output("stream", name="stdout", text=text) for text in ("one\n", "two\n")]
    cells = [
        new_markdown_cell("# Title", id="title", metadata={"editable": True, "tags": []}),
        new_code_cell("1 + 1", id="sum", execution_count=41, outputs=[*printed, result]),
        new_code_cell("draw()", id="drawing", execution_count=7, outputs=[shown, glued, widget]),
        new_code_cell(
            "x = 1", id="silent", metadata={"tags": ["nbval-ignore-output"], "execution": {"iopub": "12:00"}}
        ),
    ]
    metadata = {"widgets": {"state": {}}, "language_info": {"name": "python", "version": "3.13.1"}}
    return new_notebook(cells=cells, metadata=metadata)


def stored():
    text = normalise_notebooks.normal_form(a_notebook_that_was_just_run())
    return text, json.loads(text)


def test_the_normal_form_keeps_what_a_person_wrote():
    _, notebook = stored()
    assert [cell["id"] for cell in notebook["cells"]] == ["title", "sum", "drawing", "silent"]
    assert ["".join(cell["source"]) for cell in notebook["cells"]] == ["# Title", "1 + 1", "draw()", "x = 1"]
    assert notebook["cells"][3]["metadata"] == {"tags": ["nbval-ignore-output"]}


def test_the_normal_form_keeps_text_and_drops_pictures_html_glue_and_widgets():
    _, notebook = stored()
    printed, result = notebook["cells"][1]["outputs"]
    assert printed["text"] == ["one\n", "two\n"]  # two flushes of the kernel, one output
    assert (result["data"], result["execution_count"]) == ({"text/plain": ["2"]}, 1)
    (shown,) = notebook["cells"][2]["outputs"]
    assert (shown["data"], shown["metadata"]) == ({"text/plain": ["a picture"]}, {})


def test_the_normal_form_numbers_every_code_cell_in_order():
    _, notebook = stored()
    assert [cell.get("execution_count") for cell in notebook["cells"]] == [None, 1, 2, 3]


def test_the_normal_form_holds_nothing_that_changes_from_machine_to_machine():
    text, notebook = stored()
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert notebook["cells"][0]["metadata"] == {}
    assert "12:00" not in text
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")


def test_the_normal_form_of_the_normal_form_is_itself_and_the_input_is_left_alone():
    notebook = a_notebook_that_was_just_run()
    text = normalise_notebooks.normal_form(notebook)
    assert normalise_notebooks.normal_form(nbformat.reads(text, as_version=4)) == text
    assert notebook.cells[1].execution_count == 41


def test_check_says_which_notebook_is_not_normal_and_changes_nothing(tmp_path, capsys):
    path = tmp_path / "a.ipynb"
    nbformat.write(a_notebook_that_was_just_run(), path)
    before = path.read_bytes()
    assert normalise_notebooks.main(["--check", str(path)]) == 1
    assert "a.ipynb: not in normal form" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert normalise_notebooks.main([str(path)]) == 0
    assert path.read_bytes() != before
    assert normalise_notebooks.main(["--check", str(path)]) == 0


def write(path, *sources):
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


def test_execute_stores_what_the_cells_print_where_they_stand(tmp_path):
    (tmp_path / "beside.txt").write_text("beside the notebook")
    path = write(tmp_path / "a.ipynb", "print(open('beside.txt').read())", "6 * 7")
    assert normalise_notebooks.main(["--execute", str(path)]) == 0
    first, second = nbformat.read(path, as_version=4).cells
    assert first.outputs[0].text == "beside the notebook\n"
    assert second.outputs[0].data == {"text/plain": "42"}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; print('oh', file=sys.stderr)", "expected no output on stderr"),
    ],
)
def test_execute_refuses_a_notebook_that_fails_or_warns_and_leaves_it_as_it_was(tmp_path, source, problem):
    path = write(tmp_path / "a.ipynb", source)
    before = path.read_bytes()
    with pytest.raises(Exception, match=problem):
        normalise_notebooks.main(["--execute", str(path)])
    assert path.read_bytes() == before


# ------------------------------------------------------------------------------------- what nbval compares

A_FIGURE = """class Figure:
    def _repr_mimebundle_(self, **_):
        return {"text/plain": "a hill", "text/html": "<svg/>", "image/svg+xml": "<svg/>"}
Figure()"""
GLUE = "from myst_nb import glue\nglue('half', 0.5, display=False)"


def nbval(folder, *sources):
    """The cells stored in normal form, run once more by nbval under the root's conftest.py."""
    path = write(folder / "a.ipynb", *sources)
    assert normalise_notebooks.main(["--execute", str(path)]) == 0
    shutil.copy(ROOT / "conftest.py", folder)
    return [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--nbval",
        "--nbval-current-env",
        ".",
    ]


def test_nbval_looks_at_the_text_of_figures_and_not_at_what_is_not_stored(tmp_path):
    run = subprocess.run(nbval(tmp_path, A_FIGURE, GLUE), cwd=tmp_path, capture_output=True, text=True)
    assert "2 passed" in run.stdout, run.stdout


def test_nbval_catches_a_changed_text(tmp_path):
    (tmp_path / "truth.txt").write_text("one")
    command = nbval(tmp_path, "print(open('truth.txt').read())", "1 + 1")
    (tmp_path / "truth.txt").write_text("another")
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "1 failed, 1 passed" in run.stdout, run.stdout


SLOW_TO_START = """
import nbval.kernel

start, calls = nbval.kernel.start_new_kernel, []

def fails_at_first(**options):
    calls.append(options)
    if len(calls) < {first}:
        raise RuntimeError("Kernel didn't respond")
    return start(**options)

nbval.kernel.start_new_kernel = fails_at_first
"""


@pytest.mark.parametrize(("first", "outcome"), [(3, "1 passed"), (4, "1 error")])
def test_nbval_starts_a_kernel_that_does_not_answer_again_and_not_for_ever(tmp_path, first, outcome):
    command = nbval(tmp_path, "1 + 1")
    (tmp_path / "slow_to_start.py").write_text(SLOW_TO_START.format(first=first))
    command[3:3] = ["-p", "slow_to_start"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert outcome in run.stdout, run.stdout

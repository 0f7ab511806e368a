"""Exercise notebooks: what a reader starts from, and how the page folds what is to be found.

They are stored in nbgrader's source format, with solutions and hidden tests between marks. The build executes
them as they are; the page then shows what stood there before the solution, and the solution folded below it.
Hidden tests are shown nowhere. Why stands in docs/decisions/exercises.md.
"""

import re
import textwrap
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx_design.shared import create_component

CODE_STUB = "# YOUR CODE HERE"  # teach/nbgrader_config.py says the same to nbgrader
TEXT_STUB = "YOUR ANSWER HERE"
SOLUTION = re.compile(
    r"^([ \t]*)[^\n]*BEGIN SOLUTION[^\n]*\n(.*?)^[^\n]*END SOLUTION[^\n]*(?:\n|\Z)", re.M | re.S
)
HIDDEN_TESTS = re.compile(
    r"^[^\n]*BEGIN HIDDEN TESTS[^\n]*\n(.*?)^[^\n]*END HIDDEN TESTS[^\n]*(?:\n|\Z)", re.M | re.S
)


def setup(app):
    """Called by book_site."""
    app.connect("doctree-read", _fold_solutions)
    app.connect("build-finished", _offer_starters)


def is_exercises(notebook):
    """Whether `notebook` is to be handed out without its solutions."""
    return any("nbgrader" in cell.metadata for cell in notebook.cells)


def starter(notebook):
    """A copy of `notebook` as a reader gets it: without solutions, hidden tests and outputs."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        cell.source = _before(cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _before(cell):
    """The source of `cell` before anyone has answered."""
    if not cell.metadata.get("nbgrader", {}).get("solution"):
        return without_hidden_tests(cell.source)
    if SOLUTION.search(cell.source):
        return answered(cell.source, CODE_STUB)
    return CODE_STUB if cell.cell_type == "code" else TEXT_STUB


def answered(source, answer):
    """`source` with `answer` in place of its solution, indented as that was."""

    def fill(region):
        return textwrap.indent(answer, region[1]) + "\n" * region[0].endswith("\n")

    return SOLUTION.sub(fill, source)


def solutions(source):
    """The solutions in `source`, each with the indentation that they share removed."""
    return [textwrap.dedent(region[2]).rstrip("\n") for region in SOLUTION.finditer(source)]


def hidden_tests(source):
    """The hidden tests in `source`, as one program."""
    return "".join(region[1] for region in HIDDEN_TESTS.finditer(source))


def without_hidden_tests(source):
    """`source` without its hidden tests."""
    return HIDDEN_TESTS.sub("", source).rstrip("\n")


def _fold_solutions(app, doctree):
    cells = [node for node in doctree.findall(nodes.container) if node.get("nb_element") == "cell_code"]
    for cell in cells:
        marks = cell["cell_metadata"].get("nbgrader")
        (code,) = cell[0].findall(nodes.literal_block) if marks else [None]
        if marks and marks["solution"]:
            fold = create_component(
                "dropdown",
                opened=False,
                type="dropdown",
                has_title=True,
                icon=None,
                chevron=None,
                container_classes=["sd-mb-3", "exercise-solution"],
                title_classes=[],
                body_classes=[],
            )
            fold += nodes.rubric("", "Solution")
            fold += [_code(code, solution) for solution in solutions(code.astext())]
            code.replace_self(_code(code, answered(code.astext(), CODE_STUB)))
            cell.parent.insert(cell.parent.index(cell) + 1, fold)
        elif marks:
            code.replace_self(_code(code, without_hidden_tests(code.astext())))
            cell.insert(
                1, nodes.paragraph("", "With the solution above, it says:", classes=["exercise-verdict"])
            )


def _code(like, text):
    """A block of code like another one, with another text."""
    return nodes.literal_block(text, text, **{key: value for key, value in like.attributes.items() if value})


def _offer_starters(app, exception):
    """What a page offers for download is what a reader starts from."""
    for path in (Path(app.outdir) / "_sources").rglob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        if is_exercises(notebook):
            nbformat.write(starter(notebook), path)

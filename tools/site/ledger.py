"""The ledger of equations: what pages and tests say of each numbered equation, read without running them.

A page numbers an equation with `$$ … $$ (eq-name)`. A code cell that checks it carries the tag `eq-name`. A
test that proves it is marked `@pytest.mark.equation("eq-name", module.function)`. `read` joins the three, in
the order of the book; `problems` says what is missing. How the site shows it stands in ledger_pages.py.
"""

import ast
import json
import re
from dataclasses import dataclass

import yaml
from markdown_it import MarkdownIt
from marks import Mark, definition, marks_of, short
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

PREFIX = "eq-"
PARSER = (
    MarkdownIt("commonmark")
    .use(front_matter_plugin)
    .use(dollarmath_plugin, allow_labels=True)
    .use(colon_fence_plugin)
)


@dataclass(frozen=True)
class Equation:
    """A numbered equation on a `page` such as "book/03_…"; `theorem` is the label of that which states it."""

    label: str
    tex: str
    page: str
    title: str
    heading: str
    theorem: str = ""


@dataclass(frozen=True)
class Cell:
    """A code cell that checks the equation `label`, the nth of its page that does."""

    label: str
    page: str
    nth: int
    asserts: bool

    @property
    def anchor(self):
        """The id that the cell gets in the page."""
        return f"check-{self.label}" + (f"-{self.nth}" if self.nth > 1 else "")


@dataclass(frozen=True)
class Entry:
    """An equation with all that shows and proves it."""

    equation: Equation
    cells: tuple[Cell, ...]
    marks: tuple[Mark, ...]

    @property
    def functions(self):
        """The functions that compute it, each once."""
        return tuple(dict.fromkeys(mark.function for mark in self.marks if mark.function))


# ------------------------------------------------------------------------------------------------- the book


def read(root):
    """Every equation of the book as an `Entry`, in the order of the contents."""
    equations, cells, marks = everything(root)
    return tuple(
        Entry(equation, *(tuple(x for x in part if x.label == equation.label) for part in (cells, marks)))
        for equation in equations
    )


def everything(root):
    """(equations, cells, marks) of the tree below `root`, joined to nothing yet."""
    equations, cells = [], []
    for page in pages(root):
        for path in (root / f"{page}.md", root / f"{page}.ipynb"):
            if path.is_file():
                markdown, code = content(path)
                equations += equations_of(markdown, page)
                cells += cells_of(code, page)
    tests = sorted((root / "tests").glob("test_*.py"))
    marks = [mark for path in tests for mark in marks_of(path.read_text(encoding="utf-8"), path.name)]
    return equations, cells, marks


def pages(root):
    """The pages in the order of _toc.yml, without suffix."""
    return _files(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))


def _files(entry):
    if isinstance(entry, list):
        return [file for item in entry for file in _files(item)]
    if isinstance(entry, dict):
        own = [entry[key] for key in ("root", "file") if key in entry]
        return own + [file for value in entry.values() for file in _files(value)]
    return []


def content(path):
    """(Markdown, code cells) of a page: the text of a notebook's cells is one text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text, []
    cells = json.loads(text)["cells"]
    markdown = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return "\n\n".join(markdown), [cell for cell in cells if cell["cell_type"] == "code"]


def equations_of(markdown, page):
    """The numbered equations of a page, those inside theorems, dropdowns and lists included."""
    title = heading = ""
    found = []
    for token, theorem in _blocks(markdown):
        if token.type == "inline":  # the words of a heading
            title, heading = title or token.content, token.content
        else:
            found.append(Equation(token.info, token.content.strip(), page, title, heading, theorem))
    return found


def _blocks(markdown, theorem=""):
    """(heading or numbered equation, label of the theorem around it), in order, through all directives."""
    in_heading = False
    for token in PARSER.parse(markdown):
        if in_heading or token.type == "math_block_label":
            yield token, theorem
        elif token.type in {"fence", "colon_fence"} and (name := re.match(r"\s*\{([\w:-]+)\}", token.info)):
            yield from _blocks(token.content, _label(token.content) if _states(name[1]) else theorem)
        in_heading = token.type == "heading_open"


def _states(directive):
    """Whether the directive is a theorem, lemma, …: what a proof contains is no part of the statement."""
    return directive.startswith("prf:") and directive != "prf:proof"


def _label(content):
    found = re.search(r"^:label: *(\S+)", content, re.MULTILINE)
    return found[1] if found else ""


def cells_of(code, page):
    """The code cells tagged with an equation; a cell may check several, and several cells one."""
    found = []
    for cell in code:
        for label in cell["metadata"].get("tags", []):
            if label.startswith(PREFIX):
                nth = 1 + sum(earlier.label == label for earlier in found)
                found.append(Cell(label, page, nth, _asserts("".join(cell["source"]))))
    return found


def _asserts(source):
    python = re.sub(r"^\s*[%!].*", "pass", source, flags=re.MULTILINE)
    return any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(python)))


# -------------------------------------------------------------------------------------------- what is wrong


def problems(root):
    """What breaks the rules of the ledger, a line each: an empty list is a clean bill."""
    equations, cells, marks = everything(root)
    labels = [equation.label for equation in equations]
    wrong = []
    for number, equation in enumerate(equations):
        place = f"{equation.page}: {equation.label}"
        if not equation.label.startswith(PREFIX):
            wrong.append(f"{place} does not begin with {PREFIX}")
        if equation.label in labels[:number]:
            wrong.append(f"{place} numbers a second equation")
        if equation.label not in {cell.label for cell in cells}:
            wrong.append(f"{place} has no code cell with its tag")
        if equation.label not in {mark.label for mark in marks}:
            wrong.append(f"{place} has no test with its mark")
    for cell in cells:
        if cell.label not in labels:
            wrong.append(f"{cell.page}: the tag {cell.label} names no equation")
        if not cell.asserts:
            wrong.append(f"{cell.page}: the cell tagged {cell.label} asserts nothing")
    return wrong + [f"tests/{mark.file}: {fault}" for mark in marks for fault in _faults(mark, labels, root)]


def _faults(mark, labels, root):
    if not mark.test:
        yield f"the mark {mark.label} is no decorator of a test"
        return
    if mark.label not in labels:
        yield f"{mark.test} is marked with {mark.label!r}, which is no equation"
    if not mark.function or definition(root, mark.function) is None:
        yield f"{mark.test}: expected a public function of the package in the mark {mark.label}"
    elif not mark.runs_it:
        yield f"{mark.test} does not use {short(mark.function)}, which its mark names"


def counts(entries):
    """How many there are, for the front page; an appendix is no chapter."""
    pages = {entry.equation.page for entry in entries}
    return {
        "equations": len(entries),
        "functions": len({function for entry in entries for function in entry.functions}),
        "tests": len({(mark.file, mark.test) for entry in entries for mark in entry.marks}),
        "chapters": sum(bool(re.search(r"/\d\d_", page)) for page in pages),
    }

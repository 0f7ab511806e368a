"""The ledger of equations: nothing is missing from it, and each thing that could be is noticed."""

import importlib
import json
import re
from pathlib import Path

import ledger
import ledger_pages
import marks
import pytest
import reference

ROOT = Path(__file__).parent.parent
ENTRIES = ledger.read(ROOT)


# ------------------------------------------------------------------------------------------------- the tree


def test_every_equation_has_its_code_its_test_and_its_cell():
    assert ledger.problems(ROOT) == []


def test_the_ledger_is_not_empty():
    assert {"eq-visitation", "eq-trpo-step"} <= {entry.equation.label for entry in ENTRIES}


@pytest.mark.parametrize("function", sorted({name for entry in ENTRIES for name in entry.functions}))
def test_the_function_stands_in_the_module_that_the_link_leads_to(function):
    """viewcode gives an anchor to what a module defines itself."""
    parts = function.split(".")
    depth = next(
        depth for depth in (3, 4, 2) if (ROOT / "/".join(parts[:depth])).with_suffix(".py").is_file()
    )
    module = importlib.import_module(".".join(parts[:depth]))
    thing = module
    for name in parts[depth:]:
        thing = getattr(thing, name)
    assert (thing.__module__, thing.__qualname__) == (module.__name__, ".".join(parts[depth:]))
    assert module.__name__ in reference.modules(".".join(parts[:2]))


# -------------------------------------------------------------------------------------- what is read, by hand

PAGE = """# A *title*

## First $x$

$$ x = 1 $$ (eq-one)

$$
y = 2
$$

````{prf:theorem} Its name
:label: thm-a

$$
z
 = 3
$$ (eq-two)
````

## Second

:::::{dropdown} Proof
````{prf:proof}
- in a list

  $$ w = 4 $$ (eq-three)
````
:::::

```python
"$$ no $$ (eq-code)"
```
"""
TEST = """import pytest
from trpo_lesson.exact import values
from trpo_lesson.exact.surrogate import surrogate as L

def helper(mdp):
    return values.visitation(mdp, 0)

@pytest.mark.parametrize("n", [1])
@pytest.mark.equation("eq-one", values.visitation)
@pytest.mark.equation("eq-two", L)
def test_it_is_so(n):
    assert helper(n) == L(n)

@pytest.fixture
def number():
    return values.advantages(1)

@pytest.mark.equation("eq-three", values.advantages)
def test_a_fixture_counts(number):
    assert number == 1
"""
METHOD = """import pytest
from trpo_lesson.exact import policies

@pytest.mark.equation("eq-one", policies.SoftmaxPolicy.jacobian)
def test_it_is_so():
    assert policies.tabular(2, 2).{method}([0, 0, 0, 0]) is not None
"""


def cell(source, *tags):
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": [source]}


CODE = [
    cell("assert 1", "eq-one", "eq-two"),
    cell("x = 1"),
    cell("%time\nif x:\n    assert x", "eq-one", "nbval-ignore-output"),
    cell("assert 3", "eq-three"),
]


def equation(label, tex, heading, theorem=""):
    return ledger.Equation(label, tex, "book/03_a", "A *title*", heading, theorem)


def test_equations_are_found_with_their_heading_and_the_theorem_that_states_them():
    assert ledger.equations_of(PAGE, "book/03_a") == [
        equation("eq-one", "x = 1", "First $x$"),
        equation("eq-two", "z\n = 3", "First $x$", "thm-a"),
        equation("eq-three", "w = 4", "Second"),
    ]


def test_a_cell_may_check_several_equations_and_several_cells_one():
    assert [(c.label, c.anchor, c.asserts) for c in ledger.cells_of(CODE, "book/03_a")] == [
        ("eq-one", "check-eq-one", True),
        ("eq-two", "check-eq-two", True),
        ("eq-one", "check-eq-one-2", True),
        ("eq-three", "check-eq-three", True),
    ]


def test_marks_are_read_with_the_function_that_the_imports_mean():
    exact = "trpo_lesson.exact"
    assert marks.marks_of(TEST, "test_a.py") == [
        marks.Mark("eq-one", f"{exact}.values.visitation", "test_a.py", "test_it_is_so", True),
        marks.Mark("eq-two", f"{exact}.surrogate.surrogate", "test_a.py", "test_it_is_so", True),
        marks.Mark("eq-three", f"{exact}.values.advantages", "test_a.py", "test_a_fixture_counts", True),
    ]
    assert marks.marks_of(TEST, "")[0].sentence == "it is so"


def test_a_function_or_method_of_the_package_is_found_and_a_private_one_is_not():
    lines = (ROOT / "trpo_lesson/exact/values.py").read_text(encoding="utf-8").splitlines()
    line = marks.definition(ROOT, "trpo_lesson.exact.values.visitation")
    assert lines[line - 1] == "def visitation(mdp, pi):"
    assert marks.definition(ROOT, "trpo_lesson.sampled.distributions.Categorical.kl")
    for nothing in (
        "exact.values._system",
        "exact.values.nothing",
        "exact.nothing.f",
        "exact.values.TIE_TOLERANCE",
    ):
        assert marks.definition(ROOT, f"trpo_lesson.{nothing}") is None


def test_a_function_is_called_as_the_chapters_call_it():
    assert marks.short("trpo_lesson.exact.values.visitation") == "values.visitation"
    assert marks.short("trpo_lesson.sampled.distributions.Categorical.kl") == "distributions.Categorical.kl"


# ------------------------------------------------------------------------------------------ what is noticed


@pytest.fixture
def tree(tmp_path):
    """tree(page=, code=, test=): problems of a small book with one chapter and one test file."""

    def problems(page=PAGE, code=CODE, test=TEST):
        for folder in ("book", "tests", "trpo_lesson/exact"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "_toc.yml").write_text("{root: book/intro, parts: [{chapters: [{file: book/03_a}]}]}")
        (tmp_path / "book/intro.md").write_text("# Intro\n")
        cells = [{"cell_type": "markdown", "metadata": {}, "source": [page]}, *code]
        (tmp_path / "book/03_a.ipynb").write_text(json.dumps({"cells": cells}))
        (tmp_path / "tests/test_a.py").write_text(test)
        for module in ("values", "surrogate"):
            source = (ROOT / f"trpo_lesson/exact/{module}.py").read_text(encoding="utf-8")
            (tmp_path / f"trpo_lesson/exact/{module}.py").write_text(source)
        return ledger.problems(tmp_path)

    return problems


def test_a_sound_book_has_no_problems_and_is_counted(tree, tmp_path):
    assert tree() == []
    counts = {"equations": 3, "functions": 3, "tests": 2, "chapters": 1}
    assert ledger.counts(ledger.read(tmp_path)) == counts


def test_the_equations_of_an_appendix_count_and_the_appendix_is_no_chapter():
    pages = "book/03_a", "book/12_b", "book/proofs"
    entries = [ledger.Entry(ledger.Equation("eq-one", "x", page, "A", "B"), (), ()) for page in pages]
    counts = ledger.counts(entries)
    assert (counts["equations"], counts["chapters"]) == (3, 2)


NO_FUNCTION = "expected a public function of the package in the mark"
WITHOUT_IT = TEST.replace("return values.visitation(mdp, 0)", "return mdp")
FAULTS = [
    ({"code": CODE[:-1]}, ["book/03_a: eq-three has no code cell with its tag"]),
    (
        {"test": TEST.replace('@pytest.mark.equation("eq-two", L)', "")},
        ["book/03_a: eq-two has no test with its mark"],
    ),
    ({"code": [*CODE, cell("assert 1", "eq-gone")]}, ["book/03_a: the tag eq-gone names no equation"]),
    ({"code": [*CODE, cell("x = 1", "eq-one")]}, ["book/03_a: the cell tagged eq-one asserts nothing"]),
    ({"page": PAGE + "\n$$ v $$ (eq-one)\n"}, ["book/03_a: eq-one numbers a second equation"]),
    (
        {"page": PAGE + "\n$$ v $$ (other)\n"},
        [
            "book/03_a: other does not begin with eq-",
            "book/03_a: other has no code cell with its tag",
            "book/03_a: other has no test with its mark",
        ],
    ),
    (
        {
            "test": TEST.replace(
                "def helper", '@pytest.mark.equation("eq-gone", L)\ndef test_more():\n    L()\n\ndef helper'
            )
        },
        ["tests/test_a.py: test_more is marked with 'eq-gone', which is no equation"],
    ),
    (
        {"test": TEST.replace("values.advantages", "values._system")},
        [f"tests/test_a.py: test_a_fixture_counts: {NO_FUNCTION} eq-three"],
    ),
    (
        {"test": TEST.replace('"eq-three", values.advantages', '"eq-three", "values.advantages"')},
        [f"tests/test_a.py: test_a_fixture_counts: {NO_FUNCTION} eq-three"],
    ),
    (
        {"test": WITHOUT_IT},
        ["tests/test_a.py: test_it_is_so does not use values.visitation, which its mark names"],
    ),
    (
        {"test": TEST + '\npytestmark = pytest.mark.equation("eq-one", L)\n'},
        ["tests/test_a.py: the mark eq-one is no decorator of a test"],
    ),
]


@pytest.mark.parametrize(("changes", "problems"), FAULTS)
def test_what_is_missing_or_names_nothing_is_noticed(tree, changes, problems):
    assert tree(**changes) == problems


@pytest.mark.parametrize(("method", "runs_it"), [("jacobian", True), ("probabilities", False)])
def test_a_method_is_used_where_it_is_taken_from_an_object(method, runs_it):
    (mark,) = marks.marks_of(METHOD.format(method=method), "test_a.py")
    assert (mark.function, mark.runs_it) == ("trpo_lesson.exact.policies.SoftmaxPolicy.jacobian", runs_it)


# -------------------------------------------------------------------------------------------- what is shown


def test_an_entry_names_theorem_heading_code_test_and_cell():
    mark = marks.Mark("eq-two", "trpo_lesson.exact.values.visitation", "test_a.py", "test_it_is_so", True)
    cells = (ledger.Cell("eq-two", "book/03_a", 1, True),)
    text = ledger_pages.entry_markdown(
        ledger.Entry(equation("eq-two", "z", "First", "thm-a"), cells, (mark,))
    )
    for part in (
        "(ledger-eq-two)=\n{eq}`eq-two` in {prf:ref}`thm-a`, “First”",
        "$$\nz\n$$",
        "- Code: {ledger-code}`trpo_lesson.exact.values.visitation`",
        "- Test: it is so (`tests/test_a.py`)",
        "- On the page: {ledger-cell}`book/03_a#check-eq-two`",
    ):
        assert part in text


def test_a_draft_says_that_it_has_no_test_yet():
    assert "- Test: none yet." in ledger_pages.entry_markdown(
        ledger.Entry(equation("eq-two", "z", "First"), (), ())
    )


def test_every_module_of_the_package_is_in_the_reference_once():
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "book/api").glob("*.md")]
    layers = [re.search(r"^```\{modules-of\} (\S+)$", page, re.MULTILINE)[1] for page in pages]
    listed = [name for layer in layers for name in reference.modules(layer)]
    files = [path for path in (ROOT / "trpo_lesson").rglob("*/*.py") if path.name != "__init__.py"]
    unlisted = {"checks", "commands"}  # the answers of the exercises; what --help describes
    files = [path for path in files if path.parent.name not in unlisted]
    assert sorted(listed) == sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files)

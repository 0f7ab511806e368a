"""The tree keeps the rules of the house (tools/house_rules.py), and each rule catches what it should."""

import json
import subprocess
import sys
from pathlib import Path

import house_rules
import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = sorted((ROOT / "trpo_lesson").rglob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").glob("*.py"))
CHAPTERS = sorted([*(ROOT / "book").glob("*.ipynb"), *(ROOT / "book/exercises").glob("*.ipynb")])
PROGRAMS = [*PACKAGE, *sorted((ROOT / "tools").rglob("*.py")), *sorted((ROOT / "tests").rglob("*.py"))]
PROGRAMS = [path for path in PROGRAMS if "node_modules" not in path.parts]


def name(path):
    return path.relative_to(ROOT).as_posix()


def broken(rule, paths):
    return [problem for path in paths for problem in rule(name(path), path.read_text(encoding="utf-8"))]


# ------------------------------------------------------------------------------------------------- the tree


def test_imports_point_from_the_lower_layers_to_the_higher_ones():
    assert broken(house_rules.import_rules, PACKAGE) == []


def test_the_modules_are_short_named_and_documented():
    assert broken(house_rules.file_rules, PACKAGE + BENCHMARKS) == []


def test_no_pickle_is_loaded_and_no_global_random_state_is_touched():
    assert broken(house_rules.safety_rules, PACKAGE + BENCHMARKS) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=name)
def test_the_chapter_keeps_the_rules_of_chapters(path):
    assert house_rules.notebook_rules(name(path), json.loads(path.read_text(encoding="utf-8"))) == []


def test_no_committed_file_names_a_home_folder():
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("this is not a git checkout, so that nothing says what is committed")
    texts = [path for path in map(ROOT.__truediv__, listing.stdout.split("\0")[:-1]) if readable(path)]
    this_file = Path(__file__)
    assert broken(house_rules.home_folders, [path for path in texts if path != this_file]) == []


def readable(path):
    try:
        return path.is_file() and bool(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        return False


ONLY = """
import sys
class Nothing_else:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top not in sys.stdlib_module_names | set({allowed!r}):
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Nothing_else())
import {module}
"""
OF_GYMNASIUM = {"cloudpickle", "farama_notifications", "typing_extensions"}


def imports_with_only(module, allowed):
    program = ONLY.format(module=module, allowed=sorted({"trpo_lesson", *allowed}))
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    return run.stderr.strip().splitlines()[-1:] if run.returncode else "fine"


def test_the_training_path_needs_numpy_and_gymnasium_only():
    assert imports_with_only("trpo_lesson.sampled.trpo", {"numpy", "gymnasium"} | OF_GYMNASIUM) == "fine"


@pytest.mark.parametrize("world", ["exact", "steps", "checks"])
def test_the_exact_world_the_steps_and_the_checks_need_numpy_only(world):
    modules = [name(path)[:-3].replace("/", ".") for path in PACKAGE if path.parent.name == world]
    modules = [module for module in modules if not module.endswith("__init__")]
    assert imports_with_only(", ".join(modules), {"numpy"}) == "fine"


# -------------------------------------------------------------------------- each rule catches its violation


def test_a_blocked_import_is_seen():
    assert imports_with_only("trpo_lesson.show.theme", {"numpy"}) == ["ImportError: blocked: matplotlib"]


@pytest.mark.parametrize(
    ("path", "source", "problem"),
    [
        (
            "trpo_lesson/steps/a.py",
            "from trpo_lesson.exact import mdp",
            "steps imports trpo_lesson.exact.mdp",
        ),
        (
            "trpo_lesson/exact/a.py",
            "import trpo_lesson.sampled.trpo",
            "exact imports trpo_lesson.sampled.trpo",
        ),
        (
            "trpo_lesson/sampled/a.py",
            "from trpo_lesson.exact import mdp",
            "sampled imports trpo_lesson.exact.mdp",
        ),
        (
            "trpo_lesson/checks/a.py",
            "from trpo_lesson.show import plots",
            "checks imports trpo_lesson.show.plots",
        ),
        ("trpo_lesson/show/a.py", "from trpo_lesson import __main__", "show imports trpo_lesson.__main__"),
        ("trpo_lesson/exact/a.py", "def f():\n    from trpo_lesson.show import plots", "exact imports"),
        ("trpo_lesson/exact/a.py", "from . import mdp", "a relative import (..mdp)"),
        ("trpo_lesson/exact/a.py", "import scipy.linalg", "exact imports scipy.linalg"),
        ("trpo_lesson/steps/a.py", "def f():\n    import gymnasium", "steps imports gymnasium"),
        ("trpo_lesson/sampled/a.py", "import tqdm", "sampled imports tqdm"),
        ("trpo_lesson/sampled/a.py", "def f():\n    import matplotlib", "sampled imports matplotlib"),
        ("trpo_lesson/extras/a.py", "", "expected one of the layers"),
    ],
)
def test_an_import_against_the_direction_is_caught(path, source, problem):
    (found,) = house_rules.import_rules(path, source)
    assert problem in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "trpo_lesson/exact/a.py",
            "import functools\nimport numpy as np\nfrom trpo_lesson.steps import line_search",
        ),
        ("trpo_lesson/sampled/a.py", "import gymnasium\ndef f():\n    import tqdm"),
        ("trpo_lesson/show/a.py", "import matplotlib\nfrom trpo_lesson.sampled import trpo"),
        ("trpo_lesson/__main__.py", "from trpo_lesson.show import plots"),
    ],
)
def test_an_import_along_the_direction_is_fine(path, source):
    assert house_rules.import_rules(path, source) == []


LONG = '"""Doc."""\n\n\ndef f():\n    """Doc."""\n' + "    x = 1\n" * 26


@pytest.mark.parametrize(
    ("path", "source", "problem"),
    [
        ("trpo_lesson/exact/utils.py", '"""Doc."""\n', "a name that says nothing"),
        ("trpo_lesson/core/a.py", '"""Doc."""\n', "a name that says nothing"),
        ("trpo_lesson/exact/a.py", "x = 1\n", "no docstring"),
        ("trpo_lesson/exact/a.py", '"""Doc."""\n\n\ndef f():\n    pass\n', "f has no docstring"),
        (
            "trpo_lesson/exact/a.py",
            '"""Doc."""\n\n\nclass A:\n    """Doc."""\n\n    def f(self):\n        pass\n',
            "f has",
        ),
        ("trpo_lesson/exact/a.py", LONG, "f has 26 lines, at most 25"),
        ("trpo_lesson/exact/a.py", '"""Doc."""\n' + "\n" * 200, "201 lines, at most 200"),
        (
            "trpo_lesson/exact/__init__.py",
            '"""Doc."""\nfrom trpo_lesson.exact import mdp\n',
            "more than a docstring",
        ),
    ],
)
def test_a_long_vague_or_silent_module_is_caught(path, source, problem):
    (found,) = house_rules.file_rules(path, source)
    assert problem in found


def test_a_body_of_25_lines_and_private_functions_without_docstring_are_fine():
    source = LONG.replace("    x = 1\n", "", 1) + "\n\ndef _private():\n    def inner():\n        pass\n"
    assert house_rules.file_rules("trpo_lesson/exact/a.py", source) == []


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import pickle", "imports pickle"),
        ("from joblib import load", "imports joblib.load"),
        ("from joblib import Parallel, dump", "imports joblib.dump"),
        ("def f():\n    import joblib\n    return joblib.load(path)", "imports joblib"),
        ("from joblib.numpy_pickle import load", "imports joblib.numpy_pickle.load"),
        ("np.load(file, allow_pickle=True)", "allow_pickle=True"),
        ("np.load(file, allow_pickle=trust)", "allow_pickle=True"),
        ("np.random.seed(0)", "np.random.seed is global"),
        ("x = np.random.normal(size=3)", "np.random.normal is global"),
        ("random.seed(1)", "random.seed is global"),
        ("print(1)", "prints"),
    ],
)
def test_pickles_global_seeds_and_prints_are_caught(source, problem):
    (found,) = house_rules.safety_rules("trpo_lesson/exact/a.py", source)
    assert problem in found


def test_generators_and_plain_arrays_are_fine():
    source = "rng = np.random.default_rng(0)\nnp.load(file, allow_pickle=False)\nrng: np.random.Generator"
    assert house_rules.safety_rules("trpo_lesson/exact/a.py", source) == []
    assert house_rules.safety_rules("trpo_lesson/__main__.py", "print(1)") == []


def test_the_parts_of_joblib_that_read_no_file_are_fine():
    source = "def f():\n    from joblib import Parallel, delayed, parallel_config"
    assert house_rules.safety_rules("trpo_lesson/sampled/a.py", source) == []


def chapter(*sources, tags=(), figure=None, outputs=()):
    """A notebook with a title and code cells; the last one gets tags, a figure's caption and outputs."""
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": ["# Title\n"]}
    code = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": []}
        for i, source in enumerate(sources)
    ]
    if code:
        code[-1]["metadata"] = {"tags": list(tags), **({"mystnb": {"figure": figure}} if figure else {})}
        code[-1]["outputs"] = list(outputs)
    return {"metadata": {}, "cells": [title, *code]}


FIGURE = {"caption": "What it shows.", "name": "fig-a"}


@pytest.mark.parametrize(
    ("notebook", "problem"),
    [
        (chapter(*["x = 1"] * 26), "26 code cells, at most 25"),
        (chapter("x = 1\n" * 16), "16 lines, at most 15"),
        (chapter("  \n"), "is empty"),
        (chapter("from numpy import *"), "import *"),
        (chapter("import sys\nsys.path.append('..')"), "changes sys.path"),
        (chapter("import pickle"), "imports pickle"),
        (chapter("np.random.seed(0)"), "is global"),
        (chapter("x = 1", tags=["hide-input"]), "the tag hide-input"),
        (chapter("x = 1", tags=["remove-cell"]), "the tag remove-cell"),
        (chapter("x = 1", tags=["raises-exception"]), "the tag raises-exception"),
        (chapter("x = 1", tags=["nbval-skip"]), "the tag nbval-skip"),
        (chapter("draw()", figure={"caption": "Only this."}), "a figure needs a caption and a name"),
        (chapter("a\nb\nc\ndraw()", figure=FIGURE), "a figure's cell of 4 lines"),
        (
            chapter("x", outputs=[{"output_type": "stream", "name": "stderr", "text": "W"}]),
            "an error or a warning",
        ),
        (chapter("x", outputs=[{"output_type": "error"}]), "an error or a warning"),
        ({"metadata": {}, "cells": chapter("x")["cells"][1:]}, "expected a title"),
        ({**chapter("x"), "metadata": {"mystnb": {"execution_allow_errors": True}}}, "allows errors"),
    ],
)
def test_a_chapter_that_breaks_a_rule_is_caught(notebook, problem):
    (found,) = house_rules.notebook_rules("book/a.ipynb", notebook)
    assert problem in found


def test_a_chapter_that_keeps_the_rules_is_fine():
    figure_cell = chapter(
        "import numpy as np\n%pip list", "x = 1\n" * 15, "draw()", tags=["nbval-ignore-output"], figure=FIGURE
    )
    assert house_rules.notebook_rules("book/a.ipynb", figure_cell) == []


@pytest.mark.parametrize(
    "text",
    [
        "![](a.png)",
        '<img src="a.png">',
        '<img src="a.png" alt="">',
        "$$ x \\label{a} $$",
        "see \\eqref{a}",
        "\\begin{align}",
        "\\begin{equation*}",
        "```{figure} a.png\n:name: fig-a\n\nCaption\n```",
        ":::{image} a.png\n:::",
        "::::{figure} a.png\n:alt:\n::::",
        ":::{prf:proof}\n:class: dropdown\nIt is so.\n:::",
    ],
)
def test_prose_that_breaks_a_rule_is_caught(text):
    assert len(house_rules.prose_rules("book/a.md", text)) == 1


def test_prose_that_keeps_the_rules_is_fine():
    text = """![A hill](a.png) and <img src="a.png" alt="A hill">
$$
\\begin{aligned} a &= b \\end{aligned}
$$ (eq-a)
```{figure} a.png
:name: fig-a
:alt: A hill
Caption
```
::::{dropdown} Proof
:::{prf:proof}
It is so.
:::
::::
"""
    assert house_rules.prose_rules("book/a.md", text) == []


@pytest.mark.parametrize("parts", [("", "home", "ada", "book"), ("", "Users", "ada"), ("", "root", "book")])
@pytest.mark.parametrize("line", ['path = "{}"', "see {} there"])
def test_a_home_folder_is_caught(parts, line):
    assert len(house_rules.home_folders("a.py", line.format("/".join(parts)))) == 1


def test_a_home_folder_of_windows_is_caught():
    assert len(house_rules.home_folders("a.py", "\\".join(("C:", "Users", "ada")))) == 1


INNER_ROOTS = ["/".join((folder, "root", "x")) for folder in ("docs", "site")]  # no home folder stands here


@pytest.mark.parametrize("place", ["~/book", "$HOME/book", "https://example.org/home", *INNER_ROOTS])
def test_other_paths_are_not_taken_for_home_folders(place):
    assert house_rules.home_folders("a.py", place) == []

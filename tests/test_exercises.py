"""The exercises are sound: solutions pass, starters fail, wrong answers get their hints, points add up."""

import ast
import importlib
import importlib.util
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import exercise_rules
import exercises
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from trpo_lesson.checks import compare_two_policies, questions
from trpo_lesson.exact import surrogate, values

ROOT = Path(__file__).parent.parent
MODES = {"TRPO_CHECK", "NBGRADER_EXECUTION"}
RUNNER = Path(__file__).with_name("cell_runner.py")
NOTEBOOKS = sorted((ROOT / "book/exercises").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def name(path):
    """What the checks and the wrong answers of a notebook are called: its name without the number."""
    return path.stem.partition("_")[2]


@cache
def source_of(path):
    return nbformat.read(path, as_version=4)


@cache
def checks_of(path):
    """The questions that the module of checks asks, by their names."""
    module = importlib.import_module(f"trpo_lesson.checks.{name(path)}")
    kinds = (questions.Number, questions.Function, questions.Choice, questions.Witness)
    return {key: value for key, value in vars(module).items() if isinstance(value, kinds)}


@cache
def wrong_answers(path):
    """Of each answer cell: (what stands in place of the solution, a piece of the hint)."""
    return runpy.run_path(str(ROOT / f"tests/wrong_answers/{name(path)}.py"))["WRONG"]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def marks(cell):
    return cell.metadata.get("nbgrader", {"grade": False, "solution": False, "grade_id": ""})


def run(programs, **environment):
    """The reports of the programs, all in one fresh process that may say nothing on stderr."""
    clean = {key: value for key, value in os.environ.items() if key not in MODES}
    run = subprocess.run(
        [sys.executable, "-W", "error", RUNNER],
        input=json.dumps(programs),
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return json.loads(run.stdout.splitlines()[-1])  # the reader's own prints stand before it


# ----------------------------------------------------------------------------- the notebooks as they stand


@each_notebook
def test_the_notebook_keeps_the_rules_of_exercises(path):
    assert exercise_rules.exercise_rules(path.name, json.loads(path.read_text(encoding="utf-8"))) == []


@each_notebook
def test_the_exercises_stand_below_their_chapter_which_leads_to_them(path):
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    below = rf"file: book/{path.stem}\n +sections:\n +- file: book/exercises/{path.stem}\n"
    assert re.search(below, contents)
    assert f"{{doc}}`exercises/{path.stem}`" in (ROOT / f"book/{path.stem}.ipynb").read_text(encoding="utf-8")
    number = int(path.stem[:2])
    assert all(one.id.startswith(f"ex-{number}-") for one in exercise_rules.exercises_of(source_of(path)))


@each_notebook
def test_every_solution_passes_checks_that_raise(path):
    (report,) = run([{"cells": [cell.source for cell in code_cells(source_of(path))]}], TRPO_CHECK="raise")
    assert [cell["error"] for cell in report["cells"] if cell["error"]] == []


@each_notebook
def test_an_untouched_starter_runs_and_fails_every_check(path):
    cells = code_cells(exercises.starter(source_of(path)))
    (report,) = run([{"cells": [cell.source for cell in cells]}])
    assert [cell["error"] for cell in report["cells"] if cell["error"]] == []
    shown = [got["shown"] for cell, got in zip(cells, report["cells"], strict=True) if marks(cell)["grade"]]
    assert shown
    assert all(verdict.startswith("FAIL: ") for verdict in shown), shown


@each_notebook
def test_an_untouched_starter_raises_in_every_check_of_a_graded_run(path):
    cells = code_cells(exercises.starter(source_of(path)))
    (report,) = run([{"cells": [cell.source for cell in cells]}], NBGRADER_EXECUTION="autograde")
    for cell, got in zip(cells, report["cells"], strict=True):
        failed = (got["error"] or "").startswith("AssertionError: ")
        assert failed == marks(cell)["grade"], (cell.id, got)


# --------------------------------------------------------------------------------------- the wrong answers


def assertions(cell):
    """The hidden assertions of a check's cell, each with what is prepared before it."""
    tree = ast.parse(exercises.hidden_tests(cell.source))
    prepared = [ast.unparse(node) for node in tree.body if not isinstance(node, ast.Assert)]
    return ["\n".join([*prepared, ast.unparse(node)]) for node in tree.body if isinstance(node, ast.Assert)]


def belongs(cell, answer_id):
    """Whether the cell checks this answer."""
    return marks(cell)["grade"] and cell.metadata.nbgrader.grade_id.startswith(
        answer_id.removesuffix("answer")
    )


@cache
def failures(path):
    """Of each wrong answer: (its piece of the hint, {check: verdict}, the hidden assertions that failed)."""
    notebook, programs, asked = source_of(path), [], []
    cells = code_cells(notebook)
    for answer_id, wrong in wrong_answers(path).items():
        hidden = [one for cell in cells if belongs(cell, answer_id) for one in assertions(cell)]
        for answer, hint in wrong:
            sources = [
                exercises.answered(cell.source, answer)
                if marks(cell)["grade_id"] == answer_id
                else exercises.without_hidden_tests(cell.source)
                for cell in cells
            ]
            programs.append({"cells": sources, "probes": hidden})
            asked.append((answer_id, hint, hidden))
    found = []
    for (answer_id, hint, hidden), report in zip(asked, run(programs), strict=True):
        assert [cell["error"] for cell in report["cells"] if cell["error"]] == [], (answer_id, hint)
        said = {
            cell.metadata.nbgrader.grade_id: got["shown"]
            for cell, got in zip(cells, report["cells"], strict=True)
            if belongs(cell, answer_id)
        }
        broken = {
            one
            for one, error in zip(hidden, report["probes"], strict=True)
            if (error or "").startswith("AssertionError")  # it, and not what was prepared for it
        }
        found.append((hint, said, broken))
    return found


@each_notebook
def test_a_wrong_answer_gets_its_hint_and_no_other_gets_that(path):
    for hint, _, _ in failures(path):
        for other, said, _ in failures(path):
            times = [hint in verdict for verdict in said.values()].count(True)
            assert times == (hint == other), (hint, other, said)


@each_notebook
def test_every_check_is_failed_by_a_wrong_answer(path):
    checks = {cell.metadata.nbgrader.grade_id for cell in code_cells(source_of(path)) if marks(cell)["grade"]}
    failed = {check for _, said, _ in failures(path) for check in said if said[check].startswith("FAIL")}
    assert failed == checks


@each_notebook
def test_every_hidden_assertion_is_failed_by_a_wrong_answer(path):
    hidden = {one for cell in code_cells(source_of(path)) for one in assertions(cell)}
    assert hidden == {one for _, _, broken in failures(path) for one in broken}


@each_notebook
def test_every_hint_is_given_to_some_wrong_answer(path):
    given = " ".join(verdict for _, said, _ in failures(path) for verdict in said.values())
    for question in checks_of(path).values():
        hints = [hint for _, hint in getattr(question, "slips", getattr(question, "conditions", ()))]
        assert [hint for hint in hints if hint not in given] == []
        assert getattr(question, "otherwise", "") in given


@each_notebook
def test_the_right_answer_passes_and_each_slip_gets_its_own_hint(path):
    for question in checks_of(path).values():
        assert questions.judge(question.right, question).passed
        slips = getattr(question, "slips", ())
        assert [questions.judge(slip, question).hint for slip, _ in slips] == [hint for _, hint in slips]
        assert len({hint for _, hint in slips} | {getattr(question, "otherwise", "")}) == len(slips) + 1


# --------------------------------------------------------------------- the right answers, by another route


def test_chapter_3_the_tipping_point_is_where_the_two_returns_are_equal():
    world, lean_out = compare_two_policies.SWEETER, compare_two_policies.lean_out
    p = np.linspace(0.2, 1, 80_001)  # the return is a quotient of polynomials in p, smooth on this grid
    slope, step = 1 - 0.9 * (1 - 0.7 * p), 0.9 * 0.7 * p  # V(path) and V(slope) by Cramer's rule
    other, stay = 0.9 * (1 - p), 1 - 0.9 * p
    eta = (2 * p * stay + step * -3 * p) / (slope * stay - step * other)
    tipping = p[np.argmax(eta < values.expected_return(world, lean_out(0.1)))]
    assert abs(tipping - compare_two_policies.TIPPING_POINT.right) < 2e-5


def test_chapter_3_by_hand_agrees_with_the_package():
    mdp = compare_two_policies.MDP(np.ones((1, 2, 1)), [[0, 1]], [1], 0.9)
    old, new = np.array([[0.9, 0.1]]), np.array([[0.6, 0.4]])
    assert np.isclose(values.advantages(mdp, old)[0, 1], compare_two_policies.ADVANTAGE.right)
    assert np.isclose(values.visitation(mdp, new)[0], compare_two_policies.VISITS.right)
    assert np.isclose(surrogate.performance_difference(mdp, old, new), compare_two_policies.DIFFERENCE.right)


# --------------------------------------------------------------------------- each rule catches its violation

MARKS = {"schema_version": 3, "locked": False, "task": False}
ANSWER = MARKS | {"grade": False, "solution": True, "grade_id": "ex-1-1-answer"}
CHECK = MARKS | {"grade": True, "solution": False, "points": 1, "locked": True, "grade_id": "ex-1-1-check"}
ESSAY = MARKS | {"grade": True, "solution": True, "points": 2, "grade_id": "ex-1-1-words"}
TITLE = "# Title\n\n4 exercises, 4 points, about 20 minutes"
HEAD = "## Exercise 1.{}: Name\n\n*{} · 1 point · level 1 of 3 · 5 minutes · needs it*"
KINDS = ("number", "code", "choice", "choice")
PASS = {"output_type": "execute_result", "data": {"text/plain": ["PASS"]}}


def cell(source, **metadata):
    kind = "code" if "outputs" in metadata else "markdown"
    outputs = metadata.pop("outputs", [])
    return {"cell_type": kind, "id": "a", "source": source, "metadata": metadata, "outputs": outputs}


def sound(**changes):
    """A notebook of four exercises that breaks no rule; `changes` exchange parts of the last exercise."""
    cells = [cell(changes.get("title", TITLE))]
    for number, kind in enumerate(changes.get("kinds", KINDS), start=1):
        last = changes if number == 4 else {}
        head = HEAD.format(last.get("number", number), kind)
        name = f"ex-1-{number}"
        answer = ANSWER | {"grade_id": f"{name}-answer"} | last.get("answer", {})
        check = CHECK | {"grade_id": f"{name}-check"} | last.get("check", {})
        solution = last.get("solution", "x = None\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION")
        cells += [
            cell(last.get("head", head)),
            cell(solution, nbgrader=answer, outputs=last.get("shown", [])),
            cell(last.get("call", "check.f(x)"), nbgrader=check, outputs=last.get("verdict", [PASS])),
        ]
    return {"cells": cells + changes.get("more", []), "metadata": {}}


def essay(source, **marks):
    marks = ESSAY | {"points": 1, "grade_id": "ex-1-5-words"} | marks
    more = [cell(HEAD.format(5, "derivation")), cell(source, nbgrader=marks)]
    return sound(title="# Title\n\n5 exercises, 5 points, about 25 minutes", more=more)


DROPDOWN = "```{{dropdown}} Model answer\n:class-container: exercise-words\nSo.\n\n**Rubric**\n\n{}\n```"


def test_a_notebook_that_keeps_the_rules_is_fine():
    assert exercise_rules.exercise_rules("a.ipynb", sound()) == []
    hidden = "verdict = check.f(x)\n### BEGIN HIDDEN TESTS\nassert x\n### END HIDDEN TESTS\nverdict"
    assert exercise_rules.exercise_rules("a.ipynb", sound(call=hidden)) == []
    assert exercise_rules.exercise_rules("a.ipynb", essay(DROPDOWN.format("- 1 point: so."))) == []


@pytest.mark.parametrize(
    ("notebook", "problem"),
    [
        (sound(head="## Exercise 1.4: Name\n\nNo statement."), "expected a heading and a statement"),
        (sound(head="## Exercise 1.4: Name"), "expected a heading and a statement"),
        (sound(title="# Title"), "expected a first cell that says 4 exercises, 4 points, about 20 minutes"),
        (sound(title=TITLE.replace("4 points", "5 points")), "expected a first cell that says"),
        (sound(title=TITLE.replace("20", "25")), "expected a first cell that says"),
        (sound(kinds=("code", "code", "choice", "choice")), "expected 4 exercises of 3 kinds, got 4 of 2"),
        (sound(number=5), "numbered 1, 2, 3"),
        (sound(check={"points": 2}), "states 1 points, its cells have 2"),
        (sound(answer={"grade_id": "ex-1-3-answer"}), "the grade_id ex-1-3-answer stands twice"),
        (sound(answer={"grade_id": "ex-1-7-answer"}), "begins with ex-1-4-"),
        (sound(answer={"points": 1}), "points only where it is graded"),
        (sound(answer={"locked": True}), "locked unless it is an answer"),
        (sound(check={"locked": False}), "locked unless it is an answer"),
        (sound(check={"schema_version": 2}), "expected schema 3"),
        (sound(check={"task": True}), "no task"),
        (sound(solution="x = 1"), "between BEGIN SOLUTION and END SOLUTION"),
        (sound(shown=[PASS]), "gives its solution away"),
        (sound(verdict=[]), "expected the stored output PASS"),
        (sound(verdict=[PASS | {"data": {"text/plain": ["FAIL: no"]}}]), "expected the stored output PASS"),
        (essay("```{dropdown} Answer\nSo.\n```"), "expected a **Rubric** of 1 points, got []"),
        (essay(DROPDOWN.format("- 2 points: so.")), "expected a **Rubric** of 1 points, got [2]"),
        (essay("**Rubric**\n\n- 1 point: so."), "inside a {dropdown}"),
        (
            essay("```{dropdown} Answer\nSo.\n\n**Rubric**\n\n- 1 point: so.\n```"),
            "of the class exercise-words",
        ),
    ],
)
def test_a_notebook_that_breaks_a_rule_is_caught(notebook, problem):
    found = exercise_rules.exercise_rules("a.ipynb", notebook)
    assert [one for one in found if problem in one], found


def test_an_exercise_without_an_answer_and_hidden_tests_in_an_answer_are_caught():
    notebook = sound()
    del notebook["cells"][-2]
    assert "has no cell to answer in" in exercise_rules.exercise_rules("a.ipynb", notebook)[0]
    spoilt = sound(
        solution="### BEGIN SOLUTION\n### END SOLUTION\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"
    )
    assert "hidden tests stand in the cell of a check" in exercise_rules.exercise_rules("a.ipynb", spoilt)[0]


def test_a_cell_of_nbgrader_before_the_first_exercise_and_a_derivation_with_a_check_are_caught():
    notebook = sound()
    notebook["cells"].insert(1, cell("x", nbgrader=ANSWER, outputs=[]))
    assert "before the first exercise" in exercise_rules.exercise_rules("a.ipynb", notebook)[0]
    (found,) = exercise_rules.exercise_rules(
        "a.ipynb", sound(kinds=("number", "code", "choice", "derivation"))
    )
    assert "a derivation is marked by hand" in found


# ---------------------------------------------------------------------------- starters, and nbgrader's own

FUNCTION = """def f(x):
    \"\"\"Doc.\"\"\"
    ### BEGIN SOLUTION
    if x:
        return 2
    ### END SOLUTION"""
TEST = (
    "verdict = f(1)\n### BEGIN HIDDEN TESTS\nsecret = 1\nassert f(0) == secret\n### END HIDDEN TESTS\nverdict"
)


def a_source():
    shown = new_output("execute_result", {"text/plain": "PASS"}, execution_count=2)
    return new_notebook(
        cells=[
            new_markdown_cell("# Title"),
            new_code_cell("import numpy as np"),
            new_code_cell(FUNCTION, metadata={"nbgrader": ANSWER}, execution_count=1),
            new_code_cell(TEST, metadata={"nbgrader": CHECK}, outputs=[shown], execution_count=2),
            new_markdown_cell("The answer in words.", metadata={"nbgrader": ESSAY}),
        ]
    )


def test_a_starter_has_no_solution_no_hidden_test_and_no_output():
    cells = exercises.starter(a_source()).cells
    assert [cell.source for cell in cells] == [
        "# Title",
        "import numpy as np",
        'def f(x):\n    """Doc."""\n    # YOUR CODE HERE',
        "verdict = f(1)\nverdict",
        "YOUR ANSWER HERE",
    ]
    assert [cell.outputs for cell in cells if cell.cell_type == "code"] == [[], [], []]


def test_making_a_starter_leaves_the_notebook_alone():
    notebook = a_source()
    exercises.starter(notebook)
    assert notebook.cells[2].source == FUNCTION
    assert notebook.cells[3].outputs


def test_a_solution_is_shown_without_its_marks_and_its_indentation():
    assert exercises.solutions(FUNCTION) == ["if x:\n    return 2"]
    assert exercises.hidden_tests(TEST) == "secret = 1\nassert f(0) == secret\n"
    assert exercises.answered(FUNCTION, "y = x\nreturn y").endswith('"""\n    y = x\n    return y')


def test_a_cell_that_is_all_answer_becomes_a_stub():
    notebook = new_notebook(cells=[new_code_cell("x = 1", metadata={"nbgrader": ANSWER})])
    assert exercises.starter(notebook).cells[0].source == "# YOUR CODE HERE"


@pytest.mark.skipif(not importlib.util.find_spec("nbgrader"), reason="needs nbgrader (extra [teach])")
def test_the_release_that_nbgrader_makes_is_the_starter(tmp_path):
    shutil.copy(ROOT / "teach/nbgrader_config.py", tmp_path)
    for path in NOTEBOOKS:
        (tmp_path / "source" / path.stem).mkdir(parents=True)
        shutil.copy(path, tmp_path / "source" / path.stem)
        command = [sys.executable, "-m", "nbgrader", "generate_assignment", "--create", path.stem]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        release = nbformat.read(tmp_path / "release" / path.stem / path.name, as_version=4)
        for made, ours in zip(release.cells, exercises.starter(source_of(path)).cells, strict=True):
            assert (made.cell_type, made.source) == (ours.cell_type, ours.source)
            assert made.get("outputs", []) == ours.get("outputs", [])

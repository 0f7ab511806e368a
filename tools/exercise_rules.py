"""What an exercise says of itself, and the rules of exercise notebooks; tests/test_exercises.py applies them.

An exercise begins with a Markdown cell: a heading "## Exercise 3.1: Title", and below it one line that states
what the teacher's guide and the reader want to know:

    *number · 2 points · level 1 of 3 · 8 minutes · needs advantages*

The cells that nbgrader knows follow; the grade_id of each begins with the exercise's id: ex-3-1-….
"""

import re
from dataclasses import dataclass

KINDS = ("number", "code", "choice", "find the error", "derivation")
HEADING = re.compile(r"## Exercise (\d+)\.(\d+): (\S.*)")
STATEMENT = re.compile(
    rf"\*({'|'.join(KINDS)}) · (\d+) points? · level ([123]) of 3 · (\d+) minutes · needs (\S.*)\*"
)
TOTAL = re.compile(r"(\d+) exercises, (\d+) points, about (\d+) minutes")
WORDS = re.compile(r"`{3,}\{dropdown\} .*\n:class-container: exercise-words\n")  # see live_exercises.js
RUBRIC = re.compile(r"^- (\d+) points?: \S", re.M)
METADATA = {"grade", "grade_id", "locked", "points", "schema_version", "solution", "task"}
FEWEST, FEWEST_KINDS = 4, 3


@dataclass(frozen=True)
class Exercise:
    """What the head of an exercise states, and its cells that nbgrader knows."""

    id: str
    title: str
    kind: str
    points: int
    level: int
    minutes: int
    needs: str
    cells: tuple


def exercises_of(notebook):
    """The exercises of `notebook` in order; raises ValueError where a head does not say what it must."""
    found, head = [], None
    for cell in notebook["cells"]:
        lines = "".join(cell["source"]).splitlines()
        if cell["cell_type"] == "markdown" and lines[:1] and lines[0].startswith("## Exercise"):
            heading = HEADING.fullmatch(lines[0])
            statement = STATEMENT.fullmatch(lines[2]) if len(lines) > 2 else None
            if not (heading and statement):
                raise ValueError(f"expected a heading and a statement as described above, got {lines[:3]}")
            kind, points, level, minutes, needs = statement.groups()
            head = (
                f"ex-{heading[1]}-{heading[2]}",
                heading[3],
                kind,
                int(points),
                int(level),
                int(minutes),
                needs,
            )
            found.append((head, []))
        elif "nbgrader" in cell["metadata"]:
            if head is None:
                raise ValueError(f"the cell {cell['id']} stands before the first exercise")
            found[-1][1].append(cell)
    return [Exercise(*head, tuple(cells)) for head, cells in found]


def exercise_rules(path, notebook):
    """What breaks the rules of exercise notebooks, a line each."""
    try:
        exercises = exercises_of(notebook)
    except ValueError as error:
        return [f"{path}: {error}"]
    wrong = [f"{path}: {problem}" for problem in _problems_of_all(notebook, exercises)]
    for exercise in exercises:
        wrong += [f"{path}, {exercise.id}: {problem}" for problem in _problems(exercise)]
    return wrong


def _problems_of_all(notebook, exercises):
    total = TOTAL.search("".join(notebook["cells"][0]["source"]))
    sums = [len(exercises), sum(one.points for one in exercises), sum(one.minutes for one in exercises)]
    if not total or [*map(int, total.groups())] != sums:
        yield "expected a first cell that says {} exercises, {} points, about {} minutes".format(*sums)
    kinds = {one.kind for one in exercises}
    if len(exercises) < FEWEST or len(kinds) < FEWEST_KINDS:
        yield f"expected {FEWEST} exercises of {FEWEST_KINDS} kinds, got {len(exercises)} of {len(kinds)}"
    ids = [one.id for one in exercises]
    if ids != [f"{ids[0].rsplit('-', 1)[0]}-{number}" for number in range(1, len(ids) + 1)]:
        yield f"expected exercises of one chapter, numbered 1, 2, 3, ..., got {ids}"
    grade_ids = [cell["metadata"]["nbgrader"]["grade_id"] for one in exercises for cell in one.cells]
    for twice in sorted({name for name in grade_ids if grade_ids.count(name) > 1}):
        yield f"the grade_id {twice} stands twice"


def _problems(exercise):
    graded = [cell for cell in exercise.cells if cell["metadata"]["nbgrader"]["grade"]]
    points = sum(cell["metadata"]["nbgrader"]["points"] for cell in graded)
    if points != exercise.points:
        yield f"states {exercise.points} points, its cells have {points}"
    if not any(cell["metadata"]["nbgrader"]["solution"] for cell in exercise.cells):
        yield "has no cell to answer in"
    if (exercise.kind == "derivation") != all(cell["cell_type"] == "markdown" for cell in graded):
        yield "a derivation is marked by hand, any other kind by a check"
    for cell in exercise.cells:
        yield from _cell_problems(exercise, cell)


def _cell_problems(exercise, cell):
    marks, source = cell["metadata"]["nbgrader"], "".join(cell["source"])
    name = marks["grade_id"]
    if set(marks) - {"points"} != METADATA - {"points"} or ("points" in marks) != marks["grade"]:
        yield f"{name}: expected {sorted(METADATA)}, points only where it is graded, got {sorted(marks)}"
    if marks["schema_version"] != 3 or marks["task"] or marks["locked"] != (not marks["solution"]):
        yield f"{name}: expected schema 3, no task, and locked unless it is an answer"
    if not name.startswith(f"{exercise.id}-"):
        yield f"{name}: expected a grade_id that begins with {exercise.id}-"
    if cell["cell_type"] == "code" and marks["solution"] != ("BEGIN SOLUTION" in source):
        yield f"{name}: a solution stands in an answer's cell between BEGIN SOLUTION and END SOLUTION"
    if "BEGIN HIDDEN TESTS" in source and not (marks["grade"] and not marks["solution"]):
        yield f"{name}: hidden tests stand in the cell of a check"
    if cell["cell_type"] == "markdown":
        yield from _rubric_problems(name, source, marks["points"])
    elif marks["solution"] and cell["outputs"]:
        yield f"{name}: an answer that shows something gives its solution away"
    elif marks["grade"] and [output.get("data") for output in cell["outputs"]] != [{"text/plain": ["PASS"]}]:
        yield f"{name}: expected the stored output PASS"


def _rubric_problems(name, source, points):
    steps = [int(step) for step in RUBRIC.findall(source.partition("**Rubric**")[2])]
    if sum(steps) != points:
        yield f"{name}: expected a **Rubric** of {points} points, got {steps}"
    if not WORDS.match(source):
        yield f"{name}: expected the model answer inside a {{dropdown}} of the class exercise-words"

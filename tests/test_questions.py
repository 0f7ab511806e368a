"""No answer raises: each is judged, a slip gets its hint, and whatever else comes gets a sentence."""

import fractions
import sys
import warnings

import numpy as np
import pytest

from trpo_lesson.checks.questions import Choice, Function, Number, Witness, judge
from trpo_lesson.checks.verdicts import Verdict, tell

NUMBER = Number(0.5, ((2, "inverted"), (-0.5, "the sign")), "think again")
ARRAY = Number([1, 2, 3], (([3, 2, 1], "backwards"),), "think again")
CASES = (("zero", (0,)), ("two", (2,)))
FUNCTION = Function(
    lambda x: x + 1, CASES, ((lambda x: x, "one is missing"), (lambda x: 1, "x is missing")), "no"
)
CHOICE = Choice("b", (("a", "not a"), ("c", "not c")))
STEP = Choice(2, ((1, "not 1"), (3, "not 3")))
WITNESS = Witness(0.5, ((lambda p: p > 0, "positive, please"), (lambda p: 1 / p > 1, "below one, please")))


def said(answer, question, *name):
    return repr(judge(answer, question, *name))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (NUMBER, 0.5),
        (NUMBER, 0.5 + 1e-7),
        (NUMBER, np.float32(0.5)),
        (NUMBER, np.array(0.5)),
        (NUMBER, fractions.Fraction(1, 2)),
        (ARRAY, (1, 2, 3)),
        (ARRAY, np.array([1, 2, 3])),
        (FUNCTION, lambda x: np.float64(x) + 1),
        (CHOICE, "b"),
        (CHOICE, " B "),
        (STEP, 2),
        (STEP, "2"),
        (STEP, np.int64(2)),
        (WITNESS, 0.1),
        (WITNESS, 0.9),
    ],
)
def test_a_right_answer_passes_in_any_form(question, answer):
    assert said(answer, question) == "PASS"


@pytest.mark.parametrize(
    ("question", "answer", "hint"),
    [
        (NUMBER, 2.0, "inverted"),
        (NUMBER, -0.5, "the sign"),
        (NUMBER, 0.51, "think again"),
        (NUMBER, 0.5 + 1e-5, "think again"),
        (ARRAY, [3, 2, 1], "backwards"),
        (ARRAY, [1, 2, 4], "think again"),
        (FUNCTION, lambda x: x, "one is missing"),
        (FUNCTION, lambda x: 1, "x is missing"),  # right in the first case
        (FUNCTION, lambda x: x + 1 if x else 7, "no"),
        (CHOICE, "c", "not c"),
        (CHOICE, "d", "expected one of a, b, c."),
        (STEP, 1, "not 1"),
        (STEP, "3", "not 3"),
        (STEP, 0, "expected one of 1, 2, 3."),
        (WITNESS, -1, "positive, please"),
        (WITNESS, 0, "positive, please"),  # the second condition would divide by it
        (WITNESS, 2, "below one, please"),
    ],
)
def test_a_wrong_answer_gets_the_hint_of_its_slip(question, answer, hint):
    assert said(answer, question) == f"FAIL: {hint}"


class Hostile:
    def __array__(self, *arguments, **options):
        raise RuntimeError("no array here")

    def __float__(self):
        raise RuntimeError("no number here")


NO_NUMBERS = {
    "a text": "0.5",
    "bytes": b"0.5",
    "a dictionary": {},
    "a set": {0.5},
    "a generator": (x for x in [0.5]),
    "a function": len,
    "a type": float,
    "a ragged list": [1, [2, 3]],
    "a list of texts": ["1", "2", "3"],
    "a complex number": 0.5j,
    "complex numbers": np.array([1j, 2, 3]),
    "an int too large for a float": 10**400,
    "a hostile object": Hostile(),
}
NOT_FINITE = {
    "NaN": np.nan,
    "infinity": np.inf,
    "a None inside": [1, None, 3],
    "a NaN inside": [1, np.nan, 3],
}


@pytest.mark.parametrize("question", [NUMBER, ARRAY, WITNESS], ids=["number", "array", "witness"])
@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_what_is_no_number_is_told_so(question, kind):
    assert said(NO_NUMBERS[kind], question).startswith(
        "FAIL: expected a number or an array of numbers, got some"
    )


@pytest.mark.parametrize("question", [NUMBER, ARRAY, WITNESS], ids=["number", "array", "witness"])
@pytest.mark.parametrize("answer", [True, np.False_, [True, False, True], np.array([False])])
def test_true_and_false_are_to_be_written_as_numbers(question, answer):
    assert said(answer, question).startswith("FAIL: expected a number or an array of numbers, got True or")


@pytest.mark.parametrize("question", [NUMBER, ARRAY, WITNESS], ids=["number", "array", "witness"])
@pytest.mark.parametrize("kind", NOT_FINITE)
def test_what_is_not_finite_is_told_so(question, kind):
    assert said(NOT_FINITE[kind], question).startswith("FAIL: expected finite numbers")


@pytest.mark.parametrize("question", [NUMBER, ARRAY, FUNCTION, CHOICE, STEP, WITNESS])
@pytest.mark.parametrize("nothing", [None, ...])
def test_no_answer_yet_is_no_crime(question, nothing):
    assert said(nothing, question) == "FAIL: no answer yet."


def test_a_wrong_shape_is_told_so():
    assert said([0.5], NUMBER) == "FAIL: expected a single number, got an array of shape (1,)."
    assert said([1, 2], ARRAY) == "FAIL: expected an array of shape (3,), got an array of shape (2,)."
    assert said([0.5, 0.5], WITNESS) == "FAIL: expected a single number, got an array of shape (2,)."
    assert said(lambda x: [x], FUNCTION) == "FAIL: expected a single number, got an array of shape (1,)."


@pytest.mark.parametrize("answer", [0.5, 2.0, True, ["b"], len, pytest.param(10**5000, id="huge")])
def test_a_choice_is_a_text_or_a_whole_number(answer):
    assert said(answer, CHOICE).startswith("FAIL: expected one of a, b, c")
    assert said(answer, STEP).startswith("FAIL: expected one of 1, 2, 3")


def broken(x):
    raise ValueError("two\nlines " + "and more " * 100)


def recursive(x):
    return recursive(x)


def warns(x):
    warnings.warn("careful", stacklevel=1)
    return x + np.log(np.float64(0)) * 0


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (broken, "in the case zero, your function raised ValueError: two lines and more"),
        (lambda x: 1 / (x - 2) * 0 + x + 1, "in the case two, your function raised ZeroDivisionError"),
        (recursive, "in the case zero, your function raised RecursionError"),
        (lambda: 1, "in the case zero, your function raised TypeError"),
        (sys.exit, "in the case zero, your function raised SystemExit"),
        (lambda x: None, "in the case zero, your function returns nothing yet."),
        (lambda x: "1", "in the case zero, your function returned what is no answer: expected a number"),
        (warns, "in the case zero, your function returned what is no answer: expected finite numbers"),
        (3, "expected a function, got something of type int"),
    ],
)
def test_a_function_that_fails_is_told_how_and_where(answer, sentence):
    verdict = said(answer, FUNCTION)
    assert verdict.startswith(f"FAIL: {sentence}")
    assert "\n" not in verdict
    assert len(verdict) < 250


def test_warnings_in_a_reader_s_function_stay_unheard(capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert said(lambda x: x + 1 + 0 * np.sqrt(np.float64(-1)), FUNCTION).startswith("FAIL")
    assert capfd.readouterr().err == ""


def test_a_function_that_changes_its_arguments_changes_nothing_but_copies():
    array = np.arange(3.0)
    question = Function(lambda x: x.sum(), (("once", (array,)), ("again", (array,))), (), "no")
    assert said(consume, question) == "PASS"
    assert array.tolist() == [0, 1, 2]


def consume(x):
    total = x.sum()
    x.fill(9)
    return total


def test_a_name_says_which_of_several_answers_is_meant():
    assert said(2, NUMBER, "ratio") == "FAIL: ratio: inverted"
    assert said(None, NUMBER, "ratio") == "FAIL: ratio: no answer yet."
    assert said(0.5, NUMBER, "ratio") == "PASS"


# ------------------------------------------------------------------------------------------- how it is told

GOOD, BAD, WORSE = Verdict(True), Verdict(False, "the sign"), Verdict(False, "the order")


@pytest.fixture(autouse=True)
def not_graded(monkeypatch):
    monkeypatch.delenv("TRPO_CHECK", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def test_the_first_verdict_that_failed_is_told():
    assert tell(GOOD, BAD, WORSE) == BAD
    assert tell(GOOD, GOOD) == GOOD


@pytest.mark.parametrize(
    ("variable", "value"),
    [("TRPO_CHECK", "raise"), ("NBGRADER_EXECUTION", "autograde"), ("NBGRADER_EXECUTION", "validate")],
)
def test_a_graded_run_raises_the_hint_and_shows_no_pass(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    assert tell(GOOD) is None
    with pytest.raises(AssertionError, match=r"^the sign$"):
        tell(GOOD, BAD)


def test_any_other_setting_shows_the_verdict(monkeypatch):
    monkeypatch.setenv("TRPO_CHECK", "show")
    assert tell(BAD) == BAD

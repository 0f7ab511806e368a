"""What an exercise asks for, and how an answer to it is judged: PASS, or FAIL with the likely mistake.

A question holds the right answer and `slips`: pairs of a wrong answer that readers give, and the hint that it
gets. An answer that equals the right one passes, and one that equals a slip's gets its hint. Nothing that a
reader may hand in raises here.
"""

import copy
import warnings
from dataclasses import dataclass

import numpy as np

from trpo_lesson.checks.verdicts import Verdict

NO_ANSWER = "no answer yet."
LONGEST_MESSAGE = 120  # characters of an error message of the reader's own code


@dataclass(frozen=True)
class Number:
    """Asks for a number or an array, within `tolerance` (1 + |right|)."""

    right: object
    slips: tuple
    otherwise: str
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Function:
    """Asks for a function that returns what `right` returns on all `cases`: pairs of a name and arguments."""

    right: object
    cases: tuple
    slips: tuple
    otherwise: str
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Choice:
    """Asks for one of several options, texts in small letters or whole numbers; each wrong one is a slip."""

    right: object
    slips: tuple


@dataclass(frozen=True)
class Witness:
    """Asks for any number or array that meets the `conditions`: pairs of a predicate and its hint."""

    right: object  # one of those that do
    conditions: tuple


def judge(answer, question, name=""):
    """The verdict on `answer`; `name` says which one it is where an exercise asks for several."""
    judge_kind = {Number: _number, Function: _function, Choice: _choice, Witness: _witness}[type(question)]
    unanswered = answer is None or answer is Ellipsis
    verdict = _failed(NO_ANSWER) if unanswered else judge_kind(answer, question)
    return verdict if verdict.passed or not name else _failed(f"{name}: {verdict.hint}")


def _number(answer, question):
    got, problem = _array(answer)
    return _failed(problem) if problem else _compared([got], lambda slip: [slip], question)


def _function(answer, question):
    if not callable(answer):
        return _failed(f"expected a function, got {_kind(answer)}: give its name, without brackets.")
    results = []
    for name, arguments in question.cases:
        got, problem = _called(answer, arguments)
        if problem:
            return _failed(f"in the case {name}, {problem}")
        results.append(got)
    return _compared(results, lambda slip: [_called(slip, case)[0] for _, case in question.cases], question)


def _choice(answer, question):
    options = ", ".join(sorted(str(option) for option in (question.right, *dict(question.slips))))
    if isinstance(answer, bool) or not isinstance(answer, str | int | np.integer):
        return _failed(f"expected one of {options}, got {_kind(answer)}.")
    chosen = answer.strip().lower() if isinstance(answer, str) else answer
    if chosen in (question.right, str(question.right)):
        return Verdict(True)
    for option, hint in question.slips:
        if chosen in (option, str(option)):
            return _failed(hint)
    return _failed(f"expected one of {options}.")


def _witness(answer, question):
    got, problem = _array(answer)
    if problem:
        return _failed(problem)
    if got.shape != np.shape(question.right):
        return _failed(_wrong_shape(question.right, got))
    for condition, hint in question.conditions:  # in their order: a later one may rely on an earlier one
        if not condition(got):
            return _failed(hint)
    return Verdict(True)


def _compared(results, results_of, question):
    """PASS where `results` equal those of the right answer, a slip's hint where they equal the slip's."""
    expected = results_of(question.right)
    for got, right in zip(results, expected, strict=True):
        if got.shape != np.shape(right):
            return _failed(_wrong_shape(right, got))
    if _equal(results, expected, question.tolerance):
        return Verdict(True)
    for slip, hint in question.slips:
        if _equal(results, results_of(slip), question.tolerance):
            return _failed(hint)
    return _failed(question.otherwise)


def _equal(results, expected, tolerance):
    return all(
        got.shape == np.shape(right) and np.allclose(got, right, rtol=tolerance, atol=tolerance)
        for got, right in zip(results, expected, strict=True)
    )


def _called(answer, arguments):
    """What `answer` returns for a copy of the arguments, as (array, None); or (None, a sentence)."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            returned = answer(*copy.deepcopy(arguments))
    except (Exception, SystemExit) as error:
        message = " ".join(str(error).split())[:LONGEST_MESSAGE]
        return None, f"your function raised {type(error).__name__}: {message}"
    if returned is None or returned is Ellipsis:
        return None, "your function returns nothing yet."
    got, problem = _array(returned)
    return got, problem and f"your function returned what is no answer: {problem}"


def _array(answer):
    """(a finite array of floats, None), or (None, a sentence that says what came instead)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.asarray(answer)
            if array.dtype.kind == "b":
                return None, "expected a number or an array of numbers, got True or False: write 1 and 0."
            if array.dtype.kind not in "iufO" or isinstance(answer, str):
                return None, f"expected a number or an array of numbers, got {_kind(answer)}."
            array = array.astype(float)
    except Exception:
        return None, f"expected a number or an array of numbers, got {_kind(answer)}."
    if not np.isfinite(array).all():
        return None, "expected finite numbers, got infinity, NaN or None among them."
    return array, None


def _failed(hint):
    return Verdict(False, hint)


def _kind(answer):
    return f"something of type {type(answer).__name__}"


def _wrong_shape(right, got):
    expected, came = (
        f"an array of shape {shape}" if shape else "a single number" for shape in (np.shape(right), got.shape)
    )
    return f"expected {expected}, got {came}."

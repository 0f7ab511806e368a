"""The checks of chapter 8, minorize-maximize: each takes an answer and tells a verdict."""

import numpy as np

from trpo_lesson.checks.questions import Choice, Function, Number, Witness, judge
from trpo_lesson.checks.verdicts import tell
from trpo_lesson.exact import bounds, divergences, mm
from trpo_lesson.exact.mdp import MDP

# 8.1 has houses at 1, 2 and 6 and climbs from 4: the weights are 1/3, 1/2 and 1/2.
TOP = Number(
    3.25,
    (
        (3, "this is the mean of the houses. Each counts 1 / |4 - c|."),
        (19 / 7, "the near houses count more: divide by |4 - c|."),
    ),
    "the derivative of M is the sum of (c - x) / |4 - c|. Where is it zero?",
)
M_TOP = Number(
    -6.625,
    (
        (-6.25, "this is f. M lies below it."),
        (-7, "this is M at 4, where it touches f."),
        (-3.125, "the terms |4 - c| / 2 are missing."),
    ),
    "put x = 3.25 and y = 4 into M, house by house.",
)
F_TOP = Number(
    -6.25,
    ((-7, "this is f(4), where the climb begins."),),
    "add up the distances from 3.25 to the houses, and take the negative.",
)
END = Number(
    2,
    ((3, "this is the mean of the houses. It would serve the sum of squares."),),
    "f has one hill. On which side of you do two of the three houses lie?",
)


def three_houses(top, M_top, f_top, limit):
    """Exercise 8.1: a step from bound to bound on a line, and where such steps lead."""
    numbers = ((top, TOP, "top"), (M_top, M_TOP, "M_top"), (f_top, F_TOP, "f_top"), (limit, END, "limit"))
    return tell(*(judge(*number) for number in numbers))


RECIPE = Choice(
    "c",
    (
        ("a", "the chain of inequalities asks that M rises, not that it is largest."),
        ("b", "a higher price only lowers M, and at the old policy nothing is paid."),
        ("d", "M still touches. And TV is symmetric: what does Pinsker's inequality say of the other order?"),
    ),
)


def recipe(option):
    """Exercise 8.2: the change of Algorithm 1 with which the theorem's proof fails."""
    return tell(judge(option, RECIPE))


QUADRATIC = Choice(
    "c",
    (
        ("a", "F is positive definite and stands with a minus sign: which way does m bend?"),
        ("b", "the price is right, but L and the KL have been replaced by something else."),
        ("d", "m would have to lie below the return for that."),
    ),
)


def quadratic(option):
    """Exercise 8.3: what is true of the quadratic in the place of the bound."""
    return tell(judge(option, QUADRATIC))


# 8.4 has one state, r = (0, 1), gamma = 0.9 and pi = (1/2, 1/2): M gains 10 (p - 1/2) + 90 log(4 p (1 - p)).
BEST = (np.sqrt(325) - 17) / 2
PRICE = Number(
    180,
    (
        (360, "the advantages are the rewards less their mean: epsilon is 1/2."),
        (200, "C has a gamma in the numerator."),
    ),
    "C = 4 epsilon gamma / (1 - gamma)^2, with epsilon = 1/2.",
    tolerance=1e-3,
)
BEST_P = Number(
    BEST,
    (
        (1, "this is the best p for the return. M has a price."),
        (0.5, "there M only touches, and still rises."),
    ),
    "set 10 + 90 (1/p - 1/(1-p)) to zero: p^2 + 17 p - 9 = 0.",
    tolerance=2e-4,
)
CERTIFIED = Number(
    10 * (BEST - 0.5) + 90 * np.log(4 * BEST * (1 - BEST)),
    ((10 * (BEST - 0.5), "this is what L gains. Take the price times the KL off."),),
    "put the best p into 10 (p - 1/2) + 90 log(4 p (1 - p)).",
    tolerance=2e-4,
)
GAINED = Number(
    10 * (BEST - 0.5),
    (
        (BEST - 0.5, "this is the gain of one step. There are 1 / (1 - gamma) of them."),
        (0.14, "p was rounded too early: go on with p = 0.51388."),
    ),
    "the return with p is p / (1 - gamma). How much more is it than with 1/2?",
    tolerance=2e-4,
)


def safety(price, best, certified, gained):
    """Exercise 8.4: the price, the top of M, what it certifies and what the return gains."""
    numbers = (price, PRICE, "price"), (best, BEST_P, "best"), (certified, CERTIFIED, "certified")
    return tell(*(judge(*number) for number in numbers), judge(gained, GAINED, "gained"))


FAULTY_STEP = Choice(
    3,
    (
        (1, "step 1 is the chain: the return is at least M, which is larger than the old return."),
        (2, "step 2 follows from step 1: the returns rise strictly."),
        (4, "step 4 is false, but it is not the first. Look further up."),
        (5, "step 5 is false, but an earlier one is, too."),
    ),
)


def faulty_step(step):
    """Exercise 8.5, first half: the first false step of a proof that MM arrives."""
    return tell(judge(step, FAULTY_STEP))


THREE = MDP(np.ones((1, 3, 1)), [[1, 1, 2]], [1], 0.9)


def _stayed(row):
    C = bounds.penalty_coefficient(THREE, [row])
    return np.allclose(mm.maximise_minorizer(THREE, [row], C), [row], rtol=0, atol=1e-14)


STAYS = Witness(
    [0.3, 0.7, 0],
    (
        (lambda row: row.min() >= 0 and abs(row.sum() - 1) < 1e-9, "three probabilities that add up to one."),
        (lambda row: (row > 0).sum() > 1, "this policy takes one action only. Find one that takes two."),
        (_stayed, "MM moves on from here: of the actions that are taken one is better than another."),
    ),
)


def stays(row):
    """Exercise 8.5, second half: a policy where MM stays although a better one exists."""
    return tell(judge(row, STAYS))


def _row(tilt, distance=divergences.kl, *, normalised=True):
    """The row tilt(row, A, x), normalised, at the x where its distance from `row` is alpha."""

    def best_row(row, A, alpha):
        low, high = -30.0, 30.0
        for _ in range(80):
            middle = (low + high) / 2
            q = tilt(row, A, np.exp(middle))
            low, high = (middle, high) if distance(row, q / q.sum()) > alpha else (low, middle)
        return q / q.sum() if normalised else q

    return best_row


def _right(row, A, x):
    return row / (x + A.max() - A)


CASES = (
    ("3 actions, alpha = 0.05", (np.array([0.2, 0.5, 0.3]), np.array([1, -0.6, 1 / 3]), 0.05)),
    ("4 actions, alpha = 0.8", (np.array([0.1, 0.2, 0.3, 0.4]), np.array([2, 1, -1, 0.5]), 0.8)),
    ("2 actions, alpha = 1e-8", (np.array([0.5, 0.5]), np.array([1.0, -1.0]), 1e-8)),
    ("3 actions, alpha = 2", (np.array([0.85, 0.1, 0.05]), np.array([0.2, -1, -1.4]), 2)),
)
BEST_ROW = Function(
    lambda row, A, alpha: mm.maximise_under_kl([row], [A], alpha)[0],
    CASES,
    (
        (_row(lambda row, A, x: row * np.exp((A - A.max()) / x)), "this is the softmax row. It gains less."),
        (_row(_right, lambda row, q: divergences.kl(q, row)), "the order in the KL: it is KL(row || q)."),
        (_row(lambda row, A, x: row / (x + A - A.min())), "the worse actions gain: divide by nu - A."),
        (_row(lambda row, A, x: x * row + (A.max() == A)), "a mixture with the greedy row looks different."),
        (_row(_right, normalised=False), "the row does not add up to one: lambda is missing."),
    ),
    "make the row for one nu. Its KL falls as nu grows: halve a wide interval of log(nu - max A).",
    tolerance=1e-4,
)


def best_row(answer):
    """Exercise 8.6: the function best_row(row, A, alpha)."""
    return tell(judge(answer, BEST_ROW))

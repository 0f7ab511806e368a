"""The checks of chapter 10, importance sampling: each takes an answer and tells a verdict."""

import numpy as np

from trpo_lesson.checks.questions import Choice, Function, Number, Witness, judge
from trpo_lesson.checks.verdicts import tell

# 10.1: the weights are 0.625 and 2.5, the draws 0, 0, 1, 1, 0 pay 1, 1, 3, 3, 1.
ORDINARY = Number(
    3.375,
    (
        (1.8, "this is the mean of what was paid, without weights."),
        (1.44, "the other way round: new over old."),
        (2.4545454, "this is the weighted estimate. The ordinary one divides by the number of draws."),
        (16.875, "this is the sum. Divide it by the number of draws."),
    ),
    "the weights are 0.5 / 0.8 for action 0 and 0.5 / 0.2 for action 1.",
    tolerance=1.5e-3,
)
WEIGHTED = Number(
    2.4545454,
    (
        (3.375, "this is the ordinary estimate. Divide by the sum of the weights."),
        (0.4909091, "both sums are over the five draws: do not divide the upper one by 5."),
    ),
    "divide 16.875, the sum of w f, by the sum of the weights.",
    tolerance=1.5e-3,
)
SIZE = Number(
    3.457143,
    (
        (0.6914286, "this is the share ESS / N. The size is N times as large."),
        (0.5028571, "square the sum of the weights, too."),
    ),
    "divide 6.875 squared by the sum of the squared weights.",
    tolerance=1.5e-3,
)


def five_draws(ordinary, weighted, size):
    """Exercise 10.1: two estimates from five draws, and what these are worth."""
    return tell(
        judge(ordinary, ORDINARY, "ordinary"),
        judge(weighted, WEIGHTED, "weighted"),
        judge(size, SIZE, "size"),
    )


CURED = Choice(
    "b",
    (
        ("a", "an action that is never taken is met by no draw, however many there are."),
        ("c", "the mean of this estimate is the surrogate's gain: its error belongs to the step."),
        ("d", "with other weights of the states the estimate settles on another direction."),
    ),
)


def cured(option):
    """Exercise 10.2: the error that goes away with the number of records."""
    return tell(judge(option, CURED))


WIDEST = Number(
    0.2828427,
    (
        (0.08, "this is the variance. The deviation is its root."),
        (0.4, "it is the variance that doubles, not the deviation."),
        (0.1414214, "a new policy that is narrower than the old one does no harm. How wide may it be?"),
    ),
    "the integrand is new^2 / old. From which sigma on does its exponent no longer fall?",
    tolerance=3e-4,
)
KL_THERE = Number(
    0.0965736,
    (
        (0.1534264, "this is KL(new || old)."),
        (0.3465736, "this is the logarithm alone. The other two terms add up to -1/4."),
        (0.1393261, "in bits. The book counts in nats."),
    ),
    "put sigma = 0.2 sqrt(2) into the formula.",
    tolerance=3e-4,
)
NARROWEST = Number(
    0.25,
    (
        (0.5, "as a variance this is for an f that does not decay, and a deviation is not asked for."),
        (1 / 3, "in the variance f stands squared."),
    ),
    "the integrand is p^2 f^2 / q. Its exponent is -x^2 times a number that has to be positive.",
)


def wider_policy(widest, kl_there, narrowest):
    """Exercise 10.3: where weights of normal distributions have an infinite variance."""
    return tell(
        judge(widest, WIDEST, "widest"),
        judge(kl_there, KL_THERE, "kl_there"),
        judge(narrowest, NARROWEST, "narrowest"),
    )


INTEGRATED = Choice(
    2,
    (
        (1, "step 1 is true: at theta_old, pi times the gradient of log pi is that of pi."),
        (3, "step 3 is true of any two functions with one gradient. Have these two one gradient?"),
        (4, "step 4 follows from step 3. Look further up."),
    ),
)


def integrated(step):
    """Exercise 10.4, first half: the first false step of a proof that L^PG is the objective."""
    return tell(judge(step, INTEGRATED))


OLD, ADVANTAGES = np.array([0.5, 0.3, 0.2]), np.array([1, -0.5, -1.75])
WORSE_POLICY = Witness(
    [0.2, 0.79, 0.01],
    (
        (lambda pi: pi.min() > 0, "all three probabilities must be above zero."),
        (lambda pi: abs(pi.sum() - 1) < 1e-9, "the three probabilities must add up to 1."),
        (lambda pi: ADVANTAGES @ pi < -1e-9, "the mean advantage is not negative: this policy is no worse."),
        (
            lambda pi: OLD * ADVANTAGES @ np.log(pi / OLD) > 1e-9,
            "L^PG does not rise here. It pays for making a bad action rare.",
        ),
    ),
)


def worse_policy(pi):
    """Exercise 10.4, second half: a policy that is worse, with a larger L^PG."""
    return tell(judge(pi, WORSE_POLICY))


def _size(logs):
    weights = np.exp(logs - logs.max(axis=0))
    return weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)


def _cases():
    rng = np.random.default_rng(10)
    for paths, decisions in ((6, 4), (40, 25), (20, 3000)):
        new, old = rng.uniform([[[0.1]], [[0.5]]], [[[0.5]], [[0.9]]], size=(2, paths, decisions))
        yield f"{paths} paths of {decisions} decisions", (np.log(new), np.log(old))


def _one_power(new, old):
    weights = np.exp((new - old).cumsum(axis=1) - (new - old).cumsum(axis=1).max(axis=0))
    return weights.sum(axis=0) / (weights**2).sum(axis=0)


LEFT_AFTER = Function(
    lambda new, old: _size((new - old).cumsum(axis=1)),
    tuple(_cases()),
    (
        (
            lambda new, old: _size(new - old),
            "these are the sizes for single decisions. Multiply up the ratios.",
        ),
        (lambda new, old: _size((old - new).cumsum(axis=1)), "the other way round: new over old."),
        (lambda new, old: _size((new - old).cumsum(axis=1)) / len(new), "this is the share of the N paths."),
        (_one_power, "the sum of the weights is squared."),
        (
            lambda new, old: _size(np.log(np.exp(new - old).cumsum(axis=1))),
            "ratios are multiplied, not added.",
        ),
    ),
    "add up the logarithms of the ratios along each path, then compare the paths with each other.",
)


def left_after(answer):
    """Exercise 10.5: the function left_after(log_new, log_old)."""
    return tell(judge(answer, LEFT_AFTER))


KEEP_SHORT = Number(
    9,
    (
        (6, "is the mean TV tau (k + 1) / 2, and not k tau? And are two standard errors subtracted?"),
        (7, "the standard error falls like 1 / sqrt(k), not like 1 / k."),
        (43, "the factor 2 gamma epsilon / (1 - gamma)^2 is 18."),
    ),
    "evaluate 18 tau (k + 1) / 2 + 10 / sqrt(k) for k = 1, 2, 3, ...",
)
KEEP_LONG = Number(
    6, ((9, "this is for the short updates."),), "evaluate 18 tau (k + 1) / 2 + 10 / sqrt(k) with tau = 0.04."
)


def batches(keep_short, keep_long):
    """Exercise 10.6: how many batches of old policies are worth keeping."""
    return tell(judge(keep_short, KEEP_SHORT, "keep_short"), judge(keep_long, KEEP_LONG, "keep_long"))

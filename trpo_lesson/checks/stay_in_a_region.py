"""The checks of chapter 9, trust regions, prices and limits: each takes an answer and tells a verdict."""

import numpy as np

from trpo_lesson.checks.questions import Choice, Function, Number, Witness, judge
from trpo_lesson.checks.verdicts import tell
from trpo_lesson.exact import divergences, mm, models, values
from trpo_lesson.exact.mdp import MDP

# 9.1 climbs 8 x - 2 x^2 - 5 x^3 from 0 with the radius 1.
RATIO = Number(
    1 / 6,
    (
        (6, "the other way round: what was delivered stands above what was promised."),
        (1 / 4, "the model's second-order term is B h^2 / 2, with B = -4."),
        (-4, "the top of the model, h = 2, is outside the region: the best step within it is h = 1."),
    ),
    "promised is m(h) - m(0), delivered is f(h) - f(0), both for the best h with |h| <= 1.",
    tolerance=3e-4,
)
AFTER = Number(
    [1, 0.25],
    (
        ([0, 0.25], "the step was not refused. Below 1/4 the radius shrinks; only below 0.1 it is refused."),
        ([1, 1], "below 1/4 the radius shrinks, although the step is taken: these are two tests."),
        ([1, 0.5], "the radius is divided by 4. Halving belongs to the line search."),
    ),
    "the step h = 1 from x = 0 is taken, and the radius 1 is divided by 4.",
)
STEP = Number(
    -0.25,
    (
        (0.25, "at x = 1 the slope is g = -11: the hill rises to the left."),
        (-11 / 34, "this is the top of the model. It is outside the region."),
    ),
    "at x = 1 the model is f(1) - 11 h - 17 h^2. Where is it largest for |h| <= 1/4?",
)


def two_trials(q, x, radius, step):
    """Exercise 9.1: two trials of a trust region on a line."""
    return tell(judge(q, RATIO, "q"), judge([x, radius], AFTER, "x, radius"), judge(step, STEP, "step"))


LOG_OF_TRPO = Choice(
    4,
    (
        (1, "the surrogate had improved, but the KL is above 0.01: refused, as it should be."),
        (2, "both tests are passed: the surrogate has improved, and 0.0037 is within the limit."),
        (3, "TRPO has no test of the return. What it has taken it keeps, lucky or not."),
        (5, "so it is done: a step that fails at every length leaves the policy as it was."),
    ),
)


def log_of_trpo(line):
    """Exercise 9.2: the line of a log that TRPO does not write."""
    return tell(judge(line, LOG_OF_TRPO))


# 9.3: the gain is 10 u and the divergence -log(1 - u^2) / 2, with u = 2 p - 1.
BEST_P = Number(
    0.5703586,
    (
        (0.5707107, "this takes the KL to second order, 2 (p - 1/2)^2. It can be solved exactly."),
        (0.5705934, "this is the p for KL(new || old). Here the old policy comes first."),
        (0.1407173, "this is 2 p - 1. Solve it for p."),
        (0.4296414, "the other root: action 1 is the better one, so p is at least 1/2."),
    ),
    "solve 1 - (2 p - 1)^2 = exp(-2 delta) for 2 p - 1, and this for p.",
    tolerance=5e-5,
)
PRICE = Number(
    69.65735,
    (
        (70.71068, "this is the price to leading order, 10 / sqrt(2 delta). Differentiate the exact gain."),
        (140.7172, "this is the gain divided by delta, a mean price. The multiplier is the slope at delta."),
        (6.965735, "the gain has the factor rho = 10."),
        (360, "this is the price C of the theory. Which price leads to 0.01 nats?"),
    ),
    "the largest gain is 10 sqrt(1 - exp(-2 delta)). Differentiate it with respect to delta.",
    tolerance=5e-4,
)
DUAL = Number(
    3.738835,
    (
        (0.138835, "the budget is to be given back: the bracket has - beta (D - 0.01)."),
        (1.407172, "this is the largest gain within the limit, the least value of the dual. Take it at C."),
    ),
    "with u = 2 p - 1 the bracket 10 u - 360 (D - 0.01) is largest where u^2 + 36 u - 1 = 0.",
    tolerance=5e-4,
)


def one_state(p, price, dual):
    """Exercise 9.3: the best policy within a limit, the limit's price, and the dual at another price."""
    return tell(judge(p, BEST_P, "p"), judge(price, PRICE, "price"), judge(dual, DUAL, "dual"))


SAME_LIMIT = Choice(
    3,
    (
        (1, "step 1 is the theorem, applied to the first policy."),
        (2, "step 2 is true: at beta the dual is the largest L within delta, and it is nowhere lower."),
        (4, "step 4 follows from step 3. Is that true?"),
    ),
)
TWO_ARMS = MDP(np.ones((1, 2, 1)), [[0, 1]], [1], 0.9)


def _budget(p):
    return divergences.max_kl([[1 - p, p]], mm.maximise_minorizer(TWO_ARMS, [[1 - p, p]], 50))


OTHER_BUDGET = Witness(
    0.99,
    (
        (lambda p: 0 < p < 1, "p_other is a probability strictly between 0 and 1."),
        (lambda p: _budget(p) < _budget(0.5) / 10, "budget(p_other) is not below budget(0.5) / 10. Go on."),
    ),
)


def same_limit(step, p):
    """Exercise 9.4: the first false step of a proof, and an old policy with a much smaller budget."""
    return tell(judge(step, SAME_LIMIT, "false_step"), judge(p, OTHER_BUDGET, "p_other"))


def _tilted(mdp, pi, price, base, cut=np.inf):
    tilt = np.clip(values.advantages(mdp, pi) / price, -cut, cut)
    rows = base * np.exp(tilt - tilt.max(axis=1, keepdims=True))
    return rows / rows.sum(axis=1, keepdims=True)


def _other_way(mdp, pi, beta):
    """The rows for KL(old || new), (1 - gamma) beta pi / (nu - A): Newton's method for nu, from below."""
    A, price = values.advantages(mdp, pi), (1 - mdp.gamma) * beta
    nu = (A + price * pi).max(axis=1, keepdims=True)
    for _ in range(50):
        rows = price * pi / (nu - A)
        nu += (rows.sum(axis=1, keepdims=True) - 1) / (rows / (nu - A)).sum(axis=1, keepdims=True)
    return rows


WORLD, OLD = models.garnet(4, 3, 2, rng=np.random.default_rng(9)), np.tile([0.6, 0.3, 0.1], (4, 1))
BEST_AT_PRICE = Function(
    lambda m, pi, b: _tilted(m, pi, (1 - m.gamma) * b, pi),
    (
        ("random world, price 20", (WORLD, OLD, 20)),
        ("ledge, discount 0.5, price 3", (models.ledge(gamma=0.5), np.full((2, 2), 0.5), 3)),
        ("random world, price 0.001", (WORLD, OLD, 1e-3)),
    ),
    (
        (lambda m, pi, b: _tilted(m, pi, b, pi), "the KL is weighed with d = (1 - gamma) rho, L with rho."),
        (lambda m, pi, b: _tilted(m, pi, (1 - m.gamma) * b, 1), "the old policy is missing."),
        (lambda m, pi, b: _tilted(m, pi, -(1 - m.gamma) * b, pi), "the sign: good actions are to gain."),
        (lambda m, pi, b: _tilted(m, pi, 1 / (1 - m.gamma) / b, pi), "a high price means a small change."),
        (
            lambda m, pi, b: _tilted(m, pi, (1 - m.gamma) * b, pi, cut=700),
            "a cut exponent forgets which action is better. Take the row's largest off, before np.exp.",
        ),
        (_other_way, "these are the rows for KL(old || new), those of the chapter."),
    ),
    "the row is pi(a|s) times an exponential of A(s, a), divided by the sum of the row.",
)


def best_at_price(answer):
    """Exercise 9.5: the function best_at_price(mdp, pi_old, beta)."""
    return tell(judge(answer, BEST_AT_PRICE))


# 9.6: in the chain, the uniform policy spends the share 0.00139423 of its time in the last state.
LAST = Number(
    7.172401,
    ((0.7172401, "the weights of the mean add up to 1: d = (1 - gamma) rho, and not rho."),),
    "only one term of the mean is not zero: d(last) KL(last) = 0.01.",
    tolerance=5e-4,
)
REVERSED = Number(
    np.log(2),
    ((7.172401, "so much the limit would allow. But how large can KL(new || uniform) become?"),),
    "with q = (1/2, 1/2), KL(p || q) = sum p log(2 p). For which p is it largest?",
    tolerance=5e-4,
)
EMPTY = Number(
    0.8760966,
    (
        (0.7795006, "there the certified radius of chapter 8 is 0.01. Compare the two guarantees here."),
        (0.9090909, "under the root stands 2 delta."),
    ),
    "set the two losses equal: gamma sqrt(2 delta) / (1 - gamma) = 1.",
    tolerance=5e-4,
)


def mean_of_a_hundredth(kl_last, kl_reversed, gamma_empty):
    """Exercise 9.6: what a mean KL of 0.01 lets one state do, and from where on its guarantee is empty."""
    judged = judge(kl_last, LAST, "kl_last"), judge(kl_reversed, REVERSED, "kl_reversed")
    return tell(*judged, judge(gamma_empty, EMPTY, "gamma_empty"))

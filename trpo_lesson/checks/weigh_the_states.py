"""The checks of chapter 4, the visits of a policy: each takes an answer and tells a verdict."""

import numpy as np

from trpo_lesson.checks.questions import Choice, Function, Number, judge
from trpo_lesson.checks.verdicts import tell
from trpo_lesson.exact import models, values
from trpo_lesson.exact.mdp import MDP

# 4.1 leaves town with probability p and comes back at once; gamma = 1/2: rho = (4, 2 p) / (2 + p).
RHO = Number(
    [1.6, 0.4],
    (
        ([0.8, 0.2], "this is d. The visitation rho is not normalised: it sums to 1 / (1 - gamma)."),
        ([1.6, 0.8], "the sum should be 2. Who enters the road? Only those who leave town, half of them."),
        ([4 / 3, 2 / 3], "these are shares in the long run, times 2. Every walk begins in town."),
    ),
    "for the road: rho(1) = gamma p rho(0). For town: a start, and who stays, and who comes back.",
)
SHARE = Number(
    0.2,
    (
        (0.4, "this is rho(1). The share is d(1) = (1 - gamma) rho(1)."),
        (1 / 3, "this is the share in the long run. Early visits count more, and every walk begins in town."),
    ),
    "divide rho(1) by the sum of rho, which is 1 / (1 - gamma).",
)
SLOPE = Number(
    0.64,
    (
        (-0.64, "this is the derivative for town: what the road gains, town loses."),
        (0.32, "this is the derivative of the share d(1)."),
        (0.8, "rho(1) = gamma p rho(0), and rho(0) depends on p as well."),
    ),
    "for any p, rho(1) = 2 p / (2 + p). Use the quotient rule.",
)


def town_and_road(rho, share, slope):
    """Exercise 4.1: the visits of two states, the share of the second, and its derivative."""
    return tell(judge(rho, RHO, "rho"), judge(share, SHARE, "share"), judge(slope, SLOPE, "slope"))


BASKETS = Choice(
    "d",
    (
        ("a", "s_t is the last state with probability (1 - gamma) gamma^t: as in the chapter."),
        ("b", "s_t is in the basket with probability Pr(K >= t) = gamma^t."),
        ("c", "s_t is in the basket with probability gamma^(t+1). What do shares make of a factor?"),
    ),
)


def four_baskets(option):
    """Exercise 4.2: the basket of states whose shares are not d."""
    return tell(judge(option, BASKETS))


FAULTY_STEP = Choice(
    4,
    (
        (1, "step 1 is true: put d = (1 - gamma) rho into the mean."),
        (2, "step 2 is true: c f(x) <= c f(y) just when f(x) <= f(y), for c > 0."),
        (3, "step 3 is steps 1 and 2. Nothing is subtracted yet."),
    ),
)


def faulty_step(step):
    """Exercise 4.3, first half: the first false step of a proof that a factor does no harm."""
    return tell(judge(step, FAULTY_STEP))


BETA = Number(
    2,
    (
        (20_000, "the other way round: the program's gain is the smaller one, so its price must be smaller."),
        (200, "with the same price the program pays 100 times as much for the same gain."),
    ),
    "multiply the whole function of the text by 1 - gamma. What stands before D then?",
)
ALLOWED_TV = Number(
    0.0005,
    (
        (5, "the other way round: the mean is the smaller one of the two."),
        (0.05, "a sum with weights rho is 1 / (1 - gamma) times a mean."),
    ),
    "multiply both sides by 1 - gamma.",
)


def factor(beta_program, tv_allowed):
    """Exercise 4.3, second half: a price, and a limit, for means in the place of sums."""
    return tell(judge(beta_program, BETA, "beta_program"), judge(tv_allowed, ALLOWED_TV, "tv_allowed"))


TICK = Number(
    2,
    ((0.02, "this is what one different decision gains. The best policy decides so in every step."),),
    "the best policy earns 0.02 in each step: add up gamma^t times 0.02.",
)
ONCE = Number(
    0.02,
    ((2, "the reward comes a single time: from state 1 nobody returns."),),
    "the best policy takes action 1 at once. What does it earn from then on?",
)
ENOUGH = Number(
    0.001,
    ((0.1, "this bounds what one decision gains. The loss can be 1 / (1 - gamma) times as much."),),
    "the right side of the theorem should be 0.1: solve for the largest advantage.",
)


def small_advantages(tick, once, enough):
    """Exercise 4.4: two losses with the same largest advantage, and an advantage that is small enough."""
    return tell(judge(tick, TICK, "tick"), judge(once, ONCE, "once"), judge(enough, ENOUGH, "enough"))


TERM_BY_TERM = Choice(
    3,
    (
        (1, "step 1 is true: at each time the probabilities add up to one."),
        (2, "step 2 is true: take the constant out of the sum, and use step 1."),
        (4, "step 4 follows from step 3. Is step 3 true?"),
    ),
)


def term_by_term(step):
    """Exercise 4.5, first half: the first false step of a proof about each state's visits."""
    return tell(judge(step, TERM_BY_TERM))


ALLOWED = Number(
    2.8,
    (
        (1.8, "this is by how much the visits may change, relative to what they were. Add 1."),
        (19, "the claim has 1 - gamma once in the denominator, not squared."),
    ),
    "put gamma = 0.9 and alpha = 0.1 into 1 + 2 gamma alpha / (1 - gamma).",
)
GROWTH = Number(
    32,
    (
        (2, "one move becomes twice as probable. How many moves lead to state 5?"),
        (64, "from state 0 to state 5 it takes five moves, not six."),
    ),
    "state 5 can be reached at t = 5 only, so rho(5) = (gamma p)^5.",
)


def corridor(allowed, growth):
    """Exercise 4.5, second half: the growth of a rare state's visits, as claimed and as it is."""
    return tell(judge(allowed, ALLOWED, "allowed"), judge(growth, GROWTH, "growth"))


def _rows(x):
    """Each row of x divided by its sum, or equal probabilities where that is zero."""
    total = x.sum(axis=1, keepdims=True)
    return np.divide(x, total, out=np.full(x.shape, 1 / x.shape[1]), where=total > 0)


def _policy(weigh=lambda w: (w, 1 - w), finish=_rows):
    """An answer to exercise 4.6 that weighs the two counts by weigh(w), and makes a policy by `finish`."""

    def one_for_two(mdp, pi_1, pi_2, w):
        counts = [values.visitation(mdp, pi)[:, None] * pi for pi in (pi_1, pi_2)]
        return finish(np.tensordot(weigh(w), counts, 1))

    return one_for_two


def _cases():
    rng = np.random.default_rng(4)
    random = models.garnet(4, 3, 2, rng=rng, gamma=0.7)
    back, on = [[1, 0, 0]] * 3, [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    locked = MDP([on, back, back], np.zeros((3, 3)), [1, 0, 0], 0.9)  # nobody enters state 2
    return (
        ("random world, w = 0.3", (random, *rng.dirichlet(np.ones(3), size=(2, 4)), 0.3)),
        ("a state that nobody visits, w = 0.8", (locked, *rng.dirichlet(np.ones(3), size=(2, 3)), 0.8)),
    )


ONE_FOR_TWO = Function(
    _policy(),
    _cases(),
    (
        (lambda mdp, one, two, w: w * one + (1 - w) * two, "who comes more often has more say there."),
        (_policy(lambda w: (1 - w, w)), "w belongs to the first policy."),
        (_policy(lambda w: (1, 1)), "w is missing: this coin is fair."),
        (_policy(finish=np.asarray), "these are the counts. The rows of a policy add up to 1."),
        (_policy(finish=lambda x: _rows(x) * (x > 0)), "where nobody comes, all actions are equally likely."),
    ),
    "form x = w x_1 + (1 - w) x_2, and divide each row by its sum; a row of zeros gets equal probabilities.",
)


def one_for_two(answer):
    """Exercise 4.6: the function one_for_two(mdp, pi_1, pi_2, w)."""
    return tell(judge(answer, ONE_FOR_TWO))

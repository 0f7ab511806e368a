"""The checks of chapter 1, the return and the values: each takes an answer and tells a verdict."""

import numpy as np

from trpo_lesson.checks.questions import Choice, Function, Number, judge
from trpo_lesson.checks.verdicts import tell
from trpo_lesson.exact import models, values

# 1.1: V(0) = 1.25 + 3/8 V(0) + 1/8 V(1) and V(1) = -1 + V(0) / 2.
VALUES = Number(
    [2, 0],
    (
        ([22 / 9, 20 / 9], "a repair costs 1: its reward is -1."),
        ([3.6, 0.8], "this machine is never serviced. The policy does so half of the time."),
        ([1.25, -1], "these are the mean rewards of one step. What follows counts too."),
    ),
    "write both equations down: V(1) = -1 + V(0) / 2, and V(0) is the mean of Q(0, run) and Q(0, service).",
    tolerance=1e-3,
)
Q_RUN = Number(
    3,
    (
        (3.5, "afterwards the machine may be broken: take the mean of V over the next state."),
        (2.5, "this is the reward alone. What follows counts too."),
    ),
    "Q(0, run) = 2.5 + gamma times the mean of V over the next state.",
)
A_RUN = Number(
    1,
    (
        (3, "this is Q(0, run). Subtract V(0)."),
        (-1, "this is the advantage of servicing."),
        (2, "compare with the policy's mean, V(0), not with the other action."),
    ),
    "subtract V(0) from Q(0, run).",
)


def machine(V, Q_run, A_run):
    """Exercise 1.1: the values of two states, and an action's value and advantage."""
    return tell(judge(V, VALUES, "V"), judge(Q_run, Q_RUN, "Q_run"), judge(A_run, A_RUN, "A_run"))


ALWAYS = Choice(
    "c",
    (
        ("a", "not every sum of advantages is zero, only the mean with the weights pi(a|s)."),
        ("b", "the return is the value of the first state. How is that distributed?"),
        ("d", "the policy may leave out the best action: nothing says that it is clever."),
    ),
)


def always_holds(option):
    """Exercise 1.2: which of four statements about values holds in every world."""
    return tell(judge(option, ALWAYS))


V_NEW = Number(
    -22,
    (
        (5, "the -3 comes in every step: add up gamma^t times -3."),
        (-52, "first doubled, then lowered: the 3 is not doubled."),
    ),
    "a value is a discounted sum of rewards: put 2 r - 3 in, and split the sum.",
)
A_NEW = Number(
    1,
    (
        (-2, "Q and V lose the same amount by the -3. What is left of it in Q - V?"),
        (-29, "Q loses 30 by the -3, but V loses as much."),
        (0.5, "Q and V are both doubled, and so is their difference."),
    ),
    "find out how Q and V change, and subtract.",
)
A_COST = Number(
    -0.5,
    ((0.5, "a good action saves costs, compared with the mean: is its advantage positive there?"),),
    "put -r into the sums: Q and V both change their sign.",
)


def other_units(V_new, A_new, A_cost):
    """Exercise 1.3: a value and an advantage with rewritten rewards, and an advantage with costs."""
    return tell(judge(V_new, V_NEW, "V_new"), judge(A_new, A_NEW, "A_new"), judge(A_cost, A_COST, "A_cost"))


MISSING = Number(
    0.99**100 * 100,
    (
        (0.99**100, "this is the weight of r_100 alone. All that follow are missing, too."),
        (100 - 0.99**100 * 100, "this is what the first 100 steps can hold."),
        (0.99**101 * 100, "a path with T = 100 ends with r_99: the first that is missing is r_100."),
    ),
    "add up gamma^t from t = 100 on: every reward is at most 1.",
    tolerance=1e-3,
)
STEPS = Number(
    688,
    (
        (687, "with 687 steps a little more than 0.1 can be missing."),
        (230, "gamma^T is 0.1 there. What follows are many steps: divide by 1 - gamma."),
    ),
    "find the first T with gamma^T / (1 - gamma) <= 0.1.",
)
PATHS = Number(
    10_000,
    ((100, "the error falls with the square root of N."),),
    "solve sigma / sqrt(N) = 0.05 for N.",
)


def cut_paths(missing, steps, paths):
    """Exercise 1.4: what cut paths miss, how long they must be, and how many."""
    return tell(
        judge(missing, MISSING, "missing"), judge(steps, STEPS, "steps"), judge(paths, PATHS, "paths")
    )


FALSE_STEP = Choice(
    4,
    (
        (1, "step 1 is true: sum and expectation may change places."),
        (2, "step 2 is true: a strong hand still plays at t with probability 0.9^t, a weak one with 0.5^t."),
        (3, "step 3 is true: it speaks of the rewards that a hand would earn for ever."),
        (5, "step 5 only adds up step 4. Is that true?"),
    ),
)
TRUE_SUM = Number(
    5,
    (
        (3, "this is the claim. Take the two hands one by one."),
        (10, "this is so for a strong hand. Only half of the players have one."),
        (4.5, "the first step is always played: the sum begins with 0.9^0 = 1."),
        (6, "this is the mean number of steps. A weak hand earns nothing in its own."),
    ),
    "take the two hands one by one, and average over them at the end.",
)


def false_step(step):
    """Exercise 1.5, first half: the first false step of a proof about a game that ends."""
    return tell(judge(step, FALSE_STEP))


def true_sum(answer):
    """Exercise 1.5, second half: the expected sum of rewards until the end."""
    return tell(judge(answer, TRUE_SUM))


def _deviation(second, first, _):
    return np.sqrt(second - first**2)


def _spread(power=2, cross=2, mix=False, finish=_deviation):
    """An answer to exercise 1.6, right as it stands: gamma^power, the cross term, early means."""

    def return_deviation(mdp, pi):
        V, P_pi = values.state_values(mdp, pi), values.transition_matrix(mdp, pi)
        r, after = mdp.r, mdp.P @ V
        if mix:
            r, after = ((pi * one).sum(axis=1, keepdims=True) for one in (r, after))
        known = (pi * (r**2 + cross * mdp.gamma * r * after)).sum(axis=1)
        M = np.linalg.solve(np.eye(len(V)) - mdp.gamma**power * P_pi, known)
        return finish(mdp.rho0 @ M, mdp.rho0 @ V, mdp.rho0 @ V**2)

    return return_deviation


def _cases():
    rng = np.random.default_rng(1)
    world = models.garnet(4, 3, 2, rng=rng, gamma=0.8)
    return (
        ("random world", (world, rng.dirichlet(np.ones(3), size=4))),
        ("ledge, p = 0.3", (models.ledge(), np.tile([0.7, 0.3], (2, 1)))),
    )


DEVIATION = Function(
    _spread(),
    _cases(),
    (
        (_spread(power=1), "the square of gamma G' is gamma^2 G'^2: so gamma^2 stands before P_pi."),
        (_spread(cross=0), "the cross term is missing: 2 gamma r(s, a) times the mean of G'."),
        (_spread(cross=1), "the cross term stands twice in a square."),
        (_spread(mix=True), "square and multiply for each action first; average over them after that."),
        (_spread(finish=lambda second, first, _: second - first**2), "this is the variance."),
        (_spread(finish=lambda second, *_: np.sqrt(second)), "the square of the mean is not subtracted."),
        (_spread(finish=lambda second, _, V2: np.sqrt(second - V2)), "the first state is random as well."),
    ),
    "solve (I - gamma^2 P_pi) M = u, u(s) the mean of r^2 + 2 gamma r (P V) over the actions. "
    "Then sigma^2 is the mean of M over rho0, less the square of the mean of V over rho0.",
)


def return_deviation(answer):
    """Exercise 1.6: the function return_deviation(mdp, pi)."""
    return tell(judge(answer, DEVIATION))

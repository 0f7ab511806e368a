"""The checks of chapter 3, the performance-difference identity: each takes an answer and tells a verdict."""

import numpy as np

from trpo_lesson.checks.questions import Choice, Function, Number, Witness, judge
from trpo_lesson.checks.verdicts import tell
from trpo_lesson.exact import models, surrogate, values
from trpo_lesson.exact.mdp import MDP

LEDGE = models.ledge()
SWEETER = MDP(LEDGE.P, [[0, 2], [0, -3]], LEDGE.rho0, LEDGE.gamma)


def lean_out(p):
    """The walker's policy [S, A]: action 1 with probability p in both states."""
    return np.array([[1 - p, p], [1 - p, p]])


OLD = lean_out(0.1)


# 3.1 has one state, r = (0, 1) and gamma = 0.9; the policies take action 1 with probability 0.1 and 0.4.
ADVANTAGE = Number(
    0.9,
    (
        (1.9, "this is Q(1). Subtract the value of the state, V = 0.1 / (1 - gamma)."),
        (0.6, "subtract the old policy's value, not the new one's."),
        (-0.1, "this is the advantage of action 0."),
    ),
    "compute V of the one state first, then Q(1) = 1 + gamma V, then Q(1) - V.",
)
VISITS = Number(
    10,
    (
        (1, "this is the sum of d. The visitation rho is not normalised."),
        (9, "the sum begins at t = 0, where gamma^0 = 1."),
        (1 / 0.19, "a visit at time t counts gamma^t, not gamma^(2t)."),
    ),
    "the walker is in the one state at every t. Add up gamma^t from t = 0 on.",
)
DIFFERENCE = Number(
    3,
    (
        (-3, "the order. It is the new return less the old one."),
        (0, "weigh the old policy's advantages with the new policy's probabilities."),
        (0.3, "this is the gain of one visit. Multiply it by the visits."),
        (3.6, "action 0 has an advantage too, a negative one."),
    ),
    "multiply the visits by the gain of one visit, 0.6 A(0) + 0.4 A(1).",
)


def by_hand(advantage, visits, difference):
    """Exercise 3.1: the advantage of action 1, the visitation of the state, and eta(new) - eta(old)."""
    return tell(
        judge(advantage, ADVANTAGE, "advantage"),
        judge(visits, VISITS, "visits"),
        judge(difference, DIFFERENCE, "difference"),
    )


ALL_THE_SAME = Choice(
    2,
    (
        (1, "step 1 is true: V is the policy's own average of Q."),
        (3, "step 3 follows from step 2. Look at step 2: who chose a_t?"),
        (4, "step 4 is the theorem with step 3 put in. Look further up."),
    ),
)


def all_the_same(step):
    """Exercise 3.2: the first false step of a proof that all policies have one return."""
    return tell(judge(step, ALL_THE_SAME))


BROKEN_BY = Choice(
    "b",
    (
        ("a", "A(s, a) is defined for every a, also where the old policy never takes it: Q takes a first."),
        ("c", "with gamma = 0 only the first step counts, and the two sides still agree."),
        ("d", "both returns rise by 5 / (1 - gamma), and no advantage changes: V rises as much as Q."),
    ),
)


def broken_by(option):
    """Exercise 3.3: the change that breaks the identity."""
    return tell(judge(option, BROKEN_BY))


def _after(mdp, pi, T):
    """[S] the distribution of s_T under pi."""
    return mdp.rho0 @ np.linalg.matrix_power(values.transition_matrix(mdp, pi), T)


def _collected(mdp, pi, T, gamma):
    """sum_{t<T} gamma^t E r_t under pi."""
    return sum(gamma**t * _after(mdp, pi, t) @ (pi * mdp.r).sum(axis=1) for t in range(T))


def _prospect(mdp, pi_old, pi_new, T):
    return _after(mdp, pi_old, T) @ values.state_values(mdp, pi_new)


def _changed(mdp, pi_old, pi_new, T):
    return _collected(mdp, pi_old, T, mdp.gamma) + mdp.gamma**T * _prospect(mdp, pi_old, pi_new, T)


def _cases():
    rng = np.random.default_rng(3)
    random = models.garnet(4, 3, 2, rng=rng, gamma=0.7)
    ledge = [(f"ledge, p from 0.1 to 0.3, T = {T}", (LEDGE, OLD, lean_out(0.3), T)) for T in (0, 1, 5)]
    return (*ledge, ("random world, T = 3", (random, *rng.dirichlet(np.ones(3), size=(2, 4)), 3)))


NO_PROSPECT = "the prospect is missing: after T steps the new policy's value of s_T is still to come."
EXCHANGED = "the policies are exchanged: here the old one acts first, in the chapter the new one."
UNDISCOUNTED = "nothing is discounted: a reward at t counts gamma^t, the prospect at T counts gamma^T."
LATE = "the prospect comes after T steps: it counts gamma^T."
OLD_VALUE = "this is the old return for every T. The prospect is what the new policy expects in s_T."
AT_0 = "the prospect is that of s_T, not of the first state: carry the distribution of states along."
ONE_MORE = "one step too many: the old policy acts at t = 0, ..., T - 1."
CHANGE_OVER = Function(
    _changed,
    _cases(),
    (
        (lambda m, old, new, T: _collected(m, old, T, m.gamma), NO_PROSPECT),
        (lambda m, old, new, T: _changed(m, new, old, T), EXCHANGED),
        (lambda m, old, new, T: _collected(m, old, T, 1) + _prospect(m, old, new, T), UNDISCOUNTED),
        (lambda m, old, new, T: _collected(m, old, T, m.gamma) + _prospect(m, old, new, T), LATE),
        (lambda m, old, new, T: _changed(m, old, old, T), OLD_VALUE),
        (
            lambda m, old, new, T: _collected(m, old, T, m.gamma) + m.gamma**T * _prospect(m, old, new, 0),
            AT_0,
        ),
        (lambda m, old, new, T: _changed(m, old, new, T + 1), ONE_MORE),
    ),
    "add the old policy's rewards for t < T, each times gamma^t, and gamma^T times the new value of s_T.",
)


def change_over(answer):
    """Exercise 3.4: the function change_over(mdp, pi_old, pi_new, T)."""
    return tell(judge(answer, CHANGE_OVER))


TIPPING_POINT = Number(
    0.45427,  # where the two returns are equal; tests/test_exercises.py finds it again
    (
        (0.26559, "this is the tipping point of the old fruit: does your world pay 2 for leaning out?"),
        (0.282, "this is the best p. Beyond it the return falls, but it is still above the old one."),
        (0.1, "there the new policy is the old one. Look for the other p at which the returns are equal."),
    ),
    "evaluate the difference of returns on a fine grid of p, and look where it changes its sign.",
    tolerance=7e-4,  # three decimals, cut or rounded
)


def tipping_point(p):
    """Exercise 3.5: the p from which on a new policy loses in the sweeter world, to three decimals."""
    return tell(judge(p, TIPPING_POINT))


FAULTY_STEP = Choice(
    3,
    (
        (1, "step 1 is the identity as a sum over states."),
        (2, "step 2 is true: both add up discounted probabilities, and gamma^t adds up to 1 / (1 - gamma)."),
        (4, "step 4 follows from steps 1 and 3. Is step 3 true?"),
    ),
)


def faulty_step(step):
    """Exercise 3.6, first half: the first false step of a proof that the surrogate can be trusted."""
    return tell(judge(step, FAULTY_STEP))


def _promise(p):
    return surrogate.surrogate(SWEETER, OLD, lean_out(p)) - values.expected_return(SWEETER, OLD)


def _truth(p):
    return surrogate.performance_difference(SWEETER, OLD, lean_out(p))


COUNTEREXAMPLE = Witness(
    0.6,
    (
        (lambda p: 0 <= p <= 1, "p is a probability: choose it between 0 and 1."),
        (lambda p: _promise(p) > 1e-9, "the sum over the old visits is not positive here: no claim is made."),
        (lambda p: _truth(p) < -1e-9, "here the claim holds: p is no worse. Go further from the old policy."),
    ),
)


def counterexample(p):
    """Exercise 3.6, second half: a p for which the old visits promise a gain and the return falls."""
    return tell(judge(p, COUNTEREXAMPLE))

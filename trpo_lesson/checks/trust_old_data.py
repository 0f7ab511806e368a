"""The checks of chapter 5, the surrogate: each takes an answer and tells a verdict."""

import numpy as np

from trpo_lesson.checks.questions import Choice, Function, Number, Witness, judge
from trpo_lesson.checks.verdicts import tell
from trpo_lesson.exact import models, surrogate, values
from trpo_lesson.exact.mdp import MDP

LEDGE = models.ledge()
LAMP = MDP([[[1, 0], [0, 1]]] * 2, [[0, 4], [0, -4]], [1, 0], 0.5)  # the action is the next state


def press(p, q):
    """Action 1 with probability p in state 0, with q in state 1 [S, A]."""
    return np.array([[1 - p, p], [1 - q, q]])


# 5.1: V = (2, -2), A(0, .) = (-1, 1), A(1, .) = (3, -3) for p = q = 1/2. The new policy has p = 1, q = 3/4.
VISITS = Number(
    [1.5, 0.5],
    (
        ([0.75, 0.25], "this is d, which sums to one. The visitation is 1 / (1 - gamma) times as large."),
        ([1, 1], "the lamp is off at t = 0 for certain. From t = 1 on it is off or on equally often."),
        ([10 / 9, 8 / 9], "these are the new policy's visits. They come in at the end."),
    ),
    "count 1 for state 0 at t = 0, and share gamma + gamma^2 + ... = 1 between the two states.",
)
GAINS = Number(
    [1, -1.5],
    (
        ([1, -2.25], "in state 1 the new policy takes action 0, too: 1/4 of the advantage 3."),
        ([1, -3], "these are the advantages of action 1. In state 1 take the mean with weights 1/4 and 3/4."),
        ([3, -3.5], "these are means of Q. Subtract the value of the state."),
        ([4, -3], "these are mean rewards. An action is worth its Q less the value of the state."),
    ),
    "V = (2, -2), so Q(0, .) = (1, 3) and Q(1, .) = (1, -5). Subtract V, then average with the new policy.",
)
PROMISE = Number(
    0.75,
    (
        (2.75, "this is L. It includes the old return, 2. Asked is what L promises beyond it."),
        (-2 / 9, "the surrogate weighs with the old policy's visits."),
        (0.375, "weigh with the visitation, which sums to 1 / (1 - gamma) = 2, not with d."),
    ),
    "multiply the gain of each state by its old visits, and add up.",
)
CHANGE = Number(
    -2 / 9,
    (
        (0.75, "this is the promise again. What comes is weighed with the new policy's visits."),
        (2 / 9, "the order. It is the new return less the old one."),
        (16 / 9, "this is the new return. Subtract the old one, 2."),
    ),
    "the new visits solve rho(0) = 1 + rho(1)/8 and rho(1) = rho(0)/2 + 3 rho(1)/8.",
    tolerance=1e-3,
)


def turn_on(visits, gains, promise, change):
    """Exercise 5.1: old visits, gains of the new policy, the change of L, the change of eta."""
    return tell(
        judge(visits, VISITS, "visits"),
        judge(gains, GAINS, "gains"),
        judge(promise, PROMISE, "promise"),
        judge(change, CHANGE, "change"),
    )


RANKING = Choice(
    "d",
    (
        ("a", "Q - A = V(s), whatever the action, and probabilities add up to 1: all sums rise by as much."),
        ("b", "all sums are multiplied by the same positive number."),
        ("c", "all sums lose the same number, for both the weights and the probabilities have fixed sums."),
    ),
)


def ranking(option):
    """Exercise 5.2: the change that can turn the ranking of two policies around."""
    return tell(judge(option, RANKING))


def _certified(mdp, old, new, epsilon=None, factor=4, alpha=None, largest=False, visits=values.visitation):
    """The interval of eta(new) - eta(old), with room for what can go wrong."""
    A, moved = values.advantages(mdp, old), np.abs(new - old)
    gain, tv = (new * A).sum(axis=1), moved.max(axis=1) if largest else moved.sum(axis=1) / 2
    C = factor * (epsilon(A, gain) if epsilon else np.abs(A).max()) * mdp.gamma / (1 - mdp.gamma) ** 2
    return visits(mdp, old) @ gain + C * (alpha(tv) if alpha else tv.max()) ** 2 * np.array([-1, 1])


def _slip(**parts):
    return lambda mdp, old, new: _certified(mdp, old, new, **parts)


def _cases():
    rng = np.random.default_rng(5)
    random, near = models.garnet(4, 4, 2, rng=rng, gamma=0.7), rng.dirichlet(np.ones(4), size=4)
    return (
        ("ledge, from p = q = 0.1 to p = 0.3, q = 0", (LEDGE, press(0.1, 0.1), press(0.3, 0))),
        ("lamp, from p = q = 0.5 to p = 0.6, q = 0.9", (LAMP, press(0.5, 0.5), press(0.6, 0.9))),
        ("random world", (random, near, 0.9 * near + 0.1 * near[:, ::-1])),
    )


CERTIFIED = Function(
    _certified,
    _cases(),
    (
        (_slip(alpha=lambda tv: 2 * tv.max()), "the total variation has a factor one half."),
        (_slip(alpha=lambda tv: np.sqrt(tv.max())), "the step enters by its square."),
        (_slip(largest=True), "alpha is half the sum over the actions, not the largest difference."),
        (_slip(alpha=np.mean), "alpha is the largest total variation of all states, not their mean."),
        (_slip(epsilon=lambda A, _: A.max()), "a bad action counts too: the largest absolute value of A."),
        (_slip(epsilon=lambda _, gain: np.abs(gain).max()), "epsilon is that of one action, not of a mean."),
        (_slip(factor=2), "the constant is 4: a factor 2 comes from the visits, another from the gains."),
        (_slip(visits=lambda m, pi: (1 - m.gamma) * values.visitation(m, pi)), "weigh with rho, not with d."),
        (lambda *a: _certified(*a) + values.expected_return(*a[:2]), "leave the old return out of it."),
    ),
    "compute the promise, the sum of rho pi_new A; then C; then alpha; and return promise -+ C alpha^2.",
)


def certified(answer):
    """Exercise 5.3: the function certified(mdp, pi_old, pi_new)."""
    return tell(judge(answer, CERTIFIED))


NEAR_ENOUGH = Choice(
    4,
    (
        (1, "step 1 is true: this is what equal values and slopes of smooth functions mean."),
        (2, "step 2 is true: it is step 1 along one direction, and L is linear."),
        (3, "step 3 is true: R(td) / t tends to 0, so it is below g.d for all small t."),
        (5, "step 5 is true if step 4 is. How many directions are there?"),
    ),
)


def near_enough(step):
    """Exercise 5.4, first half: the first false step of a proof that short steps which raise L are safe."""
    return tell(judge(step, NEAR_ENOUGH))


def _moved(step):
    return LAMP, press(0.5, 0.5), press(0.5 + step[0], 0.5 + step[1])


WRONG_STEP = Witness(
    [0.00501, 0.00499],
    (
        (lambda h: np.linalg.norm(h) <= 0.01, "this step is longer than 0.01."),
        (lambda h: 3 * (h[0] - h[1]) > 1e-12, "L does not rise here: h_p must be larger than h_q."),
        (
            lambda h: surrogate.performance_difference(*_moved(h)) < -1e-12,
            "the return does not fall here. Turn the step nearer to h_p = h_q, where L does not change.",
        ),
    ),
)


def wrong_step(step):
    """Exercise 5.4, second half: a step [h_p, h_q] that raises L and lowers eta."""
    return tell(judge(step, WRONG_STEP))


ENTRY_BY_ENTRY = Choice(
    3,
    (
        (1, "step 1 is true: L is linear in x, and 9 is its coefficient."),
        (2, "step 2 is true: put x = (0.9, 0.1) in."),
        (4, "step 4 is a right conclusion from step 3. Put x = (0.9, 0.2) into step 3."),
    ),
)
ALONE = Number(
    19,
    (
        (9, "this is the slope of L. Differentiate the fraction, its denominator included."),
        (10, "the denominator depends on x_1 too: use the quotient rule."),
        (1.9, "this is Q(1). It counts at every visit: multiply it by 10."),
    ),
    "with N = 1 - 0.9 (x_0 + x_1) = 0.1 the quotient rule gives 1/N + 0.9 x_1 / N^2.",
)
MOVED = Number(
    10,
    (
        (28, "what action 1 gets, action 0 loses: subtract the slope in x_0."),
        (19, "this is the slope in x_1 alone. Subtract the slope in x_0."),
        (9, "this is the slope in x_0 alone. Subtract it from the slope in x_1."),
    ),
    "the slope in x_0 is 0.9 x_1 / N^2 = 9. Subtract it from the one in x_1.",
)


def entry_by_entry(step, alone, moved):
    """Exercise 5.5: the first false step of a proof; the slopes of eta in x_1 and along the policies."""
    return tell(judge(step, ENTRY_BY_ENTRY), judge(alone, ALONE, "alone"), judge(moved, MOVED, "moved"))

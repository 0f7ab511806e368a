"""The checks of chapter 6, conservative policy iteration: each takes an answer and tells a verdict."""

import numpy as np

from trpo_lesson.checks.questions import Choice, Function, Number, Witness, judge
from trpo_lesson.checks.verdicts import tell
from trpo_lesson.exact import bounds, models, policies, surrogate, values
from trpo_lesson.exact.mdp import MDP

LEDGE = models.ledge()
MACHINE = MDP([[[1, 0], [0, 1]]] * 2, [[0, 1], [1, 0]], [1, 0], 0.5)  # the action is the next state
ZERO, ONE = np.array([[1.0, 0.0]] * 2), np.array([[0.0, 1.0]] * 2)

# 6.1: V = (0, 1), the gains of always 1 are (1.5, -0.5), A_d = epsilon = 1.5. The share is 1/4.
ONCE_SLIPS = ((0.625, "here the coin is tossed once, not at each step."),)
ONCE = Number(0.25, ONCE_SLIPS, "it is the mean of the returns 0 and 1, with the weights 3/4 and 1/4.")
EACH_STEP = Number(
    0.625,
    (
        (0.25, "here the coin is tossed again at each step, so the button can change many times."),
        (0.75, "the promise is not the return. And if it is 3/8 per step: the first pays with 1/4 only."),
        (0.5, "a press of 1 pays only if the last one was 0; and a press of 0 pays if the last one was 1."),
    ),
    "the first press pays with probability 1/4, each later one with 1/4 · 3/4 + 3/4 · 1/4.",
)
PROMISE = Number(
    0.75,
    (
        (0.375, "divide A_d by 1 - gamma: the surrogate adds up over visits."),
        (3, "this is promised for the whole target. The mixture has a quarter of it."),
        (0.5, "Q(0, 1) is more than its reward: from state 1 the old policy still earns 1."),
    ),
    "the old policy is always in state 0, so A_d = 1 + gamma V(1) - V(0) with V = (0, 1).",
)
BOUND = Number(
    0.45,
    (
        (0.375, "this is rounded. The penalty has one 1 - gamma, and one 1 - gamma (1 - alpha)."),
        (0.675, "epsilon is the target's, 1.5, not the mixture's. This is above the return itself."),
        (0.3, "this is the penalty. Subtract it from the promise."),
    ),
    "epsilon = 1.5, and 1 - gamma (1 - alpha) = 5/8. Subtract the penalty from the promise.",
)


def two_coins(once, each_step, promise, bound):
    """Exercise 6.1: the return with one toss, with a toss at each step, its surrogate, its lower bound."""
    return tell(
        judge(once, ONCE, "once"),
        judge(each_step, EACH_STEP, "each_step"),
        judge(promise, PROMISE, "promise"),
        judge(bound, BOUND, "bound"),
    )


NETWORKS = Choice(
    "c",
    (
        ("a", "probabilities are no linear function of parameters: this agent may act like neither."),
        ("b", "this has the mean of the two returns. Within an episode it never mixes."),
        ("d", "a mean of logits is a mean of logarithms: what one policy hardly does, this hardly does."),
    ),
)


def networks(option):
    """Exercise 6.2: which agent acts as the mixture of two networks."""
    return tell(judge(option, NETWORKS))


ALPHA = Number(
    3.75e-4,
    (
        (5e-4, "the estimate may be 0.01 too high: reckon with 0.03."),
        (3.75e-5, "0.03 is (1 - gamma) A_d. Divide by 1 - gamma first."),
        (7.5e-4, "R is the length of the interval from -1 to 1."),
        (3.75e-3, "the rule has the square of 1 - gamma."),
    ),
    "A_d is at least 0.03 / 0.1 = 0.3, and R = 2. Put them into the rule.",
)
STEPS = Number(
    320_000,
    (
        (32_000, "returns, too, add up: their interval has the length 20. And a step gains 0.1^3 / 16."),
        (80_000, "R = 2: the returns lie between -10 and 10."),
        (20 / 5.625e-4, "a later step may have an A_d that is hardly above 0.1."),
    ),
    "divide the length of the interval of returns, 20, by the certain gain of a step with A_d = 0.1.",
)


def units(alpha, steps):
    """Exercise 6.3: the share that is certain to gain, and the largest number of steps."""
    return tell(judge(alpha, ALPHA, "alpha"), judge(steps, STEPS, "steps"))


CUBIC = Choice(
    5,
    (
        (1, "step 1 is the identity, less the same sum with the old visits."),
        (2, "step 2 is how epsilon_alpha is defined."),
        (3, "step 3 is true: two means of numbers between -e and e differ by at most 2 e."),
        (4, "step 4 is the difference of two geometric series."),
    ),
)


def _excess(alpha):
    """How far the claim of 6.4 lies above the return: its epsilon is alpha times the target's."""
    new = policies.mixture(ZERO, ONE, float(alpha))
    L, eta = surrogate.surrogate(MACHINE, ZERO, new), values.expected_return(MACHINE, new)
    return L - alpha * (L - bounds.mixture_bound(MACHINE, ZERO, ONE, float(alpha))) - eta


BROKEN = Witness(
    0.25,
    (
        (lambda alpha: 0 < alpha < 1, "choose alpha between 0 and 1."),
        (lambda alpha: alpha > 1e-5, "so small a share drowns in rounding errors. Try a larger one."),
        (lambda alpha: _excess(alpha) > 1e-12, "here the claim holds. Try a smaller alpha."),
    ),
)


def cubic(step, alpha):
    """Exercise 6.4: the first false step of a proof, and a share for which its claim is false."""
    return tell(judge(step, CUBIC, "false_step"), judge(alpha, BROKEN, "alpha_counter"))


def _share(mdp, pi, target, epsilon=None, mean=True, rounded=False, low=0, high=1):
    """The share at which the bound is back at the old return, with room for what can go wrong."""
    A = values.advantages(mdp, pi)
    gain, rho = (target * A).sum(axis=1), values.visitation(mdp, pi)
    A_d = (1 - mdp.gamma if mean else 1) * rho @ gain
    worst = epsilon(A, gain, rho) if epsilon else np.abs(gain).max()
    return np.clip((1 - mdp.gamma) * A_d / (mdp.gamma * (2 * worst - (not rounded) * A_d)), low, high)


def _slip(**parts):
    return lambda mdp, pi, target: _share(mdp, pi, target, **parts)


def _cases():
    fog, near = np.array([[0.9, 0.1]] * 2), models.garnet(4, 3, 2, rng=np.random.default_rng(6), gamma=0.2)
    trap = MDP([[[1, 0], [0, 1]]] * 2, [[0, 1], [0, -5]], [1, 0], 0.5)  # never on: gains (1, -5), A_d = 1
    return (
        ("ledge, towards leaning out", (LEDGE, fog, ONE)),
        ("ledge, towards keeping still", (LEDGE, fog, ZERO)),
        ("ledge, towards p = 0.2", (LEDGE, fog, np.array([[0.8, 0.2]] * 2))),
        ("a state that nobody visits", (trap, ZERO, ONE)),
        ("random world", (near, policies.uniform(near), 0.1 + 0.7 * np.eye(3)[near.r.argmax(axis=1)])),
    )


SAFE_SHARE = Function(
    _share,
    _cases(),
    (
        (bounds.best_mixing_weight, "there the certain gain is largest. Asked is where it is back at 0."),
        (_slip(rounded=True), "the 1 - gamma (1 - alpha) of the penalty was rounded to 1 - gamma."),
        (_slip(mean=False), "A_d is a mean: weigh with d, which is (1 - gamma) rho."),
        (_slip(epsilon=lambda _, gain, rho: abs(gain[rho > 0]).max()), "unvisited states count as well."),
        (
            _slip(epsilon=lambda _, gain, rho: gain.max()),
            "epsilon is the largest absolute gain: a loss counts.",
        ),
        (_slip(epsilon=lambda A, *_: np.abs(A).max()), "epsilon is that of gains, not of all A."),
        (_slip(high=np.inf), "a share is at most 1."),
        (_slip(low=-np.inf), "where A_d is not positive nothing is certain but alpha = 0."),
    ),
    "set A_d alpha / (1 - gamma) equal to the penalty, divide by alpha, and solve; cut off at 0 and 1.",
    tolerance=2e-5,
)


def safe_share(answer):
    """Exercise 6.5: the function safe_share(mdp, pi_old, pi_target)."""
    return tell(judge(answer, SAFE_SHARE))


STOPPED = Choice(
    3,
    (
        (1, "step 1 is the identity, for any two policies."),
        (2, "step 2 is true: a mean of numbers that are not positive is not positive."),
        (4, "step 4 follows from the steps before. Whose visits are the weights in step 1?"),
    ),
)
PRIZES = Witness(
    [0, 1],
    (
        (lambda r: -2 + 9 * r[0] <= 1e-9, "the door has a positive advantage: A(0, 1) = -2 + 9 x."),
        (lambda r: -2 + 9 * r[1] > 1e-9, "no policy is better than the old one: raise y."),
    ),
)


def stopped(step, prizes):
    """Exercise 6.6: the first false step of a proof that nothing is left to gain; prizes that refute it."""
    return tell(judge(step, STOPPED, "false_step"), judge(prizes, PRIZES, "prizes"))

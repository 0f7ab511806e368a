"""The checks of chapter 2, plain policy gradient: each takes an answer and tells a verdict."""

import numpy as np

from trpo_lesson.checks.questions import Choice, Function, Number, Witness, judge
from trpo_lesson.checks.verdicts import tell
from trpo_lesson.exact import models, policies, simulate

# 2.1 has one state, pi = (1/2, 1/4, 1/4), r = (0, 1, 4) and gamma = 0.9: r_pi = 1.25, rho = 10.
GRADIENT = Number(
    [-6.25, -0.625, 6.875],
    (
        ([56.25, 30.625, 38.125], "this is rho pi Q. In the tabular form Q cannot stand for A."),
        ([0, 2.5, 10], "this is rho pi r. An action is worth its advantage, r(a) less the mean reward."),
        ([-0.625, -0.0625, 0.6875], "the visitation is missing: the state is visited 1 / (1 - gamma) times."),
        ([-12.5, -2.5, 27.5], "the factor pi(a) is missing: a rare action's logit moves little."),
        ([-1.25, -0.25, 2.75], "these are the advantages. Multiply each by pi(a) and by the visitation."),
    ),
    "in a world of one state A(a) = r(a) - 1.25. The slope is rho pi(a) A(a).",
    tolerance=1e-3,
)
GROWTH = Number(
    0.234375,
    (
        (-0.15625, "this is pi(1) g(1). The other logits move too: subtract the mean of the slopes."),
        (0.9375, "this is the bracket. Multiply it by pi(1)."),
    ),
    "the mean of the slopes is the sum of pi(b) g(b), that is -1.5625.",
    tolerance=1e-3,
)


def three_logits(gradient, growth):
    """Exercise 2.1: the slopes of eta in three logits, and how fast action 1 becomes more probable."""
    return tell(judge(gradient, GRADIENT, "gradient"), judge(growth, GROWTH, "growth"))


# 2.2 has eta(x, y) = -50 x^2 - y^2 / 2: the curvatures are 100 and 1.
CRITICAL = Number(
    0.02,
    (
        (2, "this is the limit for y alone. What does it do to x?"),
        (0.01, "this rate brings x home in one step. Up to twice this rate x comes to rest."),
    ),
    "a step multiplies x by 1 - 100 alpha, and y by 1 - alpha. Both must lie between -1 and 1.",
)
STEPS = Number(
    459,
    (
        (458, "after 458 steps y is still a little above 0.01."),
        (1, "this is so for x. And y?"),
        (461, "exp(-0.01 k) is close to 0.99^k, but not equal to it."),
    ),
    "each step multiplies y by 0.99: find the first k with 0.99^k < 0.01.",
)
STRETCH = Number(
    0.1,
    (
        (10, "the other way round: with c = 10 the curvature in u is even larger than in x."),
        (0.01, "the curvature in u is 100 times the square of c."),
    ),
    "put x = c u into the return. Its curvature in u should be that in y.",
)


def ridge(critical, steps, c):
    """Exercise 2.2: the critical rate of a ridge, the steps that it costs, and the knob that removes it."""
    return tell(judge(critical, CRITICAL, "critical"), judge(steps, STEPS, "steps"), judge(c, STRETCH, "c"))


NO_MORE = Choice(
    "b",
    (
        ("a", "alpha(s) is positive, so each logit still moves with the sign of its advantage."),
        ("c", "without pi(a|s) a logit moves by another amount, in the same direction."),
        ("d", "the proof asks of a logit's change only that it has the sign of the advantage."),
    ),
)


def no_more(option):
    """Exercise 2.3: the change that spoils the theorem on exact tabular steps."""
    return tell(judge(option, NO_MORE))


FORGOTTEN = Choice(
    4,
    (
        (1, "step 1 is the product rule, for each s."),
        (2, "step 2 is true: in r_pi only the probabilities depend on theta."),
        (3, "step 3 is true: the derivative of a constant is zero."),
        (5, "step 5 only puts steps 1, 2 and 4 together. Are these true?"),
    ),
)


def forgotten(step):
    """Exercise 2.4, first half: the first false step of a proof that the visits do not matter."""
    return tell(judge(step, FORGOTTEN))


# The claim says up where p < 1 / 2.79, the truth says down where p > 0.18377, the top.
MISLED = Witness(
    0.3,
    (
        (lambda p: 0 < p < 1, "p = sigma(theta) lies between 0 and 1: it never reaches them."),
        (lambda p: p < 1 / 2.79, "here the claim does not say up. Choose a smaller p."),
        (lambda p: p > 0.18377, "here the truth does not say down: you are left of the top."),
    ),
)


def misled(p):
    """Exercise 2.4, second half: a p at which the claim says up and the truth says down."""
    return tell(judge(p, MISLED))


def _estimates(weigh, centred=True):
    """REINFORCE with weigh(t, rewards, discounts, baseline at s_t) beside the score of a_t."""

    def reinforce(policy, theta, paths, gamma, baseline):
        features, pi, total = policy.features, policy.probabilities(theta), 0
        d = gamma ** np.arange(paths.actions.shape[1])
        for t in range(len(d)):
            s, a = paths.states[:, t], paths.actions[:, t]
            score = features[s, a] - centred * np.einsum("na,nad->nd", pi[s], features[s])
            total = total + score * weigh(t, paths.rewards, d, baseline[s])[:, None]
        return total

    return reinforce


def _case():
    rng = np.random.default_rng(2)
    mdp, policy = models.garnet(4, 3, 2, rng=rng, gamma=0.7), policies.aliased(rng.normal(size=(4, 3, 2)))
    theta, baseline = rng.normal(size=2), rng.normal(size=4)
    paths = simulate.trajectories(mdp, policy.probabilities(theta), horizon=6, episodes=3, rng=rng)
    return "random world, 3 paths of 6 steps", (policy, theta, paths, mdp.gamma, baseline)


def _right(t, r, d, b):
    return r[:, t:] @ d[t:] - d[t] * b


REINFORCE = Function(
    _estimates(_right),
    (_case(),),
    (
        (_estimates(lambda t, r, d, b: r @ d - d[t] * b), "rewards before t add only noise: begin at k = t."),
        (
            _estimates(lambda t, r, d, b: _right(t, r, d, b) / d[t]),
            "gamma^t is missing: time counts from 0.",
        ),
        (_estimates(lambda t, r, d, b: r[:, t:] @ d[t:] - b), "the baseline at t counts gamma^t."),
        (_estimates(lambda t, r, d, b: r[:, t:] @ d[t:]), "the baseline is missing."),
        (_estimates(lambda t, r, d, b: r[:, t:] @ d[t:] + d[t] * b), "the baseline is subtracted."),
        (_estimates(lambda t, r, d, b: _right(t, r, d, b) - d[t] * r[:, t]), "r_t too follows from a_t."),
        (_estimates(lambda t, r, d, b: d[t] * (r[:, t] - b)), "all rewards from t on follow from a_t."),
        (_estimates(_right, centred=False), "no scores: subtract the policy's mean of phi in s."),
    ),
    "try paths of one step: each gives the score of a_0 times (r_0 less the baseline at s_0).",
)


def reinforce(answer):
    """Exercise 2.5: the function reinforce(policy, theta, paths, gamma, baseline)."""
    return tell(judge(answer, REINFORCE))


# 2.6 has p = 0.2 for action 1 with reward 3, else reward 1: the estimates are 0.8 (3 - b) and -0.2 (1 - b).
SLOPE = Number(
    0.32,
    (
        (0.48, "keeping still counts as well: probability 0.8, score -0.2, reward 1."),
        (1.4, "this is the mean reward, not its slope."),
    ),
    "add up probability times score times reward over the two actions.",
)
VARIANCE = Number(
    0.2304,
    (
        (0.3328, "this is the mean of the square. Subtract the square of the mean."),
        (1.0816, "this is the variance without a baseline."),
    ),
    "with b = 1.4 the estimate is 1.28 or 0.08: take the variance of these two.",
    tolerance=1e-3,
)
BEST = Number(
    2.6,
    ((1.4, "this is V. It helps, but the two estimates still differ."),),
    "the variance is least where both actions give the same estimate.",
)
HARM = "this one does no harm. How far from the best baseline is zero?"
HARMFUL = Witness(6.0, ((lambda b: abs(b - 2.6) > 2.6 + 1e-9, HARM),))


def best_baseline(slope, variance, best, harmful):
    """Exercise 2.6: an estimate's mean, its variance with b = V, the best baseline, one worse than none."""
    numbers = ((slope, SLOPE, "slope"), (variance, VARIANCE, "variance"), (best, BEST, "best"))
    return tell(*(judge(*number) for number in numbers), judge(harmful, HARMFUL, "harmful"))

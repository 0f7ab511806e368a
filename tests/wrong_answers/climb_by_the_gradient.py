"""Wrong answers to the exercises of chapter 2: what replaces the solution, and a piece of its hint."""

REINFORCE = """s, a = paths.states[:, :-1], paths.actions
pi, features, total = policy.probabilities(theta), policy.features, 0
for t in range(a.shape[1]):
    score = features[s[:, t], a[:, t]]
    score = score - {mean}
    weight = {baseline}
    for k in {times}:
        weight = weight + {discount} * paths.rewards[:, k]
    total = total + weight[:, None] * score
return {returned}
"""
RIGHT = {
    "mean": 'np.einsum("na,nad->nd", pi[s[:, t]], features[s[:, t]])',
    "baseline": "-(gamma**t) * baseline[s[:, t]]",
    "times": "range(t, a.shape[1])",
    "discount": "gamma**k",
    "returned": "total",
}


def learnt(**parts):
    """A right answer to exercise 2.5 with some of its parts exchanged."""
    return REINFORCE.format(**RIGHT | parts)


WRONG = {
    "ex-2-1-answer": [
        ("gradient, growth = [56.25, 30.625, 38.125], 0.234375", "Q cannot stand for A"),
        ("gradient, growth = [0, 2.5, 10], 0.234375", "this is rho pi r."),
        ("gradient, growth = [-0.625, -0.0625, 0.6875], 0.234375", "the visitation is missing"),
        ("gradient, growth = [-12.5, -2.5, 27.5], 0.234375", "the factor pi(a) is missing"),
        ("gradient, growth = [-1.25, -0.25, 2.75], 0.234375", "these are the advantages"),
        ("gradient, growth = [6.25, 0.625, -6.875], 0.234375", "in a world of one state"),  # the sign
        ("gradient, growth = -6.25, 0.234375", "expected an array of shape (3,)"),
        ("gradient, growth = [-6.25, -0.625, 6.875], -0.625 / 4", "this is pi(1) g(1)."),
        ("gradient, growth = [-6.25, -0.625, 6.875], 0.9375", "this is the bracket."),
        ("gradient, growth = [-6.25, -0.625, 6.875], -0.25", "that is -1.5625"),
        ("gradient = [-6.25, -0.625, 6.875]", "growth: no answer yet"),
    ],
    "ex-2-2-answer": [
        ("critical, steps, c = 2, 459, 0.1", "the limit for y alone"),
        ("critical, steps, c = 0.01, 459, 0.1", "brings x home in one step"),
        ("critical, steps, c = 0.04, 459, 0.1", "a step multiplies x by"),  # the second derivative as 50
        ("critical, steps, c = 0.02, 458, 0.1", "a little above 0.01"),
        ("critical, steps, c = 0.02, 1, 0.1", "this is so for x."),
        ("critical, steps, c = 0.02, 461, 0.1", "exp(-0.01 k)"),
        ("critical, steps, c = 0.02, 99, 0.1", "find the first k"),  # a hundredth of the whole each step
        ("critical, steps, c = 0.02, 459, 10", "the other way round"),
        ("critical, steps, c = 0.02, 459, 0.01", "the square of c"),
        ("critical, steps, c = 0.02, 459, 100", "put x = c u into the return"),
    ],
    "ex-2-3-answer": [
        ("option = 'a'", "alpha(s) is positive"),
        ("option = 'c'", "without pi(a|s)"),
        ("option = 'd'", "the proof asks of a logit's change"),
        ("option = 'Q'", "expected one of a, b, c, d."),
    ],
    "ex-2-4-answer": [
        ("false_step, p_misled = 1, 0.3", "the product rule"),
        ("false_step, p_misled = 2, 0.3", "only the probabilities depend"),
        ("false_step, p_misled = 3, 0.3", "the derivative of a constant"),
        ("false_step, p_misled = 5, 0.3", "only puts steps 1, 2 and 4 together"),
        ("false_step, p_misled = 4, -1.5", "it never reaches them"),  # theta in the place of p
        ("false_step, p_misled = 4, 0.5", "the claim does not say up"),
        ("false_step, p_misled = 4, 0.1", "left of the top"),
    ],
    "ex-2-5-answer": [
        (learnt(times="range(a.shape[1])"), "rewards before t add only noise"),
        (
            learnt(discount="gamma**(k - t)", baseline="-baseline[s[:, t]]"),
            "gamma^t is missing",
        ),
        (learnt(baseline="-baseline[s[:, t]]"), "the baseline at t counts gamma^t"),
        (learnt(baseline="0"), "the baseline is missing"),
        (learnt(baseline="gamma**t * baseline[s[:, t]]"), "the baseline is subtracted"),
        (learnt(times="range(t + 1, a.shape[1])"), "r_t too follows from a_t"),
        (learnt(times="[t]"), "all rewards from t on"),
        (learnt(mean="0"), "no scores"),
        (learnt(discount="1"), "try paths of one step"),
        (learnt(returned="total.mean(axis=0)"), "expected an array of shape (3, 2)"),
        (learnt(returned="total + paths.states"), "raised ValueError"),
        ("return policy.jacobian(theta) @ rewards", "raised NameError"),
    ],
    "ex-2-6-answer": [
        ("slope, variance, best, harmful = 0.48, 0.2304, 2.6, 6", "keeping still counts as well"),
        ("slope, variance, best, harmful = 1.4, 0.2304, 2.6, 6", "the mean reward, not its slope"),
        ("slope, variance, best, harmful = 2, 0.2304, 2.6, 6", "add up probability times score"),
        ("slope, variance, best, harmful = 0.32, 0.3328, 2.6, 6", "the mean of the square."),
        ("slope, variance, best, harmful = 0.32, 1.0816, 2.6, 6", "the variance without a baseline"),
        ("slope, variance, best, harmful = 0.32, 0.48, 2.6, 6", "the variance of these two"),  # the deviation
        ("slope, variance, best, harmful = 0.32, 0.2304, 1.4, 6", "this is V. It helps"),
        ("slope, variance, best, harmful = 0.32, 0.2304, 2, 6", "both actions give the same"),
        ("slope, variance, best, harmful = 0.32, 0.2304, 2.6, 3", "this one does no harm"),
        ("slope, variance, best = 0.32, 0.2304, 2.6", "harmful: no answer yet"),
    ],
}

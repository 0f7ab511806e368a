"""Wrong answers to the exercises of chapter 6: what replaces the solution, and a piece of its hint."""

SAFE_SHARE = """gain = (pi_target * values.advantages(mdp, pi_old)).sum(axis=1)
A_d = {visits} @ gain
epsilon = {epsilon}
if {nothing}:
    return 0.0
share = (1 - mdp.gamma) * A_d / (mdp.gamma * {slack})
return {returned}
"""
RIGHT = {
    "visits": "((1 - mdp.gamma) * values.visitation(mdp, pi_old))",
    "epsilon": "np.abs(gain).max()",
    "nothing": "A_d <= 0",
    "slack": "(2 * epsilon - A_d)",
    "returned": "min(1.0, share)",
}


def share(**parts):
    """A right answer to exercise 6.5 with some of its parts exchanged."""
    return SAFE_SHARE.format(**RIGHT | parts)


def coins(once="0.25", each_step="0.625", promise="0.75", bound="0.45"):
    """An answer to exercise 6.1."""
    return f"once, each_step, promise, bound = {once}, {each_step}, {promise}, {bound}"


WRONG = {
    "ex-6-1-answer": [
        (coins(once="0.625"), "tossed once, not at each step"),
        (coins(once="0"), "with the weights 3/4 and 1/4"),
        (coins(each_step="0.25"), "tossed again at each step"),
        (coins(each_step="0.75"), "the first pays with 1/4 only"),
        (coins(each_step="1 / 4 / (1 - 1 / 2)"), "and a press of 0 pays if"),
        (coins(each_step="1 / 4 + 3 / 16"), "each later one with"),
        (coins(each_step="1"), "each later one with"),
        (coins(promise="0.375"), "divide A_d by 1 - gamma"),
        (coins(promise="3"), "for the whole target"),
        (coins(promise="0.5"), "more than its reward"),
        (coins(promise="1.5"), "always in state 0, so A_d"),  # A_d itself
        (coins(bound="0.375"), "this is rounded"),
        (coins(bound="0.675"), "not the mixture's"),
        (coins(bound="0.3"), "this is the penalty"),
        (coins(bound="0.75 - 0.1"), "= 5/8. Subtract"),  # with the gain of state 1 for epsilon
        (coins(bound="None"), "bound: no answer yet"),
    ],
    "ex-6-2-answer": [
        ("option = 'a'", "no linear function of parameters"),
        ("option = 'b'", "Within an episode it never mixes"),
        ("option = 'd'", "a mean of logarithms"),
        ("option = 'e'", "expected one of a, b, c, d."),
    ],
    "ex-6-3-answer": [
        ("alpha, steps = 0.01 * 0.4 / 8, 320_000", "0.01 too high"),
        ("alpha, steps = 0.01 * 0.03 / 8, 320_000", "Divide by 1 - gamma first"),
        ("alpha, steps = 0.01 * 0.3 / 4, 320_000", "the interval from -1 to 1"),
        ("alpha, steps = 0.1 * 0.3 / 8, 320_000", "the square of 1 - gamma"),
        ("alpha, steps = 0.01 * 0.04 / 4, 320_000", "Put them into the rule"),
        ("alpha, steps = 3.75e-4, 2 / 6.25e-5", "returns, too, add up"),
        ("alpha, steps = 3.75e-4, 10 / 1.25e-4", "between -10 and 10"),
        ("alpha, steps = 3.75e-4, 20 / 5.625e-4", "hardly above 0.1"),
        ("alpha, steps = 3.75e-4, 20 / 0.1", "the certain gain of a step with"),
        ("alpha = 3.75e-4", "steps: no answer yet"),
    ],
    "ex-6-4-answer": [
        ("false_step, alpha_counter = 1, 0.25", "the same sum with the old visits"),
        ("false_step, alpha_counter = 2, 0.25", "how epsilon_alpha is defined"),
        ("false_step, alpha_counter = 3, 0.25", "differ by at most 2 e"),
        ("false_step, alpha_counter = 4, 0.25", "two geometric series"),
        ("false_step, alpha_counter = 5, 0", "between 0 and 1"),
        ("false_step, alpha_counter = 5, 0.7", "Try a smaller alpha"),
        ("false_step, alpha_counter = 5, 1e-9", "drowns in rounding errors"),
        ("false_step, alpha_counter = 5, 'small'", "something of type str"),
    ],
    "ex-6-5-answer": [
        ("return bounds.best_mixing_weight(mdp, pi_old, pi_target)", "where it is back at 0"),
        (share(slack="(2 * epsilon)"), "was rounded to 1 - gamma"),
        (share(visits="values.visitation(mdp, pi_old)"), "A_d is a mean"),
        (share(epsilon="gain.max()"), "a loss counts"),
        (
            share(epsilon="np.abs(gain[values.visitation(mdp, pi_old) > 0]).max()"),
            "unvisited states count",
        ),
        (share(epsilon="np.abs(values.advantages(mdp, pi_old)).max()"), "not of all A"),
        (share(returned="share"), "a share is at most 1"),
        (share(nothing="False"), "nothing is certain but alpha = 0"),
        (share(returned="share / 2"), "divide by alpha, and solve"),
        (share(nothing="False", returned="share"), "divide by alpha, and solve"),
        (share(returned="[share]"), "expected a single number, got an array of shape (1,)"),
        (share(visits="d"), "raised NameError"),
        ("A_d = 0", "returns nothing yet"),
    ],
    "ex-6-6-answer": [
        ("false_step, prizes = 1, [0, 1]", "the identity, for any two policies"),
        ("false_step, prizes = 2, [0, 1]", "step 2 is true: a mean of numbers"),
        ("false_step, prizes = 4, [0, 1]", "Whose visits"),
        ("false_step, prizes = 3, [1, 1]", "A(0, 1) = -2 + 9 x"),
        ("false_step, prizes = 3, [0, 0.1]", "raise y"),
        ("false_step, prizes = 3, 1", "expected an array of shape (2,), got a single number"),
    ],
}

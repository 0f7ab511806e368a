"""Wrong answers to the exercises of chapter 5: what replaces the solution, and a piece of its hint."""

CERTIFIED = """A = values.advantages(mdp, pi_old)
gain = (pi_new * A).sum(axis=1)
promise = {visits} @ gain
C = {factor} * {epsilon} * mdp.gamma / (1 - mdp.gamma) ** 2
tv = np.abs(pi_new - pi_old).sum(axis=1){half}
ends = [promise - C * {alpha}, promise + C * {alpha}]
return {returned}
"""
RIGHT = {
    "visits": "values.visitation(mdp, pi_old)",
    "factor": "4",
    "epsilon": "np.abs(A).max()",
    "half": " / 2",
    "alpha": "tv.max() ** 2",
    "returned": "np.array(ends)",
}


def interval(**parts):
    """A right answer to exercise 5.3 with some of its parts exchanged."""
    return CERTIFIED.format(**RIGHT | parts)


def lamp(visits="[1.5, 0.5]", gains="[1, -1.5]", promise="0.75", change="-2 / 9"):
    """An answer to exercise 5.1."""
    return f"visits, gains, promise, change = {visits}, {gains}, {promise}, {change}"


WRONG = {
    "ex-5-1-answer": [
        (lamp(visits="[0.75, 0.25]"), "which sums to one"),
        (lamp(visits="[1, 1]"), "for certain. From t = 1 on"),
        (lamp(visits="[10 / 9, 8 / 9]"), "the new policy's visits. They come"),
        (lamp(visits="[2, 0]"), "between the two states"),
        (lamp(visits="2"), "shape (2,), got a single"),
        (lamp(gains="[1, 3 / 4 * -3]"), "1/4 of the advantage"),
        (lamp(gains="[1, -3]"), "the advantages of action 1"),
        (lamp(gains="[3, -3.5]"), "means of Q"),
        (lamp(gains="[4, -3]"), "mean rewards"),
        (lamp(gains="[-1, 3]"), "Subtract V, then average"),
        (lamp(promise="2.75"), "includes the old return, 2"),
        (lamp(promise="-2 / 9"), "weighs with the old policy's visits"),
        (lamp(promise="0.375"), "= 2, not with d"),
        (lamp(promise="-0.5"), "by its old visits, and add up"),  # without weights
        (lamp(change="0.75"), "the promise again"),
        (lamp(change="2 / 9"), "the new return less the old one"),
        (lamp(change="16 / 9"), "the new return. Subtract"),
        (lamp(change="0"), "the new visits solve"),
        (lamp(change="None"), "change: no answer yet"),
    ],
    "ex-5-2-answer": [
        ("option = 'a'", "Q - A = V(s)"),
        ("option = 'b'", "multiplied by the same positive number"),
        ("option = 'c'", "lose the same number"),
        ("option = 'e'", "expected one of a, b, c, d."),
    ],
    "ex-5-3-answer": [
        (interval(half=""), "a factor one half"),
        (interval(alpha="tv.max()"), "by its square"),
        (interval(alpha="np.abs(pi_new - pi_old).max() ** 2"), "not the largest difference"),
        (interval(alpha="tv.mean() ** 2"), "of all states, not their mean"),
        (interval(epsilon="A.max()"), "a bad action counts too"),
        (interval(epsilon="np.abs(gain).max()"), "that of one action"),
        (interval(factor="2"), "a factor 2 comes from the visits"),
        (interval(visits="((1 - mdp.gamma) * values.visitation(mdp, pi_old))"), "weigh with rho, not with d"),
        (
            interval(returned="np.array(ends) + values.expected_return(mdp, pi_old)"),
            "the old return out of it",
        ),
        (interval(factor="0"), "return promise -+"),  # the promise itself
        (interval(returned="ends[0]"), "shape (2,), got a single"),
        (interval(visits="values.visits(mdp, pi_old)"), "raised AttributeError"),
        ("A = values.advantages(mdp, pi_old)", "returns nothing yet"),
    ],
    "ex-5-4-answer": [
        ("false_step, step = 1, [0.00501, 0.00499]", "equal values and slopes of smooth"),
        ("false_step, step = 2, [0.00501, 0.00499]", "step 1 along one direction"),
        ("false_step, step = 3, [0.00501, 0.00499]", "below g.d for all small t"),
        ("false_step, step = 5, [0.00501, 0.00499]", "How many directions"),
        ("false_step, step = 4, [0.1, 0.09]", "longer than 0.01"),
        ("false_step, step = 4, [0.005, 0.005]", "must be larger than h_q"),
        ("false_step, step = 4, [0.005, -0.005]", "where L does not change"),
        ("false_step, step = 4, 0.005", "shape (2,), got a single"),
    ],
    "ex-5-5-answer": [
        ("false_step, alone, moved = 1, 19, 10", "9 is its coefficient"),
        ("false_step, alone, moved = 2, 19, 10", "put x = (0.9, 0.1) in"),
        ("false_step, alone, moved = 4, 19, 10", "a right conclusion from step 3"),
        ("false_step, alone, moved = 3, 9, 10", "its denominator included"),
        ("false_step, alone, moved = 3, 1 / 0.1, 10", "use the quotient rule"),
        ("false_step, alone, moved = 3, 1.9, 10", "It counts at every visit"),
        ("false_step, alone, moved = 3, 1 / 0.1 - 0.09 / 0.01, 10", "alone: with N ="),  # the sign
        ("false_step, alone, moved = 3, 19, 28", "action 0 loses: subtract"),
        ("false_step, alone, moved = 3, 19, 19", "the slope in x_1 alone"),
        ("false_step, alone, moved = 3, 19, 9", "the slope in x_0 alone"),
        ("false_step, alone, moved = 3, 19, 0", "Subtract it from the one in x_1"),
    ],
}

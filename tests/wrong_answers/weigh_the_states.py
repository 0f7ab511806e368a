"""Wrong answers to the exercises of chapter 4: what replaces the solution, and a piece of its hint."""

ONE_FOR_TWO = """first = values.visitation(mdp, pi_1)[:, None] * pi_1
second = values.visitation(mdp, pi_2)[:, None] * pi_2
x = {first} * first + {second} * second
visits = x.sum({axis}, keepdims=True)
return np.where(visits > 0, x / np.maximum(visits, 1e-300), {unvisited})
"""
RIGHT = {"first": "w", "second": "(1 - w)", "axis": "axis=1", "unvisited": "1 / x.shape[1]"}


def merged(**parts):
    """A right answer to exercise 4.6 with some of its parts exchanged."""
    return ONE_FOR_TWO.format(**RIGHT | parts)


WRONG = {
    "ex-4-1-answer": [
        ("rho, share, slope = [0.8, 0.2], 0.2, 0.64", "this is d. The visitation"),
        ("rho, share, slope = [1.6, 0.8], 0.2, 0.64", "Who enters the road?"),
        ("rho, share, slope = [0.4, 1.6], 0.2, 0.64", "for the road: rho(1)"),
        ("rho, share, slope = [4 / 3, 2 / 3], 0.2, 0.64", "shares in the long run, times 2"),
        ("rho, share, slope = [1 / (1 - 0.15625), 0.25], 0.2, 0.64", "for the road: rho(1)"),  # gamma^2
        ("rho, share, slope = 1.6, 0.2, 0.64", "expected an array of shape (2,)"),
        ("rho, share, slope = [1.6, 0.4], 0.4, 0.64", "this is rho(1)."),
        ("rho, share, slope = [1.6, 0.4], 1 / 3, 0.64", "share in the long run. Early"),
        ("rho, share, slope = [1.6, 0.4], 0.25, 0.64", "divide rho(1) by the sum"),
        ("rho, share, slope = [1.6, 0.4], 0.8, 0.64", "divide rho(1) by the sum"),
        ("rho, share, slope = [1.6, 0.4], 0.2, -0.64", "derivative for town"),
        ("rho, share, slope = [1.6, 0.4], 0.2, 0.32", "derivative of the share"),
        ("rho, share, slope = [1.6, 0.4], 0.2, 0.8", "rho(0) depends on p as well"),
        ("rho, share, slope = [1.6, 0.4], 0.2, 0.4 / 0.5", "rho(0) depends on p as well"),
        ("rho, share, slope = [1.6, 0.4], 0.2, 1.6", "Use the quotient rule"),
        ("rho, share = [1.6, 0.4], 0.2", "slope: no answer yet"),
    ],
    "ex-4-2-answer": [
        ("option = 'a'", "as in the chapter"),
        ("option = 'b'", "Pr(K >= t) = gamma^t"),
        ("option = 'c'", "What do shares make of a factor?"),
        ("option = 'all'", "expected one of a, b, c, d."),
    ],
    "ex-4-3-answer": [
        ("false_step, beta_program, tv_allowed = 1, 2, 0.0005", "into the mean"),
        ("false_step, beta_program, tv_allowed = 2, 2, 0.0005", "just when"),
        ("false_step, beta_program, tv_allowed = 3, 2, 0.0005", "Nothing is subtracted yet"),
        ("false_step, beta_program, tv_allowed = 4, 20_000, 0.0005", "so its price must be smaller"),
        ("false_step, beta_program, tv_allowed = 4, 200, 0.0005", "pays 100 times as much"),
        ("false_step, beta_program, tv_allowed = 4, 1 / 200, 0.0005", "What stands before D then?"),
        ("false_step, beta_program, tv_allowed = 4, 2, 5", "the mean is the smaller one"),
        ("false_step, beta_program, tv_allowed = 4, 2, 0.05", "times a mean"),
        ("false_step, beta_program, tv_allowed = 4, 2, 0.005", "multiply both sides"),
    ],
    "ex-4-4-answer": [
        ("tick, once, enough = 0.02, 0.02, 0.001", "decides so in every step"),
        ("tick, once, enough = 1.98, 0.02, 0.001", "add up gamma^t times"),  # from t = 1 on
        ("tick, once, enough = 2, 2, 0.001", "the reward comes a single time"),
        ("tick, once, enough = 2, 0.0198, 0.001", "What does it earn from then on?"),
        ("tick, once, enough = 2, 0.02, 0.1", "bounds what one decision gains"),
        ("tick, once, enough = 2, 0.02, 10", "solve for the largest advantage"),
        ("tick, once, enough = 2, 0.02, 0.099", "solve for the largest advantage"),  # gamma for 1 - gamma
    ],
    "ex-4-5-answer": [
        ("false_step, allowed, growth = 1, 2.8, 32", "the probabilities add up to one"),
        ("false_step, allowed, growth = 2, 2.8, 32", "the constant out of the sum"),
        ("false_step, allowed, growth = 4, 2.8, 32", "Is step 3 true?"),
        ("false_step, allowed, growth = 3, 1.8, 32", "relative to what they were"),
        ("false_step, allowed, growth = 3, 19, 32", "not squared"),
        ("false_step, allowed, growth = 3, 1.9, 32", "put gamma = 0.9"),  # the factor 2 is forgotten
        ("false_step, allowed, growth = 3, 2.8, 2", "How many moves lead to state 5?"),
        ("false_step, allowed, growth = 3, 2.8, 64", "five moves, not six"),
        ("false_step, allowed, growth = 3, 2.8, 10", "at t = 5 only"),
    ],
    "ex-4-6-answer": [
        ("return w * pi_1 + (1 - w) * pi_2", "who comes more often"),
        (merged(first="(1 - w)", second="w"), "w belongs to the first"),
        (merged(first="1", second="1"), "this coin is fair"),
        (
            "return "
            + " + ".join(
                f"{w} * values.visitation(mdp, {pi})[:, None] * {pi}"
                for w, pi in (("w", "pi_1"), ("(1 - w)", "pi_2"))
            ),
            "these are the counts",
        ),
        (merged(unvisited="0"), "where nobody comes"),
        (merged(unvisited="0.5"), "divide each row by its sum"),
        (merged(axis="axis=0"), "divide each row by its sum"),
        (merged(axis="axis=None"), "divide each row by its sum"),
        (
            "x = w * values.visitation(mdp, pi_1)[:, None] * pi_1\nreturn x / x.sum(axis=1, keepdims=True)",
            "expected finite numbers",
        ),
        ("return values.visitation(mdp, pi_1)", "expected an array of shape (4, 3)"),
    ],
}

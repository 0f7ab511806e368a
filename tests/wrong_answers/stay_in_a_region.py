"""Wrong answers to the exercises of chapter 9: what replaces the solution, and a piece of its hint."""

BEST_AT_PRICE = """tilt = {sign}values.advantages(mdp, pi_old) / ({price})
tilt -= tilt.max(axis=1, keepdims=True)
rows = {base} * np.exp(tilt)
return rows / rows.sum(axis={axis}, keepdims=True)
"""
RIGHT = {"sign": "", "price": "(1 - mdp.gamma) * beta", "base": "pi_old", "axis": "1"}
OTHER_WAY = """A, price = values.advantages(mdp, pi_old), (1 - mdp.gamma) * beta
low = A.max(axis=1, keepdims=True)
high = low + price
for _ in range(100):
    nu = (low + high) / 2
    over = (price * pi_old / (nu - A)).sum(axis=1, keepdims=True) > 1
    low, high = np.where(over, nu, low), np.where(over, high, nu)
return price * pi_old / (high - A)
"""
CUT = """tilt = {cut}
rows = pi_old * np.exp(tilt)
return rows / rows.sum(axis=1, keepdims=True)
"""
TILT = "values.advantages(mdp, pi_old) / ((1 - mdp.gamma) * beta)"
CARELESS = """rows = pi_old * np.exp(values.advantages(mdp, pi_old) / ((1 - mdp.gamma) * beta))
return rows / rows.sum(axis=1, keepdims=True)
"""


def tilted(**parts):
    """The solution of exercise 9.5 with some of its parts exchanged."""
    return BEST_AT_PRICE.format(**RIGHT | parts)


WRONG = {
    "ex-9-1-answer": [
        ("q, x, radius, step = 6, 1, 0.25, -0.25", "the other way round"),
        ("q, x, radius, step = 1 / 4, 1, 0.25, -0.25", "second-order term is B h^2 / 2"),
        ("q, x, radius, step = -32 / 8, 1, 0.25, -0.25", "h = 2, is outside the region"),
        ("q, x, radius, step = 1 / 8, 1, 0.25, -0.25", "promised is m(h) - m(0)"),
        ("q, x, radius, step = 1 / 6, 0, 0.25, 0.25", "the step was not refused"),
        ("q, x, radius, step = 1 / 6, 1, 1, -11 / 34", "these are two tests"),
        ("q, x, radius, step = 1 / 6, 1, 1 / 2, -11 / 34", "belongs to the line search"),
        ("q, x, radius, step = 1 / 6, 0, 1, 1", "from x = 0 is taken, and the radius"),
        ("q, x, radius, step = 1 / 6, 1, 0.25, 0.25", "the hill rises to the left"),
        ("q, x, radius, step = 1 / 6, 1, 0.25, -11 / 34", "It is outside the region."),
        ("q, x, radius, step = 1 / 6, 1, 0.25, -1", "f(1) - 11 h - 17 h^2"),
        ("q, x = 1 / 6, 1", "x, radius: expected finite numbers"),
    ],
    "ex-9-2-answer": [
        ("line = 1", "the KL is above 0.01"),
        ("line = 2", "both tests are passed"),
        ("line = 3", "no test of the return"),
        ("line = 5", "fails at every length"),
        ("line = 6", "expected one of 1, 2, 3, 4, 5."),
    ],
    "ex-9-3-answer": [
        ("p, price, dual = (1 + np.sqrt(0.02)) / 2, 69.657, 3.7388", "takes the KL to second order"),
        ("p, price, dual = 0.5706, 69.657, 3.7388", "this is the p for KL(new || old)"),
        ("p, price, dual = 0.1407, 69.657, 3.7388", "this is 2 p - 1. Solve it"),
        ("p, price, dual = 0.4296, 69.657, 3.7388", "the other root"),
        ("p, price, dual = 0.6, 69.657, 3.7388", "= exp(-2 delta) for 2 p - 1, and this for p"),
        ("p, price, dual = 0.57036, 10 / np.sqrt(0.02), 3.7388", "to leading order"),
        ("p, price, dual = 0.57036, 1.407172 / 0.01, 3.7388", "a mean price"),
        ("p, price, dual = 0.57036, 6.9657, 3.7388", "has the factor rho"),
        ("p, price, dual = 0.57036, 360, 3.7388", "the price C of the theory"),
        ("p, price, dual = 0.57036, 1 / 69.657, 3.7388", "10 sqrt(1 - exp(-2 delta))"),
        ("p, price, dual = 0.57036, 69.657, 0.2775638 - 0.1387284", "to be given back"),
        ("p, price, dual = 0.57036, 69.657, 1.40717", "the least value of the dual"),
        ("p, price, dual = 0.57036, 69.657, 3.6", "u^2 + 36 u - 1 = 0"),
    ],
    "ex-9-4-answer": [
        ("false_step, p_other = 1, 0.99", "the theorem, applied to the first policy"),
        ("false_step, p_other = 2, 0.99", "step 2 is true"),
        ("false_step, p_other = 4, 0.99", "step 4 follows from step 3"),
        ("false_step, p_other = 3, 1", "strictly between 0 and 1"),
        ("false_step, p_other = 3, 0.9", "is not below budget(0.5) / 10"),
        ("false_step = 3", "p_other: no answer yet"),
    ],
    "ex-9-5-answer": [
        (tilted(price="beta"), "weighed with d = (1 - gamma) rho"),
        (tilted(base="1"), "the old policy is missing"),
        (tilted(sign="-"), "good actions are to gain"),
        (tilted(price="1 / ((1 - mdp.gamma) * beta)"), "a high price means a small change"),
        (OTHER_WAY, "those of the chapter"),
        (CUT.format(cut=f"np.clip({TILT}, -700, 700)"), "a cut exponent forgets"),
        (CUT.format(cut=f"np.minimum({TILT}, 50)"), "a cut exponent forgets"),
        (CARELESS, "price 0.001, your function returned what is no answer"),
        (tilted(axis="0"), "times an exponential of A(s, a)"),  # the sum over states
        ("return mdp.r.argmax(axis=1)", "expected an array of shape (4, 3)"),
        ("return pi_old / 0", "price 20, your function returned what is no answer"),
        ("pass", "returns nothing yet"),
    ],
    "ex-9-6-answer": [
        ("kl_last, kl_reversed, gamma_empty = 0.7172, np.log(2), 0.876", "d = (1 - gamma) rho, and not rho"),
        ("kl_last, kl_reversed, gamma_empty = 0.01, np.log(2), 0.876", "only one term of the mean"),
        ("kl_last, kl_reversed, gamma_empty = 7.17, 7.17, 0.876", "so much the limit would allow"),
        ("kl_last, kl_reversed, gamma_empty = 7.17, 1.0, 0.876", "KL(p || q) = sum p log(2 p)"),
        ("kl_last, kl_reversed, gamma_empty = 7.17, np.inf, 0.876", "kl_reversed: expected finite numbers"),
        ("kl_last, kl_reversed, gamma_empty = 7.17, np.log(2), 0.7795", "certified radius of chapter 8"),
        ("kl_last, kl_reversed, gamma_empty = 7.17, np.log(2), 1 / 1.1", "under the root stands 2 delta"),
        ("kl_last, kl_reversed, gamma_empty = 7.17, np.log(2), 0.9", "set the two losses equal"),
    ],
}

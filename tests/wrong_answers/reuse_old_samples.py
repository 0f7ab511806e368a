"""Wrong answers to the exercises of chapter 10: what replaces the solution, and a piece of its hint."""

LEFT_AFTER = """logs = {sum}
weights = np.exp(logs - logs.max(axis={axis}, keepdims=True))
return weights.sum(axis={axis}) ** {power} / (weights**2).sum(axis={axis}){share}
"""
RIGHT = {"sum": "np.cumsum(log_new - log_old, axis=1)", "axis": "0", "power": "2", "share": ""}


def left_after(**parts):
    """The solution of exercise 10.5 with some of its parts exchanged."""
    return LEFT_AFTER.format(**RIGHT | parts)


CARELESS = """weights = np.cumprod(np.exp(log_new - log_old), axis=1)
return weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)
"""

WRONG = {
    "ex-10-1-answer": [
        ("ordinary, weighted, size = 9 / 5, 2.4545, 3.457", "the mean of what was paid"),
        ("ordinary, weighted, size = (3 * 1.6 + 6 * 0.4) / 5, 2.4545, 3.457", "the other way round"),
        ("ordinary, weighted, size = 2.4545, 2.4545, 3.457", "divides by the number of draws"),
        ("ordinary, weighted, size = 16.875, 2.4545, 3.457", "this is the sum. Divide it"),
        ("ordinary, weighted, size = 2, 2.4545, 3.457", "0.5 / 0.2 for action 1"),
        ("ordinary, weighted, size = 3.38, 2.46, 3.46", "divide 16.875, the sum of w f"),
        ("ordinary, weighted, size = 3.38, 2.45, 3.45", "divide 6.875 squared"),
        ("ordinary, weighted, size = 3.375, 3.375, 3.457", "Divide by the sum of the weights."),
        ("ordinary, weighted, size = 3.375, 3.375 / 6.875, 3.457", "do not divide the upper one by 5"),
        ("ordinary, weighted, size = 3.375, 2, 3.457", "divide 16.875, the sum of w f"),
        ("ordinary, weighted, size = 3.375, 2.4545, 0.6914", "the share ESS / N"),
        ("ordinary, weighted, size = 3.375, 2.4545, 6.875 / 13.671875", "square the sum of the weights"),
        ("ordinary, weighted, size = 3.375, 2.4545, 5", "divide 6.875 squared"),
    ],
    "ex-10-2-answer": [
        ("option = 'a'", "met by no draw"),
        ("option = 'c'", "its error belongs to the step"),
        ("option = 'd'", "settles on another direction"),
        ("option = 'e'", "expected one of a, b, c, d."),
    ],
    "ex-10-3-answer": [
        ("widest, kl_there, narrowest = 0.08, 0.0966, 0.25", "The deviation is its root"),
        ("widest, kl_there, narrowest = 0.4, 0.0966, 0.25", "the variance that doubles"),
        ("widest, kl_there, narrowest = 0.2 * np.sqrt(1 / 2), 0.0966, 0.25", "narrower than the old one"),
        ("widest, kl_there, narrowest = 0.2, 0.0966, 0.25", "does its exponent no longer fall"),
        ("widest, kl_there, narrowest = 0.2828, 0.5 - np.log(2) / 2, 0.25", "this is KL(new || old)"),
        ("widest, kl_there, narrowest = 0.2828, np.log(2) / 2, 0.25", "the logarithm alone"),
        ("widest, kl_there, narrowest = 0.2828, 0.0965736 / np.log(2), 0.25", "in bits"),
        ("widest, kl_there, narrowest = 0.2828, 0.01, 0.25", "put sigma = 0.2 sqrt(2)"),
        ("widest, kl_there, narrowest = 0.2828, 0.0966, 0.5", "and a deviation is not asked for"),
        ("widest, kl_there, narrowest = 0.2828, 0.0966, 0.3333333", "f stands squared"),
        ("widest, kl_there, narrowest = 0.2828, 0.0966, 1", "the integrand is p^2 f^2 / q"),
    ],
    "ex-10-4-answer": [
        ("false_step, pi_new = 1, [0.2, 0.79, 0.01]", "pi times the gradient of log pi"),
        ("false_step, pi_new = 3, [0.2, 0.79, 0.01]", "true of any two functions"),
        ("false_step, pi_new = 4, [0.2, 0.79, 0.01]", "step 4 follows from step 3"),
        ("false_step, pi_new = 2, [0.2, 0.8, 0]", "must be above zero"),
        ("false_step, pi_new = 2, [0.3, 0.8, 0.01]", "must add up to 1"),
        ("false_step, pi_new = 2, [0.6, 0.39, 0.01]", "this policy is no worse"),
        ("false_step, pi_new = 2, [0.2, 0.6, 0.2]", "does not rise here"),
        ("false_step, pi_new = 2, [0.5, 0.5]", "expected an array of shape (3,)"),
    ],
    "ex-10-5-answer": [
        (left_after(sum="log_new - log_old"), "the sizes for single decisions"),
        (left_after(sum="np.cumsum(log_old - log_new, axis=1)"), "the other way round"),
        (left_after(share=" / len(log_new)"), "the share of the N paths"),
        (left_after(power="1"), "the sum of the weights is squared"),
        (left_after(sum="np.log(np.cumsum(np.exp(log_new - log_old), axis=1))"), "multiplied, not added"),
        (left_after(sum="np.cumsum(log_new, axis=1)"), "add up the logarithms of the ratios"),
        (left_after(axis="1"), "got an array of shape (6,)"),  # over the decisions of each path
        (CARELESS, "3000 decisions, your function returned what is no answer"),
        ("return np.exp(log_new - log_old).prod()", "got a single number"),
        ("np.cumsum(log_new - log_old, axis=1)", "returns nothing yet"),
    ],
    "ex-10-6-answer": [
        ("keep_short, keep_long = 6, 4", "and not k tau?"),
        ("keep_short, keep_long = 7, 5", "not like 1 / k"),
        ("keep_short, keep_long = 43, 27", "(1 - gamma)^2 is 18"),
        ("keep_short, keep_long = 4, 4", "for k = 1, 2, 3, ..."),
        ("keep_short, keep_long = 9, 9", "for the short updates"),
        ("keep_short, keep_long = 9, 4", "with tau = 0.04"),
    ],
}

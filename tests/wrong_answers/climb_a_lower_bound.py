"""Wrong answers to the exercises of chapter 8: what replaces the solution, and a piece of its hint."""

ROW = """low, high = {low}, {high}
for _ in range(60):
    middle = (low + high) / 2
    x = {gap}
    weights = {weights}
    q = weights / weights.sum()
    if {distance} > {radius}:
        low = middle
    else:
        high = middle
return {returned}
"""
RIGHT = {
    "low": "-30.0",
    "high": "30.0",
    "gap": "np.exp(middle)",
    "weights": "row / (x + A.max() - A)",
    "distance": "divergences.kl(row, q)",
    "radius": "alpha",
    "returned": "q",
}


def row(**parts):
    """The solution of exercise 8.6 with some of its parts exchanged."""
    return ROW.format(**RIGHT | parts)


def houses(top=3.25, M_top=-6.625, f_top=-6.25, limit=2):
    return f"top, M_top, f_top, limit = {top}, {M_top}, {f_top}, {limit}"


def safety(price=180, best=0.514, certified=0.0694, gained=0.139):
    return f"price, best, certified, gained = {price}, {best}, {certified}, {gained}"


def climb(false_step=3, stays=(0.3, 0.7, 0)):
    return f"false_step, stays = {false_step}, {stays}"


WRONG = {
    "ex-8-1-answer": [
        (houses(top=3), "top: this is the mean of the houses"),
        (houses(top="19 / 7"), "the near houses count more"),
        (houses(top=2), "Where is it zero?"),
        (houses(M_top=-6.25), "M lies below it"),
        (houses(M_top=-7), "where it touches f"),
        (houses(M_top=-3.125), "are missing"),
        (houses(M_top=-6), "house by house"),
        (houses(f_top=-7), "where the climb begins"),
        (houses(f_top=6.25), "take the negative"),
        (houses(limit=3), "the sum of squares"),
        (houses(limit=6), "two of the three houses lie"),
    ],
    "ex-8-2-answer": [
        ("option = 'a'", "not that it is largest"),
        ("option = 'b'", "only lowers M"),
        ("option = 'd'", "M still touches"),
    ],
    "ex-8-3-answer": [
        ("option = 'a'", "which way does m bend"),
        ("option = 'b'", "have been replaced"),
        ("option = 'd'", "below the return for that"),
    ],
    "ex-8-4-answer": [
        (safety(price=360), "less their mean"),
        (safety(price=200), "a gamma in the numerator"),
        (safety(price=90), "with epsilon = 1/2"),
        (safety(best=1), "M has a price"),
        (safety(best=0.5), "there M only touches"),
        (safety(best=0.486), "p^2 + 17 p - 9"),
        (safety(certified=0.1388), "what L gains"),
        (safety(certified=0), "put the best p into"),
        (safety(gained=0.01388), "the gain of one step"),
        (safety(gained="10 * (0.514 - 0.5)"), "rounded too early"),
        (safety(gained=0.0694), "than with 1/2"),
    ],
    "ex-8-5-answer": [
        (climb(1), "step 1 is the chain"),
        (climb(2), "step 2 follows"),
        (climb(4), "it is not the first"),
        (climb(5), "an earlier one is, too"),
        (climb(stays=(0.5, 0.7, 0)), "that add up to one"),
        (climb(stays=(1, 0, 0)), "takes one action only"),
        (climb(stays=(0.5, 0, 0.5)), "MM moves on from here"),
        (climb(stays=(0.3, 0.7)), "got an array of shape (2,)"),
    ],
    "ex-8-6-answer": [
        (row(weights="row * np.exp((A - A.max()) / x)"), "this is the softmax row"),
        (row(distance="divergences.kl(q, row)"), "the order in the KL"),
        (row(weights="row / (x + A - A.min())"), "the worse actions gain"),
        (row(weights="x * row + (A >= A.max())"), "a mixture with the greedy row"),
        (row(returned="weights"), "lambda is missing"),
        (row(radius="2 * alpha"), "halve a wide interval"),
        (row(weights="row + 0 * A", radius="-1"), "halve a wide interval"),  # the row itself
        (row(low="-5.0", high="5.0"), "halve a wide interval"),
        (row(low="0.0", gap="middle"), "halve a wide interval"),
        ("return mm.maximise_under_kl([row], [A], alpha)", "got an array of shape (1, 3)"),  # it is forbidden
        ("return A.argmax()", "got a single number"),
    ],
}

"""The checks of chapter 7, lower bounds of the return: each takes an answer and tells a verdict."""

import numpy as np

from trpo_lesson.checks.questions import Choice, Function, Number, Witness, judge
from trpo_lesson.checks.verdicts import tell
from trpo_lesson.exact import bounds, divergences, models, policies, surrogate, values

LEDGE = models.ledge()


def see(path, slope):
    """The walker's policy [S, A]: lean out with these probabilities on the path and on the slope."""
    return np.array([[1 - path, path], [1 - slope, slope]])


# 7.1 has p = (1/2, 1/4, 1/4), q = (1/4, 1/4, 1/2) and A = (-1, -1, 3).
TV = Number(
    0.25,
    ((0.5, "this is the sum of the differences' sizes. Take half of it."),),
    "half of the sum of |p(a) - q(a)|: two of the three differ by 1/4.",
)
APART = Number(
    11 / 16,
    (
        (5 / 16, "this is the probability that they agree."),
        (0.25, "this is what the best joint throw attains. Here each throws its own dice."),
    ),
    "they agree with probability 1/2 · 1/4 + 1/4 · 1/4 + 1/4 · 1/2.",
)
GAIN = Number(
    1,
    ((0, "with the old policy's probabilities the mean is always zero. Take the new ones."),),
    "add up q(a) A(a), with q = (1/4, 1/4, 1/2) and A = (-1, -1, 3).",
)
LIMIT = Number(
    1.5,
    (
        (0.75, "the factor 2 is missing: where the actions differ, A can go from -epsilon to epsilon."),
        (0.5, "the largest advantage in size is 3, not 1."),
        (1, "this is the spread of A times TV, a sharper limit. The chapter's has 2 epsilon for the spread."),
    ),
    "it is 2 · epsilon · TV, with epsilon = 3.",
)


def one_throw(tv, apart, gain, limit):
    """Exercise 7.1: total variation, independent dice, the mean advantage and its limit."""
    numbers = ((tv, TV, "tv"), (apart, APART, "apart"), (gain, GAIN, "gain"), (limit, LIMIT, "limit"))
    return tell(*(judge(*number) for number in numbers))


HOLDS = [1, 0, 1, 1, 0, 1]
MISJUDGED = {
    "a": "alpha lies between 0 and 1: is it larger than its square?",
    "b": "Which behaves like the length of a step, and which like its square: TV, or KL?",
    "c": "TV is symmetric: exchange the two rows in Pinsker's inequality.",
    "d": "The theorem bounds the size of the error, so that its sign is free.",
    "e": "What happens to the new policy's mean advantages as the step gets short?",
    "f": "Compare a sum of numbers that are not negative with the largest of them.",
}
SLIPS = [({*"be"} ^ {x}, f"all but {x} is right. {hint}") for x, hint in MISJUDGED.items()]
SLIPS += [({x, y}, f"{x} is false indeed, but {y} is true. {MISJUDGED[y]}") for x in "be" for y in "acdf"]
FROM_MEMORY = Number(
    HOLDS,
    tuple(([int(x not in zeros) for x in "abcdef"], hint) for zeros, hint in SLIPS),
    "more than one is misjudged. Weaker bounds stay true; for a step of length x, compare the powers of x.",
)


def from_memory(holds):
    """Exercise 7.2: which of six bounds hold, [6] of 1 and 0."""
    return tell(judge(holds, FROM_MEMORY))


# 7.3 has gamma = 0.95, epsilon = 2, epsilon_new = 0.04 and a promised gain of 0.5: C = 3040.
LARGEST_TV = Number(
    np.sqrt(0.5 / 3040),
    (
        (0.5 / 3040, "this is its square. TV enters Theorem 1 squared."),
        (np.sqrt(0.5 / 3200), "the gamma in the numerator of C is missing."),
        (np.sqrt(0.5 / 152), "in C the horizon 1 / (1 - gamma) is squared."),
    ),
    "set C alpha^2 equal to 0.5, with C = 4 · 2 · 0.95 / 0.05^2.",
    tolerance=3e-5,
)
LARGEST_KL = Number(
    1 / 3040,
    (
        (0.5 / 3040, "this is Equation 9. Pinsker's inequality allows twice as much."),
        (0.25 / 3040, "the wrong way round: TV^2 <= KL/2, so that the KL may be twice the square of the TV."),
        (2 * np.sqrt(0.5 / 3040), "KL stands in the place of TV squared. It enters without a square."),
    ),
    "set C KL / 2 equal to 0.5.",
)
MEAN_TV = Number(
    0.5 / 30.4,
    (
        (0.5 / 60.8, "Corollary 1 has a factor of 2 where Theorem 1 has 4."),
        (0.5 / 1520, "Corollary 1 reckons with the new policy's mean advantages, here 0.04."),
        (np.sqrt(0.5 / 30.4), "the mean TV enters Corollary 1 without a square."),
    ),
    "set 2 · 0.04 · 0.95 / 0.05^2 times the mean TV equal to 0.5.",
    tolerance=6e-5,
)


def how_far(largest_tv, largest_kl, mean_tv):
    """Exercise 7.3: the largest steps that three bounds can vouch for."""
    judged = judge(largest_tv, LARGEST_TV, "largest_tv"), judge(largest_kl, LARGEST_KL, "largest_kl")
    return tell(*judged, judge(mean_tv, MEAN_TV, "mean_tv"))


FAULTY_STEP = Choice(
    4,
    (
        (1, "step 1 is how the error is written in the chapter."),
        (2, "step 2 follows from the joint throw within a state."),
        (3, "step 3 is the chapter's reason for Corollary 1, its factor included."),
        (5, "step 5 only collects the factors. Look further up."),
    ),
)


def faulty_step(step):
    """Exercise 7.4, first half: the first false step of a proof with a mean in the place of the maximum."""
    return tell(judge(step, FAULTY_STEP))


EVEN, RARE = see(0.1, 0.1), see(0.001, 0.1)
COSTS = (1 - LEDGE.gamma) * bounds.penalty_coefficient(LEDGE, RARE) * values.visitation(LEDGE, RARE)


def _refuted(pair):
    """Whether the error from RARE to see(*pair) is larger than C sum_s d(s) TV(s)^2."""
    new = see(*pair)
    error = abs(values.expected_return(LEDGE, new) - surrogate.surrogate(LEDGE, RARE, new))
    return error > COSTS @ divergences.total_variation(RARE, new) ** 2 + 1e-9


COUNTEREXAMPLE = Witness(
    [0.02, 1],
    (
        (lambda pair: ((pair >= 0) & (pair <= 1)).all(), "they are probabilities: between 0 and 1."),
        (_refuted, "the claim holds. Change much where the old walker is rare, a little where it mostly is."),
    ),
)


def counterexample(counter):
    """Exercise 7.4, second half: a new policy of the ledge for which the mean is too little."""
    return tell(judge(counter, COUNTEREXAMPLE))


def _watched(paid=lambda m, alpha: 1 - m[:1000], price=lambda gain, A: 2 * np.abs(gain).max(), sign=1):
    """L - price sum_t gamma^t paid_t, where m_t is the probability that the pair is still together."""

    def bound(mdp, old, new):
        A, alpha = values.advantages(mdp, old), divergences.total_variation(old, new).max()
        together, m = mdp.rho0, []
        for _ in range(1001):
            m.append(together.sum())
            together = np.einsum("s,sa,sap->p", together, np.minimum(old, new), mdp.P)
        series = mdp.gamma ** np.arange(1000) @ paid(np.array(m), alpha)
        L = surrogate.surrogate(mdp, old, new)
        return L - sign * price((new * A).sum(axis=1), A) * series

    return bound


def _cases():
    rng = np.random.default_rng(7)
    world = models.garnet(4, 3, 2, rng=rng, gamma=0.8)
    old, far = rng.dirichlet(np.ones(3), size=(2, 4))
    near = policies.mixture(old, far, 0.3)
    ledge = [(f"ledge, new {new}", (LEDGE, EVEN, see(*new))) for new in ((0.3, 0.1), (0.2, 0.6))]
    return *ledge, ("random world", (world, old, near))


WATCHED_BOUND = Function(
    _watched(),
    _cases(),
    (
        (_watched(price=lambda _, A: 2 * np.abs(A).max()), "take the largest mean, not the largest |A|."),
        (_watched(price=lambda gain, _: 2 * gain.max()), "a loss surprises like a gain: take the size."),
        (_watched(price=lambda gain, _: np.abs(gain).max()), "the factor 2: one may win, the other lose."),
        (_watched(lambda m, _: m[:1000]), "you pay while they are together. Pay 1 - m_t."),
        (_watched(lambda _, alpha: 1 - (1 - alpha) ** np.arange(1000)), "no alpha: m_t is exact."),
        (_watched(lambda m, _: 1 - m[1:]), "at t = 0 they stand together: m_0 = 1, and nothing is paid yet."),
        (_watched(sign=-1), "this is an upper bound. Take the price off L."),
    ),
    "carry mu_t along with min(old, new), and add up gamma^t (1 - m_t). Take this times 2 epsilon off L.",
)


def watched_bound(answer):
    """Exercise 7.5: the function watched_bound(mdp, pi_old, pi_new)."""
    return tell(judge(answer, WATCHED_BOUND))

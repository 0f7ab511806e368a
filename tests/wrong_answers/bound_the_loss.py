"""Wrong answers to the exercises of chapter 7: what replaces the solution, and a piece of its hint."""

WATCHED = """gain = (pi_new * values.advantages(mdp, pi_old)).sum(axis=1)
alpha = np.abs(pi_old - pi_new).sum(axis=1).max() / 2
epsilon = {epsilon}
together, apart = mdp.rho0, 0.0
for t in range({first}, 1000 + {first}):
    m = {m}
    apart += {discount} * {paid}
    together = np.einsum("s,sa,sap->p", together, {shared}, mdp.P)
return {L} - {sign} * {factor} * epsilon * apart
"""
RIGHT = {
    "epsilon": "np.abs(gain).max()",
    "first": "0",
    "m": "together.sum()",
    "discount": "mdp.gamma**t",
    "paid": "(1 - m)",
    "shared": "np.minimum(pi_old, pi_new)",
    "L": "surrogate.surrogate(mdp, pi_old, pi_new)",
    "sign": "1",
    "factor": "2",
}


def watched(**parts):
    """The solution of exercise 7.5 with some of its parts exchanged."""
    return WATCHED.format(**RIGHT | parts)


LATE = "np.einsum('s,sa,sap->', together, np.minimum(pi_old, pi_new), mdp.P)"
WRONG = {
    "ex-7-1-answer": [
        ("tv, apart, gain, limit = 0.5, 11 / 16, 1, 1.5", "Take half of it"),
        ("tv, apart, gain, limit = 0.75, 11 / 16, 1, 1.5", "two of the three differ by 1/4"),
        ("tv, apart, gain, limit = 0.25, 5 / 16, 1, 1.5", "that they agree."),
        ("tv, apart, gain, limit = 0.25, 0.25, 1, 1.5", "the best joint throw attains"),
        ("tv, apart, gain, limit = 0.25, 0.5, 1, 1.5", "they agree with probability"),
        ("tv, apart, gain, limit = 0.25, 11 / 16, 0, 1.5", "the mean is always zero"),
        ("tv, apart, gain, limit = 0.25, 11 / 16, 1.25, 1.5", "add up q(a) A(a)"),
        ("tv, apart, gain, limit = 0.25, 11 / 16, 1, 0.75", "from -epsilon to epsilon"),
        ("tv, apart, gain, limit = 0.25, 11 / 16, 1, 2 * 1 * 0.25", "3, not 1"),
        ("tv, apart, gain, limit = 0.25, 11 / 16, 1, 1", "a sharper limit"),
        ("tv, apart, gain, limit = 0.25, 11 / 16, 1, 3", "it is 2 · epsilon · TV"),
    ],
    "ex-7-2-answer": [
        ("holds = [0, 0, 1, 1, 0, 1]", "all but a is right"),
        ("holds = [1, 1, 1, 1, 0, 1]", "all but b is right"),
        ("holds = [1, 0, 0, 1, 0, 1]", "all but c is right"),
        ("holds = [1, 0, 1, 0, 0, 1]", "all but d is right"),
        ("holds = [1, 0, 1, 1, 1, 1]", "all but e is right"),
        ("holds = [1, 0, 1, 1, 0, 0]", "all but f is right"),
        ("holds = [0, 0, 1, 1, 1, 1]", "b is false indeed, but a is true. alpha lies"),
        ("holds = [1, 0, 0, 1, 1, 1]", "b is false indeed, but c is true. TV is symmetric"),
        ("holds = [1, 0, 1, 0, 1, 1]", "b is false indeed, but d is true. The theorem bounds"),
        ("holds = [1, 0, 1, 1, 1, 0]", "b is false indeed, but f is true. Compare a sum"),
        ("holds = [0, 1, 1, 1, 0, 1]", "e is false indeed, but a is true. alpha lies"),
        ("holds = [1, 1, 0, 1, 0, 1]", "e is false indeed, but c is true. TV is symmetric"),
        ("holds = [1, 1, 1, 0, 0, 1]", "e is false indeed, but d is true. The theorem bounds"),
        ("holds = [1, 1, 1, 1, 0, 0]", "e is false indeed, but f is true. Compare a sum"),
        ("holds = [0, 1, 1, 1, 1, 0]", "more than one is misjudged"),
        ("holds = [True, False, True, True, False, True]", "write 1 and 0"),
        ("holds = ['b', 'e']", "something of type list"),
        ("holds = [1, 1, 1, 1]", "expected an array of shape (6,)"),
    ],
    "ex-7-3-answer": [
        ("largest_tv, largest_kl, mean_tv = 0.000164, 0.000329, 0.0164", "this is its square"),
        ("largest_tv, largest_kl, mean_tv = 0.0125, 0.000329, 0.0164", "the gamma in the numerator"),
        ("largest_tv, largest_kl, mean_tv = 0.05735, 0.000329, 0.0164", "the horizon 1 / (1 - gamma)"),
        ("largest_tv, largest_kl, mean_tv = 0.1, 0.000329, 0.0164", "set C alpha^2 equal"),
        ("largest_tv, largest_kl, mean_tv = 0.0128, 0.000164, 0.0164", "this is Equation 9"),
        ("largest_tv, largest_kl, mean_tv = 0.0128, 0.25 / 3040, 0.0164", "the wrong way round"),
        ("largest_tv, largest_kl, mean_tv = 0.0128, 0.02565, 0.0164", "It enters without a square"),
        ("largest_tv, largest_kl, mean_tv = 0.0128, 0.01, 0.0164", "set C KL / 2"),
        ("largest_tv, largest_kl, mean_tv = 0.0128, 0.000329, 0.5 / 60.8", "Theorem 1 has 4"),
        ("largest_tv, largest_kl, mean_tv = 0.0128, 0.000329, 0.000329", "here 0.04"),
        ("largest_tv, largest_kl, mean_tv = 0.0128, 0.000329, 0.12825", "the mean TV enters Corollary"),
        ("largest_tv, largest_kl, mean_tv = 0.0128, 0.000329, 0.0128", "times the mean TV equal to 0.5"),
    ],
    "ex-7-4-answer": [
        ("false_step, counter = 1, [0.02, 1]", "how the error is written"),
        ("false_step, counter = 2, [0.02, 1]", "the joint throw within a state"),
        ("false_step, counter = 3, [0.02, 1]", "its factor included"),
        ("false_step, counter = 5, [0.02, 1]", "Look further up"),
        ("false_step, counter = 4, [0.02, 2]", "they are probabilities"),
        ("false_step, counter = 4, [0.5, 1]", "a little where it mostly is"),
        ("false_step, counter = 4, 0.02", "expected an array of shape (2,)"),
    ],
    "ex-7-5-answer": [
        (watched(epsilon="np.abs(values.advantages(mdp, pi_old)).max()"), "not the largest |A|"),
        (watched(epsilon="gain.max()"), "a loss surprises like a gain"),
        (watched(factor="1"), "the factor 2: one may win"),
        (watched(paid="m"), "while they are together. Pay"),
        (watched(m="(1 - alpha) ** t"), "m_t is exact"),
        (watched(m=LATE), "m_0 = 1"),
        (watched(sign="-1"), "this is an upper bound"),
        (watched(shared="pi_old"), "carry mu_t along"),
        (watched(discount="(1 - mdp.gamma) * mdp.gamma**t"), "carry mu_t along"),
        (watched(sign="0", L="values.expected_return(mdp, pi_new)"), "carry mu_t along"),
    ],
}

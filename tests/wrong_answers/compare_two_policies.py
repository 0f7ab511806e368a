"""Wrong answers to the exercises of chapter 3: what replaces the solution, and a piece of its hint."""

CHANGE_OVER = """P_old = values.transition_matrix(mdp, {walker})
r_old = ({walker} * mdp.r).sum(axis=1)
state, collected = mdp.rho0, 0.0
for t in range({steps}):
    collected += {discount} * state @ r_old
    state = state @ P_old
return collected + {weight} * {place} @ values.state_values(mdp, {heir})
"""
RIGHT = {
    "walker": "pi_old",
    "steps": "T",
    "discount": "mdp.gamma**t",
    "weight": "mdp.gamma**T",
    "place": "state",
    "heir": "pi_new",
}


def changed(**parts):
    """The solution of exercise 3.4 with some of its parts exchanged."""
    return CHANGE_OVER.format(**RIGHT | parts)


WRONG = {
    "ex-3-1-answer": [
        ("advantage, visits, difference = 1.9, 10, 3", "this is Q(1)"),
        ("advantage, visits, difference = 1 - 0.4, 10, 3", "not the new one's"),
        ("advantage, visits, difference = -0.1, 10, 3", "the advantage of action 0"),
        ("advantage, visits, difference = 1, 10, 3", "advantage: compute V"),
        ("advantage, visits, difference = 0.9, 1, 3", "not normalised"),
        ("advantage, visits, difference = 0.9, 0.9 / (1 - 0.9), 3", "begins at t = 0"),
        ("advantage, visits, difference = 0.9, 1 / (1 - 0.9**2), 3", "not gamma^(2t)"),
        ("advantage, visits, difference = 0.9, 100, 3", "in the one state at every t"),
        ("advantage, visits, difference = 0.9, 10, 1 - 4", "the new return less the old one"),
        ("advantage, visits, difference = 0.9, 10, 10 * (0.9 * -0.1 + 0.1 * 0.9)", "the new policy's probab"),
        ("advantage, visits, difference = 0.9, 10, 0.3", "the gain of one visit. Multiply"),
        ("advantage, visits, difference = 0.9, 10, 10 * 0.4 * 0.9", "action 0 has an advantage too"),
        ("advantage, visits, difference = 0.9, 10, 4", "difference: multiply the visits"),
        ("advantage, visits = 0.9, 10", "difference: no answer yet"),
        ("advantage, visits, difference = float('nan'), 10, 3", "expected finite numbers"),
        ("advantage, visits, difference = 0.9, [5, 5], 3", "expected a single number"),
    ],
    "ex-3-2-answer": [
        ("false_step = 1", "own average of Q"),
        ("false_step = 3", "who chose a_t?"),
        ("false_step = 4", "Look further up"),
        ("false_step = 5", "expected one of 1, 2, 3, 4."),
        ("false_step = [2]", "something of type list"),
    ],
    "ex-3-3-answer": [
        ("option = 'a'", "Q takes a first"),
        ("option = 'c'", "only the first step counts"),
        ("option = 'd'", "rise by 5 / (1 - gamma)"),
        ("option = 'e'", "expected one of a, b, c, d."),
    ],
    "ex-3-4-answer": [
        (changed(weight="0"), "the prospect is missing"),  # no bootstrap
        (changed(walker="pi_new", heir="pi_old"), "the policies are exchanged"),
        (changed(discount="1", weight="1"), "nothing is discounted"),
        (changed(weight="1"), "it counts gamma^T."),
        (changed(heir="pi_old"), "the old return for every T"),
        (changed(place="mdp.rho0"), "not of the first state"),
        (changed(steps="T + 1", weight="mdp.gamma ** (T + 1)"), "one step too many"),
        (changed(discount="mdp.gamma ** (2 * t)"), "add the old policy's rewards"),  # gamma^2 for gamma
        (changed(weight="-(mdp.gamma**T)"), "add the old policy's rewards"),  # the wrong sign
        ("return values.state_values(mdp, pi_new)", "expected a single number"),
        ("return mdp.rho0 @ V", "raised NameError: name 'V' is not defined"),
        ("pi_old /= 0\nreturn mdp.rho0 @ values.state_values(mdp, pi_old)", "raised ValueError"),
        ("raise SystemExit", "raised SystemExit"),
        ("return 1 / np.float64(0)", "expected finite numbers"),
        ("print('at work')", "returns nothing yet"),
    ],
    "ex-3-5-answer": [
        ("p_tipping = 0.266", "the old fruit"),
        ("p_tipping = 0.282", "this is the best p"),
        ("p_tipping = 0.1", "the new policy is the old one"),
        ("p_tipping = 0.45", "a fine grid of p"),
        ("p_tipping = '0.454'", "something of type str"),
    ],
    "ex-3-6-answer": [
        ("false_step, p_counter = 1, 0.6", "the identity as a sum over states"),
        ("false_step, p_counter = 2, 0.6", "step 2 is true"),
        ("false_step, p_counter = 4, 0.6", "Is step 3 true?"),
        ("false_step, p_counter = 3, 60", "between 0 and 1"),
        ("false_step, p_counter = 3, 0.05", "no claim is made"),
        ("false_step, p_counter = 3, 0.4", "Go further from the old policy"),
        ("false_step, p_counter = 3, [0.5, 0.6]", "expected a single number"),
    ],
}

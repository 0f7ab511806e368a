"""Wrong answers to the exercises of chapter 1: what replaces the solution, and a piece of its hint."""

SPREAD = """V, P_pi = values.state_values(mdp, pi), values.transition_matrix(mdp, pi)
r, after = {r}, {after}
known = (pi * (r**2 + {cross} * mdp.gamma * r * after)).sum(axis=1)
M = np.linalg.solve(np.eye(len(V)) - mdp.gamma**{power} * P_pi, known)
first = mdp.rho0 @ V
return {returned}
"""
RIGHT = {
    "r": "mdp.r",
    "after": "mdp.P @ V",
    "cross": "2",
    "power": "2",
    "returned": "np.sqrt(mdp.rho0 @ M - first**2)",
}


def scattered(**parts):
    """A right answer to exercise 1.6 with some of its parts exchanged."""
    return SPREAD.format(**RIGHT | parts)


WRONG = {
    "ex-1-1-answer": [
        ("V, Q_run, A_run = [22 / 9, 20 / 9], 3, 1", "its reward is -1"),
        ("V, Q_run, A_run = [3.6, 0.8], 3, 1", "never serviced"),
        ("V, Q_run, A_run = [1.25, -1], 3, 1", "mean rewards of one step"),
        ("V, Q_run, A_run = [0, 2], 3, 1", "write both equations down"),
        ("V, Q_run, A_run = [2], 3, 1", "expected an array of shape (2,)"),
        ("V, Q_run, A_run = [2, 0], 3.5, 1", "may be broken: take"),
        ("V, Q_run, A_run = [2, 0], 2.5, 1", "the reward alone"),
        ("V, Q_run, A_run = [2, 0], 2, 1", "Q(0, run) = 2.5 + gamma"),
        ("V, Q_run, A_run = [2, 0], 3, 3", "this is Q(0, run)."),
        ("V, Q_run, A_run = [2, 0], 3, -1", "the advantage of servicing"),
        ("V, Q_run, A_run = [2, 0], 3, 2", "not with the other action"),
        ("V, Q_run, A_run = [2, 0], 3, 0.5", "subtract V(0) from"),
    ],
    "ex-1-2-answer": [
        ("option = 'a'", "not every sum of advantages"),
        ("option = 'b'", "How is that distributed?"),
        ("option = 'd'", "nothing says that it is clever"),
        ("option = 3", "expected one of a, b, c, d."),
    ],
    "ex-1-3-answer": [
        ("V_new, A_new, A_cost = 2 * 4 - 3, 1, -0.5", "add up gamma^t times -3"),
        ("V_new, A_new, A_cost = 2 * (4 - 30), 1, -0.5", "the 3 is not doubled"),
        ("V_new, A_new, A_cost = 2 * 4 - 27, 1, -0.5", "put 2 r - 3 in"),
        ("V_new, A_new, A_cost = -22, 2 * 0.5 - 3, -0.5", "lose the same amount by the -3"),
        ("V_new, A_new, A_cost = -22, 2 * 0.5 - 30, -0.5", "but V loses as much"),
        ("V_new, A_new, A_cost = -22, 0.5, -0.5", "are both doubled"),
        ("V_new, A_new, A_cost = -22, -1, -0.5", "find out how Q and V change"),
        ("V_new, A_new, A_cost = -22, 1, 0.5", "a good action saves costs"),
        ("V_new, A_new, A_cost = -22, 1, -1", "put -r into the sums"),
    ],
    "ex-1-4-answer": [
        ("missing, steps, paths = 0.99**100, 688, 10_000", "the weight of r_100 alone"),
        ("missing, steps, paths = (1 - 0.99**100) / 0.01, 688, 10_000", "first 100 steps can hold"),
        ("missing, steps, paths = 0.99**101 / 0.01, 688, 10_000", "ends with r_99"),
        ("missing, steps, paths = 100, 688, 10_000", "add up gamma^t from t = 100 on"),
        ("missing, steps, paths = 36.6, 687, 10_000", "with 687 steps"),
        ("missing, steps, paths = 36.6, 230, 10_000", "divide by 1 - gamma"),
        ("missing, steps, paths = 36.6, 459, 10_000", "find the first T"),
        ("missing, steps, paths = 36.6, 688, 100", "square root of N"),
        ("missing, steps, paths = 36.6, 688, 25 / 0.05", "solve sigma / sqrt(N)"),
    ],
    "ex-1-5-answer": [
        ("false_step, true_sum = 1, 5", "sum and expectation may change"),
        ("false_step, true_sum = 2, 5", "step 2 is true"),
        ("false_step, true_sum = 3, 5", "would earn for ever"),
        ("false_step, true_sum = 5, 5", "only adds up step 4"),
        ("false_step, true_sum = 4, 3", "this is the claim"),
        ("false_step, true_sum = 4, 10", "Only half of the players"),
        ("false_step, true_sum = 4, 0.5 * 0.9 / 0.1", "the first step is always played"),
        ("false_step, true_sum = 4, 6", "the mean number of steps"),
        ("false_step, true_sum = 4, 0.5 / 0.3", "and average over them at the end"),  # goes on with 0.7
        ("false_step = 4", "no answer yet"),
    ],
    "ex-1-6-answer": [
        (scattered(power="1"), "so gamma^2 stands before"),
        (scattered(cross="0"), "the cross term is missing"),
        (scattered(cross="1"), "stands twice in a square"),
        (
            scattered(
                r="(pi * mdp.r).sum(axis=1, keepdims=True)",
                after="(P_pi @ V)[:, None]",
            ),
            "average over them after that",
        ),
        (scattered(returned="mdp.rho0 @ M - first**2"), "this is the variance"),
        (scattered(returned="np.sqrt(mdp.rho0 @ M)"), "the square of the mean is not subtracted"),
        (scattered(returned="np.sqrt(mdp.rho0 @ (M - V**2))"), "the first state is random as well"),
        (scattered(after="V[:, None]"), "solve (I - gamma^2 P_pi) M = u"),
        (scattered(returned="np.sqrt(M - V**2)"), "expected a single number"),
    ],
}

"""How the visitation rho answers a change of the policy: exactly, to first order, and at most.

All visitations are unnormalised; shifts are measured in the 1-norm, sum_s |x(s)|. Two visitations are never
further apart than 2 / (1 - gamma), since each sums to 1 / (1 - gamma).
"""

import numpy as np

from trpo_lesson.exact.divergences import total_variation
from trpo_lesson.exact.mdp import require_policy
from trpo_lesson.exact.values import transition_matrix, visitation


def visit_shift(mdp, pi_old, pi_new):
    """rho_new - rho_old [S] = gamma (I - gamma P_new^T)^-1 (P_new - P_old)^T rho_old. It sums to zero.

    Computed as this product, not as a difference of visitations.
    """
    P_new = transition_matrix(mdp, pi_new)
    displaced = (P_new - transition_matrix(mdp, pi_old)).T @ visitation(mdp, pi_old)
    return _carried(mdp, P_new, displaced)


def visitation_jacobian(mdp, policy, theta):
    """d rho / d theta [S, D] = gamma (I - gamma P_pi^T)^-1 (d P_pi^T / d theta) rho.

    This is `visit_shift` of a step in theta, to first order. `policy` is any family with
    `probabilities(theta)` [S, A] and `jacobian(theta)` [S, A, D].
    Every column sums to zero: visits are moved, not made.
    """
    pi = policy.probabilities(theta)
    displaced = np.einsum("s,sad,sap->pd", visitation(mdp, pi), policy.jacobian(theta), mdp.P)
    return _carried(mdp, transition_matrix(mdp, pi), displaced)


def mean_tv_shift_bound(mdp, pi_old, pi_new):
    """|rho_new - rho_old|_1 <= 2 gamma / (1 - gamma)^2 sum_s d_old(s) TV(s), d_old = (1 - gamma) rho_old.

    Achiam et al. 2017, appendix, who state it for d. Reached where displaced visits never meet again. It may
    exceed 2 / (1 - gamma) and then says nothing.
    """
    d = (1 - mdp.gamma) * visitation(mdp, pi_old)
    return float(2 * mdp.gamma / (1 - mdp.gamma) ** 2 * (d @ total_variation(pi_old, pi_new)))


def max_tv_shift_bound(mdp, pi_old, pi_new):
    """|rho_new - rho_old|_1 <= 2 gamma alpha / ((1 - gamma) (1 - gamma (1 - alpha))), alpha = max_s TV(s).

    Reached by a policy that leaves a state for good with probability alpha. Never above 2 / (1 - gamma).
    """
    gamma = mdp.gamma
    alpha = total_variation(require_policy(mdp, pi_old), require_policy(mdp, pi_new)).max()
    return float(2 * gamma * alpha / ((1 - gamma) * (1 - gamma * (1 - alpha))))


def _carried(mdp, P, displaced):
    """gamma (I - gamma P^T)^-1 displaced: where the flow that was displaced once ends up, with discount."""
    return mdp.gamma * np.linalg.solve((np.eye(mdp.n_states) - mdp.gamma * P).T, displaced)

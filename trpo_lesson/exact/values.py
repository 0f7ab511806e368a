"""Exact values of a policy: V, Q, advantages, the visitation rho, the objective eta and its gradient.

Everything rests on two linear systems with the same matrix, P_pi[s, s'] = sum_a pi(a|s) P(s'|s, a):

    (I - gamma P_pi)   V   = r_pi      looks forward from each state
    (I - gamma P_pi)^T rho = rho_0     carries the start distribution along
"""

import numpy as np

from trpo_lesson.exact.mdp import require_policy
from trpo_lesson.exact.policies import greedy

TIE_TOLERANCE = 1e-12  # relative to the scale of Q: smaller differences are rounding, not improvement


def transition_matrix(mdp, pi):
    """P_pi [S, S] = sum_a pi(a|s) P(s'|s, a)."""
    return np.einsum("sa,sap->sp", require_policy(mdp, pi), mdp.P)


def _system(mdp, pi):
    """I - gamma P_pi [S, S], invertible since gamma < 1."""
    system = transition_matrix(mdp, pi)
    system *= -mdp.gamma
    system[np.diag_indices(mdp.n_states)] += 1
    return system


def state_values(mdp, pi):
    """V_pi [S]: expected discounted return from each state. (I - gamma P_pi) V = r_pi."""
    return np.linalg.solve(_system(mdp, pi), np.einsum("sa,sa->s", pi, mdp.r))


def action_values(mdp, pi):
    """Q_pi [S, A]: take a in s, then follow pi. Q = r + gamma P V."""
    return mdp.r + mdp.gamma * (mdp.P @ state_values(mdp, pi))


def advantages(mdp, pi):
    """A_pi [S, A] = Q_pi - V_pi: what a gains over the policy's own choice. sum_a pi(a|s) A_pi(s, a) = 0."""
    V = state_values(mdp, pi)
    return mdp.r + mdp.gamma * (mdp.P @ V) - V[:, None]


def visitation(mdp, pi):
    """rho_pi [S] = sum_t gamma^t P(s_t = s), unnormalised: it sums to 1 / (1 - gamma).

    (I - gamma P_pi)^T rho = rho_0. The distribution d_pi is (1 - gamma) rho_pi.
    Schulman et al. 2015, after Eq. 1.
    """
    return np.linalg.solve(_system(mdp, pi).T, mdp.rho0)


def expected_return(mdp, pi):
    """eta(pi) = E sum_t gamma^t r(s_t, a_t) = rho_0 . V_pi."""
    return float(mdp.rho0 @ state_values(mdp, pi))


def policy_gradient(mdp, policy, theta):
    """d eta(pi_theta) / d theta [D] = sum_s rho(s) sum_a d pi_theta(a|s)/d theta A(s, a).

    `policy` is any family with `probabilities(theta)` [S, A] and `jacobian(theta)` [S, A, D].
    Policy-gradient theorem, Sutton et al. 2000; rho is unnormalised, so this is the gradient of eta itself.
    """
    pi = policy.probabilities(theta)
    weights = visitation(mdp, pi)[:, None] * advantages(mdp, pi)
    return np.einsum("sa,sad->d", weights, policy.jacobian(theta))


def policy_iteration(mdp):
    """An optimal deterministic policy [S, A], by Howard's policy iteration.

    A state changes its action only where Q improves by more than rounding, so it ends after finitely many
    rounds.
    """
    pi = greedy(mdp.r)
    states = np.arange(mdp.n_states)
    while True:
        Q = action_values(mdp, pi)
        current, best = pi.argmax(axis=1), Q.argmax(axis=1)
        better = Q[states, best] - Q[states, current] > TIE_TOLERANCE * np.abs(Q).max()
        if not better.any():
            return pi
        pi = np.eye(mdp.n_actions)[np.where(better, best, current)]

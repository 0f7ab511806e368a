"""Slow routes to the quantities of an exact world, for the tests of the numbered equations.

The package solves linear systems; here the sums along time are summed up and the Bellman equations repeated,
as the quantities are defined. A policy [S, A] may be complex, so that `complex_slopes` differentiates through
all of them. They are meant for gamma <= 0.8.
"""

import math

import numpy as np

H = 1e-30  # of the complex step
LONG = 250  # steps of a sum over time: 0.8^250 is below 1e-24


def state_distributions(mdp, pi, steps=LONG):
    """Pr(s_t = .) for t = 0, 1, ..., one step after the other."""
    state = mdp.rho0
    for _ in range(steps):
        yield state
        state = np.einsum("s,sa,sap->p", state, pi, mdp.P)


def summed(mdp, pi, per_state, steps=LONG):
    """sum_t gamma^t E_pi f(s_t) for the numbers `per_state` [S]."""
    return sum(
        mdp.gamma**t * state @ per_state for t, state in enumerate(state_distributions(mdp, pi, steps))
    )


def summed_visitation(mdp, pi):
    """rho [S] = sum_t gamma^t Pr(s_t = .)."""
    return sum(mdp.gamma**t * state for t, state in enumerate(state_distributions(mdp, pi)))


def summed_return(mdp, pi, steps=LONG):
    """eta = sum_t gamma^t E r_t."""
    return summed(mdp, pi, (pi * mdp.r).sum(axis=1), steps)


def iterated_Q(mdp, pi):
    """Q [S, A], the Bellman equation repeated."""
    Q = np.zeros_like(mdp.r)
    for _ in range(LONG):
        Q = mdp.r + mdp.gamma * mdp.P @ (pi * Q).sum(axis=1)
    return Q


def iterated_values(mdp, pi):
    """V [S]: Q averaged over the actions."""
    return (pi * iterated_Q(mdp, pi)).sum(axis=1)


def iterated_advantages(mdp, pi):
    """A = Q - V [S, A]."""
    Q = iterated_Q(mdp, pi)
    return Q - (pi * Q).sum(axis=1, keepdims=True)


def log_sum(p, q):
    """KL(p || q) in nats, term by term; infinite where q lacks an outcome of p, never below 0 by rounding."""
    if any(x > 0 and y == 0 for x, y in zip(p, q, strict=True)):
        return math.inf
    return max(0.0, math.fsum(x * math.log(x / y) for x, y in zip(p, q, strict=True) if x > 0))


def log_sums(pi_old, pi_new):
    """KL(pi_old || pi_new) in each state [S]."""
    return np.array([log_sum(p, q) for p, q in zip(pi_old, pi_new, strict=True)])


def softmax(features, theta):
    """pi [S, A] from features [S, A, D], as it is defined; theta [D] may be complex."""
    weights = np.exp((features * theta).sum(axis=-1))
    return weights / weights.sum(axis=1, keepdims=True)


def complex_slopes(f, theta):
    """df/dtheta_i in the last axis, Im f(theta + ih) / h, for a real analytic f: no digit is lost."""
    return np.stack([f(theta + 1j * H * e).imag / H for e in np.eye(len(theta))], axis=-1)

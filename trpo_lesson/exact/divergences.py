"""Distances between two policies: total variation and Kullback-Leibler divergence, per state and over states.

The argument order is the order of the formula: kl(p, q) = KL(p || q). TRPO uses KL(old || new).
All raise ValueError unless both arguments have one shape and are distributions along the last axis.
"""

import numpy as np

from trpo_lesson.exact.mdp import require_distributions, require_shape


def total_variation(p, q):
    """TV [S] = 1/2 sum_a |p(a|s) - q(a|s)|, in [0, 1]."""
    p, q = _distributions(p, q)
    return 0.5 * np.abs(p - q).sum(axis=-1)


def kl(p, q):
    """KL(p || q) [S] = sum_a p(a|s) log(p(a|s) / q(a|s)), in nats.

    0 log 0 = 0. Where p puts probability on an action that q never takes, the divergence is infinite: `inf`,
    no error.
    """
    p, q = _distributions(p, q)
    taken = p > 0
    with np.errstate(divide="ignore"):
        log_ratio = np.log(np.where(taken, p, 1)) - np.log(np.where(taken, q, 1))
    return np.maximum(
        (p * log_ratio).sum(axis=-1), 0
    )  # rounding can push the KL of equal policies below zero


def max_kl(pi_old, pi_new):
    """max_s KL(pi_old(.|s) || pi_new(.|s)), in nats: the divergence of Theorem 1 of Schulman et al. 2015."""
    return float(kl(pi_old, pi_new).max())


def mean_kl(pi_old, pi_new, weights):
    """sum_s w(s) KL(pi_old(.|s) || pi_new(.|s)) / sum_s w(s), in nats: TRPO's constraint.

    Schulman et al. 2015, Eq. 12. `weights` [S] >= 0 are normalised here, so rho and d give the same mean. A
    state of weight zero does not count, even where its divergence is infinite. Raises ValueError unless the
    weights are finite numbers >= 0, one for each state, and not all zero.
    """
    divergence, weights = kl(pi_old, pi_new), np.asarray(weights)
    require_shape("weights", weights, divergence.shape)
    if not weights.min() >= 0 or not 0 < weights.sum() < np.inf:
        raise ValueError(f"weights: expected finite numbers >= 0, not all zero, got {weights}")
    visited = weights > 0
    return float(np.average(divergence[visited], weights=weights[visited]))


def _distributions(p, q):
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    if p.shape != q.shape:
        raise ValueError(f"expected two policies of one shape, got {p.shape} and {q.shape}")
    require_distributions("the first policy", p)
    require_distributions("the second policy", q)
    return p, q

"""Importance sampling: what actions drawn from one policy say about another, and how much that is worth.

E_{a~q} (p/q)(a) f(a) = E_{a~p} f(a), as long as q > 0 wherever p f != 0.
"""

import numpy as np


def ratios(log_p, log_q):
    """p/q [...] at drawn actions, from log-probabilities: the policy asked about over the one that drew.

    An action that p never takes has ratio 0. Raises ValueError where q gives a drawn action probability zero
    (it cannot have drawn it), and where a log-probability is NaN.
    """
    log_p, log_q = np.asarray(log_p), np.asarray(log_q)
    if not (log_q > -np.inf).all():  # a NaN fails this comparison too
        raise ValueError(
            f"log_q: expected actions that q can have drawn, got the log-probability {log_q.min()}"
        )
    if np.isnan(log_p).any():
        raise ValueError("log_p: expected log-probabilities, got NaN")
    return np.exp(log_p - log_q)


def probability_ratios(p, q):
    """p/q [...] for whole distributions [..., A], 0 where p = 0 whatever q is.

    Raises ValueError where p > 0 and q = 0: there no number of draws from q can say anything about p.
    """
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    missing = (p > 0) & ~(q > 0)
    if missing.any():
        action = tuple(map(int, np.argwhere(missing)[0]))
        raise ValueError(
            f"q: expected q > 0 wherever p > 0, got p = {p[action]} and q = {q[action]} at {action}"
        )
    return np.divide(p, q, out=np.zeros(np.broadcast_shapes(p.shape, q.shape)), where=p > 0)


def exact_variance(p, q, f):
    """Var_{a~q} (p/q)(a) f(a) = sum_a q (p/q f)^2 - (sum_a p f)^2, of one draw; p, q, f [A]."""
    weighted = probability_ratios(p, q) * f
    return float(np.sum(q * weighted**2) - np.sum(p * f) ** 2)


def effective_sample_size(ratios):
    """(sum w)^2 / sum w^2, from 1 to N: how many draws from p itself would do as well, about (Kong 1992).

    It is N exactly where all ratios are equal. Raises ValueError where no ratio is positive.
    """
    squares = float(np.sum(np.square(ratios)))
    if not squares > 0:
        raise ValueError("ratios: expected at least one above 0, got none")
    return float(np.sum(ratios)) ** 2 / squares


def ordinary_estimate(ratios, f):
    """(mean, standard error) of E_p f from N draws of q: mean of w f. Unbiased, of unbounded size."""
    terms = np.asarray(ratios) * f
    return float(terms.mean()), float(terms.std(ddof=1) / np.sqrt(len(terms)))


def weighted_estimate(ratios, f):
    """(mean, standard error) of E_p f from N draws of q: sum w f / sum w. Biased, within the range of f.

    The bias vanishes as 1/N. Standard error by the delta method: sqrt(sum w^2 (f - mean)^2) / sum w.
    """
    w, f = np.asarray(ratios), np.asarray(f)
    mean = np.sum(w * f) / np.sum(w)
    return float(mean), float(np.sqrt(np.sum((w * (f - mean)) ** 2)) / np.sum(w))

"""Exact minorize-maximize: raise eta by maximising the lower bound M(pi) = L(pi) - C max_s KL(old || pi)(s).

The maximum over all policies takes two searches in one dimension. Within a radius alpha of KL(old || pi) the
states part, and the best row of each is known up to one number, nu (`maximise_under_kl`). What all the rows
gain is concave in alpha: the best radius is where the last bit of KL earns just its price, C
(`maximise_minorizer`).
"""

from dataclasses import dataclass

import numpy as np

from trpo_lesson.exact import values
from trpo_lesson.exact.bounds import penalty, penalty_coefficient
from trpo_lesson.exact.divergences import max_kl
from trpo_lesson.exact.mdp import read_only, require_distributions, require_policy, require_shape
from trpo_lesson.exact.policies import greedy
from trpo_lesson.exact.surrogate import surrogate

NEGLIGIBLE_KL = 1e-16  # nats: changes probabilities by a factor 1 + 1e-8; far below it, all is rounding
LARGEST_KL = 100.0  # nats: leaves exp(-100) of a probability
SMALLEST_GAP = 1e-50  # of nu above the best action, relative to the spread of A(s, .): as good as none
SMALLEST_PROBABILITY = 1e-200  # of pi_old(a|s), for a to be reweighted: products must not underflow
CLOSE = 1e-7  # the last step of Newton's method in log t: the next, its square, would be rounding


@dataclass(frozen=True, eq=False)
class MMStep:
    """One step of minorize-maximize. With the theory's coefficient, eta >= M >= eta of the policy before.

    pi           [S, A] the maximiser of M: the new policy
    eta          its return
    M            the lower bound there, L(pi) - coefficient * alpha
    alpha        max_s KL(old || pi)(s), in nats
    coefficient  C
    """

    pi: np.ndarray
    eta: float
    M: float
    alpha: float
    coefficient: float

    def __post_init__(self):
        object.__setattr__(self, "pi", read_only(self.pi))


def minorizer(mdp, pi_old, pi_new, coefficient):
    """M(pi_new) = L(pi_new) - C max_s KL(old || new)(s), with L the surrogate of pi_old.

    Schulman et al. 2015, Algorithm 1. M touches eta at pi_old; it lies below eta everywhere if C is at least
    half of penalty_coefficient(mdp, pi_old) (the half is Pinsker's). -inf where the KL is infinite and C > 0.
    """
    return surrogate(mdp, pi_old, pi_new) - penalty(coefficient, max_kl(pi_old, pi_new))


def minorize_maximize(mdp, pi, *, coefficient=penalty_coefficient):
    """Yield one MMStep for each pi_new = argmax M, starting from `pi`: without end, the caller stops.

    coefficient(mdp, pi_old) is the C of a step: the theory's by default. Schulman et al. 2015, Algorithm 1.
    """
    while True:
        pi_old, C = pi, coefficient(mdp, pi)
        pi = maximise_minorizer(mdp, pi_old, C)
        M = minorizer(mdp, pi_old, pi, C)
        yield MMStep(pi, values.expected_return(mdp, pi), M, max_kl(pi_old, pi), C)


def maximise_minorizer(mdp, pi_old, coefficient):
    """argmax_pi L(pi) - C max_s KL(old || pi)(s) [S, A], over all policies.

    It is `maximise_under_kl` with the best radius, in every state: where rho_old(s) = 0 a better row adds
    nothing to L, but it is free within the radius of the others, and never lowers eta. C = 0: greedy.
    pi_old stays if no radius pays. Every deterministic pi_old stays under the theory's C if gamma >= 1/5: to
    leave its actions with probability p costs KL >= p and gains <= p epsilon / (1 - gamma) <= p C.
    ValueError for a negative or NaN coefficient.
    """
    pi_old = require_policy(mdp, pi_old, "pi_old")
    if not coefficient >= 0:
        raise ValueError(f"coefficient: expected a number >= 0, got {coefficient}")
    rho, advantages = values.visitation(mdp, pi_old), values.advantages(mdp, pi_old)
    return maximise_under_kl(pi_old, advantages, _best_radius(rho, pi_old, advantages, coefficient))


def maximise_under_kl(pi_old, advantages, alpha):
    """argmax_pi sum_a pi(a|s) A(s, a) subject to KL(old || pi)(s) <= alpha [S, A], in each state s.

    With the advantages of pi_old this is the exact trust-region step: the largest L with max KL <= alpha.
    pi(a|s) = multiplier pi_old(a|s) / (nu - A(s, a)), with the nu > A(s, a) for which the KL is alpha: it is
    Lagrange's condition, and the multiplier is what one more nat would gain.
    Where the best action (the first of equals) has pi_old(a|s) = 0, nu stops at its A(s, a): what is left of
    alpha then moves the share 1 - exp(-left) of the row to it. No other action leaves or reaches zero.
    Where the actions of pi_old are equally good, and none is better, the row stays.
    alpha = inf: greedy. Else a radius above LARGEST_KL counts as LARGEST_KL, one below NEGLIGIBLE_KL as 0.
    ValueError for a negative or NaN alpha, rows of pi_old off the simplex, and unequal shapes.
    """
    pi_old, advantages = np.asarray(pi_old, dtype=float), np.asarray(advantages, dtype=float)
    require_shape("advantages", advantages, pi_old.shape)
    require_distributions("pi_old", pi_old)
    if not alpha >= 0:
        raise ValueError(f"alpha: expected a KL >= 0, got {alpha}")
    if alpha < NEGLIGIBLE_KL:
        return pi_old.copy()
    return greedy(advantages) if alpha == np.inf else _maximiser(pi_old, advantages, alpha)[0]


def _best_radius(rho, pi_old, advantages, C):
    """alpha >= 0 with the largest sum_s rho(s) v_s(alpha) - C alpha; v_s is the maximum of maximise_under_kl.

    v_s is concave and its slope is the multiplier: alpha solves sum_s rho(s) multiplier_s(alpha) = C.
    """

    def log_slope(log_alpha):
        _, multipliers, elasticities = _maximiser(pi_old, advantages, np.exp(log_alpha))
        slope = rho @ multipliers
        return np.log(slope), (rho * multipliers) @ elasticities / slope

    if rho @ _maximiser(pi_old, advantages, NEGLIGIBLE_KL)[1] <= C:
        return 0.0
    if C == 0:
        return np.inf
    deviation = np.sqrt(np.einsum("sa,sa->s", pi_old, advantages**2))
    limit = rho @ np.ptp(advantages, axis=1)  # of the gain: alpha < limit / C
    with np.errstate(divide="ignore"):
        small = 2 * np.log(rho @ deviation) - 2 * np.log(C) - np.log(2)  # as v_s -> sqrt(2 alpha) deviation_s
    low, high = np.log(NEGLIGIBLE_KL), np.log(limit) - np.log(C)
    return np.exp(_root(log_slope, np.log(C), low, high, np.clip(small, low, high)))


def _maximiser(pi_old, advantages, alpha):
    """pi, its multiplier dv/dalpha [S] and the elasticity dlog(multiplier)/dlog(alpha) [S]; 0 < alpha < inf.

    best = the largest A(s, a) of the actions in pi_old; gaps = best - A(s, a); t = nu - best.
    """
    alpha = np.minimum(alpha, LARGEST_KL)
    taken = pi_old > SMALLEST_PROBABILITY
    top = advantages.max(axis=1, keepdims=True)
    best = np.where(taken, advantages, -np.inf).max(axis=1, keepdims=True)
    gaps = np.where(taken, best - advantages, 0)
    spread = top - best + gaps.max(axis=1, keepdims=True)
    unit = np.where(spread > 0, spread, 1)
    pi_best = np.sum(pi_old * (taken & (gaps == 0)), axis=1, keepdims=True)
    floor = np.maximum(top - best, SMALLEST_GAP * pi_best * unit)
    within = np.minimum(alpha, _tilt(pi_old, gaps, floor)[1])
    t = _gap_for(within, pi_old, gaps, floor, unit)
    z, _, variance, mean = _tilt(pi_old, gaps, t)
    kept = np.where(top > best, np.exp(within - alpha), 1)
    pi = np.where(taken, kept * z * pi_old, pi_old) + (1 - kept) * greedy(advantages)
    multiplier = np.where(spread > 0, kept * t / mean, 0)
    elasticity = -alpha * (1 + np.divide(1, variance, out=np.zeros_like(t), where=within == alpha))
    return pi, multiplier[:, 0], elasticity[:, 0]


def _gap_for(alpha, pi_old, gaps, floor, unit):
    """t >= floor [S, 1] such that pi = pi_old / (t + gaps), normalised, has KL alpha; unit >= gaps."""

    def log_kl(log_t):
        _, kl, variance, mean = _tilt(pi_old, gaps, np.exp(log_t))
        return np.log(kl), -np.minimum(mean * variance / kl, 2)  # above 2 it is rounding

    with np.errstate(divide="ignore", invalid="ignore"):
        enough = unit / 2 / np.sqrt(np.expm1(alpha))  # Kantorovich: KL <= log(1 + (unit / 2t)^2)
        high = np.where(alpha < NEGLIGIBLE_KL / 2, floor, np.maximum(floor, enough))
        return np.exp(_root(log_kl, np.log(alpha), np.log(floor), np.log(high), np.log(high)))


def _tilt(pi_old, gaps, t):
    """z = pi / pi_old, KL(old || pi), the variance of z and its norm, for pi ~ pi_old / (t + gaps)."""
    share = t / (t + gaps)
    mean = np.sum(pi_old * share, axis=1, keepdims=True)
    z = share / mean
    # As sum_a pi_old z = 1, the KL is a sum of terms >= 0: nothing cancels, however small the step.
    kl = np.sum(pi_old * (z - 1 - np.log(z)), axis=1, keepdims=True)
    variance = np.sum(pi_old * (z - 1) * (z - 1), axis=1, keepdims=True)
    return z, kl, variance, mean


def _root(f, target, low, high, x):
    """x in [low, high] where a falling function passes `target`, elementwise; f(x) = (value, slope).

    Newton's method from x; a step that would leave the bracket goes to its middle instead.
    """
    for _ in range(200):
        with np.errstate(divide="ignore", invalid="ignore"):
            value, slope = f(x)
            step = (target - value) / slope
        low, high = np.where(value > target, x, low), np.where(value > target, high, x)
        trusted = (low <= x + step) & (x + step <= high) | (np.abs(step) <= CLOSE)
        step = np.where(trusted, step, (low + high) / 2 - x)
        x = x + step
        if np.all(np.abs(step) <= CLOSE):
            break
    return x

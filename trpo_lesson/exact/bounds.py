"""Lower bounds of eta(pi_new): the surrogate L, less the most that the old policy's states can mislead it by.

The functions of BOUNDS read (mdp, pi_old, pi_new) and return a number that eta(pi_new) never falls below.
They differ in how they measure the step (TV or KL, the largest or the mean over states), in the largest
advantage they reckon with (epsilon or epsilon_new, below), and so in the coefficient C. L includes
eta(pi_old). KL is in nats, and where it is infinite the bound is -inf: it claims nothing.
"""

import math

import numpy as np

from trpo_lesson.exact.divergences import max_kl, mean_kl, total_variation
from trpo_lesson.exact.mdp import require_distributions, require_policy, require_shape
from trpo_lesson.exact.policies import mixture
from trpo_lesson.exact.surrogate import surrogate
from trpo_lesson.exact.values import TIE_TOLERANCE, advantages, expected_return, visitation


def largest_advantage(mdp, pi_old):
    """epsilon = max_{s,a} |A_old(s, a)|: of the old policy alone (Schulman et al. 2015, Theorem 1)."""
    return float(np.abs(advantages(mdp, pi_old)).max())


def largest_mean_advantage(mdp, pi_old, pi):
    """epsilon_new = max_s |sum_a pi(a|s) A_old(s, a)| with pi = pi_new: its largest gain or loss in a state.

    Achiam et al. 2017, Corollary 1. The mixture bound takes the same maximum with pi = pi_target.
    """
    pi = require_policy(mdp, pi)
    return float(np.abs(np.einsum("sa,sa->s", pi, advantages(mdp, pi_old))).max())


def penalty_coefficient(mdp, pi_old):
    """C = 4 epsilon gamma / (1 - gamma)^2, with epsilon = max_{s,a} |A_old(s, a)|.

    Schulman et al. 2015, Theorem 1 and Algorithm 1.
    """
    return 4 * largest_advantage(mdp, pi_old) * mdp.gamma / (1 - mdp.gamma) ** 2


def penalty(coefficient, divergence):
    """coefficient * divergence, with 0 * inf = 0: where nothing can be lost, no step costs anything."""
    return float(coefficient * divergence) if coefficient > 0 else 0.0


def max_tv_bound(mdp, pi_old, pi_new):
    """eta(pi_new) >= L - C alpha^2, with C = 4 epsilon gamma / (1 - gamma)^2 and alpha = max_s TV(s).

    Schulman et al. 2015, Theorem 1 (Eq. 8). epsilon = max_{s,a} |A_old(s, a)|.
    """
    C = penalty_coefficient(mdp, pi_old)
    alpha = total_variation(pi_old, pi_new).max()
    return surrogate(mdp, pi_old, pi_new) - penalty(C, alpha**2)


def max_kl_bound(mdp, pi_old, pi_new):
    """eta(pi_new) >= L - C max_s KL(old || new)(s), with C = 4 epsilon gamma / (1 - gamma)^2.

    Schulman et al. 2015, Eq. 9: Theorem 1 with TV^2 <= KL. epsilon = max_{s,a} |A_old(s, a)|.
    """
    C = penalty_coefficient(mdp, pi_old)
    return surrogate(mdp, pi_old, pi_new) - penalty(C, max_kl(pi_old, pi_new))


def pinsker_bound(mdp, pi_old, pi_new):
    """eta(pi_new) >= L - C/2 max_s KL(old || new)(s), with C = 4 epsilon gamma / (1 - gamma)^2.

    Theorem 1 with Pinsker's TV^2 <= KL/2: half the penalty of Eq. 9. epsilon = max_{s,a} |A_old(s, a)|.
    """
    C = penalty_coefficient(mdp, pi_old)
    return surrogate(mdp, pi_old, pi_new) - penalty(C / 2, max_kl(pi_old, pi_new))


def coupling_bound(mdp, pi_old, pi_new):
    """eta(pi_new) >= L - C alpha^2, with C = 4 epsilon gamma / ((1-gamma) (1-gamma (1-alpha))).

    Schulman et al. 2015, Eq. 44: Theorem 1 before its last step. alpha = max_s TV(s).
    epsilon = max_{s,a} |A_old(s, a)|.
    """
    gamma, epsilon = mdp.gamma, largest_advantage(mdp, pi_old)
    alpha = total_variation(pi_old, pi_new).max()
    C = 4 * epsilon * gamma / ((1 - gamma) * (1 - gamma * (1 - alpha)))
    return surrogate(mdp, pi_old, pi_new) - penalty(C, alpha**2)


def mean_tv_bound(mdp, pi_old, pi_new):
    """eta(pi_new) >= L - C sum_s d_old(s) TV(s), with C = 2 epsilon_new gamma / (1 - gamma)^2.

    Achiam et al. 2017, Corollary 1; d_old = (1 - gamma) rho_old sums to one.
    epsilon_new = max_s |sum_a pi_new(a|s) A_old(s, a)|.
    """
    C = _mean_coefficient(mdp, pi_old, pi_new)
    d = (1 - mdp.gamma) * visitation(mdp, pi_old)
    return surrogate(mdp, pi_old, pi_new) - penalty(C, d @ total_variation(pi_old, pi_new))


def mean_kl_bound(mdp, pi_old, pi_new):
    """eta(pi_new) >= L - C sqrt(delta/2), with C = 2 epsilon_new gamma / (1 - gamma)^2.

    Achiam et al. 2017, Corollary 3: Corollary 1 with the inequalities of Pinsker and Jensen.
    delta = sum_s d_old(s) KL(new || old)(s): the reverse of TRPO's KL (TV is symmetric, both are bounds).
    epsilon_new = max_s |sum_a pi_new(a|s) A_old(s, a)|.
    """
    C = _mean_coefficient(mdp, pi_old, pi_new)
    delta = mean_kl(pi_new, pi_old, visitation(mdp, pi_old))
    return surrogate(mdp, pi_old, pi_new) - penalty(C, math.sqrt(delta / 2))


def trust_region_bound(mdp, pi_old, pi_new):
    """eta(pi_new) >= min(L, eta(pi_old)) - C sqrt(delta/2), with C = 2 epsilon_new gamma / (1 - gamma)^2.

    Achiam et al. 2017, Proposition 1: the most that a step with L >= eta(pi_old) can lose. A step with
    L < eta(pi_old) is outside the proposition: then min keeps L, and this is Corollary 3.
    delta = sum_s d_old(s) KL(new || old)(s). epsilon_new = max_s |sum_a pi_new(a|s) A_old(s, a)|.
    """
    C = _mean_coefficient(mdp, pi_old, pi_new)
    delta = mean_kl(pi_new, pi_old, visitation(mdp, pi_old))
    L = surrogate(mdp, pi_old, pi_new)
    return min(L, expected_return(mdp, pi_old)) - penalty(C, math.sqrt(delta / 2))


BOUNDS = {
    "Schulman Eq. 8 (max TV)": max_tv_bound,
    "Schulman Eq. 9 (max KL)": max_kl_bound,
    "Pinsker (max KL)": pinsker_bound,
    "Schulman Eq. 44 (coupling)": coupling_bound,
    "Achiam Cor. 1 (mean TV)": mean_tv_bound,
    "Achiam Cor. 3 (mean KL)": mean_kl_bound,
    "Achiam Prop. 1 (trust region)": trust_region_bound,
}


def mixture_bound(mdp, pi_old, pi_target, alpha):
    """eta(pi_new) >= L(pi_new) - C alpha^2, with C = 2 epsilon gamma / ((1-gamma) (1-gamma (1-alpha))).

    pi_new = (1 - alpha) pi_old + alpha pi_target. Kakade & Langford 2002; Schulman et al. 2015, Eq. 6, before
    its denominator is rounded to (1 - gamma)^2. For each alpha and gamma some MDP attains it.
    epsilon = max_s |sum_a pi_target(a|s) A_old(s, a)|, of the target: pi_new's is alpha times as large, and
    the bound would be false. ValueError for alpha outside [0, 1].
    """
    gamma, epsilon = mdp.gamma, largest_mean_advantage(mdp, pi_old, pi_target)
    pi_new = mixture(pi_old, pi_target, alpha)
    C = 2 * epsilon * gamma / ((1 - gamma) * (1 - gamma * (1 - alpha)))
    return surrogate(mdp, pi_old, pi_new) - penalty(C, alpha**2)


def best_mixing_weight(mdp, pi_old, pi_target):
    """The alpha in [0, 1] at which `mixture_bound` is largest: the step that the bound certifies best.

    alpha = (1-gamma)/gamma (1 / sqrt(1 - A_d / (2 epsilon)) - 1), at most 1, with epsilon of the target and
    A_d = sum_s d(s) sum_a pi_target(a|s) A_old(s, a), d normalised. There the bound exceeds eta(pi_old) by
    2 epsilon / gamma (1 - sqrt(1 - A_d / (2 epsilon)))^2, unless alpha was cut at 1.
    0 unless A_d > 0 beyond rounding. A_d <= epsilon: below 1, alpha is at most (sqrt(2)-1) (1-gamma)/gamma.
    """
    gamma, epsilon = mdp.gamma, largest_mean_advantage(mdp, pi_old, pi_target)
    d = (1 - gamma) * visitation(mdp, pi_old)
    A_d = float(np.einsum("s,sa,sa->", d, pi_target, advantages(mdp, pi_old)))
    if not A_d > TIE_TOLERANCE * np.abs(mdp.r).max() / (1 - gamma):
        return 0.0
    stretch = math.expm1(-math.log1p(-A_d / (2 * epsilon)) / 2)  # 1 / sqrt(...) - 1, to the last digit
    return min(1.0, (1 - gamma) * stretch / gamma) if gamma > 0 else 1.0


def reuse_bound(mdp, pi_olds, pi_new, *, weights=None):
    """eta(pi_new) >= eta(pi_k) + sum_i w_i (G_i - C sum_s d_i(s) TV_i(s)), from samples of pi_1 ... pi_k.

    pi_olds = (pi_1, ..., pi_k), the oldest first: pi_k is the current policy, and A_k are its advantages.
    G_i = sum_s rho_i(s) sum_a pi_new(a|s) A_k(s, a): samples of pi_i estimate it with ratios pi_new / pi_i.
    TV_i = TV(pi_i, pi_new), and C = 2 epsilon_new gamma / (1 - gamma)^2.
    w = `weights` [k], a distribution: the share of pi_i in the batch. Equal shares by default.
    Queeney et al. 2021. With pi_k alone it is Corollary 1 of Achiam et al. 2017.
    epsilon_new = max_s |sum_a pi_new(a|s) A_k(s, a)|.
    ValueError for no policy, and for weights that are not a distribution over the policies.
    """
    k = len(pi_olds)
    if k == 0:
        raise ValueError("pi_olds: expected at least one policy, got none")
    weights = np.full(k, 1 / k) if weights is None else np.asarray(weights, dtype=float)
    require_shape("weights", weights, (k,))
    require_distributions("weights", weights)
    C = _mean_coefficient(mdp, pi_olds[-1], pi_new)
    rho = np.array([visitation(mdp, pi) for pi in pi_olds])
    tv = np.array([total_variation(pi, pi_new) for pi in pi_olds])
    gain = np.einsum("i,is,sa,sa->", weights, rho, pi_new, advantages(mdp, pi_olds[-1]))
    mean_tv = (1 - mdp.gamma) * np.einsum("i,is,is->", weights, rho, tv)
    return expected_return(mdp, pi_olds[-1]) + float(gain) - penalty(C, mean_tv)


def _mean_coefficient(mdp, pi_old, pi_new):
    """2 epsilon_new gamma / (1 - gamma)^2."""
    return 2 * largest_mean_advantage(mdp, pi_old, pi_new) * mdp.gamma / (1 - mdp.gamma) ** 2

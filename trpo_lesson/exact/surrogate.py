"""The performance-difference identity and the surrogate L: one sum, with rho of the new or the old policy."""

import numpy as np

from trpo_lesson.exact.mdp import require_policy
from trpo_lesson.exact.values import advantages, expected_return, visitation


def performance_difference(mdp, pi_old, pi_new):
    """eta(pi_new) - eta(pi_old) = sum_s,a rho_new(s) pi_new(a|s) A_old(s, a).

    Kakade & Langford 2002; Schulman et al. 2015, Eq. 2. Computed as this sum,
    not as a difference of returns.
    """
    pi_new = require_policy(mdp, pi_new, "pi_new")
    rho, A = visitation(mdp, pi_new), advantages(mdp, pi_old)
    return float(np.einsum("s,sa,sa->", rho, pi_new, A))


def surrogate(mdp, pi_old, pi_new):
    """L_old(pi_new) = eta(pi_old) + sum_s rho_old(s) sum_a pi_new(a|s) A_old(s, a).

    Schulman et al. 2015, Eq. 3: the states are still those of the old policy. It includes eta(pi_old).
    """
    pi_new = require_policy(mdp, pi_new, "pi_new")
    gain = np.einsum("s,sa,sa->", visitation(mdp, pi_old), pi_new, advantages(mdp, pi_old))
    return expected_return(mdp, pi_old) + float(gain)

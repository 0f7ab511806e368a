"""Returns and advantages over batches [T, N]: a truncation bootstraps, a termination does not.

`next_values` [T, N] is the value of what each step really led to: V of the next observation, of the true last
observation where the episode ended, and at the end of the batch V of where it stopped.
"""

import numpy as np


def temporal_differences(rewards, values, next_values, terminated, *, gamma):
    """delta [T, N] = r_t + gamma V(s_t+1) - V(s_t); V(s_t+1) = 0 after a termination, and only there."""
    return rewards + gamma * np.where(terminated, 0, next_values) - values


def generalised_advantages(rewards, values, next_values, terminated, truncated, *, gamma, lam, traces=None):
    """advantages [T, N] = sum_k (gamma lam)^k delta_t+k, to the end of the episode or of the batch.

    GAE(gamma, lambda), Schulman et al. 2016. With the exact V it is unbiased for every lam in [0, 1]; lam = 0
    is the temporal difference, lam = 1 the return minus V. `traces` [T, N] cut the sum where actions came
    from another policy: A_t = delta_t + gamma lam traces_t+1 A_t+1 (Munos et al. 2016).

    Summed by doubling (Hillis & Steele 1986): a round joins the `reach` terms from t on with those from
    t + reach on, and log2 T rounds over all t at once take the place of T steps back in time.
    """
    sums = temporal_differences(rewards, values, next_values, terminated, gamma=gamma)
    decay = np.where(terminated | truncated, 0, gamma * lam).astype(sums.dtype)
    if traces is not None:
        decay[:-1] *= traces[1:]
    reach = 1
    while reach < len(sums):
        sums[:-reach] += decay[:-reach] * sums[reach:]
        decay[:-reach] *= decay[reach:]  # of the next round; entries beyond the end are not used
        reach *= 2
    return sums


def discounted_returns(rewards, next_values, terminated, truncated, *, gamma):
    """returns [T, N] = r_t + gamma r_t+1 + ... to the end of the episode or batch, and the value there.

    After a termination that is nothing; after a truncation, and at the batch's end, gamma^k `next_values`.
    """
    ends = terminated | truncated
    ends[-1] = True
    boundary = np.where(ends, next_values, 0)
    nothing = np.zeros_like(boundary)
    return generalised_advantages(rewards, nothing, boundary, terminated, truncated, gamma=gamma, lam=1.0)


def explained_variance(predictions, targets):
    """1 - Var(targets - predictions) / Var(targets): 1 is perfect, 0 no better than a constant.

    NaN where the targets do not vary.
    """
    variance = float(np.var(targets))
    return 1 - float(np.var(targets - predictions)) / variance if variance > 0 else np.nan

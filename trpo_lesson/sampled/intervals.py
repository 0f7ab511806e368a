"""What runs with several seeds say together: the interquartile mean and its bootstrap interval.

Agarwal et al. 2021, section 4: a few seeds say little, and the interval says how little.
"""

import numpy as np


def interquartile_mean(scores):
    """The mean of the middle half of `scores` [n, ...] over its first axis: a quarter is cut at each end.

    int(n / 4) runs go at each end, the rounding of scipy.stats.trim_mean; so fewer than four runs keep all.
    """
    ordered = np.sort(scores, axis=0)
    cut = len(ordered) // 4
    return ordered[cut : len(ordered) - cut].mean(axis=0)


def bootstrap_interval(scores, statistic=interquartile_mean, *, rng, level=0.95, resamples=2000):
    """(low, high) [...]: the percentile bootstrap interval of `statistic` for the runs `scores` [n, ...].

    Whole runs are drawn again with replacement (Efron 1979), so a curve [n, K] keeps the order in each run.
    It says how far the statistic of other seeds may lie, as far as these n are typical: few seeds make it too
    narrow. Raises ValueError for fewer than two runs, which cannot differ.
    """
    scores = np.asarray(scores, dtype=float)
    if len(scores) < 2:
        raise ValueError(f"scores: expected at least two runs, got {len(scores)}")
    draws = rng.integers(len(scores), size=(resamples, len(scores)))
    drawn = np.array([statistic(scores[draw]) for draw in draws])
    low, high = np.quantile(drawn, ((1 - level) / 2, (1 + level) / 2), axis=0)
    return low, high

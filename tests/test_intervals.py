"""The interquartile mean and the bootstrap interval: by hand, against scipy, and by what they promise."""

import numpy as np
import pytest
from scipy import stats

from trpo_lesson.sampled.intervals import bootstrap_interval, interquartile_mean


def test_a_quarter_is_cut_at_each_end():
    assert interquartile_mean([100.0, 2.0, 3.0, -50.0]) == 2.5
    assert interquartile_mean([1.0, 2.0, 6.0]) == 3.0


@pytest.mark.parametrize("n", [1, 4, 5, 7, 10, 30])
def test_the_interquartile_mean_is_scipys_trimmed_mean(n):
    scores = np.random.default_rng(n).normal(size=(n, 3))
    np.testing.assert_allclose(interquartile_mean(scores), stats.trim_mean(scores, 0.25, axis=0), rtol=1e-12)


def test_the_interval_is_that_of_scipys_percentile_bootstrap():
    scores = np.random.default_rng(0).normal(size=40)
    peer = stats.bootstrap(
        (scores,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(1)
    ).confidence_interval
    ours = bootstrap_interval(scores, np.mean, rng=np.random.default_rng(2), resamples=20_000)
    np.testing.assert_allclose(ours, (peer.low, peer.high), atol=0.01)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    held = [
        low <= 0 <= high
        for low, high in (
            bootstrap_interval(rng.normal(size=40), np.mean, rng=rng, level=0.8, resamples=400)
            for _ in range(400)
        )
    ]
    assert 0.74 < np.mean(held) < 0.84  # 80 %, less a little for so few runs; 4 standard errors are .08


def test_whole_curves_are_drawn_so_that_an_interval_belongs_to_each_point():
    curves = np.array([[0.0, 10.0], [1.0, 11.0], [2.0, 12.0]])
    low, high = bootstrap_interval(curves, _mean, rng=np.random.default_rng(4))
    np.testing.assert_allclose(high - low, (high - low)[0])  # the second column is the first plus ten
    np.testing.assert_allclose(low[1] - low[0], 10)


def _mean(runs):
    return runs.mean(axis=0)


def test_one_run_has_no_interval():
    with pytest.raises(ValueError, match="at least two runs, got 1"):
        bootstrap_interval([1.0], rng=np.random.default_rng(5))

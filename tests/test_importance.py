"""Importance sampling: ratios, sample sizes and the two estimators, by hand, by counting and by formula."""

import numpy as np
import pytest

from trpo_lesson.sampled.importance import (
    effective_sample_size,
    exact_variance,
    ordinary_estimate,
    probability_ratios,
    ratios,
    weighted_estimate,
)

P, Q, F = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5]), np.array([1.0, -2.0, 4.0])


def drawn(N, *, seed=0):
    """(ratios [N], f [N]) at N actions drawn from Q."""
    actions = np.random.default_rng(seed).choice(3, size=N, p=Q)
    return ratios(np.log(P)[actions], np.log(Q)[actions]), F[actions]


def test_ratios_are_new_over_old():
    np.testing.assert_allclose(ratios(np.log([0.5, 0.1]), np.log([0.25, 0.2])), [2, 0.5], rtol=1e-15)


def test_an_action_that_p_never_takes_has_ratio_zero():
    assert ratios(np.array([-np.inf, 0.0]), np.array([-1.0, 0.0])).tolist() == [0, 1]


def test_an_action_that_q_cannot_have_drawn_is_refused():
    with pytest.raises(ValueError, match=r"log_q: expected actions that q can have drawn, got .*-inf"):
        ratios(np.array([-1.0, -1.0]), np.array([-np.inf, -1.0]))


def test_nan_is_refused():
    with pytest.raises(ValueError, match=r"^log_p: expected log-probabilities, got NaN$"):
        ratios(np.array([np.nan]), np.array([-1.0]))
    with pytest.raises(ValueError, match=r"^log_q: expected actions .* got the log-probability nan$"):
        ratios(np.array([-1.0]), np.array([np.nan]))


def test_the_mean_ratio_under_q_is_one_and_reweighting_gives_the_mean_under_p():
    w = probability_ratios(P, Q)
    assert Q @ w == pytest.approx(1, rel=1e-15)
    assert Q @ (w * F) == pytest.approx(P @ F, rel=1e-15)


def test_a_missing_support_is_named():
    p, q = np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(ValueError, match=r"q > 0 wherever p > 0, got p = 0.5 and q = 0.0 at \(0, 1\)"):
        probability_ratios(p, q)
    assert probability_ratios(q, np.array([[1.0, 0.0], [0.5, 0.5]])).tolist() == [[1, 0], [0, 2]]


def test_a_distribution_is_compared_with_each_row_of_a_policy():
    rows = np.array([[0.5, 0.5], [0.2, 0.8]])
    np.testing.assert_allclose(probability_ratios([0.4, 0.6], rows), [[0.8, 1.2], [2, 0.75]])
    np.testing.assert_allclose(probability_ratios(rows, [0.4, 0.6]), [[1.25, 5 / 6], [0.5, 4 / 3]])


def test_the_variance_by_hand():
    # p = (1/2, 1/2), q = (1/4, 3/4), f = 1: w = 2, 2/3; E w^2 = 1 + 1/3
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    assert exact_variance(p, q, np.ones(2)) == pytest.approx(1 / 3, rel=1e-14)
    assert exact_variance(p, p, np.ones(2)) == pytest.approx(0, abs=1e-15)


def test_the_best_q_is_proportional_to_p_times_size_of_f():
    best = P * np.abs(F) / (P @ np.abs(F))
    rng = np.random.default_rng(0)
    others = rng.dirichlet(np.ones(3), size=200)
    assert all(exact_variance(P, best, F) <= exact_variance(P, q, F) for q in others)
    assert exact_variance(P, best, np.abs(F)) == pytest.approx(0, abs=1e-14)


def test_the_effective_sample_size_by_hand():
    assert effective_sample_size(np.full(7, 0.3)) == pytest.approx(7, rel=1e-15)
    assert effective_sample_size(np.array([1.0, 0.0, 0.0])) == 1
    assert effective_sample_size(np.array([1.0, 2.0, 3.0])) == pytest.approx(36 / 14)


def test_an_effective_sample_size_of_nothing_is_refused():
    with pytest.raises(ValueError, match=r"^ratios: expected at least one above 0, got none$"):
        effective_sample_size(np.zeros(3))


def test_the_ordinary_estimate_is_within_its_standard_error_which_the_formula_confirms():
    N = 50_000
    mean, error = ordinary_estimate(*drawn(N))
    assert abs(mean - P @ F) < 4 * error
    assert error == pytest.approx(np.sqrt(exact_variance(P, Q, F) / N), rel=0.02)


def test_the_ordinary_estimate_by_hand():
    # terms 2, 6: mean 4, standard deviation sqrt(8), standard error sqrt(8 / 2)
    mean, error = ordinary_estimate(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    assert (mean, error) == (4, pytest.approx(2, rel=1e-15))


def test_the_weighted_estimate_by_hand():
    # (1*2 + 3*6) / 4 = 5; sqrt((1*3)^2 + (3*1)^2) / 4
    mean, error = weighted_estimate(np.array([1.0, 3.0]), np.array([2.0, 6.0]))
    assert (mean, error) == (5, pytest.approx(np.sqrt(18) / 4, rel=1e-15))


def test_the_standard_error_of_the_weighted_estimate_is_the_spread_over_repetitions():
    N, repetitions = 400, 1_000
    estimates = np.array([weighted_estimate(*drawn(N, seed=seed)) for seed in range(repetitions)])
    spread = estimates[:, 0].std()
    assert estimates[:, 1].mean() == pytest.approx(spread, rel=4 / np.sqrt(2 * repetitions))
    assert abs(estimates[:, 0].mean() - P @ F) < 4 * spread / np.sqrt(repetitions) + 2 / N


def test_the_weighted_estimate_never_leaves_the_range_of_f_and_the_ordinary_one_does():
    w, f = np.array([5.0, 4.0]), np.array([1.0, 2.0])
    assert 1 <= weighted_estimate(w, f)[0] <= 2 < ordinary_estimate(w, f)[0]

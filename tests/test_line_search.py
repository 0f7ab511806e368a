"""Backtracking on functions whose values are known by hand, and the acceptance rules at their edges."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from trpo_lesson.steps.line_search import (
    improves_as_expected,
    improves_within,
    line_search,
    no_loss_within,
    refused,
)

THETA, STEP = np.array([1.0, 2.0]), np.array([8.0, -8.0])


def length_of(theta):
    return (theta[0] - THETA[0]) / STEP[0]


def record_lengths(accept_at_most, **options):
    """The lengths that a search tries if only those up to `accept_at_most` are acceptable, and its result."""
    tried = []

    def evaluate(theta):
        np.testing.assert_array_equal(theta, THETA + length_of(theta) * STEP)
        tried.append(length_of(theta))
        return tried[-1]

    return tried, line_search(evaluate, lambda length: length <= accept_at_most, THETA, STEP, **options)


def test_the_full_step_is_tried_first_and_taken_if_it_is_acceptable():
    tried, result = record_lengths(1)
    assert tried == [1]
    assert result.accepted
    assert (result.step_length, result.reason, result.evaluation) == (1, "", 1)
    np.testing.assert_array_equal(result.theta, THETA + STEP)


def test_the_step_is_halved_until_the_first_acceptable_length():
    tried, result = record_lengths(0.3)
    assert tried == [1, 1 / 2, 1 / 4]
    assert (result.step_length, result.evaluation) == (1 / 4, 1 / 4)
    np.testing.assert_array_equal(result.theta, [3, 0])


def test_left_alone_it_halves_ten_times_and_no_more():
    tried, result = record_lengths(2.0**-10)
    assert tried == [2.0**-k for k in range(11)]
    assert result.accepted
    assert not record_lengths(2.0**-11)[1].accepted


def test_shrink_and_the_number_of_backtracks_can_be_chosen():
    tried, result = record_lengths(0.3, shrink=0.75, max_backtracks=3)
    assert tried == [1, 3 / 4, 9 / 16, 27 / 64]
    assert not result.accepted
    assert record_lengths(0.45, shrink=0.75, max_backtracks=3)[1].step_length == 27 / 64


def test_a_step_refused_at_every_length_leaves_theta_and_says_what_was_last():
    result = line_search(
        lambda theta: (-length_of(theta), 0.5), improves_within(0.1), THETA, STEP, max_backtracks=2
    )
    assert not result.accepted
    assert result.step_length == 0
    assert result.evaluation == (-1 / 4, 0.5)
    assert (
        result.reason == "no length from 1 down to 0.25 was accepted; there the evaluation was (-0.25, 0.5)"
    )
    np.testing.assert_array_equal(result.theta, THETA)


def test_the_trpo_rule_takes_the_longest_step_that_improves_within_delta():
    def gain_and_kl(theta):  # gain t(1 - t) > 0 for t < 1; KL 2 t^2 <= 1/8 for t <= 1/4
        t = length_of(theta)
        return t * (1 - t), 2 * t**2

    assert line_search(gain_and_kl, improves_within(1 / 8), THETA, STEP).step_length == 1 / 4
    assert line_search(gain_and_kl, improves_within(1), THETA, STEP).step_length == 1 / 2


@pytest.mark.parametrize("poison", [(np.nan, 0.0), (1.0, np.nan), (np.inf, 0.0), (1.0, -np.inf)])
def test_no_rule_can_accept_an_evaluation_that_is_not_finite(poison):
    result = line_search(lambda theta: poison, lambda evaluation: True, THETA, STEP)
    assert not result.accepted
    assert result.reason.endswith(f"the evaluation was ({poison[0]:.3g}, {poison[1]:.3g})")
    longer = line_search(
        lambda theta: poison if length_of(theta) > 0.5 else (1, 0), lambda _: True, THETA, STEP
    )
    assert longer.step_length == 1 / 2


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_step_that_is_not_finite_is_refused_without_an_evaluation(poison):
    result = line_search(
        lambda theta: pytest.fail("evaluated"), lambda _: True, THETA, np.array([1.0, poison])
    )
    assert not result.accepted
    assert result.reason == "expected a finite step, got NaN or infinity"
    assert result.evaluation is None
    np.testing.assert_array_equal(result.theta, THETA)


def test_a_zero_step_is_refused_without_an_evaluation():
    result = line_search(lambda theta: pytest.fail("evaluated"), lambda _: True, THETA, np.zeros(2))
    assert (result.accepted, result.reason, result.evaluation) == (False, "the step is zero", None)


def test_theta_keeps_its_dtype_and_the_result_is_read_only_and_its_own():
    theta, step = np.float32([1, 2]), np.float32([0.5, 0])
    taken = line_search(lambda t: 0.0, lambda _: True, theta, step)
    kept = line_search(lambda t: 0.0, lambda _: False, theta, step)
    for result in (taken, kept, refused(theta, "no reason")):
        assert result.theta.dtype == np.float32
        assert not np.shares_memory(result.theta, theta)
        with pytest.raises(ValueError, match="read-only"):
            result.theta[0] = 0
    theta[0] = 5  # the caller's own array stays writeable
    assert kept.theta[0] == 1
    with pytest.raises(FrozenInstanceError):
        kept.accepted = True
    assert kept == kept != refused(theta, kept.reason)


def test_the_rule_of_the_paper_wants_a_strict_gain_and_a_kl_of_at_most_delta():
    accept = improves_within(0.01)
    assert accept((1e-9, 0.01))
    assert accept((1e-9, 0.0))
    assert not accept((0.0, 0.0))
    assert not accept((0.0, 0.005))
    assert not accept((1.0, np.nextafter(0.01, 1)))
    assert not accept((np.nan, 0.0))
    assert not accept((1.0, np.nan))


def test_the_rule_of_baselines_takes_no_gain_and_half_as_much_kl_again():
    accept = no_loss_within(1.0)
    assert accept((0.0, 1.5))
    assert not accept((-1e-9, 0.0))
    assert not accept((1.0, 1.5000001))
    assert no_loss_within(1.0, slack=2.0)((0.0, 2.0))
    assert not no_loss_within(2.0, slack=1.0)((0.0, 2.1))
    assert not no_loss_within(0.5)((0.0, 1.0))


def test_the_rule_of_modular_rl_compares_with_the_promised_gain_and_ignores_the_kl():
    accept = improves_as_expected()
    assert accept((0.11, 1e6, 1.0))
    assert not accept((0.1, 0.0, 1.0))
    assert accept((0.3, 0.0, 2.0))
    assert not accept((0.1, 0.5, 2.0))
    assert not accept((0.0, 0.5, -1.0))
    assert not improves_as_expected(ratio=0.5)((0.4, 0.0, 1.0))

"""Total variation and KL: argument order, edge values, and the means over states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr
from strategies import mdps, policies_of, policy_pairs

from trpo_lesson.exact import divergences

# By hand, with halves and quarters:
#   TV(p, q)  = 1/2 (|1/2 - 1/4| + |1/2 - 3/4|) = 1/4
#   KL(p || q) = 1/2 log 2 + 1/2 log 2/3 = 1/2 log 4/3
#   KL(q || p) = 1/4 log 1/2 + 3/4 log 3/2 = 1/4 log 27/16
FAIR, SKEW = np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])
KL_FAIR_SKEW, KL_SKEW_FAIR = np.log(4 / 3) / 2, np.log(27 / 16) / 4

THREE_STATES = np.array([[0.5, 0.5], [0.5, 0.5], [0.25, 0.75]])
THREE_OTHERS = np.array([[0.5, 0.5], [0.25, 0.75], [0.5, 0.5]])  # KL: 0, KL_FAIR_SKEW, KL_SKEW_FAIR


def test_total_variation_of_a_fair_and_a_skew_coin_is_a_quarter():
    np.testing.assert_array_equal(divergences.total_variation(FAIR, SKEW), [0.25])


def test_the_first_argument_of_kl_is_the_one_before_the_bars():
    np.testing.assert_allclose(divergences.kl(FAIR, SKEW), [KL_FAIR_SKEW], rtol=1e-14)
    np.testing.assert_allclose(divergences.kl(SKEW, FAIR), [KL_SKEW_FAIR], rtol=1e-14)
    assert KL_SKEW_FAIR < KL_FAIR_SKEW  # so that a swap cannot hide


def test_max_kl_is_the_largest_over_states_of_old_from_new():
    assert divergences.max_kl(THREE_STATES, THREE_OTHERS) == pytest.approx(KL_FAIR_SKEW, rel=1e-14)
    assert divergences.max_kl(SKEW, FAIR) == pytest.approx(KL_SKEW_FAIR, rel=1e-14)
    assert isinstance(divergences.max_kl(SKEW, FAIR), float)


def test_mean_kl_weighs_the_kl_of_old_from_new_state_by_state():
    mean = divergences.mean_kl(THREE_STATES, THREE_OTHERS, [0.5, 0.25, 0.25])
    assert mean == pytest.approx((KL_FAIR_SKEW + KL_SKEW_FAIR) / 4, rel=1e-14)
    assert divergences.mean_kl(SKEW, FAIR, [1]) == pytest.approx(KL_SKEW_FAIR, rel=1e-14)
    assert isinstance(mean, float)


def test_two_distributions_of_one_state_have_one_divergence():
    assert divergences.total_variation(FAIR[0], SKEW[0]) == 0.25
    assert divergences.kl(FAIR[0], SKEW[0]) == pytest.approx(KL_FAIR_SKEW, rel=1e-14)


def test_deterministic_policies_may_be_given_as_booleans():
    left, right = [[True, False]], [[False, True]]
    np.testing.assert_array_equal(divergences.total_variation(left, right), [1])
    np.testing.assert_array_equal(divergences.kl(left, left), [0])


@given(st.data())
def test_kl_is_scipys_relative_entropy_summed_over_actions(data):
    pi_old, pi_new = data.draw(policy_pairs(data.draw(mdps())))
    expected = rel_entr(pi_old, pi_new).sum(axis=1)
    np.testing.assert_allclose(divergences.kl(pi_old, pi_new), expected, rtol=1e-12, atol=1e-15)


@given(st.data())
def test_total_variation_is_the_largest_difference_in_the_probability_of_any_set_of_actions(data):
    mdp = data.draw(mdps())
    p, q = data.draw(policies_of(mdp)), data.draw(policies_of(mdp))
    subsets = np.array(np.meshgrid(*[[0, 1]] * mdp.n_actions)).reshape(mdp.n_actions, -1)
    largest = np.abs((p - q) @ subsets).max(axis=1)
    np.testing.assert_allclose(divergences.total_variation(p, q), largest, rtol=0, atol=1e-15)


@given(st.data())
def test_pinsker_kl_is_at_least_twice_the_squared_total_variation(data):
    pi_old, pi_new = data.draw(policy_pairs(data.draw(mdps())))
    kl, tv = divergences.kl(pi_old, pi_new), divergences.total_variation(pi_old, pi_new)
    assert (kl >= 2 * tv**2 - 1e-15).all()


@given(st.data())
def test_kl_is_never_negative_and_zero_from_itself(data):
    pi_old, pi_new = data.draw(policy_pairs(data.draw(mdps())))
    assert (divergences.kl(pi_old, pi_new) >= 0).all()
    np.testing.assert_array_equal(divergences.kl(pi_old, pi_old), 0)
    np.testing.assert_array_equal(divergences.total_variation(pi_old, pi_old), 0)


def test_disjoint_policies_have_total_variation_one_and_infinite_kl():
    left, right = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    np.testing.assert_array_equal(divergences.total_variation(left, right), [1])
    np.testing.assert_array_equal(divergences.kl(left, right), [np.inf])


def test_kl_is_infinite_only_where_the_first_acts_and_the_second_never_does():
    sure, fair = np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])
    np.testing.assert_array_equal(divergences.kl(fair, sure), [np.inf])
    np.testing.assert_allclose(divergences.kl(sure, fair), [np.log(2)], rtol=1e-15)
    assert divergences.max_kl(np.vstack([fair, fair]), np.vstack([fair, sure])) == np.inf


def test_the_mean_over_states_is_the_same_for_weights_on_any_scale():
    d = np.array([0.5, 0.25, 0.25])
    from_d = divergences.mean_kl(THREE_STATES, THREE_OTHERS, d)
    assert divergences.mean_kl(THREE_STATES, THREE_OTHERS, d / (1 - 0.99)) == pytest.approx(from_d, rel=1e-14)


def test_a_state_that_is_never_visited_does_not_count_even_if_its_kl_is_infinite():
    pi_old, pi_new = np.vstack([FAIR, FAIR]), np.vstack([[1.0, 0.0], SKEW])
    assert divergences.mean_kl(pi_old, pi_new, [0, 2]) == pytest.approx(KL_FAIR_SKEW, rel=1e-14)
    assert divergences.mean_kl(pi_old, pi_new, [1e-9, 1]) == np.inf


@pytest.mark.parametrize(
    "weights",
    [[0.5, -0.5, 1.0], [0.0, 0.0, 0.0], [np.nan, 0.5, 0.5], [np.inf, 0.5, 0.5], [0.5, 0.5, -np.inf]],
)
def test_weights_must_be_finite_nonnegative_and_not_all_zero(weights):
    message = r"weights: expected finite numbers >= 0, not all zero, got \["
    with pytest.raises(ValueError, match=message):
        divergences.mean_kl(THREE_STATES, THREE_OTHERS, weights)


@pytest.mark.parametrize(("weights", "got"), [([0.5, 0.5], r"\(2,\)"), (np.ones((3, 2)), r"\(3, 2\)")])
def test_there_must_be_one_weight_for_each_state(weights, got):
    with pytest.raises(ValueError, match=rf"weights: expected shape \(3,\), got {got}"):
        divergences.mean_kl(THREE_STATES, THREE_OTHERS, weights)


@pytest.mark.parametrize("divergence", [divergences.kl, divergences.total_variation])
def test_policies_of_two_shapes_are_refused(divergence):
    with pytest.raises(ValueError, match=r"expected two policies of one shape, got \(1, 2\) and \(3, 2\)"):
        divergence(FAIR, THREE_STATES)


@pytest.mark.parametrize("divergence", [divergences.kl, divergences.total_variation])
@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ([[np.nan, 0.5]], ">= 0, got the entry nan"),
        ([[-0.5, 1.5]], ">= 0, got the entry -0.5"),
        ([[1, 1]], "sum 2"),
    ],
)
def test_what_is_no_distribution_has_no_divergence(divergence, broken, message):
    with pytest.raises(ValueError, match=f"^the first policy: expected probabilities .*{message}"):
        divergence(broken, FAIR)
    with pytest.raises(ValueError, match=f"^the second policy: expected probabilities .*{message}"):
        divergence(FAIR, broken)

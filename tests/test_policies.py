"""Policies as arrays, and the softmax families with their Jacobian."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SEEDS

from trpo_lesson.exact import models, policies


@st.composite
def families(draw):
    """A softmax family, aliased by random features or tabular, with a theta."""
    S, A, D = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(SEEDS))
    family = (
        policies.tabular(S, A) if draw(st.booleans()) else policies.aliased(rng.standard_normal((S, A, D)))
    )
    return family, 2 * rng.standard_normal(family.n_parameters)


def softmax_by_hand(features, theta):
    """exp(features . theta) over its sum, in numbers that autograd can differentiate."""
    weights = anp.exp(anp.dot(features, theta))
    return weights / anp.sum(weights, axis=1, keepdims=True)


def test_the_uniform_policy_takes_every_action_equally_often():
    mdp = models.garnet(3, 4, 2, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(policies.uniform(mdp), np.full((3, 4), 0.25))


def test_the_greedy_policy_takes_the_first_of_the_best_actions():
    Q = np.array([[0.0, 2.0, 1.0], [3.0, 1.0, 3.0], [-1.0, -1.0, -1.0]])
    np.testing.assert_array_equal(policies.greedy(Q), [[0, 1, 0], [1, 0, 0], [1, 0, 0]])


def test_a_mixture_moves_the_share_alpha_from_the_old_policy_to_the_target():
    old, target = np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.0, 1.0], [0.5, 0.5]])
    np.testing.assert_array_equal(policies.mixture(old, target, 0.25), [[0.75, 0.25], [0.5, 0.5]])
    np.testing.assert_array_equal(policies.mixture(old, target, 0), old)
    np.testing.assert_array_equal(policies.mixture(old.tolist(), target.tolist(), 1), target)


@pytest.mark.parametrize("alpha", [-0.01, 1.01, np.nan])
def test_a_mixing_weight_outside_0_and_1_is_refused(alpha):
    with pytest.raises(ValueError, match=rf"alpha: expected a mixing weight in \[0, 1\], got {alpha}"):
        policies.mixture(np.eye(2), np.eye(2), alpha)


@given(families())
def test_probabilities_are_exponentials_over_their_sum(drawn):
    family, theta = drawn
    expected = softmax_by_hand(family.features, theta)
    np.testing.assert_allclose(family.probabilities(theta), expected, rtol=1e-12)


@given(families())
def test_the_jacobian_is_the_derivative_that_autograd_finds(drawn):
    family, theta = drawn
    expected = autograd.jacobian(lambda theta: softmax_by_hand(family.features, theta))(theta)
    np.testing.assert_allclose(family.jacobian(theta), expected, rtol=0, atol=1e-13)


@given(families())
def test_the_jacobian_is_the_derivative_that_finite_differences_find(drawn):
    family, theta = drawn
    h = 1e-5  # of a central difference: its error is of order h^2 = 1e-10
    columns = [
        (family.probabilities(theta + h * e) - family.probabilities(theta - h * e)) / (2 * h)
        for e in np.eye(family.n_parameters)
    ]
    np.testing.assert_allclose(family.jacobian(theta), np.stack(columns, axis=2), rtol=0, atol=1e-8)


def test_huge_logits_give_probabilities_not_overflow():
    family = policies.tabular(2, 2)
    pi = family.probabilities([1e4, 0, -1e4, 0])
    np.testing.assert_array_equal(pi, [[1, 0], [0, 1]])


def test_the_parameters_of_the_tabular_family_are_the_logits_row_by_row():
    pi = np.array([[0.125, 0.5, 0.375], [0.25, 0.5, 0.25]])
    family = policies.tabular(2, 3)
    assert family.n_parameters == 6
    np.testing.assert_allclose(family.probabilities(np.log(pi).ravel()), pi, rtol=1e-15)


def test_one_tabular_logit_moves_its_own_state_only():
    moved = policies.tabular(2, 3).jacobian(np.zeros(6))
    np.testing.assert_array_equal(moved[0, :, 3:], 0)
    np.testing.assert_array_equal(moved[1, :, :3], 0)


def test_states_with_equal_features_share_one_distribution():
    features = np.zeros((3, 2, 2))
    features[:, 1] = [[1, 0], [1, 0], [0, 1]]
    pi = policies.aliased(features).probabilities([np.log(3), -np.log(3)])
    # pi(a1|s) = sigma(+-log 3): odds of 3 to 1 for and against
    np.testing.assert_allclose(pi, [[0.25, 0.75], [0.25, 0.75], [0.75, 0.25]], rtol=1e-15)


def test_the_features_of_a_family_are_a_copy_that_cannot_be_written():
    features = np.ones((1, 2, 1))
    family = policies.aliased(features)
    features[:] = np.inf
    np.testing.assert_array_equal(family.features, 1)
    with pytest.raises(ValueError, match="read-only"):
        family.features[:] = 0


def test_features_must_have_three_axes_and_be_finite():
    with pytest.raises(ValueError, match=r"features: expected shape \(S, A, D\), got \(2, 3\)"):
        policies.aliased(np.ones((2, 3)))
    for value in (np.nan, np.inf):
        with pytest.raises(ValueError, match=r"^features: expected finite numbers, got NaN or infinity$"):
            policies.aliased(np.full((1, 2, 1), value))


@pytest.mark.parametrize(("theta", "got"), [(0.5, r"\(\)"), ([1.0, 2.0], r"\(2,\)"), ([[1.0]], r"\(1, 1\)")])
def test_a_theta_of_another_length_is_refused(theta, got):
    family = models.ledge_policy()
    for function in (family.probabilities, family.jacobian):
        with pytest.raises(ValueError, match=rf"theta: expected shape \(1,\), got {got}"):
            function(theta)

"""The performance-difference identity, for infinite and finite T, and how the surrogate agrees with eta."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SEEDS, mdps, policies_of, policy_pairs, rounding

from trpo_lesson.exact import policies, values
from trpo_lesson.exact.mdp import MDP
from trpo_lesson.exact.surrogate import performance_difference, surrogate

# Two states, gamma = 1/2, start in s0. s0: a0 stays, r = 0; a1 goes to s1, r = 1.
# s1: both go to s0, r = 2 and r = 0.
# The old policy takes both actions equally often: V = (6/5, 8/5), eta = 6/5, A = [[-3/5, 3/5], [1, -1]] and
# rho = (8/5, 2/5). The new one always takes a1 and so alternates: rho = (4/3, 2/3), eta = 4/3 * 1 + 2/3 * 0.
TWO_STATES = MDP([[[1, 0], [0, 1]], [[1, 0], [1, 0]]], [[0, 1], [2, 0]], [1, 0], 0.5)
OLD, NEW = np.full((2, 2), 0.5), np.array([[0.0, 1.0], [0.0, 1.0]])


def test_the_performance_difference_of_two_states_by_hand():
    # 4/3 * 3/5 + 2/3 * (-1) = 2/15 = 4/3 - 6/5
    assert performance_difference(TWO_STATES, OLD, NEW) == pytest.approx(2 / 15, rel=1e-13)


def test_the_surrogate_of_two_states_by_hand():
    # 6/5 + 8/5 * 3/5 + 2/5 * (-1) = 44/25
    assert surrogate(TWO_STATES, OLD, NEW) == pytest.approx(44 / 25, rel=1e-14)


@pytest.mark.parametrize("function", [performance_difference, surrogate])
def test_both_are_plain_numbers_and_take_policies_as_lists(function):
    number = function(TWO_STATES, OLD.tolist(), NEW.tolist())
    assert isinstance(number, float)
    assert number == function(TWO_STATES, OLD, NEW)


@pytest.mark.parametrize("function", [performance_difference, surrogate])
def test_a_policy_of_another_mdp_is_refused(function):
    with pytest.raises(ValueError, match=r"^pi_new: expected shape \(2, 2\), got \(2, 3\)"):
        function(TWO_STATES, OLD, np.full((2, 3), 1 / 3))
    with pytest.raises(ValueError, match=r"^pi: expected shape \(2, 2\), got \(2, 3\)"):
        function(TWO_STATES, np.full((2, 3), 1 / 3), NEW)


@pytest.mark.equation("eq-difference-by-states", performance_difference)
@given(st.data())
def test_the_performance_difference_is_the_difference_of_the_returns(data):
    """Schulman et al. 2015, Eq. 2."""
    mdp = data.draw(mdps())
    pi_old, pi_new = data.draw(policy_pairs(mdp))
    difference = values.expected_return(mdp, pi_new) - values.expected_return(mdp, pi_old)
    assert performance_difference(mdp, pi_old, pi_new) == pytest.approx(difference, rel=0, abs=rounding(mdp))


@given(st.data(), st.integers(0, 12))
def test_after_T_steps_the_advantages_telescope_up_to_gamma_to_the_T_times_V(data, T):
    """sum_{t<T} gamma^t E A_old(s_t, a_t) = sum_{t<T} gamma^t E r_t + gamma^T E V_old(s_T) - E V_old(s_0)."""
    mdp = data.draw(mdps())
    pi_old, pi_new = data.draw(policy_pairs(mdp))
    advantages, V = values.advantages(mdp, pi_old), values.state_values(mdp, pi_old)
    p, gained, rewarded = mdp.rho0, 0.0, 0.0
    for t in range(T):
        taken = p[:, None] * pi_new
        gained += mdp.gamma**t * (taken * advantages).sum()
        rewarded += mdp.gamma**t * (taken * mdp.r).sum()
        p = np.einsum("sa,sap->p", taken, mdp.P)
    right = rewarded + mdp.gamma**T * p @ V - mdp.rho0 @ V
    assert gained == pytest.approx(right, rel=0, abs=rounding(mdp))


@given(st.data())
def test_the_surrogate_at_the_old_policy_is_its_return(data):
    mdp = data.draw(mdps())
    pi = data.draw(policies_of(mdp))
    assert surrogate(mdp, pi, pi) == pytest.approx(values.expected_return(mdp, pi), rel=0, abs=rounding(mdp))


@given(st.data(), st.floats(0, 1))
def test_the_surrogate_is_linear_in_the_new_policy(data, alpha):
    mdp = data.draw(mdps())
    pi_old, pi_new, other = (data.draw(policies_of(mdp)) for _ in range(3))
    mixed = surrogate(mdp, pi_old, policies.mixture(pi_new, other, alpha))
    expected = (1 - alpha) * surrogate(mdp, pi_old, pi_new) + alpha * surrogate(mdp, pi_old, other)
    assert mixed == pytest.approx(expected, rel=0, abs=rounding(mdp) / (1 - mdp.gamma))


@given(mdps(max_gamma=0.9), SEEDS)
def test_the_surrogate_has_the_slope_of_eta_at_the_old_parameters(mdp, seed):
    """Schulman et al. 2015, Eq. 4: d L / d theta = d eta / d theta at theta_old."""
    rng = np.random.default_rng(seed)
    family = policies.aliased(rng.standard_normal((mdp.n_states, mdp.n_actions, 3)))
    theta = rng.standard_normal(3)
    pi_old, h = family.probabilities(theta), 1e-5
    slope = [
        (
            surrogate(mdp, pi_old, family.probabilities(theta + h * e))
            - surrogate(mdp, pi_old, family.probabilities(theta - h * e))
        )
        / (2 * h)
        for e in np.eye(3)
    ]
    gradient = values.policy_gradient(mdp, family, theta)
    scale = np.abs(mdp.r).max() / (1 - mdp.gamma) ** 2
    np.testing.assert_allclose(slope, gradient, rtol=0, atol=1e-7 * scale)


@given(st.data(), st.sampled_from([1.0, 0.5, 0.1, 1e-2, 1e-4]))
def test_the_surrogate_leaves_eta_only_in_the_second_order_of_the_step(data, alpha):
    """Mixing in a share alpha of pi_target: |eta - L| <= 2 gamma eps alpha^2 / (1 - gamma)^2.

    Kakade & Langford 2002, eps = max_s |E_target A|. A first-order error would break it at small alpha.
    """
    mdp = data.draw(mdps())
    pi_old, pi_target = data.draw(policies_of(mdp)), data.draw(policies_of(mdp))
    pi_new = policies.mixture(pi_old, pi_target, alpha)
    epsilon = np.abs((pi_target * values.advantages(mdp, pi_old)).sum(axis=1)).max()
    gap = abs(values.expected_return(mdp, pi_new) - surrogate(mdp, pi_old, pi_new))
    assert gap <= 2 * mdp.gamma * epsilon * alpha**2 / (1 - mdp.gamma) ** 2 + rounding(mdp)

"""The shift of the visitation, its derivative and its bounds, against pen and paper, sums and differences."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SEEDS, mdps, policy_pairs

from trpo_lesson.exact import policies, visit_shift
from trpo_lesson.exact.mdp import MDP

# The door, gamma = 1/2: in s0 action 0 stays and action 1 leaves for good; s1 absorbs. Leaving with
# probability q, rho0 = 1 / (1 - (1 - q)/2) = 2 / (1 + q), and rho1 = 2 - rho0.
DOOR = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], np.zeros((2, 2)), [1, 0], 0.5)
QUARTERS = [Fraction(k, 4) for k in range(5)]


def leaves(q):
    return np.array([[1 - float(q), float(q)], [1, 0]])


def rho_of_the_door(q):
    return np.array([float(2 / (1 + q)), float(2 - 2 / (1 + q))])


@pytest.mark.parametrize("old", QUARTERS)
@pytest.mark.parametrize("new", QUARTERS)
def test_the_shift_of_the_door_by_hand(old, new):
    shift = visit_shift.visit_shift(DOOR, leaves(old), leaves(new))
    np.testing.assert_allclose(shift, rho_of_the_door(new) - rho_of_the_door(old), atol=1e-14)


def test_the_jacobian_of_the_door_by_hand():
    # q = sigma(theta): d rho0 / d theta = -2 / (1 + q)^2 q (1 - q), at theta = 0: -2 / (9/4) / 4 = -2/9
    family = policies.aliased([[[0], [1]], [[0], [0]]])
    jacobian = visit_shift.visitation_jacobian(DOOR, family, np.zeros(1))
    np.testing.assert_allclose(jacobian, [[-2 / 9], [2 / 9]], rtol=1e-14)


@pytest.mark.parametrize("q", QUARTERS)
def test_the_bounds_of_the_door_by_hand(q):
    # gamma = 1/2, d_old = (1, 0): the mean of TV is q, and 2 gamma / (1 - gamma)^2 = 4;
    # 2 gamma q / ((1 - gamma) (1 - gamma (1 - q))) = 2 q / (1/2 + q/2) = 4 q / (1 + q), the true shift
    stays, goes = leaves(0), leaves(q)
    assert visit_shift.mean_tv_shift_bound(DOOR, stays, goes) == pytest.approx(float(4 * q), abs=1e-14)
    by_max = visit_shift.max_tv_shift_bound(DOOR, stays, goes)
    assert by_max == pytest.approx(float(4 * q / (1 + q)), abs=1e-14)
    shift = np.abs(rho_of_the_door(q) - rho_of_the_door(0)).sum()
    assert shift == pytest.approx(by_max, abs=1e-14)


def test_the_mean_is_taken_over_the_states_of_the_old_policy_not_of_the_new_one():
    # from always leaving to always staying: d_old = (1/2, 1/2), TV = (1, 0)
    assert visit_shift.mean_tv_shift_bound(DOOR, leaves(1), leaves(0)) == pytest.approx(2)
    assert visit_shift.mean_tv_shift_bound(DOOR, leaves(0), leaves(1)) == pytest.approx(4)


@given(mdps(min_actions=2), st.data())
def test_the_shift_sums_to_zero_and_stays_below_every_bound(mdp, data):
    pi_old, pi_new = data.draw(policy_pairs(mdp))
    shift = visit_shift.visit_shift(mdp, pi_old, pi_new)
    rounding = 1e-10 / (1 - mdp.gamma) ** 2
    assert abs(shift.sum()) <= rounding
    by_max = visit_shift.max_tv_shift_bound(mdp, pi_old, pi_new)
    assert by_max <= 2 / (1 - mdp.gamma) + rounding
    for bound in (by_max, visit_shift.mean_tv_shift_bound(mdp, pi_old, pi_new)):
        assert np.abs(shift).sum() <= bound + rounding


@given(mdps(max_gamma=0.8, min_actions=2), SEEDS)
def test_the_jacobian_is_the_shift_of_a_short_step(mdp, seed):
    rng, h = np.random.default_rng(seed), 1e-5
    family, theta = policies.aliased(rng.normal(size=(*mdp.r.shape, 3))), rng.normal(size=3)
    jacobian = visit_shift.visitation_jacobian(mdp, family, theta)
    assert jacobian.shape == (mdp.n_states, 3)
    for i, step in enumerate(h * np.eye(3)):
        ends = family.probabilities(theta - step), family.probabilities(theta + step)
        slope = visit_shift.visit_shift(mdp, *ends) / (2 * h)
        np.testing.assert_allclose(jacobian[:, i], slope, rtol=0, atol=1e-6)


@pytest.mark.parametrize("bound", [visit_shift.mean_tv_shift_bound, visit_shift.max_tv_shift_bound])
def test_what_is_no_policy_of_the_mdp_has_no_bound(bound):
    with pytest.raises(ValueError, match="expected shape"):
        bound(DOOR, np.full((3, 2), 0.5), np.full((3, 2), 0.5))

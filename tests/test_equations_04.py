"""The numbered equations of chapter 4, both sides of each by different routes.

Visitations and values are summed up along time, as they are defined; the package solves linear systems.
Derivatives are taken by a complex step, Im f(theta + ih) / h, which loses no digits. Where an inequality is
printed, a world that reaches it shows that the constant is right.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slow_routes import (
    LONG,
    H,
    iterated_advantages,
    iterated_values,
    state_distributions,
    summed_visitation,
)
from strategies import SEEDS, mdps, policies_of, policy_pairs, rounding

from trpo_lesson.exact import policies, surrogate, values, visit_shift
from trpo_lesson.exact.mdp import MDP

TIGHT = 1e-11  # a visitation with gamma <= 0.8 is at most 5
few_mdps = mdps(max_states=4, max_actions=3, max_gamma=0.8, min_actions=2)


def one_step(mdp, pi):
    """P_pi [S, S], entry by entry; pi may be complex."""
    S, A = mdp.r.shape
    return np.array([[sum(pi[s, a] * mdp.P[s, a, j] for a in range(A)) for j in range(S)] for s in range(S)])


def half_distances(pi_old, pi_new):
    """TV in each state as the largest difference of the probabilities of a set of actions."""
    sets = list(itertools.product([0, 1], repeat=pi_old.shape[1]))
    return np.array(
        [max((new - old) @ chosen for chosen in sets) for old, new in zip(pi_old, pi_new, strict=True)]
    )


@st.composite
def steps(draw):
    """(mdp, pi_old, pi_new)."""
    mdp = draw(few_mdps)
    return mdp, *draw(policy_pairs(mdp))


# ---------------------------------------------------------------------------------------------- the visits


@pytest.mark.equation("eq-mean-over-visits", values.visitation)
@given(few_mdps, st.data())
def test_a_discounted_sum_along_the_path_is_a_sum_over_visits_and_a_mean_over_d(mdp, data):
    pi = data.draw(policies_of(mdp))
    f = np.random.default_rng(data.draw(SEEDS)).normal(size=mdp.n_states)
    paid = MDP(mdp.P, np.tile(f[:, None], mdp.n_actions), mdp.rho0, mdp.gamma)  # f as a reward
    left = paid.rho0 @ iterated_values(paid, pi)
    rho = values.visitation(mdp, pi)
    by_visits = sum(rho[s] * f[s] for s in range(mdp.n_states))
    mean = np.average(f, weights=summed_visitation(mdp, pi))  # normalised by their sum, whatever that is
    assert left == pytest.approx(by_visits, abs=TIGHT)
    assert left == pytest.approx(mean / (1 - mdp.gamma), abs=TIGHT)


@pytest.mark.equation("eq-flow", values.visitation)
@given(few_mdps, st.data())
def test_visits_are_the_start_and_what_one_step_brings_from_visits(mdp, data):
    pi = data.draw(policies_of(mdp))
    left, P_pi = summed_visitation(mdp, pi), one_step(mdp, pi)
    package = values.visitation(mdp, pi)
    for j in range(mdp.n_states):
        right = mdp.rho0[j] + mdp.gamma * sum(left[s] * P_pi[s, j] for s in range(mdp.n_states))
        assert left[j] == pytest.approx(right, abs=TIGHT)
        assert package[j] == pytest.approx(right, abs=TIGHT)


@pytest.mark.equation("eq-stopping", values.visitation)
@given(few_mdps, st.data())
def test_a_run_that_stops_with_probability_one_minus_gamma_ends_in_a_state_drawn_from_d(mdp, data):
    pi, S = data.draw(policies_of(mdp)), mdp.n_states
    chain = np.eye(2 * S)  # states 0 .. S - 1 still run, S .. 2S - 1 have stopped
    chain[:S, :S] = mdp.gamma * one_step(mdp, pi)
    chain[:S, S:] = (1 - mdp.gamma) * np.eye(S)
    left = np.append(mdp.rho0, np.zeros(S)) @ np.linalg.matrix_power(chain, 512)
    np.testing.assert_allclose(left[:S], 0, atol=TIGHT)  # every run has ended
    right = (1 - mdp.gamma) * summed_visitation(mdp, pi)
    np.testing.assert_allclose(left[S:], right, atol=TIGHT)
    np.testing.assert_allclose(left[S:], (1 - mdp.gamma) * values.visitation(mdp, pi), atol=TIGHT)


@pytest.mark.equation("eq-first-steps", values.visitation)
@given(few_mdps, st.integers(0, 40), st.data())
def test_the_first_steps_hold_one_minus_gamma_to_the_t_of_all_visits(mdp, T, data):
    pi, left = data.draw(policies_of(mdp)), 0.0
    *seen, then = state_distributions(mdp, pi, steps=T + 1)
    for s in range(mdp.n_states):
        for t in range(T):
            left += (1 - mdp.gamma) * mdp.gamma**t * seen[t][s]
    right = 1 - mdp.gamma**T
    assert left == pytest.approx(right, abs=TIGHT)
    later = values.visitation(MDP(mdp.P, mdp.r, then / then.sum(), mdp.gamma), pi)
    first = values.visitation(mdp, pi) - mdp.gamma**T * later  # all visits less those from T on
    assert (1 - mdp.gamma) * first.sum() == pytest.approx(right, abs=TIGHT)


# ----------------------------------------------------------------------------------------------- the shift


@pytest.mark.equation("eq-visit-shift", visit_shift.visit_shift)
@given(steps())
def test_the_shift_is_the_displaced_flow_carried_along_by_the_new_policy(step):
    mdp, old, new = step
    left = summed_visitation(mdp, new) - summed_visitation(mdp, old)
    P_old, P_new, rho = one_step(mdp, old), one_step(mdp, new), summed_visitation(mdp, old)
    S, right = mdp.n_states, np.zeros(mdp.n_states)
    carried = np.array([sum((P_new[s, j] - P_old[s, j]) * rho[s] for s in range(S)) for j in range(S)])
    for t in range(LONG):  # the inverse is sum_t gamma^t (P_new^T)^t
        right = right + mdp.gamma ** (t + 1) * carried
        carried = np.array([sum(P_new[s, j] * carried[s] for s in range(S)) for j in range(S)])
    np.testing.assert_allclose(left, right, atol=TIGHT)
    np.testing.assert_allclose(visit_shift.visit_shift(mdp, old, new), left, atol=TIGHT)


@pytest.mark.equation("eq-visit-derivative", visit_shift.visitation_jacobian)
@given(few_mdps, SEEDS)
def test_the_derivative_of_the_visits_is_one_linear_system(mdp, seed):
    rng = np.random.default_rng(seed)
    features, theta = rng.normal(size=(*mdp.r.shape, 2)), rng.normal(size=2)

    def softmax(z):
        weights = np.exp((features * z).sum(axis=-1))
        return weights / weights.sum(axis=1, keepdims=True)

    package = visit_shift.visitation_jacobian(mdp, policies.aliased(features), theta)
    inverse = np.linalg.inv(np.eye(mdp.n_states) - mdp.gamma * one_step(mdp, softmax(theta)).T)
    for i, turn in enumerate(1j * H * np.eye(2)):
        left = summed_visitation(mdp, softmax(theta + turn)).imag / H
        P_turn = one_step(mdp, softmax(theta + turn)).imag / H
        right = mdp.gamma * inverse @ P_turn.T @ summed_visitation(mdp, softmax(theta))
        np.testing.assert_allclose(left, right, atol=10 * TIGHT)
        np.testing.assert_allclose(package[:, i], left, atol=10 * TIGHT)


def no_way_back(alpha, gamma):
    """The fork: old and new differ by alpha in s0, from where a0 leads to s1 and a1 to s2, both for good."""
    P = [[[0, 1, 0], [0, 0, 1]], [[0, 1, 0]] * 2, [[0, 0, 1]] * 2]
    old = np.array([[1.0, 0], [1, 0], [1, 0]])
    new = np.array([[1 - alpha, alpha], [1, 0], [1, 0]])
    return MDP(P, np.zeros((3, 2)), [1, 0, 0], gamma), old, new


def through_the_door(alpha, gamma):
    """The door: old stays in s0, new leaves it for good with probability alpha."""
    old, new = np.array([[1.0, 0], [1, 0]]), np.array([[1 - alpha, alpha], [1, 0]])
    return MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], np.zeros((2, 2)), [1, 0], gamma), old, new


def shift_and_mean_bound(mdp, old, new):
    left = np.abs(summed_visitation(mdp, new) - summed_visitation(mdp, old)).sum()
    mean = np.average(half_distances(old, new), weights=summed_visitation(mdp, old))
    return left, 2 * mdp.gamma / (1 - mdp.gamma) ** 2 * mean


def shift_and_max_bound(mdp, old, new):
    """The printed middle term, from its series: 2 sum_t gamma^t (1 - (1 - alpha)^t)."""
    left, alpha = shift_and_mean_bound(mdp, old, new)[0], half_distances(old, new).max()
    return left, 2 * sum(mdp.gamma**t * (1 - (1 - alpha) ** t) for t in range(LONG))


@pytest.mark.equation("eq-visit-bound", visit_shift.mean_tv_shift_bound)
@given(steps())
def test_the_shift_is_at_most_a_multiple_of_the_mean_tv_over_old_states(step):
    left, right = shift_and_mean_bound(*step)
    assert left <= right + TIGHT
    assert visit_shift.mean_tv_shift_bound(*step) == pytest.approx(right, rel=1e-9, abs=TIGHT)


@pytest.mark.parametrize("gamma", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("alpha", [0.01, 0.5, 1.0])
def test_the_fork_reaches_the_bound_by_the_mean(alpha, gamma):
    left, right = shift_and_mean_bound(*no_way_back(alpha, gamma))
    assert left == pytest.approx(2 * gamma * alpha / (1 - gamma), rel=1e-9)  # pen and paper
    assert left == pytest.approx(right, rel=1e-9)


@pytest.mark.equation("eq-visit-bound-max", visit_shift.max_tv_shift_bound)
@given(steps())
def test_the_shift_is_at_most_a_function_of_the_largest_tv(step):
    (mdp, old, new), (left, middle) = step, shift_and_max_bound(*step)
    assert left <= middle + TIGHT
    assert visit_shift.max_tv_shift_bound(*step) == pytest.approx(middle, rel=1e-9, abs=TIGHT)
    simple = 2 * mdp.gamma * half_distances(old, new).max() / (1 - mdp.gamma) ** 2
    assert middle <= simple + TIGHT


@pytest.mark.parametrize("gamma", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("alpha", [0.01, 0.5, 1.0])
def test_the_door_reaches_the_bound_by_the_largest_tv_and_nearly_the_simple_form(alpha, gamma):
    left, middle = shift_and_max_bound(*through_the_door(alpha, gamma))
    assert left == pytest.approx(middle, rel=1e-9)
    simple = 2 * gamma * alpha / (1 - gamma) ** 2
    assert left / simple == pytest.approx((1 - gamma) / (1 - gamma + gamma * alpha), rel=1e-9)


# ------------------------------------------------------------------------------------- gains and optimality


def best_values(mdp):
    """V* [S]: in each state the best of all deterministic policies."""
    S, A = mdp.r.shape
    rows = itertools.product(range(A), repeat=S)
    return np.max([iterated_values(mdp, np.eye(A)[list(row)]) for row in rows], axis=0)


@pytest.mark.equation("eq-advantage-gap", values.policy_iteration)
@given(mdps(max_states=3, max_actions=2, max_gamma=0.8), st.data())
def test_the_gap_to_the_best_value_lies_between_its_own_advantage_and_a_multiple_of_the_largest(mdp, data):
    pi = data.draw(policies_of(mdp))
    A, gap = iterated_advantages(mdp, pi), best_values(mdp) - iterated_values(mdp, pi)
    for s in range(mdp.n_states):
        assert A[s].max() <= gap[s] + rounding(mdp)
        assert gap[s] <= A.max() / (1 - mdp.gamma) + 10 * rounding(mdp)
    best = values.state_values(mdp, values.policy_iteration(mdp))
    np.testing.assert_allclose(best - values.state_values(mdp, pi), gap, atol=10 * rounding(mdp))


def test_both_ends_of_the_gap_are_reached():
    # one state, rewards 0 and 1, always 0: A = (0, 1), V* - V = 1 / (1 - gamma): the right end
    # the same with gamma = 0: V* - V = 1: both ends
    for gamma in (0.0, 0.75):
        mdp, pi = MDP([[[1], [1]]], [[0, 1]], [1], gamma), np.array([[1.0, 0.0]])
        assert iterated_advantages(mdp, pi).max() == pytest.approx(1)
        assert best_values(mdp)[0] - iterated_values(mdp, pi)[0] == pytest.approx(1 / (1 - gamma))


def test_no_positive_advantage_at_visited_states_does_not_make_a_policy_optimal():
    # s0: a0 stays, a1 goes to s1; s1 absorbs, r = -1, +1; always a0.
    # V_1 = -1 / (1 - gamma), so a1 is bad in s0; the best is gamma / (1 - gamma) = 3
    mdp = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 0], [-1, 1]], [1, 0], 0.75)
    pi = np.array([[1.0, 0.0], [1.0, 0.0]])
    A, visited = iterated_advantages(mdp, pi), summed_visitation(mdp, pi) > 0
    assert visited.tolist() == [True, False]
    assert A[visited].max() <= 0
    assert best_values(mdp)[0] - iterated_values(mdp, pi)[0] == pytest.approx(3)


# --------------------------------------------------------------------------------- the price of old visits


def price(mdp, old, new):
    """Both sides of eq-price-of-old-visits."""
    moved = summed_visitation(mdp, new) - summed_visitation(mdp, old)
    gains = (new * iterated_advantages(mdp, old)).sum(axis=1)
    left = abs(sum(moved[s] * gains[s] for s in range(mdp.n_states)))
    return left, max(abs(gains)) * sum(abs(moved))


@pytest.mark.equation("eq-price-of-old-visits", surrogate.performance_difference)
@given(steps())
def test_the_error_of_the_old_visits_is_at_most_the_largest_gain_times_the_shift(step):
    mdp, old, new = step
    left, right = price(mdp, old, new)
    slack = 10 * rounding(mdp)
    assert left <= right + slack
    promised = surrogate.surrogate(mdp, old, new) - values.expected_return(mdp, old)
    error = surrogate.performance_difference(mdp, old, new) - promised
    assert abs(error) == pytest.approx(left, abs=slack)


@pytest.mark.parametrize("alpha", [0.1, 1.0])
def test_the_price_is_paid_in_full_where_visits_move_from_the_best_gain_to_the_worst(alpha):
    fork, old, new = no_way_back(alpha, 0.75)
    mdp = MDP(fork.P, [[0, 0], [0, 1], [0, -1]], fork.rho0, 0.75)
    new[1:] = [0, 1]  # gains +1 in s1 and -1 in s2
    left, right = price(mdp, old, new)
    assert left == pytest.approx(2 * 0.75 * alpha / 0.25)
    assert left == pytest.approx(right)

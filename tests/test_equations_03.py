"""The equations of chapter 3 that no test of a module proves: both sides, by different routes."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import mdps, policy_pairs, rounding

from trpo_lesson.exact import simulate, surrogate, values
from trpo_lesson.exact.mdp import MDP

STEPS = 400  # 0.9^400 is below 1e-18: nothing is left of the sum


def worlds_with_two_policies(**sizes):
    """(mdp, pi_old, pi_new), with a discount of at most 0.9."""
    return mdps(max_gamma=0.9, **sizes).flatmap(lambda mdp: st.tuples(st.just(mdp), policy_pairs(mdp)))


def rewards_along(mdp, pi, start):
    """The discounted rewards of pi from the distribution `start`, step after step."""
    total, p = 0.0, start
    for t in range(STEPS):
        taken = p[:, None] * pi
        total += mdp.gamma**t * (taken * mdp.r).sum()
        p = np.einsum("sa,sap->p", taken, mdp.P)
    return total


def values_slowly(mdp, pi):
    """V [S] without a linear system."""
    return np.array([rewards_along(mdp, pi, start) for start in np.eye(mdp.n_states)])


@pytest.mark.equation("eq-step-surprise", values.advantages)
@given(worlds_with_two_policies(max_states=3, max_actions=3))
def test_the_surprise_of_a_step_averages_to_the_advantage_of_its_action(drawn):
    """Right: take a in s once and follow pi, against following pi at once. Left: one step, then V."""
    mdp, (pi, _) = drawn
    V, advantages = values.state_values(mdp, pi), values.advantages(mdp, pi)
    for s, a in np.ndindex(*mdp.r.shape):
        surprise = sum(
            p * (mdp.r[s, a] + mdp.gamma * V[s_next] - V[s]) for s_next, p in enumerate(mdp.P[s, a])
        )
        a_once = mdp.r[s, a] + mdp.gamma * rewards_along(mdp, pi, mdp.P[s, a])
        at_once = rewards_along(mdp, pi, np.eye(mdp.n_states)[s])
        assert surprise == pytest.approx(a_once - at_once, rel=0, abs=rounding(mdp))
        assert advantages[s, a] == pytest.approx(surprise, rel=0, abs=rounding(mdp))


def every_path(mdp, pi, horizon):
    """(all paths of that many steps, the probability of each under pi)."""
    steps = itertools.product(range(mdp.n_actions), range(mdp.n_states))
    states, actions, probabilities = [], [], []
    for first, walk in itertools.product(range(mdp.n_states), itertools.product(list(steps), repeat=horizon)):
        path, probability = [first], mdp.rho0[first]
        for a, s_next in walk:
            probability *= pi[path[-1], a] * mdp.P[path[-1], a, s_next]
            path.append(s_next)
        states.append(path)
        actions.append([a for a, _ in walk])
        probabilities.append(probability)
    states, actions = np.array(states), np.array(actions)
    return simulate.Trajectories(states, actions, mdp.r[states[:, :-1], actions]), np.array(probabilities)


@pytest.mark.equation("eq-switch-back", simulate.discounted_sum)
@given(worlds_with_two_policies(max_states=2, max_actions=2), st.integers(1, 3))
def test_rewards_until_the_switch_and_the_prospect_there_are_the_old_return_and_the_advantages(drawn, T):
    """Both expectations are sums over every path of T steps."""
    mdp, (pi_old, pi_new) = drawn
    paths, probability = every_path(mdp, pi_new, T)
    V, advantages = values_slowly(mdp, pi_old), values.advantages(mdp, pi_old)
    prospect = mdp.gamma**T * V[paths.states[:, -1]]
    left = probability @ (simulate.discounted_returns(paths, mdp.gamma) + prospect)
    gained = probability @ simulate.discounted_sum(advantages, paths, mdp.gamma)
    assert probability.sum() == pytest.approx(1)
    assert left == pytest.approx(rewards_along(mdp, pi_old, mdp.rho0) + gained, rel=0, abs=rounding(mdp))


@pytest.mark.equation("eq-prospect-vanishes", values.state_values)
@given(worlds_with_two_policies(max_states=3), st.integers(0, 30))
def test_the_prospect_at_T_is_at_most_gamma_to_the_T_times_the_largest_value_possible(drawn, T):
    mdp, (pi_old, pi_new) = drawn
    state = mdp.rho0
    for _ in range(T):
        state = np.einsum("s,sa,sap->p", state, pi_new, mdp.P)
    prospect = mdp.gamma**T * state @ values.state_values(mdp, pi_old)
    assert abs(prospect) <= mdp.gamma**T * np.abs(mdp.r).max() / (1 - mdp.gamma) + rounding(mdp)


@pytest.mark.equation("eq-prospect-vanishes", values.state_values)
@pytest.mark.parametrize("reward", [2.0, -2.0])
def test_the_bound_of_the_prospect_is_reached_where_every_reward_is_the_largest(reward):
    # gamma = 1/2: V = 2 + 1 + 1/2 + ... = 4, and after three steps 4 / 8
    mdp = MDP(np.ones((1, 2, 1)), [[reward, reward]], [1], 0.5)
    (V,) = values.state_values(mdp, [[0.5, 0.5]])
    assert pytest.approx(np.sign(reward) * 0.5, rel=1e-15) == 0.5**3 * V


@pytest.mark.equation("eq-performance-difference", surrogate.performance_difference)
@given(worlds_with_two_policies(max_states=4))
def test_the_new_return_is_the_old_one_and_the_old_advantages_along_the_new_path(drawn):
    """Left and old return: rewards, step after step. Right: advantages, step after step."""
    mdp, (pi_old, pi_new) = drawn
    V = values_slowly(mdp, pi_old)
    advantages = mdp.r + mdp.gamma * mdp.P @ V - V[:, None]
    along = rewards_along(MDP(mdp.P, advantages, mdp.rho0, mdp.gamma), pi_new, mdp.rho0)
    left, old = (rewards_along(mdp, pi, mdp.rho0) for pi in (pi_new, pi_old))
    assert left == pytest.approx(old + along, rel=0, abs=rounding(mdp))
    packaged = surrogate.performance_difference(mdp, pi_old, pi_new)
    assert packaged == pytest.approx(along, rel=0, abs=rounding(mdp))


@pytest.mark.equation("eq-value-difference", values.state_values)
@given(worlds_with_two_policies())
def test_the_values_differ_by_the_old_advantages_of_the_new_policy_summed_over_all_powers(drawn):
    """Left: two linear systems. Right: the inverse as its series, the sum of gamma^t P_new^t."""
    mdp, (pi_old, pi_new) = drawn
    left = values.state_values(mdp, pi_new) - values.state_values(mdp, pi_old)
    mean_advantage = (pi_new * values.advantages(mdp, pi_old)).sum(axis=1)
    P_new = sum(pi_new[:, a, None] * mdp.P[:, a] for a in range(mdp.n_actions))
    right, term = np.zeros(mdp.n_states), mean_advantage
    for _ in range(STEPS):
        right, term = right + term, mdp.gamma * P_new @ term
    np.testing.assert_allclose(left, right, rtol=0, atol=rounding(mdp) / (1 - mdp.gamma))

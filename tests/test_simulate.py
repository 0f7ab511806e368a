"""Trajectories follow the MDP, never do the impossible, and average to the exact quantities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SEEDS, mdps, policies_of

from trpo_lesson.exact import models, policies, simulate, values
from trpo_lesson.exact.mdp import MDP
from trpo_lesson.exact.surrogate import performance_difference

MOVE_ON, STAY = np.eye(2)[[0, 0, 0]], np.eye(2)[[1, 1, 1]]  # policies of the ring models.two_peaks()


class Always:
    """A generator whose every draw from [0, 1) is the same number."""

    def __init__(self, u):
        self.u = u

    def random(self, shape):
        return np.full(shape, self.u)


LARGEST_DRAW = 1 - 2**-53  # the largest number that Generator.random returns


def test_the_ring_is_walked_round_by_hand():
    paths = simulate.trajectories(
        models.two_peaks(), MOVE_ON, horizon=4, episodes=2, rng=np.random.default_rng(0)
    )
    np.testing.assert_array_equal(paths.states, [[0, 1, 2, 0, 1]] * 2)
    np.testing.assert_array_equal(paths.actions, [[0, 0, 0, 0]] * 2)
    np.testing.assert_array_equal(paths.rewards, [[0, 0, 0, 0]] * 2)


def by_hand():
    """Two episodes of three steps in a world of three states and two actions."""
    states = np.array([[0, 1, 1, 2], [2, 2, 0, 1]])
    actions = np.array([[0, 1, 0], [1, 1, 0]])
    rewards = np.array([[8.0, 4.0, 2.0], [0.0, 0.0, 16.0]])
    return simulate.Trajectories(states, actions, rewards)


def test_discounted_returns_by_hand():
    # 8 + 4/2 + 2/4 and 0 + 0/2 + 16/4
    np.testing.assert_array_equal(simulate.discounted_returns(by_hand(), 0.5), [10.5, 4])


def test_the_discounted_sum_of_a_table_by_hand():
    table = np.array([[1, 10], [100, 1000], [10_000, 100_000]])
    # (s, a) are (0, 0), (1, 1), (1, 0) and (2, 1), (2, 1), (0, 0)
    expected = [1 + 1000 / 2 + 100 / 4, 100_000 + 100_000 / 2 + 1 / 4]
    np.testing.assert_array_equal(simulate.discounted_sum(table, by_hand(), 0.5), expected)


def test_discounted_visits_count_the_states_acted_in_by_hand():
    # the last state, s_T, is not acted in and does not count
    expected = [[1, 1 / 2 + 1 / 4, 0], [1 / 4, 0, 1 + 1 / 2]]
    np.testing.assert_array_equal(simulate.discounted_visits(by_hand(), 0.5, 3), expected)


def test_states_that_are_never_visited_count_zero():
    visits = simulate.discounted_visits(by_hand(), 0.5, 5)
    np.testing.assert_array_equal(visits[:, 3:], np.zeros((2, 2)))


def test_without_discount_memory_only_the_first_step_counts():
    np.testing.assert_array_equal(simulate.discounted_returns(by_hand(), 0), [8, 0])


class Coins:
    """pi(1|s) = 1/4, 1/2, 3/4 in the three states; one parameter, on which every score is a whole number."""

    def probabilities(self, theta):
        return np.array([[3, 1], [2, 2], [1, 3]]) / 4 + 0 * np.sum(theta)

    def jacobian(self, theta):
        return (self.probabilities(theta) * [[1, 2], [3, 4], [5, 6]])[:, :, None] * theta


def test_an_estimate_of_the_gradient_weighs_each_score_with_what_came_after_it_by_hand():
    # scores 1, 4, 3 and 6, 6, 1; gamma^k r_k are 8, 2, 1/2 and 0, 0, 4
    expected = [1 * 10.5 + 4 * 2.5 + 3 * 0.5, 6 * 4 + 6 * 4 + 1 * 4]
    samples = simulate.policy_gradient_samples(Coins(), np.array([1.0, -2.0]), by_hand(), 0.5)
    np.testing.assert_allclose(samples, np.outer(expected, [1, -2]), rtol=1e-14)


def test_the_baseline_of_an_estimate_is_discounted_like_the_rewards_by_hand():
    # the states acted in are 0, 1, 1 and 2, 2, 0
    expected = [22 - 1 * 10 - 4 * 100 / 2 - 3 * 100 / 4, 52 - 6 * 1000 - 6 * 1000 / 2 - 1 * 10 / 4]
    samples = simulate.policy_gradient_samples(Coins(), np.ones(1), by_hand(), 0.5, baseline=[10, 100, 1000])
    np.testing.assert_allclose(samples[:, 0], expected, rtol=1e-14)


def test_trajectories_cannot_be_written():
    paths = by_hand()
    for array in (paths.states, paths.actions, paths.rewards):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@given(st.data(), SEEDS)
def test_trajectories_have_their_shapes_and_do_only_what_is_possible(data, seed):
    mdp = data.draw(mdps())
    pi = data.draw(policies_of(mdp))
    paths = simulate.trajectories(mdp, pi, horizon=5, episodes=20, rng=np.random.default_rng(seed))
    s, a, s_next = paths.states[:, :-1], paths.actions, paths.states[:, 1:]
    assert (paths.states.shape, a.shape, paths.rewards.shape) == ((20, 6), (20, 5), (20, 5))
    assert (mdp.rho0[s[:, 0]] > 0).all()
    assert (pi[s, a] > 0).all()
    assert (mdp.P[s, a, s_next] > 0).all()
    np.testing.assert_array_equal(paths.rewards, mdp.r[s, a])


ONE_STATE = MDP(np.ones((1, 4, 1)), [[0, 1, 2, 3]], [1], 0.5)
SUMS_TO_LESS = [0, 0.5, 0.5 - 5e-9, 0]  # a policy up to rounding: the sum is checked to 1e-8


@pytest.mark.parametrize(
    ("pi", "u", "action"),
    [
        ([0, 0.5, 0.5, 0], 0.0, 1),  # not action 0, which is never taken
        ([0, 0.5, 0.5, 0], 0.25, 1),
        ([0, 0.5, 0.5, 0], 0.5, 2),  # [0, 1/2) is action 1, [1/2, 1) is action 2
        ([0, 0.5, 0.5, 0], LARGEST_DRAW, 2),
        (SUMS_TO_LESS, LARGEST_DRAW, 2),  # not action 3, although the draw is above the sum
        ([0.1] * 3 + [0.7], LARGEST_DRAW, 3),  # 0.1 + 0.1 + 0.1 + 0.7 is rounded
        ([0, 0, 0, 1], 0.0, 3),
        ([1, 0, 0, 0], LARGEST_DRAW, 0),
    ],
)
def test_at_the_edges_of_the_unit_interval_the_action_is_a_possible_one(pi, u, action):
    paths = simulate.trajectories(ONE_STATE, [pi], horizon=1, episodes=3, rng=Always(u))
    np.testing.assert_array_equal(paths.actions, [[action]] * 3)


@pytest.mark.parametrize("u", [0.0, LARGEST_DRAW])
def test_at_the_edges_of_the_unit_interval_the_states_are_possible_ones(u):
    row = np.array([0, 0.5, 0.5 - 5e-9, 0])
    mdp = MDP(np.tile(row, (4, 1, 1)), np.zeros((4, 1)), row, 0.5)
    paths = simulate.trajectories(mdp, np.ones((4, 1)), horizon=2, episodes=3, rng=Always(u))
    np.testing.assert_array_equal(paths.states, 2 if u else 1)


def test_episodes_are_independent_and_follow_from_the_generator():
    mdp = models.garnet(6, 3, 3, rng=np.random.default_rng(0))
    first, same = (
        simulate.trajectories(
            mdp, policies.uniform(mdp), horizon=20, episodes=2, rng=np.random.default_rng(7)
        )
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.states, same.states)
    np.testing.assert_array_equal(first.actions, same.actions)
    assert (first.actions[0] != first.actions[1]).any()


# --- Monte Carlo against the exact quantities, within four standard errors ---

EPISODES, HORIZON = 4000, 150  # 0.9^150 is of order 1e-7: what is cut off drowns in the standard error


@pytest.fixture(scope="module")
def experiment():
    """A random MDP, an old and a new policy, and trajectories of the new one."""
    rng = np.random.default_rng(0)
    mdp = models.garnet(5, 3, 2, rng=rng, gamma=0.9)
    pi_old, pi_new = rng.dirichlet(np.ones(3), 5), rng.dirichlet(np.ones(3), 5)
    return (
        mdp,
        pi_old,
        pi_new,
        simulate.trajectories(mdp, pi_new, horizon=HORIZON, episodes=EPISODES, rng=rng),
    )


def assert_within_four_standard_errors(samples, truth):
    errors = np.abs(samples.mean(axis=0) - truth)
    assert (errors <= 4 * simulate.standard_error(samples)).all()


def test_returns_average_to_eta(experiment):
    mdp, _, pi, paths = experiment
    assert_within_four_standard_errors(
        simulate.discounted_returns(paths, mdp.gamma), values.expected_return(mdp, pi)
    )


def test_visits_average_to_rho(experiment):
    mdp, _, pi, paths = experiment
    visits = simulate.discounted_visits(paths, mdp.gamma, mdp.n_states)
    assert_within_four_standard_errors(visits, values.visitation(mdp, pi))


def test_every_episode_visits_the_truncated_geometric_sum_of_states(experiment):
    mdp, _, _, paths = experiment
    visits = simulate.discounted_visits(paths, mdp.gamma, mdp.n_states).sum(axis=1)
    np.testing.assert_allclose(visits, (1 - mdp.gamma**HORIZON) / (1 - mdp.gamma), rtol=1e-12)


def test_old_advantages_along_new_trajectories_average_to_the_performance_difference(experiment):
    mdp, pi_old, pi_new, paths = experiment
    samples = simulate.discounted_sum(values.advantages(mdp, pi_old), paths, mdp.gamma)
    assert_within_four_standard_errors(samples, performance_difference(mdp, pi_old, pi_new))


def test_the_rewards_along_a_trajectory_are_those_of_the_table(experiment):
    mdp, _, _, paths = experiment
    from_table = simulate.discounted_sum(mdp.r, paths, mdp.gamma)
    np.testing.assert_allclose(from_table, simulate.discounted_returns(paths, mdp.gamma), rtol=1e-12)


def test_the_standard_error_by_hand():
    # Two samples 0 and 2: deviation sqrt(2) with N - 1 = 1, over sqrt(2). Four samples: sqrt(4 / 3) / 2.
    assert simulate.standard_error([0, 2]) == pytest.approx(1, rel=1e-15)
    columns = np.array([[0, 5], [2, 5], [0, 5], [2, 5]])
    np.testing.assert_allclose(simulate.standard_error(columns), [np.sqrt(1 / 3), 0], rtol=1e-15)


def test_one_sample_has_no_standard_error():
    with pytest.raises(ValueError, match="samples: expected at least 2, got 1"):
        simulate.standard_error([1.0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"horizon": 0}, "horizon: expected at least 1, got 0"),
        ({"episodes": 0}, "episodes: expected at least 1, got 0"),
        ({"pi": [[0.5, 0.6]] * 3}, r"pi: expected .* sum to 1, got the sum 1.1 in row \(0,\)"),
        ({"pi": [[0.5, 0.5]]}, r"pi: expected shape \(3, 2\), got \(1, 2\)"),
    ],
)
def test_what_cannot_be_simulated_is_refused(changes, message):
    arguments = {"pi": STAY, "horizon": 1, "episodes": 1, "rng": np.random.default_rng(0)} | changes
    with pytest.raises(ValueError, match=message):
        simulate.trajectories(models.two_peaks(), **arguments)


def test_one_episode_of_one_step_is_enough():
    paths = simulate.trajectories(
        models.two_peaks(), STAY, horizon=1, episodes=1, rng=np.random.default_rng(0)
    )
    np.testing.assert_array_equal(paths.states, [[0, 0]])
    np.testing.assert_array_equal(paths.actions, [[1]])

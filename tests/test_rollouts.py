"""Batches: what is in them, how episodes go on across them, and what ends they show."""

import numpy as np
import tiny_environments
from gymnasium.spaces import Box

from trpo_lesson.sampled.config import TRPOConfig
from trpo_lesson.sampled.environments import vector
from trpo_lesson.sampled.policy import initial_policy
from trpo_lesson.sampled.rollouts import (
    Batch,
    collect,
    episode_returns,
    side_by_side,
    without_truncation,
)
from trpo_lesson.sampled.scaling import fixed
from trpo_lesson.sampled.stopwatch import PARTS, Stopwatch

N = 2


def start(env_id, *, dtype="float64", seed=0):
    """(copies, an untrained policy, the first observations)."""
    copies = vector(env_id, N, rng=np.random.default_rng(seed))
    config = TRPOConfig(10_000, policy_hidden=(4,), last_layer_scale=1.0, dtype=dtype)
    size = copies.observation_space.shape[0]
    scaling = fixed(np.ones(size), dtype=dtype)
    spaces = copies.observation_space, copies.action_space
    policy = initial_policy(*spaces, scaling, config, rng=np.random.default_rng(seed))
    return copies, policy, copies.reset()


def gather(copies, policy, observations, n_steps, *, seed=0):
    return collect(
        copies, policy, observations, n_steps, rng=np.random.default_rng(seed), stopwatch=Stopwatch()
    )


def test_an_episode_goes_on_in_the_next_batch():
    copies, policy, observations = start("tiny/Truncates-v0")
    assert tiny_environments.LENGTH == 3
    first = gather(copies, policy, observations, 4)
    second = gather(copies, policy, first.observations[-1], 4)
    assert first.observations[:, 0, 0].tolist() == [0, 1, 2, 0, 1]
    assert second.observations[:, 0, 0].tolist() == [1, 2, 0, 1, 2]
    assert first.rewards[:, 0].tolist() == [1, 2, 3, 1]
    assert first.truncated[:, 0].tolist() == [False, False, True, False]
    assert second.truncated[:, 0].tolist() == [False, True, False, False]
    copies.close()


def test_only_an_end_has_a_last_observation_and_it_is_the_true_one():
    copies, policy, observations = start("tiny/Terminates-v0")
    batch = gather(copies, policy, observations, 5)
    assert batch.last_observations[:, 0, 0].tolist() == [0, 0, 3, 0, 0]
    assert batch.terminated[:, 0].tolist() == batch.ended[:, 0].tolist() == [False, False, True, False, False]
    assert not batch.truncated.any()
    copies.close()


def test_the_log_probabilities_are_those_of_the_actions_under_the_policy_that_acted():
    for env_id in ("CartPole-v1", "Pendulum-v1"):
        copies, policy, observations = start(env_id)
        batch = gather(copies, policy, observations, 30)
        outputs = policy.outputs(batch.observations[:-1])
        expected = policy.distribution.log_prob(outputs, batch.actions)
        np.testing.assert_allclose(batch.log_probs, expected, rtol=1e-12)


def test_actions_are_kept_as_drawn_and_clipped_only_for_the_environment():
    copies, policy, observations = start("tiny/Box2x2-v0")
    policy = policy.moved_to(policy.theta + 5)  # means and log sigma far beyond the box
    batch = gather(copies, policy, observations, 3)
    received = np.array([env.unwrapped.received for env in copies._envs.envs])  # [N, T, 2, 2]
    box: Box = copies.action_space
    assert batch.actions.shape == (3, N, 4)
    assert np.abs(batch.actions).max() > 3
    expected = np.clip(batch.actions.reshape(3, N, 2, 2), box.low, box.high)
    np.testing.assert_allclose(received.swapaxes(0, 1), expected, rtol=1e-6)
    copies.close()


def test_discrete_actions_reach_the_environment_from_its_own_start():
    copies, policy, observations = start("tiny/FromFive-v0")
    batch = gather(copies, policy, observations, 40)
    received = np.array([env.unwrapped.received for env in copies._envs.envs]).T
    np.testing.assert_array_equal(received, batch.actions + 5)
    assert set(batch.actions.ravel().tolist()) == {0, 1}
    copies.close()


def test_a_batch_is_in_the_dtype_of_the_policy():
    for dtype in ("float32", "float64"):
        copies, policy, observations = start("Pendulum-v1", dtype=dtype)
        batch = gather(copies, policy, observations, 3)
        for array in (
            batch.observations,
            batch.log_probs,
            batch.rewards,
            batch.last_observations,
            batch.actions,
        ):
            assert array.dtype == dtype
        assert batch.size == 3 * N


def test_the_same_generator_draws_the_same_batch():
    batches = [gather(*start("CartPole-v1"), 50, seed=seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(batches[0].observations, batches[1].observations)
    assert not np.array_equal(batches[0].actions, batches[2].actions)


def test_returns_are_those_of_the_episodes_that_ended_and_the_rest_is_carried_on():
    copies, policy, observations = start("tiny/Both-v0")
    first = gather(copies, policy, observations, 4)
    returns, carried = episode_returns(first, np.array([10.0, 20.0]))
    assert returns.tolist() == [10 + 1 + 2 + 3, 20 + 1 + 2 + 3]
    assert carried.tolist() == [1, 1]
    returns, carried = episode_returns(gather(copies, policy, first.observations[-1], 6), carried)
    assert returns.tolist() == [6, 6, 6, 6]
    assert carried.tolist() == [1, 1]
    copies.close()


def test_returns_come_in_the_order_of_time_and_what_was_carried_is_left_as_it_was():
    rewards = np.array([[1.0, 5.0], [2.0, 6.0], [4.0, 7.0]])
    ended = np.array([[False, True], [True, True], [False, False]])
    batch, before = Batch(None, None, None, rewards, ended, np.zeros_like(ended), None), np.zeros(2)
    returns, carried = episode_returns(batch, before)
    assert returns.tolist() == [5, 1 + 2, 6]
    assert carried.tolist() == [4, 7]
    assert before.tolist() == [0, 0]


def test_batches_side_by_side_keep_their_columns():
    batches = [gather(*start("CartPole-v1", seed=seed), 20, seed=seed) for seed in (0, 1)]
    both = side_by_side(batches)
    for name in vars(both):
        one, other = (getattr(batch, name) for batch in batches)
        np.testing.assert_array_equal(getattr(both, name)[:, :N], one)
        np.testing.assert_array_equal(getattr(both, name)[:, N:], other)


def test_the_time_of_a_batch_is_booked_to_the_policy_and_the_environment():
    watch = Stopwatch()
    collect(*start("CartPole-v1"), 20, rng=np.random.default_rng(0), stopwatch=watch)
    booked = {part for part, seconds in watch.seconds.items() if seconds}
    assert booked == {"policy", "environment"} < set(PARTS)


def test_truncations_taken_for_terminations_leave_everything_else_as_it_was():
    copies, *seen = start("tiny/Truncates-v0")
    batch = gather(copies, *seen, 5)
    copies.close()
    wrong = without_truncation(batch)
    assert batch.truncated.any()
    np.testing.assert_array_equal(wrong.terminated, batch.truncated)
    assert not wrong.truncated.any()
    for name in ("observations", "actions", "log_probs", "rewards", "last_observations", "ended"):
        np.testing.assert_array_equal(getattr(wrong, name), getattr(batch, name))

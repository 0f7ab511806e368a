"""A run at rest: what is saved is enough to go on bit for bit, and is nothing but arrays and JSON."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tiny_environments  # noqa: F401  registers them

from trpo_lesson.sampled.config import settings
from trpo_lesson.sampled.runs import TrainingState, generators
from trpo_lesson.sampled.trpo import train

SMALL = {"n_envs": 4, "n_steps": 32, "policy_hidden": (5,), "value_hidden": (6,)}


def config_of(env_id, total_steps, **changes):
    return replace(settings(env_id, total_steps), **(SMALL | changes))


def through_a_file(state):
    """The state as a checkpoint brings it back: copies of the arrays, JSON and back."""
    arrays = {name: np.array(array) for name, array in state.arrays.items()}
    return TrainingState(arrays, json.loads(json.dumps(state.plain)))


@pytest.mark.parametrize(
    ("env_id", "changes"),
    [
        ("CartPole-v1", {}),
        ("CartPole-v1", {"observation_scale": None, "value_unit": None}),
        ("Pendulum-v1", {"reuse": 3, "dtype": "float64"}),
    ],
)
@pytest.mark.parametrize("stop", [1, 4])
def test_a_resumed_run_is_the_uninterrupted_run_bit_for_bit(env_id, changes, stop):
    config = config_of(env_id, 128 * 7, **changes)
    whole = list(train(env_id, config, seed=5))
    rest = list(train(env_id, config, seed=5, resume=through_a_file(whole[stop - 1].state)))
    assert len(rest) == 7 - stop
    for one, other in zip(whole[stop:], rest, strict=True):
        assert set(one.state.arrays) == set(other.state.arrays)
        for name, array in one.state.arrays.items():
            assert array.tobytes() == other.state.arrays[name].tobytes(), name
        assert one.state.plain == other.state.plain
        np.testing.assert_array_equal(one.returns, other.returns)
        columns = ("steps", "surrogate_gain", "kl", "delta", "step_length", "accepted", "explained_variance")
        assert [getattr(one, name) for name in columns] == [getattr(other, name) for name in columns]


def test_a_run_on_other_environments_resumes_with_fresh_episodes():
    config = config_of("tiny/Truncates-v0", 4 * 16, n_steps=4)
    first, *_ = train("tiny/Truncates-v0", config, seed=0)
    resumed = list(train("tiny/Truncates-v0", config, seed=0, resume=through_a_file(first.state)))
    assert [iteration.steps for iteration in resumed] == [32, 48, 64]
    assert all(
        set(iteration.returns) <= {6} for iteration in resumed
    )  # no episode is counted with a lost beginning
    assert resumed[0].state.arrays["memory.0.observations"][0, :, 0].tolist() == [0, 0, 0, 0]


def test_a_run_on_other_environments_resumes_the_same_way_every_time_and_not_as_at_its_beginning():
    config = config_of("Acrobot-v1", 4 * 16, n_steps=4)
    first, *_ = train("Acrobot-v1", config, seed=0)
    one, same = (next(train("Acrobot-v1", config, seed=0, resume=through_a_file(first.state))) for _ in "12")
    starts = [each.state.arrays["memory.0.observations"][0] for each in (one, same, first)]
    np.testing.assert_array_equal(starts[0], starts[1])
    assert not np.array_equal(starts[0], starts[2])
    assert one.policy.theta.tobytes() == same.policy.theta.tobytes()


def test_a_finished_run_has_nothing_to_resume():
    config = config_of("CartPole-v1", 256)
    *_, last = train("CartPole-v1", config, seed=0)
    assert list(train("CartPole-v1", config, seed=0, resume=last.state)) == []


def test_running_scales_are_those_of_everything_seen_so_far():
    config = config_of("CartPole-v1", 128 * 3, observation_scale=None, value_unit=None, dtype="float64")
    seen = []
    for iteration in train("CartPole-v1", config, seed=0):
        arrays = iteration.state.arrays
        seen.append(arrays["memory.0.observations"][:-1].reshape(-1, 4))
        rows = np.concatenate(seen)
        np.testing.assert_allclose(iteration.policy.scaling.offset, rows.mean(axis=0), rtol=1e-9)
        np.testing.assert_allclose(iteration.policy.scaling.scale, 1 / rows.std(axis=0), rtol=1e-9)
        np.testing.assert_array_equal(iteration.critic.scaling.scale, iteration.policy.scaling.scale)


def test_the_unit_of_the_critic_follows_the_size_of_the_returns():
    # rewards 1, 2, 3, 1, 2, 3, ... with gamma = 0: the root mean square of the rewards
    config = config_of("tiny/Terminates-v0", 4 * 3, n_envs=2, n_steps=3, gamma=0.0)
    first, _ = train("tiny/Terminates-v0", config, seed=0)
    assert first.critic.unit == pytest.approx(np.sqrt((1 + 4 + 9) / 3))


def test_rewards_that_are_all_zero_leave_the_unit_at_one():
    config = config_of("tiny/Nothing-v0", 4 * 3, n_envs=2, n_steps=3)
    first, _ = train("tiny/Nothing-v0", config, seed=0)
    assert first.critic.unit == 1


def test_fixed_scales_stay():
    for iteration in train("CartPole-v1", config_of("CartPole-v1", 256), seed=0):
        assert iteration.policy.scaling.scale.tolist() == pytest.approx([0.4, 1, 5, 1])
        assert iteration.critic.unit == 10


def test_the_streams_of_one_seed_are_independent():
    streams = generators(0)
    numbers = [generator.random() for generator in streams.values()]
    assert len(set(numbers)) == len(streams) == 3
    assert generators(0)["actions"].random() == numbers[1]


@pytest.mark.parametrize("seed", [None, -1, 1.5, "one"])
def test_a_seed_is_a_number_one_can_write_down(seed):
    with pytest.raises(ValueError, match=f"seed: expected an integer >= 0, got {seed!r}"):
        generators(seed)

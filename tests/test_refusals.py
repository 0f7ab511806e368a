"""What is not finite never reaches the parameters: the update is refused and says why, or the run stops."""

from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import tiny_environments

from trpo_lesson.sampled import checkpoints
from trpo_lesson.sampled.config import settings
from trpo_lesson.sampled.distributions import Categorical, DiagonalGaussian
from trpo_lesson.sampled.environments import vector
from trpo_lesson.sampled.rollouts import collect
from trpo_lesson.sampled.runs import generators, initial_run
from trpo_lesson.sampled.stopwatch import Stopwatch
from trpo_lesson.sampled.trpo import train, updated

SMALL = {"n_envs": 4, "n_steps": 16, "policy_hidden": (5,), "value_hidden": (6,)}
IDS = ["CartPole-v1", "Pendulum-v1"]
ABOVE_FLOAT32 = 1e39


def config_of(env_id, **changes):
    return replace(settings(env_id, 10_000), **(SMALL | {"reuse": 1} | changes))


def first_batch(env_id, config):
    """(the run before its first update, the batch it is to be updated on)."""
    rng = generators(0)
    copies = vector(env_id, config.n_envs, rng=rng["environment"])
    run = initial_run(copies, config, rng)
    batch = collect(copies, run.policy, run.observations, config.n_steps, rng=rng["actions"])
    copies.close()
    return run, batch


def assert_refused(run, batch, config, reason):
    """The update leaves both networks bit for bit, says why, and the run goes on."""
    after, record = updated(run, batch, config, Stopwatch())
    assert not record["accepted"]
    assert (record["kl"], record["surrogate_gain"], record["step_length"]) == (0, 0, 0)
    assert reason in record["reason"]
    assert after.policy.theta.tobytes() == run.policy.theta.tobytes()
    assert after.steps == batch.size
    return after, record


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_gradient_that_is_not_finite_is_refused_and_the_critic_stays_sound(env_id):
    config = config_of(env_id)
    run, batch = first_batch(env_id, config)
    huge = replace(batch, rewards=np.full_like(batch.rewards, 3e38))  # finite, but no sum of two is
    after, record = assert_refused(run, huge, config, "expected a finite b, got max|b| = nan")
    assert "value fit: expected a finite b" in record["reason"]
    assert after.critic.theta.tobytes() == run.critic.theta.tobytes()
    _, record = updated(after, batch, config, Stopwatch())
    assert (record["accepted"], record["reason"]) == (True, "")  # nothing of it is left


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_residual_whose_square_is_not_finite_leaves_the_critic_and_says_so(env_id):
    config = config_of(env_id)
    run, batch = first_batch(env_id, config)
    large = replace(batch, rewards=np.where(np.arange(4) % 2, batch.rewards, np.float32(1e25)))
    after, record = updated(run, large, config, Stopwatch())
    assert "value fit: no length from 1 down to 0.0625 was accepted" in record["reason"]
    assert after.critic.theta.tobytes() == run.critic.theta.tobytes()


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("kl", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("line_search", [True, False])
def test_a_kl_that_is_not_finite_is_refused_even_without_a_line_search(env_id, kl, line_search, monkeypatch):
    config = config_of(env_id, line_search=line_search)
    run, batch = first_batch(env_id, config)
    for kind in (Categorical, DiagonalGaussian):
        monkeypatch.setattr(kind, "kl", lambda self, old, new: np.full(len(old), kl))
    _, record = assert_refused(run, batch, config, "was accepted; there the evaluation was (")
    assert record["reason"].endswith(f", {kl})")


@pytest.mark.parametrize("env_id", IDS)
def test_a_curvature_that_is_not_positive_is_refused(env_id):
    config = config_of(env_id)
    object.__setattr__(config, "damping", -1e3)  # no setting allows it: F + damping I is then negative
    run, batch = first_batch(env_id, config)
    assert_refused(run, batch, config, "expected a curvature p.Fp that is finite and positive")


def test_a_curvature_of_the_value_fit_that_is_not_positive_leaves_the_critic_and_the_policy_learns():
    config = config_of("CartPole-v1")
    object.__setattr__(config, "value_damping", -1e3)
    run, batch = first_batch("CartPole-v1", config)
    after, record = updated(run, batch, config, Stopwatch())
    assert "value fit: expected a curvature p.Fp that is finite and positive" in record["reason"]
    assert record["accepted"]
    assert after.critic.theta.tobytes() == run.critic.theta.tobytes()


# Numbers that the environment brings


@pytest.fixture
def pays():
    """Registers an environment whose third step pays so much."""

    def register(reward):
        spoil = {"spoil": (1, reward / 3), "spoil_at": 3}  # without spoiling it pays 3
        gymnasium.registry.pop("tiny/Pays-v0", None)
        gymnasium.register("tiny/Pays-v0", tiny_environments.Counter, max_episode_steps=6, kwargs=spoil)
        return "tiny/Pays-v0"

    yield register
    gymnasium.registry.pop("tiny/Pays-v0", None)


@pytest.mark.parametrize(
    ("env_id", "name"),
    [
        ("tiny/NaNReward-v0", "reward, got nan"),
        ("tiny/NaNObservation-v0", r"observation, got \[nan nan\]"),
        ("tiny/InfiniteObservation-v0", r"observation, got \[inf .*\]"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in multiply")  # inf * 0, on purpose
def test_a_reward_or_an_observation_that_is_not_finite_stops_the_run(env_id, name):
    with pytest.raises(ValueError, match=f"{env_id}: expected a finite {name} in copy 0 of 4, step 2"):
        next(train(env_id, config_of(env_id), seed=0))


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_an_infinite_reward_stops_the_run(pays):
    with pytest.raises(ValueError, match="expected a finite reward, got inf in copy 0 of 4, step 3"):
        next(train(pays(np.inf), config_of("tiny"), seed=0))


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_a_reward_too_large_for_float32_stops_the_run(pays):
    expected = r"expected finite rewards in float32, got inf in step 3 of the batch, copy 0"
    with pytest.raises(ValueError, match=expected):
        next(train(pays(ABOVE_FLOAT32), config_of("tiny"), seed=0))


def test_a_reward_too_large_for_float32_trains_in_float64(pays):
    config = replace(config_of("tiny", dtype="float64"), total_steps=4 * 64)
    iterations = list(train(pays(ABOVE_FLOAT32), config, seed=0))
    assert [iteration.reason for iteration in iterations] == [""] * 4


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_returns_too_large_for_their_scale_stop_the_run(pays):
    with pytest.raises(
        ValueError, match="expected observations and returns of a size that float64 can scale"
    ):
        next(train(pays(1e200), config_of("tiny", dtype="float64"), seed=0))  # its square overflows


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_policy_whose_outputs_are_not_finite_is_not_sampled_from_in_silence():
    config = config_of("CartPole-v1")
    copies = vector("CartPole-v1", 4, rng=np.random.default_rng(0))
    run = initial_run(copies, config, generators(0))
    beyond = run.policy.moved_to(np.full_like(run.policy.theta, 3e38))
    with pytest.raises(ValueError, match=r"expected finite log_probs in float32, got nan in step 1"):
        collect(copies, beyond, run.observations, 2, rng=np.random.default_rng(0))


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_run_whose_updates_are_refused_records_why_and_its_policy_stays_what_it_was(tmp_path, pays):
    fixed = {"value_unit": 1.0, "observation_scale": (1.0, 1.0)}
    config = replace(config_of("tiny", **fixed), total_steps=192)
    iterations = list(train(pays(3e38), config, seed=0))
    assert not any(iteration.accepted for iteration in iterations)
    assert len({iteration.policy.theta.tobytes() for iteration in iterations}) == 1
    checkpoints.create(tmp_path, checkpoints.Experiment("tiny/Pays-v0", 0, config))
    for number, iteration in enumerate(iterations, start=1):
        checkpoints.save(tmp_path, number, iteration)
    reasons = checkpoints.load_history(tmp_path)["reason"].tolist()
    assert reasons == [iteration.reason for iteration in iterations]
    assert all(reason.startswith("expected ") and "value fit: " in reason for reason in reasons)
    assert np.isfinite(checkpoints.load_checkpoint(tmp_path).state.arrays["critic"]).all()

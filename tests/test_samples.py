"""Samples: what an update sees of its batches, and what an action that the policy never takes may decide."""

from dataclasses import replace

import numpy as np
import pytest

from trpo_lesson.sampled.config import TRPOConfig
from trpo_lesson.sampled.critic import Critic, initial_critic
from trpo_lesson.sampled.distributions import Categorical
from trpo_lesson.sampled.estimation import generalised_advantages
from trpo_lesson.sampled.networks import MLP
from trpo_lesson.sampled.policy import Policy
from trpo_lesson.sampled.rollouts import Batch
from trpo_lesson.sampled.samples import advantages, sample_of
from trpo_lesson.sampled.scaling import Scaling, fixed
from trpo_lesson.sampled.trpo import judged

T, N = 12, 3
SCALING = Scaling(np.array([0.5, -1.0]), np.array([2.0, 3.0]))  # of policy and critic alike
CONFIG = TRPOConfig(10_000, value_hidden=(6,), gamma=0.9, lam=0.8, value_unit=3.0, dtype="float64")


def random_batch(*, seed=0):
    rng = np.random.default_rng(seed)
    terminated, truncated = rng.random((2, T, N)) < 0.15
    return Batch(
        observations=rng.standard_normal((T + 1, N, 2)),
        actions=rng.integers(2, size=(T, N)),
        log_probs=np.log(rng.uniform(0.1, 0.9, (T, N))),
        rewards=rng.standard_normal((T, N)),
        terminated=terminated,
        truncated=truncated,
        last_observations=rng.standard_normal((T, N, 2)),
    )


def random_policy(*, seed=0):
    network = MLP((2, 4, 2))
    theta = network.initial(rng=np.random.default_rng(seed))
    return Policy(network, Categorical(2), theta, SCALING)


def random_critic(*, seed=0):
    return initial_critic(2, SCALING, CONFIG, rng=np.random.default_rng(seed))


def test_a_fresh_batch_is_seen_step_by_step_with_ratios_of_one():
    batch, policy = random_batch(), random_policy()
    sample = sample_of(policy, (batch,))
    outputs = policy.outputs(batch.observations[:-1])
    np.testing.assert_array_equal(sample.inputs, (policy.scaling(batch.observations[:-1])).reshape(T * N, 2))
    np.testing.assert_array_equal(sample.actions, batch.actions.ravel())
    np.testing.assert_allclose(sample.network.outputs, outputs.reshape(T * N, 2), rtol=1e-12)
    expected = policy.distribution.log_prob(outputs, batch.actions).ravel()
    np.testing.assert_allclose(sample.log_probs, expected, rtol=1e-12)
    assert (sample.ratios == 1).all()
    assert (sample.traces == 1).all()


def test_old_batches_stand_beside_it_with_the_ratio_of_policy_to_drawer():
    old, own, policy = random_batch(seed=1), random_batch(seed=2), random_policy()
    sample = sample_of(policy, (old, own))
    assert sample.batch.rewards.shape == (T, 2 * N)
    log_pi = policy.distribution.log_prob(policy.outputs(old.observations[:-1]), old.actions)
    ratios = sample.ratios.reshape(T, 2 * N)
    np.testing.assert_allclose(ratios[:, :N], np.exp(log_pi - old.log_probs), rtol=1e-12)
    np.testing.assert_array_equal(sample.traces, np.where(sample.ratios > 1, 1, sample.ratios))


def test_advantages_are_gae_with_the_critics_values_of_what_each_step_led_to():
    batch, critic = random_batch(), random_critic()
    sample = sample_of(random_policy(), (batch,))
    values = critic.values(batch.observations)
    next_values = np.where(batch.truncated, critic.values(batch.last_observations), values[1:])
    ends = (batch.terminated, batch.truncated)
    expected = generalised_advantages(batch.rewards, values[:-1], next_values, *ends, gamma=0.9, lam=0.8)
    found = advantages(sample, critic, values[:-1].ravel(), gamma=0.9, lam=0.8)
    np.testing.assert_allclose(found, expected.ravel(), rtol=0, atol=1e-12)


def test_a_truncated_step_bootstraps_and_a_terminated_one_does_not():
    # V(s) = s_1 + s_2 = 100 at the last observation, 0 everywhere else; lam = 0
    batch = random_batch()
    never = np.zeros((T, N), dtype=bool)
    terminated, truncated, last = never.copy(), never.copy(), np.zeros((T, N, 2))
    terminated[3, 0] = truncated[3, 1] = True
    last[3] = 50
    quiet = replace(
        batch,
        observations=np.zeros((T + 1, N, 2)),
        rewards=np.ones((T, N)),
        terminated=terminated,
        truncated=truncated,
        last_observations=last,
    )
    critic = Critic(MLP((2, 1)), np.array([1.0, 1.0, 0.0]), fixed(np.ones(2)))
    found = advantages(sample_of(random_policy(), (quiet,)), critic, np.zeros(T * N), gamma=0.9, lam=0.0)
    assert found.reshape(T, N)[3].tolist() == [1, 1 + 90, 1]


def test_what_follows_an_action_that_the_policy_never_takes_decides_nothing():
    batch, critic = random_batch(), random_critic()
    quiet = replace(batch, terminated=np.zeros((T, N), dtype=bool), truncated=np.zeros((T, N), dtype=bool))
    loud = replace(quiet, rewards=np.where(np.arange(T)[:, None] == 7, 1e6, quiet.rewards))
    never = np.ones((T, N))
    never[7] = 0
    results = []
    for each in (quiet, loud):
        sample = replace(sample_of(random_policy(), (each,)), ratios=never.ravel())
        results.append(judged(critic, sample, CONFIG))
    (fitted, estimates, explained, _), (fitted_too, estimates_too, explained_too, _) = results
    before, after = np.arange(T * N) < 7 * N, np.arange(T * N) >= 8 * N
    np.testing.assert_array_equal(estimates[before | after], estimates_too[before | after])
    np.testing.assert_array_equal(fitted.theta, fitted_too.theta)
    assert explained == explained_too
    assert not np.array_equal(estimates, estimates_too)


@pytest.mark.parametrize("after_fit", [False, True])
def test_advantages_come_from_the_critic_before_the_fit_or_where_asked_from_the_one_after(after_fit):
    batch, critic = random_batch(), random_critic()
    sample = sample_of(random_policy(), (batch,))
    fitted, estimates, *_ = judged(critic, sample, replace(CONFIG, advantages_after_fit=after_fit))
    judge = fitted if after_fit else critic
    values = judge.values(batch.observations[:-1]).ravel()
    np.testing.assert_allclose(estimates, advantages(sample, judge, values, gamma=0.9, lam=0.8), atol=1e-12)
    assert not np.array_equal(fitted.theta, critic.theta)


def test_the_fit_brings_the_values_nearer_to_the_lambda_returns():
    batch, critic = random_batch(), random_critic()
    sample = sample_of(random_policy(), (batch,))
    fitted, _, explained, trouble = judged(critic, sample, replace(CONFIG, value_steps=10))
    _, _, explained_after, _ = judged(fitted, sample, CONFIG)
    assert explained_after > explained
    assert trouble == ""


def test_the_variance_explained_is_that_of_the_lambda_returns_by_the_critic_before_the_fit():
    batch, critic = random_batch(), random_critic()
    sample = sample_of(random_policy(), (batch,))
    values = critic.values(batch.observations[:-1]).ravel()
    targets = values + advantages(sample, critic, values, gamma=0.9, lam=0.8)
    expected = 1 - np.var(targets - values) / np.var(targets)
    assert judged(critic, sample, CONFIG)[2] == pytest.approx(expected)

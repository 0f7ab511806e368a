"""The equations of chapter 15 that no test of a module proves: both sides, by different routes."""

import numpy as np
import pytest
from test_trpo import IDS, fisher, mean_kl, situation, slopes, surrogate

from trpo_lesson.sampled import trpo
from trpo_lesson.sampled.stopwatch import Stopwatch
from trpo_lesson.steps import natural_gradient


@pytest.mark.equation("eq-trpo-step", natural_gradient.step_to_boundary)
def test_the_step_of_two_parameters_by_hand():
    # F = diag(1, 4) and g = (2, 4): x = (2, 1), x.Fx = 8, sqrt(2 * 0.01 / 8) = 1/20
    F, x = np.diag([1.0, 4.0]), np.array([2.0, 1.0])
    step = natural_gradient.step_to_boundary(x, F @ x, 0.01)
    np.testing.assert_allclose(step.x, [0.1, 0.05], rtol=1e-15)


@pytest.mark.equation("eq-trpo-step", trpo.proposed_step)
@pytest.mark.parametrize("env_id", IDS)
def test_the_step_is_the_solution_of_the_fisher_system_stretched_to_the_radius(env_id):
    """g by finite differences, F from its definition, solved as a matrix."""
    delta, damping = 0.007, 0.02
    config, policy, sample, advantages = situation(env_id, damping=damping, cg_iterations=200)
    g = slopes(lambda theta: surrogate(policy, sample, advantages, theta), policy.theta)
    F = fisher(policy, sample) + damping * np.eye(len(g))
    x = np.linalg.solve(F, g)
    expected = np.sqrt(2 * delta / (x @ F @ x)) * x
    step = trpo.proposed_step(policy, sample, advantages, delta, config)
    np.testing.assert_allclose(step.x, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


def stretched(direction, policy, sample, delta):
    """The longest step along the direction whose mean KL is at most delta, by bisection."""
    low, high = 0.0, 1.0
    while mean_kl(policy, sample, policy.theta + high * direction) <= delta:
        low, high = high, 2 * high
    for _ in range(40):
        middle = (low + high) / 2
        inside = mean_kl(policy, sample, policy.theta + middle * direction) <= delta
        low, high = (middle, high) if inside else (low, middle)
    return low * direction


@pytest.mark.equation("eq-trpo-problem", trpo.improved)
@pytest.mark.parametrize("env_id", IDS)
def test_no_other_parameters_within_a_small_radius_promise_more_than_the_step(env_id):
    """The step is within the radius. All steps being as long as their true KL allows, no other gains more.

    They go along the gradient, along F^-1 g with F by definition, along random directions and beside the
    step. The damping turns the step a little: 5 % are granted. The step itself may have been halved once: it
    ends so close to the boundary that the next term of the KL decides.
    """
    delta, rng = 1e-10, np.random.default_rng(0)
    config, policy, sample, advantages = situation(env_id, damping=1e-6, cg_iterations=300)
    step = trpo.improved(policy, sample, advantages, delta, config, Stopwatch()).theta - policy.theta

    def promise(theta):
        return surrogate(policy, sample, advantages, theta)

    def gain(step):
        return promise(policy.theta + step) - promise(policy.theta)

    assert mean_kl(policy, sample, policy.theta + step) <= delta
    most = gain(stretched(step, policy, sample, delta))
    assert gain(step) >= 0.45 * most
    g, F = slopes(promise, policy.theta), fisher(policy, sample)
    noise = rng.standard_normal((20, len(g)))
    beside = step + 0.03 * np.linalg.norm(step) * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    for direction in (g, np.linalg.solve(F + 1e-6 * np.eye(len(g)), g), *noise, *beside):
        assert gain(stretched(direction, policy, sample, delta)) <= 1.05 * most


@pytest.mark.equation("eq-trpo-problem", trpo.improved)
def test_where_the_model_of_the_kl_errs_the_step_is_shortened_until_the_true_one_is_within_the_radius():
    delta = 0.01
    config, policy, sample, advantages = situation("Pendulum-v1")
    proposed = trpo.proposed_step(policy, sample, advantages, delta, config).x
    result = trpo.improved(policy, sample, advantages, delta, config, Stopwatch())
    step = result.theta - policy.theta
    np.testing.assert_allclose(step, result.step_length * proposed, rtol=0, atol=1e-12)
    assert mean_kl(policy, sample, policy.theta + step) <= delta
    assert mean_kl(policy, sample, policy.theta + 2 * step) > delta  # one halving less would not have done

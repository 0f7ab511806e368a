"""The critic: its fit against least squares, the values it bootstraps from by hand, its units."""

import numpy as np
import pytest

from trpo_lesson.sampled.config import TRPOConfig
from trpo_lesson.sampled.critic import (
    Critic,
    fit,
    gauss_newton_step,
    initial_critic,
    next_values,
    standing,
)
from trpo_lesson.sampled.networks import MLP
from trpo_lesson.sampled.rollouts import Batch
from trpo_lesson.sampled.scaling import Scaling, fixed

IDENTITY = fixed(np.ones(3))


def draw(network, *, seed=0, B=40):
    """(theta, inputs [B, I], targets [B])."""
    rng = np.random.default_rng(seed)
    theta = rng.standard_normal(network.n_parameters)
    return theta, rng.standard_normal((B, network.sizes[0])), rng.standard_normal(B)


def towards(targets):
    """Residuals for targets that stand still."""
    return lambda critic, values: targets - values


@pytest.mark.parametrize("unit", [1.0, 10.0])
def test_one_step_of_a_linear_critic_is_least_squares(unit):
    network = MLP((3, 1))
    theta, x, targets = draw(network)
    critic = Critic(network, theta, IDENTITY, unit)
    critic, reason = fit(critic, x, towards(targets), steps=1, damping=0.0, iterations=4)
    design = np.column_stack((x, np.ones(len(x))))
    best = np.linalg.lstsq(design, targets, rcond=None)[0]
    np.testing.assert_allclose(critic.values(x), design @ best, rtol=0, atol=1e-10)
    assert reason == ""


def test_every_step_is_the_damped_gauss_newton_step_of_a_dense_solve():
    network, damping, unit = MLP((3, 4, 1)), 1e-2, 5.0
    theta, x, targets = draw(network)
    expected = theta
    for _ in range(3):
        linear = network.linearise(expected, x)
        J = np.array([linear.jvp(v)[:, 0] for v in np.eye(len(theta))]).T
        residual = targets / unit - linear.outputs[:, 0]
        normal = J.T @ J / len(x) + damping * np.eye(len(theta))
        expected = expected + np.linalg.solve(normal, J.T @ residual / len(x))
    critic = Critic(network, theta, IDENTITY, unit)
    critic, _ = fit(critic, x, towards(targets), steps=3, damping=damping, iterations=200)
    np.testing.assert_allclose(critic.theta, expected, rtol=0, atol=1e-8)


def test_the_residuals_are_asked_anew_with_the_moving_critic():
    network = MLP((3, 4, 1))
    theta, x, targets = draw(network)
    asked = []

    def residuals(critic, values):
        np.testing.assert_allclose(values, critic.values(x), rtol=1e-12)
        asked.append(critic.theta.tobytes())
        return targets - values

    start = Critic(network, theta, IDENTITY, 2.0)
    critic, _ = fit(start, x, residuals, steps=3, damping=1e-2, iterations=5)
    assert asked[0] == theta.tobytes()
    assert asked[-1] == critic.theta.tobytes()
    assert len(set(asked)) >= 4
    assert fit(start, x, residuals, steps=0, damping=1e-2, iterations=5) == (start, "")


@pytest.mark.parametrize("seed", range(10))
def test_the_mean_squared_residual_falls_with_every_step_even_where_the_full_step_would_raise_it(seed):
    network = MLP((3, 8, 1))
    theta, x, targets = draw(network, seed=seed)
    critic, losses = Critic(network, 3 * theta, IDENTITY), []
    for _ in range(6):
        losses.append(np.mean((targets - critic.values(x)) ** 2))
        here = standing(critic, x, towards(targets))
        step, there = gauss_newton_step(here, towards(targets), damping=1e-4, iterations=50)
        critic = there.critic
        np.testing.assert_array_equal(critic.theta, step.theta)
        np.testing.assert_array_equal(there.error, standing(critic, x, towards(targets)).error)
        fell = losses[-1] - np.mean((targets - critic.values(x)) ** 2)
        assert fell == pytest.approx(step.evaluation if step.accepted else 0)
        assert fell >= 0
    assert losses[-1] < 0.7 * losses[0]


def test_the_fit_ends_without_complaint_where_no_step_helps():
    network = MLP((3, 4, 1))
    theta, x, targets = draw(network)
    start = Critic(network, theta, IDENTITY)
    away = lambda critic, values: values - targets  # noqa: E731  every step in its direction makes it grow
    assert fit(start, x, away, steps=3, damping=1e-2, iterations=5) == (start, "")
    step, there = gauss_newton_step(standing(start, x, away), away, damping=1e-2, iterations=5)
    assert there.critic is start
    assert "no length from 1 down to 0.0625 was accepted" in step.reason


def test_fewer_iterations_solve_less_of_the_system():
    network = MLP((3, 1))
    theta, x, targets = draw(network)
    start, errors = Critic(network, theta, IDENTITY), []
    for iterations in (1, 2, 4):
        critic, _ = fit(start, x, towards(targets), steps=1, damping=1e-3, iterations=iterations)
        errors.append(np.mean((targets - critic.values(x)) ** 2))
    assert errors[0] > errors[1] > errors[2]


def test_residuals_that_are_not_finite_leave_the_critic_and_say_so():
    network = MLP((3, 4, 1))
    theta, x, targets = draw(network)
    start = Critic(network, theta, IDENTITY)
    critic, reason = fit(start, x, towards(targets * np.nan), steps=2, damping=1e-3, iterations=5)
    assert critic is start
    assert reason.startswith("value fit: expected a finite b")


def sum_of_components():
    """V(s) = s_1 + s_2."""
    return Critic(MLP((2, 1)), np.array([1.0, 1.0, 0.0]), fixed(np.ones(2)))


def test_the_next_value_is_that_of_the_next_row_or_of_what_came_last():
    # three steps of two copies: the first truncated at step 1, the second terminated at step 1
    observations = np.zeros((4, 2, 2))
    observations[:, 0, 0], observations[:, 1, 0] = [1, 2, 3, 4], [10, 20, 30, 40]
    last = np.zeros((3, 2, 2))
    last[1] = [[500, 7], [600, 7]]
    truncated, terminated = np.zeros((2, 3, 2), dtype=bool)
    truncated[1, 0] = terminated[1, 1] = True
    batch = Batch(observations, None, None, np.zeros((3, 2)), terminated, truncated, last)
    critic = sum_of_components()
    following = next_values(critic, critic.values(observations[:-1]), batch)
    assert following[:, 0].tolist() == [2, 507, 4]
    assert following[[0, 2], 1].tolist() == [20, 40]  # the entry after a termination has no meaning


def test_values_scale_the_observation_and_count_in_units():
    critic = Critic(
        MLP((2, 1)), np.array([1.0, 1.0, 0.5]), Scaling(np.array([1.0, 0.0]), np.array([2.0, 3.0])), 10.0
    )
    # 10 * (2 (5 - 1) + 3 * 1 + 1/2)
    assert critic.values(np.array([5.0, 1.0])) == pytest.approx(115)
    assert critic.values(np.full((3, 4, 2), 1.0)).shape == (3, 4)
    assert critic.values_at(np.array([[8.0, 3.0]])).tolist() == [115]


def test_another_unit_changes_the_network_and_not_the_values():
    network = MLP((3, 4, 1))
    theta, x, _ = draw(network)
    critic = Critic(network, theta, IDENTITY, 2.0)
    other = critic.in_unit(50.0)
    np.testing.assert_allclose(other.values(x), critic.values(x), rtol=1e-12)
    np.testing.assert_allclose(
        other.network.outputs(other.theta, x) * 50, critic.values(x)[:, None], rtol=1e-12
    )
    assert critic.theta is theta


def test_an_untrained_critic_has_the_layers_dtype_and_unit_of_the_settings():
    rng = np.random.default_rng(0)
    config = TRPOConfig(10_000, value_hidden=(5, 4), value_unit=30.0, dtype="float32")
    critic = initial_critic(3, IDENTITY, config, rng=rng)
    assert (critic.network, critic.theta.dtype, critic.unit) == (MLP((3, 5, 4, 1)), "float32", 30.0)
    assert initial_critic(3, IDENTITY, TRPOConfig(10_000), rng=rng).unit == 1.0

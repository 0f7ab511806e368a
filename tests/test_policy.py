"""The policy: what it starts as, how it acts, and its evaluation on gymnasium's own environments."""

import numpy as np
import pytest
import tiny_environments
from gymnasium.spaces import Box, Discrete

from trpo_lesson.sampled.config import TRPOConfig
from trpo_lesson.sampled.distributions import Categorical, DiagonalGaussian
from trpo_lesson.sampled.networks import MLP
from trpo_lesson.sampled.policy import Policy, evaluate, initial_policy
from trpo_lesson.sampled.scaling import fixed

OBSERVATIONS = Box(-1, 1, (3,))


def untrained(action_space, *, n_inputs=3, **settings):
    config = TRPOConfig(10_000, **({"dtype": "float64"} | settings))
    scaling = fixed(np.ones(n_inputs), dtype=config.dtype)
    space = Box(-1, 1, (n_inputs,))
    return initial_policy(space, action_space, scaling, config, rng=np.random.default_rng(0))


def always(action, *, n_inputs, n_actions=2):
    """A policy that takes one action everywhere."""
    network = MLP((n_inputs, n_actions))
    theta = np.zeros(network.n_parameters)
    network.weights(theta)[0][action, -1] = 9
    return Policy(network, Categorical(n_actions), theta, fixed(np.ones(n_inputs)))


def test_an_untrained_policy_is_almost_uniform():
    policy = untrained(Discrete(4))
    entropy = policy.distribution.entropy(policy.outputs(np.random.default_rng(1).standard_normal((50, 3))))
    np.testing.assert_allclose(entropy, np.log(4), atol=1e-3)


def test_an_untrained_gaussian_stands_in_the_middle_of_the_box_and_covers_it():
    box = Box(np.array([-2, 1, -np.inf, 0], np.float32), np.array([2, 5, np.inf, np.inf], np.float32))
    outputs = untrained(box, last_layer_scale=0.0).outputs(np.ones(3))
    np.testing.assert_allclose(outputs, [0, 3, 0, 0, *np.log([2, 2, 1, 1])], atol=1e-12)


def test_the_initial_log_sigma_can_be_chosen():
    policy = untrained(Box(-2, 2, (2,)), initial_log_std=0.8)
    np.testing.assert_allclose(policy.outputs(np.ones((5, 3)))[:, 2:], 0.8)
    assert policy.theta[-2:].tolist() == [0.8, 0.8]  # among the parameters


def test_the_shapes_follow_the_spaces():
    discrete, box = (
        untrained(Discrete(4), policy_hidden=(7, 5)),
        untrained(Box(-1, 1, (2, 3)), policy_hidden=()),
    )
    assert (discrete.network, discrete.distribution) == (MLP((3, 7, 5, 4)), Categorical(4))
    assert (box.network, box.distribution) == (MLP((3, 6), free=6), DiagonalGaussian(6))


def test_single_observations_and_batches_give_the_same_outputs():
    policy, x = (
        untrained(Discrete(2), last_layer_scale=1.0),
        np.random.default_rng(1).standard_normal((2, 4, 3)),
    )
    outputs = policy.outputs(x)
    assert outputs.shape == (2, 4, 2)
    for i in np.ndindex(2, 4):
        np.testing.assert_allclose(policy.outputs(x[i]), outputs[i], rtol=1e-12)


def test_observations_are_scaled_before_the_network_sees_them():
    policy = untrained(Discrete(2), last_layer_scale=1.0)
    scaled = Policy(policy.network, policy.distribution, policy.theta, fixed((2.0, 3.0, 4.0)))
    x = np.array([0.5, -1.0, 0.25])
    np.testing.assert_allclose(scaled.outputs(x), policy.outputs(x * [2, 3, 4]), rtol=1e-14)


def test_a_greedy_policy_takes_the_most_probable_action_and_an_acting_one_draws():
    policy = always(1, n_inputs=3)
    assert policy.greedy(np.zeros((4, 3))).tolist() == [1, 1, 1, 1]
    uniform = policy.moved_to(np.zeros_like(policy.theta))
    drawn = uniform.act(np.zeros((1000, 3)), rng=np.random.default_rng(0))
    assert abs(drawn.mean() - 0.5) < 4 * 0.5 / np.sqrt(1000)


def test_the_parameters_are_read_only_and_not_those_of_the_caller():
    theta = np.zeros(8)
    policy = Policy(MLP((3, 2)), Categorical(2), theta, fixed(np.ones(3)))
    theta[:] = 1
    assert not policy.theta.any()
    with pytest.raises(ValueError, match="read-only"):
        policy.theta[0] = 1
    assert policy.moved_to(policy.theta).theta is policy.theta


def test_parameters_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"theta: expected shape \(8,\), got \(7,\)"):
        Policy(MLP((3, 2)), Categorical(2), np.zeros(7), fixed(np.ones(3)))


def test_the_evaluation_of_a_known_policy():
    for action in (0, 1):
        policy = always(action, n_inputs=1)
        returns = evaluate(policy, "tiny/Bandit-v0", episodes=3, rng=np.random.default_rng(0))
        assert returns.tolist() == [action] * 3


def test_the_evaluation_counts_each_episode_to_its_end():
    for env_id in ("Terminates", "Truncates", "Both"):
        returns = evaluate(
            always(0, n_inputs=2), f"tiny/{env_id}-v0", episodes=2, rng=np.random.default_rng(0)
        )
        assert returns.tolist() == [sum(range(tiny_environments.LENGTH + 1))] * 2


def test_the_evaluation_hands_over_actions_as_the_environment_wants_them():
    returns = evaluate(always(0, n_inputs=2), "tiny/FromFive-v0", episodes=1, rng=np.random.default_rng(0))
    assert returns.tolist() == [6]
    space = Box(-10, 10, (1,))
    target = untrained(space, n_inputs=1, last_layer_scale=0.0)
    theta = target.theta.copy()
    for mean, reached in ((3.0, 3.0), (50.0, 10.0)):  # clipped to the box
        target.network.weights(theta)[-1][0, -1] = mean
        returns = evaluate(target.moved_to(theta), "tiny/Target-v0", episodes=1, rng=np.random.default_rng(0))
        assert returns.tolist() == [-((reached - 3) ** 2)]


def test_the_evaluation_is_seeded_and_its_episodes_differ():
    policy = always(1, n_inputs=4)
    returns = [
        evaluate(policy, "CartPole-v1", episodes=30, rng=np.random.default_rng(seed)) for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(returns[0], returns[1])
    assert not np.array_equal(returns[0], returns[2])
    assert len(set(returns[0])) > 1
    assert returns[0].max() < 12  # always pushing one way


@pytest.mark.parametrize(("env_id", "what"), [("NaNObservation", "observation"), ("NaNReward", "reward")])
def test_an_evaluation_that_meets_nan_says_where(env_id, what):
    message = f"tiny/{env_id}-v0: expected a finite {what}, got .*nan.* in copy 0 of 2, step 2"
    with pytest.raises(ValueError, match=message):
        evaluate(always(0, n_inputs=2), f"tiny/{env_id}-v0", episodes=2, rng=np.random.default_rng(0))


@pytest.mark.parametrize("episodes", [0, -1, 2.5])
def test_an_evaluation_needs_an_episode(episodes):
    with pytest.raises(ValueError, match=f"episodes: expected an integer >= 1, got {episodes}"):
        evaluate(always(0, n_inputs=1), "tiny/Bandit-v0", episodes=episodes, rng=np.random.default_rng(0))


@pytest.mark.parametrize("env_id", ["CartPole-v1", "tiny/Target-v0"])
def test_a_policy_made_for_other_spaces_is_not_evaluated(env_id):
    with pytest.raises(
        ValueError, match=rf"{env_id}: expected a policy with .* got \(1, Categorical\(n=3\)\)"
    ):
        evaluate(always(0, n_inputs=1, n_actions=3), env_id, episodes=1, rng=np.random.default_rng(0))

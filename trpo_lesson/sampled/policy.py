"""The policy pi_theta(a|s): a network whose outputs parametrise a distribution of actions; its evaluation."""

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np
from gymnasium.spaces import Box, Discrete

from trpo_lesson.sampled.distributions import Categorical, DiagonalGaussian
from trpo_lesson.sampled.environments import as_environment_actions, make, require_finite
from trpo_lesson.sampled.networks import MLP
from trpo_lesson.sampled.scaling import Scaling


@dataclass(frozen=True, eq=False)
class Policy:
    """pi_theta(.|s): `distribution` with the outputs of `network` at theta [D] for the scaled observation.

    theta is kept read-only, in its own dtype: copied if it is writeable. Raises ValueError for a theta that
    is not as long as the network asks for.
    """

    network: MLP
    distribution: Categorical | DiagonalGaussian
    theta: np.ndarray
    scaling: Scaling

    def __post_init__(self):
        if self.theta.shape != (self.network.n_parameters,):
            raise ValueError(f"theta: expected shape ({self.network.n_parameters},), got {self.theta.shape}")
        if self.theta.flags.writeable:
            object.__setattr__(self, "theta", self.theta.copy())
            self.theta.flags.writeable = False

    def outputs(self, observations):
        """The parameters of the distribution [..., K] for observations [..., I]."""
        inputs = self.scaling(np.asarray(observations, dtype=self.theta.dtype))
        flat = self.network.outputs(self.theta, inputs.reshape(-1, inputs.shape[-1]))
        return flat.reshape(*inputs.shape[:-1], -1)

    def act(self, observations, *, rng):
        """Actions drawn from pi_theta, one for each observation [..., I]; unclipped."""
        return self.distribution.sample(self.outputs(observations), rng=rng)

    def greedy(self, observations):
        """The most probable action for each observation [..., I]; unclipped."""
        return self.distribution.mode(self.outputs(observations))

    def moved_to(self, theta):
        """The same policy at other parameters."""
        return replace(self, theta=theta)


def distribution_over(action_space):
    """The distribution for Discrete actions or a Box."""
    if isinstance(action_space, Discrete):
        return Categorical(int(action_space.n))
    return DiagonalGaussian(int(np.prod(action_space.shape)))


def initial_policy(observation_space, action_space, scaling, config, *, rng):
    """An untrained Policy for these spaces; nearly the same in every state where last_layer_scale is small.

    Discrete actions are nearly uniform. Gaussian actions are centred on the box; `config.initial_log_std`
    None makes sigma half the width of the box, and 1 where there are no bounds.
    """
    distribution = distribution_over(action_space)
    sizes = (observation_space.shape[0], *config.policy_hidden, distribution.n_outputs)
    network = MLP(sizes, free=distribution.n_free)
    theta = network.initial(rng=rng, last_scale=config.last_layer_scale, dtype=config.dtype)
    if isinstance(action_space, Box):
        centre, half_width = _middle(action_space)
        network.weights(theta)[-1][:, -1] = centre
        log_std = np.log(half_width) if config.initial_log_std is None else config.initial_log_std
        theta[-network.free :] = log_std
    return Policy(network, distribution, theta, scaling)


def _middle(box):
    """(centre, half width) [n] of each component of a Box; (0, 1) where it has no bounds."""
    low, high = box.low.ravel().astype(float), box.high.ravel().astype(float)
    bounded = np.isfinite(low) & np.isfinite(high) & (low < high)
    low, high = np.where(bounded, low, -1), np.where(bounded, high, 1)
    return (low + high) / 2, (high - low) / 2


def _require_made_for(policy, env_id, env):
    expected = env.observation_space.shape[0], distribution_over(env.action_space)
    got = policy.network.sizes[0], policy.distribution
    if got != expected:
        raise ValueError(f"{env_id}: expected a policy with inputs and distribution {expected}, got {got}")


def evaluate(policy, env_id, *, episodes, rng):
    """Undiscounted returns [episodes] of the greedy policy, always on gymnasium's own environment.

    Each episode has an environment of its own, seeded from `rng`, and runs until it ends. Raises ValueError
    as `environments.make` does, for a policy made for other spaces, and where the environment returns NaN or
    infinity.
    """
    if not isinstance(episodes, Integral) or episodes < 1:
        raise ValueError(f"episodes: expected an integer >= 1, got {episodes}")
    envs = [make(env_id) for _ in range(episodes)]
    _require_made_for(policy, env_id, envs[0])
    observations = np.array([env.reset(seed=int(rng.integers(2**31)))[0] for env in envs])
    returns, running, step = np.zeros(episodes), np.arange(episodes), 0
    while running.size:
        require_finite(env_id, "observation", observations, step)
        actions = as_environment_actions(policy.greedy(observations[running]), envs[0].action_space)
        ended = np.zeros(episodes, dtype=bool)
        for i, action in zip(running, actions, strict=True):
            observations[i], reward, terminated, truncated, _ = envs[i].step(action)
            returns[i] += reward
            ended[i] = terminated or truncated
        running, step = running[~ended[running]], step + 1
        require_finite(env_id, "reward", returns, step)
    for env in envs:
        env.close()
    return returns


def scores(policy, env_id, *, episodes, seed):
    """`evaluate` with the generator of a seed, as plain data: mean, std, returns, episodes, seed."""
    returns = evaluate(policy, env_id, episodes=episodes, rng=np.random.default_rng(seed))
    numbers = {"mean": float(returns.mean()), "std": float(returns.std()), "returns": returns.tolist()}
    return numbers | {"episodes": episodes, "seed": seed}

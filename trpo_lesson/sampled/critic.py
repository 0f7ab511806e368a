"""The critic V(s) and its fit: damped Gauss-Newton, on the jvp, vjp and conjugate gradient of the policy."""

from dataclasses import dataclass, replace

import numpy as np

from trpo_lesson.sampled.networks import MLP
from trpo_lesson.sampled.scaling import Scaling
from trpo_lesson.steps.conjugate_gradient import conjugate_gradient
from trpo_lesson.steps.natural_gradient import fisher_product


@dataclass(frozen=True, eq=False)
class Critic:
    """V(s) = unit * output of `network` at theta [D], for observations scaled by `scaling`.

    V is in the environment's rewards; `unit` keeps the network's own output of order one.
    """

    network: MLP
    theta: np.ndarray
    scaling: Scaling
    unit: float = 1.0

    def values(self, observations):
        """V [...] for observations [..., I]."""
        inputs = self.scaling(np.asarray(observations, dtype=self.theta.dtype))
        return self.values_at(inputs.reshape(-1, inputs.shape[-1])).reshape(inputs.shape[:-1])

    def values_at(self, inputs):
        """V [B] for scaled observations [B, I]."""
        return self.unit * self.network.outputs(self.theta, inputs)[:, 0]

    def in_unit(self, unit):
        """The same V with another unit: the last layer makes up for it."""
        theta = self.theta.copy()
        self.network.weights(theta)[-1][:] *= self.unit / unit
        return replace(self, theta=theta, unit=unit)


def initial_critic(n_inputs, scaling, config, *, rng):
    """An untrained Critic."""
    network = MLP((n_inputs, *config.value_hidden, 1))
    theta = network.initial(rng=rng, dtype=config.dtype)
    return Critic(network, theta, scaling, 1.0 if config.value_unit is None else config.value_unit)


def next_values(critic, values, batch):
    """V [T, N] of what each step of the `Batch` really led to, given V [T, N] of the states acted in.

    That is V of the next row, except at the end of the batch and where the episode was truncated: there the
    critic is asked about the observation that came last. After a termination the entry means nothing: nothing
    may be bootstrapped from it.
    """
    beyond = critic.values(np.concatenate((batch.observations[-1], batch.last_observations[batch.truncated])))
    n_envs = values.shape[1]
    following = np.concatenate((values[1:], beyond[None, :n_envs]))
    following[batch.truncated] = beyond[n_envs:]
    return following


def fit(critic, inputs, residuals, *, steps, damping, iterations):
    """(critic, reason): after `steps` damped Gauss-Newton steps on the mean squared residual at inputs [B,
    I].

    Each solves (J^T J / B + damping I) step = J^T residual / B by conjugate gradient, J = d outputs / d
    theta, the residual in units of the critic. `residuals(critic, values)` [B] = targets - values is asked
    anew at each step: targets that bootstrap move along. A solve that fails ends the fit where it is;
    `reason` says why.
    """
    for _ in range(steps):
        network = critic.network.linearise(critic.theta, inputs)
        error = residuals(critic, critic.unit * network.outputs[:, 0]) / (critic.unit * len(inputs))
        product = fisher_product(network.jvp, lambda u: u / len(inputs), network.vjp, damping=damping)
        solution = conjugate_gradient(product, network.vjp(error[:, None]), iterations=iterations)
        if solution.reason:
            return critic, f"value fit: {solution.reason}"
        critic = replace(critic, theta=critic.theta + solution.x)
    return critic, ""

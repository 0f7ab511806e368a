"""The critic V(s) and its fit: damped Gauss-Newton, on the jvp, vjp and conjugate gradient of the policy."""

from dataclasses import dataclass, replace

import numpy as np

from trpo_lesson.sampled.networks import MLP
from trpo_lesson.sampled.scaling import Scaling
from trpo_lesson.steps.conjugate_gradient import conjugate_gradient
from trpo_lesson.steps.line_search import line_search, refused
from trpo_lesson.steps.natural_gradient import fisher_product

HALVINGS = 4  # of a Gauss-Newton step before the fit gives up


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
    """(critic, trouble) after up to `steps` Gauss-Newton steps on the mean squared residual at inputs [B, I].

    `residuals(critic, values)` [B] = targets - values is asked anew for each theta: targets that bootstrap
    move along. The fit is over where no step helps; `trouble` is "" or why a step could not be computed or
    judged. The critic that comes back is always a sound one: what is not finite is never taken.
    """
    for _ in range(steps):
        step = gauss_newton_step(critic, inputs, residuals, damping=damping, iterations=iterations)
        if not step.accepted:
            no_better = step.evaluation is not None and np.isfinite(step.evaluation)
            return critic, "" if no_better else f"value fit: {step.reason}"
        critic = replace(critic, theta=step.theta)
    return critic, ""


def gauss_newton_step(critic, inputs, residuals, *, damping, iterations):
    """One damped Gauss-Newton step as a `StepResult`, halved until the mean squared residual falls.

    (J^T J / B + damping I) step = J^T residual / B by conjugate gradient, with J = d outputs / d theta and
    the residual in units of the critic. The evaluation is how far the mean squared residual fell.
    """
    B, network = len(inputs), critic.network.linearise(critic.theta, inputs)

    def residual(theta, outputs):
        return residuals(replace(critic, theta=theta), critic.unit * outputs[:, 0]) / critic.unit

    def fall(theta):
        return now - np.mean(residual(theta, critic.network.outputs(theta, inputs)) ** 2)

    error = residual(critic.theta, network.outputs)
    now = np.mean(error**2)
    product = fisher_product(network.jvp, lambda u: u / B, network.vjp, damping=damping)
    solution = conjugate_gradient(product, network.vjp(error[:, None] / B), iterations=iterations)
    if solution.reason:
        return refused(critic.theta, solution.reason)
    return line_search(fall, lambda fall: fall > 0, critic.theta, solution.x, max_backtracks=HALVINGS)

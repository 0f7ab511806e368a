"""The critic V(s) and its fit: damped Gauss-Newton, on the jvp, vjp and conjugate gradient of the policy."""

from dataclasses import dataclass, replace

import numpy as np

from trpo_lesson.sampled.networks import MLP, Linearised
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


@dataclass(frozen=True, eq=False)
class Standing:
    """Where a fit stands: a critic, seen from the sample that it is fitted to.

    inputs   [B, I]  scaled observations
    network          the critic's network at its theta on `inputs`, with its Jacobian
    error    [B]     targets - values, in units of the critic
    """

    critic: Critic
    inputs: np.ndarray
    network: Linearised
    error: np.ndarray

    @property
    def loss(self):
        """Mean squared error, in units of the critic."""
        return np.mean(self.error**2)


def standing(critic, inputs, residuals):
    """The `Standing` of a critic; `residuals(critic, values)` [B] = targets - values."""
    network = critic.network.linearise(critic.theta, inputs)
    values = critic.unit * network.outputs[:, 0]
    return Standing(critic, inputs, network, residuals(critic, values) / critic.unit)


def fit(critic, inputs, residuals, *, steps, damping, iterations):
    """(critic, trouble) after up to `steps` Gauss-Newton steps on the mean squared residual at inputs [B, I].

    `residuals(critic, values)` [B] = targets - values is asked anew for each theta: targets that bootstrap
    move along. The fit is over where no step helps; `trouble` is "" or why a step could not be computed or
    judged. The critic that comes back is always a sound one: what is not finite is never taken.
    """
    if not steps:
        return critic, ""
    here = standing(critic, inputs, residuals)
    for _ in range(steps):
        step, there = gauss_newton_step(here, residuals, damping=damping, iterations=iterations)
        if not step.accepted:
            no_better = step.evaluation is not None and np.isfinite(step.evaluation)
            return here.critic, "" if no_better else f"value fit: {step.reason}"
        here = there
    return here.critic, ""


def gauss_newton_step(here, residuals, *, damping, iterations):
    """(a `StepResult`, the `Standing` after it) of one damped Gauss-Newton step from the `Standing` here.

    (J^T J / B + damping I) step = J^T error / B by conjugate gradient, with J = d outputs / d theta; the step
    is halved until the loss falls. The evaluation is how far it fell.
    """
    B, network, loss, tried = len(here.error), here.network, here.loss, [here]

    def fall(theta):
        tried.append(standing(replace(here.critic, theta=theta), here.inputs, residuals))
        return loss - tried[-1].loss

    product = fisher_product(network.jvp, lambda u: u / B, network.vjp, damping=damping)
    solution = conjugate_gradient(product, network.vjp(here.error[:, None] / B), iterations=iterations)
    if solution.reason:
        return refused(here.critic.theta, solution.reason), here
    old = here.critic.theta
    step = line_search(fall, lambda fall: fall > 0, old, solution.x, max_backtracks=HALVINGS)
    return step, tried[-1] if step.accepted else here

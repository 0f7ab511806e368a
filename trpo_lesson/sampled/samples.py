"""A sample: the last batches as an update sees them, flat, and how much each action counts for the policy."""

from dataclasses import dataclass

import numpy as np

from trpo_lesson.sampled.critic import next_values
from trpo_lesson.sampled.estimation import generalised_advantages
from trpo_lesson.sampled.importance import ratios
from trpo_lesson.sampled.networks import Linearised
from trpo_lesson.sampled.rollouts import Batch, side_by_side


@dataclass(frozen=True, eq=False)
class Sample:
    """B = T N state-action pairs, and the policy pi_old that is about to be improved, seen from there.

    batch      the batches side by side, [T, N]
    inputs     [B, I]    scaled observations
    actions    [B, ...]  as drawn
    network    the policy's network at theta_old on `inputs`, with its Jacobian
    log_probs  [B]       log pi_old(a|s)
    ratios     [B]       pi_old(a|s) / mu(a|s), mu the policy that drew a: 1 where that was pi_old
    """

    batch: Batch
    inputs: np.ndarray
    actions: np.ndarray
    network: Linearised
    log_probs: np.ndarray
    ratios: np.ndarray

    @property
    def traces(self):
        """[B]: min(1, ratio), how much of what followed an action may be credited to pi_old."""
        return np.minimum(self.ratios, 1)


def sample_of(policy, memory):
    """The `Sample` of the batches in `memory`; `policy` itself drew the last one."""
    batch = side_by_side(memory) if len(memory) > 1 else memory[0]
    inputs = policy.scaling(batch.observations[:-1]).reshape(batch.size, -1)
    actions = batch.actions.reshape(batch.size, *batch.actions.shape[2:])
    network = policy.network.linearise(policy.theta, inputs)
    log_probs = policy.distribution.log_prob(network.outputs, actions)
    on_policy = len(memory) == 1
    to_drawer = np.ones_like(log_probs) if on_policy else ratios(log_probs, batch.log_probs.ravel())
    return Sample(batch, inputs, actions, network, log_probs, to_drawer)


def advantages(sample, critic, values, *, gamma, lam):
    """GAE [B] by `critic`, whose V [B] on the sample is `values`; old actions cut the sum by their traces."""
    batch = sample.batch
    values = values.reshape(batch.rewards.shape)
    return generalised_advantages(
        batch.rewards,
        values,
        next_values(critic, values, batch),
        batch.terminated,
        batch.truncated,
        gamma=gamma,
        lam=lam,
        traces=sample.traces.reshape(values.shape),
    ).ravel()

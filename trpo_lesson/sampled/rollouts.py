"""Batches of experience: T steps of N environments, laid out [T, N, ...]; truncation is not termination."""

from dataclasses import dataclass, fields, replace

import numpy as np

from trpo_lesson.sampled.environments import as_environment_actions
from trpo_lesson.sampled.stopwatch import Stopwatch


@dataclass(frozen=True, eq=False)
class Batch:
    """What T steps of N environments brought, under the policy that acted.

    observations       [T + 1, N, I]  the states acted in; the last row is where the next batch begins
    actions            [T, N, ...]    as drawn, unclipped
    log_probs          [T, N]         log pi(a|s) of the policy that acted, in nats
    rewards            [T, N]         as the environment paid them
    terminated         [T, N]         the episode ended here, by the rules: nothing comes after
    truncated          [T, N]         the episode was cut here, by the clock: its value goes on
    last_observations  [T, N, I]      the true last observation of an episode that ended here; zero elsewhere
    """

    observations: np.ndarray
    actions: np.ndarray
    log_probs: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    last_observations: np.ndarray

    @property
    def ended(self):
        """[T, N]: terminated or truncated."""
        return self.terminated | self.truncated

    @property
    def size(self):
        """Environment steps in the batch, T N."""
        return self.rewards.size


def collect(vector, policy, observations, n_steps, *, rng, stopwatch=None):
    """A `Batch` of `n_steps` steps from `observations` [N, I], where `vector` stands.

    Episodes go on across batches: the next one begins at the last row of the observations. Raises ValueError
    where a number is not finite in the policy's dtype: a float32 ends at 3e38.
    """
    stopwatch = stopwatch or Stopwatch()
    dtype, seen, steps = policy.theta.dtype, [observations], []
    for _ in range(n_steps):
        outputs = policy.outputs(observations)
        actions = policy.distribution.sample(outputs, rng=rng)
        stopwatch.lap("policy")
        observations, *consequences = vector.step(as_environment_actions(actions, vector.action_space))
        stopwatch.lap("environment")
        seen.append(observations)
        steps.append((outputs, actions, *consequences))
    outputs, actions, rewards, terminated, truncated, last = map(np.array, zip(*steps, strict=True))
    log_probs = policy.distribution.log_prob(outputs, actions)
    last = np.where((terminated | truncated)[..., None], last, 0).astype(dtype)
    batch = Batch(
        np.array(seen, dtype), actions, log_probs, rewards.astype(dtype), terminated, truncated, last
    )
    _require_finite(batch)
    return batch


def _require_finite(batch):
    for name, array in vars(batch).items():
        finite = np.isfinite(array)
        if not finite.all():
            step, copy = map(int, np.argwhere(~finite)[0, :2])
            where = f"step {step + 1} of the batch, copy {copy}"
            raise ValueError(f"expected finite {name} in {array.dtype}, got {array[step, copy]} in {where}")


def side_by_side(batches):
    """One Batch [T, N_1 + N_2 + ..., ...] from several of equal length T: more columns, same time axis."""
    columns = ([getattr(batch, field.name) for batch in batches] for field in fields(Batch))
    return Batch(*(np.concatenate(arrays, axis=1) for arrays in columns))


def without_truncation(batch):
    """The Batch of someone who takes every end for a termination: a pitfall, nothing is bootstrapped there.

    An episode that the clock cut seems to be worth only what it paid until then (Pardo et al. 2018). The end
    of the batch itself ends no episode.
    """
    return replace(batch, terminated=batch.ended, truncated=np.zeros_like(batch.truncated))


def episode_returns(batch, carried):
    """(returns of the episodes that ended in the batch, in order of time; `carried` [N] for the next batch).

    `carried` [N] is the undiscounted reward that each running episode had collected before the batch.
    """
    returns, carried = [], carried.copy()
    for rewards, ended in zip(batch.rewards, batch.ended, strict=True):
        carried += rewards
        if ended.any():
            returns.extend(carried[ended].tolist())
            carried[ended] = 0
    return np.array(returns), carried

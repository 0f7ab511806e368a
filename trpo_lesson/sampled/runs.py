"""A training run: what it is between two batches, what it tells its caller, what a checkpoint saves."""

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

from trpo_lesson.sampled.critic import Critic, initial_critic
from trpo_lesson.sampled.estimation import discounted_returns
from trpo_lesson.sampled.policy import Policy, initial_policy
from trpo_lesson.sampled.rollouts import Batch
from trpo_lesson.sampled.scaling import Moments, Scaling, fixed, nothing_seen, rescaled

STREAMS = ("initial", "actions", "environment")  # the generators that one seed is split into


@dataclass(frozen=True, eq=False)
class TrainingState:
    """A run at rest: `arrays`, name -> array, and `plain`, JSON-friendly.

    plain has "steps", "unit" (of the critic) and "generators" (the states of the random generators).
    """

    arrays: dict
    plain: dict


@dataclass(frozen=True, eq=False)
class Iteration:
    """One batch and one update.

    policy, critic         after the update
    steps                  environment steps so far, this batch included
    returns                undiscounted returns of the episodes that ended in this batch, in order; maybe none
    surrogate_gain         L(new) - L(old) on the sample, a mean over its steps; 0 where the step was refused
    kl                     mean KL(old || new) over the sample's states, in nats; 0 where the step was refused
    delta                  the radius that was in force
    step_length            fraction of the proposed step that was taken; 0 where it was refused
    accepted, reason       whether theta moved, and what went wrong ("" if nothing)
    explained_variance     of the lambda-returns, by the critic before it was fitted to them
    effective_sample_size  of the importance ratios, as a fraction of the sample; 1 without reuse
    seconds                where the time went: part -> seconds, see `stopwatch.PARTS`
    state                  what a checkpoint saves: `train` resumes from it
    """

    policy: Policy
    critic: Critic
    steps: int
    returns: np.ndarray
    surrogate_gain: float
    kl: float
    delta: float
    step_length: float
    accepted: bool
    reason: str
    explained_variance: float
    effective_sample_size: float
    seconds: dict
    state: TrainingState


@dataclass(frozen=True, eq=False)
class Run:
    """A run between two batches. The policy and the critic share one scaling.

    steps         environment steps so far
    seen, paid    running moments of observations [I] and of returns [1], for scales that are not fixed
    carried       [N] reward collected so far by each running episode
    memory        the last batches, oldest first, at most config.reuse
    observations  [N, I] where the environments stand
    """

    policy: Policy
    critic: Critic
    steps: int
    seen: Moments
    paid: Moments
    carried: np.ndarray
    memory: tuple
    observations: np.ndarray


def generators(seed):
    """One independent generator for each of STREAMS; ValueError unless `seed` is an integer >= 0."""
    if not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"seed: expected an integer >= 0, got {seed!r}")
    return dict(zip(STREAMS, np.random.default_rng(seed).spawn(len(STREAMS)), strict=True))


def initial_run(vector, config, rng):
    """The `Run` before the first batch: untrained networks, fresh episodes. `rng`: generators by stream."""
    size, draw = vector.observation_space.shape[0], rng["initial"]
    factors = np.ones(size) if config.observation_scale is None else config.observation_scale
    if len(factors) != size:
        raise ValueError(f"observation_scale: expected {size} factors, one a component, got {len(factors)}")
    scaling = fixed(factors, dtype=config.dtype)
    policy = initial_policy(vector.observation_space, vector.action_space, scaling, config, rng=draw)
    critic = initial_critic(size, scaling, config, rng=draw)
    none = nothing_seen(size), nothing_seen(1), np.zeros(vector.n_envs), ()
    return Run(policy, critic, 0, *none, vector.reset())


def with_fresh_scales(run, batch, config):
    """The run with running scales that include `batch`; the policy and V stay the functions that they were.

    Only at the first batch there is nothing worth preserving: the policy is almost uniform whatever it
    sees, and its first layer was drawn for inputs of order one. Raises ValueError where numbers are so large
    that the scales overflow.
    """
    if config.observation_scale is None:
        seen = run.seen.including(batch.observations[:-1])
        scaling = seen.scaling(dtype=config.dtype)
        policy, critic = (
            replace(net, scaling=scaling, theta=rescaled(net.network, net.theta, net.scaling, scaling))
            if run.steps
            else replace(net, scaling=scaling)
            for net in (run.policy, run.critic)
        )
        run = replace(run, policy=policy, critic=critic, seen=seen)
    if config.value_unit is None:
        nothing, ends = np.zeros_like(batch.rewards), (batch.terminated, batch.truncated)
        returns = discounted_returns(batch.rewards, nothing, *ends, gamma=config.gamma)
        paid = run.paid.including(returns[..., None])
        critic = run.critic.in_unit(float(paid.root_mean_square()[0]) or 1.0)
        run = replace(run, critic=critic, paid=paid)
    numbers = (run.policy.theta, run.critic.theta, run.critic.unit, run.policy.scaling.offset)
    if not all(np.isfinite(each).all() for each in numbers):
        dtype = run.policy.theta.dtype
        raise ValueError(
            f"expected observations and returns of a size that {dtype} can scale, got larger ones"
        )
    return run


def saved(run, vector, rng):
    """The `TrainingState` of a run."""
    arrays = {"policy": run.policy.theta, "critic": run.critic.theta, "carried": run.carried}
    groups = {"scaling": vars(run.policy.scaling), "seen": vars(run.seen), "paid": vars(run.paid)}
    groups |= {f"memory.{i}": vars(batch) for i, batch in enumerate(run.memory)}
    groups |= {"environment": vector.state()}
    for group, named in groups.items():
        arrays |= {f"{group}.{name}": np.asarray(array) for name, array in named.items()}
    states = {name: generator.bit_generator.state for name, generator in rng.items()}
    return TrainingState(arrays, {"steps": run.steps, "unit": run.critic.unit, "generators": states})


def resumed(vector, config, rng, state):
    """The `Run` that `saved` was given: generators and environments go on where they stood.

    Where the environments cannot restore their episodes, fresh ones begin.
    """
    run, arrays = initial_run(vector, config, rng), state.arrays
    for name, generator in rng.items():
        generator.bit_generator.state = state.plain["generators"][name]
    scaling, environment = Scaling(**_group("scaling", arrays)), _group("environment", arrays)
    memory = (_group(f"memory.{i}", arrays) for i in range(config.reuse))
    return Run(
        policy=replace(run.policy, theta=arrays["policy"], scaling=scaling),
        critic=replace(run.critic, theta=arrays["critic"], scaling=scaling, unit=state.plain["unit"]),
        steps=state.plain["steps"],
        seen=Moments(**_group("seen", arrays)),
        paid=Moments(**_group("paid", arrays)),
        carried=arrays["carried"] if vector.restores_episodes else run.carried,
        memory=tuple(Batch(**named) for named in memory if named),
        observations=vector.restore(environment),
    )


def _group(prefix, arrays):
    """The arrays named `prefix.name`, by name."""
    start = f"{prefix}."
    return {key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)}

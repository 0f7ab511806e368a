"""What the commands ask of an experiment and its results: does it train here, and which policy came of it."""

import contextlib

from trpo_lesson.sampled import checkpoints, environments
from trpo_lesson.sampled.runs import generators, initial_run


def untrained_policy(experiment):
    """The policy a run starts from; ValueError where the environment cannot be trained with that setting."""
    rng = generators(experiment.seed)
    vector = environments.vector(experiment.env_id, experiment.config.n_envs, rng=rng["environment"])
    with contextlib.closing(vector):
        return initial_run(vector, experiment.config, rng).policy


def trained_policy(experiment, directory):
    """The trained policy; ValueError where the environment has other spaces now than it had in the run."""
    needed, policy = untrained_policy(experiment), checkpoints.load_policy(directory)
    if (needed.network, needed.distribution) != (policy.network, policy.distribution):
        expected, got = needed.network.sizes, policy.network.sizes
        raise ValueError(f"{directory}: expected a network {expected} for {experiment.env_id}, got {got}")
    return policy

"""Our contestants: `trpo.train` with one of our settings, and the environments alone without any training.

Each is a function of (environment, steps, judge) that trains on the judge's seed and lets it look.
"""

from functools import partial
from unittest import mock

import gymnasium
import numpy as np
from gymnasium.envs.classic_control import CartPoleEnv, PendulumEnv
from rules import (
    FLOOR,
    FLOOR_THROUGHPUT,
    OURS,
    OURS_ON_GYMNASIUM,
    OURS_SAME_PASSES,
    OURS_SAME_WORK,
    OURS_THROUGHPUT,
)
from zoo import OUR_CONFIGS

from trpo_lesson.sampled import critic, environments, trpo

# The same environments under names that our simulations do not know, so that gymnasium steps them.
ON_GYMNASIUM = {"CartPole-v1": "benchmark/CartPole-v1", "Pendulum-v1": "benchmark/Pendulum-v1"}
gymnasium.register(ON_GYMNASIUM["CartPole-v1"], CartPoleEnv, max_episode_steps=500)
gymnasium.register(ON_GYMNASIUM["Pendulum-v1"], PendulumEnv, max_episode_steps=200)


def trained(name, env_id, steps, judge, *, env_ids=None):
    """Train with our setting `name`; `env_ids`: other names to train under, which the judge does not use."""
    config = OUR_CONFIGS[name](env_id, steps)
    space = environments.make(env_id).action_space
    judge.start()
    for iteration in trpo.train((env_ids or {}).get(env_id, env_id), config, seed=judge.seed):
        judge.look(iteration.steps, greedy(iteration.policy, space), iteration.seconds)


def greedy(policy, action_space):
    """The most probable actions of a policy, as the environment takes them."""
    return lambda observations: environments.as_environment_actions(policy.greedy(observations), action_space)


def stepped(name, env_id, steps, judge):
    """Step the environments of our setting `name` with random actions that were drawn before."""
    config, rng = OUR_CONFIGS[name](env_id, steps), np.random.default_rng(judge.seed)
    vector = environments.vector(env_id, config.n_envs, rng=rng)
    space = vector.action_space
    space.seed(judge.seed)
    actions = [
        np.array([space.sample() for _ in range(config.n_envs)]) for _ in range(steps // config.n_envs)
    ]
    judge.start()
    for chosen in actions:
        vector.step(chosen)
    judge.look(len(actions) * config.n_envs, None)
    vector.close()


def trained_with_every_update(name, env_id, steps, judge, **options):
    """Train with as many updates of the critic in every batch as the setting says, each taken as it comes.

    Our fit halves an update that does not help, and is over where none does; the peer's asks no such thing.
    """
    search = critic.line_search

    def taken(evaluate, accept, *others, **bounds):
        return search(evaluate, lambda evaluation: True, *others, **bounds)

    with mock.patch.object(critic, "line_search", taken):
        trained(name, env_id, steps, judge, **options)


CONTESTANTS = {
    OURS: partial(trained, OURS),
    OURS_SAME_WORK: partial(trained_with_every_update, OURS_SAME_WORK),
    OURS_ON_GYMNASIUM: partial(trained_with_every_update, OURS_ON_GYMNASIUM, env_ids=ON_GYMNASIUM),
    OURS_SAME_PASSES: partial(trained, OURS_SAME_PASSES),
    OURS_THROUGHPUT: partial(trained, OURS_THROUGHPUT),
    FLOOR: partial(stepped, OURS),
    FLOOR_THROUGHPUT: partial(stepped, OURS_THROUGHPUT),
}

"""The settings: the peers' are those of rl-baselines3-zoo, ours the book's, and two more of ours for speed.

The zoo's are copied from its hyperparams/trpo.yml and hyperparams/ppo.yml as they stand, except that
n_timesteps is `rules.ZOO_BUDGET` and the policy is always MlpPolicy. "lin_X" falls linearly from X to 0.
"""

from dataclasses import asdict, replace

import gymnasium
from rules import (
    ENVIRONMENTS,
    OURS,
    OURS_ON_GYMNASIUM,
    OURS_SAME_PASSES,
    OURS_SAME_WORK,
    OURS_THROUGHPUT,
    PPO,
    TRPO,
    window,
)

from trpo_lesson.sampled.config import TRPOConfig, settings

ZOO = {
    (TRPO, "CartPole-v1"): {
        "n_envs": 2,
        "n_steps": 512,
        "batch_size": 512,
        "cg_damping": 1e-3,
        "gae_lambda": 0.98,
        "gamma": 0.99,
        "learning_rate": 1e-3,
        "n_critic_updates": 20,
    },
    (TRPO, "Pendulum-v1"): {
        "n_envs": 2,
        "n_steps": 1024,
        "gamma": 0.9,
        "n_critic_updates": 15,
        "use_sde": True,
        "sde_sample_freq": 4,
    },
    (PPO, "CartPole-v1"): {
        "n_envs": 8,
        "n_steps": 32,
        "batch_size": 256,
        "gae_lambda": 0.8,
        "gamma": 0.98,
        "n_epochs": 20,
        "ent_coef": 0.0,
        "learning_rate": "lin_0.001",
        "clip_range": "lin_0.2",
    },
    (PPO, "Pendulum-v1"): {
        "n_envs": 4,
        "n_steps": 1024,
        "gae_lambda": 0.95,
        "gamma": 0.9,
        "n_epochs": 10,
        "ent_coef": 0.0,
        "learning_rate": 1e-3,
        "clip_range": 0.2,
        "use_sde": True,
        "sde_sample_freq": 4,
    },
}
# What sb3-contrib's TRPO takes where the zoo names nothing.
TRPO_DEFAULTS = {
    "gae_lambda": 0.95,
    "cg_max_steps": 15,
    "cg_damping": 0.1,
    "target_kl": 0.01,
    "line_search_max_iter": 10,
}
LAYERS = (64, 64)  # tanh, of the peers' MlpPolicy: one network for the policy, one for the value

THROUGHPUT = {  # changes to the book's setting, chosen on SELECTION: large batches, small networks, one fit
    "CartPole-v1": {
        "n_envs": 128,
        "n_steps": 64,
        "policy_hidden": (8,),
        "value_hidden": (8,),
        "cg_iterations": 4,
        "value_steps": 1,
        "value_iterations": 4,
    },
    "Pendulum-v1": {
        "n_envs": 64,
        "n_steps": 64,
        "gamma": 0.95,
        "delta": 0.05,
        "final_delta": 0.001,
        "policy_hidden": (32,),
        "value_hidden": (32,),
        "value_steps": 1,
        "reuse": 3,
    },
}


def same_work(env_id):
    """What a peer's run with the same work leaves out of the zoo's setting: the exploration that we lack."""
    sde = ("use_sde", "sde_sample_freq")
    return {name: value for name, value in ZOO[TRPO, env_id].items() if name not in sde}


def our_same_work(env_id, steps):
    """Our `TRPOConfig` with sb3-contrib's networks, batch, solver, radius, and updates of the critic.

    An update is one pass of the peer over the batch, and here one Gauss-Newton step with one iteration of
    conjugate gradient; damping 10 makes it small enough to be taken unseen. README.md: what stays unequal.
    """
    theirs = TRPO_DEFAULTS | same_work(env_id)
    (size,) = gymnasium.make(env_id).observation_space.shape
    return TRPOConfig(
        steps,
        n_envs=theirs["n_envs"],
        n_steps=theirs["n_steps"],
        gamma=theirs["gamma"],
        lam=theirs["gae_lambda"],
        delta=theirs["target_kl"],
        final_delta=theirs["target_kl"],
        cg_iterations=theirs["cg_max_steps"],
        damping=theirs["cg_damping"],
        max_backtracks=theirs["line_search_max_iter"] - 1,
        policy_hidden=LAYERS,
        value_hidden=LAYERS,
        value_steps=theirs["n_critic_updates"],
        value_iterations=1,
        value_damping=10.0,
        value_unit=1.0,
        observation_scale=(1.0,) * size,
    )


def our_same_passes(env_id, steps):
    """The same, counting passes forward and backward: one for each iteration of one Gauss-Newton step."""
    config = our_same_work(env_id, steps)
    return replace(config, value_steps=1, value_iterations=config.value_steps)


OUR_CONFIGS = {  # name -> (environment, steps) -> TRPOConfig
    OURS: settings,
    OURS_SAME_WORK: our_same_work,
    OURS_ON_GYMNASIUM: our_same_work,
    OURS_SAME_PASSES: our_same_passes,
    OURS_THROUGHPUT: lambda env_id, steps: replace(settings(env_id, steps), **THROUGHPUT[env_id]),
}


def described():
    """All settings as plain JSON: name -> environment -> setting."""
    ours = {
        name: {env_id: asdict(config(env_id, window(name, env_id))) for env_id in ENVIRONMENTS}
        for name, config in OUR_CONFIGS.items()
    }
    return ours | {name: {env_id: ZOO[name, env_id] for env_id in ENVIRONMENTS} for name in (TRPO, PPO)}

"""The peers: sb3-contrib's TRPO and stable-baselines3's PPO, with the zoo's settings, on one thread."""

from functools import partial

import sb3_contrib
import stable_baselines3
import torch
from rules import PPO, TRPO, TRPO_SAME_WORK
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from zoo import ZOO, same_work

torch.set_num_threads(1)


class Look(BaseCallback):
    """Lets the judge look whenever an update is done: before the next rollout, and at the end."""

    def __init__(self, judge):
        super().__init__()
        self.judge = judge

    def _on_step(self):
        return True

    def _on_rollout_start(self):
        if self.num_timesteps:
            self.judge.look(self.num_timesteps, self.choose)

    def _on_training_end(self):
        self.judge.look(self.num_timesteps, self.choose)

    def choose(self, observations):
        """The peer's greedy actions."""
        return self.model.predict(observations, deterministic=True)[0]


def trained(algorithm, setting, env_id, steps, judge):
    """Train a peer; it gets its environments and its networks before the clock starts, and writes no log."""
    options = {name: _schedule(value) for name, value in setting(env_id).items()}
    vector = make_vec_env(env_id, n_envs=options.pop("n_envs"), seed=judge.seed)
    model = algorithm("MlpPolicy", vector, seed=judge.seed, device="cpu", **options)
    judge.start()
    model.learn(steps, callback=Look(judge), log_interval=None)
    vector.close()


def _schedule(value):
    """ "lin_X" as the zoo means it: X times what is left of the training, a fraction. Others as they are."""
    if isinstance(value, str):
        start = float(value.removeprefix("lin_"))
        return lambda left: left * start
    return value


CONTESTANTS = {
    TRPO: partial(trained, sb3_contrib.TRPO, lambda env_id: ZOO[TRPO, env_id]),
    TRPO_SAME_WORK: partial(trained, sb3_contrib.TRPO, same_work),
    PPO: partial(trained, stable_baselines3.PPO, lambda env_id: ZOO[PPO, env_id]),
}

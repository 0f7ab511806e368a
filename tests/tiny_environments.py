"""Tiny environments with known answers, registered with gymnasium as tiny/...-v0.

Counter: observation (t, episode), reward t, t the steps taken so far; ends after LENGTH steps as its id says.
"""

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete

LENGTH = 3


class Counter(gymnasium.Env):
    """Terminates after `terminate_after` steps; at step `spoil_at` observation and reward times `spoil`."""

    def __init__(
        self, terminate_after=None, spoil=None, spoil_at=None, pay=1.0, actions=None, observations=None
    ):
        self.observation_space = observations or Box(-np.inf, np.inf, (2,))
        self.action_space = actions or Discrete(2)
        self.terminate_after, self.spoil, self.spoil_at = terminate_after, spoil, spoil_at
        self.pay, self.episode, self.received = pay, -1, []

    def _observation(self):
        return np.array([self.t, self.episode], dtype=np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.t, self.episode = 0, self.episode + 1
        return self._observation(), {}

    def step(self, action):
        self.t += 1
        self.received.append(action)
        observation, reward = self._observation(), self.pay * self.t
        if self.t == self.spoil_at:
            observation = observation * self.spoil[0]
            reward *= self.spoil[1]
        return observation, reward, self.t == self.terminate_after, False, {}


class Bandit(gymnasium.Env):
    """One step an episode, observation (1,), reward 1 for the action 1 and 0 for the other."""

    def __init__(self):
        self.observation_space, self.action_space = Box(-1, 1, (1,)), Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.ones(1, dtype=np.float32), {}

    def step(self, action):
        return np.ones(1, dtype=np.float32), float(action), True, False, {}


class Target(gymnasium.Env):
    """One step an episode, observation (1,), reward -(a - 3)^2 for an action in the box [-10, 10]."""

    def __init__(self):
        self.observation_space, self.action_space = Box(-1, 1, (1,)), Box(-10, 10, (1,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.ones(1, dtype=np.float32), {}

    def step(self, action):
        return np.ones(1, dtype=np.float32), -float((action[0] - 3) ** 2), True, False, {}


def _register(name, entry_point, *, limit=None, **kwargs):
    settings = {"max_episode_steps": limit, "disable_env_checker": True, "kwargs": kwargs}
    gymnasium.register(f"tiny/{name}-v0", entry_point, **settings)


_register("Terminates", Counter, terminate_after=LENGTH)
_register("Truncates", Counter, limit=LENGTH)
_register("Both", Counter, limit=LENGTH, terminate_after=LENGTH)
_register("NaNObservation", Counter, limit=LENGTH, spoil=(np.nan, 1), spoil_at=2)
_register("InfiniteObservation", Counter, limit=LENGTH, spoil=(np.inf, 1), spoil_at=2)
_register("NaNLastObservation", Counter, limit=LENGTH, spoil=(np.nan, 1), spoil_at=LENGTH)
_register("Nothing", Counter, limit=LENGTH, pay=0.0)
_register("NaNReward", Counter, limit=LENGTH, spoil=(1, np.nan), spoil_at=2)
_register("FromFive", Counter, limit=LENGTH, actions=Discrete(2, start=5))
_register("Box2x2", Counter, limit=LENGTH, actions=Box(-1, np.array([[1, 1], [1, 3]]), (2, 2)))
_register("IntegerBox", Counter, actions=Box(0, 3, (1,), dtype=np.int64))
_register("MultiDiscrete", Counter, actions=MultiDiscrete([2, 3]))
_register("Image", Counter, observations=Box(0, 1, (4, 4, 3)))
_register("DictObservation", Counter, observations=Dict({"x": Box(0, 1, (2,))}))
_register("DiscreteObservation", Counter, observations=Discrete(4))
_register("Bandit", Bandit)
_register("Target", Target)

"""The judge: the same greedy episodes on gymnasium's own environments for all, and a clock that stops."""

from collections.abc import Callable
from dataclasses import dataclass, field

import gymnasium
import numpy as np
from rules import EPISODES


def greedy_returns(env_id, choose, *, seed):
    """Undiscounted returns [EPISODES] of `choose`: observations [n, I] -> the environment's actions [n, ...].

    The starts depend on `seed` alone.
    """
    rng = np.random.default_rng(seed)
    envs = [gymnasium.make(env_id) for _ in range(EPISODES)]
    observations = np.array([env.reset(seed=int(rng.integers(2**31)))[0] for env in envs])
    returns, running = np.zeros(EPISODES), np.arange(EPISODES)
    while running.size:
        ended = np.zeros(EPISODES, dtype=bool)
        for i, action in zip(running, choose(observations[running]), strict=True):
            observations[i], reward, terminated, truncated, _ = envs[i].step(action)
            returns[i] += reward
            ended[i] = terminated or truncated
        running = running[~ended[running]]
    for env in envs:
        env.close()
    return returns


@dataclass
class Judge:
    """Follows the training run of one contestant on one seed, and counts the time of training only.

    every                    environment steps between two evaluations; None: only the clock, no evaluation
    clock                    clock() in seconds
    steps, seconds, returns  one entry an evaluation: environment steps, seconds of training, mean return
    reached, trained         environment steps and seconds of training so far
    parts                    part -> seconds, where a contestant says what its time went to
    """

    env_id: str
    seed: int
    every: int | None
    clock: Callable
    steps: list = field(default_factory=list)
    seconds: list = field(default_factory=list)
    returns: list = field(default_factory=list)
    reached: int = 0
    trained: float = 0.0
    parts: dict = field(default_factory=dict)
    _started: float = 0.0

    def start(self):
        """Training begins, or goes on."""
        self._started = self.clock()

    def look(self, steps, choose, parts=()):
        """Training has come to `steps`; `choose` is its greedy policy now. It goes on when this returns.

        The policy is evaluated where `steps` passes a multiple of `every`: once, however many it passes.
        """
        self.trained += self.clock() - self._started
        for part, spent in dict(parts).items():
            self.parts[part] = self.parts.get(part, 0.0) + spent
        if self.every and steps // self.every > self.reached // self.every:
            self.steps.append(steps)
            self.seconds.append(self.trained)
            returns = greedy_returns(self.env_id, choose, seed=10_000 + self.seed)
            self.returns.append(round(float(returns.mean()), 4))
        self.reached = steps
        self.start()

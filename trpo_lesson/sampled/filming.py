"""A policy filmed at work: gymnasium's own environment draws itself, step by step, while the policy acts."""

import contextlib
import math
from dataclasses import dataclass

import gymnasium
import numpy as np

from trpo_lesson.sampled.environments import as_environment_actions, make, require_finite

PACE = 30  # steps a second of an environment that names none
SMOOTH, FASTEST = 30, 50  # pictures a second: enough for the eye; above, viewers of GIF slow down


@dataclass(frozen=True, eq=False)
class Film:
    """Episodes, one after the other.

    frames   K pictures [H, W, 3] of uint8
    seconds  how long each is shown
    returns  [episodes], undiscounted, of what was played
    """

    frames: list
    seconds: float
    returns: np.ndarray


def filmed(policy, env_id, *, episodes, rng, every=None, max_steps=1000):
    """A `Film` of the greedy policy; with equal generators it shows the first episodes of `evaluate`.

    A picture of the start, and one every `every` steps (None: as few as make at most SMOOTH a second). It is
    shown for the time that these steps take at the environment's own pace, its "render_fps". An episode ends
    by itself or after `max_steps`. Raises ValueError as `drawn` does, and for more than FASTEST a second.
    """
    with contextlib.closing(drawn(env_id)) as env:
        pace = env.metadata.get("render_fps", PACE)
        every = every or math.ceil(pace / SMOOTH)
        if pace > every * FASTEST:
            enough = math.ceil(pace / FASTEST)
            expected = (
                f"at least {enough}, as {env_id} has {pace} steps a second and a film {FASTEST} pictures"
            )
            raise ValueError(f"every: expected {expected}, got {every}")
        frames, returns = [], np.zeros(episodes)
        for episode in range(episodes):
            moments = played(policy, env, seed=int(rng.integers(2**31)), max_steps=max_steps)
            for step, returns[episode] in enumerate(moments):
                if step % every == 0:
                    frames.append(env.render())
    return Film(frames, every / pace, returns)


def played(policy, env, *, seed, max_steps):
    """Play an episode greedily: yields the return so far, first 0, while `env` stands at that moment."""
    (observation, _), earned, ended, steps = env.reset(seed=seed), 0.0, False, 0
    yield earned
    while not ended and steps < max_steps:
        require_finite(env.spec.id, "observation", observation[None], steps)
        action = as_environment_actions(policy.greedy(observation[None]), env.action_space)[0]
        observation, reward, terminated, truncated, _ = env.step(action)
        earned, ended, steps = earned + float(reward), terminated or truncated, steps + 1
        yield earned


def observed(policy, env_id, *, seed, rng=None):
    """Observations [T + 1, I] of one episode, for strips: exploring with `rng`, greedy without."""
    with contextlib.closing(make(env_id)) as env:
        seen, ended = [env.reset(seed=seed)[0]], False
        while not ended:
            require_finite(env_id, "observation", seen[-1][None], len(seen) - 1)
            action = policy.greedy(seen[-1][None]) if rng is None else policy.act(seen[-1][None], rng=rng)
            action = as_environment_actions(action, env.action_space)[0]
            observation, _, terminated, truncated, _ = env.step(action)
            seen.append(observation)
            ended = terminated or truncated
    return np.array(seen)


def drawn(env_id):
    """An environment whose `render()` is a picture [H, W, 3] of uint8.

    Raises ValueError, which says what is missing, where it cannot draw itself, or not here: many need a
    package for it (pygame), or OpenGL (MuJoCo).
    """
    with contextlib.closing(make(env_id)) as plain:
        modes = plain.metadata.get("render_modes") or ()
    if "rgb_array" not in modes:
        got = f"the render modes {list(modes)}"
        raise ValueError(f"{env_id}: expected an environment that draws pictures (rgb_array), got {got}")
    try:
        env = gymnasium.make(env_id, render_mode="rgb_array")
        env.reset(seed=0)
        frame = np.asarray(env.render())
    except Exception as problem:  # of a graphics library: anything
        got = f"{type(problem).__name__}: {problem}"
        raise ValueError(
            f"{env_id}: expected an environment that can draw itself here, got {got}"
        ) from problem
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        expected, got = "pictures [H, W, 3] of uint8", f"{frame.shape} of {frame.dtype}"
        raise ValueError(f"{env_id}: expected {expected}, got {got}")
    return env

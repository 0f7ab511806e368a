"""The door to gymnasium: which environments train, how they take actions, many copies stepped at once.

`vector(env_id, n_envs, rng=rng)` gives copies that restart themselves in the same step. Both kinds have

    observations = reset()                                                             [N, I]
    observations, rewards, terminated, truncated, last_observations = step(actions)
    arrays = state();  observations = restore(arrays)

`restores_episodes` says whether `restore` goes on in the middle of the episodes, or begins fresh ones.
`last_observations` [N, I] is what each step really led to: where an episode ended, its true last
observation, while `observations` is already the first one of the next episode.
"""

import json

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode

from trpo_lesson.sampled.classic_control import SIMULATIONS


def make(env_id):
    """One gymnasium environment.

    Raises ValueError, naming the id, where gymnasium cannot make one or its spaces cannot be trained on.
    """
    try:
        env = gymnasium.make(env_id)
    except (gymnasium.error.Error, ModuleNotFoundError) as problem:
        expected = "the id of a gymnasium environment that can be made here"
        raise ValueError(f"env_id: expected {expected}, got {env_id!r} ({problem})") from problem
    _require_trainable(env_id, env.observation_space, env.action_space)
    return env


def _require_trainable(env_id, observation_space, action_space):
    if not isinstance(observation_space, Box) or len(observation_space.shape) != 1:
        raise ValueError(
            f"{env_id}: expected observations in a flat Box of shape (I,), got {observation_space}"
        )
    box = isinstance(action_space, Box) and np.issubdtype(action_space.dtype, np.floating)
    if not (box or isinstance(action_space, Discrete)):
        raise ValueError(f"{env_id}: expected Discrete actions or a Box of floats, got {action_space}")


def require_finite(env_id, name, array, step):
    """Raise ValueError unless `array` [N, ...], one row a copy of the environment, is finite throughout."""
    finite = np.isfinite(array)
    if not finite.all():
        copy = int(np.argwhere(~finite)[0, 0])
        where = f"copy {copy} of {len(array)}, step {step}"
        raise ValueError(f"{env_id}: expected a finite {name}, got {array[copy]} in {where}")


def as_environment_actions(actions, action_space):
    """The policy's actions [N, ...] as `action_space` wants them.

    Discrete actions count from the space's own start. Box actions are clipped to the box and take its
    shape: this is where clipping happens, after the log-probability was taken of the action as drawn.
    """
    if isinstance(action_space, Discrete):
        return actions + action_space.start
    actions = actions.reshape(-1, *action_space.shape).astype(action_space.dtype)
    return np.minimum(np.maximum(actions, action_space.low), action_space.high)


def vector(env_id, n_envs, *, rng):
    """`n_envs` copies of an environment: our simulation where there is one, gymnasium's own otherwise."""
    env = make(env_id)
    env.close()
    spec = gymnasium.spec(env.spec.id)  # of `module:Id` and of an id without its version, too
    as_published = spec.max_episode_steps and not (spec.kwargs or spec.additional_wrappers)
    simulation = SIMULATIONS.get(spec.entry_point) if as_published else None
    if simulation:
        return SimulatedVector(simulation, env, n_envs, rng=rng)
    return GymnasiumVector(spec.id, n_envs, rng=rng)


class SimulatedVector:
    """Copies of a `Simulation`, with the time limit and the spaces of gymnasium's environment `env`.

    Step by step equal to gymnasium.vector.SyncVectorEnv in SAME_STEP mode whose environments share the
    generator `rng`.
    """

    restores_episodes = True

    def __init__(self, simulation, env, n_envs, *, rng):
        self.simulation, self.n_envs, self.rng = simulation, n_envs, rng
        self.observation_space, self.action_space = env.observation_space, env.action_space
        self.time_limit = env.spec.max_episode_steps
        self.reset()

    def reset(self):
        """observations [N, I] of fresh episodes."""
        self._state, self._elapsed = self.simulation.draw(self.n_envs, self.rng), np.zeros(self.n_envs)
        return self.simulation.observe(self._state)

    def step(self, actions):
        """(observations, rewards, terminated, truncated, last_observations) after one step of every copy."""
        self._state, rewards, terminated = self.simulation.advance(self._state, actions)
        self._elapsed = self._elapsed + 1
        truncated = self._elapsed >= self.time_limit
        observations = last_observations = self.simulation.observe(self._state)
        ended = terminated | truncated
        if n_ended := np.count_nonzero(ended):
            self._state[:, ended] = self.simulation.draw(n_ended, self.rng)
            self._elapsed[ended] = 0
            observations = self.simulation.observe(self._state)
        return observations, rewards, terminated, truncated, last_observations

    def state(self):
        """Everything but the generator, as arrays."""
        return {"simulation": self._state.copy(), "elapsed": self._elapsed.copy()}

    def restore(self, arrays):
        """Go on from `state()`; the observations [N, I] there. ValueError for arrays that do not fit."""
        expected = {name: array.shape for name, array in self.state().items()}
        if expected != (got := {name: np.shape(array) for name, array in arrays.items()}):
            raise ValueError(f"expected the state of {self.n_envs} simulations, {expected}, got {got}")
        self._state, self._elapsed = arrays["simulation"].copy(), arrays["elapsed"].copy()
        return self.simulation.observe(self._state)

    def close(self):
        """Nothing to release."""


class GymnasiumVector:
    """Copies of any environment through gymnasium.make_vec, restarted in the same step (SAME_STEP).

    gymnasium has no general way to save an environment: `state()` is that of the copies' generators, and
    `restore` begins fresh episodes from it. Raises ValueError where the environment returns an observation or
    a reward that is not finite.
    """

    restores_episodes = False

    def __init__(self, env_id, n_envs, *, rng):
        self.env_id, self.n_envs, self.rng, self.steps = env_id, n_envs, rng, 0
        same_step = {"autoreset_mode": AutoresetMode.SAME_STEP}
        self._envs = gymnasium.make_vec(env_id, n_envs, vectorization_mode="sync", vector_kwargs=same_step)
        self.observation_space = self._envs.single_observation_space
        self.action_space = self._envs.single_action_space

    def reset(self):
        """observations [N, I] of fresh episodes, seeded from `rng`."""
        return self._begin(self.rng.integers(2**31, size=self.n_envs).tolist())

    def _begin(self, seeds):
        observations, _ = self._envs.reset(seed=seeds)
        require_finite(self.env_id, "observation", observations, self.steps)
        return observations

    def step(self, actions):
        """(observations, rewards, terminated, truncated, last_observations) after one step of every copy."""
        observations, rewards, terminated, truncated, info = self._envs.step(actions)
        self.steps += 1
        last_observations, ended = observations, terminated | truncated
        if ended.any():
            last_observations = observations.copy()
            last_observations[ended] = np.stack(info["final_obs"][ended])
            require_finite(self.env_id, "observation", last_observations, self.steps)
        require_finite(self.env_id, "observation", observations, self.steps)
        require_finite(self.env_id, "reward", rewards, self.steps)
        return observations, rewards, terminated, truncated, last_observations

    def state(self):
        """The state of each copy's generator, as JSON [N]: its whole numbers have 128 bits.

        Empty where an environment draws from a generator that is not gymnasium's own.
        """
        generators = [env.unwrapped.np_random for env in self._envs.envs]
        bits = [getattr(generator, "bit_generator", None) for generator in generators]
        if not all(isinstance(each, np.random.PCG64) for each in bits):
            return {}
        return {"generators": np.array([json.dumps(each.state) for each in bits])}

    def restore(self, arrays):
        """Fresh episodes from the generators of `state()`; the observations [N, I] there."""
        if "generators" not in arrays:
            return self.reset()
        states = arrays["generators"]
        if states.shape != (self.n_envs,):
            raise ValueError(f"expected {self.n_envs} generators, got an array {states.shape}")
        for env, state in zip(self._envs.envs, states, strict=True):
            env.unwrapped.np_random.bit_generator.state = json.loads(str(state))
        return self._begin(None)

    def close(self):
        """Close every copy."""
        self._envs.close()

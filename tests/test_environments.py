"""The door to gymnasium: our simulations equal its environments step by step; what cannot be is refused."""

import gymnasium
import numpy as np
import pytest
import tiny_environments
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode

from trpo_lesson.sampled.environments import (
    GymnasiumVector,
    SimulatedVector,
    as_environment_actions,
    make,
    require_finite,
    vector,
)

N = 5


def gymnasium_copies(env_id, *, seed):
    """gymnasium's own environments in SAME_STEP mode, all drawing from one generator."""
    copies = gymnasium.make_vec(
        env_id, N, vectorization_mode="sync", vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP}
    )
    shared = np.random.default_rng(seed)
    for env in copies.envs:
        env.unwrapped.np_random = shared
    return copies


def balancing(observations, step):
    """Keeps CartPole up for long in the even copies and lets the odd ones fall."""
    push = (observations[:, 2] + 0.3 * observations[:, 3] + 0.1 * observations[:, 1] > 0).astype(int)
    return np.where(np.arange(N) % 2, 1, push)


def torques(observations, step):
    """Beyond the box of Pendulum too."""
    return as_environment_actions(
        4 * np.sin(step + np.arange(N, dtype=np.float32))[:, None], Box(-2, 2, (1,))
    )


@pytest.mark.parametrize(
    ("env_id", "act", "steps"), [("CartPole-v1", balancing, 1_100), ("Pendulum-v1", torques, 450)]
)
def test_our_simulation_is_gymnasiums_environment_step_by_step(env_id, act, steps):
    ours, theirs = vector(env_id, N, rng=np.random.default_rng(3)), gymnasium_copies(env_id, seed=3)
    assert isinstance(ours, SimulatedVector)
    ends, observations = np.zeros(2, dtype=int), theirs.reset()[0]
    np.testing.assert_array_equal(ours.restore(ours.state()), observations)
    for step in range(steps):
        actions = act(observations, step)
        observations, rewards, terminated, truncated, last = ours.step(actions)
        expected, expected_rewards, *flags, info = theirs.step(actions)
        np.testing.assert_allclose(observations, expected, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(rewards, expected_rewards, rtol=1e-6)
        np.testing.assert_array_equal((terminated, truncated), flags)
        for copy in np.flatnonzero(terminated | truncated):
            np.testing.assert_allclose(last[copy], info["final_obs"][copy], rtol=1e-6, atol=1e-6)
        going = ~(terminated | truncated)
        np.testing.assert_array_equal(last[going], observations[going])
        assert observations.dtype == expected.dtype
        ends += np.sum((terminated, truncated), axis=1)
    assert ends[1] >= 2  # time limits were reached
    assert ends[0] > 50 or env_id == "Pendulum-v1"  # and so were falls
    theirs.close()


def test_a_simulation_has_the_spaces_of_the_environment():
    ours, theirs = vector("Pendulum-v1", N, rng=np.random.default_rng(0)), gymnasium.make("Pendulum-v1")
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space


def test_a_simulation_goes_on_from_its_saved_state():
    ours = vector("CartPole-v1", N, rng=np.random.default_rng(0))
    actions = np.arange(N) % 2
    for _ in range(5):
        ours.step(actions)
    saved = ours.state()
    there = [ours.step(actions) for _ in range(3)][-1]
    ours.restore(saved)
    again = [ours.step(actions) for _ in range(3)][-1]
    for one, other in zip(there, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_version_of_an_environment_is_never_replaced_by_the_simulation_of_the_original():
    entry_point = gymnasium.spec("CartPole-v1").entry_point
    gymnasium.register(
        "tiny/SuttonCartPole-v0", entry_point, max_episode_steps=7, kwargs={"sutton_barto_reward": True}
    )
    gymnasium.register("tiny/EndlessCartPole-v0", entry_point)
    gymnasium.register("tiny/ShortCartPole-v0", entry_point, max_episode_steps=7)
    for name, kind in (("Sutton", GymnasiumVector), ("Endless", GymnasiumVector), ("Short", SimulatedVector)):
        copies = vector(f"tiny/{name}CartPole-v0", 2, rng=np.random.default_rng(0))
        assert isinstance(copies, kind)
        copies.close()


def test_a_simulation_takes_the_time_limit_of_its_registration():
    gymnasium.register(
        "tiny/BriefPendulum-v0", gymnasium.spec("Pendulum-v1").entry_point, max_episode_steps=7
    )
    copies = vector("tiny/BriefPendulum-v0", 2, rng=np.random.default_rng(0))
    truncated = [copies.step(np.zeros((2, 1)))[3].tolist() for _ in range(15)]
    assert [step for step, flags in enumerate(truncated, start=1) if flags == [True, True]] == [7, 14]


@pytest.mark.parametrize(
    ("env_id", "flags"), [("Terminates", (1, 0)), ("Truncates", (0, 1)), ("Both", (1, 1))]
)
def test_an_end_shows_the_true_last_observation_and_the_first_of_the_next_episode(env_id, flags):
    copies = vector(f"tiny/{env_id}-v0", 2, rng=np.random.default_rng(0))
    assert copies.reset()[:, 0].tolist() == [0, 0]
    for t in range(1, tiny_environments.LENGTH + 1):
        observations, rewards, terminated, truncated, last = copies.step(np.zeros(2, dtype=int))
        assert last[:, 0].tolist() == [t, t]
        assert rewards.tolist() == [t, t]
    assert observations[:, 0].tolist() == [0, 0]
    assert (observations[:, 1] == last[:, 1] + 1).all()  # the next episode
    assert (terminated.tolist(), truncated.tolist()) == ([flags[0]] * 2, [flags[1]] * 2)
    assert copies.step(np.zeros(2, dtype=int))[4][:, 0].tolist() == [1, 1]
    copies.close()


def test_gymnasiums_environments_are_seeded_from_the_generator():
    def first(seed):
        copies = vector("Acrobot-v1", 2, rng=np.random.default_rng(seed))
        observations = copies.reset()
        copies.close()
        return observations

    np.testing.assert_array_equal(first(0), first(0))
    assert not np.array_equal(first(0), first(1))
    assert not np.array_equal(first(0)[0], first(0)[1])


def test_a_simulation_refuses_a_state_that_is_not_its_own():
    ours, fewer = (vector("CartPole-v1", n, rng=np.random.default_rng(0)) for n in (3, 2))
    for arrays in ({}, {"simulation": np.zeros((4, 3))}, fewer.state()):
        with pytest.raises(ValueError, match=r"expected the state of 3 simulations, .* got "):
            ours.restore(arrays)


def test_gymnasiums_environments_begin_fresh_episodes_from_the_saved_generators():
    copies = vector("Acrobot-v1", 2, rng=np.random.default_rng(0))
    copies.reset()
    copies.step(np.zeros(2, dtype=int))
    saved = {name: np.array(array) for name, array in copies.state().items()}
    there = copies._begin(None)  # what the generators give from here
    other = vector("Acrobot-v1", 2, rng=np.random.default_rng(1))
    other.reset()
    np.testing.assert_array_equal(other.restore(saved), there)
    assert not np.array_equal(other.reset(), there)
    for each in (copies, other):
        each.close()


def test_an_environment_with_a_generator_of_its_own_kind_begins_again_from_ours():
    copies = vector("tiny/Truncates-v0", 2, rng=np.random.default_rng(0))
    copies.reset()
    for env in copies._envs.envs:
        env.unwrapped.np_random = np.random.Generator(np.random.MT19937(0))  # its state is not whole numbers
    copies.step(np.zeros(2, dtype=int))
    assert copies.state() == {}
    assert copies.restore({})[:, 0].tolist() == [0, 0]
    copies.close()


def test_generators_of_another_number_of_copies_are_refused():
    copies = vector("tiny/Truncates-v0", 2, rng=np.random.default_rng(0))
    copies.reset()
    with pytest.raises(ValueError, match=r"expected 2 generators, got an array \(1,\)"):
        copies.restore({"generators": copies.state()["generators"][:1]})
    copies.close()


@pytest.mark.parametrize(
    ("env_id", "message"),
    [
        ("NaNObservation", r"finite observation, got \[nan nan\] in copy 0 of 2, step 2"),
        ("InfiniteObservation", r"finite observation, got \[inf .*\] in copy 0 of 2, step 2"),
        ("NaNLastObservation", r"finite observation, got \[nan nan\] in copy 0 of 2, step 3"),
        ("NaNReward", r"finite reward, got nan in copy 0 of 2, step 2"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in multiply")  # inf * 0, on purpose
def test_an_environment_that_returns_nan_or_infinity_is_named_with_copy_and_step(env_id, message):
    copies = vector(f"tiny/{env_id}-v0", 2, rng=np.random.default_rng(0))
    copies.reset()
    with pytest.raises(ValueError, match=f"tiny/{env_id}-v0: expected a {message}"):  # noqa: PT012
        for _ in range(3):
            copies.step(np.zeros(2, dtype=int))
    copies.close()


def test_the_first_copy_with_a_number_that_is_not_finite_is_named():
    with pytest.raises(ValueError, match=r"X-v0: expected a finite reward, got inf in copy 1 of 3, step 9"):
        require_finite("X-v0", "reward", np.array([0.0, np.inf, np.nan]), 9)


@pytest.mark.parametrize("env_id", ["NoSuchThing-v0", "CartPole-v99", "no id", "", "nowhere:Thing-v0"])
def test_an_id_that_gymnasium_does_not_know_is_named(env_id):
    with pytest.raises(
        ValueError, match=f"env_id: expected the id of a gymnasium environment .* got {env_id!r}"
    ):
        make(env_id)


@pytest.mark.parametrize(
    ("env_id", "message"),
    [
        ("MultiDiscrete", r"expected Discrete actions or a Box of floats, got MultiDiscrete\(\[2 3\]\)"),
        ("IntegerBox", r"expected Discrete actions or a Box of floats, got Box\(0, 3, \(1,\), int64\)"),
        (
            "Image",
            r"expected observations in a flat Box of shape \(I,\), got Box\(0.0, 1.0, \(4, 4, 3\), float32\)",
        ),
        ("DictObservation", r"expected observations in a flat Box of shape \(I,\), got Dict"),
        ("DiscreteObservation", r"expected observations in a flat Box of shape \(I,\), got Discrete\(4\)"),
    ],
)
def test_spaces_that_cannot_be_trained_on_are_refused(env_id, message):
    with pytest.raises(ValueError, match=f"tiny/{env_id}-v0: {message}"):
        make(f"tiny/{env_id}-v0")


def test_discrete_actions_count_from_the_start_of_the_space():
    assert as_environment_actions(np.array([0, 1, 1]), Discrete(2, start=5)).tolist() == [5, 6, 6]
    assert as_environment_actions(np.array([0, 1, 1]), Discrete(2)).tolist() == [0, 1, 1]


def test_box_actions_are_clipped_to_the_box_in_its_shape_and_dtype():
    box = Box(-1, np.array([[1, 1], [1, 3]]), (2, 2), dtype=np.float32)
    actions = as_environment_actions(np.array([[-4.0, 0.25, 4.0, 4.0]]), box)
    np.testing.assert_array_equal(actions, np.array([[[-1, 0.25], [1, 3]]], dtype=np.float32))
    assert actions.dtype == np.float32

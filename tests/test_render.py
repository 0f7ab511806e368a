"""Films of a policy: they show what gymnasium draws, in real time, and need no display."""

import contextlib
import io
import itertools
import os
import subprocess
import sys
from typing import ClassVar

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from PIL import Image

from trpo_lesson.__main__ import main
from trpo_lesson.sampled import checkpoints, environments, filming
from trpo_lesson.sampled.config import TRPOConfig
from trpo_lesson.sampled.policy import evaluate
from trpo_lesson.sampled.trpo import train
from trpo_lesson.show import films

KINDS = [".gif", ".webp"]


def run(*arguments):
    """(exit code, stdout, stderr) of one command line."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return code, out.getvalue(), err.getvalue()


def trained(directory, env_id, *, seed=0):
    """The results directory of a run of one small batch."""
    config = TRPOConfig(32, n_envs=2, n_steps=16, policy_hidden=(4,), value_hidden=(4,))
    checkpoints.create(directory, checkpoints.Experiment(env_id, seed, config))
    checkpoints.save(directory, 1, *train(env_id, config, seed=seed))
    return directory


def pictures_of(path):
    """[(picture [H, W, 3], milliseconds), ...] of a film."""
    shown = []
    with Image.open(path) as film:
        assert film.info["loop"] == 0  # without end
        for number in range(film.n_frames):
            film.seek(number)
            film.load()  # WebP knows the duration only then
            shown.append((np.array(film.convert("RGB")), film.info["duration"]))
    return shown


class Painted(gymnasium.Env):
    """Five steps that pay 1, 2, ...; a picture is as bright as ten times the steps so far, plus the start."""

    metadata: ClassVar = {"render_modes": ["rgb_array"]}  # gymnasium.make asks the class

    def __init__(
        self,
        render_mode=None,
        *,
        modes=("rgb_array",),
        fps=25,
        shape=(4, 6, 3),
        trouble=None,
        value=0.5,
        pays_start=False,
    ):
        self.metadata = {"render_modes": list(modes)} | ({"render_fps": fps} if fps else {})
        self.observation_space, self.action_space = Box(-1, 1, (2,), np.float32), Discrete(2)
        self.render_mode, self.shape, self.trouble = render_mode, shape, trouble
        self.value, self.pays_start = value, pays_start

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.age, self.start = 0, 0 if seed is None else seed % 7
        return np.full(2, self.value, np.float32), {}

    def step(self, action):
        self.age += 1
        reward = float(self.start if self.pays_start else self.age)
        return np.full(2, self.value, np.float32), reward, self.age == 5, False, {}

    def render(self):
        if self.trouble:
            raise self.trouble
        return np.full(self.shape, 10 * self.age + self.start, np.uint8)


@pytest.fixture(autouse=True)
def same_variables():
    """What a command sets in this process for its drawing is gone after the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def painted(tmp_path):
    """painted(...) registers Painted with these arguments; returns the results of a run on it."""

    def register(*, limit=None, **arguments):
        gymnasium.registry.pop("Painted-v0", None)
        settings = {"max_episode_steps": limit, "disable_env_checker": True, "kwargs": arguments}
        gymnasium.register("Painted-v0", Painted, **settings)
        return trained(tmp_path / f"run{len(list(tmp_path.iterdir()))}", "Painted-v0")

    yield register
    gymnasium.registry.pop("Painted-v0", None)


def brightness(pictures):
    """How bright each picture is; every Painted one is grey throughout."""
    return [int(picture.max()) for picture, _ in pictures]


# The real thing: gymnasium's own pictures, in a process of its own, without a display


def frames_by_hand(policy, env_id, seed, *, steps):
    """What gymnasium draws in the greedy episode that starts from `seed`, to its end or for `steps` steps."""
    env = gymnasium.make(env_id, render_mode="rgb_array")
    observation, ended = env.reset(seed=seed)[0], False
    frames = [env.render()]
    while not ended and len(frames) <= steps:
        action = environments.as_environment_actions(policy.greedy(observation[None]), env.action_space)
        observation, _, terminated, truncated, _ = env.step(action[0])
        frames.append(env.render())
        ended = terminated or truncated
    env.close()
    return frames


@pytest.mark.parametrize(("env_id", "every", "fps"), [("CartPole-v1", 2, 50), ("Pendulum-v1", 1, 30)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_film_shows_what_gymnasium_draws_and_needs_no_display(tmp_path, env_id, every, fps, kind):
    pytest.importorskip("pygame", reason="an extra, [render]: the package works without it")
    directory, out = trained(tmp_path / "run", env_id), tmp_path / f"film{kind}"
    screens = {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"}
    blind = {name: value for name, value in os.environ.items() if name not in screens}
    command = [sys.executable, "-m", "trpo_lesson", "render", directory, "--out", out, "--max-steps", "25"]
    done = subprocess.run(command, env=blind, capture_output=True, text=True, check=True)
    seed = int(np.random.default_rng(0).integers(2**31))  # the start that seed 0 draws first
    frames = frames_by_hand(checkpoints.load_policy(directory), env_id, seed, steps=25)[::every]
    distinct = [frames[0]] + [b for a, b in itertools.pairwise(frames) if (a != b).any()]
    pictures = pictures_of(out)
    assert len(pictures) == len(distinct) > 3
    for (picture, _), frame in zip(pictures, distinct, strict=True):
        np.testing.assert_array_equal(picture, frame, strict=True)
    assert sum(time for _, time in pictures) == pytest.approx(1000 * len(frames) * every / fps, abs=5)
    assert done.stderr == ""
    assert f"{len(frames)} pictures" in done.stdout


def test_a_second_of_cartpole_takes_less_than_a_hundred_kilobytes():
    pytest.importorskip("pygame", reason="an extra, [render]: the package works without it")
    env, frames = filming.drawn("CartPole-v1"), []
    env.reset(seed=0)
    for step in range(0, 50, 2):  # cart and pole swing widely: no two pictures are equal
        env.unwrapped.state = np.sin(0.05 * step) * np.array([2.0, 0, 0.2, 0])
        frames.append(env.render())
    for kind in KINDS:
        file = io.BytesIO()
        films.write(file, frames, seconds=0.04, suffix=kind)
        assert len(file.getvalue()) < 100_000


def test_without_pygame_the_error_says_what_to_install(tmp_path, monkeypatch):
    directory = trained(tmp_path / "run", "CartPole-v1")
    monkeypatch.setitem(sys.modules, "pygame", None)
    code, out, err = run("render", directory, "--out", tmp_path / "film.gif")
    assert (code, out) == (2, "")
    assert "CartPole-v1: expected an environment that can draw itself here, got DependencyNotInstalled" in err
    assert 'pip install "gymnasium[classic-control]"' in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


# What is shown, and for how long


@pytest.mark.parametrize("kind", KINDS)
def test_a_film_goes_from_the_start_of_an_episode_to_its_end(painted, tmp_path, kind):
    out = tmp_path / f"film{kind}"
    assert run("render", painted(), "--out", out)[0] == 0
    first, *_ = shown = brightness(pictures_of(out))
    assert shown == [first + 10 * step for step in range(6)]
    assert {time for _, time in pictures_of(out)} == {40}


def test_a_film_shows_the_first_episodes_of_evaluate(painted):
    policy = checkpoints.load_policy(painted(pays_start=True))
    film = filming.filmed(policy, "Painted-v0", episodes=3, rng=np.random.default_rng(5))
    returns = evaluate(policy, "Painted-v0", episodes=4, rng=np.random.default_rng(5))
    assert film.returns.tolist() == returns[:3].tolist()
    assert len(set(film.returns)) > 1
    starts = [int(frame.max()) for frame in film.frames[::6]]
    assert [5 * start for start in starts] == film.returns.tolist()


# An episode as it is observed


def observed_by_hand(env_id, seed, act):
    """Observations of the episode that starts from `seed`, with the action `act(observation)` in each."""
    env = gymnasium.make(env_id)
    seen, ended = [env.reset(seed=seed)[0]], False
    while not ended:
        observation, _, terminated, truncated, _ = env.step(act(seen[-1]))
        seen, ended = [*seen, observation], terminated or truncated
    return np.array(seen)


def test_what_a_greedy_policy_observes_is_what_gymnasium_shows_it(tmp_path):
    pi = checkpoints.load_policy(trained(tmp_path / "run", "CartPole-v1"))
    expected = observed_by_hand("CartPole-v1", 3, lambda seen: int(np.argmax(pi.outputs(seen))))
    np.testing.assert_array_equal(filming.observed(pi, "CartPole-v1", seed=3), expected, strict=True)
    assert len(filming.observed(pi, "CartPole-v1", seed=4)) != len(expected)


def test_an_exploring_policy_draws_its_actions_and_is_observed_until_the_clock_ends_the_episode(tmp_path):
    pi, rng = checkpoints.load_policy(trained(tmp_path / "run", "Pendulum-v1")), np.random.default_rng(5)

    def act(seen):
        mean, log_std = pi.outputs(seen)
        return np.clip([mean + np.exp(log_std) * rng.standard_normal(dtype=np.float32)], -2, 2)

    expected = observed_by_hand("Pendulum-v1", 7, act)
    seen = filming.observed(pi, "Pendulum-v1", seed=7, rng=np.random.default_rng(5))
    np.testing.assert_allclose(seen, expected, atol=1e-4)
    assert len(seen) == 201


def test_the_words_tell_returns_pictures_seconds_and_size(painted, tmp_path):
    out = tmp_path / "film.gif"
    code, said, err = run("render", painted(), "--out", out, "--episodes", "2", "--seed", "3")
    size = f"{out.stat().st_size / 1000:,.0f} kB"
    assert (code, err) == (0, "")
    assert said == f"{out}: Painted-v0, seed 3, return 15.0 15.0; 12 pictures, 0.5 s, {size}\n"


def test_the_seed_decides_the_start(painted, tmp_path):
    directory, starts = painted(), set()
    for seed in range(5):
        run("render", directory, "--out", tmp_path / "film.gif", "--seed", seed)
        starts.add(brightness(pictures_of(tmp_path / "film.gif"))[0])
    assert len(starts) > 1


def test_an_episode_is_cut_short_after_the_steps_that_are_asked_for(painted, tmp_path):
    out = tmp_path / "film.gif"
    _, said, _ = run("render", painted(), "--out", out, "--max-steps", "2")
    assert "return 3.0; 3 pictures" in said
    assert len(pictures_of(out)) == 3


def test_an_episode_ends_with_its_time_limit(painted, tmp_path):
    _, said, _ = run("render", painted(limit=3), "--out", tmp_path / "film.gif")
    assert "return 6.0; 4 pictures" in said


def test_a_picture_every_other_step_is_shown_twice_as_long(painted, tmp_path):
    out = tmp_path / "film.gif"
    run("render", painted(), "--out", out, "--every", "2")
    first, *_ = shown = brightness(pictures_of(out))
    assert shown == [first, first + 20, first + 40]
    assert {time for _, time in pictures_of(out)} == {80}


@pytest.mark.parametrize(("fps", "every"), [(15, 1), (30, 1), (31, 2), (50, 2), (125, 5), (None, 1)])
def test_there_are_at_most_thirty_pictures_a_second_unless_more_are_asked_for(painted, fps, every):
    policy = checkpoints.load_policy(painted(fps=fps))
    film = filming.filmed(policy, "Painted-v0", episodes=1, rng=np.random.default_rng(0))
    assert film.seconds == pytest.approx(every / (fps or 30))
    assert len(film.frames) == len(range(0, 6, every))


def test_more_pictures_a_second_than_viewers_show_are_refused(painted, tmp_path):
    directory, out = painted(fps=125), tmp_path / "film.gif"
    code, _, err = run("render", directory, "--out", out, "--every", "2")
    assert code == 2
    expected = "at least 3, as Painted-v0 has 125 steps a second and a film 50 pictures, got 2"
    assert f"every: expected {expected}" in err
    assert run("render", directory, "--out", out, "--every", "3")[0] == 0


@pytest.mark.parametrize(("kind", "error"), [(".gif", 5), (".webp", 0.5)])
def test_rounding_does_not_add_up(kind, error):
    frames, file = [np.full((2, 2, 3), 20 * i, np.uint8) for i in range(10)], io.BytesIO()
    films.write(file, frames, seconds=1 / 30, suffix=kind)
    file.seek(0)
    times = np.cumsum([time for _, time in pictures_of(file)])
    np.testing.assert_allclose(times, 1000 / 30 * np.arange(1, 11), rtol=0, atol=error)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_pictures_in_a_row_are_one_shown_as_long_as_all(kind):
    frames, file = [np.full((2, 2, 3), level, np.uint8) for level in (0, 90, 90, 90, 0)], io.BytesIO()
    films.write(file, frames, seconds=0.1, suffix=kind)
    file.seek(0)
    pictures = pictures_of(file)
    assert [time for _, time in pictures] == [100, 300, 100]
    assert brightness(pictures) == [0, 90, 0]


@pytest.mark.parametrize(("kind", "error"), [(".gif", 8), (".webp", 0)])
def test_a_picture_of_many_colours_stays_near_itself_in_gif_and_exact_in_webp(kind, error):
    y, x = np.mgrid[:64, :64]
    frame, file = np.stack((4 * x, 4 * y, 0 * x), axis=-1).astype(np.uint8), io.BytesIO()  # 4,096 colours
    films.write(file, [frame, frame.transpose(1, 0, 2)], seconds=0.1, suffix=kind)
    file.seek(0)
    (picture, _), _ = pictures_of(file)
    assert np.abs(picture.astype(int) - frame).mean() <= error


# What cannot be filmed


@pytest.mark.parametrize("name", ["film", "film.png", "policy.npz", "none/film.gif"])
def test_a_film_that_cannot_be_written_is_refused_before_it_is_made(painted, monkeypatch, name):
    directory = painted()
    monkeypatch.setattr(filming, "played", None)  # calling it would be another error
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    code, out, err = run("render", directory, "--out", directory / name)
    assert (code, out) == (2, "")
    assert err.startswith("trpo-lesson: error: --out: expected a file ")
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before


def test_where_writing_fails_the_previous_film_stays(painted, tmp_path, monkeypatch):
    directory, out = painted(), tmp_path / "film.gif"
    out.write_bytes(b"the previous film")

    def full(file, frames, **options):
        file.write(b"part of a film")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(films, "write", full)
    code, _, err = run("render", directory, "--out", out)
    assert code == 2
    assert "No space left on device" in err
    assert out.read_bytes() == b"the previous film"
    assert not list(tmp_path.glob("*.tmp"))


TROUBLES = {
    "no pictures": ({"modes": ["human", "ansi"]}, "got the render modes ['human', 'ansi']"),
    "no OpenGL": ({"trouble": RuntimeError("no OpenGL context")}, "got RuntimeError: no OpenGL context"),
    "grey": ({"shape": (4, 6)}, "expected pictures [H, W, 3] of uint8, got (4, 6) of uint8"),
}


@pytest.mark.parametrize(("arguments", "expected"), TROUBLES.values(), ids=TROUBLES)
def test_an_environment_that_cannot_draw_itself_is_a_clear_error(painted, tmp_path, arguments, expected):
    code, out, err = run("render", painted(**arguments), "--out", tmp_path / "film.gif")
    assert (code, out) == (2, "")
    assert "Painted-v0: expected " in err
    assert expected in err
    assert not (tmp_path / "film.gif").exists()


def test_an_environment_that_yields_nan_is_neither_filmed_nor_observed(painted):
    policy = checkpoints.load_policy(painted())
    gymnasium.spec("Painted-v0").kwargs["value"] = np.nan
    with pytest.raises(ValueError, match="Painted-v0: expected a finite observation, got"):
        filming.filmed(policy, "Painted-v0", episodes=1, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="Painted-v0: expected a finite observation, got"):
        filming.observed(policy, "Painted-v0", seed=0)


def test_what_the_user_has_set_for_the_screen_stays(painted, tmp_path, monkeypatch):
    for name in ("SDL_VIDEODRIVER", "MUJOCO_GL"):
        monkeypatch.setenv(name, "mine")
    assert run("render", painted(), "--out", tmp_path / "film.gif")[0] == 0
    assert os.environ["SDL_VIDEODRIVER"] == os.environ["MUJOCO_GL"] == "mine"

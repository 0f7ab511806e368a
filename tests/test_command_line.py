"""The command line as a person uses it: what it leaves on disk, what it says, what it refuses."""

import _thread
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from trpo_lesson.__main__ import main, parser
from trpo_lesson.commands import options
from trpo_lesson.sampled import checkpoints, trpo
from trpo_lesson.sampled.config import TRPOConfig, settings
from trpo_lesson.sampled.policy import evaluate

FILES = ["config.json", "checkpoint.npz"]
OF_A_RUN = ["checkpoint.npz", "config.json", "history.csv", "lock"]
SMALL = ["--n-envs", "4", "--n-steps", "64", "--policy-hidden", "8"]


def run(*arguments):
    """(exit code, stdout, stderr) of one command line."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as leaving:  # how argparse refuses
            code = leaving.code
    return code, out.getvalue(), err.getvalue()


def train_small(directory, *more, env_id="CartPole-v1", steps=768, seed=3):
    return run("train", env_id, "--steps", steps, "--seed", seed, "--out", directory, *SMALL, *more)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The directory of a run of three batches, made by the command line."""
    directory = tmp_path_factory.mktemp("runs") / "finished"
    code, _, err = train_small(directory, "--quiet")
    assert (code, err) == (0, "")
    return directory


@pytest.fixture
def copy(finished, tmp_path):
    """A copy of a finished run, to be damaged."""
    for path in finished.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


class Scripted(gymnasium.Env):
    """Episodes of ten steps that pay 1 each; at step `at` of the environment's life comes `trouble(env)`."""

    def __init__(self, at=10**9, trouble=None, size=2, value=0.5):
        self.observation_space, self.action_space = Box(-1, 1, (size,), np.float32), Discrete(2)
        self.at, self.trouble, self.life, self.reward, self.value = at, trouble, 0, 1.0, value

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.age = 0
        return np.full(self.observation_space.shape, self.value, np.float32), {}

    def step(self, action):
        self.life, self.age = self.life + 1, self.age + 1
        if self.life == self.at:
            self.trouble(self)
        observation = np.full(self.observation_space.shape, self.value, np.float32)
        return observation, self.reward, self.age == 10, False, {}


@pytest.fixture
def scripted():
    """Registers Scripted under `Scripted-v0`, with the given script; gone after the test."""

    def register(**script):
        gymnasium.registry.pop("Scripted-v0", None)
        gymnasium.register("Scripted-v0", entry_point=Scripted, kwargs=script, disable_env_checker=True)
        return "Scripted-v0"

    yield register
    gymnasium.registry.pop("Scripted-v0", None)


@pytest.fixture
def listening():
    """Ctrl-C is heard, here and in new processes: a shell makes what it runs in the background deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pays_nan(env):
    env.reward = np.nan


def sees_nan(env):
    env.value = np.nan


def interrupts(env):
    raise KeyboardInterrupt


def prints(env):
    print("hello from the environment")


# train


def test_train_leaves_config_history_and_checkpoint(finished):
    assert sorted(path.name for path in finished.iterdir()) == OF_A_RUN
    experiment = checkpoints.load_experiment(finished)
    assert (experiment.env_id, experiment.seed) == ("CartPole-v1", 3)
    assert checkpoints.load_history(finished)["steps"].tolist() == [256, 512, 768]


def test_train_is_the_generator_of_the_package_run_to_its_end(finished):
    experiment = checkpoints.load_experiment(finished)
    *_, last = trpo.train("CartPole-v1", experiment.config, seed=3)
    np.testing.assert_array_equal(checkpoints.load_policy(finished).theta, last.policy.theta, strict=True)


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Pendulum-v1"])
def test_the_environments_of_the_book_train_with_its_setting_which_is_printed(tmp_path, env_id):
    code, out, err = run("train", env_id, "--steps", 1024, "--seed", 0, "--out", tmp_path)
    assert (code, err) == (0, "")
    assert checkpoints.load_experiment(tmp_path).config == settings(env_id, 1024)
    assert out.startswith(f"{env_id}, seed 0, the book's setting:\n")
    assert f" gamma={settings(env_id, 1024).gamma} " in out


def test_another_environment_trains_with_the_defaults(tmp_path, scripted):
    env_id = scripted()
    code, out, _ = run("train", env_id, "--steps", 1024, "--out", tmp_path)
    assert code == 0
    assert checkpoints.load_experiment(tmp_path) == checkpoints.Experiment(env_id, 0, TRPOConfig(1024))
    assert "seed 0, the default setting:" in out


def test_what_the_command_line_gives_replaces_its_part_of_the_setting(tmp_path):
    code, out, _ = train_small(
        tmp_path, "--delta", "0.05", "--observation-scale", "1,1,2,1", "--no-line-search"
    )
    config = checkpoints.load_experiment(tmp_path).config
    assert code == 0
    assert (config.delta, config.observation_scale, config.line_search) == (0.05, (1.0, 1.0, 2.0, 1.0), False)
    assert (config.n_envs, config.n_steps, config.policy_hidden) == (4, 64, (8,))
    assert config.gamma == settings("CartPole-v1", 768).gamma
    changed = out.partition("the book's setting but for ")[2].partition(":")[0].split(", ")
    assert set(changed) == {"delta", "line_search", "n_envs", "n_steps", "observation_scale", "policy_hidden"}


def test_every_setting_has_an_option_that_reaches_the_run(tmp_path):
    default = TRPOConfig(1024)
    other = {
        "n_envs": 2,
        "n_steps": 100,
        "gamma": 0.9,
        "lam": 0.8,
        "delta": 0.01,
        "final_delta": 0.005,
        "natural": False,
        "line_search": False,
        "learning_rate": 0.1,
        "cg_iterations": 3,
        "damping": 0.2,
        "policy_hidden": (6, 7),
        "value_hidden": (5,),
        "value_steps": 2,
        "reuse": 2,
        "bootstrap_truncated": False,
        "observation_scale": (1.0, 2.0, 3.0, 4.0),
        "dtype": "float64",
    }
    assert other.keys() == options.SETTINGS.keys()
    line = []
    for name, value in other.items():
        option = name.replace("_", "-")
        line += [f"--no-{option}"] if value is False else [f"--{option}", options.as_text(value)]
    assert run("train", "CartPole-v1", "--steps", 400, "--out", tmp_path, "--quiet", *line) == (0, "", "")
    config = checkpoints.load_experiment(tmp_path).config
    assert {name: getattr(config, name) for name in other} == other
    assert all(other[name] != getattr(default, name) for name in other)


def test_only_whole_batches_are_drawn(tmp_path):
    assert train_small(tmp_path, "--quiet", steps=700)[0] == 0
    assert checkpoints.load_history(tmp_path)["steps"].tolist() == [256, 512]


def test_the_summary_says_what_came_of_the_run_and_how_to_evaluate_it(tmp_path):
    directory = tmp_path / "with a space"
    code, out, err = train_small(directory)
    columns = checkpoints.load_history(directory)
    assert (code, err) == (0, "")  # no progress bar where stderr is no terminal
    assert f"768 steps in 3 iterations, {columns['episodes'].sum()} episodes" in out
    assert f"{columns['mean_return'][-1]:.1f}\n" in out
    assert f"KL of the last update: {columns['kl'][-1]:.2g} nats; 0 of 3 updates refused" in out
    command = out.splitlines()[-1].removeprefix("evaluate them: ")
    quote = '"' if os.name == "nt" else "'"
    assert command == f"trpo-lesson evaluate {quote}{directory}{quote} --episodes 100"
    assert run("evaluate", directory, "--episodes", "1")[0] == 0


def test_json_is_one_object_with_the_summary_and_nothing_else(tmp_path):
    code, out, err = train_small(tmp_path, "--json")
    summary, columns = json.loads(out), checkpoints.load_history(tmp_path)
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert summary == {
        "env_id": "CartPole-v1",
        "seed": 3,
        "out": str(tmp_path),
        "steps": 768,
        "iterations": 3,
        "episodes": columns["episodes"].sum(),
        "mean_return": columns["mean_return"][-1],
        "last_returns": columns["mean_return"].tolist(),
        "kl": columns["kl"][-1],
        "refused": 0,
        "seconds": pytest.approx(columns["seconds"].sum()),
    }


def test_json_is_whole_where_no_episode_ended_and_where_the_environment_prints(tmp_path, scripted):
    env_id = scripted(at=3, trouble=prints)
    code, out, err = train_small(
        tmp_path, "--json", "--n-envs", "2", "--n-steps", "9", env_id=env_id, steps=18
    )
    assert code == 0
    assert json.loads(out)["mean_return"] is None
    assert json.loads(out)["last_returns"] == []
    assert err == 2 * "hello from the environment\n"


def test_quiet_says_nothing(tmp_path):
    assert train_small(tmp_path, "--quiet") == (0, "", "")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("silence", ["", "--quiet", "--json"])
def test_a_terminal_sees_steps_return_and_kl_go_by_unless_told_not_to(tmp_path, monkeypatch, silence):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with contextlib.redirect_stdout(io.StringIO()):
        main(["train", "CartPole-v1", "--steps", "768", "--out", str(tmp_path), *SMALL, *silence.split()])
    last = checkpoints.load_history(tmp_path)
    shown = terminal.getvalue()
    if silence:
        assert shown == ""
    else:
        assert "768/768" in shown
        assert f"return {last['mean_return'][-1]:.1f}, KL {last['kl'][-1]:.2g}" in shown


# A run that stops before its end


@pytest.mark.parametrize(("trouble", "name"), [(pays_nan, "reward"), (sees_nan, "observation")])
def test_a_run_whose_environment_yields_nan_says_so_and_keeps_what_it_had(tmp_path, scripted, trouble, name):
    env_id = scripted(at=140, trouble=trouble)  # the third batch of 64 steps
    code, out, err = train_small(tmp_path, "--json", env_id=env_id)
    assert (code, out) == (1, "")
    assert f"{env_id}: expected a finite {name}, got" in err
    assert f"{tmp_path} keeps the 2 iterations that had ended" in err
    assert checkpoints.load_history(tmp_path)["steps"].tolist() == [256, 512]
    code, out, _ = run("evaluate", tmp_path, "--episodes", "2", "--json")
    assert (code, json.loads(out)["returns"]) == (0, [10.0, 10.0])


def test_a_run_that_cannot_start_leaves_no_directory(tmp_path, scripted):
    code, _, err = train_small(tmp_path / "new", env_id=scripted(value=np.nan))
    assert code == 2
    assert "expected a finite observation" in err
    assert not (tmp_path / "new").exists()


def test_a_run_that_fails_in_its_first_batch_says_that_nothing_had_ended(tmp_path, scripted):
    code, _, err_of_train = train_small(tmp_path, env_id=scripted(at=1, trouble=pays_nan))
    assert code == 1
    assert f"No iteration had ended: {tmp_path} holds only config.json." in err_of_train
    code, _, err = run("evaluate", tmp_path)
    assert code == 2
    assert "got no checkpoint.npz" in err
    assert f"\ngo on: trpo-lesson train --resume {tmp_path}\n" in err_of_train


def test_an_interrupted_run_keeps_what_it_had(tmp_path, scripted):
    code, out, err = train_small(tmp_path, "--json", env_id=scripted(at=140, trouble=interrupts))
    assert (code, out) == (130, "")
    assert "interrupted" in err
    assert f"trpo-lesson evaluate {tmp_path}" in err
    assert checkpoints.load_history(tmp_path)["steps"].tolist() == [256, 512]
    assert run("evaluate", tmp_path, "--episodes", "1")[0] == 0


@pytest.mark.usefixtures("listening")
def test_an_interrupt_while_results_are_saved_waits_until_they_are(tmp_path, monkeypatch):
    really_replace, saved = os.replace, []

    def interrupted_replace(source, target):
        saved.append(target)
        if Path(target).name == "checkpoint.npz" and saved.count(target) == 2:
            _thread.interrupt_main()
            time.sleep(0.2)  # long enough for the main thread to notice
        really_replace(source, target)

    monkeypatch.setattr(os, "replace", interrupted_replace)
    code, _, err = train_small(tmp_path)
    assert code == 130
    assert "keeps the 2 iterations" in err
    config = checkpoints.load_experiment(tmp_path).config
    _, second, *_ = trpo.train("CartPole-v1", config, seed=3)
    np.testing.assert_array_equal(checkpoints.load_policy(tmp_path).theta, second.policy.theta)
    assert sorted(path.name for path in tmp_path.iterdir()) == OF_A_RUN


# evaluate


def test_evaluate_plays_the_trained_policy_greedily_on_fresh_starts(finished):
    code, out, err = run("evaluate", finished, "--episodes", "7", "--seed", "5", "--json")
    scores = json.loads(out)
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert scores.keys() == {"mean", "std", "returns", "episodes", "seed"}
    assert (scores["episodes"], scores["seed"], len(scores["returns"])) == (7, 5, 7)
    *_, last = trpo.train("CartPole-v1", checkpoints.load_experiment(finished).config, seed=3)
    returns = evaluate(last.policy, "CartPole-v1", episodes=7, rng=np.random.default_rng(5))
    assert scores["returns"] == returns.tolist()
    assert scores["mean"] == pytest.approx(sum(returns) / 7)
    assert scores["std"] == pytest.approx((sum((g - sum(returns) / 7) ** 2 for g in returns) / 7) ** 0.5)


def test_evaluate_plays_a_hundred_episodes_with_seed_0_unless_told_otherwise(finished):
    told = run("evaluate", finished, "--episodes", "100", "--seed", "0", "--json")
    assert run("evaluate", finished, "--json") == told
    assert run("evaluate", finished, "--seed", "1", "--json") != told


def test_evaluate_in_words_has_the_same_numbers(finished):
    scores = json.loads(run("evaluate", finished, "--episodes", "5", "--json")[1])
    code, out, _ = run("evaluate", finished, "--episodes", "5")
    assert code == 0
    numbers = f"mean {scores['mean']:.2f}, standard deviation {scores['std']:.2f}"
    assert out == f"CartPole-v1, 5 episodes, seed 0: {numbers}\n"


def test_evaluate_refuses_an_environment_that_yields_nan(tmp_path, scripted):
    train_small(tmp_path, env_id=scripted())
    scripted(at=1, trouble=pays_nan)
    code, out, err = run("evaluate", tmp_path, "--json")
    assert (code, out) == (2, "")
    assert "Scripted-v0: expected a finite reward, got nan" in err


def test_evaluate_refuses_an_environment_that_is_gone_or_has_changed(tmp_path, scripted):
    train_small(tmp_path, env_id=scripted(size=2))
    scripted(size=3)
    code, _, err = run("evaluate", tmp_path)
    assert code == 2
    assert "expected a network (3, 8, 2) for Scripted-v0, got (2, 8, 2)" in err
    gymnasium.registry.pop("Scripted-v0")
    code, _, err = run("evaluate", tmp_path)
    assert code == 2
    assert "Scripted" in err


# plot


def words_in(path):
    return " ".join(" ".join(ElementTree.parse(path).getroot().itertext()).split())


def test_runs_that_differ_by_their_seed_share_a_mean_and_its_interval(tmp_path, finished):
    for seed in (4, 5):
        train_small(tmp_path / str(seed), "--quiet", seed=seed)
    drawing = tmp_path / "curves.svg"
    code, out, err = run("plot", finished, tmp_path / "4", tmp_path / "5", finished, "--out", drawing)
    assert (code, err) == (0, "")
    assert str(drawing) in out
    assert "CartPole-v1, IQM of 3 seeds, 95 % interval" in words_in(drawing)  # the same run twice is one run
    assert "target 475" in words_in(drawing)


def test_runs_with_other_settings_have_curves_of_their_own_named_by_directory(tmp_path, finished):
    train_small(tmp_path / "wide", "--quiet", "--delta", "0.1")
    drawing = tmp_path / "curves.svg"
    assert run("plot", finished, tmp_path / "wide", "--out", drawing)[0] == 0
    assert "CartPole-v1, finished, one seed" in words_in(drawing)
    assert "CartPole-v1, wide, one seed" in words_in(drawing)


def test_the_drawing_goes_to_the_working_directory_unless_told_otherwise(tmp_path, finished, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("plot", finished)[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["learning_curves.svg"]


def test_the_same_runs_make_the_same_drawing(tmp_path, finished):
    train_small(tmp_path / "other", "--quiet", seed=4)
    for name in ("a.svg", "b.svg"):
        assert run("plot", finished, tmp_path / "other", "--out", tmp_path / name)[0] == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_where_drawing_fails_the_previous_drawing_stays(tmp_path, finished, monkeypatch):
    drawing = tmp_path / "curves.svg"
    drawing.write_text("the previous drawing")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = run("plot", finished, "--out", drawing)
    assert code == 2
    assert "No space left on device" in err
    assert drawing.read_text() == "the previous drawing"
    assert not list(tmp_path.glob("*.tmp"))


def test_runs_of_several_environments_share_no_target(tmp_path, finished, scripted):
    train_small(tmp_path / "other", "--quiet", env_id=scripted())
    assert run("plot", finished, tmp_path / "other", "--out", tmp_path / "curves.svg")[0] == 0
    assert "target" not in words_in(tmp_path / "curves.svg")


def test_more_settings_than_there_are_line_styles_are_refused(tmp_path, finished):
    several = []
    for steps in (5, 6, 7, 8):
        several.append(tmp_path / str(steps))
        train_small(several[-1], "--quiet", "--n-steps", steps, steps=64)
    code, _, err = run("plot", finished, *several, "--out", tmp_path / "curves.svg")
    assert code == 2
    assert "at most 4 settings in one drawing, got 5" in err


def test_a_run_in_which_no_episode_ended_has_no_curve(tmp_path, scripted):
    train_small(tmp_path, "--n-envs", "2", "--n-steps", "9", env_id=scripted(), steps=18)
    code, _, err = run("plot", tmp_path, "--out", tmp_path / "curves.svg")
    assert code == 2
    assert "expected a run in which an episode ended" in err


@pytest.mark.parametrize("name", ["curves", "curves.png", "history.csv", "none/curves.svg"])
def test_a_drawing_that_cannot_be_written_is_refused(copy, name):
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    code, _, err = run("plot", copy, "--out", copy / name)
    assert code == 2
    assert err.startswith("trpo-lesson: error: ")
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


# Bad input: a clear error, exit code 2, nothing lost

TRAIN = ["train", "CartPole-v1", "--steps", "1024", "--out", "OUT"]
BAD_LINES = {
    "no command": ([], "required: COMMAND"),
    "unknown command": (["fit"], "invalid choice: 'fit'"),
    "no directory": (["train", "CartPole-v1", "--steps", "1024"], "required: --out"),
    "no steps": (["train", "CartPole-v1", "--out", "OUT"], "required: --steps"),
    "unknown option": ([*TRAIN, "--restart"], "unrecognized arguments: --restart"),
    "abbreviated option": ([*TRAIN, "--qui"], "unrecognized arguments: --qui"),
    "negative seed": ([*TRAIN, "--seed", "-1"], "--seed: expected a whole number >= 0, got '-1'"),
    "fractional seed": ([*TRAIN, "--seed", "0.5"], "--seed: expected a whole number >= 0, got '0.5'"),
    "negative delta": ([*TRAIN, "--delta", "-1"], "delta: expected"),
    "delta not a number": ([*TRAIN, "--delta", "nan"], "delta: expected"),
    "delta a word": ([*TRAIN, "--delta", "small"], "--delta: invalid float value: 'small'"),
    "gamma above 1": ([*TRAIN, "--gamma", "1.5"], "gamma: expected"),
    "no copies": ([*TRAIN, "--n-envs", "0"], "--n-envs: expected a whole number >= 1, got '0'"),
    "layers with a gap": ([*TRAIN, "--policy-hidden", "8,,8"], "expected numbers with commas between them"),
    "empty layer": ([*TRAIN, "--policy-hidden", "8,0"], "policy_hidden: expected"),
    "scale too short": ([*TRAIN, "--observation-scale", "1,1"], "observation_scale"),
    "unknown dtype": ([*TRAIN, "--dtype", "float16"], "invalid choice: 'float16'"),
    "less than a batch": ([*TRAIN, "--n-steps", "4096"], "at least one batch of n_envs * n_steps = 32768"),
    "no episodes": (
        ["evaluate", "OUT", "--episodes", "0"],
        "--episodes: expected a whole number >= 1, got '0'",
    ),
    "no run": (["evaluate", "OUT"], "got no config.json"),
    "a file for a run": (["evaluate", __file__], "got no config.json"),
    "nothing to plot": (["plot"], "required: DIR"),
    "no run to plot": (["plot", "OUT"], "got no config.json"),
}
for steps in ("0", "-5", "1.5", "1e6", "nan", "", "many", "1"):
    refused = "at least one batch" if steps == "1" else "--steps: expected a whole number >= 1"
    BAD_LINES[f"steps {steps!r}"] = (["train", "CartPole-v1", f"--steps={steps}", "--out", "OUT"], refused)
for env_id, refused in {
    "CartPoll-v1": "Did you mean: `CartPole`?",
    "CartPole-v9": "versioned environments",
    "no_such_module:Env-v0": "no_such_module",
    "cart pole": "cart pole",
    "": "env_id",
    "FrozenLake-v1": "expected observations in a flat Box",
    "Blackjack-v1": "expected observations in a flat Box",
}.items():
    BAD_LINES[f"environment {env_id!r}"] = (["train", env_id, "--steps", "1024", "--out", "OUT"], refused)


@pytest.mark.parametrize(("line", "expected"), BAD_LINES.values(), ids=BAD_LINES)
def test_bad_input_is_a_clear_error_and_nothing_is_made(tmp_path, line, expected):
    directory = tmp_path / "runs" / "new"
    code, out, err = run(*(directory if argument == "OUT" else argument for argument in line))
    assert (code, out) == (2, "")
    assert expected in err
    assert "error: " in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not directory.parent.exists()


def test_train_never_touches_a_directory_that_holds_a_run(copy):
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    code, _, err = train_small(copy)
    assert code == 2
    expected = f"expected a new or an empty directory, got {copy}, which holds checkpoint.npz"
    assert f"{expected} (train --resume goes on with the run there)" in err
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


@pytest.mark.parametrize("place", ["taken", "taken/below", "nul\0byte", "long" * 100])
def test_train_refuses_a_directory_that_cannot_be_made(tmp_path, place):
    (tmp_path / "taken").write_text("mine")
    code, _, err = train_small(tmp_path / place)
    assert code == 2
    assert err.startswith("trpo-lesson: error: ")
    assert (tmp_path / "taken").read_text() == "mine"


def truncate(path):
    path.write_bytes(path.read_bytes()[:-20])


def remove(path):
    path.unlink()


def fill_with_rubbish(path):
    path.write_bytes(os.urandom(500))


DAMAGES = [(damage, "evaluate", name) for damage in (truncate, remove, fill_with_rubbish) for name in FILES]
DAMAGES += [(remove, "plot", "history.csv"), (fill_with_rubbish, "plot", "history.csv")]


@pytest.mark.parametrize(("damage", "command", "name"), DAMAGES)
def test_damaged_results_are_named_and_left_as_they_are(copy, monkeypatch, damage, command, name):
    monkeypatch.chdir(copy)
    damage(copy / name)
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    code, out, err = run(command, copy)
    assert (code, out) == (2, "")
    assert name in err
    assert len(err.splitlines()) == 1
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


def test_a_path_that_the_terminal_cannot_show_does_not_stop_a_run(tmp_path, monkeypatch):
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", ascii_only)
    assert main(["train", "CartPole-v1", "--steps", "256", "--out", str(tmp_path / "läuft"), *SMALL]) == 0
    assert b"l\\xe4uft" in ascii_only.buffer.getvalue()


# help


def test_every_option_is_explained_with_its_default():
    (commands,) = (action for action in parser()._actions if action.choices)
    for name, command in commands.choices.items():
        for action in command._actions:
            assert action.help, (name, action)
            optional = action.option_strings and not action.required and action.nargs != 0
            assert not optional or "(default: " in action.help, (name, action)


def test_version_is_that_of_the_package():
    code, out, _ = run("--version")
    assert (code, out) == (0, f"trpo-lesson {checkpoints.versions_here()['trpo_lesson']}\n")


# The real thing, in a process of its own


def start(*arguments):
    command = [sys.executable, "-m", "trpo_lesson", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_python_m_trpo_lesson_is_the_command_line(tmp_path):
    arguments = ["train", "CartPole-v1", "--steps", "256", "--seed", "3", "--json", *SMALL]
    process = start(*arguments, "--out", tmp_path / "a")
    out, err = process.communicate(timeout=60)
    code, same, _ = run(*arguments, "--out", tmp_path / "b")
    assert (process.returncode, err) == (code, "")
    assert json.loads(out)["last_returns"] == json.loads(same)["last_returns"]


@pytest.mark.parametrize(("given", "used"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_numpy_is_loaded_for_one_thread_unless_the_environment_says_otherwise(given, used):
    variables = {name: value for name, value in os.environ.items() if not name.endswith("_THREADS")}
    watch = "lambda name, *_: name == 'numpy' and print(os.environ['OPENBLAS_NUM_THREADS']) or None"
    program = f"import os, sys, types; sys.meta_path.insert(0, types.SimpleNamespace(find_spec={watch}))"
    command = [sys.executable, "-c", f"{program}; import trpo_lesson.__main__"]
    assert subprocess.check_output(command, env=variables | given, text=True) == f"{used}\n"


@pytest.mark.usefixtures("listening")
@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no signal that one process sends another as Ctrl-C"
)
def test_ctrl_c_ends_a_long_run_cleanly(tmp_path):
    process = start("train", "CartPole-v1", "--steps", 10**9, "--out", tmp_path / "run", *SMALL)
    history = tmp_path / "run" / "history.csv"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (history.exists() and history.read_bytes().count(b"\n") > 3):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert len(checkpoints.load_history(tmp_path / "run")["steps"]) >= 3
    assert run("evaluate", tmp_path / "run", "--episodes", "1")[0] == 0
    assert not list(Path(tmp_path).rglob("*.tmp"))

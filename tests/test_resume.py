"""`train --resume`: what it goes on from, what it refuses, what it says; how a run stops that must stop."""

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace

import gymnasium
import pytest
from test_command_line import OF_A_RUN, SMALL, Terminal, run, train_small
from test_killed_runs import assert_same_run

from trpo_lesson.__main__ import main
from trpo_lesson.sampled import checkpoints, files

SETTING = ["--seed", 3, *SMALL]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The directory of a run of four batches that was never stopped."""
    directory = tmp_path_factory.mktemp("runs") / "whole"
    assert train_small(directory, "--quiet", steps=1024) == (0, "", "")
    return directory


@pytest.fixture
def stop(monkeypatch):
    """stop(problem, at=2): the save of that number raises the problem, and from then on all is well."""

    def at_a_save(problem, *, at=2):
        really_save = checkpoints.save

        def save(directory, number, iteration):
            if number == at:
                monkeypatch.setattr(checkpoints, "save", really_save)
                raise problem
            really_save(directory, number, iteration)

        monkeypatch.setattr(checkpoints, "save", save)

    return at_a_save


@pytest.fixture
def stopped(tmp_path, stop):
    """The directory of the same run, interrupted in its third iteration."""
    stop(KeyboardInterrupt(), at=3)
    assert train_small(tmp_path / "stopped", "--quiet", steps=1024)[0] == 130
    assert checkpoints.load_checkpoint(tmp_path / "stopped").number == 2
    return tmp_path / "stopped"


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


# What it goes on from


def test_a_run_that_was_interrupted_goes_on_to_the_same_end(stopped, whole):
    code, out, err = run("train", "--resume", stopped)
    assert (code, err) == (0, "")
    assert f"{stopped} goes on after iteration 2, 512 of 1,024 steps\n" in out
    assert "1,024 steps in 4 iterations" in out
    assert_same_run(stopped, whole)


def test_the_same_command_with_resume_goes_on_too(stopped, whole):
    assert train_small(stopped, "--quiet", "--resume", steps=1024) == (0, "", "")
    assert_same_run(stopped, whole)


def test_a_directory_without_a_run_begins_one(tmp_path, whole):
    for directory in (tmp_path / "a" / "new", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        assert train_small(directory, "--quiet", "--resume", steps=1024) == (0, "", "")
        assert_same_run(directory, whole)


def test_a_run_that_was_stopped_before_it_had_anything_begins_again(tmp_path, whole, stop):
    directory = tmp_path / "run"
    stop(KeyboardInterrupt(), at=1)
    code, _, err = train_small(directory, "--quiet", steps=1024)
    assert code == 130
    assert f"No iteration had ended: {directory} holds only config.json." in err
    assert run("train", "--resume", directory, "--quiet") == (0, "", "")
    assert_same_run(directory, whole)


def test_a_run_that_was_killed_while_it_made_its_directory_begins_again(tmp_path, whole):
    (tmp_path / "lock").touch()
    (tmp_path / "config.json.tmp").write_text('{"for')
    code, _, err = run("train", "--resume", tmp_path)
    assert (code, "got no config.json" in err) == (2, True)  # nobody knows any more what was to be run
    assert train_small(tmp_path, "--quiet", "--resume", steps=1024) == (0, "", "")
    assert_same_run(tmp_path, whole)


def test_a_run_goes_on_with_the_seed_and_the_settings_it_began_with(tmp_path, stop):
    stop(KeyboardInterrupt())
    line = ["--delta", "0.05", "--no-line-search", "--policy-hidden", "4,4"]
    assert train_small(tmp_path, *line, seed=9)[0] == 130
    assert run("train", "CartPole-v1", "--steps", 768, "--out", tmp_path, "--resume", "--quiet")[0] == 0
    experiment = checkpoints.load_experiment(tmp_path)
    assert (experiment.seed, experiment.config.delta, experiment.config.policy_hidden) == (9, 0.05, (4, 4))
    assert checkpoints.load_history(tmp_path)["steps"].tolist() == [256, 512, 768]


def test_another_environment_goes_on_with_fresh_episodes(tmp_path, stop):
    stop(KeyboardInterrupt(), at=3)
    assert train_small(tmp_path, "--quiet", env_id="Acrobot-v1")[0] == 130
    assert run("train", "--resume", tmp_path, "--quiet") == (0, "", "")
    assert checkpoints.load_history(tmp_path)["steps"].tolist() == [256, 512, 768]
    assert checkpoints.load_checkpoint(tmp_path).state.arrays["memory.0.observations"][0, 0, 0] > 0.99  # cos


@pytest.mark.parametrize("form", ["--resume", "the same line"])
def test_a_finished_run_says_so_and_nothing_changes(whole, form):
    before = contents(whole)
    line = ["--resume", whole] if form == "--resume" else ["CartPole-v1", "--steps", 1024, "--out", whole]
    line += [] if form == "--resume" else [*SETTING, "--resume"]
    code, out, err = run("train", *line)
    assert (code, err) == (0, "")
    assert f"{whole} holds a finished run: there is nothing left to do\n" in out
    assert run("train", *line, "--quiet") == (0, "", "")
    summary = json.loads(run("train", *line, "--json")[1])
    assert (summary["steps"], summary["iterations"]) == (1024, 4)
    assert contents(whole) == before


# What it refuses


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["Pendulum-v1"], "with env_id CartPole-v1, got Pendulum-v1"),
        (["--steps", 2048], "with steps 1024, got 2048"),
        (["--seed", 0], "with seed 3, got 0"),
        (["--delta", "0.05"], "with delta 0.02, got 0.05"),
        (["--policy-hidden", "8,8"], "with policy_hidden 8, got 8,8"),
        (["--no-natural"], "with natural True, got False"),
        (["--seed", 4, "--delta", "1"], "with seed 3, got 4; delta 0.02, got 1.0"),
    ],
)
def test_what_is_given_besides_must_be_what_the_run_began_with(stopped, given, expected):
    before = contents(stopped)
    code, out, err = run("train", "--resume", stopped, *given)
    assert (code, out) == (2, "")
    assert f"expected the run that {stopped} holds, {expected}\n" in err
    assert contents(stopped) == before


def test_what_is_given_besides_may_be_what_the_run_began_with(stopped, whole):
    line = ["CartPole-v1", "--steps", 1024, "--out", stopped, *SETTING, "--delta", "0.02", "--natural"]
    assert run("train", *line, "--resume", stopped, "--quiet") == (0, "", "")
    assert_same_run(stopped, whole)


def test_two_directories_are_refused(stopped, tmp_path):
    code, _, err = run("train", "--resume", stopped, "--out", tmp_path / "other")
    assert code == 2
    assert f"expected one directory, got {stopped} by --resume and {tmp_path / 'other'} by --out" in err


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        (["--resume"], "--out"),
        (["CartPole-v1", "--resume", "--steps", 1024], "--out"),
        (["CartPole-v1", "--resume", "--out", "NEW"], "--steps"),
        (["--steps", 1024, "--out", "NEW"], "ENV_ID"),
        (["--out", "NEW"], "ENV_ID, --steps"),
    ],
)
def test_what_a_new_run_needs_is_named(tmp_path, line, missing):
    new = tmp_path / "new"
    code, out, err = run("train", *(new if part == "NEW" else part for part in line))
    assert (code, out) == (2, "")
    assert err.endswith(f"error: the following arguments are required: {missing}\n")
    assert not new.exists()


@pytest.mark.parametrize("line", [["--resume", "DIR"], ["--out", "DIR", "--resume"]])
def test_a_directory_without_a_run_has_nothing_to_resume(tmp_path, line):
    code, _, err = run("train", *(tmp_path if part == "DIR" else part for part in line))
    assert code == 2
    assert f"{tmp_path}: expected the results of a run, got no config.json" in err
    assert list(tmp_path.iterdir()) == []


def test_a_directory_with_something_else_in_it_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    code, _, err = train_small(tmp_path, "--resume")
    assert code == 2
    assert "expected a new or an empty directory" in err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_damaged_checkpoint_is_named_and_left_as_it_is(stopped):
    path = stopped / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:-40])
    before = contents(stopped)
    code, out, err = run("train", "--resume", stopped)
    assert (code, out) == (2, "")
    assert err.startswith(f"trpo-lesson: error: {path}: ")
    assert len(err.splitlines()) == 1
    assert contents(stopped) == before


def test_a_second_process_in_the_same_directory_is_refused(stopped, whole):
    before = contents(stopped)
    with files.alone(stopped):
        code, out, err = run("train", "--resume", stopped)
        assert (code, out) == (2, "")
        assert f"{stopped}: expected to be the only one who trains there, got another process" in err
        assert contents(stopped) == before
    assert run("train", "--resume", stopped, "--quiet")[0] == 0
    assert_same_run(stopped, whole)


# What it says


def test_other_versions_go_on_but_are_named(stopped, whole, monkeypatch):
    newer = checkpoints.versions_here() | {"numpy": "99.0", "gymnasium": "98.0"}
    ours = checkpoints.versions_here()
    monkeypatch.setattr(checkpoints, "versions_here", lambda: newer)
    code, out, err = run("train", "--resume", stopped, "--json")
    assert (code, json.loads(out)["iterations"]) == (0, 4)
    changes = f"numpy {ours['numpy']} then, 99.0 now, gymnasium {ours['gymnasium']} then, 98.0 now"
    assert err == f"warning: {changes}: the run goes on, but bit for bit as it would have is not promised\n"
    monkeypatch.undo()
    assert run("train", "--resume", stopped, "--quiet") == (0, "", "")
    assert "warning: numpy 99.0 then" in run("train", "--resume", stopped)[2]
    assert_same_run(stopped, whole)


def test_the_bar_begins_at_the_steps_that_are_done(stopped, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with contextlib.redirect_stdout(io.StringIO()):
        main(["train", "--resume", str(stopped)])
    shown = terminal.getvalue().split("\r")
    first, last = (next(each for each in bars if " steps" in each) for bars in (shown, shown[::-1]))
    assert "512/1024" in first
    assert "1024/1024" in last
    assert re.search(r"\[\d\d:\d\d<00:00, .* steps/s", last)  # time gone < time left
    assert "KL " in last


@pytest.mark.parametrize("silence", ["--quiet", "--json"])
def test_no_bar_after_a_resume_where_silence_is_asked_for(stopped, monkeypatch, silence):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["train", "--resume", str(stopped), silence]) == 0
    assert terminal.getvalue() == ""


# A run that stops says the command that goes on


class Faulty(gymnasium.Wrapper):
    """Raises the problem at the 500th step of all copies, in the second batch."""

    problem, steps = None, 0

    def step(self, action):
        Faulty.steps += 1
        if Faulty.problem and Faulty.steps == 500:
            raise Faulty.problem
        return super().step(action)


@pytest.fixture
def faulty():
    """An environment that raises the problem it is given, once."""
    spec = gymnasium.spec("CartPole-v1")
    make = lambda **kwargs: Faulty(gymnasium.make(replace(spec), **kwargs))  # noqa: E731
    gymnasium.register("Faulty-v0", entry_point=make, disable_env_checker=True)

    def raising(problem):
        Faulty.problem, Faulty.steps = problem, 0
        return "Faulty-v0"

    yield raising
    gymnasium.registry.pop("Faulty-v0")


PROBLEMS = [
    (KeyboardInterrupt(), 130, "interrupted", False),
    (ValueError("no wind"), 1, "error: the run could not go on: no wind", False),
    (OSError(28, "No space left on device"), 1, "No space left on device", False),
    (ZeroDivisionError("by zero"), 1, "error: the run could not go on: by zero", True),
    (AssertionError(), 1, "error: the run could not go on: AssertionError", True),
]


@pytest.mark.parametrize(("problem", "exit_code", "words", "traced"), PROBLEMS)
def test_whatever_stops_a_run_it_says_the_command_that_goes_on(
    tmp_path, monkeypatch, faulty, problem, exit_code, words, traced
):
    monkeypatch.chdir(tmp_path)
    directory = "it's a run"
    code, out, err = train_small(directory, "--json", env_id=faulty(problem))
    assert (code, out) == (exit_code, "")
    assert words in err
    assert ("Traceback" in err) == traced
    assert f"{directory} keeps the 1 iterations that had ended" in err
    faulty(None)
    command = next(line for line in err.splitlines() if line.startswith("go on: "))
    program, *arguments = shlex.split(command.removeprefix("go on: "))
    assert (program, arguments) == ("trpo-lesson", ["train", "--resume", directory])
    assert run(*arguments, "--quiet")[0] == 0
    assert checkpoints.load_history(directory)["steps"].tolist() == [256, 512, 768]


@pytest.mark.parametrize("name", ["checkpoint.npz.tmp", "history.csv"])
def test_a_disk_that_is_full_stops_the_run_and_keeps_it(tmp_path, whole, monkeypatch, name):
    class Full:
        """Takes half of what is written to it."""

        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *problem):
            self.file.close()

        def write(self, content):
            self.file.write(content[: len(content) // 2])
            self.file.flush()
            raise OSError(28, "No space left on device")

    opened = []

    def open_full(path, mode="r", **options):
        file = open(path, mode, **options)  # noqa: SIM115 - closed by whoever asked for it
        opened.append(path.name)
        return Full(file) if path.name == name and opened.count(name) == 3 and mode != "rb" else file

    for module in (files, checkpoints.history):
        monkeypatch.setattr(module, "open", open_full, raising=False)
    code, out, err = train_small(tmp_path, "--json", steps=1024)
    monkeypatch.undo()
    assert (code, out) == (1, "")
    assert "the run could not go on: [Errno 28] No space left on device" in err
    assert f"{tmp_path} keeps the 2 iterations that had ended" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == OF_A_RUN
    assert run("evaluate", tmp_path, "--episodes", "1")[0] == 0
    assert run("train", "--resume", tmp_path, "--quiet") == (0, "", "")
    assert_same_run(tmp_path, whole)


LIMITED = """
import resource, sys
from trpo_lesson.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not limit the size of files")
def test_a_system_that_takes_no_more_bytes_stops_the_run_and_keeps_it(tmp_path):
    line = ["Pendulum-v1", "--steps", "1024", "--reuse", "4", *SMALL, "--quiet"]
    assert run("train", *line, "--out", tmp_path / "whole") == (0, "", "")
    limit = str(3 * (tmp_path / "whole" / "checkpoint.npz").stat().st_size // 4)  # of 4 batches 2 fit in it
    command = [sys.executable, "-c", LIMITED, limit, "train", *line, "--out", str(tmp_path / "run")]
    process = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    assert process.returncode == 1
    assert "the run could not go on: [Errno 27] File too large" in process.stderr
    assert "keeps the 2 iterations" in process.stderr
    assert sorted(os.listdir(tmp_path / "run")) == OF_A_RUN
    assert run("train", "--resume", tmp_path / "run", "--quiet") == (0, "", "")
    assert_same_run(tmp_path / "run", tmp_path / "whole")

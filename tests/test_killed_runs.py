"""A training process is killed again and again, at any moment: the run ends as if nothing had happened."""

import signal
import subprocess
import sys

import numpy as np
import pytest

from trpo_lesson.sampled import checkpoints

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

# The command line in a process that kills itself: python -c PROGRAM MOMENT NUMBER ARGUMENTS...
# "clock" is NUMBER seconds after its first record; any other moment is one of its NUMBER-th save.
PROGRAM = """
import builtins, os, signal, sys, threading, time
from trpo_lesson.__main__ import main
from trpo_lesson.sampled import files, history

moment, number = sys.argv[1], float(sys.argv[2])
really_append, really_replace, saves = history.append, os.replace, []


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def now(*moments):
    return moment in moments and len(saves) == number


class Dying:
    def __init__(self, file, name):
        self.file, self.name = file, name

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        return self.file.__exit__(*problem)

    def fileno(self):
        return self.file.fileno()

    def write(self, content):
        if now(self.name + " opened"):
            die()
        if now(self.name + " half written"):
            self.file.write(content[: len(content) // 2])
            self.file.flush()
            die()
        self.file.write(content)
        if now(self.name + " written"):
            die()

    def flush(self):
        self.file.flush()
        if now(self.name + " flushed"):
            die()


def open_dying(path, mode="r", **options):
    file = builtins.open(path, mode, **options)
    name = path.name.partition(".")[0]
    return Dying(file, name) if mode in ("wb", "a") and name in ("checkpoint", "history") else file


def append(path, columns):
    saves.append(path)
    really_append(path, columns)
    if moment == "clock" and len(saves) == 1:
        threading.Thread(target=lambda: (time.sleep(number), die()), daemon=True).start()


def replace(source, target):
    if now("checkpoint synced"):
        die()
    really_replace(source, target)
    if now("checkpoint renamed"):
        die()


files.open = history.open = open_dying
history.append, os.replace = append, replace
sys.exit(main(sys.argv[3:]))
"""

BETWEEN_OPEN_AND_RENAME = [
    f"checkpoint {moment}" for moment in ("opened", "half written", "written", "flushed", "synced")
]
OTHERS = ["history opened", "history half written", "history flushed", "checkpoint renamed"]
SMALL = ["--n-envs", "4", "--n-steps", "16", "--policy-hidden", "6", "--value-hidden", "6", "--quiet"]


def train(moment, number, *arguments):
    """(exit code, stderr) of a training process that is killed at that moment."""
    command = [sys.executable, "-c", PROGRAM, moment, str(number), "train", *map(str, arguments)]
    process = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=120)
    return process.returncode, process.stderr


def iterations_in(directory):
    """How many the checkpoint has, which is whole at every moment."""
    return checkpoints.load_checkpoint(directory).number if checkpoints.has_checkpoint(directory) else 0


def assert_same_run(directory, other):
    """Every column but the timings, every parameter and the whole state are equal bit for bit."""
    assert sorted(path.name for path in directory.iterdir()) == sorted(path.name for path in other.iterdir())
    columns, others = checkpoints.load_history(directory), checkpoints.load_history(other)
    assert columns.keys() == others.keys()
    for name in columns:
        if not name.startswith("seconds"):
            np.testing.assert_array_equal(columns[name], others[name], err_msg=name, strict=True)
    end, other_end = checkpoints.load_checkpoint(directory), checkpoints.load_checkpoint(other)
    assert end.policy.theta.tobytes() == other_end.policy.theta.tobytes()
    assert end.state.plain == other_end.state.plain
    for name, array in other_end.state.arrays.items():
        assert end.state.arrays[name].tobytes() == array.tobytes(), name


def kills(n_by_clock, seconds, *, rng):
    """(moment, number) of each: the exact ones at the second save of a process, the others by the clock."""
    exact = [(moment, 2) for moment in (*BETWEEN_OPEN_AND_RENAME, *OTHERS)]
    by_clock = [("clock", after) for after in rng.uniform(0, 3 * seconds, n_by_clock)]
    return [(*exact, *by_clock)[i] for i in rng.permutation(len(exact) + n_by_clock)]


def uninterrupted(directory, *line):
    """Seconds of training of each iteration of the run that is never killed."""
    assert train("never", 0, *line, "--out", directory) == (0, "")
    return checkpoints.load_history(directory)["seconds"]


@pytest.mark.parametrize(
    ("line", "n_by_clock"),
    [
        (["CartPole-v1", "--steps", 100 * 64, "--seed", 5], 12),
        (["Pendulum-v1", "--steps", 40 * 64, "--seed", 6, "--reuse", 4], 0),
    ],
    ids=["CartPole", "Pendulum"],
)
def test_a_run_that_is_killed_at_any_moment_ends_as_if_it_had_never_been(tmp_path, line, n_by_clock):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    line = [*line, *SMALL]
    seconds = uninterrupted(whole, *line)
    moments, done = kills(n_by_clock, seconds.mean(), rng=np.random.default_rng(0)), 0
    for i, (moment, number) in enumerate(moments):
        before, resume = done, ["--resume"] * (i > 0)
        assert train(moment, number, *line, "--out", killed, *resume) == (-signal.SIGKILL, ""), moment
        done = iterations_in(killed)
        assert done >= before
        if moment != "clock":
            assert done == before + (2 if moment == "checkpoint renamed" else 1), moment
            assert (killed / "checkpoint.npz.tmp").exists() == (moment in BETWEEN_OPEN_AND_RENAME), moment
    assert train("never", 0, "--resume", killed, "--quiet") == (0, "")
    assert_same_run(killed, whole)

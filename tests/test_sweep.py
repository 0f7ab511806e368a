"""`trpo-lesson sweep` as a person uses it: what it leaves, says, refuses, and how it goes on when stopped."""

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from test_command_line import SMALL, Terminal, run
from test_experiments import contents, names

from trpo_lesson.__main__ import main
from trpo_lesson.commands import sweep
from trpo_lesson.sampled import ablation, checkpoints, outcomes

NAN = "tiny_environments:tiny/NaNReward-v0"
TINY = ["--n-envs", "2", "--n-steps", "32", "--policy-hidden", "5", "--value-hidden", "4"]


def sweep_small(directory, *more, seeds="1-2", steps=192, env_id="CartPole-v1"):
    line = ["--steps", steps, "--seeds", seeds, "--out", directory, *TINY]
    return run("sweep", env_id, *line, *([] if "--scheduler" in more else ["--jobs", "1"]), *more)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """(directory, stdout) of a finished sweep of two seeds."""
    directory = tmp_path_factory.mktemp("sweeps") / "finished"
    code, out, err = sweep_small(directory)
    assert (code, err) == (0, "")
    return directory, out


# What it leaves and says


def test_a_sweep_leaves_a_run_of_each_seed_as_train_leaves_it(finished, tmp_path):
    directory, _ = finished
    assert names(directory) == ["as-it-is", "summary.csv", "summary.json"]
    for seed in (1, 2):
        run("train", "CartPole-v1", "--steps", 192, "--seed", seed, "--out", tmp_path / str(seed), *TINY)
        ours, alone = directory / "as-it-is" / f"seed-{seed}", tmp_path / str(seed)
        assert checkpoints.load_experiment(ours) == checkpoints.load_experiment(alone)
        policies = [checkpoints.load_policy(where).theta.tobytes() for where in (ours, alone)]
        assert policies[0] == policies[1]
        line = ["evaluate", alone, "--episodes", 20, "--seed", seed, "--json"]
        assert json.loads(run(*line)[1]) == json.loads((ours / "evaluation.json").read_text())


def test_the_summary_is_a_table_on_the_terminal_as_json_and_as_csv(finished):
    directory, out = finished
    summary = json.loads((directory / "summary.json").read_text())
    (row,) = summary["settings"]
    finals = [
        json.loads((directory / "as-it-is" / f"seed-{seed}" / "evaluation.json").read_text())["mean"]
        for seed in (1, 2)
    ]
    assert (row["label"], row["runs"], row["iqm"]) == ("as it is", 2, pytest.approx(np.mean(finals)))
    assert min(finals) <= row["low"] <= row["iqm"] <= row["high"] <= max(finals)
    assert row["solved"] == np.mean(np.array(finals) >= 475)
    assert (summary["env_id"], summary["steps"], summary["seeds"]) == ("CartPole-v1", 192, [1, 2])
    assert (summary["episodes"], summary["target"], summary["failed"]) == (20, 475, [])
    with open(directory / "summary.csv", newline="") as file:
        (cells,) = csv.DictReader(file)
    assert cells == {name: str(value) for name, value in row.items()}
    assert out.startswith("CartPole-v1, 2 seeds, the book's setting but for ")
    assert "2 runs, 0 of them done already" in out
    shown = f"{row['iqm']:.1f}  ({row['low']:.1f} to {row['high']:.1f})"
    (line,) = (line for line in out.splitlines() if line.startswith("as it is"))
    assert shown in line
    assert line.endswith(f"{row['solved']:.0%}{row['kl_used']:17.2f}")
    assert f"results: {directory}" in out


def test_json_is_the_summary_and_nothing_else_and_nothing_is_run_again(finished):
    directory, _ = finished
    before = contents(directory / "as-it-is")
    code, out, err = sweep_small(directory, "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert json.loads(out) == json.loads((directory / "summary.json").read_text())
    assert contents(directory / "as-it-is") == before
    assert "2 runs, 2 of them done already" in sweep_small(directory)[1]


def test_quiet_says_nothing(finished):
    assert sweep_small(finished[0], "--quiet") == (0, "", "")


def test_further_seeds_join_the_sweep(finished, tmp_path):
    directory = tmp_path / "grown"
    for seeds in ("1-2", "2,4"):
        assert sweep_small(directory, "--quiet", seeds=seeds) == (0, "", "")
    assert names(directory / "as-it-is") == ["seed-1", "seed-2", "seed-4"]
    assert json.loads((directory / "summary.json").read_text())["seeds"] == [2, 4]


def test_one_seed_in_an_environment_without_target_has_neither_interval_nor_share(tmp_path):
    env_id = "tiny_environments:tiny/Bandit-v0"
    code, out, _ = sweep_small(tmp_path, env_id=env_id, seeds="3")
    (row,) = json.loads((tmp_path / "summary.json").read_text())["settings"]
    assert (code, row["low"], row["high"], row["solved"]) == (0, None, None, None)
    (line,) = (line for line in out.splitlines() if line.startswith("as it is"))
    assert line.split() == ["as", "it", "is", "1", f"{row['iqm']:.1f}", "-", f"{row['kl_used']:.2f}"]


def test_the_ablation_has_a_row_for_each_of_its_settings_and_can_be_stored(tmp_path):
    stored = tmp_path / "small.json"
    code, out, err = sweep_small(tmp_path / "all", "--ablation", "--store", stored, "--json", seeds="1,2")
    assert (code, err) == (0, "")
    labels = list(ablation.variants(checkpoints.load_experiment(tmp_path / "all/as-it-is/seed-1").config))
    assert [row["label"] for row in json.loads(out)["settings"]] == labels
    env_id, loaded = outcomes.load(stored)
    assert (env_id, list(loaded)) == ("CartPole-v1", labels)
    for label, runs in loaded.items():
        assert runs.seeds.tolist() == [1, 2]
        where = tmp_path / "all" / label.replace(" ", "-") / "seed-2"
        assert checkpoints.load_experiment(where).config == runs.config


@pytest.mark.parametrize("silence", ["", "--quiet", "--json"])
def test_a_terminal_sees_runs_go_by_unless_told_not_to(finished, tmp_path, monkeypatch, silence):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with contextlib.redirect_stdout(io.StringIO()):
        line = ["sweep", "CartPole-v1", "--steps", "64", "--seeds", "5,6", "--jobs", "1", *TINY]
        main([*line, "--out", str(tmp_path), *silence.split()])
    shown = terminal.getvalue()
    assert ("2/2" in shown, "as it is, seed 6" in shown) == (not silence, not silence)
    assert bool(shown) == (not silence)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-3", (0, 1, 2, 3)),
        ("0:3", (0, 1, 2)),
        ("7", (7,)),
        ("100-101,5,100", (100, 101, 5)),
        (" 1 , 2 ", (1, 2)),
    ],
)
def test_seeds_are_ranges_and_lists(text, expected):
    assert sweep.seeds(text) == expected


# What it refuses


SWEEP = ["sweep", "CartPole-v1", "--steps", "1024", "--out", "OUT", "--seeds"]
BAD_SWEEPS = {
    "no seeds": (SWEEP[:-1], "required: --seeds"),
    "no processes": ([*SWEEP, "1", "--jobs", "0"], "--jobs/--workers: expected a whole number >= 1"),
    "two places": (
        [*SWEEP, "1", "--jobs", "2", "--scheduler", "tcp://x:1"],
        "not allowed with argument --jobs",
    ),
    "less than a batch": ([*SWEEP, "1", "--n-steps", "4096"], "at least one batch"),
    "no such environment": (["sweep", "CartPoll-v1", *SWEEP[2:], "1"], "CartPole"),
    "a scale too short": ([*SWEEP, "1", "--observation-scale", "1,1"], "observation_scale"),
}
for text in ("", "-1", "3-1", "1:1", "1-", "a", "1,,2", "0.5", "0-999999999"):
    BAD_SWEEPS[f"seeds {text!r}"] = (
        [*SWEEP[:-1], f"--seeds={text}"],
        "expected seeds such as 0-9 or 1,5,8-9",
    )


@pytest.mark.parametrize(("line", "expected"), BAD_SWEEPS.values(), ids=BAD_SWEEPS)
def test_bad_input_is_a_clear_error_and_nothing_is_made(tmp_path, line, expected):
    directory = tmp_path / "sweeps" / "new"
    code, out, err = run(*(directory if argument == "OUT" else argument for argument in line))
    assert (code, out) == (2, "")
    assert expected in err
    assert "Traceback" not in err
    assert not directory.parent.exists()


def test_the_results_of_another_sweep_are_refused_and_left_alone(finished):
    directory, _ = finished
    before = contents(directory)
    code, out, err = sweep_small(directory, "--delta", "0.5")
    assert (code, out) == (2, "")
    assert "seed-1: expected a run of this sweep, got one with delta 0.02" in err
    assert contents(directory) == before


# Runs that fail, sweeps that stop


def test_a_run_that_fails_is_named_at_the_end_and_nothing_is_stored(tmp_path):
    stored = tmp_path / "small.json"
    code, out, err = sweep_small(tmp_path, "--json", "--store", stored, env_id=NAN)
    summary = json.loads(out)
    assert (code, summary["settings"]) == (1, [])
    assert [(each["label"], each["seed"]) for each in summary["failed"]] == [("as it is", 1), ("as it is", 2)]
    assert "error: 2 of 2 runs failed; the same command tries them again" in err
    assert "as it is, seed 2: ValueError: tiny" in err
    assert "expected a finite reward, got" in err
    assert not stored.exists()
    assert json.loads((tmp_path / "summary.json").read_text()) == summary


def test_a_cluster_that_does_not_answer_is_named(tmp_path, monkeypatch):
    pytest.importorskip("distributed", exc_type=ImportError)
    monkeypatch.setattr("trpo_lesson.sampled.experiments.PATIENCE", 0.2)
    code, _, err = sweep_small(tmp_path, "--scheduler", "tcp://127.0.0.1:9")
    assert code == 1
    assert "error: the sweep could not go on: " in err
    assert "tcp://127.0.0.1:9" in err
    assert "keeps the 0 runs of 2" in err


def test_without_dask_a_cluster_is_refused_with_the_name_of_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = sweep_small(tmp_path, "--scheduler", "tcp://127.0.0.1:9")
    assert code == 1
    assert "a cluster needs the extra [cluster]" in err


def start(directory, *more):
    """A sweep of six runs in a process, and in a group, of its own."""
    line = ["sweep", "CartPole-v1", "--steps", "2560", "--seeds", "0-5", "--out", str(directory), *SMALL]
    command = [sys.executable, "-m", "trpo_lesson", *line, *more]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, start_new_session=True, **pipes)


def wait_for(condition, process, *, seconds=120):
    """Until `condition()`; AssertionError where the process ends first, or the time does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no groups of processes to signal as one")
@pytest.mark.parametrize("stop", [signal.SIGINT, 9], ids=["ctrl-c", "kill -9"])
def test_a_sweep_that_is_stopped_goes_on_with_what_is_missing(tmp_path, stop):
    place = tmp_path / "as-it-is"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # of new processes, too
    process = start(tmp_path, "--jobs", "2")
    try:
        wait_for(lambda: place.exists() and "seed-1" in names(place), process)
        wait_for(lambda: any("unfinished" in name for name in names(place)), process)
    finally:
        os.killpg(process.pid, stop)
        signal.signal(signal.SIGINT, before)
    _, err = process.communicate(timeout=60)
    done = {name: contents(place / name) for name in names(place) if "unfinished" not in name}
    assert process.returncode == (130 if stop == signal.SIGINT else -9)
    assert 1 <= len(done) < 6
    if stop == signal.SIGINT:
        expected = f"interrupted\n{tmp_path} keeps the {len(done)} runs of 6 that are done; the same command"
        assert err.startswith(f"trpo-lesson: {expected}")
        assert "Traceback" not in err
    process = start(tmp_path, "--jobs", "2", "--json")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["settings"][0]["runs"] == 6
    assert names(place) == [f"seed-{seed}" for seed in range(6)]
    assert {name: contents(place / name) for name in done} == done

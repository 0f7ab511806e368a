"""Sweeps: the same results side by side as one by one; what is in place is whole; a failure stays alone."""

import json
import os
import shutil
import signal
from dataclasses import asdict, replace

import numpy as np
import pytest

from trpo_lesson.sampled import ablation, checkpoints, experiments
from trpo_lesson.sampled.config import TRPOConfig
from trpo_lesson.sampled.experiments import Job, jobs_of
from trpo_lesson.sampled.policy import evaluate
from trpo_lesson.sampled.trpo import train

SMALL = TRPOConfig(200, n_envs=2, n_steps=32, policy_hidden=(5,), value_hidden=(4,))  # three whole batches
SETTINGS = {"small": SMALL, "small and wide": replace(SMALL, delta=0.1)}
JOB = Job("small", "CartPole-v1", SMALL, 7)
FILES = {"config.json", "history.csv", "checkpoint.npz", "lock", "evaluation.json"}


def contents(directory):
    """Every file below a directory: path -> (bytes, time of the last change)."""
    found = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def names(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def done(tmp_path):
    """The directory of a sweep in which JOB is done."""
    assert list(experiments.sweep([JOB], tmp_path, processes=1)) == [(JOB, "")]
    return tmp_path


# The same results


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Pendulum-v1"])
def test_two_processes_bring_what_the_same_runs_bring_one_by_one_to_the_bit(tmp_path, env_id):
    jobs = jobs_of(env_id, SETTINGS, [3, 4])
    ended = list(experiments.sweep(jobs, tmp_path, processes=2))
    assert sorted(ended, key=jobs_and_reasons) == sorted(((job, "") for job in jobs), key=jobs_and_reasons)
    for job in jobs:
        where = experiments.place(job, tmp_path)
        iterations = list(train(env_id, job.config, seed=job.seed))
        columns, policy = checkpoints.load_history(where), checkpoints.load_policy(where)
        assert policy.theta.tobytes() == iterations[-1].policy.theta.tobytes()
        for name in ("steps", "kl", "surrogate_gain", "step_length", "explained_variance", "accepted"):
            expected = [getattr(iteration, name) for iteration in iterations]
            np.testing.assert_array_equal(columns[name], expected, err_msg=name)


def jobs_and_reasons(ended):
    return ended[0].label, ended[0].seed, ended[1]


def test_a_job_leaves_what_train_leaves_and_the_evaluation_of_its_last_policy(done):
    where = done / "small" / "seed-7"
    assert set(names(where)) == FILES
    assert checkpoints.load_experiment(where) == checkpoints.Experiment("CartPole-v1", 7, SMALL)
    policy = checkpoints.load_policy(where)
    returns = evaluate(policy, "CartPole-v1", episodes=20, rng=np.random.default_rng(7))
    judged = json.loads((where / "evaluation.json").read_text())
    assert judged["returns"] == returns.tolist()
    assert judged["mean"] == pytest.approx(sum(returns) / 20)
    assert (judged["episodes"], judged["seed"]) == (20, 7)


def test_all_settings_of_one_seed_come_before_the_next_seed():
    jobs = jobs_of("CartPole-v1", SETTINGS, [1, 2])
    expected = [("small", 1), ("small and wide", 1), ("small", 2), ("small and wide", 2)]
    assert [(job.label, job.seed) for job in jobs] == expected


@pytest.mark.parametrize("label", ["", "../up", "a/b", "a-b", "Big", " a", "a  b", "x\n"])
def test_a_label_that_might_be_another_directory_is_refused(label):
    with pytest.raises(ValueError, match="label: expected words of a-z and 0-9"):
        Job(label, "CartPole-v1", SMALL, 0)


# What is done is left alone, what is not begins afresh


def test_a_sweep_goes_on_with_what_is_missing_and_touches_nothing_else(done):
    before = contents(done)
    jobs = jobs_of("CartPole-v1", SETTINGS, [7])
    assert experiments.missing(jobs, done) == jobs[1:]
    assert list(experiments.sweep(jobs, done, processes=1)) == [(jobs[1], "")]
    after = contents(done)
    assert {path: after[path] for path in before} == before
    assert experiments.missing(jobs, done) == list(experiments.sweep(jobs, done, processes=1)) == []


def test_a_half_done_attempt_is_no_result_and_is_begun_afresh(done):
    finished = done / "small" / "seed-7"
    result = contents(finished)
    half = finished.rename(finished.with_name("seed-7.unfinished-1-abc"))
    (half / "evaluation.json").unlink()
    other = shutil.copytree(half, finished.with_name("seed-77.unfinished-1-abc"))
    assert experiments.missing([JOB], done) == [JOB]
    assert list(experiments.sweep([JOB], done, processes=1)) == [(JOB, "")]
    assert names(done / "small") == ["seed-7", other.name]  # that of another job is not ours to remove
    assert len(checkpoints.load_history(finished)["steps"]) == 3
    assert contents(finished).keys() == result.keys()


def test_nothing_is_in_place_before_all_of_it_is(tmp_path, monkeypatch):
    where, seen = experiments.place(JOB, tmp_path), []
    really_rename = os.rename

    def watched(source, target):
        assert target == where
        assert not where.exists()
        seen.append(set(names(source)))
        really_rename(source, target)

    monkeypatch.setattr(os, "rename", watched)
    experiments.run(JOB, tmp_path)
    assert seen == [FILES]
    assert names(where.parent) == ["seed-7"]


def test_of_two_attempts_at_a_job_the_first_that_is_done_stays(done, tmp_path, monkeypatch):
    where = experiments.place(JOB, done)
    first, really_judge = where.rename(tmp_path / "first"), experiments.scores

    def overtaken(*arguments, **options):
        shutil.copytree(first, where)
        return really_judge(*arguments, **options)

    monkeypatch.setattr(experiments, "scores", overtaken)
    expected = contents(first)
    experiments.run(JOB, done)
    assert contents(where).keys() == expected.keys()
    assert {path: found[0] for path, found in contents(where).items()} == {
        path: found[0] for path, found in expected.items()
    }
    assert names(where.parent) == ["seed-7"]


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (replace(JOB, config=replace(SMALL, delta=0.5)), "delta 0.02"),
        (replace(JOB, config=replace(SMALL, bootstrap_truncated=False)), "bootstrap_truncated True"),
        (replace(JOB, env_id="Pendulum-v1"), "env_id CartPole-v1"),
    ],
)
def test_results_of_another_sweep_are_refused_by_name_and_left_alone(done, other, named):
    before = contents(done)
    with pytest.raises(ValueError, match=f"seed-7: expected a run of this sweep, got one with {named}$"):
        experiments.sweep([other], done)
    assert contents(done) == before


def test_an_unfinished_run_in_the_place_of_a_result_is_refused_and_left_alone(done):
    history = done / "small" / "seed-7" / "history.csv"
    whole = history.read_text()
    history.write_text("".join(whole.splitlines(keepends=True)[:-1]))
    before = contents(done)
    with pytest.raises(ValueError, match=r"a finished run of 192 steps .*, got 128 steps; remove it"):
        experiments.missing([JOB], done)
    assert contents(done) == before
    history.write_text(whole)
    assert experiments.missing([JOB], done) == []
    (history.parent / "evaluation.json").unlink()
    with pytest.raises(ValueError, match=r"and its evaluation.json, got"):
        experiments.missing([JOB], done)


# Failures


def test_a_job_that_fails_is_named_with_its_reason_and_the_others_go_on(tmp_path):
    config = replace(SMALL, observation_scale=(1.0, 1.0, 1.0, 1.0))
    jobs = [replace(JOB, config=config, seed=seed) for seed in (1, 2, 3)]
    jobs[1] = Job("not a number", "tiny_environments:tiny/NaNReward-v0", SMALL, 2)
    reasons = dict(experiments.sweep(jobs, tmp_path, processes=2))
    assert reasons[jobs[0]] == reasons[jobs[2]] == ""
    assert reasons[jobs[1]].startswith("ValueError: ")
    assert "expected a finite reward, got" in reasons[jobs[1]]
    assert experiments.missing(jobs, tmp_path) == [jobs[1]]


def test_a_machine_that_does_not_see_the_directory_says_so(tmp_path):
    (job, reason) = experiments.attempted(JOB, tmp_path / "elsewhere")
    assert job is JOB
    assert f"expected {tmp_path / 'elsewhere'} to be there for all machines" in reason
    assert names(tmp_path) == []


def die(job):
    os._exit(1)


def test_a_process_that_is_killed_ends_the_sweep_with_a_word_about_it():
    with pytest.raises(OSError, match="a process was killed"):
        list(experiments.in_processes(die, [1, 2], n=2))


def circumstances(job):
    return os.environ["OPENBLAS_NUM_THREADS"], signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_each_process_has_one_blas_thread_and_leaves_ctrl_c_to_the_first(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    assert list(experiments.in_processes(circumstances, [1, 2], n=2)) == [("1", True)] * 2


def test_what_an_environment_prints_does_not_mix_with_results(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(experiments, "run", lambda job, directory: print("hello"))
    assert experiments.attempted(JOB, tmp_path) == (JOB, "")
    assert tuple(capsys.readouterr()) == ("", "hello\n")


# The ablation


def test_each_setting_of_the_ablation_changes_what_its_label_says_and_nothing_else():
    settings = ablation.variants(SMALL)
    changes = {
        label: {name: value for name, value in asdict(config).items() if value != asdict(SMALL)[name]}
        for label, config in settings.items()
    }
    assert changes == {
        "as it is": {},
        "without line search": {"line_search": False},
        "without natural gradient": {"natural": False},
        "without value fit": {"value_steps": 0},
        "delta times 10": {"delta": pytest.approx(0.2), "final_delta": pytest.approx(0.01)},
        "damping times 100": {"damping": pytest.approx(3)},
        "truncation as termination": {"bootstrap_truncated": False},
        "advantages after the fit": {"advantages_after_fit": True},
    }
    assert jobs_of("CartPole-v1", settings, [0])  # every label is one

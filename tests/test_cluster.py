"""A sweep on a real Dask cluster, started by its command line: a worker that dies costs no result."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_experiments import names

from trpo_lesson.sampled import checkpoints, trpo

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="dask.distributed is not installed"
)
STARTING, ENDING = 120, 240  # seconds, on a machine that is busy with much else
LINE = ["--steps", "2560", "--n-envs", "4", "--n-steps", "64", "--policy-hidden", "8", "--json"]


def python(*arguments, **options):
    """A process of Python that finds the test's own modules, with one BLAS thread."""
    paths = [str(Path(__file__).parent), *sys.path]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.Popen(command, env=environment | options.pop("more", {}), text=True, **options)


@pytest.fixture
def cluster(tmp_path):
    """cluster(**variables) -> (address, two worker processes) of a Dask cluster on localhost."""
    started = []

    def dask(*arguments, **variables):
        here = ["--host", "127.0.0.1", "--no-dashboard"]
        log = open(tmp_path / f"dask-{len(started)}.log", "w")  # noqa: SIM115 - the process holds it
        with log:
            process = python("-m", "dask", *arguments, *here, more=variables, stdout=log, stderr=log)
        started.append(process)
        return process

    def start(**variables):
        file = tmp_path / "scheduler.json"
        dask("scheduler", "--port", "0", "--scheduler-file", file, **variables)
        address = json.loads(read_when_whole(file))["address"]
        options = ["--nthreads", "1", "--no-nanny", "--local-directory", tmp_path]
        return address, [dask("worker", address, *options) for _ in range(2)]

    try:
        yield start
    finally:
        for process in reversed(started):
            process.kill()
            process.wait(timeout=60)


def read_when_whole(path):
    deadline = time.monotonic() + STARTING
    while not (path.exists() and path.read_text().rstrip().endswith("}")):
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.05)
    return path.read_text()


def is_at_work(worker, place):
    """Whether the process has an attempt under way, by the name of the attempt's directory."""
    return any(f".unfinished-{worker.pid}-" in name for name in names(place))


def kill_in_the_middle(workers, place, sweep):
    """Kill -9 one of the workers while it is at a run, after both of them were seen at work: that worker."""
    deadline, busy = time.monotonic() + ENDING, set()
    while True:
        assert sweep.poll() is None, sweep.communicate()
        assert time.monotonic() < deadline, "the workers did not start"
        found = [worker for worker in workers if place.exists() and is_at_work(worker, place)]
        busy |= {worker.pid for worker in found}
        if len(busy) == 2 and found:
            victim = found[0]
            victim.send_signal(signal.SIGSTOP)
            if is_at_work(victim, place):
                victim.kill()
                victim.wait(timeout=60)
                return victim
            victim.send_signal(signal.SIGCONT)
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process to look at it")
def test_a_worker_that_is_killed_in_the_middle_costs_no_result(tmp_path, cluster):
    (address, workers), out = cluster(), tmp_path / "sweep"
    line = ["sweep", "CartPole-v1", "--seeds", "0-7", "--out", out, "--scheduler", address, *LINE]
    sweep = python("-m", "trpo_lesson", *line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    place = out / "as-it-is"
    try:
        victim = kill_in_the_middle(workers, place, sweep)
        done = len([name for name in names(place) if "unfinished" not in name])
        said, err = sweep.communicate(timeout=ENDING)
    finally:
        sweep.kill()
        sweep.wait(timeout=60)
    assert (sweep.returncode, victim.returncode) == (0, -signal.SIGKILL), err
    assert done < 7
    assert (json.loads(said)["settings"][0]["runs"], json.loads(said)["failed"]) == (8, [])
    assert names(place) == sorted(f"seed-{seed}" for seed in range(8))
    for seed in range(8):
        results = place / f"seed-{seed}"
        config = checkpoints.load_experiment(results).config
        iterations = list(trpo.train("CartPole-v1", config, seed=seed))
        columns = checkpoints.load_history(results)
        np.testing.assert_array_equal(columns["kl"], [each.kl for each in iterations])
        np.testing.assert_array_equal(checkpoints.load_policy(results).theta, iterations[-1].policy.theta)


def test_a_run_that_takes_its_workers_with_it_has_failed_alone(tmp_path, cluster):
    one_death_is_enough = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    no_task_waits_at_a_worker = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "1.0"}
    address, _ = cluster(**one_death_is_enough, **no_task_waits_at_a_worker)
    program = f"""
import json
from test_cluster import work
from trpo_lesson.sampled import experiments
print(json.dumps(list(experiments.on_cluster(work, range(8), {address!r}))))
"""
    asking = python("-c", program, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        said, err = asking.communicate(timeout=ENDING)
    finally:
        asking.kill()
        asking.wait(timeout=60)
    assert asking.returncode == 0, err
    reasons = dict(json.loads(said))
    assert reasons.pop(2).startswith("KilledWorker: ")
    assert reasons == dict.fromkeys((0, 1, 3, 4, 5, 6, 7), "")


def work(job):
    """Number 2 takes its worker with it."""
    if job == 2:
        os._exit(1)
    return job, ""

"""Many seeds and settings: jobs that run side by side, on this machine or on a Dask cluster.

    DIR/without-value-fit/seed-7/                        a finished job: a run's results, and evaluation.json
    DIR/without-value-fit/seed-7.unfinished-4711-9f2c3a  an attempt at it, by process 4711

An attempt that reached its end is moved into place as a whole. So what is in place is a result and never half
of one, and a sweep that was interrupted goes on with what is missing.
"""

import contextlib
import json
import os
import platform
import re
import secrets
import shutil
import signal
import sys
from concurrent.futures import BrokenExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from trpo_lesson.sampled import checkpoints, trpo
from trpo_lesson.sampled.config import TRPOConfig
from trpo_lesson.sampled.policy import scores

EVALUATION = "evaluation.json"  # what `trpo-lesson evaluate --json` says with the seed of the run
EPISODES = 20  # greedy ones, that judge a final policy
PATIENCE = 30  # seconds until a cluster answers


@dataclass(frozen=True)
class Job:
    """One training run of a sweep; `label` names its setting, in words of a-z and 0-9."""

    label: str
    env_id: str
    config: TRPOConfig
    seed: int

    def __post_init__(self):
        if not re.fullmatch(r"[a-z0-9]+( [a-z0-9]+)*", self.label):
            raise ValueError(f"label: expected words of a-z and 0-9, one space apart, got {self.label!r}")


def jobs_of(env_id, settings, seeds):
    """The `Job` of each seed in each setting, label -> TRPOConfig: all settings of a seed, then the next."""
    return [Job(label, env_id, config, seed) for seed in seeds for label, config in settings.items()]


def place(job, directory):
    """Where the results of a job are once it is done."""
    return Path(directory) / job.label.replace(" ", "-") / f"seed-{job.seed}"


def is_done(job, directory):
    """Whether the results of a job are in place; ValueError, naming the place, where anything else is."""
    where = place(job, directory)
    if not where.exists():
        return False
    experiment = checkpoints.load_experiment(where)
    ours = {"env_id": job.env_id, "seed": job.seed, **asdict(job.config)}
    found = {"env_id": experiment.env_id, "seed": experiment.seed, **asdict(experiment.config)}
    if others := [f"{name} {found[name]}" for name in ours if found[name] != ours[name]]:
        raise ValueError(f"{where}: expected a run of this sweep, got one with {', '.join(others)}")
    steps, whole_batches = checkpoints.load_history(where)["steps"][-1], _steps_of(job.config)
    if steps != whole_batches or not (where / EVALUATION).exists():
        expected = f"expected a finished run of {whole_batches} steps and its {EVALUATION}"
        raise ValueError(f"{where}: {expected}, got {steps} steps; remove it to have it run again")
    return True


def _steps_of(config):
    return config.total_steps // config.batch_size * config.batch_size


def missing(jobs, directory):
    """The jobs that are not done in `directory`; ValueError where the results of another sweep are."""
    return [job for job in dict.fromkeys(jobs) if not is_done(job, directory)]


def sweep(jobs, directory, *, processes=-1, scheduler=None):
    """Run what is missing of `jobs`: yields (job, "" or why it failed) as each one ends, in any order.

    On `processes` of this machine, -1 for one a core, or on the Dask cluster whose scheduler is at that
    address; `directory` must then be the same for all its machines. A job gives the same results wherever
    it runs with the same processor, versions and one BLAS thread. Raises OSError where the processes or the
    cluster are lost; what is done is kept.
    """
    directory = Path(directory).absolute()
    directory.mkdir(parents=True, exist_ok=True)
    work, jobs = partial(attempted, directory=directory), missing(jobs, directory)
    return in_processes(work, jobs, n=processes) if scheduler is None else on_cluster(work, jobs, scheduler)


def attempted(job, directory):
    """(job, "" or why it failed): the failure of one does not stop the others."""
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what an environment prints is no result
            run(job, directory)
    except Exception as problem:
        return job, f"{type(problem).__name__}: {problem}"
    return job, ""


def run(job, directory):
    """Train and evaluate; the results appear in place as a whole."""
    if not Path(directory).is_dir():
        raise ValueError(f"expected {directory} to be there for all machines, got none on {platform.node()}")
    if is_done(job, directory):  # another attempt came first: its worker had been given up for dead
        return
    where = place(job, directory)
    attempt = begun(job, where)
    for number, iteration in enumerate(trpo.train(job.env_id, job.config, seed=job.seed), start=1):
        checkpoints.save(attempt, number, iteration)
    judged = scores(iteration.policy, job.env_id, episodes=EPISODES, seed=job.seed)
    with open(attempt / EVALUATION, "w", encoding="utf-8") as file:
        file.write(json.dumps(judged) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.rename(attempt, where)  # refused where a result is in place already
    except OSError:
        if not is_done(job, directory):
            raise
        shutil.rmtree(attempt)


def begun(job, where):
    """The directory of a new attempt at a job whose results belong to `where`.

    Every job begins afresh, and what earlier attempts left is removed. To resume a half-done one instead,
    rename it here to the new name, which takes it from whoever might still be at it, and train on from there.
    """
    for left in where.parent.glob(f"{where.name}.unfinished-*"):
        shutil.rmtree(left, ignore_errors=True)
    attempt = where.with_name(f"{where.name}.unfinished-{os.getpid()}-{secrets.token_hex(3)}")
    checkpoints.create(attempt, checkpoints.Experiment(job.env_id, job.seed, job.config))
    return attempt


def in_processes(work, jobs, *, n):
    """`work(job)` of each job as it ends, in `n` processes with one BLAS thread each; -1: one a core."""
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", inner_max_num_threads=1, initializer=_leave_ctrl_c_to_the_sweep):
        parallel = Parallel(n_jobs=n, batch_size=1, return_as="generator_unordered")
        results = parallel(delayed(work)(job) for job in jobs)
    try:
        yield from results
    except BrokenExecutor as problem:
        raise OSError("a process was killed, by the system if memory was short") from problem


def _leave_ctrl_c_to_the_sweep():
    """A terminal sends Ctrl-C to every process; the first one ends the others, which have nothing to say."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def on_cluster(work, jobs, address):
    """`work(job)` of each job as it ends, by the workers of the Dask scheduler at `address`.

    Each job is a task of its own. Where a worker dies, the scheduler gives its tasks to others; a task that
    took four workers with it has failed, alone. (joblib's Dask backend would end the sweep there.) Asked for
    in one call, the tasks wait at the scheduler, not in the queue of a worker that may die.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as none:
        raise ImportError(f"a cluster needs the extra [cluster], dask.distributed: {none}") from none

    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=PATIENCE)
        asked = dict(zip(client.map(work, jobs, pure=False), jobs, strict=True))
        for future in as_completed(asked, loop=client.loop):
            if future.cancelled():
                raise OSError(f"the Dask scheduler at {address} is gone")
            problem = future.exception()
            yield (asked[future], f"{type(problem).__name__}: {problem}") if problem else future.result()

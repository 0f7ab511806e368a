"""The parts of the benchmark in which contestants take turns: learning, run by run; speed, round by round.

A part is a list of `Job`s in the order in which they are done. The contestants follow each other closely, so
that a machine that gets slower or faster during the benchmark does so for all of them.
"""

from dataclasses import asdict, dataclass

from judge import Judge
from rules import (
    BUDGET,
    ENVIRONMENTS,
    EVERY,
    FLOOR,
    FLOOR_THROUGHPUT,
    FRESH,
    OURS,
    OURS_ON_GYMNASIUM,
    OURS_SAME_PASSES,
    OURS_SAME_WORK,
    OURS_THROUGHPUT,
    PPO,
    THROUGHPUT_BUDGET,
    TRPO,
    TRPO_SAME_WORK,
    window,
)
from tqdm import tqdm

IN_A_ROUND = (
    OURS,
    FLOOR,
    TRPO,
    OURS_SAME_WORK,
    TRPO_SAME_WORK,
    OURS_ON_GYMNASIUM,
    OURS_SAME_PASSES,
    OURS_THROUGHPUT,
    FLOOR_THROUGHPUT,
    PPO,
)


@dataclass(frozen=True)
class Job:
    """One run of one contestant; `every` is the judge's: None where only the speed is wanted."""

    contestant: str
    env_id: str
    seed: int
    budget: int
    every: int | None = EVERY


def learning(size):
    """Judged runs on fresh seeds, the fewer ones of a contestant spread evenly among the many of another."""
    return in_turns(
        our_runs(size.seeds),
        _runs(OURS_THROUGHPUT, THROUGHPUT_BUDGET, size.throughput_seeds),
        _runs(TRPO, dict.fromkeys(ENVIRONMENTS, size.peer_steps), size.peer_seeds),
        _runs(PPO, dict.fromkeys(ENVIRONMENTS, size.peer_steps), size.peer_seeds),
    )


def our_runs(seeds):
    """The judged runs of the book's settings on so many fresh seeds."""
    return _runs(OURS, BUDGET, seeds)


def _runs(name, budgets, seeds):
    return [Job(name, env_id, seed, budgets[env_id]) for seed in FRESH[:seeds] for env_id in ENVIRONMENTS]


def in_turns(*queues):
    """All jobs in one list: the middle of a queue comes in the middle, whatever the queue's length."""
    placed = [((place + 0.5) / len(queue), job) for queue in queues for place, job in enumerate(queue)]
    return [job for _, job in sorted(placed, key=lambda pair: pair[0])]


def speed(size):
    """Rounds in which each contestant trains once, without evaluation, on the round's seed."""
    return [
        Job(name, env_id, seed, window(name, env_id), every=None)
        for seed in FRESH[: size.rounds]
        for env_id in ENVIRONMENTS
        for name in IN_A_ROUND
    ]


def done(jobs, contestants, *, clock):
    """Does the `jobs`: one record each. Before, each contestant trains once unrecorded, to warm up."""
    for name, env_id in dict.fromkeys((job.contestant, job.env_id) for job in jobs):
        contestants[name](env_id, window(name, env_id), Judge(env_id, 0, None, clock))
    bar = tqdm(jobs, unit="run", smoothing=0)
    for job in bar:
        bar.set_postfix_str(f"{job.contestant}, {job.env_id}, seed {job.seed}")
        judge = Judge(job.env_id, job.seed, job.every, clock)
        contestants[job.contestant](job.env_id, job.budget, judge)
        yield record(job, judge)


def record(job, judge):
    """What the results keep of a run: the job, its steps and seconds in all, and its evaluations if any."""
    parts = {part: round(spent, 6) for part, spent in judge.parts.items()}
    kept = {"reached": judge.reached, "trained": round(judge.trained, 6), "parts": parts}
    if job.every:
        seconds = [round(second, 6) for second in judge.seconds]
        kept |= {"steps": judge.steps, "seconds": seconds, "returns": judge.returns}
    return {**asdict(job), **kept}

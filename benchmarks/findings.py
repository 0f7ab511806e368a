"""What the records of runs say: numbers about one contestant, or about two that took turns."""

from collections import defaultdict

import numpy as np
from rules import SOLVED

from trpo_lesson.sampled.intervals import bootstrap_interval, interquartile_mean


def of(runs, contestant, env_id):
    """The records of one contestant on one environment, in order of seed."""
    mine = (run for run in runs if (run["contestant"], run["env_id"]) == (contestant, env_id))
    return sorted(mine, key=lambda run: run["seed"])


def to_solved(runs, axis):
    """[n]: "steps" or "seconds", the `axis`, at the first solved evaluation of each run; else infinite."""
    return np.array([min(_solved(run, axis), default=np.inf) for run in runs])


def _solved(run, axis):
    return [at for at, is_solved in zip(run[axis], evaluations_solved(run), strict=True) if is_solved]


def evaluations_solved(run):
    """[K], one for each evaluation of a run: whether it is solved."""
    return np.array(run["returns"]) >= SOLVED[run["env_id"]]


def stays_solved(runs):
    """Share of the evaluations after the first solved one of their run that are solved; NaN where none is."""
    solved = [evaluations_solved(run) for run in runs]
    later = np.concatenate([one[np.argmax(one) + 1 :] for one in solved if one.any()] or [[]])
    return float(later.mean()) if later.size else np.nan


def median(values):
    """The median, NaN of nothing; infinite where half of the values are."""
    return float(np.median(values)) if len(values) else np.nan


def final(runs):
    """[n]: the mean return of each run's last evaluation, that at the end of its budget."""
    return np.array([run["returns"][-1] for run in runs])


def summary(scores):
    """statistic -> (value, low, high) of scores [n]: mean and interquartile mean, 95 % bootstrap intervals.

    The interval of a single score is infinite.
    """
    statistics = {"mean": lambda drawn: drawn.mean(axis=0), "interquartile mean": interquartile_mean}
    return {name: (float(one(scores)), *_interval(scores, one)) for name, one in statistics.items()}


def _interval(scores, statistic):
    if len(scores) < 2:
        return -np.inf, np.inf
    low, high = bootstrap_interval(scores, statistic, rng=np.random.default_rng(0))
    return float(low), float(high)


def speeds(runs):
    """[n]: environment steps per second of training."""
    return np.array([run["reached"] / run["trained"] for run in runs])


def speed_ratio(runs, one, other, env_id):
    """Speed of `one` over that of `other`: the median over the rounds, in which both ran; NaN for none."""
    mine, theirs = ({run["seed"]: run for run in of(runs, name, env_id)} for name in (one, other))
    ratios = [speeds([mine[seed]])[0] / speeds([theirs[seed]])[0] for seed in mine.keys() & theirs.keys()]
    return median(ratios)


def shares(runs):
    """part -> its share of all seconds that the runs booked."""
    spent = defaultdict(float)
    for run in runs:
        for part, seconds in run["parts"].items():
            spent[part] += seconds
    return {part: seconds / sum(spent.values()) for part, seconds in spent.items()}

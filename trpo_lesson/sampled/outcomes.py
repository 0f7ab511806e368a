"""What a sweep brought, as data: curves on common steps, a table by setting, a small file of both."""

import json
from dataclasses import asdict, dataclass
from importlib import resources

import numpy as np

from trpo_lesson.sampled import checkpoints
from trpo_lesson.sampled.config import TRPOConfig
from trpo_lesson.sampled.experiments import EPISODES, EVALUATION, place
from trpo_lesson.sampled.intervals import bootstrap_interval, interquartile_mean

FORMAT = 1
POINTS = 50  # of a learning curve at most: what a figure shows
COLUMNS = ("label", "runs", "iqm", "low", "high", "solved", "kl_used")  # of `table`


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The n runs of one setting, which differ by their seed.

    config    the setting, a TRPOConfig
    seeds     [n]
    steps     [K]     environment steps, common to all runs of the sweep
    returns   [n, K]  learning curves: mean return of the episodes that ended in the batch up to there, on a
                      line between batches where none ended
    final     [n]     mean return of EPISODES greedy episodes of the final policy
    kl_used   [n]     mean over the updates of KL / delta, 0 for a refused one
    """

    config: TRPOConfig
    seeds: np.ndarray
    steps: np.ndarray
    returns: np.ndarray
    final: np.ndarray
    kl_used: np.ndarray


def collect(jobs, directory):
    """label -> `Outcomes` of jobs that are done in `directory`."""
    histories = {job: checkpoints.load_history(place(job, directory)) for job in jobs}
    steps = common_steps(histories.values())
    groups = {job.label: [] for job in jobs}
    for job in jobs:
        groups[job.label].append(job)
    return {label: _outcomes(group, histories, steps, directory) for label, group in groups.items()}


def _outcomes(group, histories, steps, directory):
    columns = [histories[job] for job in group]
    return Outcomes(
        config=group[0].config,
        seeds=np.array([job.seed for job in group]),
        steps=steps,
        returns=np.array([_curve(each, steps) for each in columns]),
        final=np.array([_evaluation(place(job, directory))["mean"] for job in group]),
        kl_used=np.array([np.mean(each["kl"] / each["delta"]) for each in columns]),
    )


def _evaluation(where):
    try:
        return json.loads((where / EVALUATION).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ValueError(f"{where / EVALUATION}: expected an evaluation, got {problem}") from problem


def common_steps(histories):
    """[K]: steps at which some run has a record and every run has begun to earn, POINTS of them at most.

    From histories, column -> values. None where some run ended no episode at all.
    """
    known = [columns["steps"][np.isfinite(columns["mean_return"])] for columns in histories]
    start = max(steps[0] if steps.size else np.inf for steps in known)
    end = min(columns["steps"][-1] for columns in histories)
    union = np.unique(np.concatenate([columns["steps"] for columns in histories]))
    union = union[(union >= start) & (union <= end)]
    return union[np.linspace(0, len(union) - 1, min(POINTS, len(union))).round().astype(int)]


def _curve(columns, steps):
    """[K]: mean_return on a line between the batches in which an episode ended, its last value after them."""
    known = np.isfinite(columns["mean_return"])
    return np.interp(steps, columns["steps"][known], columns["mean_return"][known]) if steps.size else steps


def table(outcomes, *, target=None, rng):
    """One row a label, plain numbers: what its runs earned in the end, by `Outcomes` of each label.

    runs         how many
    iqm          interquartile mean of the final returns
    low, high    its 95 % bootstrap interval; None for a single run
    solved       share of the runs whose final return reaches `target`; None without a target
    kl_used      mean of KL / delta over all updates
    """
    return [{"label": label, **_row(runs, target, rng)} for label, runs in outcomes.items()]


def apart(rows):
    """The labels of a `table` whose interval has no point in common with that of the first row."""
    first, *others = rows
    return [row["label"] for row in others if row["high"] < first["low"] or first["high"] < row["low"]]


def _row(runs, target, rng):
    n, final = len(runs.final), runs.final
    low, high = bootstrap_interval(final, rng=rng) if n > 1 else (None, None)
    return {
        "runs": n,
        "iqm": float(interquartile_mean(final)),
        "low": low if low is None else float(low),
        "high": high if high is None else float(high),
        "solved": None if target is None else float(np.mean(final >= target)),
        "kl_used": float(runs.kl_used.mean()),
    }


def store(path, env_id, outcomes):
    """Write a small file of `outcomes`, label -> `Outcomes`: curves to four digits, the rest to eight."""
    steps = next(iter(outcomes.values())).steps.tolist()
    content = {"format": FORMAT, "env_id": env_id, "episodes": EPISODES, "steps": steps}
    content |= {"versions": checkpoints.versions_here()}
    content["settings"] = {label: _stored(runs) for label, runs in outcomes.items()}
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


def _stored(runs):
    arrays = {"seeds": runs.seeds.tolist(), "returns": _rounded(runs.returns, digits=4)}
    arrays |= {name: _rounded(getattr(runs, name), digits=8) for name in ("final", "kl_used")}
    return {"config": asdict(runs.config), **arrays}


def _rounded(array, *, digits):
    return [_rounded(row, digits=digits) if row.ndim else float(f"{row:.{digits}g}") for row in array]


def load(file):
    """(environment id, label -> `Outcomes`) of what `store` wrote; ValueError where it is something else.

    `file` is a path, or anything with `read_text`.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        steps = np.array(content["steps"])
        return content["env_id"], {name: _read(one, steps) for name, one in content["settings"].items()}
    except (OSError, ValueError, KeyError, TypeError) as problem:
        got = f"{type(problem).__name__}: {problem}"
        raise ValueError(f"{file}: expected a stored sweep of format {FORMAT}, got {got}") from problem


def _read(one, steps):
    arrays = {name: np.array(one[name]) for name in ("seeds", "returns", "final", "kl_used")}
    return Outcomes(config=TRPOConfig(**one["config"]), steps=steps, **arrays)


def stored(name):
    """label -> `Outcomes` of a sweep that came with the package, such as "ablation-CartPole-v1"."""
    return load(resources.files("trpo_lesson") / "data" / f"{name}.json")[1]

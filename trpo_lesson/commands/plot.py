"""draw the learning curves of one or more runs; runs that differ only by seed share a median"""

from pathlib import Path

import numpy as np

from trpo_lesson.sampled import checkpoints
from trpo_lesson.sampled.config import TARGETS


def add_options(one):
    """Give the parser `one` what the command takes."""
    one.add_argument("directories", type=Path, nargs="+", metavar="DIR", help="results of train")
    out = Path("learning_curves.svg")
    one.add_argument(
        "--out", type=Path, default=out, metavar="FILE", help=f"picture to write, .svg (default: {out})"
    )


def run(arguments, *, say):
    """Draw the learning curves of runs; those with equal environment and setting differ by their seed."""
    from trpo_lesson.show import plots, theme

    if arguments.out.suffix.lower() != ".svg":
        raise ValueError(f"--out: expected a file name that ends in .svg, got {arguments.out}")
    runs = {}
    for directory in {directory.resolve(): directory for directory in arguments.directories}.values():
        experiment = checkpoints.load_experiment(directory)
        runs.setdefault((experiment.env_id, experiment.config), []).append(directory)
    if len(runs) > len(theme.SERIES):
        raise ValueError(
            f"expected runs of at most {len(theme.SERIES)} settings in one drawing, got {len(runs)}"
        )
    env_ids = [env_id for env_id, _ in runs]
    target = TARGETS.get(env_ids[0]) if len(set(env_ids)) == 1 else None
    curves = [[_curve(directory) for directory in directories] for directories in runs.values()]
    picture = plots.learning_curves(curves, labels=_labels(env_ids, runs.values()), target=target)
    arguments.out.write_text(picture.standalone(), encoding="utf-8")
    say(f"{arguments.out}: {picture.alt}")


def _labels(env_ids, runs):
    """The environment's id, and where several settings share it the name of the first directory."""
    first = [directories[0].resolve().name for directories in runs]
    named = zip(env_ids, first, strict=True)
    return [env_id if env_ids.count(env_id) == 1 else f"{env_id}, {name}" for env_id, name in named]


def _curve(directory):
    """[K, 2], columns (environment steps, mean return), of a run in which some episode ended."""
    columns = checkpoints.load_history(directory)
    if np.isnan(columns["mean_return"]).all():
        raise ValueError(f"{directory}: expected a run in which an episode ended, got none")
    return np.column_stack((columns["steps"], columns["mean_return"]))

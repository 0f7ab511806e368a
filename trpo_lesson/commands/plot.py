"""draw learning curves; runs that differ only by seed share their interquartile mean and its interval"""

from pathlib import Path

import numpy as np

from trpo_lesson.commands.options import require_picture
from trpo_lesson.sampled import checkpoints, files
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

    require_picture(arguments.out, [".svg"])
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
    rng, labels = np.random.default_rng(0), _labels(env_ids, runs.values())
    picture = plots.learning_curves(curves, labels=labels, rng=rng, target=target)
    files.replace(arguments.out, picture.standalone().encode())
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

"""The results of a run on disk: config.json, history.csv, checkpoint.npz, usable at every moment of the run.

    config.json     what is run: environment id, seed, TRPOConfig, versions; written before the first step
    history.csv     one row an iteration, added as it ends
    checkpoint.npz  the run after its last iteration, its policy in it; then replaced, as a whole (`archive`)

The row comes first: where a run is killed, the history may be a row, or a part of one, ahead of the
checkpoint, and `resume` cuts it back. What is lost is the iteration that had not ended.
"""

import json
import platform
from dataclasses import asdict, dataclass, field, fields
from importlib import metadata
from pathlib import Path

import gymnasium
import numpy as np

from trpo_lesson.sampled import archive, files, history
from trpo_lesson.sampled.config import TRPOConfig

CONFIG, HISTORY, CHECKPOINT = "config.json", "history.csv", "checkpoint.npz"
NOTHING_YET = {files.LOCK, CONFIG + files.PART}  # what a run may leave that was killed before it began


def versions_here():
    """Version numbers of what decides a result: this package, numpy, gymnasium, python."""
    try:
        package = metadata.version("trpo-lesson")
    except metadata.PackageNotFoundError:  # run from its sources, not installed
        package = "not installed"
    python = platform.python_version()
    return {
        "trpo_lesson": package,
        "numpy": np.__version__,
        "gymnasium": gymnasium.__version__,
        "python": python,
    }


@dataclass(frozen=True)
class Experiment:
    """What was run, and with which versions: the content of config.json."""

    env_id: str
    seed: int
    config: TRPOConfig
    versions: dict = field(default_factory=versions_here)


def create(directory, experiment):
    """Make the results directory of an `Experiment` and write its config.json.

    Raises ValueError where the directory cannot be written or holds anything already: nothing is overwritten.
    """
    directory = Path(directory)
    content = json.dumps({"format": archive.FORMAT, **asdict(experiment)}, indent=2) + "\n"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _require_empty(directory)  # not even a lock is put where something is
        with files.alone(directory):
            _require_empty(directory)  # of two runs at once one is refused
            files.replace(directory / CONFIG, content.encode())
    except OSError as problem:
        raise ValueError(
            f"expected a directory to write to, got {directory} ({problem.strerror})"
        ) from problem


def _require_empty(directory):
    if found := sorted({entry.name for entry in directory.iterdir()} - NOTHING_YET):
        hint = " (train --resume goes on with the run there)" if CONFIG in found else ""
        raise ValueError(
            f"expected a new or an empty directory, got {directory}, which holds {found[0]}{hint}"
        )


def save(directory, number, iteration):
    """Record the `Iteration` that ended, the `number`-th from 1: a row of history.csv, a new checkpoint.npz.

    Raises ValueError, before anything is written, where it holds parameters that are not finite.
    """
    content = archive.packed(number, iteration, versions_here())
    history.append(Path(directory) / HISTORY, history.row(number, iteration))
    files.replace(Path(directory) / CHECKPOINT, content)


def resume(directory):
    """The `Checkpoint` that a run which was stopped goes on from; None where no iteration had ended.

    Takes away what the run left unfinished; to be called with the directory held by `files.alone`. Raises
    ValueError, and changes nothing, where a file is damaged or the history and the checkpoint do not fit.
    """
    directory, started = Path(directory), has_checkpoint(directory)
    checkpoint = load_checkpoint(directory) if started else None
    path, number = directory / HISTORY, checkpoint.number if started else 0
    if started or path.exists():
        found = files.read(path, lambda file: file.read())
        kept = files.read(path, lambda file: history.cut(file.read(), number))
        if not started:
            path.unlink()
        elif kept != found:
            files.replace(path, kept)
    for name in (CONFIG, HISTORY, CHECKPOINT):
        (directory / (name + files.PART)).unlink(missing_ok=True)
    return checkpoint


def has_run(directory):
    """Whether a run began there."""
    return (Path(directory) / CONFIG).exists()


def has_checkpoint(directory):
    """Whether an iteration ended there."""
    return (Path(directory) / CHECKPOINT).exists()


def load_experiment(directory):
    """The `Experiment` of a results directory; ValueError where config.json is missing, damaged, foreign."""
    return files.read(Path(directory) / CONFIG, lambda file: _experiment(json.load(file)))


def load_checkpoint(directory):
    """The `Checkpoint` after the last iteration that ended.

    Raises ValueError where checkpoint.npz is missing or damaged, holds pickled objects (they are never
    loaded) or numbers that are not finite, or does not fit config.json.
    """
    config = load_experiment(directory).config
    return files.read(Path(directory) / CHECKPOINT, lambda file: archive.unpacked(file, config))


def load_policy(directory):
    """The `Policy` after the last iteration that ended; ValueError as in `load_checkpoint`."""
    return load_checkpoint(directory).policy


def load_history(directory):
    """history.csv, column -> values [K], one an iteration; ValueError where it is missing or damaged."""
    return files.read(Path(directory) / HISTORY, history.read)


def _experiment(content):
    archive.require_format(content)
    files.require_names(["format", *(each.name for each in fields(Experiment))], content)
    files.require_names([each.name for each in fields(TRPOConfig)], content["config"])
    config = TRPOConfig(**content["config"])
    env_id, seed = content["env_id"], content["seed"]
    if not (isinstance(env_id, str) and isinstance(seed, int)):
        raise ValueError(f"expected the id of an environment and a whole seed, got {env_id!r} and {seed!r}")
    return Experiment(env_id, seed, config, content["versions"])

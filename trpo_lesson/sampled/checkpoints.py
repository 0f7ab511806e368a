"""The results of a run on disk: config.json, history.csv and policy.npz, usable at every moment of the run.

    config.json   what is run: environment id, seed, TRPOConfig, versions; written before the first step
    history.csv   one row an iteration, added as it ends
    policy.npz    the policy after the last iteration, replaced as a whole; plain arrays, never pickles

A run that is stopped, by Ctrl-C or by the power, keeps every iteration that had ended.
"""

import json
import os
import platform
from dataclasses import asdict, dataclass, field, fields
from importlib import metadata
from pathlib import Path

import gymnasium
import numpy as np

from trpo_lesson.sampled import history
from trpo_lesson.sampled.config import TRPOConfig
from trpo_lesson.sampled.distributions import Categorical, DiagonalGaussian
from trpo_lesson.sampled.networks import MLP
from trpo_lesson.sampled.policy import Policy
from trpo_lesson.sampled.scaling import Scaling

FORMAT = 1  # of the three files together; another number is refused
CONFIG, HISTORY, POLICY = "config.json", "history.csv", "policy.npz"
DISTRIBUTIONS = {kind.__name__: kind for kind in (Categorical, DiagonalGaussian)}


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
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if found := sorted(entry.name for entry in directory.iterdir()):
            raise ValueError(f"expected a new or an empty directory, got {directory}, which holds {found[0]}")
        with open(
            directory / CONFIG, "x", encoding="utf-8"
        ) as file:  # "x": of two runs at once one is refused
            file.write(json.dumps({"format": FORMAT, **asdict(experiment)}, indent=2) + "\n")
    except OSError as problem:
        raise ValueError(
            f"expected a directory to write to, got {directory} ({problem.strerror})"
        ) from problem


def save(directory, number, iteration):
    """Record the `Iteration` that ended, the `number`-th from 1: a row of history.csv, a new policy.npz."""
    directory, policy = Path(directory), iteration.policy
    history.append(directory / HISTORY, history.row(number, iteration))
    arrays = {
        "theta": policy.theta,
        "offset": policy.scaling.offset,
        "scale": policy.scaling.scale,
        "sizes": np.array(policy.network.sizes),
        "distribution": np.array(type(policy.distribution).__name__),
    }
    _replace(directory / POLICY, lambda file: np.savez(file, **arrays))


def _replace(path, write):
    """Fill a new file by `write(file)` and put it in the place of `path`: there is never only a part."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load_experiment(directory):
    """The `Experiment` of a results directory; ValueError where config.json is missing, damaged, foreign."""
    return _read(Path(directory) / CONFIG, lambda file: _experiment(json.load(file)))


def load_policy(directory):
    """The `Policy` after the last iteration that ended.

    Raises ValueError where policy.npz is missing or damaged, holds pickled objects (they are never loaded) or
    numbers that are not finite, or where its layers are not those of config.json.
    """
    hidden = load_experiment(directory).config.policy_hidden
    return _read(Path(directory) / POLICY, lambda file: _policy(_arrays(file), hidden))


def load_history(directory):
    """history.csv, column -> values [K], one an iteration; ValueError where it is missing or damaged."""
    return _read(Path(directory) / HISTORY, history.read)


def _experiment(content):
    found = content.get("format") if isinstance(content, dict) else content
    if found != FORMAT:
        raise ValueError(f"expected results of format {FORMAT}, got {found!r}")
    _require_names({"format", *(each.name for each in fields(Experiment))}, content)
    _require_names({each.name for each in fields(TRPOConfig)}, content["config"])
    config = TRPOConfig(**content["config"])
    env_id, seed = content["env_id"], content["seed"]
    if not (isinstance(env_id, str) and isinstance(seed, int)):
        raise ValueError(f"expected the id of an environment and a whole seed, got {env_id!r} and {seed!r}")
    return Experiment(env_id, seed, config, content["versions"])


def _arrays(file):
    with np.load(file, allow_pickle=False) as archive:
        return dict(archive)


def _policy(arrays, hidden):
    _require_names({"theta", "offset", "scale", "sizes", "distribution"}, arrays)
    theta, offset, scale = (arrays[name] for name in ("theta", "offset", "scale"))
    for array in (theta, offset, scale):
        if array.dtype not in (np.float32, np.float64) or not np.isfinite(array).all():
            raise ValueError(f"expected finite floating-point numbers, got {array}")
    sizes, kind = tuple(map(int, arrays["sizes"])), str(arrays["distribution"])
    if sizes[1:-1] != hidden or not offset.shape == scale.shape == sizes[:1]:
        got = f"{sizes[1:-1]}, and {offset.shape} and {scale.shape} for {sizes[0]} inputs"
        raise ValueError(
            f"expected the hidden layers {hidden} of {CONFIG}, and a scale for each input, got {got}"
        )
    if kind not in DISTRIBUTIONS:
        raise ValueError(f"expected a distribution of {', '.join(DISTRIBUTIONS)}, got {kind!r}")
    distribution = DISTRIBUTIONS[kind](sizes[-1])
    return Policy(MLP(sizes, free=distribution.n_free), distribution, theta, Scaling(offset, scale))


def _read(path, parse):
    """`parse(file)` of an open file; ValueError, naming the path, where it is missing or damaged."""
    try:
        with open(path, "rb") as file:
            return parse(file)
    except (FileNotFoundError, NotADirectoryError) as missing:
        raise ValueError(f"{path.parent}: expected the results of a run, got no {path.name}") from missing
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from problem
    except Exception as problem:  # a damaged archive raises anything
        raise ValueError(f"{path}: damaged, {type(problem).__name__}: {problem}") from problem


def _require_names(expected, found):
    if set(found) != expected:
        raise ValueError(f"expected the entries {sorted(expected)}, got {sorted(found)}")

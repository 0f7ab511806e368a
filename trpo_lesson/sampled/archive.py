"""A checkpoint as the bytes of one .npz: the run at rest and its policy; plain arrays, never pickles.

The arrays are those of `TrainingState`; the rest is JSON in one more, a string named `plain`:

    format, iteration, versions   what this is, after which iteration, written by what
    sizes, distribution           of the policy: its parameters and its scaling are among the arrays
    state                         TrainingState.plain: steps, unit of the critic, states of the generators
"""

import io
import json
import math
from dataclasses import dataclass

import numpy as np

from trpo_lesson.sampled.distributions import Categorical, DiagonalGaussian
from trpo_lesson.sampled.files import require_names
from trpo_lesson.sampled.networks import MLP
from trpo_lesson.sampled.policy import Policy
from trpo_lesson.sampled.runs import STREAMS, TrainingState
from trpo_lesson.sampled.scaling import Scaling

FORMAT = 2  # of all files of a run together; another number is refused
ENTRIES = ("format", "iteration", "versions", "sizes", "distribution", "state")
DISTRIBUTIONS = {kind.__name__: kind for kind in (Categorical, DiagonalGaussian)}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run after its `number`-th iteration, from 1: its policy, and the state that `train` resumes from.

    `versions` are those of the programs that wrote it.
    """

    number: int
    policy: Policy
    state: TrainingState
    versions: dict


def packed(number, iteration, versions):
    """The archive, as bytes, of the `Iteration` that ended; ValueError where it holds NaN or infinity."""
    policy, state = iteration.policy, iteration.state
    _require_finite(state.arrays)
    plain = {
        "format": FORMAT,
        "iteration": number,
        "versions": versions,
        "sizes": policy.network.sizes,
        "distribution": type(policy.distribution).__name__,
        "state": state.plain,
    }
    content = io.BytesIO()  # zip files written straight to a full disk raise more than one error
    np.savez(content, plain=np.array(json.dumps(plain)), **state.arrays)
    return content.getvalue()


def unpacked(file, config):
    """The `Checkpoint` in a binary file, of a run with this `TRPOConfig`; ValueError where it is not one."""
    with np.load(file, allow_pickle=False) as archive:
        arrays = dict(archive)
    require_format(plain := json.loads(str(arrays.pop("plain", "null"))))
    require_names(ENTRIES, plain)
    number, state = plain["iteration"], plain["state"]
    _require_state(number, state, config)
    network, distribution = _parts_of_policy(tuple(plain["sizes"]), plain["distribution"], config)
    _require_shapes(arrays, _expected(network, distribution, config, min(number, config.reuse)))
    _require_finite(arrays)
    scaling = Scaling(arrays["scaling.offset"], arrays["scaling.scale"])
    policy = Policy(network, distribution, arrays["policy"], scaling)
    return Checkpoint(number, policy, TrainingState(arrays, state), plain["versions"])


def require_format(content):
    """ValueError unless `content`, from JSON, is a table that gives our format."""
    found = content.get("format") if isinstance(content, dict) else content
    if found != FORMAT:
        raise ValueError(f"expected results of format {FORMAT}, got {found!r}: another version wrote them")


def _require_state(number, state, config):
    require_names(("steps", "unit", "generators"), state)
    iterations = range(1, config.total_steps // config.batch_size + 1)
    if number not in iterations or state["steps"] != number * config.batch_size:
        expected = f"{config.batch_size} steps an iteration, and at most {config.total_steps}"
        raise ValueError(f"expected {expected}, got {state['steps']} after iteration {number}")
    if not 0 < state["unit"] < math.inf:
        raise ValueError(f"expected a finite unit of the critic above 0, got {state['unit']}")
    require_names(STREAMS, state["generators"])
    for generator in state["generators"].values():
        np.random.PCG64(0).state = generator  # raises where it is none


def _parts_of_policy(sizes, kind, config):
    """(network, distribution) of the policy."""
    if sizes[1:-1] != config.policy_hidden:
        raise ValueError(
            f"expected the hidden layers {config.policy_hidden} of the setting, got {sizes[1:-1]}"
        )
    if kind not in DISTRIBUTIONS:
        raise ValueError(f"expected a distribution of {', '.join(DISTRIBUTIONS)}, got {kind!r}")
    distribution = DISTRIBUTIONS[kind](sizes[-1])
    return MLP(sizes, free=distribution.n_free), distribution


def _expected(network, distribution, config, n_batches):
    """name -> (shape, kinds of dtype) of every array but those of the environment."""
    I, N, T = network.sizes[0], config.n_envs, config.n_steps
    critic = MLP((I, *config.value_hidden, 1))
    discrete = isinstance(distribution, Categorical)
    one_a_step = dict.fromkeys(("log_probs", "rewards"), ((T, N), "f"))
    one_a_step |= dict.fromkeys(("terminated", "truncated"), ((T, N), "b"))
    actions = ((T, N), "i") if discrete else ((T, N, distribution.n), "f")
    observations = {"observations": ((T + 1, N, I), "f"), "last_observations": ((T, N, I), "f")}
    batch = one_a_step | observations | {"actions": actions}
    shapes = {"policy": (network.n_parameters,), "critic": (critic.n_parameters,), "carried": (N,)}
    shapes |= dict.fromkeys(("scaling.offset", "scaling.scale", "seen.mean", "seen.squares"), (I,))
    shapes |= {"seen.count": (), "paid.count": (), "paid.mean": (1,), "paid.squares": (1,)}
    memory = {f"memory.{i}.{name}": kind for i in range(n_batches) for name, kind in batch.items()}
    return {name: (shape, "f") for name, shape in shapes.items()} | memory


def _require_shapes(arrays, expected):
    require_names(expected, [name for name in arrays if not name.startswith("environment.")])
    for name, (shape, kinds) in expected.items():
        if arrays[name].shape != shape or arrays[name].dtype.kind not in kinds:
            got = f"{arrays[name].shape} of {arrays[name].dtype}"
            raise ValueError(f"{name}: expected the shape {shape} of kind {kinds!r}, got {got}")


def _require_finite(arrays):
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name}: expected finite numbers, got NaN or infinity")

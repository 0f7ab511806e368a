"""What the command line understands: every command and option, with its unit and its default."""

import argparse
from argparse import ArgumentTypeError, BooleanOptionalAction
from dataclasses import fields
from pathlib import Path

from trpo_lesson.sampled.checkpoints import versions_here
from trpo_lesson.sampled.config import BOOK, TRPOConfig

EXIT_CODES = "exit codes: 0 done; 1 the run could not go on; 2 bad input; 130 interrupted with Ctrl-C"
BOOK_IDS = " and ".join(BOOK)


def whole(*, least):
    """The argparse type of whole numbers from `least` on."""

    def number(text):
        value = int(text) if text.strip().lstrip("+-").isdecimal() else least - 1
        if value < least:
            raise ArgumentTypeError(f"expected a whole number >= {least}, got {text!r}")
        return value

    return number


def listed(kind):
    """The argparse type of numbers with commas between them, as a tuple."""

    def numbers(text):
        try:
            return tuple(kind(part) for part in text.split(","))
        except ValueError as problem:
            raise ArgumentTypeError(f"expected numbers with commas between them, got {text!r}") from problem

    return numbers


def as_text(value):
    """A setting as one writes it after its option."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


SETTINGS = {  # field of TRPOConfig -> keyword arguments of its option
    "n_envs": {"type": whole(least=1), "help": "copies of the environment that are stepped side by side"},
    "n_steps": {"type": whole(least=1), "help": "steps of each copy in one batch"},
    "gamma": {"type": float, "help": "discount per step, below 1"},
    "lam": {"type": float, "help": "lambda of generalised advantage estimation, 0 to 1"},
    "delta": {"type": float, "help": "radius of the trust region at the start, in nats per update"},
    "final_delta": {"type": float, "help": "radius at the end, in nats per update; linear in between"},
    "natural": {"action": BooleanOptionalAction, "help": "direction F^-1 g, or else the gradient g itself"},
    "line_search": {
        "action": BooleanOptionalAction,
        "help": "backtrack until the surrogate rises within the radius",
    },
    "learning_rate": {"type": float, "help": "fixed factor of the direction (default: step to the boundary)"},
    "cg_iterations": {"type": whole(least=1), "help": "conjugate-gradient iterations in each solve"},
    "damping": {"type": float, "help": "multiple of the identity that is added to F"},
    "policy_hidden": {"type": listed(int), "help": "units of the policy's hidden layers, such as 64,64"},
    "value_hidden": {"type": listed(int), "help": "units of the critic's hidden layers"},
    "value_steps": {"type": whole(least=0), "help": "Gauss-Newton steps of the critic per batch"},
    "reuse": {
        "type": whole(least=1),
        "help": "batches in a sample; above 1 old ones count by importance ratio",
    },
    "observation_scale": {
        "type": listed(float),
        "help": "factors such as 0.4,1,5,1 (default: running moments)",
    },
    "dtype": {"choices": ("float32", "float64"), "help": "precision of networks and batches"},
}


def parser(commands):
    """The parser; `commands` holds the function of each command by name, kept in `arguments.command`."""
    top = argparse.ArgumentParser(
        prog="trpo-lesson",
        description="Train policies by trust region policy optimization, evaluate them, draw curves.",
        epilog=EXIT_CODES,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"trpo-lesson {versions_here()['trpo_lesson']}")
    subparsers = top.add_subparsers(required=True, metavar="COMMAND")
    for name, add_options in {"train": _train, "evaluate": _evaluate, "plot": _plot}.items():
        summary = add_options.__doc__
        one = subparsers.add_parser(
            name, help=summary, description=summary, epilog=EXIT_CODES, allow_abbrev=False
        )
        add_options(one)
        one.set_defaults(command=commands[name])
    return top


def _train(one):
    """train a policy on a gymnasium environment and record the run in a directory"""
    steps, seed = whole(least=1), whole(least=0)
    one.add_argument("env_id", metavar="ENV_ID", help="id of the environment, such as CartPole-v1")
    one.add_argument(
        "--steps", type=steps, required=True, metavar="N", help="environment steps of the whole run"
    )
    one.add_argument("--seed", type=seed, default=0, metavar="S", help="decides all randomness (default: 0)")
    one.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="directory for the results, new or empty"
    )
    one.add_argument("--quiet", action="store_true", help="print nothing but errors")
    one.add_argument(
        "--json", action="store_true", help="print the summary as one JSON object and nothing else"
    )
    note = f"{BOOK_IDS} start from the setting of the book, others from the defaults given here."
    group = one.add_argument_group("settings", note)
    for name, keywords in SETTINGS.items():
        group.add_argument(f"--{name.replace('_', '-')}", **_described(name, keywords))


def _described(name, keywords):
    """The keywords of a setting's option: its help names the default; not given, its value is None."""
    default = next(field.default for field in fields(TRPOConfig) if field.name == name)
    words = keywords["help"] if default is None else f"{keywords['help']} (default: {as_text(default)})"
    return keywords | {"default": None, "help": words} | ({"metavar": "X"} if "type" in keywords else {})


def _evaluate(one):
    """play episodes with the trained policy, greedily, on gymnasium's own environment"""
    one.add_argument("directory", type=Path, metavar="DIR", help="results of train")
    one.add_argument(
        "--episodes", type=whole(least=1), default=100, metavar="N", help="episodes to play (default: 100)"
    )
    one.add_argument(
        "--seed", type=whole(least=0), default=0, metavar="S", help="decides the starts (default: 0)"
    )
    one.add_argument(
        "--json", action="store_true", help="print mean, std, returns, episodes and seed as one JSON object"
    )


def _plot(one):
    """draw the learning curves of one or more runs; runs that differ only by seed share a median"""
    one.add_argument("directories", type=Path, nargs="+", metavar="DIR", help="results of train")
    out = Path("learning_curves.svg")
    one.add_argument(
        "--out", type=Path, default=out, metavar="FILE", help=f"picture to write, .svg (default: {out})"
    )

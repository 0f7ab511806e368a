"""What the options of several commands share: kinds of numbers, directories, and the settings of a run."""

from argparse import ArgumentTypeError, BooleanOptionalAction
from dataclasses import fields, replace

from trpo_lesson.sampled.config import BOOK, TRPOConfig, settings


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


def require_picture(out, endings):
    """Raise ValueError unless a picture of one of these kinds can be written to `out`."""
    if out.suffix.lower() not in endings:
        raise ValueError(f"--out: expected a file name that ends in {' or '.join(endings)}, got {out}")
    if not out.parent.is_dir():
        raise ValueError(f"--out: expected a file in a directory that exists, got {out}")


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
    "bootstrap_truncated": {
        "action": BooleanOptionalAction,
        "help": "value the state where the clock cut an episode; without it is a pitfall",
    },
    "observation_scale": {
        "type": listed(float),
        "help": "factors such as 0.4,1,5,1 (default: running moments)",
    },
    "dtype": {"choices": ("float32", "float64"), "help": "precision of networks and batches"},
}


def add_settings(one):
    """Give the parser `one` an option for each of SETTINGS."""
    note = f"{' and '.join(BOOK)} start from the setting of the book, others from the defaults given here."
    group = one.add_argument_group("settings", note)
    for name, keywords in SETTINGS.items():
        group.add_argument(f"--{name.replace('_', '-')}", **_described(name, keywords))


def _described(name, keywords):
    """The keywords of a setting's option: its help names the default; not given, its value is None."""
    default = next(field.default for field in fields(TRPOConfig) if field.name == name)
    words = keywords["help"] if default is None else f"{keywords['help']} (default: {as_text(default)})"
    return keywords | {"default": None, "help": words} | ({"metavar": "X"} if "type" in keywords else {})


def asked_for(arguments):
    """The `TRPOConfig` of a command line: the book's setting or the defaults, and over them what is given."""
    given = {name: getattr(arguments, name) for name in SETTINGS}
    given = {name: value for name, value in given.items() if value is not None}
    return replace(settings(arguments.env_id, arguments.steps), **given)

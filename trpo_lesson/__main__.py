"""The command line `trpo-lesson`, also `python -m trpo_lesson`: finds the command and runs it."""

from trpo_lesson import one_thread  # noqa: F401 - before numpy

# isort: split
import argparse
import contextlib
import sys
from functools import partial

from trpo_lesson.commands import evaluate, exits, plot, render, sweep, train
from trpo_lesson.sampled.checkpoints import versions_here

COMMANDS = {"train": train, "evaluate": evaluate, "plot": plot, "render": render, "sweep": sweep}


def main(argv=None):
    """Run a command line, sys.argv[1:] unless given; the exit code.

    A command gets `say`, which prints to stdout; whatever an environment prints goes to stderr.
    """
    with contextlib.suppress(AttributeError):  # a path that the terminal cannot show must not stop a run
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = parser().parse_args(argv)
    say = partial(print, file=sys.stdout, flush=True)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return arguments.run(arguments, say=say) or exits.DONE
    except exits.TROUBLE as problem:
        return exits.complain(exits.BAD_INPUT, f"error: {problem}")
    except KeyboardInterrupt:
        return exits.complain(exits.INTERRUPTED, "interrupted")


def parser():
    """The parser of all COMMANDS; `arguments.run` is the function of the one that was asked for."""
    plain = {"epilog": exits.MEANING, "allow_abbrev": False}
    top = argparse.ArgumentParser(
        prog="trpo-lesson",
        description="Train policies by trust region policy optimization, evaluate, plot and film them.",
        **plain,
    )
    top.add_argument("--version", action="version", version=f"trpo-lesson {versions_here()['trpo_lesson']}")
    subparsers = top.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        one = subparsers.add_parser(name, help=command.__doc__, description=command.__doc__, **plain)
        command.add_options(one)
        one.set_defaults(run=command.run)
    return top


if __name__ == "__main__":
    sys.exit(main())

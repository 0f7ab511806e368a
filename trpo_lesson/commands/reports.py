"""What the command line says about a run, in words."""

import os
import shlex
import subprocess
import textwrap
from dataclasses import asdict

from trpo_lesson.commands import options
from trpo_lesson.sampled import checkpoints
from trpo_lesson.sampled.config import BOOK, settings


def of_setting(experiment, *, seeds=None):
    """Every setting of an `Experiment`, and whose it is; `seeds`: in words, where it is one of many."""
    used, start = (
        asdict(experiment.config),
        asdict(settings(experiment.env_id, experiment.config.total_steps)),
    )
    whose = "the book's setting" if experiment.env_id in BOOK else "the default setting"
    if changed := [name for name in used if used[name] != start[name]]:
        whose += f" but for {', '.join(changed)}"
    values = " ".join(f"{name}={options.as_text(value)}" for name, value in used.items())
    lines = textwrap.wrap(values, 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join((f"{experiment.env_id}, {seeds or f'seed {experiment.seed}'}, {whose}:", *lines))


def of_start(checkpoint, config, out):
    """Where a run goes on that was stopped."""
    done, whole = checkpoint.state.plain["steps"], config.total_steps
    if done + config.batch_size > whole:
        return f"{out} holds a finished run: there is nothing left to do"
    return f"{out} goes on after iteration {checkpoint.number}, {done:,} of {whole:,} steps"


def of_versions(written, here):
    """What differs between the versions that wrote a checkpoint and those that go on from it."""
    names = [name for name in here if written.get(name) != here[name]]
    changes = ", ".join(f"{name} {written.get(name)} then, {here[name]} now" for name in names)
    return f"warning: {changes}: the run goes on, but bit for bit as it would have is not promised"


def of_results(summary, out):
    """What came of a run that ended: its `history.summary`, and where the results in `out` go on to."""
    returns = " ".join(f"{mean:.1f}" for mean in summary["last_returns"]) or "no episode ended"
    return (
        "{steps:,} steps in {iterations} iterations, {episodes} episodes, {seconds:.1f} s of training\n"
        "mean returns of the last iterations: {returns}\n"
        "KL of the last update: {kl:.2g} nats; {refused} of {iterations} updates refused\n"
        "results: {out}\n"
        "evaluate them: {command}"
    ).format(**summary, returns=returns, out=out, command=_command_to_evaluate(out))


def of_what_is_kept(out):
    """What a run that was stopped leaves behind in `out`, and how it goes on."""
    again = f"go on: {as_command('train', '--resume', str(out))}"
    if not checkpoints.has_checkpoint(out):
        return f"No iteration had ended: {out} holds only {checkpoints.CONFIG}.\n{again}"
    iterations = checkpoints.load_checkpoint(out).number
    kept = f"{out} keeps the {iterations} iterations that had ended"
    return f"{kept}\n{again}\nevaluate them: {_command_to_evaluate(out)}"


def as_command(*arguments):
    """A command of ours as one types it."""
    join = subprocess.list2cmdline if os.name == "nt" else shlex.join
    return join(("trpo-lesson", *arguments))


def _command_to_evaluate(out):
    return as_command("evaluate", str(out), "--episodes", "100")

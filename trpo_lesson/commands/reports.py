"""What the command line says about a run, in words."""

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
    """What a run that was stopped leaves behind in `out`."""
    if not (out / checkpoints.POLICY).exists():
        return f"No iteration had ended: {out} holds only {checkpoints.CONFIG}."
    iterations = len(checkpoints.load_history(out)["steps"])
    return (
        f"{out} keeps the {iterations} iterations that had ended; evaluate them: {_command_to_evaluate(out)}"
    )


def _command_to_evaluate(out):
    return subprocess.list2cmdline(("trpo-lesson", "evaluate", str(out), "--episodes", "100"))

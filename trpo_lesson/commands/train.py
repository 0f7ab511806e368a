"""train a policy on a gymnasium environment, or go on training, and record the run in a directory"""

import json
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from trpo_lesson.commands import exits, reports
from trpo_lesson.commands.options import SETTINGS, add_settings, as_text, asked_for, whole
from trpo_lesson.commands.results import trained_policy, untrained_policy
from trpo_lesson.sampled import checkpoints, files, history, trpo


def add_options(one):
    """Give the parser `one` what the command takes."""
    steps, seed = whole(least=1), whole(least=0)
    one.add_argument("env_id", nargs="?", metavar="ENV_ID", help="id of the environment, such as CartPole-v1")
    one.add_argument(
        "--steps", type=steps, metavar="N", help="environment steps of the whole run (default: as recorded)"
    )
    one.add_argument(
        "--seed", type=seed, metavar="S", help="decides all randomness (default: as recorded, or 0)"
    )
    one.add_argument(
        "--out", type=Path, metavar="DIR", help="directory for the results (default: that of --resume)"
    )
    resume = {"nargs": "?", "const": True, "type": Path, "metavar": "DIR"}
    words = "go on with the run recorded in DIR, or in that of --out; what else is given must be as recorded"
    one.add_argument("--resume", **resume, help=f"{words} (default: begin, in a directory new or empty)")
    one.add_argument("--quiet", action="store_true", help="print nothing but errors")
    one.add_argument(
        "--json", action="store_true", help="print the summary as one JSON object and nothing else"
    )
    add_settings(one)


def run(arguments, *, say):
    """Train, or go on training, record, and say what came of it."""
    out, talkative = _directory(arguments), not (arguments.quiet or arguments.json)
    begins = arguments.resume is None or (arguments.env_id and not checkpoints.has_run(out))
    experiment = _begun(arguments, out) if begins else _recorded(arguments, out)
    with files.alone(out):
        start = checkpoints.resume(out)
        if start and not arguments.quiet and start.versions != (here := checkpoints.versions_here()):
            print(reports.of_versions(start.versions, here), file=sys.stderr)
        if talkative:
            say(reports.of_setting(experiment))
        if talkative and start:
            say(reports.of_start(start, experiment.config, out))
        code, trouble = _record(experiment, out, start, progress=talkative)
    if code != exits.DONE:
        return exits.complain(code, f"{trouble}\n{reports.of_what_is_kept(out)}")
    summary = history.summary(checkpoints.load_history(out))
    if arguments.json:
        identity = {"env_id": experiment.env_id, "seed": experiment.seed, "out": str(out)}
        say(json.dumps(identity | summary))
    elif talkative:
        say(reports.of_results(summary, out))
    return exits.DONE


def _directory(arguments):
    """The directory of the run; ValueError where none or two are given."""
    out, resume = arguments.out, arguments.resume
    if not isinstance(resume, Path):
        _require({"--out": out})
        return out
    if out is not None and out.resolve() != resume.resolve():
        raise ValueError(f"expected one directory, got {resume} by --resume and {out} by --out")
    return resume


def _require(given):
    if missing := [name for name, value in given.items() if value is None]:
        raise ValueError(f"the following arguments are required: {', '.join(missing)}")


def _begun(arguments, out):
    """The `Experiment` that the command line asks for, with a directory of its own."""
    _require({"ENV_ID": arguments.env_id, "--steps": arguments.steps})
    experiment = checkpoints.Experiment(arguments.env_id, arguments.seed or 0, asked_for(arguments))
    untrained_policy(experiment)
    checkpoints.create(out, experiment)
    return experiment


def _recorded(arguments, out):
    """The `Experiment` in the directory; ValueError where the command line asks for another."""
    experiment = checkpoints.load_experiment(out)
    config = vars(experiment.config)
    recorded = {"env_id": experiment.env_id, "steps": config["total_steps"], "seed": experiment.seed}
    recorded |= {name: config[name] for name in SETTINGS}
    given = {name: getattr(arguments, name) for name in recorded}
    differ = [
        f"{name} {as_text(recorded[name])}, got {as_text(value)}"
        for name, value in given.items()
        if value is not None and value != recorded[name]
    ]
    if differ:
        raise ValueError(f"--resume: expected the run that {out} holds, with {'; '.join(differ)}")
    if checkpoints.has_checkpoint(out):
        trained_policy(experiment, out)
    else:
        untrained_policy(experiment)
    return experiment


def _record(experiment, out, start, *, progress):
    """Train, from the `Checkpoint` start or anew, and save each iteration: (exit code, what stopped it)."""
    done, state = (start.number, start.state) if start else (0, None)
    iterations = trpo.train(experiment.env_id, experiment.config, seed=experiment.seed, resume=state)
    try:
        # Ctrl-C interrupts the main thread only: what another one is saving is saved to its end. Meanwhile
        # the next iteration goes on, so that a slow disk costs little.
        with ThreadPoolExecutor(max_workers=1) as writer:
            saved = writer.submit(int)  # nothing yet
            shown = _shown(iterations, experiment.config, done, progress)
            for number, iteration in enumerate(shown, start=done + 1):
                saved.result()
                saved = writer.submit(checkpoints.save, out, number, iteration)
            saved.result()
    except KeyboardInterrupt:
        return exits.INTERRUPTED, "interrupted"
    except Exception as problem:
        if not isinstance(problem, exits.TROUBLE):
            traceback.print_exc()  # a mistake in the environment: its author wants the line
        return exits.STOPPED, f"error: the run could not go on: {str(problem) or type(problem).__name__}"
    return exits.DONE, ""


def _shown(iterations, config, done, progress):
    """The iterations as they come after `done`, with a bar on stderr where that is wanted and a terminal."""
    from tqdm import tqdm

    whole_batches = config.total_steps // config.batch_size * config.batch_size
    silent = None if progress and sys.stderr else True  # None: unless stderr is a terminal
    start = done * config.batch_size
    with tqdm(total=whole_batches, initial=start, unit=" steps", disable=silent) as bar:
        for iteration in iterations:
            earned = f"{iteration.returns.mean():.1f}" if len(iteration.returns) else "-"
            bar.set_postfix_str(f"return {earned}, KL {iteration.kl:.2g}", refresh=False)
            bar.update(config.batch_size)
            yield iteration

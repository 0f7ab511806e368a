"""train a policy on a gymnasium environment and record the run in a directory"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from trpo_lesson.commands import exits, reports
from trpo_lesson.commands.options import add_settings, asked_for, whole
from trpo_lesson.commands.results import untrained_policy
from trpo_lesson.sampled import checkpoints, history, trpo


def add_options(one):
    """Give the parser `one` what the command takes."""
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
    add_settings(one)


def run(arguments, *, say):
    """Train, record, and say what came of it."""
    experiment = checkpoints.Experiment(arguments.env_id, arguments.seed, asked_for(arguments))
    untrained_policy(experiment)
    checkpoints.create(arguments.out, experiment)
    talkative = not (arguments.quiet or arguments.json)
    if talkative:
        say(reports.of_setting(experiment))
    code, trouble = _record(experiment, arguments.out, progress=talkative)
    if code != exits.DONE:
        return exits.complain(code, f"{trouble}\n{reports.of_what_is_kept(arguments.out)}")
    summary = history.summary(checkpoints.load_history(arguments.out))
    if arguments.json:
        identity = {"env_id": experiment.env_id, "seed": experiment.seed, "out": str(arguments.out)}
        say(json.dumps(identity | summary))
    elif talkative:
        say(reports.of_results(summary, arguments.out))
    return exits.DONE


def _record(experiment, out, *, progress):
    """Train, and save every iteration as it ends: (exit code, what stopped it)."""
    iterations = trpo.train(experiment.env_id, experiment.config, seed=experiment.seed)
    try:
        # Ctrl-C interrupts the main thread only: what another one is saving is saved to its end.
        with ThreadPoolExecutor(max_workers=1) as writer:
            for number, iteration in enumerate(_shown(iterations, experiment.config, progress), start=1):
                writer.submit(checkpoints.save, out, number, iteration).result()
    except KeyboardInterrupt:
        return exits.INTERRUPTED, "interrupted"
    except exits.TROUBLE as problem:
        return exits.STOPPED, f"error: the run could not go on: {problem or type(problem).__name__}"
    return exits.DONE, ""


def _shown(iterations, config, progress):
    """The iterations as they come, with a bar on stderr where that is wanted and a terminal."""
    from tqdm import tqdm

    whole_batches = config.total_steps // config.batch_size * config.batch_size
    silent = None if progress and sys.stderr else True  # None: unless stderr is a terminal
    with tqdm(total=whole_batches, unit=" steps", disable=silent) as bar:
        for iteration in iterations:
            earned = f"{iteration.returns.mean():.1f}" if len(iteration.returns) else "-"
            bar.set_postfix_str(f"return {earned}, KL {iteration.kl:.2g}", refresh=False)
            bar.update(config.batch_size)
            yield iteration

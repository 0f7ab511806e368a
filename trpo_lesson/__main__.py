"""The command line: `trpo-lesson train`, `evaluate` and `plot`; also `python -m trpo_lesson`."""

from trpo_lesson import one_thread  # noqa: F401 - before numpy

# isort: split
import contextlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import gymnasium
import numpy as np

from trpo_lesson import options, reports
from trpo_lesson.sampled import checkpoints, environments, history, trpo
from trpo_lesson.sampled.config import settings
from trpo_lesson.sampled.policy import evaluate
from trpo_lesson.sampled.runs import generators, initial_run

DONE, STOPPED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
TROUBLE = (ValueError, OSError, ImportError, MemoryError, gymnasium.error.Error)
TARGETS = {"CartPole-v1": 475, "Pendulum-v1": -200}  # the mean return at which they count as solved


def main(argv=None):
    """Run a command line, sys.argv[1:] unless given; the exit code.

    A command gets `say`, which prints to stdout; whatever an environment prints goes to stderr.
    """
    with contextlib.suppress(AttributeError):  # a path that the terminal cannot show must not stop a run
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = options.parser({"train": train, "evaluate": play, "plot": plot}).parse_args(argv)
    say = partial(print, file=sys.stdout, flush=True)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return arguments.command(arguments, say=say)
    except TROUBLE as problem:
        return _complain(BAD_INPUT, f"error: {problem}")
    except KeyboardInterrupt:
        return _complain(INTERRUPTED, "interrupted")


def train(arguments, *, say):
    """Train, record, and say what came of it."""
    experiment = _experiment(arguments)
    _untrained_policy(experiment)
    checkpoints.create(arguments.out, experiment)
    talkative = not (arguments.quiet or arguments.json)
    if talkative:
        say(reports.of_setting(experiment))
    code, trouble = _record(experiment, arguments.out, progress=talkative)
    if code != DONE:
        return _complain(code, f"{trouble}\n{reports.of_what_is_kept(arguments.out)}")
    summary = history.summary(checkpoints.load_history(arguments.out))
    if arguments.json:
        run = {"env_id": experiment.env_id, "seed": experiment.seed, "out": str(arguments.out)}
        say(json.dumps(run | summary))
    elif talkative:
        say(reports.of_results(summary, arguments.out))
    return DONE


def _experiment(arguments):
    """What is asked for: the book's setting or the defaults, and over them what the command line gives."""
    given = {name: getattr(arguments, name) for name in options.SETTINGS}
    given = {name: value for name, value in given.items() if value is not None}
    config = replace(settings(arguments.env_id, arguments.steps), **given)
    return checkpoints.Experiment(arguments.env_id, arguments.seed, config)


def _untrained_policy(experiment):
    """The policy a run starts from; ValueError where the environment cannot be trained with that setting."""
    rng = generators(experiment.seed)
    vector = environments.vector(experiment.env_id, experiment.config.n_envs, rng=rng["environment"])
    with contextlib.closing(vector):
        return initial_run(vector, experiment.config, rng).policy


def _record(experiment, out, *, progress):
    """Train, and save every iteration as it ends: (exit code, what stopped it)."""
    iterations = trpo.train(experiment.env_id, experiment.config, seed=experiment.seed)
    try:
        # Ctrl-C interrupts the main thread only: what another one is saving is saved to its end.
        with ThreadPoolExecutor(max_workers=1) as writer:
            for number, iteration in enumerate(_shown(iterations, experiment.config, progress), start=1):
                writer.submit(checkpoints.save, out, number, iteration).result()
    except KeyboardInterrupt:
        return INTERRUPTED, "interrupted"
    except TROUBLE as problem:
        return STOPPED, f"error: the run could not go on: {problem or type(problem).__name__}"
    return DONE, ""


def _shown(iterations, config, progress):
    """The iterations as they come, with a bar on stderr where that is wanted and a terminal."""
    from tqdm import tqdm

    whole = config.total_steps // config.batch_size * config.batch_size
    silent = None if progress and sys.stderr else True  # None: unless stderr is a terminal
    with tqdm(total=whole, unit=" steps", disable=silent) as bar:
        for iteration in iterations:
            earned = f"{iteration.returns.mean():.1f}" if len(iteration.returns) else "-"
            bar.set_postfix_str(f"return {earned}, KL {iteration.kl:.2g}", refresh=False)
            bar.update(config.batch_size)
            yield iteration


def play(arguments, *, say):
    """Evaluate the trained policy and say what it earned."""
    directory, episodes, seed = arguments.directory, arguments.episodes, arguments.seed
    experiment = checkpoints.load_experiment(directory)
    policy, rng = _policy_for(experiment, directory), np.random.default_rng(seed)
    returns = evaluate(policy, experiment.env_id, episodes=episodes, rng=rng)
    scores = {"mean": float(returns.mean()), "std": float(returns.std()), "returns": returns.tolist()}
    scores |= {"episodes": episodes, "seed": seed}
    words = "{episodes} episodes, seed {seed}: mean {mean:.2f}, standard deviation {std:.2f}".format(**scores)
    say(json.dumps(scores) if arguments.json else f"{experiment.env_id}, {words}")
    return DONE


def _policy_for(experiment, directory):
    """The trained policy; ValueError where the environment has other spaces now than it had in the run."""
    needed, policy = _untrained_policy(experiment), checkpoints.load_policy(directory)
    if (needed.network, needed.distribution) != (policy.network, policy.distribution):
        expected, got = needed.network.sizes, policy.network.sizes
        raise ValueError(f"{directory}: expected a network {expected} for {experiment.env_id}, got {got}")
    return policy


def plot(arguments, *, say):
    """Draw the learning curves of runs; those with equal environment and setting differ by their seed."""
    from trpo_lesson.show import plots, theme

    if arguments.out.suffix.lower() != ".svg":
        raise ValueError(f"--out: expected a file name that ends in .svg, got {arguments.out}")
    runs = {}
    for directory in {directory.resolve(): directory for directory in arguments.directories}.values():
        experiment = checkpoints.load_experiment(directory)
        runs.setdefault((experiment.env_id, experiment.config), []).append(directory)
    if len(runs) > len(theme.SERIES):
        raise ValueError(
            f"expected runs of at most {len(theme.SERIES)} settings in one drawing, got {len(runs)}"
        )
    env_ids = [env_id for env_id, _ in runs]
    target = TARGETS.get(env_ids[0]) if len(set(env_ids)) == 1 else None
    curves = [[_curve(directory) for directory in directories] for directories in runs.values()]
    picture = plots.learning_curves(curves, labels=_labels(env_ids, runs.values()), target=target)
    arguments.out.write_text(picture.standalone(), encoding="utf-8")
    say(f"{arguments.out}: {picture.alt}")
    return DONE


def _labels(env_ids, runs):
    """The environment's id, and where several settings share it the name of the first directory."""
    first = [directories[0].resolve().name for directories in runs]
    named = zip(env_ids, first, strict=True)
    return [env_id if env_ids.count(env_id) == 1 else f"{env_id}, {name}" for env_id, name in named]


def _curve(directory):
    """[K, 2], columns (environment steps, mean return), of a run in which some episode ended."""
    columns = checkpoints.load_history(directory)
    if np.isnan(columns["mean_return"]).all():
        raise ValueError(f"{directory}: expected a run in which an episode ended, got none")
    return np.column_stack((columns["steps"], columns["mean_return"]))


def _complain(code, words):
    print(f"trpo-lesson: {words}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())

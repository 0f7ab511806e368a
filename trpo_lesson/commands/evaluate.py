"""play episodes with the trained policy, greedily, on gymnasium's own environment"""

import json
from pathlib import Path

import numpy as np

from trpo_lesson.commands.options import whole
from trpo_lesson.commands.results import trained_policy
from trpo_lesson.sampled import checkpoints
from trpo_lesson.sampled.policy import evaluate


def add_options(one):
    """Give the parser `one` what the command takes."""
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


def run(arguments, *, say):
    """Evaluate the trained policy and say what it earned."""
    directory, episodes, seed = arguments.directory, arguments.episodes, arguments.seed
    experiment = checkpoints.load_experiment(directory)
    policy, rng = trained_policy(experiment, directory), np.random.default_rng(seed)
    returns = evaluate(policy, experiment.env_id, episodes=episodes, rng=rng)
    scores = {"mean": float(returns.mean()), "std": float(returns.std()), "returns": returns.tolist()}
    scores |= {"episodes": episodes, "seed": seed}
    words = "{episodes} episodes, seed {seed}: mean {mean:.2f}, standard deviation {std:.2f}".format(**scores)
    say(json.dumps(scores) if arguments.json else f"{experiment.env_id}, {words}")

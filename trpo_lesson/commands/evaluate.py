"""play episodes with the trained policy, greedily, on gymnasium's own environment"""

import json
from pathlib import Path

from trpo_lesson.commands.options import whole
from trpo_lesson.commands.results import trained_policy
from trpo_lesson.sampled import checkpoints
from trpo_lesson.sampled.policy import scores


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
    experiment = checkpoints.load_experiment(arguments.directory)
    policy = trained_policy(experiment, arguments.directory)
    judged = scores(policy, experiment.env_id, episodes=arguments.episodes, seed=arguments.seed)
    words = "{episodes} episodes, seed {seed}: mean {mean:.2f}, standard deviation {std:.2f}".format(**judged)
    say(json.dumps(judged) if arguments.json else f"{experiment.env_id}, {words}")

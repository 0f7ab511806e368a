"""film the trained policy at work, greedily, on gymnasium's own environment; no display is needed"""

import io
import os
import sys
from pathlib import Path

import numpy as np

from trpo_lesson.commands.options import require_picture, whole
from trpo_lesson.commands.results import trained_policy
from trpo_lesson.sampled import checkpoints, files
from trpo_lesson.sampled.filming import filmed


def add_options(one):
    """Give the parser `one` what the command takes."""
    one.add_argument("directory", type=Path, metavar="DIR", help="results of train")
    one.add_argument("--out", type=Path, required=True, metavar="FILE", help="film to write, .gif or .webp")
    count = {"type": whole(least=1), "metavar": "N"}
    one.add_argument("--episodes", default=1, help="episodes to show (default: 1)", **count)
    one.add_argument(
        "--seed",
        type=whole(least=0),
        default=0,
        metavar="S",
        help="decides the starts, as in evaluate (default: 0)",
    )
    steps = "steps after which an episode is cut short (default: 1000)"
    one.add_argument("--max-steps", default=1000, help=steps, **count)
    pictures = "a picture every N steps (default: as few as make at most 30 a second)"
    one.add_argument("--every", default=None, help=pictures, **count)


def run(arguments, *, say):
    """Film the trained policy and say what is to be seen."""
    from trpo_lesson.show import films

    directory, out, suffix = arguments.directory, arguments.out, arguments.out.suffix.lower()
    require_picture(out, films.MILLISECONDS)
    experiment = checkpoints.load_experiment(directory)
    policy, rng = trained_policy(experiment, directory), np.random.default_rng(arguments.seed)
    _draw_off_screen()
    asked = {name: getattr(arguments, name) for name in ("episodes", "every", "max_steps")}
    film = filmed(policy, experiment.env_id, rng=rng, **asked)
    content = io.BytesIO()
    films.write(content, film.frames, seconds=film.seconds, suffix=suffix)
    files.replace(out, content.getvalue())
    seconds, earned = len(film.frames) * film.seconds, " ".join(f"{earned:.1f}" for earned in film.returns)
    amount = f"{len(film.frames)} pictures, {seconds:.1f} s, {out.stat().st_size / 1000:,.0f} kB"
    say(f"{out}: {experiment.env_id}, seed {arguments.seed}, return {earned}; {amount}")


def _draw_off_screen():
    """pygame needs no display then, nor does MuJoCo; what the user has set stays as it is."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")  # gymnasium before 1.4 opens the sound, too
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        os.environ.setdefault("MUJOCO_GL", "egl")

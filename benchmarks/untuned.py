"""Environments that nobody tuned for: what `trpo-lesson train ENV_ID --steps N` alone reaches."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from rules import FRESH, UNTUNED
from tqdm import tqdm

from trpo_lesson.sampled import checkpoints

EPISODES = 100


def learned(size, clock):
    """One record for each environment of UNTUNED and each seed; the seconds are those of the history."""
    jobs = [(env_id, seed) for seed in FRESH[: size.untuned_seeds] for env_id in UNTUNED]
    for env_id, seed in tqdm(jobs, unit="run", smoothing=0):
        with tempfile.TemporaryDirectory() as directory:
            yield _run(env_id, seed, size.untuned_steps or UNTUNED[env_id], Path(directory) / "run")


def _run(env_id, seed, steps, out):
    """Train by the command line, evaluate what it left by the command line, and read its history.

    kept, kept_returns  mean and each of EPISODES greedy returns of the policy that the run left
    last, best          mean return of the last batch, and of the best one, under the exploring policy
    """
    summary = _command("train", env_id, "--steps", steps, "--seed", seed, "--out", out, "--json")
    scores = _command("evaluate", out, "--episodes", EPISODES, "--json")
    means = checkpoints.load_history(out)["mean_return"]
    return {
        "env_id": env_id,
        "seed": seed,
        "budget": steps,
        "kept": scores["mean"],
        "kept_returns": [round(one, 3) for one in scores["returns"]],
        "last": summary["mean_return"],
        "best": None if np.isnan(means).all() else float(np.nanmax(means)),
        "trained": summary["seconds"],
    }


def _command(*arguments):
    """The JSON that a command of trpo-lesson prints."""
    command = [sys.executable, "-m", "trpo_lesson", *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)

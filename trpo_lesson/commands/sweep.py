"""train with many seeds, side by side on this machine or on a Dask cluster, and sum up what came of it"""

import csv
import json
import re
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import numpy as np

from trpo_lesson.commands import exits, reports
from trpo_lesson.commands.options import add_settings, asked_for, whole
from trpo_lesson.commands.results import untrained_policy
from trpo_lesson.sampled import checkpoints, experiments, outcomes
from trpo_lesson.sampled.ablation import AS_IT_IS, variants
from trpo_lesson.sampled.config import TARGETS

SUMMARY = "summary"  # .json and .csv, beside the runs


def add_options(one):
    """Give the parser `one` what the command takes."""
    steps = {"type": whole(least=1), "required": True, "metavar": "N"}
    one.add_argument("env_id", metavar="ENV_ID", help="id of the environment, such as CartPole-v1")
    one.add_argument("--steps", **steps, help="environment steps of each run")
    several = "such as 0-9, the last one included, or 1,5,8-9"
    one.add_argument("--seeds", type=seeds, required=True, metavar="S", help=several)
    directory = "directory of the sweep; runs that are done in it are not run again"
    one.add_argument("--out", type=Path, required=True, metavar="DIR", help=directory)
    variety = "run the setting also with one part taken out or turned up at a time"
    one.add_argument("--ablation", action="store_true", help=variety)
    _add_places(one.add_mutually_exclusive_group())
    small = "also write curves and scores to a small file, for a page (default: no)"
    one.add_argument("--store", type=Path, metavar="FILE", help=small)
    one.add_argument("--quiet", action="store_true", help="print nothing but errors")
    only = "print the summary as one JSON object and nothing else"
    one.add_argument("--json", action="store_true", help=only)
    add_settings(one)


def _add_places(group):
    here = "runs at a time on this machine (default: one a core)"
    group.add_argument("--jobs", "--workers", type=whole(least=1), default=-1, metavar="J", help=here)
    there = "run on the Dask cluster whose scheduler this is, such as tcp://host:8786 (default: here)"
    group.add_argument("--scheduler", metavar="ADDRESS", help=there)


def seeds(text):
    """The argparse type of seeds: 0-9 with the last one, 0:10 without it as in Python, 1,5,8-9."""
    found = []
    for part in text.split(","):
        ends = re.fullmatch(r"(\d{1,15})(?:([-:])(\d{1,15}))?", part.strip())
        first, last = (int(ends[1]), int(ends[3] or ends[1]) + (ends[2] != ":")) if ends else (0, 0)
        if not first < last <= first + 100_000:
            raise ArgumentTypeError(f"expected seeds such as 0-9 or 1,5,8-9, got {text!r}")
        found += range(first, last)
    return tuple(dict.fromkeys(found))


def run(arguments, *, say):
    """Run what is missing of the sweep, write its summary, say what came of it."""
    settings, jobs = _asked_for(arguments)
    missing, talkative = experiments.missing(jobs, arguments.out), not (arguments.quiet or arguments.json)
    if talkative:
        some = f"{len(arguments.seeds)} seeds"
        say(reports.of_setting(_experiment(arguments, settings[AS_IT_IS]), seeds=some))
        say(f"{len(jobs)} runs, {len(jobs) - len(missing)} of them done already")
    failed, code, trouble = _record(arguments, jobs, len(missing), progress=talkative)
    if code != exits.DONE:
        done = len(jobs) - len(experiments.missing(jobs, arguments.out))
        kept = f"{arguments.out} keeps the {done} runs of {len(jobs)} that are done"
        return exits.complain(code, f"{trouble}\n{kept}; the same command goes on with the others")
    summary = _summed_up(arguments, jobs, failed)
    if arguments.json:
        say(json.dumps(summary))
    elif talkative:
        say(_in_words(summary, arguments.out))
    return exits.complain(exits.STOPPED, _failures(summary["failed"], len(jobs))) if failed else exits.DONE


def _asked_for(arguments):
    """(the settings by label, the jobs); ValueError where one of them cannot be trained."""
    config = asked_for(arguments)
    settings = variants(config) if arguments.ablation else {AS_IT_IS: config}
    for setting in settings.values():
        untrained_policy(_experiment(arguments, setting))
    return settings, experiments.jobs_of(arguments.env_id, settings, arguments.seeds)


def _experiment(arguments, setting):
    return checkpoints.Experiment(arguments.env_id, arguments.seeds[0], setting)


def _record(arguments, jobs, missing, *, progress):
    """Run the jobs that are missing: (job -> why it failed, exit code, what stopped the sweep)."""
    from tqdm import tqdm

    failed, silent = {}, None if progress and sys.stderr else True  # None: unless stderr is a terminal
    where = {"processes": arguments.jobs, "scheduler": arguments.scheduler}
    try:
        ended = experiments.sweep(jobs, arguments.out, **where)
        with tqdm(total=len(jobs), initial=len(jobs) - missing, unit=" runs", disable=silent) as bar:
            for job, reason in ended:
                if reason:
                    failed[job] = reason
                bar.set_postfix_str(f"{job.label}, seed {job.seed}", refresh=False)
                bar.update()
    except KeyboardInterrupt:
        return failed, exits.INTERRUPTED, "interrupted"
    except exits.TROUBLE as problem:
        trouble = f"error: the sweep could not go on: {problem or type(problem).__name__}"
        return failed, exits.STOPPED, trouble
    return failed, exits.DONE, ""


def _summed_up(arguments, jobs, failed):
    """The summary of the sweep, which is also written to DIR; what is to be stored is, if nothing failed."""
    finished, target = [job for job in jobs if job not in failed], TARGETS.get(arguments.env_id)
    results = outcomes.collect(finished, arguments.out) if finished else {}
    rows = outcomes.table(results, target=target, rng=np.random.default_rng(0))
    summary = {"env_id": arguments.env_id, "steps": arguments.steps, "seeds": arguments.seeds}
    summary |= {"episodes": experiments.EPISODES, "target": target, "settings": rows}
    reasons = [{"label": job.label, "seed": job.seed, "reason": failed[job]} for job in jobs if job in failed]
    summary |= {"failed": reasons, "out": str(arguments.out)}
    path = arguments.out / f"{SUMMARY}.json"
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    with open(path.with_suffix(".csv"), "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, outcomes.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    if arguments.store and not failed:
        outcomes.store(arguments.store, arguments.env_id, results)
    return summary


def _in_words(summary, out):
    """The table of a summary, and where it is written."""
    lines = [f"return of the final policy, greedy, mean of {summary['episodes']} episodes, by seed:"]
    lines += [f"{'':26}  runs  IQM (95 % bootstrap interval)     solved  KL used / delta"]
    for row in summary["settings"]:
        interval = "" if row["low"] is None else f"({row['low']:.1f} to {row['high']:.1f})"
        solved = "-" if row["solved"] is None else f"{row['solved']:.0%}"
        middle = f"{row['iqm']:9.1f}  {interval:22}"
        lines.append(f"{row['label']:26}  {row['runs']:4}  {middle}  {solved:>6}  {row['kl_used']:15.2f}")
    return "\n".join((*lines, f"results: {out}, summary in {SUMMARY}.json and {SUMMARY}.csv"))


def _failures(failed, n_jobs):
    lines = [f"error: {len(failed)} of {n_jobs} runs failed; the same command tries them again"]
    return "\n".join((*lines, *("  {label}, seed {seed}: {reason}".format(**each) for each in failed)))

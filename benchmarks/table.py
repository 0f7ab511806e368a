"""The table: results.md from the content of results.json."""

import findings
import numpy as np
from goals import GOALS, count
from rules import (
    ENVIRONMENTS,
    FLOOR,
    FLOOR_THROUGHPUT,
    MEDIAN_OF,
    OURS,
    OURS_ON_GYMNASIUM,
    OURS_SAME_PASSES,
    OURS_SAME_WORK,
    OURS_THROUGHPUT,
    PPO,
    SOLVED,
    TARGETS,
    TRPO,
    TRPO_SAME_WORK,
    UNTUNED,
)

NOTE = "Written by `make bench` from results.json, not by hand. README.md says what is compared, and how."


def page(results):
    """results.md as text; a part that is not in `results` has no section, its goals no numbers."""
    runs = {"learning": [], "speed": []} | {name: _records(part) for name, part in results.items()}
    sections = [("# The benchmark", NOTE, _measured_where(results)), _goals(runs)]
    written = {"learning": _learning, "speed": _speed, "kernels": _kernels, "untuned": _untuned}
    sections += [write(runs) for name, write in written.items() if runs.get(name)]
    return "\n\n".join(block for section in sections for block in section if block) + "\n"


def _records(part):
    """The runs of a part, each with the core type of the linear algebra: the part's, or else its own."""
    return [{"openblas_core": part["about"]["openblas_core"]} | run for run in part["runs"]]


def markdown(header, rows):
    """A table of text; "" without any row. Rows that are None are left out."""
    rows = [row for row in rows if row]
    lines = [header, ["---"] * len(header), *rows] if rows else []
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _measured_where(results):
    """When, where and on which versions each part was measured, a line each."""
    return "\n".join(f"- {name}: {_about(**part['about'])}" for name, part in results.items())


def _about(*, date, commit, processor, cores, load, system, python, versions, openblas_core, clock, quick):
    size = "QUICK, too few seeds to judge by" if quick else "full"
    known = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    place = f"{processor}, {cores} cores, load {load} at the start, OpenBLAS core {openblas_core}, {system}"
    return f"{size}; {date} UTC, commit {commit}; {place}; python {python}, {known}; {clock} clock"


def _goals(runs):
    """The goals, environment by environment."""
    yield "## The goals"
    header = ("must", "aim", "measured", "verdict")
    for env_id, goals in GOALS.items():
        yield markdown((env_id, *header), [goal.row(runs, env_id) for goal in goals])


def _learning(runs):
    """How the contestants learned."""
    yield f"## Learning: 20 greedy episodes every 1,024 steps, solved = a mean of {_solved_means()}"
    header = (
        "runs",
        "steps to solved, median (range)",
        "seconds to solved, median",
        "later evaluations solved",
    )
    header += ("solved at the end", "interquartile mean at the end", "mean at the end", "worst")
    for env_id in ENVIRONMENTS:
        rows = [_learned(name, runs["learning"], env_id) for name in (OURS, OURS_THROUGHPUT, TRPO, PPO)]
        yield markdown((env_id, *header), rows)


def _solved_means():
    return " / ".join(map(str, SOLVED.values()))


def _learned(name, records, env_id):
    runs = findings.of(records, name, env_id)
    if not runs:
        return None
    steps, final = findings.to_solved(runs, "steps"), findings.final(runs)
    seconds = findings.median(findings.to_solved(runs, "seconds"))
    return (
        f"{name}, {runs[0]['budget']:,} steps",
        len(runs),
        f"{count(findings.median(steps))} ({count(steps.min())} to {count(steps.max())})",
        f"{seconds:.2f}" if np.isfinite(seconds) else "never",
        _percent(findings.stays_solved(runs)),
        _solved_of(runs),
        *(_with_interval(final, statistic) for statistic in ("interquartile mean", "mean")),
        f"{final.min():.1f}",
    )


def _solved_of(runs):
    solved = [findings.evaluations_solved(run)[-1] for run in runs]
    return f"{sum(solved)} of {len(solved)}"


def _percent(share):
    return "none" if np.isnan(share) else f"{share:.0%}"


def _with_interval(scores, statistic):
    value, low, high = findings.summary(scores)[statistic]
    return f"{value:.1f} [{low:.1f}, {high:.1f}]" if np.isfinite(low) else f"{value:.1f}"


def _speed(runs):
    """How fast the contestants trained, and where our time went."""
    yield "## Speed: environment steps per second of training"
    names = (OURS, OURS_SAME_WORK, OURS_ON_GYMNASIUM, OURS_SAME_PASSES, OURS_THROUGHPUT)
    names += (TRPO, TRPO_SAME_WORK, PPO, FLOOR, FLOOR_THROUGHPUT)
    for env_id in ENVIRONMENTS:
        rows = [_fast(name, runs["speed"], env_id) for name in names]
        yield markdown((env_id, "rounds", "median (range)", f"over {TRPO}"), rows)
    yield "Where our time goes:"
    for env_id in ENVIRONMENTS:
        parts = {
            name: findings.shares(findings.of(runs["speed"], name, env_id))
            for name in (OURS, OURS_THROUGHPUT)
        }
        rows = [(name, *map(_percent, shares.values())) for name, shares in parts.items() if shares]
        yield markdown((env_id, *(part.replace("_", " ") for part in parts[OURS])), rows)


def _fast(name, records, env_id):
    runs = findings.of(records, name, env_id)
    if not runs:
        return None
    speeds, ratio = findings.speeds(runs), findings.speed_ratio(records, name, TRPO, env_id)
    spread = f"{count(np.median(speeds))} ({count(speeds.min())} to {count(speeds.max())})"
    return name, len(runs), spread, f"{ratio:.1f}×"


def _kernels(runs):
    """The end of our runs under the first and the second core type."""
    yield "## The same runs of ours under other kernels of the linear algebra"
    header = ("runs", f"steps to solved, median of {MEDIAN_OF}", "solved at the end")
    header += ("mean at the end", "worst")
    records = runs["learning"] + runs["kernels"]
    for env_id in ENVIRONMENTS:
        mine = findings.of(records, OURS, env_id)
        cores = dict.fromkeys(run["openblas_core"] for run in mine)
        rows = [_confirmed(core, [run for run in mine if run["openblas_core"] == core]) for core in cores]
        yield markdown((env_id, *header), rows)


def _confirmed(core, runs):
    final, steps = findings.final(runs), findings.to_solved(runs[:MEDIAN_OF], "steps")
    median, mean = count(findings.median(steps)), _with_interval(final, "mean")
    return core, len(runs), median, _solved_of(runs), mean, f"{final.min():.1f}"


def _untuned(runs):
    """What the defaults reach on environments that nobody tuned for."""
    yield "## Environments that nobody tuned for: `trpo-lesson train ENV_ID --steps N`, no other flag"
    header = ("environment", "target", "steps", "greedy return of the kept policy, seed by seed", "mean")
    header += ("best batch of training, seed by seed", "seconds, median")
    yield markdown(header, [_reached(env_id, runs["untuned"]) for env_id in UNTUNED])


def _reached(env_id, records):
    if not (runs := [run for run in records if run["env_id"] == env_id]):
        return None
    kept, best, seconds = ([run[name] for run in runs] for name in ("kept", "best", "trained"))
    told = (" ".join("none" if one is None else f"{one:.0f}" for one in many) for many in (kept, best))
    each, best = told
    mean = f"{np.mean(kept):.1f}"
    return (
        env_id,
        TARGETS.get(env_id, ""),
        f"{runs[0]['budget']:,}",
        each,
        mean,
        best,
        f"{np.median(seconds):.0f}",
    )

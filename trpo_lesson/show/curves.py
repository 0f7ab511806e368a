"""Curves over environment steps: what several seeds say together, and how little they may be typical."""

from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from trpo_lesson.sampled.intervals import bootstrap_interval, interquartile_mean
from trpo_lesson.show import theme


@dataclass(frozen=True, eq=False)
class Together:
    """Runs that differ by their seed only: at `steps` [K] their interquartile mean and its 95 % interval.

    low and high are those of `bootstrap_interval`; None for one run, which has no interval.
    """

    label: str
    n_runs: int
    steps: np.ndarray
    middle: np.ndarray
    low: np.ndarray | None
    high: np.ndarray | None


def together(runs, label, *, rng):
    """`Together` of runs [K, 2], columns (environment steps, value), a run for each seed.

    A value that is NaN (in a batch in which no episode ended) is passed over. Runs may have different steps:
    they are interpolated to those of the first one that lie within every run. Raises ValueError for runs of
    another shape, without values, or without steps in common.
    """
    runs = [_finite_run(run) for run in runs]
    first, last = max(steps[0] for steps, _ in runs), min(steps[-1] for steps, _ in runs)
    grid = runs[0][0]
    grid = grid[(grid >= first) & (grid <= last)]
    if not len(grid):
        raise ValueError(f"expected seeds with steps in common, got none between {first:g} and {last:g}")
    values = np.array([np.interp(grid, *run) for run in runs])
    interval = bootstrap_interval(values, rng=rng) if len(runs) > 1 else (None, None)
    return Together(label, len(runs), grid, interquartile_mean(values), *interval)


def all_together(histories, labels, *, rng):
    """`Together` for each label; ValueError unless there are as many as histories, at most len(SERIES)."""
    if not len(labels) == len(histories) <= len(theme.SERIES):
        limit = f"as many labels as histories, at most {len(theme.SERIES)}"
        raise ValueError(f"expected {limit}, got {len(labels)} and {len(histories)}")
    if not all(len(runs) for runs in histories):
        raise ValueError("expected at least one seed in every history, got none in one of them")
    return [together(runs, label, rng=rng) for runs, label in zip(histories, labels, strict=True)]


def draw(axes, curves):
    """The curves of `all_together`, each with its interval as a band; the legend stands above."""
    for curve, role in zip(curves, theme.SERIES, strict=False):
        of_seeds = "one seed"
        if curve.low is not None:
            of_seeds = f"IQM of {curve.n_runs} seeds, 95 % interval"
            band = theme.fill(role, opacity=0.12) | {"linewidth": 0.6}
            axes.fill_between(curve.steps, curve.low, curve.high, **band)
        alone = {"marker": theme.ROLES[role].marker} if len(curve.steps) == 1 else {}  # no line to be seen
        axes.plot(curve.steps, curve.middle, label=f"{curve.label}, {of_seeds}", **alone, **theme.line(role))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("environment steps")


def in_words(curves):
    """Where each curve begins and ends, as the text alternative of a figure says it."""
    if all(curve.low is None for curve in curves):
        return "; ".join(f"{curve.label}, one seed, {_course(curve)}" for curve in curves)
    said = "; ".join(f"{curve.label}, {_seeds(curve)}, {_course(curve)}" for curve in curves)
    return f"the interquartile mean over seeds and its 95 % bootstrap interval: {said}"


def _seeds(curve):
    return "one seed" if curve.low is None else f"{curve.n_runs} seeds"


def _course(curve):
    interval = "" if curve.low is None else f" (interval {curve.low[-1]:.4g} to {curve.high[-1]:.4g})"
    return (
        f"goes from {curve.middle[0]:.4g} to {curve.middle[-1]:.4g}{interval} in {curve.steps[-1]:,.0f} steps"
    )


def _finite_run(run):
    run = np.asarray(run, dtype=float)
    if run.ndim != 2 or run.shape[1] != 2:
        raise ValueError(f"expected a run of shape (K, 2), columns steps and value, got {run.shape}")
    finite = run[~np.isnan(run[:, 1])]
    if not len(finite):
        raise ValueError(f"expected a run with values, got only NaN in {len(run)} rows")
    return finite.T

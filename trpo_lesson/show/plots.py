"""Figures of training: what a policy earns as it learns, and how much of its trust region each step uses."""

import numpy as np

from trpo_lesson.show import theme


def learning_curves(histories, *, labels, target=None):
    """Return against environment steps: a thin line for each seed, their median in bold, and the target.

    histories  one entry per label: a list over seeds of arrays [K, 2], columns (environment steps, return).
               Seeds may have different steps; a return that is NaN (no episode ended) is passed over.
               The median is drawn where every seed has values.
    Raises ValueError unless there are as many labels as histories (at most len(theme.SERIES)), each with runs
    of that shape that have steps in common.
    """
    histories = _require_histories(histories, labels)
    with theme.figure() as (figure, axes):
        for runs, label, role in zip(histories, labels, theme.SERIES[: len(labels)], strict=True):
            for run in runs:
                axes.plot(*run, color=theme.color(role), linewidth=0.6)
            axes.plot(*_median(runs), label=f"{label}, median of {len(runs)} seeds", **theme.line(role))
        if target is not None:
            axes.axhline(target, label=f"target {target:g}", linewidth=1.2, **theme.line("muted"))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set(xlabel="environment steps", ylabel="return")
        axes.legend()
        return theme.picture(figure, alt=_curves_in_words(histories, labels, target))


def curve_of(iterations):
    """The run [K, 2] of `learning_curves` from training records: steps, mean return of what episodes ended.

    NaN where none ended. `iterations` are records with `steps` and `returns`, as `train` yields them.
    """
    return np.array([(one.steps, one.returns.mean() if len(one.returns) else np.nan) for one in iterations])


def kl_used(kl, *, delta, accepted):
    """KL(old || new) of each update against the radius delta, in nats; rejected updates are crossed out.

    kl [K], accepted [K] of bool; delta a number, or [K] where it changes; the updates are numbered from 1.
    """
    kl, accepted, updates = np.asarray(kl), np.asarray(accepted, dtype=bool), np.arange(1, len(kl) + 1)
    delta = np.broadcast_to(delta, kl.shape)
    with theme.figure(height=2.8) as (figure, axes):
        axes.plot(updates, delta, label=f"radius δ {_from_to(delta)}", **theme.line("bound"))
        for chosen, label, role in ((accepted, "accepted", "new"), (~accepted, "rejected", "muted")):
            if chosen.any():
                axes.plot(updates[chosen], kl[chosen], label=label, clip_on=False, **theme.points(role))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(xlabel="update", ylabel="KL(old ‖ new), nats", ylim=(0, None))
        axes.legend()
        outcome = f"{accepted.sum()} of them accepted: the largest is {kl.max():.3g}"
        alt = f"KL of {len(kl)} updates, {outcome}, the radius {_from_to(delta)}."
        return theme.picture(figure, alt=alt)


def _from_to(delta):
    return f"= {delta[0]:g}" if delta[0] == delta[-1] else f"from {delta[0]:.2g} to {delta[-1]:.2g}"


def _require_histories(histories, labels):
    """Every run as (steps [K], returns [K]), without the rows where the return is NaN."""
    if not len(labels) == len(histories) <= len(theme.SERIES):
        limit = f"as many labels as histories, at most {len(theme.SERIES)}"
        raise ValueError(f"expected {limit}, got {len(labels)} and {len(histories)}")
    if not all(len(runs) for runs in histories):
        raise ValueError("expected at least one seed in every history, got none in one of them")
    return [[_finite_run(run) for run in runs] for runs in histories]


def _finite_run(run):
    run = np.asarray(run, dtype=float)
    if run.ndim != 2 or run.shape[1] != 2:
        raise ValueError(f"expected a run of shape (K, 2), columns steps and return, got {run.shape}")
    finite = run[~np.isnan(run[:, 1])]
    if not len(finite):
        raise ValueError(f"expected a run with returns, got only NaN in {len(run)} rows")
    return finite.T


def _median(runs):
    """Median over seeds, interpolated to the steps of the first seed that lie within every run."""
    first, last = max(steps[0] for steps, _ in runs), min(steps[-1] for steps, _ in runs)
    grid = runs[0][0]
    grid = grid[(grid >= first) & (grid <= last)]
    if not len(grid):
        raise ValueError(f"expected seeds with steps in common, got none between {first:g} and {last:g}")
    return grid, np.median([np.interp(grid, *run) for run in runs], axis=0)


def _curves_in_words(histories, labels, target):
    ends = [
        f"{label} goes from {medians[0]:.4g} to {medians[-1]:.4g} in {steps[-1]:,.0f} steps"
        for label, (steps, medians) in zip(labels, map(_median, histories), strict=True)
    ]
    goal = "" if target is None else f" The target is {target:g}."
    return f"Learning curves; the median over seeds of {'; of '.join(ends)}.{goal}"

"""Figures of training over many seeds: what policies earn as they learn, and what their critics know."""

import numpy as np

from trpo_lesson.show import curves, theme


def learning_curves(histories, *, labels, rng, target=None, total_steps=None):
    """Return against environment steps: the interquartile mean over seeds, its 95 % interval, and the target.

    histories    one entry per label: a list over seeds of arrays [K, 2], columns (environment steps, return);
                 for a single seed its curve is drawn as it is. See `curves.together`.
    rng          draws the bootstrap samples; a single seed needs none
    total_steps  how far the axis reaches, for runs that are still going on
    Raises ValueError unless there are as many labels as histories (at most len(theme.SERIES)), each with runs
    of that shape that have steps in common.
    """
    words = "Learning curves", "return"
    return _over_steps(histories, labels, rng, words, target=target, total_steps=total_steps)


def explained_variance(histories, *, labels, rng):
    """What the critic knew of the lambda-returns before it was fitted to them: 1 all, 0 no more than a mean.

    Histories as for `learning_curves`, with the explained variance in the second column. Below -1 it is cut
    off: at first a critic may be worse than a constant by any factor.
    """
    words = "Explained variance of the critic", "explained variance"
    return _over_steps(histories, labels, rng, words, limits=(-1, 1.03))


def effective_sample_size(histories, *, labels, rng):
    """How much of its sample counts in each update when old batches are reused, from 0 to 1 (1: all of it).

    Histories as for `learning_curves`, with the effective sample size, as a fraction, in the second column.
    """
    words = "Effective sample size", "effective sample size / size"
    return _over_steps(histories, labels, rng, words, limits=(0, 1.03))


def curve_of(iterations, name="mean_return"):
    """The run [K, 2] of these figures from training records: steps, and the value of that name.

    `mean_return` is that of the episodes that ended in the batch, NaN where none did; every other name is a
    field of `Iteration`. `iterations` are records as `train` yields them.
    """
    if name == "mean_return":
        values = [one.returns.mean() if len(one.returns) else np.nan for one in iterations]
    else:
        values = [getattr(one, name) for one in iterations]
    return np.column_stack(([one.steps for one in iterations], values))


def _over_steps(histories, labels, rng, words, *, target=None, limits=None, total_steps=None):
    """The figure of a quantity over environment steps; words: what the figure is, the name of its axis."""
    together = curves.all_together(histories, labels, rng=rng)
    title, quantity = words
    with theme.figure() as (figure, axes):
        curves.draw(axes, together)
        if target is not None:
            axes.axhline(target, label=f"target {target:g}", linewidth=1.2, **theme.line("muted"))
        axes.set(ylabel=quantity, ylim=limits)
        if total_steps is not None:
            axes.set_xlim(0, total_steps)
        theme.legend_above(axes)
        goal = "" if target is None else f" The target is {target:g}."
        return theme.picture(figure, alt=f"{title}; {curves.in_words(together)}.{goal}")

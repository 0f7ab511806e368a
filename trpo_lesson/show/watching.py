"""A training that is watched: its records are passed on as they come, and the notebook shows how far it is.

What is shown is one output of the cell, replaced in place; its last state stays on a page without a kernel.
"""

import html
from dataclasses import dataclass
from itertools import count

import numpy as np
from IPython.display import DisplayHandle

from trpo_lesson.show import plots

LOOK = "width:100%;max-width:34rem;accent-color:var(--old, #0072b2)"  # as wide as a slider


@dataclass(frozen=True)
class Bar:
    """`done` of `total`: a notebook shows a bar with its words, plain text the words.

    Raises ValueError unless 0 <= done <= total and total >= 1.
    """

    label: str
    done: int
    total: int

    def __post_init__(self):
        if self.total < 1:
            raise ValueError(f"total: expected at least 1, got {self.total}")
        if not 0 <= self.done <= self.total:
            raise ValueError(f"{self.label}: expected 0 to {self.total}, got {self.done}")

    def _repr_html_(self):
        state = f'value="{self.done}" max="{self.total}" aria-label="{html.escape(self.label)}"'
        return f'<div>{html.escape(repr(self))}<br><progress {state} style="{LOOK}"></progress></div>'

    def __repr__(self):
        return f"{self.label}: {self.done} of {self.total}"


def curve(records, *, label, total_steps, target=None):
    """Pass the records of one training on; after each of them its learning curve is drawn again.

    records      as `train` yields them; there is no curve before the first episode has ended
    total_steps  of the whole run: the axis reaches that far from the beginning
    Raises ValueError unless total_steps >= 1.
    """
    if total_steps < 1:
        raise ValueError(f"total_steps: expected at least 1, got {total_steps}")
    return _with_curve(records, {"labels": [label], "target": target, "total_steps": total_steps})


def _with_curve(records, options):
    show, points = _in_place(), np.empty((0, 2))
    for record in records:
        points = np.concatenate((points, plots.curve_of([record])))
        if np.isfinite(points[:, 1]).any():
            show(plots.learning_curves([[points]], rng=None, **options))  # one run has no interval to draw
        yield record


def progress(*, total, label):
    """A function that passes records on while a bar moves: one bar for all the runs that it is given.

    total  records of all these runs together; one more raises ValueError, as does a total below 1
    label  the visible and the accessible name of the bar
    """
    show, numbers = _in_place(), count(1)
    show(Bar(label, 0, total))

    def watched(records):
        for record, done in zip(records, numbers, strict=False):
            show(Bar(label, done, total))
            yield record

    return watched


def _in_place():
    """A function that displays what it is given in the place of what it was given before."""
    handle, seen = DisplayHandle(), []

    def show(shown):
        (handle.update if seen else handle.display)(shown)
        seen[:] = [shown]

    return show

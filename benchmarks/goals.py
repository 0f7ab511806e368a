"""The goals, what was measured for each, and whether it was met: computed from the records, nothing typed."""

from collections.abc import Callable
from dataclasses import dataclass

import findings
import numpy as np
from rules import (
    FLOOR,
    FRESH,
    MEDIAN_OF,
    OURS,
    OURS_SAME_WORK,
    OURS_THROUGHPUT,
    SOLVED,
    TRPO,
    TRPO_SAME_WORK,
)


@dataclass(frozen=True)
class Measured:
    """`text` for the table, and the values that are compared with must and aim; NaN: there are no records."""

    text: str
    for_must: float
    for_aim: float


NOT_MEASURED = Measured("not measured", np.nan, np.nan)


@dataclass(frozen=True)
class Goal:
    """One row: `measure(parts, env_id)`, from the records by part, is to reach must, better still aim."""

    name: str
    measure: Callable
    must: float
    aim: float
    show: Callable
    less_is_better: bool = False

    def row(self, parts, env_id):
        """(name, must, aim, measured, verdict), as text."""
        measured = self.measure(parts, env_id)
        return self.name, self.show(self.must), self.show(self.aim), measured.text, self.verdict(measured)

    def verdict(self, measured):
        """ "met, and the aim", "met" (the must), "missed", or "" for what was not measured."""
        if np.isnan(measured.for_must):
            return ""
        sign = -1 if self.less_is_better else 1
        if sign * measured.for_must < sign * self.must:
            return "missed"
        return "met, and the aim" if sign * measured.for_aim >= sign * self.aim else "met"


def _measured(value, text):
    return NOT_MEASURED if np.isnan(value) else Measured(text(value), value, value)


def steps_to_solved(parts, env_id):
    """Median over the first MEDIAN_OF fresh seeds."""
    runs = findings.of(parts["learning"], OURS, env_id)[:MEDIAN_OF]
    return _measured(findings.median(findings.to_solved(runs, "steps")), count)


def seconds_to_solved(parts, env_id):
    """Median seconds of the peer over the median of ours."""
    ours, theirs = (
        findings.median(findings.to_solved(findings.of(parts["learning"], name, env_id), "seconds"))
        for name in (OURS, TRPO)
    )
    return _measured(theirs / ours, times)


def solved_at_the_end(parts, env_id):
    """Share of the fresh seeds whose last evaluation is solved."""
    runs = findings.of(parts["learning"], OURS, env_id)
    if not runs:
        return NOT_MEASURED
    solved = findings.final(runs) >= SOLVED[env_id]
    return Measured(f"{solved.sum()} of {solved.size}", solved.mean(), solved.mean())


def mean_at_the_end(parts, env_id):
    """Mean over the fresh seeds of the last evaluation."""
    return _mean_at_the_end(parts, env_id, lambda mean, low, high: (mean, mean))


def interval_at_the_end(parts, env_id):
    """The same: its interval shall reach must (the upper end counts) and lie above aim (the lower end)."""
    return _mean_at_the_end(parts, env_id, lambda mean, low, high: (high, low))


def _mean_at_the_end(parts, env_id, compared):
    runs = findings.of(parts["learning"], OURS, env_id)
    if not runs:
        return NOT_MEASURED
    mean, low, high = findings.summary(findings.final(runs))["mean"]
    return Measured(f"{mean:.1f} [{low:.1f}, {high:.1f}]", *compared(mean, low, high))


def speed_over(one, other):
    """The measure: speed of `one` over speed of `other`."""
    return lambda parts, env_id: _measured(findings.speed_ratio(parts["speed"], one, other, env_id), times)


def count(value):
    """4096 -> "4,096"; infinite: never."""
    return f"{value:,.0f}" if np.isfinite(value) else "never"


def times(value):
    """5.0 -> "5.0×"; infinite: the other never got there."""
    return f"{value:.1f}×" if np.isfinite(value) else "∞"


def of_all_fresh(share):
    """29/30 -> "29 of 30"."""
    return f"{share * len(FRESH):.0f} of {len(FRESH)}"


STEPS = f"environment steps to solved, median of {MEDIAN_OF} fresh seeds"
AT_THE_END = "solved at the end of {:,} steps, " + f"{len(FRESH)} fresh seeds"
MEAN = "mean return at the end [95 % interval]"
SECONDS = f"seconds to solved: {TRPO} over ours"
SAME_WORK = f"steps per second over {TRPO}: same network, batch and critic updates"
OWN = f"steps per second over {TRPO}: the setting of the rows above"
THROUGHPUT = f"steps per second over {TRPO}: throughput setting"
STEPPING = "training time over pure stepping time"

GOALS = {
    "CartPole-v1": (
        Goal(STEPS, steps_to_solved, 4096, 2560, count, less_is_better=True),
        Goal(AT_THE_END.format(10_240), solved_at_the_end, 29 / 30, 1, of_all_fresh),
        Goal(MEAN, mean_at_the_end, 495, 498, "{:g}".format),
        Goal(SECONDS, seconds_to_solved, 40, 70, times),
        Goal(SAME_WORK, speed_over(OURS_SAME_WORK, TRPO_SAME_WORK), 5, 8, times),
        Goal(OWN, speed_over(OURS, TRPO), 10, 15, times),
        Goal(THROUGHPUT, speed_over(OURS_THROUGHPUT, TRPO), 60, 100, times),
        Goal(STEPPING, speed_over(FLOOR, OURS), 10, 6, times, less_is_better=True),
    ),
    "Pendulum-v1": (
        Goal(STEPS, steps_to_solved, 12_288, 8192, count, less_is_better=True),
        Goal(AT_THE_END.format(20_480), solved_at_the_end, 28 / 30, 1, of_all_fresh),
        Goal(MEAN, interval_at_the_end, -150, -150, "{:g}".format),
        Goal(SECONDS, seconds_to_solved, 12, 25, times),
        Goal(SAME_WORK, speed_over(OURS_SAME_WORK, TRPO_SAME_WORK), 4.5, 8, times),
        Goal(OWN, speed_over(OURS, TRPO), 2.5, 5, times),
        Goal(THROUGHPUT, speed_over(OURS_THROUGHPUT, TRPO), 12, 20, times),
        Goal(STEPPING, speed_over(FLOOR, OURS), 35, 15, times, less_is_better=True),
    ),
}

"""Backtracking line search: shorten a step until an acceptance rule takes it, or keep theta."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class StepResult:
    """What became of a step.

    theta        [D], read-only: the new parameters, or the old ones where the step was refused
    accepted     whether theta moved
    reason       "" or why the step was refused
    step_length  fraction of the proposed step that was taken, shrink^k; 0 where it was refused
    evaluation   what `evaluate` returned last: at theta where accepted, at the shortest trial where refused;
                 None where nothing was evaluated
    """

    theta: np.ndarray
    accepted: bool
    reason: str
    step_length: float
    evaluation: Any

    def __post_init__(self):
        self.theta.flags.writeable = False


def line_search(evaluate, accept, theta, step, *, shrink=0.5, max_backtracks=10):
    """theta + shrink^k step for the first k = 0, 1, ..., max_backtracks whose evaluation the rule accepts.

    `evaluate(theta)` gives a number or a tuple of numbers, for TRPO (surrogate gain, KL); the acceptance rule
    `accept(evaluation)` is an argument: `improves_within(delta)` is that of Schulman et al. 2015, appendix C.
    An evaluation with a NaN or an infinity is refused whatever the rule says. Where every length is refused,
    or the step is zero or not finite, the result holds the old theta, `accepted=False` and the reason.
    """
    theta, step = np.asarray(theta), np.asarray(step)
    if not np.isfinite(step).all():
        return refused(theta, "expected a finite step, got NaN or infinity")
    if not step.any():
        return refused(theta, "the step is zero")
    for k in range(max_backtracks + 1):
        length = shrink**k
        candidate = theta + length * step
        evaluation = evaluate(candidate)
        if np.isfinite(evaluation).all() and accept(evaluation):
            return StepResult(candidate, True, "", length, evaluation)
    numbers = ", ".join(f"{float(number):.3g}" for number in np.ravel(evaluation))
    reason = f"no length from 1 down to {length:.3g} was accepted; there the evaluation was ({numbers})"
    return refused(theta, reason, evaluation)


def refused(theta, reason, evaluation=None):
    """The `StepResult` of a step that was not taken: a copy of the old theta, and why."""
    return StepResult(np.array(theta), False, reason, 0.0, evaluation)


def improves_within(delta):
    """The rule gain > 0 and KL <= delta, for an evaluation (gain, kl): Schulman et al. 2015, appendix C.

    Spinning Up also takes gain = 0; sb3-contrib asks for KL < delta.
    """
    return lambda evaluation: evaluation[0] > 0 and evaluation[1] <= delta


def no_loss_within(delta, *, slack=1.5):
    """The rule gain >= 0 and KL <= slack * delta, for an evaluation (gain, kl): that of OpenAI Baselines."""
    return lambda evaluation: evaluation[0] >= 0 and evaluation[1] <= slack * delta


def improves_as_expected(*, ratio=0.1):
    """The rule gain > 0 and gain > ratio * expected, for an evaluation (gain, kl, expected).

    That of modular_rl: expected = g.(candidate - theta) is what the gradient promises. The KL plays no part.
    """
    return lambda evaluation: evaluation[0] > 0 and evaluation[0] > ratio * evaluation[2]

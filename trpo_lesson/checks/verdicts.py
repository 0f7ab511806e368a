"""The verdict on an answer, and how it is told: shown to a reader, raised in a graded run."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """PASS, or FAIL with a hint; it shows itself as this line."""

    passed: bool
    hint: str = ""

    def __repr__(self):
        return "PASS" if self.passed else f"FAIL: {self.hint}"


def tell(*verdicts):
    """The first verdict that failed, or PASS.

    In a graded run, where NBGRADER_EXECUTION is set or TRPO_CHECK is "raise", a failure raises AssertionError
    with the hint, and a pass returns None: nbgrader takes what a cell shows for partial credit.
    """
    verdict = next((verdict for verdict in verdicts if not verdict.passed), Verdict(True))
    if os.environ.get("NBGRADER_EXECUTION") or os.environ.get("TRPO_CHECK") == "raise":
        if not verdict.passed:
            raise AssertionError(verdict.hint)
        return None
    return verdict

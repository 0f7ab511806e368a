"""Where the time of a training iteration goes."""

from time import perf_counter

PARTS = ("environment", "policy", "value_fit", "conjugate_gradient", "line_search", "rest")


class Stopwatch:
    """`lap(part)` books the time since the last lap to one of PARTS; `seconds` is the account."""

    def __init__(self):
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._last = perf_counter()

    def lap(self, part):
        """Book the time since the last lap to `part`."""
        now = perf_counter()
        self.seconds[part] += now - self._last
        self._last = now

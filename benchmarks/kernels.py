"""The confirmation under other kernels: our fresh runs again, in a process where OpenBLAS takes another core.

Called as a program, it is that process: it does the runs and prints a line of JSON.
"""

from trpo_lesson import one_thread  # noqa: F401 - before numpy

# isort: split
import json
import os
import subprocess
import sys

import machine
import measure
from rules import CLOCKS

CORES = ("Haswell", "Prescott", "ARMV8")  # the first that works here and is not the one in use
PROBE = "import machine; print(machine.openblas_core())"


def second_core():
    """(name for OPENBLAS_CORETYPE, name that OpenBLAS itself then gives); None where there is no second."""
    here = machine.openblas_core()
    for core in CORES:
        probe = _process(core, "-c", PROBE)
        if probe.returncode == 0 and (found := probe.stdout.strip()) not in (here, "none"):
            return core, found
    return None


def confirmed(size, clock):
    """The runs of `measure.our_runs` under a second core type, each with its name; [] where there is none."""
    if not (second := second_core()):
        return []
    core, found = second
    child = _process(core, __file__, str(size.seeds), clock)
    if child.returncode:
        raise RuntimeError(f"OPENBLAS_CORETYPE={core}: expected results, got exit code {child.returncode}")
    return [run | {"openblas_core": found} for run in json.loads(child.stdout)]


def _process(core, *arguments):
    """A Python in this directory with OPENBLAS_CORETYPE; its stdout is kept, its progress is shown."""
    variables = os.environ | {"OPENBLAS_CORETYPE": core}
    command = [sys.executable, *arguments]
    here = os.path.dirname(os.path.abspath(__file__))
    return subprocess.run(command, cwd=here, env=variables, stdout=subprocess.PIPE, text=True)


if __name__ == "__main__":
    import ours

    seeds, clock = sys.argv[1:]
    runs = measure.done(measure.our_runs(int(seeds)), ours.CONTESTANTS, clock=CLOCKS[clock])
    print(json.dumps(list(runs)))

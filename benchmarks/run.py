"""The benchmark: measures the parts that are asked for, and writes results.json and results.md."""

from trpo_lesson import one_thread  # noqa: F401 - before numpy

# isort: split
import argparse
import json
import re
from pathlib import Path

import kernels
import machine
import measure
import ours
import table
import untuned
import zoo
from rules import CLOCKS, QUICK, Size

HERE = Path(__file__).parent
RESULTS, TABLE = "results.json", "results.md"


def main(argv=None):
    """Measure part by part: what a part found is on the disk before the next one begins."""
    arguments = parser().parse_args(argv)
    size = QUICK if arguments.quick else Size()
    out = destination(arguments)
    for name in arguments.part or USUAL:
        about = machine.about() | {"clock": arguments.clock, "quick": arguments.quick}
        print(f"{name}: {about['processor']}, OpenBLAS core {about['openblas_core']}, load {about['load']}")
        runs = list(PARTS[name](size, arguments.clock))
        record(out, name, {"about": about, "settings": zoo.described(), "runs": runs})
    print(f"{out / TABLE}\n\n{(out / TABLE).read_text(encoding='utf-8')}")


def parser():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", action="append", choices=PARTS, help=f"(default: {', '.join(USUAL)})")
    parser.add_argument("--quick", action="store_true", help="a few minutes, too few seeds to judge")
    parser.add_argument("--clock", choices=CLOCKS, default="processor", help="(default: processor)")
    parser.add_argument(
        "--out", type=Path, help="directory (default: this one; with --quick _build/benchmarks)"
    )
    return parser


def destination(arguments):
    """The directory of the results: what is not the whole benchmark is not kept beside it."""
    return arguments.out or (HERE.parent / "_build/benchmarks" if arguments.quick else HERE)


def record(out, name, part):
    """Put a part in the place of the one of that name in results.json, and write the table of all parts."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / RESULTS
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    results[name] = part
    path.write_text(as_text(results), encoding="utf-8")
    (out / TABLE).write_text(table.page(results), encoding="utf-8")


def as_text(results):
    """JSON with each list of plain values on a line of its own."""
    text = json.dumps(results, indent=1) + "\n"
    return re.sub(r"\[[^][{}]*\]", lambda plain: " ".join(plain[0].split()), text)


def _in_turns(jobs):
    """The part in which all contestants do the jobs of `jobs(size)`."""

    def measured(size, clock):
        import peers  # only here: torch takes its time

        return measure.done(jobs(size), ours.CONTESTANTS | peers.CONTESTANTS, clock=CLOCKS[clock])

    return measured


PARTS = {
    "learning": _in_turns(measure.learning),
    "speed": _in_turns(measure.speed),
    "kernels": kernels.confirmed,
    "untuned": untuned.learned,
}
USUAL = ("learning", "speed", "kernels")

if __name__ == "__main__":
    main()

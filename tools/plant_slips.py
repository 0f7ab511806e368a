"""Plant mathematical slips that no operator swap makes, one by one, and see that the tests catch each.

A slip is a change that a person could make in good faith: gamma^2 for gamma, KL the other way round, rho
for d, the old and the new policy exchanged. slips.toml lists them. Each is planted in a copy of the package;
the tests named with it, which pass in an unharmed copy, must fail there. Without arguments all are planted,
else those whose name contains one of the words.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tools" / "slips.toml"
WORKERS = 2
PYTEST = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
TESTS_FAILED = 1  # pytest's exit code; any other says that the tests could not run


@dataclass(frozen=True)
class Slip:
    """In trpo_lesson/`file`, `right` becomes `wrong`; of tests/test_`tests`.py some test must fail then."""

    name: str
    file: str
    right: str
    wrong: str
    tests: list[str]


def first_red(tests, slip=None):
    """The first of `tests` to fail in a copy of the package with the slip planted in it; "" if none does."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for folder in ("trpo_lesson", "tests", "tools"):
            ignore = shutil.ignore_patterns("__pycache__", "node_modules", "browser")
            shutil.copytree(ROOT / folder, copy / folder, ignore=ignore)
        shutil.copy(ROOT / "pyproject.toml", copy)
        if slip:
            path = copy / "trpo_lesson" / slip.file
            path.write_text(planted(slip, path.read_text(encoding="utf-8")), encoding="utf-8")
        files = [f"tests/test_{name}.py" for name in tests]
        done = subprocess.run([*PYTEST, *files], cwd=copy, capture_output=True, text=True)
    if done.returncode not in (0, TESTS_FAILED):
        raise ValueError(f"{files}: expected tests that run, got\n{done.stdout[-2000:]}")
    red = re.search(r"^(?:FAILED|ERROR) (?:tests/)?(\S+)", done.stdout, re.M)
    return red[1] if red else ""


def planted(slip, source):
    """`source`, the text of the slip's file, with the slip in it; ValueError unless it has its place once."""
    count = source.count(slip.right)
    if count != 1:
        raise ValueError(f"{slip.name}: expected its text once in {slip.file}, got it {count} times")
    return source.replace(slip.right, slip.wrong)


def slips():
    """All slips of the list."""
    return [Slip(**entry) for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["slip"]]


def main(words):
    """Plant the chosen slips; the exit code is 1 if one of them was not caught."""
    chosen = [slip for slip in slips() if not words or any(word in slip.name for word in words)]
    if red := first_red(sorted({name for slip in chosen for name in slip.tests})):
        raise SystemExit(f"{red} fails with no slip planted: mend that first.")
    with ThreadPoolExecutor(WORKERS) as pool:
        reds = list(pool.map(lambda slip: first_red(slip.tests, slip), chosen))
    for slip, red in zip(chosen, reds, strict=True):
        print(f"{'caught' if red else 'MISSED'}  {slip.name} ({slip.file}) {red}")
    print(f"{sum(map(bool, reds))} of {len(reds)} slips caught")
    return 0 if all(reds) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "words", nargs="*", help="plant only the slips whose name contains one of these words"
    )
    sys.exit(main(parser.parse_args().words))

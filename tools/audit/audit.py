"""Measure what depends on the clock, for `make audit`: tables in _build/audit.md. It fails nothing.

Lighthouse sees the site as a reader's browser does, from this machine and compressed. Of RUNS visits the
median one is shown: a machine that does other things too is slow now and then.
"""

import json
import operator
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import browsers
import serve
import waits
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
BUILD = HERE.parent.parent / "_build"
PAGES = {
    "front page": "book/intro.html",
    "theory, chapter 3": "book/03_compare_two_policies.html",
    "training, chapter 15": "book/15_train_cartpole_and_pendulum.html",
}
KINDS = {"desktop": ["--preset=desktop"], "mobile": []}  # Lighthouse's own kind is a slow telephone
RUNS = 3
CATEGORIES = {
    "performance": "performance",
    "accessibility": "accessibility",
    "best-practices": "best practices",
    "seo": "SEO",
}
CHAPTER_SECONDS, TRAINING_SECONDS = 15, 90


@dataclass(frozen=True)
class Measure:
    """A number, and its goal such as "<= 1.5", "" where there is none."""

    number: float
    goal: str = ""

    @property
    def missed(self):
        """Whether the goal was not reached."""
        sign, _, limit = self.goal.partition(" ")
        return bool(sign) and not {"<=": operator.le, ">=": operator.ge}[sign](self.number, float(limit))

    def __str__(self):
        return f"**{self.number:g}** (goal {self.goal})" if self.missed else f"{self.number:g}"


def visit(address, kind, program):
    """Lighthouse's report of one visit."""
    flags = ["--headless=new", "--disable-background-networking", *["--no-sandbox"] * browsers.IS_ROOT]
    command = ["node", HERE / "node_modules/lighthouse/cli/index.js", address, *KINDS[kind], "--quiet"]
    command += ["--output=json", "--no-enable-error-reporting", f"--only-categories={','.join(CATEGORIES)}"]
    command += [f"--chrome-flags={' '.join(flags)}"]
    run = subprocess.run(
        command, env=os.environ | {"CHROME_PATH": program}, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(run.stdout)


def median(reports):
    """The report whose performance stands in the middle, the lower one of two."""
    ranked = sorted(reports, key=lambda report: report["categories"]["performance"]["score"])
    return ranked[(len(ranked) - 1) // 2]


def measures(report, kind):
    """column -> Measure of a report. The goals are those of a desktop."""
    goal = {"desktop": str}.get(kind, lambda _: "")
    row = {
        name: Measure(round(100 * report["categories"][key]["score"]), goal(">= 95"))
        for key, name in CATEGORIES.items()
    }
    seen = {key: audit.get("numericValue") for key, audit in report["audits"].items()}
    row["largest paint, s"] = Measure(round(seen["largest-contentful-paint"] / 1000, 2), goal("<= 1.5"))
    row["layout shift"] = Measure(round(seen["cumulative-layout-shift"], 4), goal("<= 0.02"))
    row["blocked, ms"] = Measure(round(seen["total-blocking-time"]))
    row["speed of the machine"] = Measure(round(report["environment"]["benchmarkIndex"]))
    return row


def lighthouse(address, program):
    """{"page, kind": {column: Measure}} for each page and kind."""
    found = {}
    for page, path in PAGES.items():
        for kind in KINDS:
            print(f"Lighthouse: {page}, {kind}", file=sys.stderr, flush=True)
            reports = [visit(address + path, kind, program) for _ in range(RUNS)]
            found[f"{page}, {kind}"] = measures(median(reports), kind)
    return found


def executions(seconds):
    """{chapter: {column: Measure}}, from `seconds` (page -> seconds to run it while the book was built)."""
    found = {}
    for page, number in seconds.items():
        name = page.removeprefix("book/")
        if name[:2].isdigit():
            limit = TRAINING_SECONDS if name.startswith("15_") else CHAPTER_SECONDS
            found[name] = {"seconds to run": Measure(number, f"<= {limit}")}
    return found


def live(address, program):
    """{row: {column: Measure}} of one reader who runs the training chapter; {} without live cells."""
    if not (BUILD / "html/_static/vendor/live/manifest.json").is_file():
        return {}
    first, solved = waits.live_waits(address, program, sandbox=not browsers.IS_ROOT)
    return {
        "from the click to the first result": {"seconds": Measure(round(first, 1), "<= 15")},
        "from there to a solved CartPole": {"seconds": Measure(round(solved, 1), "<= 20")},
    }


def table(title, rows):
    """A Markdown table of {row: {column: anything}}, all with the same columns."""
    columns = list(next(iter(rows.values()), {}))
    lines = [[title, *columns], ["---"] * (1 + len(columns))]
    lines += [[name, *(str(row[column]) for column in columns)] for name, row in rows.items()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def audit(address, program):
    """title -> rows of every table."""
    return {
        f"Lighthouse, median of {RUNS}": lighthouse(address, program),
        "Live cells": live(address, program),
        "Chapter": executions(json.loads((BUILD / "seconds.json").read_text(encoding="utf-8"))),
    }


def main():
    """Serve the built site, measure it, write and print the tables."""
    with sync_playwright() as playwright:
        program = browsers.program(playwright.chromium.executable_path)
    if program is None:
        sys.exit("make audit needs Chromium or Chrome on the PATH, or TRPO_BROWSER to name it")
    with serve.server(BUILD / "html") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = audit(f"http://localhost:{server.server_address[1]}/", program)
        server.shutdown()
    text = "\n".join(table(title, rows) for title, rows in found.items())
    (BUILD / "audit.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

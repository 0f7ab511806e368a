"""Run programs made of cells, each in a namespace of its own, and report what a reader would see.

    python cell_runner.py < programs.json > reports.json

A program is {"cells": [source, ...], "probes": [source, ...]}. Its report has for each cell what its last
expression shows and the error that it raised, and for each probe, run after all cells, the error or null.
"""

import ast
import json
import sys


def run(source, names):
    """What the last expression of `source` shows, and the error that it raised."""
    try:
        tree, last = ast.parse(source), None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        exec(compile(tree, "<cell>", "exec"), names)
        value = None if last is None else eval(compile(last, "<cell>", "eval"), names)
    except (Exception, SystemExit) as error:
        return {"shown": None, "error": f"{type(error).__name__}: {error}"}
    return {"shown": None if value is None else repr(value), "error": None}


def report(program):
    """The report of one program."""
    names = {"__name__": "__main__"}
    cells = [run(source, names) for source in program["cells"]]
    return {"cells": cells, "probes": [run(source, names)["error"] for source in program.get("probes", [])]}


if __name__ == "__main__":
    json.dump([report(program) for program in json.load(sys.stdin)], sys.stdout)

"""The history of a run, history.csv: a table with one row an iteration, added as it ends.

pandas.read_csv reads it as it stands. An undefined number (no episode ended in the batch) is an empty cell.
Seconds are those of the training itself, in all and by part; KL and delta are in nats; steps are environment
steps so far.
"""

import csv
import io
import os

import numpy as np

TRUTH = {"True": True, "False": False}
TYPES = {
    "iteration": int,
    "steps": int,
    "episodes": int,
    "mean_return": float,
    "surrogate_gain": float,
    "kl": float,
    "delta": float,
    "step_length": float,
    "accepted": TRUTH.__getitem__,
    "reason": str,
    "explained_variance": float,
    "effective_sample_size": float,
    "seconds": float,
}


def row(number, iteration):
    """The columns of an `Iteration`, the `number`-th from 1: those of TYPES, then the seconds by part."""
    returns, seconds = iteration.returns, iteration.seconds
    columns = {
        "iteration": number,
        "episodes": len(returns),
        "mean_return": np.mean(returns) if len(returns) else np.nan,
        "seconds": sum(seconds.values()),
    }
    columns = {name: columns[name] if name in columns else getattr(iteration, name) for name in TYPES}
    return columns | {f"seconds_{part}": spent for part, spent in seconds.items()}


def append(path, columns):
    """Add one row to the table at `path`, before the first its header: in one write, and down to the disk."""
    lines = io.StringIO(newline="")
    table = csv.writer(lines, lineterminator="\n")
    if not path.exists():
        table.writerow(columns)
    table.writerow(_text(name, value) for name, value in columns.items())
    with open(path, "a", encoding="utf-8", newline="") as file:
        file.write(lines.getvalue())
        file.flush()
        os.fsync(file.fileno())


def read(file):
    """The table in a binary file as a dict: the name of a column -> its values [K], one an iteration.

    A last line without its end was being written when the run was stopped: it is left out.
    Raises ValueError, naming the line, where the table is damaged.
    """
    text = file.read().decode("utf-8")
    lines = io.StringIO(text[: text.rfind("\n") + 1], newline="")
    header, *rows = list(csv.reader(lines, strict=True)) or [[]]
    if missing := set(TYPES) - set(header):
        raise ValueError(f"expected the columns {list(TYPES)}, got none named {sorted(missing)}")
    if not rows:
        raise ValueError("expected a row for each iteration, got none")
    for line, cells in enumerate(rows, start=2):
        if len(cells) != len(header):
            raise ValueError(f"line {line}: expected {len(header)} cells, got {len(cells)}")
    columns = zip(header, zip(*rows, strict=True), strict=True)
    return {name: np.array([_value(name, cell) for cell in cells]) for name, cells in columns}


def cut(table, number):
    """The bytes of a table after its `number`-th row: what is left of one row more is cut off.

    That is all a run that was killed can be ahead of its checkpoint. Raises ValueError where the rows are not
    1, ..., number, or more than one follows.
    """
    header, *rows = table.split(b"\n")[:-1] or [b""]
    if not number <= len(rows) <= number + 1:
        expected = f"expected {number} rows, as the checkpoint has iterations, or one more"
        raise ValueError(f"{expected}, got {len(rows)}")
    kept = b"".join(line + b"\n" for line in (header, *rows[:number]))
    if number and (found := read(io.BytesIO(kept))["iteration"].tolist()) != list(range(1, number + 1)):
        raise ValueError(f"expected the iterations 1 to {number}, got {found}")
    return kept


def summary(columns):
    """What came of a run, from the columns of its history; `mean_return` is None where no episode ended.

    mean_return, kl     of the last batch in which an episode ended; of the last update
    last_returns        mean returns of the last five batches in which an episode ended
    refused             updates that were refused
    """
    means = [float(mean) for mean in columns["mean_return"] if np.isfinite(mean)]
    return {
        "steps": int(columns["steps"][-1]),
        "iterations": len(columns["steps"]),
        "episodes": int(columns["episodes"].sum()),
        "mean_return": means[-1] if means else None,
        "last_returns": means[-5:],
        "kl": float(columns["kl"][-1]),
        "refused": int((~columns["accepted"]).sum()),
        "seconds": float(columns["seconds"].sum()),
    }


def _text(name, value):
    if TYPES.get(name, float) is not float:
        return value
    return "" if np.isnan(value) else float(value)


def _value(name, cell):
    kind = TYPES.get(name, float)
    return np.nan if kind is float and not cell else kind(cell)

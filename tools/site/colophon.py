"""What the foot of each page says of the book: its version and its date."""

import os
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGE = "trpo-lesson"


def setup(app):
    """Called by book_site.py; templates/colophon.html shows it."""
    app.connect("builder-inited", _find)


def _find(app):
    app.config.html_context |= {"book_version": version(PACKAGE), "book_date": date(Path(app.srcdir))}


def date(root):
    """The day (UTC) of SOURCE_DATE_EPOCH or of the last commit, such as 5 March 2026; None without either.

    Never that of the build: the same commit gives the same pages.
    """
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or _last_commit(root)
    return datetime.fromtimestamp(int(seconds), UTC).date() if seconds else None


def _last_commit(root):
    if not (root / ".git").exists():  # or git would take the commit of a checkout around
        return None
    try:
        log = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return log.stdout.strip()

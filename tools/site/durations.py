"""How long each notebook took to run for the book: _build/seconds.json, which make audit reads."""

import json
from pathlib import Path

from myst_nb.sphinx_ import NbMetadataCollector


def setup(app):
    """Called by book_site.py."""
    app.connect("build-finished", _write)


def _write(app, exception):
    runs = {page: NbMetadataCollector.get_exec_data(app.env, page) for page in sorted(app.env.found_docs)}
    seconds = {page: round(run["runtime"], 2) for page, run in runs.items() if run and run["runtime"]}
    Path(app.outdir).with_name("seconds.json").write_text(json.dumps(seconds, indent=1), encoding="utf-8")

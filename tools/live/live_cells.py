"""Live cells: every page of a notebook offers to start Python in the reader's browser.

What that takes was fetched by live_parts.py; live.js does the rest, after the reader's click. Here the
package joins, as a wheel of today's code. Where nothing was fetched no page has a button, and the build
says why.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import live_parts
from sphinx.util import logging

LIVE = "vendor/live"  # below the static files
PACKAGE, NEEDS = "trpo-lesson", ["gymnasium", "ipywidgets", "matplotlib", "numpy"]
OFFER = """
<div class="live-offer" hidden>
<button type="button" id="run-this-page" data-live="{place}">Run this page</button>
<p id="live-status" role="status">Edit and run the code here: Python starts in your browser.
It loads {megabytes:.0f} MB, once, and nothing leaves your machine.
Chrome, Edge, Firefox and Safari of the last two years can do it.</p>
</div>
"""


def setup(app):
    """Called by Sphinx."""
    app.connect("builder-inited", _say_if_missing)
    app.connect("html-page-context", _offer)
    app.connect("build-finished", _complete)
    return {"version": "1", "parallel_read_safe": True}


def fetched(app):
    """The folder of what was fetched, or None."""
    folder = Path(app.confdir) / "site_assets" / LIVE
    return folder if (folder / live_parts.READY).exists() else None


def _say_if_missing(app):
    if fetched(app):
        return
    reason = Path(app.confdir) / "site_assets" / LIVE / live_parts.MISSING
    why = reason.read_text(encoding="utf-8").strip() if reason.exists() else "nothing was fetched"
    logging.getLogger(__name__).info("The pages have no live cells: %s", why)


def _offer(app, pagename, templatename, context, doctree):
    """Put the offer below the title of a page whose cells the reader sees."""
    if doctree is None or 'class="cell_input' not in context["body"] or not fetched(app):
        return
    megabytes = sum(file["bytes"] for file in files(fetched(app))) / 1e6
    offer = OFFER.format(place=context["pathto"](f"_static/{LIVE}/", 1), megabytes=megabytes)
    context["body"] = context["body"].replace("</h1>", "</h1>" + offer, 1)
    app.add_css_file("live.css")
    app.add_js_file("live.js", defer="defer")
    if "exercise-verdict" in context["body"]:
        app.add_js_file("live_exercises.js", defer="defer")


def files(folder):
    """[{path, bytes}] of everything that a live page loads from `folder`, the largest first."""
    parts = [file for kind in ("python", "lite", "thebe") for file in (folder / kind).iterdir()]
    loaded = [file for file in parts if file.suffix not in {".mjs", ".txt"}]
    sized = [{"path": f"{file.parent.name}/{file.name}", "bytes": file.stat().st_size} for file in loaded]
    return sorted(sized, key=lambda file: (-file["bytes"], file["path"]))


def _complete(app, exception):
    """Add the package, and the list of all that is loaded."""
    folder = Path(app.outdir) / "_static" / LIVE
    if exception or not fetched(app):
        shutil.rmtree(folder, ignore_errors=True)
        return
    wheel = build_wheel(Path(app.confdir), folder / "python")
    lock = json.loads((folder / "python" / live_parts.LOCK).read_text(encoding="utf-8"))
    lock["packages"][PACKAGE] = live_parts.lock_entry(wheel, NEEDS)
    (folder / "python" / live_parts.LOCK).write_text(json.dumps(lock), encoding="utf-8")
    listed = {"files": files(folder), "packages": sorted(lock["packages"])}
    (folder / "manifest.json").write_text(json.dumps(listed), encoding="utf-8")


def build_wheel(project, folder):
    """A wheel of the package, made from a copy: setuptools leaves modules of earlier builds in place."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(project / name, scratch)
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(project / "trpo_lesson", Path(scratch) / "trpo_lesson", ignore=unwanted)
        offline = ("--no-deps", "--no-build-isolation", "--no-index", "-q")
        subprocess.run([sys.executable, "-m", "pip", "wheel", *offline, "-w", folder, scratch], check=True)
    (wheel,) = folder.glob(f"{PACKAGE.replace('-', '_')}-*.whl")
    return wheel

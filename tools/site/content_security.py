"""What each page may load and run: a Content-Security-Policy, computed from what the finished page holds.

Why it is so stands in docs/decisions/content-security.md.
"""

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

from sphinx.util import logging

logger = logging.getLogger(__name__)

# Everything comes from the site itself; fonts, pictures, workers and fetches fall under default-src.
EVERY_PAGE = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'self'"],
    "form-action": ["'self'"],
}
# What a page holds, and what it is allowed for that.
EXCEPTIONS = (
    # KaTeX sets heights and widths there, figures the colours of their roles.
    ("a style attribute", "style-src-attr", "'unsafe-inline'"),
    # The search takes the words around a hit out of the page it found, which it parses under its own policy.
    ("the search", "style-src-attr", "'unsafe-inline'"),
    # embed.js compiles the schema of the widgets' states into functions, and writes style sheets into the
    # page, in which JupyterLab's icons are data.
    ("widgets", "script-src", "'unsafe-eval'"),
    ("widgets", "style-src", "'unsafe-inline'"),
    ("widgets", "img-src", "'self' data:"),
    # thebe evaluates require.js, Pyodide is WebAssembly, the editor of cells writes style sheets. Pictures of
    # matplotlib are data, those of the widget Image blobs.
    ("live cells", "script-src", "'unsafe-eval'"),
    ("live cells", "style-src", "'unsafe-inline'"),
    ("live cells", "img-src", "'self' data: blob:"),
)
RUN = {
    "",
    "module",
    "importmap",
    "text/javascript",
    "application/javascript",
}  # other types of script are data
WIDGETS = "application/vnd.jupyter.widget-state+json"
CHARSET = re.compile(
    r"<meta charset=[^>]*>"
)  # it must stand among the first kilobyte, so the policy comes after
OLD = re.compile(r'\n<meta http-equiv="Content-Security-Policy"[^>]*>')


def setup(app):
    """Called by book_site.py. Last of all: the hashes are those of the finished pages."""
    app.connect("build-finished", _protect, priority=999)


class Page(HTMLParser):
    """What a page `holds` that its policy must know, its `inline` scripts and styles, what is `refused`."""

    def __init__(self, html):
        super().__init__()
        self.holds, self.inline, self.refused, self._inside = set(), {"script": [], "style": []}, [], None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        """Called by the parser; so is the next."""
        values = {name: value or "" for name, value in attributes}
        marks = {
            "a style attribute": "style" in values,
            "the search": tag == "script" and "searchtools.js" in values.get("src", ""),
            "widgets": tag == "script" and values.get("type") == WIDGETS,
            "live cells": "data-live" in values,
        }
        self.holds |= {what for what, is_here in marks.items() if is_here}
        self.refused += [f'{name}="{value}"' for name, value in values.items() if _runs(name, value)]
        self._inside = None
        if tag == "style" or (tag == "script" and "src" not in values and values.get("type", "") in RUN):
            self._inside = self.inline[tag]
            self._inside.append("")

    def handle_data(self, text):
        """Called by the parser, which gives the text of a script in one piece or several."""
        if self._inside is not None:
            self._inside[-1] += text

    def handle_endtag(self, tag):
        """Called by the parser."""
        self._inside = None


def _runs(name, value):
    """Whether an attribute is a script: `onclick`, or a link of the kind `javascript:`."""
    return name.startswith("on") or value.strip().lower().startswith("javascript:")


def policy(page):
    """The policy of a `Page`."""
    allowed = {directive: list(sources) for directive, sources in EVERY_PAGE.items()}
    for what, directive, sources in EXCEPTIONS:
        if what in page.holds:
            kept = allowed.setdefault(directive, [])
            kept += [source for source in sources.split() if source not in kept]
    for tag, texts in page.inline.items():
        kept = allowed[f"{tag}-src"]
        if "'unsafe-inline'" not in kept:  # a hash would take it back
            kept += sorted({f"'sha256-{_hash(text)}'" for text in texts})
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in allowed.items())


def _hash(text):
    return b64encode(hashlib.sha256(text.encode()).digest()).decode()


def protected(html):
    """`html` with its policy before anything that it concerns, and what is wrong with the page."""
    html = OLD.sub("", html)
    page = Page(html)
    wrong = [f"{attribute} is a script, which the page's policy refuses" for attribute in page.refused]
    if not CHARSET.search(html):
        wrong.append("without <meta charset> there is no place for its policy")
    meta = f'\n<meta http-equiv="Content-Security-Policy" content="{policy(page)}">'
    return CHARSET.sub(lambda charset: charset[0] + meta, html, count=1), wrong


def _protect(app, exception):
    """Write the policies into every page; what the theme keeps in _static is none."""
    site = Path(app.outdir)
    for file in [] if exception else sorted(site.rglob("*.html")):
        name = file.relative_to(site).as_posix()
        if not name.startswith("_static/"):
            html, wrong = protected(file.read_text(encoding="utf-8"))
            file.write_text(html, encoding="utf-8")
            for problem in wrong:
                logger.warning("%s: %s", name, problem)

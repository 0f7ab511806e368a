"""Numbers by chapter: equation 3.7 is the seventh of chapter 3, whatever else the book has.

A chapter's number stands in the name of its file. Sphinx counts chapters in the order of the contents: with a
chapter still to be written, every later number would change.
"""

import re

from docutils import nodes
from sphinx.environment.collectors.toctree import TocTreeCollector


def setup(app):
    """Called by book_site.py. Later than Sphinx's own counting (500), which this replaces."""
    app.connect("env-get-updated", _number, priority=600)


def number(page):
    """What a page's numbers begin with: nothing in the introduction.

    ("3",) in book/03_…, ("E3",) in book/exercises/03_…, ("P",) in book/proofs.
    """
    *folders, name = page.split("/")
    numbered = re.match(r"(\d\d)_", name)
    if numbered:
        return (("E" if "exercises" in folders else "") + str(int(numbered[1])),)
    return () if name == "intro" else (name[0].upper(),)


def _number(app, env):
    """Number figures, equations and theorems by chapter; put the number before the chapter's title too."""
    for page in env.found_docs:
        env.toc_secnumbers[page] = {"": number(page)}
    TocTreeCollector().assign_figure_numbers(env)
    for page in env.found_docs:
        env.toc_secnumbers[page] = {}
        title = next(env.get_doctree(page).findall(nodes.section), None)
        if title is not None and "".join(number(page)).isdigit():
            env.toc_secnumbers[page] = {f"#{title['ids'][0]}": number(page)}
            next(env.tocs[page].findall(nodes.reference))["secnumber"] = number(page)
    return []

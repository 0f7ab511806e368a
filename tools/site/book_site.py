"""The book's Sphinx extension: its parts, and what every page needs.

Why stands in docs/decisions/. Templates are beside this file, styles and scripts in site_assets/.
"""

import html
import re
from functools import partial
from pathlib import Path

import chapter_numbers
import chinese
import colophon
import content_security
import durations
import exercises
import formulas
import icons
import ledger_pages
import publishing
import reference
import sliders
from docutils import nodes
from myst_nb.core.execute import direct

from trpo_lesson.show import theme

DESCRIPTION_LENGTH = 160  # what search engines show
UNUSED = (
    "scripts/fontawesome.js*",
    "**/*.map",
    "*webpack-macros.html",
)  # of the theme: 5 MB that no page loads
FRONT_DOOR = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="_static/favicon.svg">
<meta http-equiv="refresh" content="0; url={first}">
<p><a href="{first}">{title}</a></p>
</html>
"""
SOURCE_BLOCK = re.compile(r'(<div class="viewcode-block" id="[^"]*">)\n(<a class="viewcode-back".*?</a>)\n')


def setup(app):
    """Called by Sphinx."""
    _join_prints()
    app.connect("builder-inited", _write_figure_colours)
    app.connect("builder-inited", _write_front_door)
    app.connect("html-page-context", _describe_page)
    app.connect("html-page-context", _mend_body)
    app.connect("html-page-context", _name_folds, priority=900)  # after the theme has put its function there
    app.connect("build-finished", _drop_unused)
    parts = (chapter_numbers, chinese, colophon, content_security, durations, exercises, formulas)
    for part in (*parts, icons, ledger_pages, publishing, reference, sliders):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True}


def _join_prints():
    """Let nbclient join what a cell prints: a kernel sends it in pieces, cut by a clock, also within a line.

    MyST-NB has no setting for it, and its own nb_merge_streams puts a line break at each cut.
    """
    direct.single_nb_execution = partial(direct.single_nb_execution, coalesce_streams=True)


def _write_figure_colours(app):
    """The colours of the roles stand in the package, once; the page gets them as a style sheet."""
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    (static / "roles.css").write_text(theme.css(), encoding="utf-8")
    app.add_css_file("roles.css")


def _write_front_door(app):
    """index.html leads to the introduction. The one it replaces names no icon: browsers ask in vain."""
    page = {"title": html.escape(app.config.html_title), "first": f"{app.config.root_doc}.html"}
    (Path(app.outdir) / "index.html").write_text(FRONT_DOOR.format_map(page), encoding="utf-8")


def _describe_page(app, pagename, templatename, context, doctree):
    """Put the page's first paragraph into its meta description, unless the author wrote one."""
    if doctree is None or 'name="description"' in context.get("metatags", ""):
        return
    text = page_description(doctree)
    if text:
        context["metatags"] = (
            context.get("metatags", "") + f'<meta name="description" content="{html.escape(text)}">\n'
        )


def page_description(doctree):
    """The first paragraph of running text, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > DESCRIPTION_LENGTH:
            text = text[: DESCRIPTION_LENGTH - 1].rsplit(" ", 1)[0] + "…"
        if text:
            return text
    return ""


def _mend_body(app, pagename, templatename, context, doctree):
    """What docutils and sphinx-proof write against the rules of HTML, and viewcode with empty lines."""
    if "body" in context:
        context["body"] = mended_body(context["body"])


def mended_body(body):
    """`body` with bibliography entries as items of their list, and without the ids that every proof gets.

    In a page of source no empty line stands before or after a block that has documentation.
    """
    body = body.replace('role="doc-biblioentry"', 'role="listitem"').replace(' id="proof-content"', "")
    body = body.replace('class="proof admonition" id="proof"', 'class="proof admonition"')
    body = SOURCE_BLOCK.sub(r"\1\2", body)
    return body.replace("</div>\n\n<span", "</div><span") if "viewcode-block" in body else body


def _name_folds(app, pagename, templatename, context, doctree):
    """Let each fold of the contents say what it holds: the theme gives it an arrow and no name."""
    contents = context.get("generate_toctree_html")
    if contents:
        context["generate_toctree_html"] = lambda **options: named_folds(str(contents(**options)))


def named_folds(contents):
    """`contents` (HTML) with a name for each fold, after the page whose sections it holds."""

    def name(fold):
        title = html.escape(html.unescape(re.sub(r"<[^>]*>", "", fold[2])), quote=True)
        return f'{fold[1]} aria-label="Pages of: {title}">'

    return re.sub(r"(<a [^>]*>((?:(?!</a>).)*)</a><details[^>]*><summary)>", name, contents, flags=re.DOTALL)


def _drop_unused(app, exception):
    """Leave out of the site what the theme brings and no page loads."""
    for pattern in UNUSED:
        for file in (Path(app.outdir) / "_static").glob(pattern):
            file.unlink()

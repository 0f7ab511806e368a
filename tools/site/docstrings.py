"""Docstrings on the page: paragraphs, lists of fields and code, told from each other by how they are set."""

import re
from itertools import pairwise

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

FIELD = re.compile(r"(?P<name>\S+(?: \S+)*) {2,}(?P<meaning>\S.*)")
SHAPE = re.compile(r"(?P<shape>\[[^\]]*\]) {2,}(?P<meaning>.*)")
CODE = re.compile(r"`([^`]+)`")
ENDS_A_LINE = (".", ":", ";")
FULL = 95  # characters: a line of the source that is longer had to end


class Docstring(SphinxDirective):
    """`.. docstring::` with a docstring's lines as its content."""

    has_content = True

    def run(self):
        """One container, in which quotes and dashes stay as they are."""
        return [nodes.container("", *parsed(self.content), classes=["docstring"], support_smartquotes=False)]


def parsed(lines):
    """The nodes of a docstring's `lines`; empty lines stand between its blocks."""
    block, found = [], []
    for line in [*lines, ""]:
        kind = _kind(line, block)
        if block and kind is not block[0][0]:
            found.append(block[0][0]([text for _, text in block]))
            block = []
        if kind:
            block.append((kind, line))
    return found


def _kind(line, block):
    """The function that makes a node of a block with this line, or None; `block` holds what stands before."""
    if not line.strip():
        return None
    if line.startswith(" "):  # what a field has to say goes on there; elsewhere it is code
        return block[0][0] if block and block[0][0] is _fields else _code
    return _fields if FIELD.fullmatch(line) else _prose


def _prose(lines):
    joined = [lines[0]]
    for before, line in pairwise(lines):
        if before.endswith(ENDS_A_LINE) and len(before) < FULL:
            joined.append(line)
        else:
            joined[-1] += f" {line}"
    return nodes.line_block("", *(nodes.line("", "", *_inline(line)) for line in joined))


def _fields(lines):
    rows = []
    for line in lines:
        if line.startswith(" "):
            rows[-1][1] += f" {line.strip()}"
        else:
            rows.append([*FIELD.fullmatch(line).groups()])
    return nodes.field_list("", *(_field(*row) for row in rows))


def _field(name, meaning):
    shaped = SHAPE.fullmatch(meaning)
    label = [nodes.literal("", name)]
    if shaped:
        label.append(nodes.Text(f" {shaped['shape']}"))
        meaning = shaped["meaning"]
    body = nodes.field_body("", nodes.paragraph("", "", *_inline(meaning)))
    return nodes.field("", nodes.field_name("", "", *label), body)


def _code(lines):
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    text = "\n".join(line[margin:] for line in lines)
    return nodes.literal_block(text, text, language="text")


def _inline(text):
    parts = CODE.split(text)  # outside and inside the backticks, in turns
    return [nodes.literal("", part) if i % 2 else nodes.Text(part) for i, part in enumerate(parts) if part]

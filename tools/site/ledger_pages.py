"""The ledger on the site: its page, the counts, and a line below each equation that leads to its code.

ledger.py reads; here stands what readers see of it. docs/decisions/ledger.md says why.
"""

from functools import cache
from pathlib import Path
from posixpath import join

import chapter_numbers
import ledger
from docutils import nodes
from marks import short
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

logger = logging.getLogger(__name__)
PAGE = "book/ledger"
SOURCES = "_modules"  # where sphinx.ext.viewcode writes the package's code

ENTRY = """
````{{div}} ledger-entry

(ledger-{label})=
{{eq}}`{label}` in {place}

$$
{tex}
$$

{checks}
````
"""


def setup(app):
    """Called by book_site.py."""
    app.add_directive("ledger", LedgerDirective)
    app.add_role("ledger-count", CountRole())
    app.add_role("ledger-code", CodeRole())
    app.add_role("ledger-cell", CellRole())
    app.add_post_transform(CodeBelowEquations)
    app.connect("builder-inited", lambda app: entries.cache_clear())
    app.connect("doctree-read", _anchor_cells)
    app.connect("env-check-consistency", _compare)


@cache
def entries(root):
    """The ledger of the book below `root`, read once a build."""
    return ledger.read(Path(root))


def entry_markdown(entry):
    """An entry of the page: the equation, where it stands, its code, its tests and its cells."""
    equation = entry.equation
    theorem = f"{{prf:ref}}`{equation.theorem}`, " if equation.theorem else ""
    code = ", ".join(f"{{ledger-code}}`{function}`" for function in entry.functions)
    cells = ", ".join(f"{{ledger-cell}}`{cell.page}#{cell.anchor}`" for cell in entry.cells)
    tests = [f"{mark.sentence} (`tests/{mark.file}`)" for mark in entry.marks] or ["none yet."]
    lines = [("Code", code), *(("Test", test) for test in tests), ("On the page", cells)]
    checks = "\n".join(f"- {name}: {text}" for name, text in lines if text)
    place = f"{theorem}“{equation.heading}”"
    return ENTRY.format(label=equation.label, tex=equation.tex, place=place, checks=checks)


class LedgerDirective(SphinxDirective):
    """`{ledger}`: every equation of the book, by chapter."""

    def run(self):
        """The nodes of the whole list."""
        text, page = "", None
        for entry in entries(self.env.srcdir):
            if entry.equation.page != page:
                page = entry.equation.page
                text += f"\n## {'. '.join([*chapter_numbers.number(page), entry.equation.title])}\n"
            text += entry_markdown(entry)
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class CountRole(SphinxRole):
    """`{ledger-count}`equations``: how many there are; also functions, tests, chapters."""

    def run(self):
        """The number, as text."""
        return [nodes.Text(str(ledger.counts(entries(self.env.srcdir))[self.text]))], []


class CodeRole(SphinxRole):
    """`{ledger-code}`trpo_lesson.exact.values.visitation``: a link to the source of the function."""

    def run(self):
        """The link."""
        return [code_link(self.env.app.builder, self.env.docname, self.text)], []


class CellRole(SphinxRole):
    """`{ledger-cell}`book/03_…#check-eq-…``: a link to a cell of a chapter."""

    def run(self):
        """The link."""
        page, anchor = self.text.split("#")
        uri = self.env.app.builder.get_relative_uri(self.env.docname, page)
        return [nodes.reference("", "the cell that checks it", refuri=f"{uri}#{anchor}", internal=True)], []


def code_link(builder, page, function):
    """A link from `page` to the source of a function of the package."""
    name = short(function)
    inside = name.split(".", 1)[1]
    uri = builder.get_relative_uri(page, join(SOURCES, *function.removesuffix(f".{inside}").split(".")))
    return nodes.reference("", "", nodes.literal("", name), refuri=f"{uri}#{inside}", internal=True)


class CodeBelowEquations(SphinxPostTransform):
    """Below each numbered equation a small line: its code, and its entry in the ledger."""

    default_priority = 200
    formats = ("html",)

    def run(self, **_):
        """Insert the lines."""
        known = {entry.equation.label: entry for entry in entries(self.env.srcdir)}
        for equation in list(self.document.findall(nodes.math_block)):
            entry = known.get(equation.get("label"))
            if entry and entry.functions:
                place = equation.parent.index(equation) + 1
                equation.parent.insert(place, self.line(entry))

    def line(self, entry):
        """The line of one equation."""
        builder, page = self.app.builder, self.env.docname
        line = nodes.paragraph("", "code: ", classes=["equation-code"])
        for number, function in enumerate(entry.functions):
            line += [nodes.Text(", ")] * bool(number) + [code_link(builder, page, function)]
        if PAGE in self.env.found_docs:
            uri = f"{builder.get_relative_uri(page, PAGE)}#ledger-{entry.equation.label}"
            line += [nodes.Text(" · "), nodes.reference("", "checks", refuri=uri, internal=True)]
        return line


def _anchor_cells(app, doctree):
    """Give the code cells that check an equation the id by which the ledger names them."""
    known = {
        (cell.page, cell.label, cell.nth): cell.anchor
        for entry in entries(app.srcdir)
        for cell in entry.cells
    }
    seen = []
    for box in doctree.findall(nodes.container):
        for name in box.get("classes", []):
            label = name.removeprefix("tag_")
            if label != name and label.startswith(ledger.PREFIX):
                seen.append(label)
                anchor = known.get((app.env.docname, label, seen.count(label)))
                box["ids"] += [anchor] if anchor else []


def _compare(app, env):
    """Warn of an equation that the site numbers and the ledger has not seen, as one of a {math} directive."""
    numbered = env.get_domain("math").equations
    for label in numbered.keys() - {entry.equation.label for entry in entries(app.srcdir)}:
        logger.warning("%s: number with $$ … $$ (%s), or the ledger misses it", numbered[label][0], label)

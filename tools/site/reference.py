"""The pages of the package: every public function and class with its docstring, and a link to its source."""

import ast
from importlib.util import find_spec
from pathlib import Path

import ledger_pages
from docstrings import Docstring
from sphinx.util.docutils import SphinxDirective

MODULE = """
## {name}

```{{eval-rst}}
.. automodule:: {module}
   :members:
```
"""


def setup(app):
    """Called by book_site.py; sphinx.ext.autodoc and sphinx.ext.viewcode do the work."""
    app.add_directive("modules-of", ModulesOf)
    app.add_directive("docstring", Docstring)
    app.connect("autodoc-process-docstring", _as_it_is)


def modules(package):
    """The public modules of a package with something to say, by name, those of its packages included."""
    folder = Path(find_spec(package).submodule_search_locations[0])
    files = sorted(folder.rglob("*.py"))
    named = {".".join([package, *file.relative_to(folder).with_suffix("").parts]): file for file in files}
    return [name for name, file in named.items() if not name.split(".")[-1].startswith("_") and _speaks(file)]


def _speaks(file):
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) is not None


class ModulesOf(SphinxDirective):
    """`{modules-of} trpo_lesson.exact`: a section for each module of the package."""

    required_arguments = 1

    def run(self):
        """The nodes of all sections."""
        text = "".join(
            MODULE.format(name=module.split(".", 1)[1], module=module)
            for module in modules(self.arguments[0])
        )
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def _as_it_is(app, what, name, thing, options, lines):
    """Show docstrings as what they are (docstrings.py), and lead from each function to its equations."""
    labels = [entry.equation.label for entry in ledger_pages.entries(app.srcdir) if name in entry.functions]
    computes = ["", "Computes " + ", ".join(f":eq:`{label}`" for label in labels) + ".", ""] if labels else []
    lines[:] = [".. docstring::", "", *(f"   {line}" for line in lines), "", *computes]

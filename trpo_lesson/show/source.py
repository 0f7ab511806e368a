"""Packaged code on the page: what a chapter imports, it can also show."""

import html
import inspect
import textwrap
from dataclasses import dataclass
from pathlib import PurePath

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer


@dataclass(frozen=True)
class Source:
    """Source code that shows itself highlighted, with the classes by which pages colour their own code.

    name   "visitation"
    where  "trpo_lesson/exact/values.py", or "a cell of this notebook"
    line   the line of that file where `code` begins
    code   the text, without the indentation of a method
    """

    name: str
    where: str
    line: int
    code: str

    def _repr_html_(self):
        caption = f'<div class="source-caption">{html.escape(self.where)}, line {self.line}</div>'
        return caption + highlight(self.code, PythonLexer(), HtmlFormatter(cssclass="highlight"))

    def __repr__(self):
        return f"{self.name} in {self.where}"


def show_source(code):
    """The source of a function, a generator function or a class, as a `Source` that the notebook shows.

    As plain text it is only its name and file: stored outputs must not change with every line that moves.
    Raises TypeError for what is not written in Python, such as a builtin or a number.
    """
    if not (inspect.isfunction(code) or inspect.isclass(code)):
        raise TypeError(f"expected a function or a class written in Python, got {code!r}")
    lines, first = inspect.getsourcelines(code)
    return Source(code.__qualname__, _where(code), first, textwrap.dedent("".join(lines)))


def _where(code):
    if code.__module__ == "__main__":
        return "a cell of this notebook"
    depth = code.__module__.count(".") + 1  # the file below its top package, not its place on this machine
    return "/".join(PurePath(inspect.getsourcefile(code)).parts[-depth:])

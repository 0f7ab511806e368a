"""The tests that prove equations: marks `@pytest.mark.equation("eq-name", module.function)`, read from files.

Nothing is imported or run: the imports of the test file say which function of the package a mark means.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

MARK = "pytest.mark.equation"


@dataclass(frozen=True)
class Mark:
    """A test marked with an equation; `function` is "trpo_lesson.exact.values.visitation", "" if unknown."""

    label: str
    function: str
    file: str
    test: str
    runs_it: bool

    @property
    def sentence(self):
        """The name of the test, which is a true sentence."""
        return self.test.removeprefix("test_").replace("_", " ")


def marks_of(source, file):
    """The marks of a test file, in order; one that is no decorator of a test has the test ""."""
    tree = ast.parse(source)
    imported = _imported(tree)
    tests = {
        id(mark): test
        for test in tree.body
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")
        for mark in test.decorator_list
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == MARK:
            label, function = (*node.args, None, None)[:2]
            label = label.value if isinstance(label, ast.Constant) else ""
            function = _dotted(function, imported)
            test = tests.get(id(node))
            named = _named_in(test, tree, imported) if test else set()
            runs_it = bool({function, _as_method(function)} & named)
            found.append(Mark(label, function, file, test.name if test else "", runs_it))
    return found


def _imported(tree):
    """name in the file -> dotted name, for what the file imports at its top."""
    names = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _dotted(expression, imported):
    """ "trpo_lesson.exact.values.visitation" for `values.visitation`, "" for what is no imported name."""
    if not isinstance(expression, ast.Name | ast.Attribute):
        return ""
    first, *rest = ast.unparse(expression).split(".")
    return ".".join([imported[first], *rest]) if first in imported else ""


def _as_method(function):
    """ ".jacobian" for "….SoftmaxPolicy.jacobian", as a test has the object; the name itself otherwise."""
    *_, owner, name = ("", *function.split("."))
    return f".{name}" if owner[:1].isupper() else function


def _named_in(test, tree, imported):
    """The dotted names that a test names, and what it names of its file: helpers, fixtures, constants.

    What it takes from an object, such as a method, is named ".jacobian".
    """
    of_file = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            of_file[node.name] = node
        elif isinstance(node, ast.Assign):
            of_file |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
    seen, waiting, named = {test.name}, [test], set()
    while waiting:
        for node in _without_marks(waiting.pop()):
            named |= {_dotted(node, imported), f".{getattr(node, 'attr', '')}"}
            name = getattr(node, "id", None) or getattr(node, "arg", None)  # a fixture is an argument
            if name in of_file and name not in seen:
                seen.add(name)
                waiting.append(of_file[name])
    return named


def _without_marks(node):
    """Every node below, less the marks: what only the mark names, the test does not run."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.Call) and ast.unparse(child.func) == MARK):
            yield from _without_marks(child)


def definition(root, function):
    """The line of the file where a public function or method of the package is defined; None if nowhere."""
    parts = function.split(".")
    if any(part.startswith("_") for part in parts):
        return None
    for depth in range(len(parts) - 1, 0, -1):
        path = Path(root, *parts[:depth]).with_suffix(".py")
        if path.is_file():
            return _line(ast.parse(path.read_text(encoding="utf-8")), parts[depth:])
    return None


def _line(node, names):
    if not names:
        return node.lineno
    inside = (child for child in node.body if isinstance(child, ast.FunctionDef | ast.ClassDef))
    return next((_line(child, names[1:]) for child in inside if child.name == names[0]), None)


def short(function):
    """ "values.visitation" for "trpo_lesson.exact.values.visitation": as the chapters write it."""
    return ".".join(function.split(".")[2:])

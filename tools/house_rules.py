"""The rules of the house that a program can check; tests/test_layout.py holds the tree to them.

Each rule takes sources and returns what breaks it, a line each: an empty list is a clean bill.
"""

import ast
import re
import sys

# What a layer may import from the package; `exact` and `sampled` never meet, `steps` knows neither.
LAYERS = {
    "steps": {"steps"},
    "exact": {"steps", "exact"},
    "sampled": {"steps", "sampled"},
    "checks": {"steps", "exact", "sampled", "checks"},
    "show": {"steps", "exact", "sampled", "show"},
    # The command line: its one thread, its commands, and the program itself.
    "one_thread": set(),
    "commands": {"steps", "exact", "sampled", "show", "commands"},
    "__main__": {"steps", "exact", "sampled", "checks", "show", "commands", "one_thread", "__main__"},
}
# What it may import from elsewhere when it is imported itself; the standard library is always there.
LIBRARIES = {
    "steps": {"numpy"},
    "exact": {"numpy"},
    "sampled": {"numpy", "gymnasium"},
    "checks": {"numpy"},
    "show": {"numpy", "matplotlib", "ipywidgets", "IPython", "pygments"},
    "one_thread": set(),
    "commands": {"numpy", "gymnasium"},
    "__main__": {"numpy", "gymnasium"},
}
ONLY_IN_SHOW = {"matplotlib", "ipywidgets", "IPython"}
VAGUE_NAMES = {"utils", "helpers", "common", "core", "base"}
PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
NO_PICKLES = {"joblib.Parallel", "joblib.delayed", "joblib.parallel_config"}  # read no file
RANDOM = {"default_rng", "Generator", "SeedSequence", "BitGenerator", "PCG64", "Philox"}
SILENT = {"steps", "exact", "sampled"}
MAX_FILE, MAX_BODY, MAX_CELL, MAX_CELLS, MAX_FIGURE_CELL = 200, 25, 15, 25, 3
HIDING = re.compile(r"hide-|remove-|raises-exception|skip-execution|nbval-skip")


def layer(path):
    """`trpo_lesson/exact/mdp.py` -> "exact"; `trpo_lesson/__main__.py` -> "__main__"."""
    return path.split("/")[1].removesuffix(".py")


def imports(tree):
    """(line, dotted name, at import time) of every import, `from a.b import c` as a.b.c."""
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield node.lineno, name, id(node) not in inside


def import_rules(path, source):
    """Imports point from lower layers to higher ones, and each layer needs only libraries of its own."""
    here = layer(path)
    if here == "__init__":
        return []
    if here not in LAYERS:
        return [f"{path}: expected one of the layers {', '.join(LAYERS)}, got {here}"]
    wrong = []
    for line, name, at_import in imports(ast.parse(source)):
        top = name.split(".")[0]
        if name.startswith("."):
            wrong.append(f"{path}:{line}: a relative import ({name}) hides which file to open")
        elif top == "trpo_lesson":
            if name.split(".")[1] not in LAYERS[here]:
                wrong.append(f"{path}:{line}: {here} imports {name}")
        elif top not in sys.stdlib_module_names | LIBRARIES[here]:
            deferred = not at_import and here not in {"steps", "exact"} and top not in ONLY_IN_SHOW
            if not deferred:
                wrong.append(f"{path}:{line}: {here} imports {name}")
    return wrong


def file_rules(path, source):
    """Names say what is inside, files and functions are short, what is public says what it is for."""
    wrong = []
    if VAGUE_NAMES & set(path.removesuffix(".py").split("/")):
        wrong.append(f"{path}: a name that says nothing about what is inside")
    if source.count("\n") > MAX_FILE:
        wrong.append(f"{path}: {source.count(chr(10))} lines, at most {MAX_FILE}")
    tree = ast.parse(source)
    if not ast.get_docstring(tree):
        wrong.append(f"{path}: no docstring")
    if path.endswith("__init__.py") and tree.body[1:]:
        wrong.append(f"{path}: more than a docstring; an import names the file to open")
    return wrong + [f"{path}:{line}: {problem}" for line, problem in _definition_problems(tree)]


def _definition_problems(tree):
    private = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef)
        or (isinstance(outer, ast.ClassDef) and outer.name.startswith("_"))
        for inner in ast.walk(outer)
        if inner is not outer
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if not (node.name.startswith("_") or id(node) in private or ast.get_docstring(node)):
            yield node.lineno, f"{node.name} has no docstring"
        if not isinstance(node, ast.ClassDef) and body_length(node) > MAX_BODY:
            yield node.lineno, f"{node.name} has {body_length(node)} lines, at most {MAX_BODY}"


def body_length(function):
    """Lines of the body without its docstring."""
    first = function.body[1:] if ast.get_docstring(function) else function.body
    return first[-1].end_lineno - first[0].lineno + 1 if first else 0


def safety_rules(path, source):
    """No pickle is loaded, no global random state is touched, and the mathematics prints nothing."""
    tree = ast.parse(source)
    wrong = [
        f"{path}:{line}: imports {name}, which runs what it loads"
        for line, name, _ in imports(tree)
        if name.split(".")[0] in PICKLES and name not in NO_PICKLES
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and _is_true(node.value):
            wrong.append(f"{path}:{node.value.lineno}: allow_pickle=True")
        if isinstance(node, ast.Attribute) and _is_global_random(node):
            wrong.append(f"{path}:{node.lineno}: {ast.unparse(node)} is global; pass an rng")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print" and _is_silent(path):
            wrong.append(f"{path}:{node.lineno}: prints")
    return wrong


def _is_true(node):
    return not (isinstance(node, ast.Constant) and node.value is False)


def _is_global_random(node):
    owner = ast.unparse(node.value)
    return (owner in {"np.random", "numpy.random"} and node.attr not in RANDOM) or (owner, node.attr) == (
        "random",
        "seed",
    )


def _is_silent(path):
    return path.startswith("trpo_lesson/") and layer(path) in SILENT


def notebook_rules(path, notebook):
    """A chapter has a title, runs as it stands, hides nothing, and has short cells and captioned figures."""
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    wrong = []
    if not cells or cells[0]["cell_type"] != "markdown" or not _text(cells[0]).startswith("# "):
        wrong.append(f"{path}: expected a title in the first cell")
    if len(code) > MAX_CELLS:
        wrong.append(f"{path}: {len(code)} code cells, at most {MAX_CELLS}")
    if notebook["metadata"].get("mystnb", {}).get("execution_allow_errors"):
        wrong.append(f"{path}: allows errors")
    for cell in cells:
        tags = [tag for tag in cell["metadata"].get("tags", []) if HIDING.match(tag)]
        wrong += [f"{path}, cell {cell.get('id')}: the tag {tag}" for tag in tags]
    for cell in code:
        wrong += [f"{path}, cell {cell.get('id')}: {problem}" for problem in _cell_problems(cell)]
    return wrong


def _cell_problems(cell):
    source = _text(cell)
    lines = source.splitlines()
    python = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)
    if not source.strip():
        yield "is empty"
    if len(lines) > MAX_CELL:
        yield f"{len(lines)} lines, at most {MAX_CELL}"
    if any(name.endswith(".*") for _, name, _ in imports(ast.parse(python))):
        yield "import *"
    if "sys.path" in source:
        yield "changes sys.path"
    yield from safety_rules("", python)
    figure = cell["metadata"].get("mystnb", {}).get("figure")
    if figure is not None:
        if not (figure.get("caption") and figure.get("name")):
            yield "a figure needs a caption and a name"
        if len(lines) > MAX_FIGURE_CELL:
            yield f"a figure's cell of {len(lines)} lines, at most {MAX_FIGURE_CELL}: drawing lives in show/"
    if any(output.get("name") == "stderr" or output["output_type"] == "error" for output in cell["outputs"]):
        yield "an error or a warning among its outputs"


def _text(cell):
    return "".join(cell["source"])


def prose_rules(path, text):
    """Pictures have words, formulas are numbered in the way that every renderer knows, dropdowns fold."""
    wrong = []
    for number, line in enumerate(text.splitlines(), start=1):
        place = f"{path}:{number}"
        if re.search(r"!\[\s*\]\(", line) or re.search(r"<img(?![^>]*\balt=\"[^\"]+\")", line):
            wrong.append(f"{place}: a picture without alt text")
        if re.search(r"\\(label|eqref|tag)\b", line):
            wrong.append(f"{place}: number with $$ … $$ (eq-name), refer with {{eq}}`eq-name`")
        if re.search(r"\\begin\{(align|equation|gather|multline)\*?\}", line):
            wrong.append(f"{place}: write \\begin{{aligned}} inside $$ … $$")
    for directive in re.finditer(
        r"^ *(`{3,}|:{3,})\{(\w[\w:-]*)\}.*\n((?:.*\n)*?) *\1 *$", text + "\n", re.M
    ):
        place = f"{path}: {{{directive[2]}}}"
        if directive[2] in {"figure", "image"} and not re.search(r"^ *:alt: *\S", directive[3], re.M):
            wrong.append(f"{place} without :alt:")
        if directive[2].startswith("prf:") and re.search(r"^ *:class:.*dropdown", directive[3], re.M):
            wrong.append(f"{place} cannot fold itself: put it inside a {{dropdown}}")
    return wrong


def home_folders(path, text):
    """No path of somebody's home folder: it names a person or a machine, and exists nowhere else."""
    found = re.findall(r"(?:/home|/Users|[A-Z]:\\+Users)[/\\]+\w[\w.-]*|(?<![\w.~-])/root[/]\w+", text)
    return [f"{path}: {place}" for place in dict.fromkeys(found)]

"""Keep the stored notebooks in one normal form: what a person wrote, and the text that it printed.

    python tools/normalise_notebooks.py            rewrite every notebook of the book in normal form
    python tools/normalise_notebooks.py --check    say which are not normal, and fail
    python tools/normalise_notebooks.py --execute  run them first, each in a fresh kernel

each with names of notebooks behind it if it is not to be all of them.

Kept: sources, cell ids, tags, printed text. Dropped: pictures, HTML, glued values, widgets, timings and
versions; the site makes them anew at each build. Execution counts run 1, 2, 3, ... because nbval calls a
cell without one "unrun". Below the title stands the line of notebook_head.py, if there is one.
"""

import argparse
import sys
from pathlib import Path

import nbformat
import notebook_head

ROOT = Path(__file__).parent.parent
METADATA = {"kernelspec", "language_info", "myst", "mystnb"}
CELL_METADATA = {"tags", "mystnb", "nbgrader"}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
WIDGET = "application/vnd.jupyter.widget-view+json"
SECONDS_PER_CELL = 600


def normal_form(notebook, head=""):
    """The text of `notebook` (an nbformat node) as it is stored, a trailing newline included.

    `head` is the line below its title: see notebook_head.py.
    """
    notebook = nbformat.from_dict(notebook)  # a copy
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)  # the version that has cell ids
    notebook.metadata = _only(notebook.metadata, METADATA)
    notebook.metadata.update(kernelspec=KERNEL, language_info={"name": "python"})
    code_cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    for count, cell in enumerate(code_cells, start=1):
        cell.execution_count = count
        cell.outputs = _normal_outputs(cell.outputs, count)
    for cell in notebook.cells:
        cell.metadata = _only(cell.metadata, CELL_METADATA)
    if notebook.cells[:1] and notebook.cells[0].cell_type == "markdown":
        notebook.cells[0].source = notebook_head.with_head(notebook.cells[0].source, head)
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def execute(path):
    """The notebook at `path`, run in a fresh kernel in its folder; an error or a line on stderr raises."""
    from nbclient import NotebookClient  # only here: nothing else needs a kernel

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name=KERNEL["name"],
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise RuntimeError(f"{path}: expected no output on stderr, got {output.text!r}")
    return notebook


def main(arguments=None):
    """The command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    wrong = []
    for path in options.notebooks or sorted(Path("book").rglob("*.ipynb")):
        notebook = execute(path) if options.execute else nbformat.read(path, as_version=4)
        stored, normal = (
            path.read_text(encoding="utf-8"),
            normal_form(notebook, notebook_head.head(ROOT, path)),
        )
        if stored != normal:
            wrong.append(path)
            if not options.check:
                path.write_text(normal, encoding="utf-8", newline="\n")
    for path in wrong:
        print(f"{path}: {'not in normal form; `make format` mends it' if options.check else 'rewritten'}")
    return 1 if wrong and options.check else 0


def _parser():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every notebook below book/")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if one is not normal"
    )
    choice.add_argument("--execute", action="store_true", help="run them first")
    return parser


def _only(metadata, keys):
    kept = {key: value for key, value in metadata.items() if key in keys and value}
    return nbformat.from_dict(kept)


def _normal_outputs(outputs, count):
    normal = []
    for output in outputs:
        if output.output_type in ("display_data", "execute_result"):
            # The text beside a widget is its repr, frames and all.
            if WIDGET in output.data or "text/plain" not in output.data:
                continue
            output.data = nbformat.from_dict({"text/plain": output.data["text/plain"]})
            output.metadata = nbformat.from_dict({})
            if output.output_type == "execute_result":
                output.execution_count = count
        if (
            normal
            and output.output_type == "stream" == normal[-1].output_type
            and output.name == normal[-1].name
        ):
            normal[-1].text += output.text  # where the kernel happened to flush is no one's doing
        else:
            normal.append(output)
    return normal


if __name__ == "__main__":
    sys.exit(main())

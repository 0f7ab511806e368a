"""What nbval does not compare: the parts of an output that the stored notebooks do not keep.

tools/normalise_notebooks.py keeps printed text and drops the rest, which the site makes anew at each build.
"""

GLUED = "application/papermill.record/"
PICTURES = (
    "text/html",
    "text/latex",
    "text/markdown",
    "image/svg+xml",
    "image/webp",
    "application/javascript",
)
NOT_KEPT = (*PICTURES, *(GLUED + kind for kind in ("text/plain", "image/png", *PICTURES)))


def pytest_collection_modifyitems(items):
    """Called by pytest; without --nbval no item has cells to compare."""
    for notebook in {item.parent for item in items if hasattr(item.parent, "skip_compare")}:
        notebook.skip_compare += NOT_KEPT

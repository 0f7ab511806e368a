"""What nbval does not compare: the parts of an output that the stored notebooks do not keep.

tools/normalise_notebooks.py keeps printed text and drops the rest, which the site makes anew at each build.
A kernel that does not answer is started again.
"""

from contextlib import suppress

STARTS = 3  # of a kernel: its ports are free when they are chosen, and may be taken when it opens them
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


def pytest_configure(config):
    """Called by pytest."""
    if config.pluginmanager.hasplugin("nbval"):
        import nbval.kernel

        nbval.kernel.start_new_kernel = started_again(nbval.kernel.start_new_kernel)


def started_again(start):
    """`start`, tried up to STARTS times as long as it raises RuntimeError."""

    def start_kernel(**options):
        for _ in range(STARTS - 1):
            with suppress(RuntimeError):
                return start(**options)
        return start(**options)

    return start_kernel

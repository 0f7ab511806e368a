"""Files that are whole at every moment: replaced by one rename, read with the path in every error.

`alone` holds a directory for one process, so that two never write to the same files.
"""

import os
from contextlib import contextmanager, suppress

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

LOCK = "lock"  # an empty file that stays: what counts is who holds it
PART = ".tmp"  # ends the name of a file that is being written


def replace(path, content):
    """Put bytes in the place of `path`: whoever looks, and whenever the power goes, finds the old or the new.

    They are on the disk before the rename. Where they cannot be written, the old file and no part is left.
    """
    part = path.with_name(path.name + PART)
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(directory):
    """Bring the rename itself to the disk, where the system can do so: Windows cannot."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        with suppress(OSError):  # some network file systems refuse, and need no telling
            os.fsync(descriptor)
        os.close(descriptor)


def read(path, parse):
    """`parse(file)` of an open binary file; ValueError, naming the path, where it is missing or damaged."""
    try:
        with open(path, "rb") as file:
            return parse(file)
    except (FileNotFoundError, NotADirectoryError) as missing:
        raise ValueError(f"{path.parent}: expected the results of a run, got no {path.name}") from missing
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from problem
    except Exception as problem:  # a damaged archive raises anything
        raise ValueError(f"{path}: damaged, {type(problem).__name__}: {problem}") from problem


def require_names(expected, found):
    """ValueError unless the names in `found` are those expected."""
    if set(found) != set(expected):
        raise ValueError(f"expected the entries {sorted(expected)}, got {sorted(found)}")


@contextmanager
def alone(directory):
    """Hold the directory; ValueError where another process holds it.

    The system lets go of it when the process ends, however it ends: a lock is never left behind.
    """
    with open(directory / LOCK, "ab") as file:
        try:
            _lock(file)
        except (BlockingIOError, PermissionError) as held:
            expected = f"{directory}: expected to be the only one who trains there"
            raise ValueError(f"{expected}, got another process that does") from held
        except OSError:  # a file system without locks
            pass
        yield


def _lock(file):
    if os.name == "nt":
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

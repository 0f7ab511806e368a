"""How a command ends: the exit codes, the kinds of trouble that are told in a sentence, and the sentence."""

import sys

import gymnasium

DONE, STOPPED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
MEANING = "exit codes: 0 done; 1 the run could not go on; 2 bad input; 130 interrupted with Ctrl-C"
TROUBLE = (ValueError, OSError, ImportError, MemoryError, gymnasium.error.Error)


def complain(code, words):
    """Say on stderr what went wrong; `code` is the exit code."""
    print(f"trpo-lesson: {words}", file=sys.stderr)
    return code

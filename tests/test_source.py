"""The source that a page shows is the source that runs."""

import inspect
import pathlib
import re
from html import unescape

import numpy as np
import pytest

import trpo_lesson
from trpo_lesson.exact import mdp, values
from trpo_lesson.show.source import show_source

PACKAGE = pathlib.Path(trpo_lesson.__file__).parent


def steps(n):
    """A generator with < and & in its words."""
    yield from range(n)


def words(source):
    """What a reader sees: the page without its tags."""
    return unescape(re.sub(r"<[^>]*>", "", source._repr_html_())).strip()


@pytest.mark.parametrize(
    ("code", "file", "first"),
    [
        (values.visitation, "exact/values.py", "def visitation(mdp, pi):"),
        (mdp.MDP, "exact/mdp.py", "@dataclass(frozen=True, eq=False)"),
        (mdp.MDP.__post_init__, "exact/mdp.py", "def __post_init__(self):"),
    ],
)
def test_file_and_line_lead_to_the_code(code, file, first):
    source = show_source(code)
    assert source.where == f"trpo_lesson/{file}"
    lines = (PACKAGE / file).read_text().splitlines()[source.line - 1 :]
    assert lines[0].strip() == first
    shown = source.code.splitlines()
    assert [line.strip() for line in shown] == [line.strip() for line in lines[: len(shown)]]


def test_the_page_shows_place_and_code_letter_by_letter():
    source = show_source(values.visitation)
    assert words(source) == f"trpo_lesson/exact/values.py, line {source.line}{source.code}".strip()


def test_a_generator_function_is_shown_whole():
    assert words(show_source(steps)).endswith(inspect.getsource(steps).strip())


def test_a_method_is_shown_without_its_indentation():
    assert show_source(mdp.MDP.__post_init__).code.startswith("def __post_init__")


def test_the_page_colours_the_code_as_its_own():
    html = show_source(values.visitation)._repr_html_()
    assert '<div class="highlight">' in html
    assert '<span class="k">def</span>' in html
    assert "style=" not in html  # a colour written in would not follow the theme


def test_plain_text_says_where_to_look_and_no_line_that_moves():
    assert repr(show_source(values.visitation)) == "visitation in trpo_lesson/exact/values.py"
    assert repr(show_source(mdp.MDP.__post_init__)) == "MDP.__post_init__ in trpo_lesson/exact/mdp.py"


def test_code_of_a_notebook_names_no_file(monkeypatch):
    monkeypatch.setattr(steps, "__module__", "__main__")
    assert show_source(steps).where == "a cell of this notebook"


@pytest.mark.parametrize("code", [len, np.add, 3, "values.visitation"])
def test_what_is_not_written_in_python_is_refused(code):
    with pytest.raises(TypeError, match="expected a function or a class written in Python, got"):
        show_source(code)

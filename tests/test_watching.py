"""A training that is watched passes its records on as they come and shows after each how far it is."""

from types import SimpleNamespace

import numpy as np
import pytest

from trpo_lesson.show import watching


@pytest.fixture
def shown(monkeypatch):
    """A list of all that was displayed, each with the place that it took: its display id."""
    seen = []

    class Handle(watching.DisplayHandle):
        def display(self, thing):
            seen.append((self.display_id, "new", thing))

        def update(self, thing):
            seen.append((self.display_id, "again", thing))

    monkeypatch.setattr(watching, "DisplayHandle", Handle)
    return seen


def record(steps, *returns):
    return SimpleNamespace(steps=steps, returns=np.array(returns, dtype=float))


RUN = [record(10), record(20, 1.0, 3.0), record(30, 5.0), record(40)]


def in_one_place(shown):
    """Whether all of it was displayed in the place of the first."""
    return len({place for place, _, _ in shown}) == 1 and [how for _, how, _ in shown] == (
        ["new"] + ["again"] * (len(shown) - 1)
    )


def with_curve(records=RUN, **options):
    return watching.curve(records, **({"label": "TRPO", "total_steps": 50} | options))


def with_bar(records=RUN, *, total=4):
    return watching.progress(total=total, label="Updates")(records)


@pytest.mark.parametrize("watched", [with_curve, with_bar])
def test_the_records_are_passed_on_as_they_are(watched, shown):
    passed = list(watched(iter(RUN)))
    assert len(passed) == len(RUN)
    assert all(one is other for one, other in zip(passed, RUN, strict=True))


@pytest.mark.parametrize("watched", [with_curve, with_bar])
def test_no_record_is_asked_for_before_it_is_wanted(watched, shown):
    asked = []
    records = watched(asked.append(one) or one for one in RUN)
    assert asked == []
    for number, passed in enumerate(records, start=1):
        assert passed is RUN[number - 1]
        assert len(asked) == number


def test_a_record_is_in_the_curve_before_it_is_passed_on(shown):
    courses = ["goes from 2 to 2 in 20 steps", "goes from 2 to 5 in 30 steps"]
    records = with_curve()
    next(records)
    assert shown == []  # no episode has ended
    for course in courses:
        next(records)
        assert shown[-1][2].alt == f"Learning curves; TRPO, one seed, {course}."


def test_the_curve_is_drawn_once_a_record_always_in_the_same_place(shown):
    list(with_curve())
    assert len(shown) == 3
    assert in_one_place(shown)


def test_the_axis_of_the_curve_and_its_target_stand_from_the_beginning(shown, axes):
    list(with_curve(total_steps=500, target=4))
    assert [each.get_xlim() for each in axes] == [(0, 500)] * 3
    assert all(picture.alt.endswith("The target is 4.") for _, _, picture in shown)


def test_the_first_point_of_the_curve_can_be_seen_alone(shown, axes):
    list(with_curve())
    markers = [each.lines[0].get_marker() for each in axes]
    assert markers[0] != "None"
    assert markers[1] == markers[2] == "None"


def test_the_bar_begins_empty_and_moves_once_a_record_always_in_the_same_place(shown):
    list(with_bar())
    assert [bar.done for _, _, bar in shown] == [0, 1, 2, 3, 4]
    assert in_one_place(shown)


def test_the_bar_stands_at_a_record_when_it_is_passed_on(shown):
    for number, _ in enumerate(with_bar(), start=1):
        assert shown[-1][2].done == number


def test_one_bar_counts_the_records_of_several_runs(shown):
    watched = watching.progress(total=7, label="Updates")
    list(watched(RUN[:3]))
    list(watched(RUN))
    assert [repr(bar) for _, _, bar in shown] == [f"Updates: {done} of 7" for done in range(8)]
    assert in_one_place(shown)


def test_two_bars_take_two_places(shown):
    list(with_bar())
    list(with_bar())
    assert len({place for place, _, _ in shown}) == 2


def test_a_bar_is_an_element_with_a_name_beside_its_words():
    markup = watching.Bar("<Updates>", 3, 7)._repr_html_()
    assert '<progress value="3" max="7" aria-label="&lt;Updates&gt;"' in markup
    assert "&lt;Updates&gt;: 3 of 7<" in markup


@pytest.mark.parametrize(
    ("done", "total", "problem"),
    [(0, 0, "total: expected at least 1, got 0"), (3, 2, "A: expected 0 to 2, got 3"), (-1, 2, "got -1")],
)
def test_a_bar_of_nothing_and_a_bar_past_its_end_are_refused(done, total, problem):
    with pytest.raises(ValueError, match=problem):
        watching.Bar("A", done, total)


def test_more_records_than_were_announced_are_refused(shown):
    records = with_bar(total=3)
    assert [next(records) for _ in range(3)] == RUN[:3]
    with pytest.raises(ValueError, match="Updates: expected 0 to 3, got 4"):
        next(records)


@pytest.mark.parametrize("total_steps", [0, -5])
def test_a_curve_without_an_axis_is_refused_at_once(total_steps):
    with pytest.raises(ValueError, match=f"total_steps: expected at least 1, got {total_steps}"):
        with_curve(total_steps=total_steps)


def test_a_stored_notebook_keeps_the_last_state_of_each_alone():
    nbclient = pytest.importorskip("nbclient", reason="the book's environment runs notebooks")
    nbformat = pytest.importorskip("nbformat")
    cells = [
        "from types import SimpleNamespace as Record\n"
        "from trpo_lesson.show import watching\nimport numpy as np\n"
        "run = [Record(steps=10 * i, returns=np.array([float(i)])) for i in (1, 2, 3)]",
        "for record in watching.curve(run, label='TRPO', total_steps=30): pass",
        "for record in watching.progress(total=3, label='Updates')(run): pass",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    nbclient.NotebookClient(book, kernel_name="python3", timeout=60).execute()
    (curve,), (bar,) = (cell.outputs for cell in book.cells[1:])
    assert curve.data["text/plain"].endswith("goes from 1 to 3 in 30 steps.")
    assert curve.data["text/html"].count("<svg") == 1
    assert bar.data["text/plain"] == "Updates: 3 of 3"
    assert '<progress value="3" max="3"' in bar.data["text/html"]

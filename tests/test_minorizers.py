"""The figures of chapter 8 show the numbers that their captions speak of."""

import numpy as np
import pytest

from trpo_lesson.show.theory import minorizers

X = np.arange(-2.0, 5.0)
F = np.array([0.0, 1.0, 2.0, 1.0, 0.0, 3.0, 2.0])  # tops at x = 0 and x = 3


def line(axes, label):
    (found,) = [drawn for drawn in axes.lines if drawn.get_label() == label]
    return found.get_xydata().tolist()


def drawn(axes):
    return [curve.get_xydata().tolist() for curve in axes.lines]


def test_the_parabolas_are_cut_off_below_the_curve_and_each_leads_to_the_next_iterate(axes):
    bounds = np.array([0.5 - (X + 1) ** 2, 1.5 - X**2])
    picture = minorizers.touching_parabolas(X, F, np.array([-2.0, -1.0, 0.0]), bounds)
    (panel,) = axes
    assert line(panel, "iterates") == [[-2, 0], [-1, 1], [0, 2]]
    assert line(panel, "highest top shown") == [[3, 3]]
    first = np.array(line(panel, "lower bounds"))[:, 1]
    assert first[1] == 0.5
    assert np.isnan(first[3:]).all()  # below the floor of the picture
    assert [[-1, 0.5], [-1, 1]] in drawn(panel)
    assert [[0, 1.5], [0, 2]] in drawn(panel)
    assert picture.alt == (
        "A curve of hills. From x = -2.00, where it is 0.00 high, each step goes to the top of a "
        "parabola that touches the curve from below. After 2 steps x is 0.00 and the height 2.00, the top of "
        "the nearest hill. A higher top, 3.00 at x = 3.00, is not reached."
    )


def climb_picture():
    bounds = [(X[:3], F[:3] - 0.5), (X[2:5], F[2:5] - 0.25)]
    certified = np.array([-2.0, -1.5, -1.0]), np.array([0.0, 0.5, 1.0])
    practice = {
        "δ = 0.01": (np.array([-2.0, 0.0, 1.0, 0.0]), np.array([0.0, 2.0, 1.0, 2.5])),
        "δ = 0.5": (np.array([-2.0, 2.0]), np.array([0.5, 0.0])),
    }
    return minorizers.certified_climb(X, F, bounds, certified, practice, every=50)


def test_the_bounds_hang_under_the_return_and_the_steps_of_practice_are_marked_until_they_fall(axes):
    climb_picture()
    hill, _ = axes
    assert line(hill, "lower bound, each 50th step") == np.column_stack([X[:3], F[:3] - 0.5]).tolist()
    assert np.column_stack([X[2:5], F[2:5] - 0.25]).tolist() in drawn(hill)
    assert line(hill, "δ = 0.01") == [[-2, 0], [0, 2]]
    assert hill.get_ylim()[0] < -0.5


def test_below_each_run_stands_by_its_steps(axes):
    picture = climb_picture()
    _, curve = axes
    assert line(curve, "certified") == [[0, 0], [1, 0.5], [2, 1]]
    assert line(curve, "δ = 0.01") == [[0, 0], [1, 2], [2, 1], [3, 2.5]]
    assert line(curve, "δ = 0.5") == [[0, 0.5], [1, 0]]
    assert {y for _, y in line(curve, "top")} == {3}
    assert curve.get_xscale() == "symlog"
    assert [tick.get_text() for tick in curve.get_xticklabels()] == ["0", "1", "10", "100"]
    assert picture.alt == (
        "Narrow lower bounds hang under the return, whose top is 3.000. "
        "The run certified goes from 0.000 to 1.000 in 2 steps; it is highest, 1.000, after 2, and 0 of its "
        "steps fall. The run δ = 0.01 goes from 0.000 to 2.500 in 3 steps; it is highest, 2.500, after 3, "
        "and 1 of its steps fall. The run δ = 0.5 goes from 0.500 to 0.000 in 1 steps; it is highest, 0.500, "
        "after 0, and 1 of its steps fall."
    )


def test_a_run_that_never_falls_is_marked_to_its_end(axes):
    run = np.array([-2.0, -1.0, 0.0]), np.array([0.0, 1.0, 2.0])
    minorizers.certified_climb(X, F, [(X, F - 1)], run, {"δ = 0.01": run}, every=1)
    assert line(axes[0], "δ = 0.01") == [[-2, 0], [-1, 1], [0, 2]]


ABOVE = np.array([-1.0, 1.0, 1.5, 2.0, 2.5, 1.0, 0.0])  # above F at x = 1 and 2, highest at 2


def test_the_frame_shows_the_top_of_m_and_what_the_return_is_there(axes):
    picture = minorizers.priced_bound(X, F, ABOVE, start=1, limits=(-1, 4))
    (panel,) = axes
    assert line(panel, "old policy") == [[-1, 1]]
    assert line(panel, "top of M") == [[2, 2.5]]
    assert line(panel, "what comes") == [[2, 0]]
    assert line(panel, "M") == np.column_stack([X, ABOVE]).tolist()
    assert [[2, 0], [2, 2.5]] in drawn(panel)
    assert panel.get_ylim() == (-1, 4)
    (shade,) = panel.collections
    corners = np.concatenate([path.vertices for path in shade.get_paths()])
    assert (corners[:, 0].min(), corners[:, 0].max()) == (1, 2)
    assert picture.alt == (
        "M touches the return at theta -1. It is above the return between theta 1.00 and 2.00. Its top is at "
        "theta 2.00, where M has gained 1.500 and the return has changed by −1.000."
    )


@pytest.mark.parametrize("lower", [0.0, 0.5])
def test_a_valid_bound_has_no_shade(axes, lower):
    M = F - lower * (X != -1)
    picture = minorizers.priced_bound(X, F, M, start=1, limits=(-1, 4))
    assert all(len(path.vertices) == 0 for shade in axes[0].collections for path in shade.get_paths())
    assert "It is nowhere above the return." in picture.alt


def test_the_two_runs_are_drawn_on_the_curve_and_end_in_their_heights(axes):
    paths = {
        "from the left": (np.array([-2.0, -1.0, 0.0]), np.array([0.0, 1.0, 2.0])),
        "from the right": (np.array([2.0, 3.0]), np.array([0.0, 3.0])),
    }
    picture = minorizers.two_hills(X, F, paths)
    (panel,) = axes
    assert line(panel, "from the left") == [[-2, 0]]
    assert line(panel, "from the right") == [[2, 0]]
    for theta, heights in paths.values():
        assert np.column_stack([theta, heights]).tolist() in drawn(panel)
        assert [[theta[-1], heights[-1]]] in drawn(panel)
    assert [text.get_text() for text in panel.texts] == ["2.00", "3.00"]
    assert [text.xy for text in panel.texts] == [(0, 2), (3, 3)]
    assert picture.alt == (
        "The return over theta has two tops with a valley between; the highest is 3.00, at theta 3.00. "
        "The run from the left ends at theta 0.00 with the return 2.00. "
        "The run from the right ends at theta 3.00 with the return 3.00."
    )

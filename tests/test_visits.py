"""The maps of chapters 1 and 4 show the numbers that they are given, each in its cell."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from trpo_lesson.show import theme
from trpo_lesson.show.theory import visits

# 2 x 3 cells: 0 1 2 / 3 4 5. The wall is 4, the end 5.
PLACE = visits.Map(
    2, 3, walls=((1, 1),), ends=((1, 2),), names={(0, 0): "start", (1, 2): "door", (1, 1): "hedge"}
)
HABIT = np.tile([0.1, 0.5, 0.4, 0.0], (6, 1))


def written(axes):
    """{text: cell (row, column) in which it stands}; one text of each kind."""
    places = {text.get_text(): text.get_position() for text in axes.texts}
    return {text: (int(y), int(x)) for text, (x, y) in places.items()}


def arrows(axes):
    """{(row, column): (right, down) sums of the lengths of its arrows, by direction}."""
    found = {}
    for quiver in axes.collections[1:]:
        for (x, y), right, down in zip(quiver.XY, quiver.U, quiver.V, strict=True):
            found.setdefault((int(y), int(x)), []).append((round(right, 9), round(down, 9)))
    return found


def shade(axes):
    """The numbers of the shaded cells, [row, column]."""
    return np.asarray(axes.collections[0].get_array()).reshape(PLACE.rows, PLACE.columns)


def test_the_map_numbers_the_cells_row_by_row_and_names_what_stands_there(axes):
    visits.world(PLACE, HABIT)
    expected = {"start 0": (0, 0), "1": (0, 1), "2": (0, 2), "3": (1, 0), "door 5": (1, 2), "hedge": (1, 1)}
    assert written(axes[0]) == expected
    assert axes[0].get_ylim() == (2, 0)  # row 0 above


def test_arrows_point_as_the_moves_do_and_are_as_long_as_they_are_likely(axes):
    """Up, right, down: a move that is half as likely has an arrow half as long; one never made has none."""
    visits.world(PLACE, HABIT)
    seen = arrows(axes[0])
    assert set(seen) == {(0, 0), (0, 1), (0, 2), (1, 0)}  # neither in the wall nor at the end
    for moves in seen.values():
        up, right, down = (0, -0.2), (1, 0), (0, 0.8)  # in units of the longest, of probability 0.5
        np.testing.assert_allclose(moves, visits.LONGEST * np.array([up, right, down]), atol=1e-9)


def test_each_cell_has_the_arrows_of_its_own_row_of_the_policy(axes):
    pi = np.eye(4)[[1, 2, 3, 0, 0, 0]]
    picture = visits.world(PLACE, pi)
    L = visits.LONGEST
    assert arrows(axes[0]) == {(0, 0): [(L, 0)], (0, 1): [(0, L)], (0, 2): [(-L, 0)], (1, 0): [(0, -L)]}
    assert "The likeliest move is up in 1, right in 1, down in 1, left in 1 cells." in picture.alt


def test_the_words_of_the_map_tell_what_stands_where_and_the_habit():
    alt = visits.world(PLACE, HABIT).alt
    assert "start at row 0, column 0; door at row 1, column 2; hedge at row 1, column 1." in alt
    assert alt.endswith(
        "In every cell the arrows have the same lengths: up 10%, right 50%, down 40%, left 0%."
    )


def test_values_stand_in_their_cells_and_colour_them_by_sign(axes):
    V = np.array([-0.5, 0.25, 1.0, -0.001, 0.0, 0.0])
    picture = visits.values(PLACE, V, HABIT)
    minus = "\N{MINUS SIGN}"
    expected = {f"start {minus}0.50": (0, 0), "0.25": (0, 1), "1.00": (0, 2), "0.00": (1, 0)}
    assert written(axes[0]) == expected | {"door 0.00": (1, 2), "hedge": (1, 1)}
    np.testing.assert_array_equal(shade(axes[0]), V.reshape(2, 3))
    assert axes[0].collections[0].get_clim() == (-1, 1)
    face = axes[0].collections[0].cmap
    assert face(1.0)[:3] == pytest.approx(to_rgb(theme.color("old")))
    assert face(0.0)[:3] == pytest.approx(to_rgb(theme.color("accent")))
    assert "lowest is -0.50 (start, row 0, column 0), the highest 1.00 (row 0, column 2)" in picture.alt
    assert "2 of the 4 cells in which the policy still decides have a negative value" in picture.alt


def test_values_that_are_all_zero_can_be_drawn():
    assert "lowest is 0.00" in visits.values(PLACE, np.zeros(6), HABIT).alt


def test_shares_stand_in_their_cells_and_shade_them_by_their_roots(axes):
    d = np.array([0.64, 0.25, 0.104, 0.004, 0.0, 0.002])
    picture = visits.shares(PLACE, d, title="γ = 0.5")
    expected = {"start\n64%": (0, 0), "25%": (0, 1), "10%": (0, 2), "<1%": (1, 0), "door\n<1%": (1, 2)}
    assert written(axes[0]) == expected | {"hedge": (1, 1)}
    shown = shade(axes[0])
    np.testing.assert_allclose(shown[0], np.sqrt([visits.FULL, 0.25, 0.104]))
    assert axes[0].collections[0].get_clim() == (0, np.sqrt(visits.FULL))
    assert axes[0].get_title() == "γ = 0.5"
    assert "64% (start, row 0, column 0) and 25% (row 0, column 1)" in picture.alt
    assert "3 cells have 1% or more" in picture.alt


def test_nothing_at_all_is_0_percent_and_not_less_than_1(axes):
    visits.shares(PLACE, np.eye(6)[0], title="γ = 0")
    assert {"start\n100%", "0%", "door\n0%", "hedge"} == {text.get_text() for text in axes[0].texts}


def test_the_scatter_of_averages_is_drawn_beside_its_law(axes):
    picture = visits.spread([10, 1000], [0.5, 0.06], 1.5)
    law, points = axes[0].lines
    np.testing.assert_allclose(law.get_ydata(), 1.5 / np.sqrt(law.get_xdata()))
    np.testing.assert_allclose(points.get_xydata(), [(10, 0.5), (1000, 0.06)])
    assert (axes[0].get_xscale(), axes[0].get_yscale()) == ("log", "log")
    assert [label.get_text() for label in axes[0].get_xticklabels()] == ["10", "1,000"]
    assert "over 10 paths spread by 0.500, over 1,000 paths by 0.0600" in picture.alt
    assert "within 26% of the line" in picture.alt  # 0.06 against 1.5 / sqrt(1000) = 0.0474


def test_the_arrows_of_a_cell_begin_apart_and_stay_in_it(axes):
    """Two arrows of one colour that overlap look like one shape."""
    visits.world(PLACE, np.full((6, 4), 0.25))
    reach = {}
    for quiver in axes[0].collections[1:]:
        tail, way = quiver.XY[0], np.array([quiver.U[0], quiver.V[0]])  # of the cell in the corner
        assert np.isclose(np.hypot(*way), visits.LONGEST)
        assert (tail + way > 0).all()
        assert (tail + way < 1).all()
        reach[tuple(np.sign(way))] = tail
    assert len(set(map(tuple, reach.values()))) == 4
    np.testing.assert_allclose(reach[1, 0] - reach[-1, 0], (2 * visits.APART, 0), atol=1e-12)
    np.testing.assert_allclose(reach[0, 1] - reach[0, -1], (0, 2 * visits.APART), atol=1e-12)

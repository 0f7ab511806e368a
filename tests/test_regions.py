"""The figures of chapter 9 show the numbers that their captions speak of."""

import numpy as np
import pytest

from trpo_lesson.show.theory import regions

XS, YS = np.linspace(-2, 2, 9), np.linspace(-1, 2, 7)
HILL = XS, YS, -(XS**2) - YS[:, None] ** 2, [-4, -1, -0.25]


def line(axes, label):
    (found,) = [drawn for drawn in axes.lines if drawn.get_label() == label]
    return found.get_xydata().tolist()


def circles(axes):
    return [(tuple(map(float, patch.center)), patch.radius) for patch in axes.patches]


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def heights(axes):
    """The levels of the contour lines drawn."""
    (drawn,) = axes.collections
    return list(drawn.levels)


def test_both_climbs_start_together_and_each_region_stands_where_its_step_began(axes):
    zigzag = np.array([[-1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    region = np.array([[-1.0, 0.0], [-0.5, 0.0], [-0.5, 0.0], [0.0, 0.0]])
    picture = regions.hill_paths(*HILL, zigzag, region, np.array([0.5, 1.0, 0.25]))
    above, below = axes
    assert line(above, "line search") == zigzag.tolist()
    assert line(below, "trust region") == region.tolist()
    assert line(above, "start") == line(below, "start") == [[-1, 0]]
    assert circles(above) == []
    assert circles(below) == [((-1, 0), 0.5), ((-0.5, 0), 1.0), ((-0.5, 0), 0.25)]
    assert heights(above) == heights(below) == HILL[3]
    assert above.get_aspect() == below.get_aspect() == 1  # or a circle would not look like one
    assert "makes 2 steps of 2.83 in all" in picture.alt
    assert "still 1.00 from where the other ends" in picture.alt
    assert "makes 3 trials, 1 of them refused, with radii between 0.25 and 1" in picture.alt


def test_a_region_shows_its_circle_its_best_point_and_those_of_all_radii(axes):
    here, best = np.array([-1.0, 0.5]), np.array([[-1.0, 0.5], [-0.5, 0.0], [0.0, -0.5]])
    picture = regions.region_step(*HILL, here, best, np.array([0.5, -0.5]), radius=0.75, ratio=-1.25)
    (drawn,) = axes
    assert circles(drawn) == [((-1, 0.5), 0.75)]
    assert line(drawn, "here") == [[-1, 0.5]]
    assert line(drawn, "best point of this radius") == [[-0.5, 0]]
    assert line(drawn, "best points, all radii") == best.tolist()
    assert "radius 0.75: ratio −1.25" in labels(drawn)
    assert "radius 0.75 around the point (-1.00, 0.50)" in picture.alt
    assert "best point in it is (-0.50, 0.00)" in picture.alt
    assert picture.alt.endswith("delivers -1.25 times the rise that the model promises.")


def test_the_line_of_a_price_touches_the_curve_at_its_budget(axes):
    deltas = np.linspace(0, 0.04, 5)
    gains = np.sqrt(deltas)
    picture = regions.price_of_a_nat(deltas, gains, beta=5, delta=0.01, gain=0.1)
    top, bottom = axes
    np.testing.assert_allclose(line(top, "best gain v(δ)"), np.column_stack([deltas, gains]))
    np.testing.assert_allclose(line(top, "slope β = 5"), np.column_stack([deltas, 0.1 + 5 * (deltas - 0.01)]))
    np.testing.assert_allclose(
        line(bottom, "gain less price, v(δ) − βδ"), np.column_stack([deltas, gains - 5 * deltas])
    )
    np.testing.assert_allclose(line(top, "δ = 0.0100"), [[0.01, 0.1]])
    np.testing.assert_allclose(line(bottom, "δ = 0.0100"), [[0.01, 0.05]])
    assert "slope 5 touches it at 0.0100 nats, where the gain is 0.100" in picture.alt
    assert picture.alt.endswith("largest, 0.050.")


def test_a_budget_between_the_two_touching_points_lies_below_the_line(axes, spans):
    kl = np.array([0.0, 1.0, 2.0, 0.5, 3.0])
    gain = np.array([0.0, 1.0, 0.5, -1.0, 4.0])
    ends = np.array([1.0, 3.0])
    picture = regions.gap_without_price(kl, gain, beta=1.5, ends=ends, budget=2, best=1.0)
    (drawn,) = axes
    assert line(drawn, "the family") == np.column_stack([kl, gain]).tolist()
    assert line(drawn, "best gain v(δ)") == [[0, 0], [0.5, 0], [1, 1], [2, 1], [3, 4]]
    (start, end) = line(drawn, "slope β = 1.50")
    assert (end[1] - start[1]) / (end[0] - start[0]) == pytest.approx(1.5)
    assert start == [0, -0.5]  # through both ends
    assert line(drawn, "best within δ = 2") == [[2, 1]]
    assert spans(drawn) == [(1, 3)]
    assert "slope 1.50 that touches it at 1.000 and at 3.000 nats" in picture.alt
    assert "within 2 nats, with gain 1.000, lies below the line" in picture.alt


def test_the_mean_and_the_largest_kl_of_each_step_are_told_and_drawn(axes):
    d = np.array([0.75, 0.2, 0.05])
    kls = {"free": np.array([1e-4, 1e-2, 3.0]), "held": np.full(3, 0.01)}
    picture = regions.hidden_by_the_mean(d, kls, delta=0.01)
    visits, divergence = axes
    assert [bar.get_height() for bar in visits.patches] == d.tolist()
    assert line(divergence, "free") == [[0, 1e-4], [1, 1e-2], [2, 3]]
    assert {y for _, y in line(divergence, "budget 0.01")} == {0.01}
    assert visits.get_yscale() == divergence.get_yscale() == "log"
    assert "free: mean 0.1521, largest 3.00 in state 2; held: mean 0.0100" in picture.alt
    assert "fall from 0.75 in state 0 to 0.0500 in the last state" in picture.alt


def test_the_regions_are_cut_where_each_kl_reaches_the_limit(axes):
    side = np.linspace(-2, 2, 41)
    x, y = np.meshgrid(side, side)
    kls = np.stack([x**2 + 4 * y**2, 4 * x**2 + y**2], axis=-1)
    picture = regions.shapes(side, kls, delta=1.1, radius=0.5, gradient=np.array([0.0, 3.0]))
    (drawn,) = axes
    assert circles(drawn) == [((0, 0), 0.5)]
    assert drawn.get_aspect() == 1
    ends = [curve.get_paths()[0].vertices.max(axis=0) for curve in drawn.collections]
    np.testing.assert_allclose(ends, [[1.05, 0.524], [0.524, 1.05]], atol=0.01)
    assert line(drawn, "gradient of L") == [[0, 0], [0, 0.5]]
    assert labels(drawn)[2:] == ["KL(old ‖ new) = 1.1", "KL(new ‖ old) = 1.1"]
    assert "oval 2.0 wide and 1.0 high; the same for KL(new to old), 1.0 wide and 2.0 high" in picture.alt
    assert picture.alt.endswith("fastest towards (0.00, 0.50).")

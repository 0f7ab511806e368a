"""The figures of chapter 5 show the numbers that their captions speak of."""

import numpy as np
import pytest

from trpo_lesson.show.theory import surrogates


def line(axes, label):
    (found,) = [drawn for drawn in axes.lines if drawn.get_label() == label]
    return found.get_xydata().tolist()


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def texts(axes):
    return [text.get_text() for text in axes.texts]


P, THETA = np.array([0.1, 0.4, 0.9]), np.array([-2.0, 0.0, 2.0])
L, ETA = np.array([0.0, 3.0, 8.0]), np.array([-1.0, 2.0, -5.0])
OLD, END = (0.2, -1.5, 1.0, 1.0), (0.6, 1.0, 5.0, -2.0)


def test_the_same_policies_are_drawn_over_the_probability_and_over_the_parameter(axes):
    picture = surrogates.straight_and_bent(P, THETA, L, ETA, OLD, {"δ = 0.5": END})
    for panel, x, start, end in zip(axes, (P, THETA), OLD, END, strict=False):
        assert line(panel, "surrogate L") == np.column_stack([x, L]).tolist()
        assert line(panel, "return η") == np.column_stack([x, ETA]).tolist()
        assert line(panel, "old policy") == [[start, 1]]
        assert [[end, 5], [end, -2]] in [drawn.get_xydata().tolist() for drawn in panel.lines]
        assert texts(panel) == ["δ = 0.5"]
        assert panel.get_xlim() == (x[0], x[-1])
        low, high = panel.get_ylim()
        assert low < -5
        assert high > 8
    assert "touch at the old policy, p 0.20" in picture.alt
    assert picture.alt.endswith("delta = 0.5 ends at p 0.60: L changes by +4.00, the return by -3.00.")


DQ = np.linspace(-0.1, 0.1, 21)
DP_L, DP_ETA = 0.3 * DQ, 0.3 * DQ + 2 * DQ**2


def fields(axes):
    """The highest and the lowest point over dq = 0.05 of each filled field, in the order of drawing."""
    spans = []
    for field in axes.collections:
        corners = field.get_paths()[0].vertices
        over = corners[np.isclose(corners[:, 0], 0.05), 1]
        spans.append((over.min(), over.max()))
    return spans


def test_the_fields_of_the_plane_are_where_both_rise_both_fall_and_they_part(axes):
    surrogates.sliver(DQ, DP_L, DP_ETA, np.array([0.1, 1]), np.array([1, 10]), zooms=(0.1, 0.05))
    both_rise, both_fall, parted = fields(axes[0])
    np.testing.assert_allclose(both_rise, (0.02, 0.062))
    np.testing.assert_allclose(both_fall, (-0.042, 0.015))
    np.testing.assert_allclose(parted, (0.015, 0.02))
    assert texts(axes[0]) == ["both rise", "both fall", "L rises, η falls"]


@pytest.mark.parametrize("radius", [0.1, 0.05])
def test_each_plane_has_its_zoom_one_scale_and_the_two_curves(axes, radius):
    surrogates.sliver(DQ, DP_L, DP_ETA, np.array([0.1, 1]), np.array([1, 10]), zooms=(radius,))
    plane = axes[0]
    assert plane.get_xlim() == (-radius, radius)
    assert plane.get_aspect() == 1
    assert line(plane, "L unchanged") == np.column_stack([DQ, DP_L]).tolist()
    assert line(plane, "η unchanged") == np.column_stack([DQ, DP_ETA]).tolist()
    assert line(plane, "old policy") == [[0, 0]]


def test_the_arrow_ends_in_the_field_where_they_part(axes):
    surrogates.sliver(DQ, DP_L, DP_ETA, np.array([0.1, 1]), np.array([1, 10]), zooms=(0.1,))
    (arrow,) = [text for text in axes[0].texts if text.get_text() == "L rises, η falls"]
    dq, dp = arrow.xy
    assert 0.3 * dq < dp < 0.3 * dq + 2 * dq**2


def test_the_angle_of_the_wedge_stands_beside_its_proportion_to_the_length(axes):
    lengths, angles = np.array([1e-3, 1e-2, 1e-1]), np.array([0.1, 1.0, 12.0])
    picture = surrogates.sliver(DQ, DP_L, DP_ETA, lengths, angles, zooms=(0.1, 0.02))
    wedge = axes[-1]
    assert line(wedge, "angle of the wedge") == np.column_stack([lengths, angles]).tolist()
    np.testing.assert_allclose(np.array(line(wedge, "in proportion to the length"))[:, 1], [0.1, 1, 10])
    assert wedge.get_xscale() == wedge.get_yscale() == "log"
    assert "of half-width 0.1 and 0.02" in picture.alt
    assert picture.alt.endswith("12 degrees at step length 0.1 and 0.1 degrees at length 0.001.")


LENGTHS = np.array([0, 0.025, 0.05, 0.075, 0.1])
PLANE = DQ, DP_L, DP_ETA


def direction(eta_gain):
    return surrogates.direction(LENGTHS, np.array([2 * LENGTHS, eta_gain]), PLANE, (0.04, 0.09), 82)


def test_the_direction_is_drawn_in_the_plane_and_what_it_brings_below(axes):
    picture = direction([0, 0.02, 0.01, -0.01, -0.05])
    plane, gains = axes
    assert [[0, 0], [0.09, 0.04]] in [drawn.get_xydata().tolist() for drawn in plane.lines]
    assert texts(plane) == ["both rise", "both fall", "L rises, η falls"]
    assert line(gains, "L promises") == np.column_stack([LENGTHS, 2 * LENGTHS]).tolist()
    assert line(gains, "what comes")[-1] == [0.1, -0.05]
    assert line(gains, "gains up to 0.050") == [[0.05, 0]]
    low, high = gains.get_ylim()
    assert low < -0.05
    assert high > 0.2
    assert picture.alt == (
        "Steps at 82 degrees from the gradient. At length 0.1 L promises +0.200 and -0.050 comes. "
        "Every step up to 0.050 gains."
    )


def test_the_longest_step_ends_inside_the_plane_in_every_direction_towards_a_rise(axes):
    direction([0, 0.02, 0.01, 0.01, 0.05])
    low, high = axes[0].get_ylim()
    assert low < 0
    assert high > LENGTHS[-1]
    (arrow,) = [text for text in axes[0].texts if text.get_text() == "L rises, η falls"]
    dq, dp = arrow.xy
    assert 0.3 * dq < dp < 0.3 * dq + 2 * dq**2
    assert arrow.get_position()[0] < 0  # where no step of the dial goes


def test_a_direction_in_which_every_step_gains_has_no_limit(axes):
    picture = direction([0, 0.02, 0.01, 0.01, 0.05])
    assert labels(axes[1]) == ["L promises", "what comes"]
    assert picture.alt.endswith("Every step up to 0.100 gains.")


def test_the_last_gain_is_the_one_before_the_first_loss():
    assert surrogates.last_gain(LENGTHS, np.array([0, 1, -1, 1, 1])) == 0.025
    assert surrogates.last_gain(LENGTHS, np.array([0, -1, 1, 1, 1])) == 0
    assert surrogates.last_gain(LENGTHS, np.array([0, 1, 1, 0, 1])) == 0.05


def test_the_gain_is_certain_where_the_bound_of_the_error_is_below_it(axes):
    alpha = np.array([1e-3, 1e-2, 1e-1, 1.0])
    picture = surrogates.gain_and_error(alpha, alpha, 0.5 * alpha**2, 20 * alpha**2)
    (panel,) = axes
    assert line(panel, "gain of L") == np.column_stack([alpha, alpha]).tolist()
    assert line(panel, "error |η − L|") == np.column_stack([alpha, 0.5 * alpha**2]).tolist()
    assert line(panel, "bound of the error, Cα²") == np.column_stack([alpha, 20 * alpha**2]).tolist()
    assert line(panel, "gain is certain up to 0.01") == [[0.01, panel.get_ylim()[0]], [0.01, 0.01]]
    assert panel.get_xscale() == panel.get_yscale() == "log"
    assert "the gain of L rises with slope 1.00, its error with slope 2.00" in picture.alt
    assert "The bound is about 40 times the error. It is below the gain up to a step of 0.01" in picture.alt
    assert picture.alt.endswith("the error is below the gain up to 1.")

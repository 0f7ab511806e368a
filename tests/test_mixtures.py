"""The figures of chapter 6 show the numbers that their captions speak of."""

import numpy as np
import pytest

from trpo_lesson.show.theory import mixtures


def line(axes, label):
    (found,) = [drawn for drawn in axes.lines if drawn.get_label() == label]
    return found.get_xydata().tolist()


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


# ----------------------------------------------------------------------------------------- the first heads

OLD, NEW = np.array([0, 0, 1, 0]), np.array([0, 0, 0, 1])
APART, DISTANCE = np.array([0.0, 0.5, 0.75, 0.875]), np.array([0.0, 0.1, 0.2, 0.25])


def test_both_walks_are_drawn_side_by_side_on_the_path_and_on_the_slope(axes):
    mixtures.first_coin(OLD, NEW, 1, APART, DISTANCE)
    walks = axes[0]
    np.testing.assert_allclose(line(walks, "old policy"), [[0, 0.06], [1, 0.06], [2, -0.94], [3, 0.06]])
    np.testing.assert_allclose(line(walks, "mixture"), [[0, -0.06], [1, -0.06], [2, -0.06], [3, -1.06]])
    assert [text.get_text() for text in walks.get_yticklabels()] == ["path", "slope"]
    (mark,) = walks.collections
    assert {x for segment in mark.get_segments() for x, _ in segment} == {1}


def test_below_the_walks_stand_the_coin_and_the_distance(axes):
    picture = mixtures.first_coin(OLD, NEW, 1, APART, DISTANCE)
    laws = axes[1]
    np.testing.assert_allclose(line(laws, "heads has come"), np.column_stack([range(4), APART]))
    np.testing.assert_allclose(line(laws, "distance of the laws"), np.column_stack([range(4), DISTANCE]))
    assert picture.alt == (
        "Two walks share their luck. The first heads comes at step 1; they first part at step 2. Below, the "
        "probability that heads has come rises from 0 to 0.88 at step 3. The distance between the laws of "
        "the two states stays below it, at most 0.25."
    )
    assert "they never part" in mixtures.first_coin(OLD, OLD, 1, APART, DISTANCE).alt


# ----------------------------------------------------------------------------------- the bounds over alpha

ALPHAS = np.array([0.0, 0.1, 0.2, 1.0])
CURVES = {
    "eta": ("ink", np.array([1.0, 1.2, 1.3, -4.0])),
    "L": ("accent", np.array([1.0, 1.3, 1.6, 4.0])),
    "bound": ("bound", np.array([1.0, 1.1, 0.9, -20.0])),
    "rounded": ("muted", np.array([1.0, 0.8, 0.6, -50.0])),
}


def test_every_curve_stands_in_both_panels_and_the_tops_of_the_bounds_below(axes):
    picture = mixtures.bounds_over_alpha(ALPHAS, CURVES, near=0.2)
    whole, start = axes
    for name, (_, height) in CURVES.items():
        for panel in axes:
            np.testing.assert_allclose(line(panel, name), np.column_stack([ALPHAS, height]))
    assert labels(whole) == list(CURVES)
    assert labels(start) == ["top of the bound: α 0.1", "top of the rounded: α 0"]
    assert line(start, "top of the bound: α 0.1") == [[0.1, 1.1]]
    assert line(start, "top of the rounded: α 0") == [[0, 1]]
    assert picture.alt == (
        "All curves start at the old return 1.000. At alpha 1 they end at: eta -4.0, L 4.0, bound -20.0, "
        "rounded -50.0. Enlarged up to alpha 0.2, the bounds rise a little and then fall below the old "
        "return. Tops: the bound at 0.1, the rounded at 0."
    )


def test_the_scale_is_that_of_the_return_above_and_of_the_promise_below(axes):
    mixtures.bounds_over_alpha(ALPHAS, CURVES, near=0.2)
    whole, start = axes
    assert whole.get_ylim() == pytest.approx((-4 - 0.05 * 5.3, 1.3 + 0.75 * 5.3))
    assert start.get_ylim() == pytest.approx((1 - 1.3 * 0.6, 1 + 1.05 * 0.6))
    assert start.get_xlim() == (0, 0.2)
    assert {tuple(y for _, y in drawn.get_xydata()) for drawn in whole.lines[:1]} == {(1.0, 1.0)}


# ------------------------------------------------------------------------------------------------- the slack


def test_every_mixture_is_counted_and_the_bound_stands_at_one(axes):
    shares = np.array([1e-9, 2e-3, 2e-3, 0.4])  # the first is smaller than the axis
    picture = mixtures.slack(shares)
    heights = {round(float(bar.get_x()), 6): bar.get_height() for bar in axes[0].patches if bar.get_height()}
    assert sum(heights.values()) == 4
    assert sorted(heights.values()) == [1, 1, 2]
    assert labels(axes[0]) == ["4 random mixtures", "median 0.002", "the bound, and the tripwire"]
    assert {x for x, _ in line(axes[0], "the bound, and the tripwire")} == {1}
    assert {x for x, _ in line(axes[0], "median 0.002")} == {2e-3}
    assert axes[0].get_xscale() == "log"
    assert "between 1e-09 and 0.4 of what the bound allows" in picture.alt
    assert picture.alt.endswith("take less than 0.002. None reaches 1, where the tripwire stands.")


# ---------------------------------------------------------------------------------- what the bound certifies


def test_gains_are_drawn_in_units_of_the_largest_one_and_both_tops_are_marked(axes):
    alphas = np.array([0.01, 0.1, 1.0])
    gain, sure = np.array([0.1, 0.5, -2.0]), np.array([0.05, -1.0, -9.0])
    picture = mixtures.certified(alphas, list(gain + 7), list(sure + 7), 7, name="γ = 0.9")
    (panel,) = axes
    np.testing.assert_allclose(line(panel, "true gain"), np.column_stack([alphas, gain / 0.5]))
    np.testing.assert_allclose(line(panel, "certified gain"), np.column_stack([alphas, sure / 0.5]))
    np.testing.assert_allclose(line(panel, "best: α 0.1, gain 0.5"), [[0.1, 1]])
    np.testing.assert_allclose(line(panel, "best certified: α 0.01, gain 0.05"), [[0.01, 0.1]])
    assert panel.get_title() == "γ = 0.9"
    assert picture.alt == (
        "γ = 0.9: the true gain is largest, 0.5, at alpha 0.1. The lower bound is largest at alpha 0.01, "
        "where it certifies a gain of 0.05. The whole target loses."
    )


def test_the_words_tell_when_the_whole_target_gains():
    alphas, gain = np.array([0.1, 1.0]), np.array([0.1, 0.2])
    assert mixtures.certified(alphas, gain, gain, 0, name="x").alt.endswith("The whole target gains.")


# ------------------------------------------------------------------------------------------ many small steps


def test_every_run_is_drawn_from_its_first_step_and_short_runs_step_by_step(axes):
    long = np.linspace(0, 0.9, 31)
    runs = {"short": ("new", np.array([0.0, 0.8, 1.0])), "long": ("old", long)}
    picture = mixtures.rises(runs, 1.0)
    (panel,) = axes
    assert line(panel, "short") == [[1, 0.8], [2, 1]]
    np.testing.assert_allclose(line(panel, "long"), np.column_stack([range(1, 31), long[1:]]))
    assert {y for _, y in line(panel, "optimum")} == {1}
    marked = [drawn for drawn in panel.lines if drawn.get_marker() not in ("None", "none", "", None)]
    assert [drawn.get_xydata().tolist() for drawn in marked] == [[[1, 0.8], [2, 1]]]
    assert panel.get_xscale() == "log"
    assert picture.alt == (
        "From the return 0.000 towards the optimum 1.000. short: 1.000 after 2 steps, never falling. long: "
        "0.900 after 30 steps, never falling."
    )


def test_the_words_tell_of_a_fall():
    runs = {"up and down": ("new", np.array([0.0, 0.8, 0.2]))}
    assert mixtures.rises(runs, 1.0).alt.endswith("0.200 after 2 steps, not always rising.")

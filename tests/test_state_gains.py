"""The figures of chapter 4 show the numbers that their captions speak of."""

import numpy as np
import pytest

from trpo_lesson.show.theory import state_gains

NAMES = ["a", "b", "c"]
GAINS, RHO_OLD, RHO_NEW = np.array([0.5, 0.0, -2.0]), np.array([8.0, 1.5, 0.5]), np.array([4.0, 4.0, 2.0])


def bars(axes):
    """(place, height) of every bar."""
    return [(bar.get_x() + bar.get_width() / 2, bar.get_height()) for bar in axes.patches]


def line(axes, label):
    (found,) = [drawn for drawn in axes.lines if drawn.get_label() == label]
    return found.get_xydata().tolist()


def step(**limits):
    return state_gains.gains_and_visits(NAMES, GAINS, RHO_OLD, RHO_NEW, title="p = 0.4", **limits)


def test_gains_and_products_are_bars_where_they_are_not_zero(axes):
    step()
    gain, _, product = axes
    np.testing.assert_allclose(bars(gain), [(0, 0.5), (2, -2)])
    np.testing.assert_allclose(bars(product), [(0, 2), (2, -4)])
    assert [text.get_text() for text in gain.texts] == ["+0.50", "\N{MINUS SIGN}2.00"]
    assert gain.get_title() == "p = 0.4"


def test_a_gain_that_rounds_to_zero_has_a_bar_and_no_number(axes):
    state_gains.gains_and_visits(NAMES, np.array([1.0, -0.004, 0]), RHO_OLD, RHO_NEW, title="")
    assert len(bars(axes[0])) == 2
    assert [text.get_text() for text in axes[0].texts] == ["+1.00", ""]


def test_old_and_new_visits_are_points_on_one_logarithmic_axis(axes):
    step()
    visits = axes[1]
    assert line(visits, "visits, old policy") == [[0, 8], [1, 1.5], [2, 0.5]]
    assert line(visits, "visits, new policy") == [[0, 4], [1, 4], [2, 2]]
    assert visits.get_yscale() == "log"
    low, high = visits.get_ylim()
    assert low < 0.5
    assert high > 8


def test_the_last_panel_tells_the_new_sum_and_draws_the_old_points_beside_the_bars(axes):
    step()
    product = axes[2]
    beside = state_gains.BESIDE
    points = [drawn.get_xydata().tolist() for drawn in product.lines]
    assert [[beside, 4], [1 + beside, 0], [2 + beside, -1]] in points
    words = [text.get_text() for text in product.texts]
    assert words[-2:] == ["bars, new visits: sum \N{MINUS SIGN}2.00", "circles, old visits: sum +3.00"]
    assert [tick.get_text() for tick in product.get_xticklabels()] == NAMES


def test_limits_are_those_that_are_given(axes):
    step(gain_limits=(-3, 1), product_limits=(-5, 6))
    assert axes[0].get_ylim() == (-3, 1)
    assert axes[2].get_ylim() == (-5, 6)


def test_the_words_name_the_state_that_costs_most_and_both_sums():
    alt = step().alt
    assert "p = 0.4. 1 of 3 states gain at a visit, 1 lose." in alt
    assert "costs most is c: -2.00 a visit, 0.5 visits before and 2 after, so it costs -4.00" in alt
    assert alt.endswith("The sum over all states is -2.00; with the old visits it would be +3.00.")


def test_the_two_shares_are_drawn_and_the_most_overrated_state_is_named(axes):
    d, pooled = np.array([0.7, 0.25, 0.05]), np.array([0.6, 0.25, 0.15])
    picture = state_gains.two_shares(NAMES, d, pooled, steps=100)
    assert line(axes[0], "all of 100 steps alike") == [[0, 0.6], [1, 0.25], [2, 0.15]]
    assert line(axes[0], "a visit at t counts γᵗ") == [[0, 0.7], [1, 0.25], [2, 0.05]]
    assert axes[0].get_yscale() == "log"
    assert "the share of a is 60% instead of 70%" in picture.alt
    assert picture.alt.endswith("c is overrated most, 3.0 times: 15.0% instead of 5.0%.")


P = np.array([0.0, 0.1, 0.2, 0.3])


def shift(factor=1):
    curves = factor * np.array([2.0, 0, 2, 4]), np.array([9.0, 0, 9, 18]), np.array([5.0, 0, 5, 8])
    return state_gains.visit_shift(P, *curves, p_old=0.1, largest=10)


@pytest.mark.parametrize(
    ("label", "heights"),
    [
        ("true shift", [2, np.nan, 2, 4]),
        ("bound by mean TV", [9, np.nan, 9, 18]),
        ("bound by largest TV", [5, np.nan, 5, 8]),
    ],
)
def test_the_shift_and_its_bounds_are_drawn_except_at_the_old_p(axes, label, heights):
    shift()
    np.testing.assert_allclose(line(axes[0], label), np.transpose([P, heights]))


def test_the_largest_possible_shift_is_a_level(axes):
    picture = shift()
    assert {y for _, y in line(axes[0], "nothing can exceed 10")} == {10}
    assert "zero at p 0.1, grows to both sides and is 4.0 at p 0.3" in picture.alt
    assert "From p 0.30 on the bound by the mean TV exceeds the largest possible shift 10" in picture.alt
    assert picture.alt.endswith("the bound by the largest TV stays below it and is 8.0 at p 0.3.")


def test_the_words_do_not_claim_a_bound_that_is_broken():
    assert "Both bounds lie above it everywhere" in shift().alt
    assert "Both bounds do not lie above it everywhere" in shift(factor=3).alt

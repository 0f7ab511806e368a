"""The figures of chapter 7 show the numbers that their captions speak of."""

import numpy as np
import pytest

from trpo_lesson.show.theory import lower_bounds

X = np.array([-1.0, 0.0, 1.0, 2.0])
ETA = np.array([0.0, 1.0, 1.5, 1.25])
L = 1 + X
LOWER = {
    "Eq. A (max TV)": L - X**2,
    "Eq. B (max KL)": L - 2 * X**2,
    "Cor. C (mean TV)": L - 0.5 * X**2,
    "Prop. D (trust region)": 1 - np.abs(X),
}


def line(axes, label):
    (found,) = [drawn for drawn in axes.lines if drawn.get_label() == label]
    return found.get_xydata().tolist()


def points(x, y):
    return np.column_stack([x, y]).tolist()


@pytest.fixture
def drawn(axes):
    close = X / 10, ETA, L, LOWER
    return lower_bounds.landscape((X, ETA, L, LOWER), close, 1.0), *axes


def test_the_upper_part_has_the_return_the_surrogate_and_the_best_bound(drawn):
    _, above, _ = drawn
    curves = [curve.get_xydata().tolist() for curve in above.lines]
    assert points(X, ETA) in curves
    assert points(X, L) in curves
    assert line(above, "above: best bound") == points(X, [0, 1, 1.5, 1])
    assert [[0.0, 1.0]] in curves


def test_the_strip_of_the_upper_part_is_what_the_lower_part_shows(drawn, spans):
    _, above, below = drawn
    (strip,) = spans(above)
    assert strip == pytest.approx((-0.1, 0.2))
    assert below.get_xlim() == pytest.approx((-0.1, 0.2))


def test_the_lower_part_has_every_curve_as_a_gain_over_the_old_return(drawn):
    _, _, below = drawn
    assert line(below, "return η") == points(X / 10, ETA - 1)
    assert line(below, "surrogate L") == points(X / 10, L - 1)
    for name, bound in LOWER.items():
        assert line(below, name) == points(X / 10, bound - 1)


def test_each_bound_is_marked_where_it_is_largest(drawn):
    _, _, below = drawn
    marks = [curve.get_xydata().tolist() for curve in below.lines if len(curve.get_xdata()) == 1]
    tops = [[[bound.argmax() / 10 - 0.1, bound.max() - 1]] for bound in LOWER.values()]
    np.testing.assert_allclose(marks, [*tops, [[0, 0]]], atol=1e-12)


def test_the_families_have_a_colour_each_and_their_members_a_dash(drawn):
    _, _, below = drawn
    tv, kl, mean, region = (next(c for c in below.lines if c.get_label() == name) for name in LOWER)
    assert len({curve.get_color() for curve in (tv, kl, mean)}) == 3
    assert mean.get_color() == region.get_color()
    assert mean.get_linestyle() != region.get_linestyle()


def test_the_legend_names_every_curve_of_both_parts(drawn):
    _, above, _ = drawn
    (legend,) = above.figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["return η", "surrogate L", *LOWER, "above: best bound"]


def test_the_words_of_the_landscape_tell_what_is_certified_and_where(drawn):
    picture, *_ = drawn
    assert "at the old policy, x = 0, with return 1.000" in picture.alt
    assert "the return is largest, 1.500, at x = 1." in picture.alt
    assert "Below, for x from -0.1 to 0.2" in picture.alt
    assert picture.alt.endswith("certified is a gain of 0.5, by Cor. C (mean TV) at x = 0.1.")


def test_an_infinite_bound_is_not_drawn_where_it_claims_nothing(axes):
    lower = {"Eq. B (max KL)": np.array([0.0, 1.0, 0.5, -np.inf]), "Cor. C (mean TV)": L}
    lower_bounds.landscape((X, ETA, L, lower), (X, ETA, L, lower), 1.0)
    assert line(axes[1], "Eq. B (max KL)") == points(X[:3], [-1, 0, -0.5])


LOW = np.array([[2.0, 20.0], [200.0, 3.0]])


def test_the_allowances_are_ranges_with_a_mark_and_a_number(axes):
    picture = lower_bounds.allowances(["Eq.\nA", "B"], (0.5, 0.9), LOW, 2 * LOW, 14 * LOW)
    (drawn,) = axes
    assert drawn.get_xscale() == "log"
    assert [label.get_text() for label in drawn.get_yticklabels()] == ["Eq.\nA", "B"]
    for gamma, ends, offset in ((0.5, LOW[0], -0.27), (0.9, LOW[1], 0.27)):
        marks = line(drawn, f"γ = {gamma}")
        np.testing.assert_allclose(marks, [[2 * ends[0], offset], [2 * ends[1], 1 + offset]])
    ranges = [tuple(path[:, 0]) for lines in drawn.collections for path in lines.get_segments()]
    assert ranges == [(low, 14 * low) for low in LOW.ravel()]
    assert [text.get_text() for text in drawn.texts] == ["4", "40", "400", "6"]
    assert "2 bounds and 2 discounts" in picture.alt
    assert picture.alt.endswith("γ = 0.5: Eq. A 4, B 40. γ = 0.9: Eq. A 400, B 6.")


def test_the_line_at_one_is_the_error_itself_and_the_first_bound_stands_on_top(axes):
    lower_bounds.allowances(["A", "B"], (0.5, 0.9), LOW, 2 * LOW, 14 * LOW)
    (drawn,) = axes
    assert {x for x, _ in line(drawn, "the error itself")} == {1}
    bottom, top = drawn.get_ylim()
    assert bottom > top


def test_large_numbers_are_rounded_to_two_digits(axes):
    lower_bounds.allowances(["A"], (0.5,), [[1e4]], [[17_048.0]], [[2e4]])
    assert [text.get_text() for text in axes[0].texts] == ["17,000"]

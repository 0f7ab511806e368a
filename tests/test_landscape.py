"""The figures of chapter 2 show the numbers that their captions speak of."""

import numpy as np
import pytest

from trpo_lesson.show.theory import landscape

THETAS = np.arange(-3.0, 4.0)
ETA = np.array([0.0, 0.0, 0.5, 2.0, -4.0, -9.0, -9.0])
SLOPE = np.array([0.01, 0.2, 1.0, 0.0, -6.0, -2.0, -0.01])


def line(axes, label):
    (found,) = [drawn for drawn in axes.lines if drawn.get_label() == label]
    return found.get_xydata().tolist()


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_landscape_marks_its_top_its_floors_and_its_face(axes, spans):
    picture = landscape.ledge_landscape(THETAS, ETA, SLOPE, flat=0.05, steep=1)
    hill, gradient = axes
    assert line(hill, "top 2.000\nat θ = 0.00") == [[0, 2]]
    assert spans(hill) == [(-3, -2), (1, 2), (2, 3)]
    assert [text.get_text() for text in hill.texts] == ["floor", "face", "floor", "top 2.000\nat θ = 0.00"]
    assert [text.get_position()[0] for text in hill.texts[:3]] == [-2.5, 1.5, 2.5]
    drawn = [list(curve.get_ydata()) for curve in (*hill.lines, *gradient.lines)]
    assert ETA.tolist() in drawn
    assert SLOPE.tolist() in drawn
    assert "rises slowly from 0.000 at theta -3 to its top 2.000 at theta 0.00" in picture.alt
    assert "drops to -9.0 at theta 3" in picture.alt
    assert "up to theta -2.0 and from 2.0 on, the two floors" in picture.alt
    assert picture.alt.endswith("from theta 1.0 to 2.0, it is steep, -6.0 at the steepest.")


def test_a_flat_top_is_no_floor(axes, spans):
    landscape.ledge_landscape(THETAS, ETA, SLOPE, flat=0.05, steep=1)
    assert all(not (start < 0 < end) for start, end in spans(axes[0]))


def path_picture(path, path_eta):
    return landscape.ledge_path(THETAS, ETA, np.array(path), np.array(path_eta), rate=2)


def test_the_path_goes_from_the_start_over_every_step(axes):
    picture = path_picture([-2.0, 0.0, -1.0], [0.0, 2.0, 0.5])
    hill, curve = axes
    assert line(hill, "start") == [[-2, 0]]
    assert line(hill, "steps of rate 2") == [[-2, 0], [0, 2], [-1, 0.5]]
    assert line(curve, "return") == [[0, 0], [1, 2], [2, 0.5]]
    assert {y for _, y in line(curve, "top")} == {2}
    assert not hill.texts
    assert picture.alt == (
        "Gradient ascent of rate 2 from theta -2. Over 2 steps theta stays between -2.00 and 0.00. The "
        "lowest return after the start is 0.50, at step 2. At the end theta is -1.00 and the return 0.500."
    )


def test_a_step_beyond_the_left_edge_stands_at_the_edge_and_an_arrow_says_where_it_went(axes):
    picture = path_picture([-2.0, 0.0, -24.73], [0.0, -1.0, 0.0])
    assert line(axes[0], "steps of rate 2")[-1] == [-3, 0]
    (text,) = axes[0].texts
    assert text.get_text() == "◂ to θ = −24.7"
    assert "between -24.73 and 0.00. The lowest return after the start is -1.00, at step 1." in picture.alt


@pytest.mark.parametrize("spacing", [1, 2])
def test_equal_steps_of_theta_are_marked_with_their_probabilities(axes, spacing):
    p, equal, gradient = THETAS / 10 + 0.5, np.exp(-(THETAS**2)), np.exp(-((THETAS - 2) ** 2)) * 3
    picture = landscape.unequal_steps(THETAS, p, equal, gradient, spacing=spacing)
    coin, divergence = axes
    marks = [-3, -2, -1, 0, 1, 2, 3] if spacing == 1 else [-2, 0, 2]
    points = line(coin, f"θ in steps of {spacing}")
    np.testing.assert_allclose(points, [[t, t / 10 + 0.5] for t in marks])
    assert labels(divergence) == [f"step of {spacing} in θ", "gradient step, rate 1"]
    np.testing.assert_allclose(line(divergence, labels(divergence)[0]), np.column_stack([THETAS, equal]))
    np.testing.assert_allclose(line(divergence, labels(divergence)[1]), np.column_stack([THETAS, gradient]))
    assert divergence.get_yscale() == "log"
    assert (
        f"A step of {spacing} has a KL of 1.2e-04 at theta -3 and at most 1.00, at theta 0.0." in picture.alt
    )
    assert "rate 1 has a KL of 4.2e-11 at theta -3 and at most 3.00, at theta 2.0." in picture.alt

"""The figures of chapter 10 show the numbers that their captions speak of."""

import numpy as np
import pytest

from trpo_lesson.show.theory import importance_plots


def line(axes, label):
    (found,) = [drawn for drawn in axes.lines if drawn.get_label() == label]
    return found.get_xydata()


def test_every_run_has_its_curve_in_the_panel_of_its_source(axes):
    counts = np.array([10, 100, 1000, 10_000])
    runs = {
        "narrow q": np.array([[0.5, 0.6, 1.5, 0.75], [0.4, 0.4, 0.5, 0.5]]),
        "wide q": np.array([[0.9, 1.1, 1.0, 1.0], [1.1, 1.0, 1.0, 1.25]]),
    }
    picture = importance_plots.running_means(counts, runs, truth=1)
    assert [panel.get_title() for panel in axes] == list(runs)
    for panel, means in zip(axes, runs.values(), strict=True):
        for i in (0, 1):
            np.testing.assert_array_equal(line(panel, f"run {i + 1}"), np.column_stack([counts, means[i]]))
        assert set(line(panel, "truth")[:, 1]) == {1}
        assert panel.get_xscale() == "log"
    assert "After 10,000 draws, narrow q: from 0.50 to 0.75, with rises of up to 0.90" in picture.alt
    assert "wide q: from 1.00 to 1.25, with rises of up to 0.25" in picture.alt


def test_lines_of_the_exploding_weights_are_exact_and_marks_are_measured(axes):
    lengths = np.array([1, 10, 20])
    second = np.array([2.0, 4.0, 1e4])
    picture = importance_plots.weight_explosion(
        lengths,
        {"a": second},
        {"a": np.array([0.5, 2.0, 7.0])},
        {"a": np.array([90.0, 30.0, 3.0])},
        N=100,
    )
    above, below = axes
    np.testing.assert_allclose(line(above, "a: exact"), np.column_stack([lengths, second - 1]))
    np.testing.assert_allclose(line(below, "a: exact"), np.column_stack([lengths, 100 / second]))
    np.testing.assert_allclose(line(above, "a: 100 paths")[:, 1], [0.5, 2, 7])
    np.testing.assert_allclose(line(below, "a: 100 paths")[:, 1], [90, 30, 3])
    assert set(line(below, "half of the sample")[:, 1]) == {50}
    assert above.get_yscale() == below.get_yscale() == "log"
    assert "after 20 decisions the exact variance is 1e+04, that of the sample 7" in picture.alt
    assert "effective sample size is 0.01 by the formula and 3 in the sample" in picture.alt


def test_a_shifted_target_lies_off_the_draws_and_few_weights_hold_the_total(axes):
    x = np.linspace(-2, 2, 100)
    weights = np.concatenate([[50.0], np.full(9, 5.0), np.full(90, 5 / 90)])
    numbers = {"size": 12.3, "estimate": -1.5, "error": 0.25}
    picture = importance_plots.shifted(x, weights, shift=2, **numbers)
    places, sizes = axes
    (draws,) = places.patches
    heights, edges, _ = draws.get_data()
    np.testing.assert_allclose(heights, np.histogram(x, edges, density=True)[0])
    target = line(places, "the target")
    assert target[target[:, 1].argmax(), 0] == pytest.approx(2)
    assert target[:, 1].max() == pytest.approx(1 / np.sqrt(2 * np.pi))
    share = line(sizes, "share of the total")
    np.testing.assert_allclose(share[[0, 9, 99]], [[1, 0.5], [10, 0.95], [100, 1]])
    assert set(line(sizes, "effective size 12 of 100")[:, 0]) == {12.3}
    (written,) = sizes.figure.legends
    assert "estimate −1.50 ± 0.25" in [text.get_text() for text in written.get_texts()]
    assert "lies 2 to the right of the draws. The largest weight has 50.0% of all weight" in picture.alt
    assert "the largest ten 95.0%" in picture.alt
    assert picture.alt.endswith("mean is 2, the estimate -1.50 with standard error 0.25.")


def test_the_error_has_the_bias_for_single_steps_only_and_shrinks_with_the_paths(axes):
    kl, bias = np.array([0.01, 0.1, 1.0]), np.array([0.0, 0.4, 0.4])
    deviations = {"whole paths": [9.0, 90, 900], "by decisions": [2.0, 2, 200], "single steps": [1.0, 3, 3]}
    picture = importance_plots.paths_or_steps(kl, bias, deviations, Ns=(4, 100))
    few, many = axes
    assert [few.get_title(), many.get_title()] == ["4 paths", "100 paths"]
    np.testing.assert_allclose(line(few, "by decisions"), np.column_stack([kl, [1, 1, 100]]))
    np.testing.assert_allclose(line(many, "whole paths")[:, 1], [0.9, 9, 90])
    np.testing.assert_allclose(line(many, "single steps")[:, 1], [0.1, 0.5, 0.5])
    for panel in axes:
        np.testing.assert_allclose(line(panel, "bias of single steps")[:, 1], bias)
        assert panel.get_xscale() == panel.get_yscale() == "log"
    assert (
        "With 4 paths the smallest error is that of single steps from 0.01 nats, then by decisions from "
        "0.1 nats, then single steps from 1 nats." in picture.alt
    )
    assert "With 100 paths the smallest error is that of single steps from 0.01 nats, then by" in picture.alt

"""The figures of training over seeds show the numbers they are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from trpo_lesson.sampled.intervals import bootstrap_interval
from trpo_lesson.show import plots

OF_THREE = "TRPO, IQM of 3 seeds, 95 % interval"


def run(steps, returns):
    return np.column_stack([steps, returns])


def draw(seeds, *, labels=("TRPO",), seed=0, target=None):
    """learning_curves of histories that all have the runs `seeds`."""
    rng = np.random.default_rng(seed)
    return plots.learning_curves([seeds] * len(labels), labels=labels, rng=rng, target=target)


def curve(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line.get_xydata().tolist()


def band(axes):
    """(steps, low, high) of the one band."""
    (field,) = axes.collections
    steps, edge = field.get_paths()[0].vertices.T
    at = np.unique(steps)
    return at, *(np.array([limit(edge[steps == x]) for x in at]) for limit in (np.min, np.max))


def test_the_line_is_the_interquartile_mean_of_the_seeds(axes):
    draw([run([10, 20], [0, 9]), run([10, 20], [2, 5]), run([10, 20], [4, 7]), run([10, 20], [90, 1])])
    assert curve(axes[0], "TRPO, IQM of 4 seeds, 95 % interval") == [[10, 3], [20, 6]]


def test_the_band_is_the_bootstrap_interval_drawn_by_the_rng_that_was_given(axes):
    scores = np.random.default_rng(1).normal(size=(6, 2)).cumsum(axis=1)
    draw([run([10, 20], pair) for pair in scores], seed=5)
    steps, low, high = band(axes[0])
    expected = bootstrap_interval(scores, rng=np.random.default_rng(5))
    np.testing.assert_allclose((low, high), expected)
    assert steps.tolist() == [10, 20]


def test_a_single_seed_is_drawn_as_it_came_without_a_band(axes):
    picture = draw([run([10, 20], [1, 5])])
    assert curve(axes[0], "TRPO, one seed") == [[10, 1], [20, 5]]
    assert len(axes[0].lines) == 1
    assert len(axes[0].collections) == 0
    assert picture.alt == "Learning curves; TRPO, one seed, goes from 1 to 5 in 20 steps."


def test_seeds_with_other_steps_meet_where_all_have_values(axes):
    draw([run([0, 10, 20, 30], [0, 10, 20, 30]), run([5, 25], [105, 125])])  # the first plus 100
    assert curve(axes[0], "TRPO, IQM of 2 seeds, 95 % interval") == [[10, 60], [20, 70]]


def test_an_iteration_in_which_no_episode_ended_is_passed_over(axes):
    draw([run([10, 20, 30], [1, np.nan, 3])] * 3)
    assert curve(axes[0], OF_THREE) == [[10, 1], [30, 3]]


def test_methods_have_their_own_colour_and_the_target_is_a_line(axes):
    draw([run([10, 20], [1, 5])] * 3, labels=["TRPO", "policy gradient"], target=475)
    colours = {line.get_label(): line.get_color() for line in axes[0].lines}
    assert colours[OF_THREE] != colours["policy gradient, IQM of 3 seeds, 95 % interval"]
    assert {y for _, y in curve(axes[0], "target 475")} == {475}


def test_the_words_of_learning_curves_tell_seeds_start_end_interval_and_target():
    histories = [[run([2048, 40_960], [-1234, 5])] * 3, [run([2048, 40_960], [-7, 8])]]
    rng = np.random.default_rng(0)
    assert plots.learning_curves(histories, labels=["A", "B"], rng=rng, target=-200).alt == (
        "Learning curves; the interquartile mean over seeds and its 95 % bootstrap interval: "
        "A, 3 seeds, goes from -1234 to 5 (interval 5 to 5) in 40,960 steps; "
        "B, one seed, goes from -7 to 8 in 40,960 steps. The target is -200."
    )


def test_learning_curves_stay_small_enough_for_a_page():
    steps = np.arange(1, 101) * 2048
    seeds = [run(steps, np.random.default_rng(seed).normal(size=100)) for seed in range(10)]
    assert len(draw(seeds).svg) < 30_000


def test_the_legend_of_learning_curves_hides_no_data(axes):
    draw([run([10, 20], [1, 5])] * 3, labels=["A", "B", "C", "D"], target=5)
    canvas = axes[0].figure.canvas
    canvas.draw()
    legend, field = axes[0].get_legend().get_window_extent(), axes[0].get_window_extent()
    assert legend.y0 >= field.y1


def test_explained_variance_is_cut_off_below_minus_one_and_named(axes):
    rng = np.random.default_rng(0)
    picture = plots.explained_variance([[run([10, 20], [-80, 0.9])]], labels=["critic"], rng=rng)
    assert curve(axes[0], "critic, one seed") == [[10, -80], [20, 0.9]]
    assert axes[0].get_ylim()[0] == -1
    assert axes[0].get_ylabel() == "explained variance"
    assert picture.alt.startswith("Explained variance of the critic; critic, one seed, goes from -80 to 0.9")


def test_the_effective_sample_size_is_shown_from_nothing_to_all(axes):
    rng = np.random.default_rng(0)
    seeds = [run([10, 20], [1, 0.5]), run([10, 20], [1, 0.7])]
    picture = plots.effective_sample_size([seeds], labels=["reuse"], rng=rng)
    np.testing.assert_allclose(curve(axes[0], "reuse, IQM of 2 seeds, 95 % interval"), [[10, 1], [20, 0.6]])
    low, high = axes[0].get_ylim()
    assert low == 0
    assert high > 1
    assert picture.alt.startswith("Effective sample size; ")


@pytest.mark.parametrize(("n_labels", "n_histories"), [(1, 2), (2, 1), (5, 5)])
def test_labels_that_do_not_fit_are_refused(n_labels, n_histories):
    histories = [[run([1], [2])]] * n_histories
    expected = f"as many labels as histories, at most 4, got {n_labels} and {n_histories}"
    with pytest.raises(ValueError, match=expected):
        plots.learning_curves(histories, labels=["A"] * n_labels, rng=np.random.default_rng(0))


def test_a_history_without_seeds_is_refused():
    with pytest.raises(ValueError, match="at least one seed in every history, got none"):
        draw([])


def test_a_run_without_returns_and_seeds_without_common_steps_are_refused():
    with pytest.raises(ValueError, match="expected a run with values, got only NaN in 2 rows"):
        draw([run([1, 2], [np.nan, np.nan])])
    with pytest.raises(ValueError, match="expected seeds with steps in common, got none between 10 and 2"):
        draw([run([1, 2], [0, 0]), run([10, 20], [0, 0])])


@pytest.mark.parametrize("shape", [(2, 3), (4,), (1, 2, 2)])
def test_a_run_of_another_shape_is_refused(shape):
    expected = r"expected a run of shape \(K, 2\), columns steps and value, got \("
    with pytest.raises(ValueError, match=expected):
        draw([np.zeros(shape)])


def test_a_training_record_without_a_finished_episode_has_no_return():
    records = [
        SimpleNamespace(steps=10, returns=np.array([])),
        SimpleNamespace(steps=20, returns=np.array([1.0, 4.0])),
    ]
    first, second = plots.curve_of(records)
    assert first[0] == 10
    assert np.isnan(first[1])
    assert second.tolist() == [20, 2.5]


def test_every_other_number_of_a_training_record_makes_a_curve_too():
    records = [SimpleNamespace(steps=10 * k, effective_sample_size=1 / k) for k in (1, 2)]
    assert plots.curve_of(records, "effective_sample_size").tolist() == [[10, 1], [20, 0.5]]

"""The figures of training show the numbers they are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from trpo_lesson.show import plots


def run(steps, returns):
    return np.column_stack([steps, returns])


def curve(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line.get_xydata().tolist()


def test_the_bold_line_is_the_median_of_the_seeds(axes):
    seeds = [run([10, 20], [1, 5]), run([10, 20], [2, 9]), run([10, 20], [60, 7])]
    plots.learning_curves([seeds], labels=["TRPO"])
    assert curve(axes[0], "TRPO, median of 3 seeds") == [[10, 2], [20, 7]]


def test_every_seed_is_drawn_as_it_came_and_thinner_than_the_median(axes):
    seeds = [run([10, 20], [1, 5]), run([10, 20, 30], [2, 9, 4])]
    plots.learning_curves([seeds], labels=["TRPO"])
    bold = max(line.get_linewidth() for line in axes[0].lines)
    thin = [line.get_xydata().tolist() for line in axes[0].lines if line.get_linewidth() < bold / 2]
    assert thin == [seed.tolist() for seed in seeds]


def test_seeds_with_other_steps_meet_where_all_have_values(axes):
    seeds = [
        run([0, 10, 20, 30], [0, 10, 20, 30]),
        run([5, 25], [105, 125]),
    ]  # the second is the first plus 100
    plots.learning_curves([seeds], labels=["TRPO"])
    assert curve(axes[0], "TRPO, median of 2 seeds") == [[10, 60], [20, 70]]


def test_an_iteration_in_which_no_episode_ended_is_passed_over(axes):
    plots.learning_curves([[run([10, 20, 30], [1, np.nan, 3])] * 3], labels=["TRPO"])
    assert curve(axes[0], "TRPO, median of 3 seeds") == [[10, 1], [30, 3]]


def test_methods_have_their_own_colour_and_the_target_is_a_line(axes):
    seeds = [run([10, 20], [1, 5])] * 2
    plots.learning_curves([seeds, seeds], labels=["TRPO", "policy gradient"], target=475)
    colours = {line.get_label(): line.get_color() for line in axes[0].lines}
    assert colours["TRPO, median of 2 seeds"] != colours["policy gradient, median of 2 seeds"]
    assert {y for _, y in curve(axes[0], "target 475")} == {475}


def test_without_a_target_there_is_no_line_for_it(axes):
    picture = plots.learning_curves([[run([10, 20], [1, 5])]], labels=["TRPO"])
    assert len(axes[0].lines) == 2
    assert "target" not in picture.alt


def test_the_words_of_learning_curves_tell_start_end_and_target():
    seeds = [run([2048, 40_960], [-1234, 5])] * 3
    assert plots.learning_curves([seeds, seeds], labels=["A", "B"], target=-200).alt == (
        "Learning curves; the median over seeds of A goes from -1234 to 5 in 40,960 steps; "
        "of B goes from -1234 to 5 in 40,960 steps. The target is -200."
    )


def test_learning_curves_stay_small_enough_for_a_page():
    steps = np.arange(1, 101) * 2048
    seeds = [run(steps, np.random.default_rng(seed).normal(size=100)) for seed in range(10)]
    assert len(plots.learning_curves([seeds], labels=["TRPO"]).svg) < 30_000


@pytest.mark.parametrize(("n_labels", "n_histories"), [(1, 2), (2, 1), (5, 5)])
def test_labels_that_do_not_fit_are_refused(n_labels, n_histories):
    histories = [[run([1], [2])]] * n_histories
    expected = f"as many labels as histories, at most 4, got {n_labels} and {n_histories}"
    with pytest.raises(ValueError, match=expected):
        plots.learning_curves(histories, labels=["A"] * n_labels)


def test_a_history_without_seeds_is_refused():
    with pytest.raises(ValueError, match="at least one seed in every history, got none"):
        plots.learning_curves([[]], labels=["A"])


def test_a_run_without_returns_and_seeds_without_common_steps_are_refused():
    with pytest.raises(ValueError, match="expected a run with returns, got only NaN in 2 rows"):
        plots.learning_curves([[run([1, 2], [np.nan, np.nan])]], labels=["A"])
    with pytest.raises(ValueError, match="expected seeds with steps in common, got none between 10 and 2"):
        plots.learning_curves([[run([1, 2], [0, 0]), run([10, 20], [0, 0])]], labels=["A"])


@pytest.mark.parametrize("shape", [(2, 3), (4,), (1, 2, 2)])
def test_a_run_of_another_shape_is_refused(shape):
    with pytest.raises(
        ValueError, match=r"expected a run of shape \(K, 2\), columns steps and return, got \("
    ):
        plots.learning_curves([[np.zeros(shape)]], labels=["A"])


def test_the_kl_of_accepted_and_rejected_updates_is_marked_apart(axes):
    picture = plots.kl_used([0.008, 0.02, 0.009], delta=0.01, accepted=[True, False, True])
    assert curve(axes[0], "accepted") == [[1, 0.008], [3, 0.009]]
    assert curve(axes[0], "rejected") == [[2, 0.02]]
    assert {y for _, y in curve(axes[0], "radius δ = 0.01")} == {0.01}
    assert picture.alt == "KL of 3 updates, 2 of them accepted: the largest is 0.02, the radius = 0.01."


def test_without_rejected_updates_the_legend_does_not_speak_of_them(axes):
    plots.kl_used([0.008], delta=0.01, accepted=[True])
    assert [text.get_text() for text in axes[0].get_legend().get_texts()] == ["radius δ = 0.01", "accepted"]


def test_a_radius_that_shrinks_is_drawn_as_it_is(axes):
    picture = plots.kl_used([0.01, 0.004], delta=[0.02, 0.005], accepted=[True, True])
    assert curve(axes[0], "radius δ from 0.02 to 0.005") == [[1, 0.02], [2, 0.005]]
    assert picture.alt.endswith("the radius from 0.02 to 0.005.")


def test_a_training_record_without_a_finished_episode_has_no_return():
    records = [
        SimpleNamespace(steps=10, returns=np.array([])),
        SimpleNamespace(steps=20, returns=np.array([1.0, 4.0])),
    ]
    first, second = plots.curve_of(records)
    assert first[0] == 10
    assert np.isnan(first[1])
    assert second.tolist() == [20, 2.5]

"""The figures of single updates, of their time and of an ablation show the numbers they are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from trpo_lesson.sampled.stopwatch import PARTS
from trpo_lesson.show import ablation, theme, training


def curve(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line.get_xydata().tolist()


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def above(axes):
    """Whether the legend, of the axes or of their figure, stands above the field and within the picture."""
    axes.figure.canvas.draw()
    (legend,) = filter(None, [axes.get_legend(), *axes.figure.legends])
    seen, picture = legend.get_window_extent(), axes.figure.bbox
    return axes.get_window_extent().y1 <= seen.y0 and picture.x0 <= seen.x0 and seen.x1 <= picture.x1


def test_the_kl_of_accepted_and_rejected_updates_is_marked_apart(axes):
    picture = training.kl_used([0.008, 0.02, 0.009], delta=0.01, accepted=[True, False, True])
    assert curve(axes[0], "accepted") == [[1, 0.008], [3, 0.009]]
    assert curve(axes[0], "rejected") == [[2, 0.02]]
    assert {y for _, y in curve(axes[0], "radius δ = 0.01")} == {0.01}
    assert picture.alt == "KL of 3 updates, 2 of them accepted: the largest is 0.02, the radius = 0.01."


def test_without_rejected_updates_the_legend_does_not_speak_of_them(axes):
    training.kl_used([0.008], delta=0.01, accepted=[True])
    assert legend(axes[0]) == ["radius δ = 0.01", "accepted"]


def test_a_radius_that_shrinks_is_drawn_as_it_is(axes):
    picture = training.kl_used([0.01, 0.004], delta=[0.02, 0.005], accepted=[True, True])
    assert curve(axes[0], "radius δ from 0.02 to 0.005") == [[1, 0.02], [2, 0.005]]
    assert picture.alt.endswith("the radius from 0.02 to 0.005.")


def test_each_update_stands_at_the_fraction_of_its_step(axes):
    picture = training.step_lengths([1, 0.5, 1, 0.125])
    assert curve(axes[0], "accepted") == [[1, 1], [2, 0.5], [3, 1], [4, 0.125]]
    assert legend(axes[0]) == ["accepted"]
    assert picture.alt == (
        "Step lengths of 4 updates: 2 took the whole step; rejected: 0; the shortest taken is 0.125."
    )


def test_a_rejected_update_stands_below_all_others_at_zero(axes):
    picture = training.step_lengths([0.25, 0, 1])
    ((update, place),) = curve(axes[0], "rejected")
    assert update == 2
    assert axes[0].get_ylim()[0] < place < 0.25
    assert axes[0].yaxis.get_major_formatter()(place) == "0"
    assert axes[0].yaxis.get_major_formatter()(0.25) == "0.25"
    assert "rejected: 1" in picture.alt


def test_where_all_updates_were_rejected_the_figure_says_so(axes):
    assert "0 took the whole step; rejected: 2" in training.step_lengths([0, 0]).alt
    assert legend(axes[0]) == ["rejected"]


def seconds(**spent):
    return dict.fromkeys(PARTS, 0.0) | spent


def test_a_bar_is_stacked_from_the_shares_of_its_parts(axes):
    runs = [seconds(environment=[1, 2], value_fit=[5, 2]), seconds(policy=1.0, rest=3.0)]
    picture = training.time_shares(runs, labels=["A", "B"])
    bars = {bars.get_label(): [(bar.get_x(), bar.get_width()) for bar in bars] for bars in axes[0].containers}
    assert bars["environment"] == [(0, 30), (0, 0)]
    assert bars["policy"] == [(30, 0), (0, 25)]
    assert bars["value fit"] == [(30, 70), (25, 0)]
    assert bars["rest"] == [(100, 0), (25, 75)]
    assert [tick.get_text() for tick in axes[0].get_yticklabels()] == ["A", "B"]
    assert picture.alt.startswith("Where the time goes. A: value fit 70 %, environment 30 %, policy 0 %")
    assert "; B: rest 75 %, policy 25 %, " in picture.alt


def test_the_parts_of_the_time_are_those_of_the_stopwatch_each_with_a_look_of_its_own():
    assert tuple(training.PARTS) == PARTS
    assert len(set(training.PARTS.values())) == len(PARTS)


def test_the_seconds_of_runs_are_summed_over_their_updates():
    updates = [SimpleNamespace(seconds=seconds(policy=1.0, rest=2.0**i)) for i in range(3)]
    assert training.seconds_of([updates[:2], updates[2:]]) == seconds(policy=3.0, rest=7.0)


def test_times_of_other_parts_are_refused():
    with pytest.raises(ValueError, match=r"expected the parts .*, got .'environment'."):
        training.time_shares([{"environment": 1.0}], labels=["A"])


ROWS = [("TRPO", 490.0, 470.0, 500.0), ("without value fit", 200.0, 150.0, 320.0)]


def test_a_row_of_an_ablation_is_a_dot_for_the_mean_and_a_bar_for_the_interval(axes):
    picture = ablation.ablation(ROWS)
    bars = [line.get_xydata().tolist() for line in axes[0].lines if len(line.get_xdata()) == 2]
    dots = [line.get_xydata().tolist() for line in axes[0].lines if len(line.get_xdata()) == 1]
    assert bars == [[[470, 0], [500, 0]], [[150, 1], [320, 1]]]
    assert dots == [[[490, 0]], [[200, 1]]]
    assert [tick.get_text() for tick in axes[0].get_yticklabels()] == ["TRPO", "without value fit"]
    assert picture.alt == (
        "Ablation, return. Interquartile mean and 95 % interval: "
        "TRPO 490 (470 to 500); without value fit 200 (150 to 320)."
    )


def test_the_first_row_stands_on_top_and_its_interval_goes_through_all(axes, spans):
    ablation.ablation(ROWS)
    bottom, top = axes[0].get_ylim()
    assert top < 0 < 1 < bottom
    assert spans(axes[0]) == [(470, 500)]
    colours = [line.get_color() for line in axes[0].lines]
    assert colours == [theme.color("old")] * 2 + [theme.color("new")] * 2


def test_the_target_of_an_ablation_is_a_line_with_a_name(axes):
    picture = ablation.ablation(ROWS, quantity="final return", target=475)
    assert {x for x, _ in curve(axes[0], "target 475")} == {475}
    assert picture.alt.endswith("The target is 475.")
    assert "final return" in axes[0].get_xlabel()


def table(*rows):
    return [dict(zip(("label", "iqm", "low", "high"), row, strict=True)) for row in rows]


def test_ablations_of_two_environments_stand_one_below_the_other_each_with_its_target(axes, spans):
    other = [("TRPO", -150.0, -160.0, -140.0)]
    targets = {"Cart": 475, "Rod": -200}
    picture = ablation.ablations({"Cart": table(*ROWS), "Rod": table(*other)}, targets=targets)
    assert [spans(each) for each in axes] == [[(470, 500)], [(-160, -140)]]
    goals = [curve(axes[0], "target 475"), curve(axes[1], "target -200")]
    assert [{x for x, _ in goal} for goal in goals] == [{475}, {-200}]
    assert [each.get_xlabel().split(",")[0] for each in axes] == ["Cart", "Rod"]
    assert [len(each.get_yticklabels()) for each in axes] == [2, 1]
    axes[0].figure.canvas.draw()
    assert axes[0].get_window_extent().y0 > axes[1].get_window_extent().y1
    assert "Cart: Interquartile mean and 95 % interval: TRPO 490 (470 to 500); without" in picture.alt
    assert "Rod: Interquartile mean and 95 % interval: TRPO -150 (-160 to -140)." in picture.alt


def test_the_rows_of_a_long_and_of_a_short_ablation_lie_about_equally_close(axes):
    tables = {"Cart": table(*ROWS * 4), "Rod": table(*ROWS)}
    ablation.ablations(tables, targets=dict.fromkeys(tables))
    axes[0].figure.canvas.draw()
    spacing = [np.diff(each.transData.transform([(0, 1), (0, 0)])[:, 1])[0] for each in axes]
    assert spacing[0] == pytest.approx(spacing[1], rel=0.1)


def test_the_rows_of_each_of_several_ablations_are_checked():
    with pytest.raises(ValueError, match=r"B: expected an interval that holds 1, got 2 to 3"):
        ablation.ablations({"Cart": table(*ROWS), "Rod": table(("B", 1, 2, 3))}, targets={})
    with pytest.raises(ValueError, match="rows: expected at least one, got none"):
        ablation.ablations({"Cart": []}, targets={})


@pytest.mark.parametrize("row", [("A", 1.0, 2.0, 3.0), ("A", 4.0, 2.0, 3.0), ("A", np.nan, 2.0, 3.0)])
def test_an_interval_that_does_not_hold_its_mean_is_refused(row):
    with pytest.raises(ValueError, match=r"A: expected an interval that holds .*, got 2 to 3"):
        ablation.ablation([row])


def test_an_ablation_of_nothing_is_refused():
    with pytest.raises(ValueError, match="rows: expected at least one, got none"):
        ablation.ablation([])


def test_no_legend_hides_data(axes):
    training.kl_used([0.008, 0.02], delta=0.01, accepted=[True, False])
    training.step_lengths([1, 0, 0.5])
    training.time_shares([seconds(policy=1.0)], labels=["Pendulum, reuse"])
    ablation.ablation(ROWS, target=475)
    assert [above(each) for each in axes] == [True] * 4

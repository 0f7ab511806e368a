"""The figures of the theory chapters show the numbers that their captions speak of."""

import numpy as np
import pytest

from trpo_lesson.show import theory_plots


def bars(axes):
    """(place, bottom, height) of every bar."""
    return [(bar.get_x() + bar.get_width() / 2, bar.get_y(), bar.get_height()) for bar in axes.patches]


def test_the_parts_are_stacked_to_the_total(axes):
    theory_plots.switch_back(np.array([0.0, 0.3]), np.array([0.5, 0.4]), 0.5, 0.9)
    np.testing.assert_allclose(
        bars(axes[0]), [(0, 0, 0), (1, 0, 0.3), (0, 0, 0.5), (1, 0.3, 0.4)], atol=1e-12
    )


def test_each_bar_of_the_telescope_goes_from_the_total_before_to_the_total_after(axes):
    theory_plots.telescope(np.array([1.0, 3.0, 2.5]), 1.0, 2.5, limits=(0, 4))
    np.testing.assert_allclose(bars(axes[0]), [(1, 1, 2), (2, 3, -0.5)])
    assert axes[0].get_ylim() == (0, 4)
    names = [text.get_text() for text in axes[0].get_legend().get_texts()]
    assert set(names) == {"gain of the step", "loss of the step", "old return 1.000", "new return 2.500"}


def test_rounding_is_neither_a_gain_nor_a_loss(axes):
    theory_plots.telescope(np.array([1.0, 1.0 + 1e-15]), 1.0, 1.0)
    assert bars(axes[0]) == []


@pytest.mark.parametrize(("eta_new", "outcome"), [(2.0, "gains"), (0.0, "loses"), (1.0, "changes nothing")])
def test_the_words_of_the_telescope_tell_start_first_step_and_end(eta_new, outcome):
    picture = theory_plots.telescope(np.array([1.0, 1.5]), 1.0, eta_new)
    assert "starts at the old return 1.000, is 1.500 after one step" in picture.alt
    assert picture.alt.endswith(f"approaches the new return {eta_new:.3f}: the new policy {outcome}.")


def test_on_the_ledge_a_small_region_keeps_the_promise_and_a_large_one_breaks_it():
    words = theory_plots.ledge_promise(theta_old=-2.0, deltas=(0.01, 0.5)).alt
    assert "radius 0.01 the step ends at -1.59: the surrogate changes by +0.19, the return by +0.11." in words
    assert "radius 0.5 the step ends at 0.40: the surrogate changes by +1.77, the return by -5.61." in words

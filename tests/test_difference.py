"""The figures of chapter 3 show the numbers that their captions speak of."""

import numpy as np
import pytest

from trpo_lesson.show.theory import difference


def bars(axes):
    """(place, bottom, height) of every bar."""
    return [(bar.get_x() + bar.get_width() / 2, bar.get_y(), bar.get_height()) for bar in axes.patches]


def test_the_parts_are_stacked_to_the_total(axes):
    difference.switch_back(np.array([0.0, 0.3]), np.array([0.5, 0.4]), 0.5, 0.9)
    np.testing.assert_allclose(
        bars(axes[0]), [(0, 0, 0), (1, 0, 0.3), (0, 0, 0.5), (1, 0.3, 0.4)], atol=1e-12
    )


def test_each_bar_of_the_telescope_goes_from_the_total_before_to_the_total_after(axes):
    difference.telescope(np.array([1.0, 3.0, 2.5]), 1.0, 2.5, limits=(0, 4))
    np.testing.assert_allclose(bars(axes[0]), [(1, 1, 2), (2, 3, -0.5)])
    assert axes[0].get_ylim() == (0, 4)
    names = [text.get_text() for text in axes[0].get_legend().get_texts()]
    assert set(names) == {"gain of the step", "loss of the step", "old return 1.000", "new return 2.500"}


def test_rounding_is_neither_a_gain_nor_a_loss(axes):
    difference.telescope(np.array([1.0, 1.0 + 1e-15]), 1.0, 1.0)
    assert bars(axes[0]) == []


@pytest.mark.parametrize(("eta_new", "outcome"), [(2.0, "gains"), (0.0, "loses"), (1.0, "changes nothing")])
def test_the_words_of_the_telescope_tell_start_first_step_and_end(eta_new, outcome):
    picture = difference.telescope(np.array([1.0, 1.5]), 1.0, eta_new)
    assert "starts at the old return 1.000, is 1.500 after one step" in picture.alt
    assert picture.alt.endswith(f"approaches the new return {eta_new:.3f}: the new policy {outcome}.")

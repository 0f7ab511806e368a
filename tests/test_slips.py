"""The list of planted slips: each has its place in the package. That each is caught, `make mutate` shows."""

import plant_slips
import pytest


@pytest.mark.parametrize("slip", plant_slips.slips(), ids=lambda slip: slip.name)
def test_each_slip_has_its_place(slip):
    source = (plant_slips.ROOT / "trpo_lesson" / slip.file).read_text(encoding="utf-8")
    assert plant_slips.planted(slip, source) != source


def test_a_slip_with_no_place_or_two_is_refused():
    slip = plant_slips.Slip("gamma squared", "values.py", "gamma", "gamma**2", [])
    for source in ("rho", "gamma + gamma"):
        with pytest.raises(ValueError, match="gamma squared: expected its text once in values"):
            plant_slips.planted(slip, source)

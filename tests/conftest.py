"""Settings of every test: hypothesis draws the same examples on every run and never fails for being slow."""

import pytest
from hypothesis import settings

settings.register_profile("same_every_time", deadline=None, derandomize=True)
settings.load_profile("same_every_time")


@pytest.fixture
def axes(monkeypatch):
    """A list that receives the axes of every figure drawn."""
    from trpo_lesson.show import theme  # only here: most tests need no matplotlib

    seen, finish = [], theme.picture

    def keep(figure, *, alt):
        seen.extend(figure.axes)
        return finish(figure, alt=alt)

    monkeypatch.setattr(theme, "picture", keep)
    return seen


@pytest.fixture
def spans():
    """spans(axes): where each of its fields begins and ends in x; to matplotlib 3.8 they are polygons."""

    def ends(patch):
        extent = patch.get_patch_transform().transform_path(patch.get_path()).get_extents()
        return float(extent.x0), float(extent.x1)

    return lambda axes: [ends(patch) for patch in axes.patches]

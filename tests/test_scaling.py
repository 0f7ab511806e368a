"""Observation scaling: running moments equal those of all rows at once; a new scaling moves no function."""

import numpy as np
import pytest

from trpo_lesson.sampled.networks import MLP
from trpo_lesson.sampled.scaling import SMALLEST_DEVIATION, Scaling, fixed, nothing_seen, rescaled


def draw(shape, *, seed=0):
    return np.random.default_rng(seed).standard_normal(shape) * [2.0, 0.5] + [10.0, -3.0]


def test_fixed_factors_multiply():
    scaling = fixed((2.0, -0.5), dtype="float32")
    np.testing.assert_array_equal(scaling(np.array([[1.0, 4.0]], dtype="float32")), [[2, -2]])
    assert scaling(np.ones(2, dtype="float32")).dtype == "float32"


def test_a_scaling_takes_the_offset_off_first():
    assert Scaling(np.array([1.0]), np.array([3.0]))(np.array([5.0])).tolist() == [12]


def test_moments_batch_by_batch_are_the_moments_of_everything():
    parts = [draw((4, 3, 2), seed=1), draw((1, 2), seed=2), draw((50, 2), seed=3)]
    moments = nothing_seen(2)
    for part in parts:
        moments = moments.including(part)
    rows = np.concatenate([part.reshape(-1, 2) for part in parts])
    assert moments.count == len(rows)
    np.testing.assert_allclose(moments.mean, rows.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(moments.squares, ((rows - rows.mean(axis=0)) ** 2).sum(axis=0), rtol=1e-13)
    np.testing.assert_allclose(moments.root_mean_square(), np.sqrt((rows**2).mean(axis=0)), rtol=1e-14)


def test_what_was_seen_comes_out_with_mean_zero_and_deviation_one():
    rows = draw((1000, 2))
    scaled = nothing_seen(2).including(rows).scaling()(rows)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-13)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-13)


def test_a_component_that_never_varies_is_not_blown_up_without_bound():
    scaling = nothing_seen(2).including(np.array([[1.0, 0.0], [1.0, 2.0]])).scaling(dtype="float32")
    np.testing.assert_allclose(scaling.scale, [1 / SMALLEST_DEVIATION, 1], rtol=1e-6)
    assert scaling.scale.dtype == scaling.offset.dtype == "float32"


@pytest.mark.parametrize("network", [MLP((2, 5, 3)), MLP((2, 3), free=3)], ids=str)
def test_a_refreshed_scaling_leaves_the_outputs_as_they_were(network):
    rng = np.random.default_rng(0)
    theta, x = rng.standard_normal(network.n_parameters), draw((20, 2))
    old, new = (
        Scaling(np.array([1.0, 2.0]), np.array([0.5, 3.0])),
        Scaling(np.array([9.0, -3.0]), np.array([0.4, 2.0])),
    )
    moved = rescaled(network, theta, old, new)
    np.testing.assert_allclose(
        network.outputs(moved, new(x)), network.outputs(theta, old(x)), rtol=0, atol=1e-12
    )
    assert not np.array_equal(moved, theta)

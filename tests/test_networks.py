"""The network against a layer-by-layer definition, automatic differentiation and finite differences."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import jacobian

from trpo_lesson.sampled.networks import MLP

SHAPES = [MLP((3, 2)), MLP((1, 4, 1)), MLP((4, 5, 3, 2)), MLP((3, 6, 2), free=2), MLP((2, 1), free=3)]
SHAPES += [MLP((3, 5, 4, 1)), MLP((2, 4, 3, 5, 1), free=1)]


def by_definition(network, theta, x):
    """[B, K], one sample and one layer at a time, with W and bias apart; differentiable by autograd."""
    rows = []
    for sample in x:
        h, start = sample, 0
        for inputs, outputs in zip(network.sizes[:-1], network.sizes[1:], strict=True):
            layer = anp.reshape(theta[start : start + outputs * (inputs + 1)], (outputs, inputs + 1))
            start += outputs * (inputs + 1)
            z = anp.dot(layer[:, :inputs], h) + layer[:, inputs]
            h = anp.tanh(z)
        rows.append(anp.concatenate((z, theta[start:])))
    return anp.stack(rows)


def draw(network, *, seed=0, batch=7):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(network.n_parameters), rng.standard_normal((batch, network.sizes[0])), rng


def test_one_neuron_by_hand():
    w, b, w2, b2, free = 0.5, -1.0, 3.0, 0.25, 7.0
    theta, x = np.array([w, b, w2, b2, free]), np.array([[2.0], [4.0]])
    expected = [[3 * np.tanh(0.5 * 2 - 1) + 0.25, 7], [3 * np.tanh(0.5 * 4 - 1) + 0.25, 7]]
    np.testing.assert_allclose(MLP((1, 1, 1), free=1).outputs(theta, x), expected, rtol=1e-15)


def test_the_number_of_parameters_by_hand():
    assert MLP((4, 16, 2)).n_parameters == 16 * 5 + 2 * 17
    assert MLP((3, 64, 64, 1), free=1).n_parameters == 64 * 4 + 64 * 65 + 65 + 1


@pytest.mark.parametrize("network", SHAPES, ids=str)
def test_outputs_are_those_of_the_definition(network):
    theta, x, _ = draw(network)
    expected = by_definition(network, theta, x)
    np.testing.assert_allclose(network.outputs(theta, x), expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(network.linearise(theta, x).outputs, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("network", SHAPES, ids=str)
def test_jvp_and_vjp_are_products_with_the_jacobian_of_automatic_differentiation(network):
    theta, x, rng = draw(network)
    J = jacobian(lambda theta: by_definition(network, theta, x))(theta)
    v, u = rng.standard_normal(J.shape[-1]), rng.standard_normal(J.shape[:-1])
    linear = network.linearise(theta, x)
    np.testing.assert_allclose(linear.jvp(v), np.einsum("bkd,d->bk", J, v), rtol=0, atol=1e-12)
    np.testing.assert_allclose(linear.vjp(u), np.einsum("bkd,bk->d", J, u), rtol=0, atol=1e-12)


@pytest.mark.parametrize("network", SHAPES, ids=str)
def test_jvp_is_the_slope_of_the_outputs_along_the_direction(network):
    theta, x, rng = draw(network)
    v, step = rng.standard_normal(len(theta)), 1e-5
    slope = (network.outputs(theta + step * v, x) - network.outputs(theta - step * v, x)) / (2 * step)
    np.testing.assert_allclose(network.linearise(theta, x).jvp(v), slope, rtol=0, atol=1e-7)


@pytest.mark.parametrize("network", SHAPES, ids=str)
def test_a_second_product_is_not_disturbed_by_the_first(network):
    theta, x, rng = draw(network)
    v, u = (
        rng.standard_normal(len(theta)),
        rng.standard_normal((len(x), network.linearise(theta, x).outputs.shape[1])),
    )
    linear = network.linearise(theta, x)
    forward, backward = linear.jvp(v), linear.vjp(u)
    np.testing.assert_array_equal(linear.jvp(v), forward)
    np.testing.assert_array_equal(linear.vjp(u), backward)
    assert np.vdot(u, forward) == pytest.approx(np.dot(backward, v), rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_stays_in_the_dtype_of_theta(dtype):
    network = MLP((3, 6, 2), free=1)
    theta, x, rng = draw(network)
    exact, theta = network.linearise(theta, x), theta.astype(dtype)
    linear, v = network.linearise(theta, x.astype(dtype)), rng.standard_normal(len(theta)).astype(dtype)
    u = rng.standard_normal((len(x), 3)).astype(dtype)
    for found, expected in (
        (network.outputs(theta, x.astype(dtype)), exact.outputs),
        (linear.outputs, exact.outputs),
        (linear.jvp(v), exact.jvp(v.astype(float))),
        (linear.vjp(u), exact.vjp(u.astype(float))),
    ):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert network.initial(rng=rng, dtype=dtype).dtype == dtype


def test_initial_weights_have_the_variance_one_over_inputs_and_biases_are_zero():
    network = MLP((4, 1000, 3), free=2)
    theta = network.initial(rng=np.random.default_rng(0))
    for W, inputs in zip(network.weights(theta), (4, 1000), strict=True):
        n = W[:, :-1].size
        standard_error = np.sqrt(2 / n)  # of the variance of n standard normal numbers
        assert np.var(W[:, :-1]) * inputs == pytest.approx(1, abs=4 * standard_error)
        assert not W[:, -1].any()
    assert not theta[-2:].any()


def test_last_scale_shrinks_the_last_layer_and_no_other():
    network = MLP((3, 4, 2))
    full = network.initial(rng=np.random.default_rng(0))
    small = network.initial(rng=np.random.default_rng(0), last_scale=0.25)
    (first, last), (first_small, last_small) = network.weights(full), network.weights(small)
    np.testing.assert_array_equal(first_small, first)
    np.testing.assert_array_equal(last_small, 0.25 * last)


def test_weights_are_views_of_theta():
    network = MLP((2, 3, 1), free=1)
    theta = np.zeros(network.n_parameters)
    for number, W in enumerate(network.weights(theta), start=1):
        W[:] = number
    np.testing.assert_array_equal(theta, [1] * 9 + [2] * 4 + [0])


@pytest.mark.parametrize(("sizes", "free"), [((3,), 0), ((), 0), ((3, 0, 2), 0), ((0, 2), 0), ((3, 2), -1)])
def test_a_network_without_inputs_or_outputs_is_refused(sizes, free):
    with pytest.raises(ValueError, match=r"expected sizes .* got .*" + str(free)):
        MLP(sizes, free=free)


def test_sizes_from_json_are_kept_as_a_tuple():
    assert MLP([3, 2]) == MLP((3, 2))

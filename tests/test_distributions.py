"""Categorical and diagonal Gaussian against pen and paper, integrals, counting, automatic differentiation."""

import math

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import hessian, jacobian

from trpo_lesson.sampled.distributions import Categorical, DiagonalGaussian, log_softmax

CASES = [(Categorical(4), 4), (DiagonalGaussian(2), 4)]


def categorical_log_probs(logits):
    return logits - anp.log(anp.sum(anp.exp(logits)))


def categorical_kl(p, q):
    log_p, log_q = categorical_log_probs(p), categorical_log_probs(q)
    return anp.sum(anp.exp(log_p) * (log_p - log_q))


def gaussian_kl(p, q):
    """From KL = 1/2 (tr(S_q^-1 S_p) + gap' S_q^-1 gap - n + log det S_q / det S_p), with full matrices."""
    n = len(p) // 2
    S_p, S_q = anp.diag(anp.exp(2 * p[n:])), anp.diag(anp.exp(2 * q[n:]))
    gap, inverse = q[:n] - p[:n], anp.linalg.inv(S_q)
    logs = anp.log(anp.linalg.det(S_q)) - anp.log(anp.linalg.det(S_p))
    return 0.5 * (anp.trace(anp.dot(inverse, S_p)) + anp.dot(gap, anp.dot(inverse, gap)) - n + logs)


KL = {Categorical: categorical_kl, DiagonalGaussian: gaussian_kl}


def draw(size, *, seed=0, batch=6):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((batch, size)), rng.standard_normal((batch, size)), rng


def test_log_probabilities_of_two_actions_by_hand():
    outputs = np.log([[1.0, 3.0], [8.0, 8.0]])  # unnormalised: 1/4, 3/4 and 1/2, 1/2
    log_prob = Categorical(2).log_prob(outputs, np.array([1, 0]))
    np.testing.assert_allclose(log_prob, np.log([3 / 4, 1 / 2]), rtol=1e-15)


def test_logits_of_any_size_do_not_overflow():
    log_pi = log_softmax(np.array([[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4]]))
    np.testing.assert_allclose(log_pi, [[0, -1e4, -2e4], [-np.log(3)] * 3])


def test_the_kl_of_two_coins_by_hand_is_old_then_new():
    fair, loaded = np.log([0.5, 0.5]), np.log([0.9, 0.1])
    forward = 0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1)
    backward = 0.9 * math.log(0.9 / 0.5) + 0.1 * math.log(0.1 / 0.5)
    assert Categorical(2).kl(fair, loaded) == pytest.approx(forward, rel=1e-14)
    assert Categorical(2).kl(loaded, fair) == pytest.approx(backward, rel=1e-14)


def test_the_kl_of_two_bells_by_hand_is_old_then_new():
    narrow, wide = np.array([0.0, 0.0]), np.array([1.0, math.log(2)])  # N(0, 1) and N(1, 2^2)
    assert DiagonalGaussian(1).kl(narrow, wide) == pytest.approx(math.log(2) + 2 / 8 - 1 / 2, rel=1e-14)
    assert DiagonalGaussian(1).kl(wide, narrow) == pytest.approx(-math.log(2) + 5 / 2 - 1 / 2, rel=1e-14)


def test_the_entropies_by_hand():
    assert Categorical(8).entropy(np.zeros(8)) == pytest.approx(math.log(8))
    assert Categorical(2).entropy(np.array([800.0, 0.0])) == pytest.approx(0, abs=1e-12)
    one, two = np.array([3.0, 0.5]), np.array([3.0, -3.0, 0.5, 0.2])
    assert DiagonalGaussian(1).entropy(one) == pytest.approx(0.5 + math.log(2 * math.pi * math.e) / 2)
    assert DiagonalGaussian(2).entropy(two) == pytest.approx(0.7 + math.log(2 * math.pi * math.e))


def test_the_density_of_a_bell_integrates_to_one_and_has_its_mean_and_width():
    grid = np.linspace(-30, 30, 60_001)
    outputs = np.broadcast_to([0.7, math.log(1.5)], (len(grid), 2))
    density = np.exp(DiagonalGaussian(1).log_prob(outputs, grid[:, None]))
    width = grid[1] - grid[0]
    assert density.sum() * width == pytest.approx(1, rel=1e-10)
    assert (grid * density).sum() * width == pytest.approx(0.7, rel=1e-10)
    assert ((grid - 0.7) ** 2 * density).sum() * width == pytest.approx(1.5**2, rel=1e-10)


def test_dimensions_of_a_gaussian_are_independent():
    outputs, actions = np.array([0.5, -1.0, 0.3, -0.2]), np.array([0.1, 0.4])
    apart = [DiagonalGaussian(1).log_prob(outputs[i::2], actions[i : i + 1]) for i in (0, 1)]
    assert DiagonalGaussian(2).log_prob(outputs, actions) == pytest.approx(sum(apart), rel=1e-14)


def test_drawn_actions_come_as_often_as_their_probabilities_say():
    N, pi = 40_000, np.array([0.1, 0.2, 0.7])
    actions = Categorical(3).sample(np.broadcast_to(np.log(pi) + 5, (N, 3)), rng=np.random.default_rng(0))
    counts = np.bincount(actions, minlength=3)
    np.testing.assert_allclose(counts / N, pi, rtol=0, atol=4 * np.sqrt(pi * (1 - pi) / N).min())


def test_drawn_bells_have_their_means_and_widths():
    N, mu, sigma = 40_000, np.array([1.0, -2.0]), np.array([0.5, 3.0])
    outputs = np.broadcast_to(np.concatenate((mu, np.log(sigma))), (N, 4))
    actions = DiagonalGaussian(2).sample(outputs, rng=np.random.default_rng(0))
    assert actions.shape == (N, 2)
    assert (np.abs(actions.mean(axis=0) - mu) < 4 * sigma / np.sqrt(N)).all()
    assert (np.abs(actions.std(axis=0) - sigma) < 4 * sigma / np.sqrt(2 * N)).all()
    assert abs(np.corrcoef(actions.T)[0, 1]) < 4 / np.sqrt(N)


def test_the_mode_is_the_most_probable_action():
    assert Categorical(3).mode(np.array([[0.0, 2.0, 1.0], [5.0, 5.0, 1.0]])).tolist() == [1, 0]
    assert DiagonalGaussian(2).mode(np.array([0.5, -1.0, 0.3, -0.2])).tolist() == [0.5, -1.0]


@pytest.mark.parametrize(("distribution", "size"), CASES, ids=str)
def test_the_kl_is_that_of_another_formula(distribution, size):
    old, new, _ = draw(size)
    expected = [KL[type(distribution)](p, q) for p, q in zip(old, new, strict=True)]
    np.testing.assert_allclose(distribution.kl(old, new), expected, rtol=1e-12)


@pytest.mark.parametrize(("distribution", "size"), CASES, ids=str)
def test_the_kl_is_the_expected_difference_of_log_probabilities(distribution, size):
    (old, *_), (new, *_), rng = draw(size)
    N = 200_000
    old_rows, new_rows = np.broadcast_to(old, (N, size)), np.broadcast_to(new, (N, size))
    actions = distribution.sample(old_rows, rng=rng)
    differences = distribution.log_prob(old_rows, actions) - distribution.log_prob(new_rows, actions)
    assert distribution.kl(old, new) == pytest.approx(
        differences.mean(), abs=4 * differences.std() / np.sqrt(N)
    )


@pytest.mark.parametrize(("distribution", "size"), CASES, ids=str)
def test_the_score_is_the_gradient_of_the_log_probability(distribution, size):
    outputs, _, rng = draw(size)
    actions = distribution.sample(outputs, rng=rng)
    scores = distribution.score(outputs, actions)
    for row, action, score in zip(outputs, actions, scores, strict=True):
        for k, step in enumerate(1e-6 * np.eye(size)):
            slope = distribution.log_prob(row + step, action) - distribution.log_prob(row - step, action)
            assert score[k] == pytest.approx(slope / 2e-6, abs=1e-8)


@pytest.mark.parametrize("order", ["old || new", "new || old"])
@pytest.mark.parametrize(("distribution", "size"), CASES, ids=str)
def test_the_metric_is_the_hessian_of_the_kl_at_the_old_parameters_in_either_order(distribution, size, order):
    outputs, directions, _ = draw(size)
    products, kl = distribution.metric(outputs)(directions), KL[type(distribution)]
    for row, u, product in zip(outputs, directions, products, strict=True):
        divergence = (
            (lambda q, row=row: kl(row, q)) if order == "old || new" else (lambda q, row=row: kl(q, row))
        )
        np.testing.assert_allclose(product, hessian(divergence)(row) @ u, rtol=0, atol=1e-11)
        np.testing.assert_allclose(jacobian(divergence)(row), 0, atol=1e-12)


@pytest.mark.parametrize(("distribution", "size"), CASES, ids=str)
def test_the_metric_is_the_covariance_of_the_score(distribution, size):
    (outputs, *_), (u, *_), rng = draw(size)
    N = 200_000
    rows = np.broadcast_to(outputs, (N, size))
    scores = distribution.score(rows, distribution.sample(rows, rng=rng))
    terms = scores * (scores @ u)[:, None]
    assert (np.abs(scores.mean(axis=0)) <= 4 * scores.std(axis=0) / np.sqrt(N)).all()
    gap = np.abs(terms.mean(axis=0) - distribution.metric(outputs)(u))
    assert (gap <= 4 * terms.std(axis=0) / np.sqrt(N)).all()


@pytest.mark.parametrize(("distribution", "size"), CASES, ids=str)
def test_batch_axes_of_any_number_give_the_same_numbers_in_the_same_dtype(distribution, size):
    old, new, rng = (
        array.astype("float32") if isinstance(array, np.ndarray) else array for array in draw(size)
    )
    actions = distribution.sample(old, rng=rng)
    for flat in (
        lambda o, n, a: distribution.log_prob(o, a),
        lambda o, n, a: distribution.score(o, a),
        lambda o, n, a: distribution.kl(o, n),
        lambda o, n, a: distribution.entropy(o),
        lambda o, n, a: distribution.metric(o)(n),
    ):
        expected = flat(old, new, actions)
        folded = flat(old.reshape(2, 3, -1), new.reshape(2, 3, -1), actions.reshape(2, 3, *actions.shape[1:]))
        assert folded.dtype == "float32"
        assert folded.shape[:2] == (2, 3)
        np.testing.assert_array_equal(folded.reshape(expected.shape), expected)


def test_the_network_computes_the_logits_or_the_means_and_log_sigma_is_free():
    assert (Categorical(3).n_outputs, Categorical(3).n_free) == (3, 0)
    assert (DiagonalGaussian(3).n_outputs, DiagonalGaussian(3).n_free) == (3, 3)

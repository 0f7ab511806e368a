"""Fisher matrix and products, the natural direction and the step to the KL boundary, by definition."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from trpo_lesson.steps.natural_gradient import (
    fisher_matrix,
    fisher_product,
    natural_direction,
    step_to_boundary,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def positive_definite(D, *, rng):
    M = rng.normal(size=(D, D))
    return M @ M.T + np.eye(D)


def test_the_fisher_information_of_a_logit_is_the_variance_of_the_coin():
    p = 0.3  # heads with probability p = sigma(theta): the scores are 1 - p and -p
    F = fisher_matrix(np.array([[1 - p], [-p]]), np.array([p, 1 - p]))
    np.testing.assert_allclose(F, [[p * (1 - p)]], rtol=1e-15)


def test_the_fisher_matrix_is_the_weighted_sum_of_outer_products(rng):
    scores, weights = rng.normal(size=(4, 3, 5)), rng.uniform(size=(4, 3))
    F = sum(weights[s, a] * np.outer(scores[s, a], scores[s, a]) for s in range(4) for a in range(3))
    np.testing.assert_allclose(fisher_matrix(scores, weights), F, rtol=1e-13)
    np.testing.assert_allclose(fisher_matrix(scores, weights, damping=0.1), F + 0.1 * np.eye(5), rtol=1e-13)


def test_the_fisher_product_is_that_of_the_matrix_that_it_never_forms(rng):
    J, M, v = rng.normal(size=(6, 4)), positive_definite(6, rng=rng), rng.normal(size=4)
    parts = J.__matmul__, M.__matmul__, J.T.__matmul__
    F = np.einsum("ki,kl,lj->ij", J, M, J)
    np.testing.assert_allclose(fisher_product(*parts)(v), F @ v, rtol=1e-12)
    np.testing.assert_allclose(fisher_product(*parts, damping=0.5)(v), F @ v + v / 2, rtol=1e-12)


def test_the_natural_direction_solves_the_fisher_system(rng):
    F, g = positive_definite(5, rng=rng), rng.normal(size=5)
    direction = natural_direction(F, g)
    np.testing.assert_allclose(direction.x, np.linalg.inv(F) @ g, rtol=1e-10)
    assert direction.reason == ""


def test_a_singular_fisher_matrix_gives_the_shortest_solution():
    F = np.array([[1.0, -1.0], [-1.0, 1.0]])  # two logits of one state: only their difference matters
    np.testing.assert_allclose(natural_direction(F, np.array([2.0, -2.0])).x, [1, -1], rtol=1e-14)


def test_a_gradient_outside_the_range_of_f_has_no_natural_direction():
    F = np.diag([1.0, 0.0])
    direction = natural_direction(F, np.array([3.0, 4.0]))
    assert direction.reason == "expected g in the range of F, got |F x - g| = 0.8 |g|"  # 4 of 5
    np.testing.assert_array_equal(direction.x, np.zeros(2), strict=True)


@pytest.mark.parametrize("c", [1e-9, 1.0, 1e9])
def test_a_gradient_outside_the_range_by_rounding_alone_is_solved_at_any_scale(c):
    F = np.diag([1.0, 0.0])
    assert natural_direction(F, c * np.array([1.0, 0.9e-6])).reason == ""
    assert natural_direction(F, c * np.array([1.0, 1.1e-6])).reason != ""


def test_the_direction_of_a_zero_gradient_is_zero():
    direction = natural_direction(np.eye(2), np.zeros(2))
    np.testing.assert_array_equal(direction.x, np.zeros(2), strict=True)
    assert direction.reason == ""


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_fisher_matrix_or_gradient_that_is_not_finite_is_reported(poison):
    for F, g in ((np.diag([1.0, poison]), np.ones(2)), (np.eye(2), np.array([1.0, poison]))):
        direction = natural_direction(F, g)
        assert direction.reason == "expected a finite F and g, got NaN or infinity"
        np.testing.assert_array_equal(direction.x, np.zeros(2), strict=True)


def test_the_step_ends_where_the_quadratic_model_of_the_kl_is_delta(rng):
    F, x = positive_definite(4, rng=rng), rng.normal(size=4)
    step = step_to_boundary(x, F @ x, 0.02)
    assert step.x @ F @ step.x / 2 == pytest.approx(0.02, rel=1e-12)
    assert step.x @ x == pytest.approx(np.linalg.norm(step.x) * np.linalg.norm(x))  # along x, not against it
    assert step.reason == ""


def test_no_step_of_the_same_model_kl_promises_more_than_the_natural_one(rng):
    F, g, delta = positive_definite(4, rng=rng), rng.normal(size=4), 0.01
    x = np.linalg.solve(F, g)
    promised = g @ step_to_boundary(x, g, delta).x
    assert promised == pytest.approx(np.sqrt(2 * delta * (g @ x)))
    others = rng.normal(size=(10_000, 4))
    lengths = np.sqrt(2 * delta / np.einsum("ni,ij,nj->n", others, F, others))
    assert (lengths * (others @ g)).max() <= promised


def test_the_step_does_not_depend_on_the_scale_of_the_gradient(rng):
    F, x = positive_definite(3, rng=rng), rng.normal(size=3)
    step = step_to_boundary(x, F @ x, 0.01)
    for c in (1e-3, 1e3):
        np.testing.assert_allclose(step_to_boundary(c * x, c * (F @ x), 0.01).x, step.x, rtol=1e-13)


def test_a_zero_direction_gives_a_zero_step_and_no_complaint():
    step = step_to_boundary(np.zeros(3), np.zeros(3), 0.01)
    np.testing.assert_array_equal(step.x, np.zeros(3))
    assert step.reason == ""


@pytest.mark.parametrize(("F_x", "shown"), [(-2.0, "-6"), (0.0, "0"), (np.nan, "nan"), (np.inf, "inf")])
def test_a_curvature_that_is_not_positive_and_finite_gives_no_step_but_a_reason(F_x, shown):
    step = step_to_boundary(np.array([3.0]), np.array([F_x]), 0.01)
    np.testing.assert_array_equal(step.x, [0])
    assert step.reason == f"expected 2 delta / x.Fx > 0 and finite, got x.Fx = {shown}, delta = 0.01"


def test_a_curvature_too_small_to_divide_by_gives_no_step_but_a_reason():
    assert "x.Fx = 1e-320" in step_to_boundary(np.array([1.0]), np.array([1e-320]), 0.01).reason


@pytest.mark.parametrize("delta", [0.0, -0.01])
def test_a_radius_that_is_not_positive_gives_no_step_but_a_reason(delta):
    step = step_to_boundary(np.ones(2), np.ones(2), delta)
    np.testing.assert_array_equal(step.x, np.zeros(2), strict=True)
    assert f"delta = {delta}" in step.reason


def test_a_step_in_single_precision_stays_there(rng):
    x = rng.normal(size=3).astype(np.float32)
    assert step_to_boundary(x, x, 0.01).x.dtype == np.float32


def test_a_proposal_is_read_only_and_leaves_the_callers_arrays_alone():
    x = np.ones(2)
    for proposal in (step_to_boundary(x, x, 0.01), natural_direction(np.eye(2), x)):
        with pytest.raises(ValueError, match="read-only"):
            proposal.x[0] = 0
        with pytest.raises(FrozenInstanceError):
            proposal.reason = "none"
        assert proposal == proposal != step_to_boundary(x, x, 0.01)
    x[0] = 2

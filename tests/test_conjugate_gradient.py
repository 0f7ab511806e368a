"""Conjugate gradient against pen and paper, a dense solve, and its defining property in the Krylov space."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from trpo_lesson.steps.conjugate_gradient import conjugate_gradient


def with_eigenvalues(eigenvalues, *, rng):
    """A symmetric matrix with the given eigenvalues and random eigenvectors."""
    Q = np.linalg.qr(rng.normal(size=(len(eigenvalues), len(eigenvalues))))[0]
    return Q @ np.diag(eigenvalues) @ Q.T


def solve(F, b, **options):
    return conjugate_gradient(F.__matmul__, b, **options)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def true_residual(F, b, result):
    return np.linalg.norm(b - F @ result.x) / np.linalg.norm(b)


def test_two_equations_come_out_as_by_hand():
    F, b = np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0])
    first = solve(F, b, iterations=1)  # alpha = b.b / b.Fb = 5/20, r = (-1/2, 1/4), |r|/|b| = 1/4
    np.testing.assert_allclose(first.x, [1 / 4, 1 / 2], rtol=1e-15)
    assert first.iterations == 1
    assert first.residual == pytest.approx(1 / 4, rel=1e-15)
    second = solve(F, b)
    np.testing.assert_allclose(second.x, [1 / 11, 7 / 11], rtol=1e-15)
    assert second.iterations == 2
    assert first.reason == second.reason == ""


def test_the_solution_is_that_of_a_dense_solve(rng):
    for D in range(1, 10):
        F, b = with_eigenvalues(rng.uniform(0.1, 10, D), rng=rng), rng.normal(size=D)
        np.testing.assert_allclose(
            solve(F, b, iterations=2 * D).x, np.linalg.solve(F, b), rtol=1e-8, atol=1e-9
        )


def test_each_iterate_is_the_best_of_its_krylov_space(rng):
    F, b = with_eigenvalues(np.linspace(1, 5, 8), rng=rng), rng.normal(size=8)
    krylov = [b]
    for k in range(1, 6):
        K = np.linalg.qr(np.array(krylov).T)[0]  # argmin x.Fx/2 - b.x over the span of b, Fb, ..., F^(k-1) b
        best = K @ np.linalg.solve(K.T @ F @ K, K.T @ b)
        np.testing.assert_allclose(solve(F, b, iterations=k).x, best, rtol=1e-9)
        krylov.append(F @ krylov[-1])


def test_it_needs_as_many_iterations_as_there_are_distinct_eigenvalues(rng):
    F, b = with_eigenvalues([1, 1, 1, 2, 2, 5, 5, 5, 5], rng=rng), rng.normal(size=9)
    result = solve(F, b)
    assert result.iterations == 3
    assert true_residual(F, b, result) < 1e-13


@pytest.mark.parametrize("c", [2.0**-600, 1e-3, 7.0, 2.0**600])
def test_the_solution_scales_with_b_and_stops_at_the_same_iteration(c, rng):
    F, b = with_eigenvalues(np.linspace(1, 10, 12), rng=rng), rng.normal(size=12)
    for tolerance in (1e-2, 1e-10):
        one, scaled = (solve(F, v, iterations=50, tolerance=tolerance) for v in (b, c * b))
        np.testing.assert_allclose(scaled.x, c * one.x, rtol=1e-9)
        assert scaled.iterations == one.iterations
        assert scaled.residual == pytest.approx(one.residual, rel=1e-6)


def test_a_b_too_small_to_square_is_solved_in_float32(rng):
    F, b = with_eigenvalues([1, 2, 3], rng=rng).astype(np.float32), np.float32([1, -2, 3]) * np.float32(1e-30)
    np.testing.assert_allclose(solve(F, b).x, np.linalg.solve(F, b), rtol=1e-5)


def test_it_stops_at_the_first_relative_residual_within_the_tolerance(rng):
    F, b = with_eigenvalues(np.geomspace(0.1, 10, 20), rng=rng), 1e4 * rng.normal(size=20)
    result = solve(F, b, iterations=20, tolerance=0.05)
    before = solve(F, b, iterations=result.iterations - 1, tolerance=0)
    assert true_residual(F, b, result) <= 0.05 < true_residual(F, b, before)
    assert result.residual == pytest.approx(true_residual(F, b, result), rel=1e-9)
    assert before.residual == pytest.approx(true_residual(F, b, before), rel=1e-9)


def test_left_alone_it_makes_ten_products(rng):
    F, b, calls = np.diag(np.geomspace(0.01, 1, 40)), rng.normal(size=40), []
    result = conjugate_gradient(lambda v: calls.append(1) or F @ v, b)
    assert len(calls) == result.iterations == 10
    assert result.reason == ""
    assert true_residual(F, b, result) > 1e-3


def test_left_alone_it_stops_at_a_relative_residual_of_1e_10(rng):
    F, b = with_eigenvalues(np.geomspace(1, 30, 30), rng=rng), rng.normal(size=30)
    result = solve(F, b, iterations=1000)
    assert result.residual <= 1e-10 < solve(F, b, iterations=result.iterations - 1).residual


def test_a_residual_equal_to_the_tolerance_is_small_enough():
    assert solve(np.diag([1.0, 2.0]), np.array([3.0, 4.0]), tolerance=1.0).iterations == 0


@pytest.mark.parametrize("c", [1e-30, 1e30])
def test_the_scale_of_f_does_not_matter(c, rng):
    F, b = with_eigenvalues([1, 2, 3], rng=rng), rng.normal(size=3)
    np.testing.assert_allclose(c * solve(c * F, b).x, solve(F, b).x, rtol=1e-12)


def test_no_iterations_leave_zero(rng):
    result = solve(np.eye(3), rng.normal(size=3), iterations=0)
    assert not result.x.any()
    assert result.residual == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_computes_in_the_dtype_of_b(dtype, rng):
    F, b = with_eigenvalues([1, 2, 3, 4], rng=rng).astype(dtype), rng.normal(size=4).astype(dtype)
    seen = []
    result = conjugate_gradient(lambda v: seen.append(v.dtype) or F @ v, b)
    assert set(seen) == {np.dtype(dtype)} == {result.x.dtype}
    assert true_residual(F, b, result) < 10 * np.finfo(dtype).eps


def test_whole_numbers_are_solved_as_floats():
    np.testing.assert_allclose(solve(np.diag([2.0, 4.0]), [1, 1]).x, [1 / 2, 1 / 4], rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_tolerance_below_rounding_ends_at_rounding(dtype, rng):
    F, b = with_eigenvalues(np.linspace(1, 4, 6), rng=rng).astype(dtype), rng.normal(size=6).astype(dtype)
    result = solve(F, b, iterations=1000, tolerance=0)
    assert result.iterations < 30
    assert result.residual <= np.finfo(dtype).eps
    assert result.reason == ""


def test_a_zero_b_has_the_solution_zero_and_costs_nothing():
    result = conjugate_gradient(lambda v: pytest.fail("no product is needed"), np.zeros(3))
    assert not result.x.any()
    assert (result.iterations, result.residual, result.reason) == (0, 0, "")


def test_a_singular_f_gives_the_smallest_solution_if_b_is_in_its_range(rng):
    F = with_eigenvalues([0, 0, 1, 2, 3], rng=rng)
    b = F @ rng.normal(size=5)
    result = solve(F, b)
    np.testing.assert_allclose(result.x, np.linalg.pinv(F) @ b, rtol=1e-9)
    assert result.reason == ""


def test_a_b_outside_the_range_of_f_is_reported(rng):
    F = with_eigenvalues([0, 1, 2, 3], rng=rng)
    result = solve(F, rng.normal(size=4))
    assert "positive beyond rounding" in result.reason
    assert result.iterations == 3
    assert np.abs(result.x).max() < 1e3  # and not the 1e16 that dividing by a rounded zero would give


def test_a_zero_f_is_reported():
    result = solve(np.zeros((2, 2)), np.ones(2))
    assert "got 0" in result.reason
    assert not result.x.any()


def test_negative_curvature_keeps_the_last_sound_iterate_and_says_what_it_met():
    F, b = np.diag([1.0, -1.0]), np.array([1.0, 0.5])
    result = solve(
        F, b
    )  # p.Fp = 3/4 at first, so x_1 = (5/4)/(3/4) b; then r = (-2/3, 4/3), p = (10/9, 20/9)
    np.testing.assert_allclose(result.x, [5 / 3, 5 / 6], rtol=1e-15)
    assert result.iterations == 1
    assert result.residual == pytest.approx(true_residual(F, b, result))
    assert result.reason == (
        "expected a curvature p.Fp that is finite and positive beyond rounding, got -3.7"  # (100 - 400)/81
    )


def test_negative_curvature_at_once_leaves_zero():
    result = solve(-np.eye(3), np.ones(3))
    assert not result.x.any()
    assert (result.iterations, result.residual) == (0, 1)
    assert result.reason.endswith("got -3")


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_a_product_that_is_not_finite_keeps_the_last_sound_iterate(poison, rng):
    F, b, calls = with_eigenvalues([1, 2, 3], rng=rng), rng.normal(size=3), []

    def matvec(v):
        calls.append(1)
        return F @ v if len(calls) < 3 else np.array([0.0, poison, 1.0])

    result = conjugate_gradient(matvec, b)
    np.testing.assert_array_equal(result.x, solve(F, b, iterations=2).x)
    assert result.iterations == 2
    assert "finite" in result.reason


def test_a_curvature_too_large_for_a_float_is_reported():
    with np.errstate(over="ignore"):
        result = conjugate_gradient(lambda v: np.full(2, 1e308), np.ones(2))
    assert result.reason.endswith("got inf")
    assert not result.x.any()


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_a_b_that_is_not_finite_is_reported(poison):
    result = conjugate_gradient(lambda v: pytest.fail("no product is needed"), np.array([1.0, poison]))
    np.testing.assert_array_equal(result.x, np.zeros(2), strict=True)
    assert result.reason == f"expected a finite b, got max|b| = {abs(poison)}"
    assert np.isnan(result.residual)
    assert result.iterations == 0


def test_neither_b_nor_the_buffer_of_the_product_is_changed():
    b, buffer = np.array([1.0, 2.0]), np.empty(2)

    def matvec(v):
        np.multiply([1.0, 3.0], v, out=buffer)
        return buffer

    result = conjugate_gradient(matvec, b)
    np.testing.assert_array_equal(b, [1, 2])
    np.testing.assert_allclose(result.x, [1, 2 / 3], rtol=1e-14)


def test_a_product_may_return_its_argument():
    np.testing.assert_array_equal(conjugate_gradient(lambda v: v, np.array([1.0, 2.0])).x, [1, 2])


def test_a_result_is_read_only_and_equal_to_itself_alone():
    one, other = (solve(np.eye(2), np.ones(2)) for _ in range(2))
    with pytest.raises(ValueError, match="read-only"):
        one.x[0] = 1
    with pytest.raises(FrozenInstanceError):
        one.iterations = 3
    assert one == one != other

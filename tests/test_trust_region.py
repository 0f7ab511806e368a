"""The trust-region method: subproblem solvers by definition, rules by hand, minimisers by scipy."""

import math
from dataclasses import FrozenInstanceError
from itertools import islice

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der, rosen_hess

from trpo_lesson.steps.trust_region import cauchy_point, dogleg, steihaug, trust_region

SOLVERS = [cauchy_point, dogleg, steihaug]


def model(p, g, B):
    """m(p) - m(0)."""
    return g @ p + p @ B @ p / 2


def subproblems(n, *, sizes=(1, 2, 3, 6), definite=False):
    """n random (g, B, radius): B of any signature, or positive definite; radii from tiny to ample."""
    for seed in range(n):
        rng = np.random.default_rng(seed)
        D = sizes[seed % len(sizes)]
        Q = np.linalg.qr(rng.normal(size=(D, D)))[0]
        eigenvalues = rng.uniform(0.05 if definite else -3, 3, D)
        yield rng.normal(size=D), Q @ np.diag(eigenvalues) @ Q.T, 10 ** rng.uniform(-3, 1.5)


def assert_best_of_path(p, path, g, B):
    """The model at p is at most the least over the points of the path, and lower only by their spacing."""
    values = path @ g + ((path @ B) * path).sum(axis=1) / 2
    rounding = 1e-9 * np.abs(values).max()
    assert values.min() - np.abs(np.diff(values)).max() <= model(p, g, B) <= values.min() + rounding


def exact_minimum(g, B, radius):
    """The least m(p) - m(0) over the ball, by the secular equation |(B + lam I)^-1 g| = radius."""
    values, vectors = np.linalg.eigh(B)
    h = vectors.T @ g
    if values[0] > 0 and np.linalg.norm(h / values) <= radius:
        return model(-vectors @ (h / values), g, B)
    low, high = max(0, -values[0]), max(0, -values[0]) + np.linalg.norm(g) / radius
    for _ in range(200):
        lam = (low + high) / 2
        low, high = (lam, high) if np.linalg.norm(h / (values + lam)) > radius else (low, lam)
    return model(-vectors @ (h / (values + high)), g, B)


class Counted:
    """The matrix B, for steihaug: notes every product."""

    def __init__(self, B, products):
        self.B, self.products = B, products

    def __matmul__(self, v):
        self.products.append(v)
        return self.B @ v


# The subproblem


@pytest.mark.parametrize("solve", SOLVERS)
def test_every_step_stays_inside_and_decreases_the_model_as_much_as_cauchy_promises(solve):
    for g, B, radius in subproblems(400):
        p, size = solve(g, B, radius), np.linalg.norm(g)
        promise = size * min(radius, size / np.linalg.norm(B, 2)) / 2  # Nocedal & Wright 2006, Lemma 4.3
        assert np.linalg.norm(p) <= radius * (1 + 1e-12)
        assert -model(p, g, B) >= promise * (1 - 1e-10)


@pytest.mark.parametrize("solve", SOLVERS)
def test_no_step_decreases_the_model_more_than_the_exact_minimum(solve):
    for g, B, radius in subproblems(200):
        least = exact_minimum(g, B, radius)
        assert model(solve(g, B, radius), g, B) >= least - 1e-9 * abs(least)


@pytest.mark.parametrize("solve", [dogleg, steihaug])
def test_dogleg_and_steihaug_never_do_worse_than_the_cauchy_point(solve):
    for g, B, radius in subproblems(200):
        cauchy = model(cauchy_point(g, B, radius), g, B)
        assert model(solve(g, B, radius), g, B) <= cauchy + 1e-12 * abs(cauchy)


def test_the_cauchy_point_is_the_best_point_along_the_negative_gradient():
    for g, B, radius in subproblems(40):
        direction, p = -g / np.linalg.norm(g), cauchy_point(g, B, radius)
        assert p @ direction == pytest.approx(np.linalg.norm(p))
        assert_best_of_path(p, np.linspace(0, radius, 10_001)[:, None] * direction, g, B)


def test_the_dogleg_step_is_the_best_point_of_its_two_legs():
    for g, B, radius in subproblems(60, definite=True):
        corner, newton = -(g @ g) / (g @ B @ g) * g, -np.linalg.inv(B) @ g
        t = np.linspace(0, 1, 10_001)[:, None]
        first_leg = t * min(1, radius / np.linalg.norm(corner)) * corner
        path = np.concatenate([first_leg, corner + t * (newton - corner)])
        inside = np.linalg.norm(path, axis=1) <= radius * (1 + 1e-12)
        assert_best_of_path(dogleg(g, B, radius), path[inside], g, B)


@pytest.mark.parametrize("solve", [dogleg, steihaug])
def test_the_newton_step_is_taken_where_it_fits(solve):
    for g, B, _ in subproblems(40, definite=True):
        newton = -np.linalg.solve(B, g)
        np.testing.assert_allclose(solve(g, B, np.linalg.norm(newton) * 1.001), newton, rtol=1e-7)


def test_in_two_dimensions_steihaug_walks_the_dogleg_path():
    for g, B, radius in subproblems(200, sizes=[2], definite=True):
        np.testing.assert_allclose(steihaug(g, B, radius), dogleg(g, B, radius), rtol=1e-8, atol=1e-12)


def test_the_second_leg_is_cut_by_the_ball_as_by_hand():
    # B = diag(1, 3), g = -(3, 3): the minimiser along -g is (3/2, 3/2), the Newton point (3, 1). The circle
    # of radius sqrt(5) meets the leg (3/2, 3/2) + t (3/2, -1/2) where 5 = 9/2 + 3 t + 5/2 t^2.
    t = (math.sqrt(14) - 3) / 5
    by_hand = np.array([1.5 + 1.5 * t, 1.5 - 0.5 * t])
    for solve in (dogleg, steihaug):
        np.testing.assert_allclose(
            solve(-np.array([3.0, 3.0]), np.diag([1.0, 3.0]), math.sqrt(5)), by_hand, rtol=1e-14
        )


def test_on_a_ball_that_cuts_the_first_leg_all_three_agree():
    g, B = np.array([3.0, 4.0]), np.eye(2)
    for solve in SOLVERS:
        np.testing.assert_allclose(solve(g, B, 1.0), [-0.6, -0.8], rtol=1e-15)


def test_where_curvature_is_not_positive_all_three_go_to_the_boundary():
    g = np.array([3.0, 4.0])
    for B in (-np.eye(2), np.zeros((2, 2))):
        for solve in SOLVERS:
            np.testing.assert_allclose(solve(g, B, 10.0), [-6, -8], rtol=1e-15)


def test_steihaug_follows_a_later_negative_curvature_to_the_boundary():
    g, B = np.array([1.0, 0.5]), np.diag([1.0, -1.0])  # g.Bg = 3/4 > 0: the first iterate lies inside
    p = steihaug(g, B, 3.0)
    assert np.linalg.norm(p) == pytest.approx(3)
    first, d = np.array([-5 / 3, -5 / 6]), np.array([-10 / 9, -20 / 9])  # alpha = 5/3, beta = 16/9, by hand
    assert abs(np.cross(np.append(p - first, 0), np.append(d, 0))[2]) < 1e-14
    assert (p - first) @ d > 0


def test_dogleg_takes_the_cauchy_point_where_there_is_no_newton_point():
    for g, B, radius in subproblems(100):
        if np.linalg.eigvalsh(B)[0] < 0:
            np.testing.assert_array_equal(dogleg(g, B, radius), cauchy_point(g, B, radius))


@pytest.mark.parametrize("solve", SOLVERS)
@pytest.mark.parametrize("B", [np.eye(2), -np.eye(2), np.zeros((2, 2))])
def test_a_zero_gradient_gives_a_zero_step(solve, B):
    np.testing.assert_array_equal(solve(np.zeros(2), B, 1.0), np.zeros(2), strict=True)


def test_steihaug_stops_early_at_its_relative_tolerance():
    g, B = np.random.default_rng(0).normal(size=20), np.diag(np.linspace(1, 20, 20))
    for c in (1e-6, 1.0, 1e6):
        p = steihaug(c * g, B, 1e9, tolerance=0.1)
        assert 0.01 * np.linalg.norm(c * g) < np.linalg.norm(B @ p + c * g) <= 0.1 * np.linalg.norm(c * g)
    products = []
    first = steihaug(np.array([1.0, 1.0]), Counted(np.diag([1.0, 3.0]), products), 1e9, tolerance=0.5)
    assert len(products) == 1  # by hand: p = -(2/4) g leaves the residual (1/2, -1/2), exactly half of |g|
    np.testing.assert_array_equal(first, [-0.5, -0.5])
    exact = steihaug(g, B, 1e9)
    assert np.linalg.norm(B @ exact + g) <= 1e-9 * np.linalg.norm(g)


# The method


def slope(delivered, **options):
    """The trial from 0 on f(x) = -delivered * x with the model -x, and the radius of the next one."""
    f, g, B = (lambda x: -delivered * x[0]), (lambda x: np.array([-1.0])), (lambda x: np.zeros((1, 1)))
    _, trial, following = islice(trust_region(f, g, B, [0.0], **options), 3)
    assert trial.ratio == delivered
    assert trial.step == trial.radius == options.get("radius", 1)
    return trial, following.radius


@pytest.mark.parametrize(
    ("ratio", "accepted", "radius"),
    [
        (-1.0, False, 1 / 4),
        (0.1, False, 1 / 4),  # not above 0.1
        (0.125, True, 1 / 4),  # taken, and yet the radius shrinks: two separate tests
        (0.25, True, 1),  # not below 1/4
        (0.75, True, 1),  # not above 3/4
        (0.8, True, 2),
        (5.0, True, 2),
    ],
)
def test_the_ratio_decides_on_the_step_and_apart_from_that_on_the_radius(ratio, accepted, radius):
    trial, following_radius = slope(ratio)
    assert trial.accepted == accepted
    assert following_radius == radius
    np.testing.assert_array_equal(trial.x, [1.0 if accepted else 0.0])
    assert trial.value == (-ratio if accepted else 0)
    assert trial.reason == ("" if accepted else f"expected a ratio above 0.1, got {ratio:.3g}")


def test_the_thresholds_can_be_chosen():
    assert slope(0.125, accept_above=0.2)[0].accepted is False
    assert slope(0.125, shrink_below=0.12)[1] == 1
    assert slope(0.8, expand_above=0.9)[1] == 1
    assert slope(0.001, accept_above=0)[0].accepted is True


def test_the_radius_grows_no_further_than_its_maximum():
    assert slope(1.0, radius=3.0, max_radius=4.0)[1] == 4
    assert slope(1.0, radius=4.0, max_radius=4.0)[1] == 4
    assert slope(1.0, radius=600.0)[1] == 1000


def test_the_radius_does_not_grow_where_the_step_ends_inside():
    f, g, B = (lambda x: x @ x / 2), (lambda x: x), (lambda x: np.eye(2))
    _, newton = trust_region(f, g, B, [0.3, 0.4], radius=1.0)
    assert newton.ratio == pytest.approx(1)
    np.testing.assert_allclose(newton.x, 0, atol=1e-16)
    records = list(trust_region(f, g, B, [30.0, 40.0], radius=1.0))
    # After the start: 1 + 2 + 4 + 8 + 16 of the way of 50 on the boundary, and the 19 left over inside.
    radii = [trial.radius for trial in records]
    assert radii == [1, 1, 2, 4, 8, 16, 32]


def test_the_first_record_is_the_start_and_at_a_stationary_point_the_only_one():
    records = list(trust_region(rosen, rosen_der, rosen_hess, [1.0, 1.0]))
    assert len(records) == 1
    np.testing.assert_array_equal(records[0].x, [1, 1])
    np.testing.assert_array_equal(records[0].step, np.zeros(2), strict=True)
    assert (records[0].value, records[0].radius, records[0].accepted) == (0, 1, False)
    assert math.isnan(records[0].ratio)
    assert records[0].reason == "the start"


def test_a_start_in_whole_numbers_is_a_point_like_any_other():
    start, *_ = trust_region(rosen, rosen_der, rosen_hess, [1, 1])
    np.testing.assert_array_equal(start.x, np.ones(2), strict=True)


def test_a_saddle_that_it_starts_on_holds_it():
    f, g, B = (lambda x: x[0] ** 2 - x[1] ** 2), (lambda x: 2 * x * [1, -1]), (lambda x: np.diag([2.0, -2.0]))
    assert len(list(trust_region(f, g, B, [0.0, 0.0]))) == 1
    *_, escaped = islice(trust_region(f, g, B, [0.0, 1e-6]), 40)
    assert escaped.value < -100


@pytest.mark.parametrize(("solve", "name"), [(steihaug, "trust-ncg"), (dogleg, "dogleg")])
def test_it_finds_the_minimiser_of_rosenbrock_that_scipy_finds(solve, name):
    # scipy's dogleg needs a positive definite Hessian all the way, which this start gives
    start = np.array([-1.2, 1.0]) if name == "trust-ncg" else np.array([0.5, 0.0])
    theirs = minimize(rosen, start, jac=rosen_der, hess=rosen_hess, method=name, options={"gtol": 1e-10})
    *_, ours = trust_region(rosen, rosen_der, rosen_hess, start, subproblem=solve)
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-8)
    np.testing.assert_allclose(ours.x, [1, 1], atol=1e-8)


@pytest.mark.parametrize(("solve", "at_most"), [(dogleg, 300), (steihaug, 100)])
def test_it_finds_a_minimiser_of_rosenbrock_in_many_dimensions_past_indefinite_hessians(solve, at_most):
    for D, seed in ((2, 0), (2, 1), (5, 2), (8, 3)):
        start = np.random.default_rng(seed).uniform(-2, 2, D)
        records = list(trust_region(rosen, rosen_der, rosen_hess, start, subproblem=solve))
        assert np.linalg.norm(rosen_der(records[-1].x)) < 1e-6
        assert np.linalg.eigvalsh(rosen_hess(records[-1].x))[0] > 0
        assert len(records) < at_most


def test_the_cauchy_point_alone_is_slow_steepest_descent_but_gets_there():
    A = np.diag([1.0, 4.0])
    f, g, B = (lambda x: x @ A @ x), (lambda x: 2 * A @ x), (lambda x: 2 * A)
    records = list(trust_region(f, g, B, [4.0, 1.0], subproblem=cauchy_point))
    assert len(records) > 20
    np.testing.assert_allclose(records[-1].x, 0, atol=1e-7)


def test_the_value_never_rises_and_each_record_tells_its_own_story():
    x_before, value_before = None, math.inf
    for trial in trust_region(rosen, rosen_der, rosen_hess, [-1.2, 1.0]):
        assert trial.value == rosen(trial.x) <= value_before
        if x_before is not None:
            moved = x_before + trial.step if trial.accepted else x_before
            np.testing.assert_array_equal(trial.x, moved)
            promised = -model(trial.step, rosen_der(x_before), rosen_hess(x_before))
            assert trial.ratio == pytest.approx((value_before - rosen(x_before + trial.step)) / promised)
            assert np.linalg.norm(trial.step) <= trial.radius * (1 + 1e-12)
        x_before, value_before = trial.x, trial.value


def test_derivatives_are_asked_for_once_at_each_new_point():
    asked = []
    records = list(trust_region(rosen, lambda x: asked.append(x) or rosen_der(x), rosen_hess, [-1.2, 1.0]))
    assert len(asked) == 1 + sum(trial.accepted for trial in records) < len(records)


def test_a_point_where_f_is_not_finite_is_refused_and_the_ball_shrinks():
    def f(x):  # x - log x on x > 0, least at 1
        return x[0] - math.log(x[0]) if x[0] > 0 else math.nan

    derivative, second = (lambda x: np.array([1 - 1 / x[0]])), (lambda x: np.array([[1 / x[0] ** 2]]))
    records = list(trust_region(f, derivative, second, [4.0], radius=100.0))
    assert records[1].accepted is False  # the Newton step from 4 is -12
    assert records[1].ratio == -math.inf
    assert records[2].radius == 25
    np.testing.assert_allclose(records[-1].x, [1], atol=1e-7)


@pytest.mark.parametrize("broken", ["value", "gradient", "hessian"])
def test_a_value_or_a_model_that_is_not_finite_ends_it_with_a_reason(broken):
    nan = math.nan
    f = (lambda x: nan) if broken == "value" else (lambda x: x @ x)
    g = (lambda x: np.array([nan, 1.0])) if broken == "gradient" else (lambda x: 2 * x)
    B = (lambda x: np.diag([1.0, nan])) if broken == "hessian" else (lambda x: 2 * np.eye(2))
    _, end = trust_region(f, g, B, [1.0, 2.0])
    assert end.reason == "expected a finite f(x), gradient and Hessian, got NaN or infinity"
    assert end.accepted is False
    assert math.isnan(end.ratio)
    assert end.radius == 1
    assert end.value == 5 or (broken == "value" and math.isnan(end.value))
    np.testing.assert_array_equal(end.x, [1, 2])
    np.testing.assert_array_equal(end.step, np.zeros(2), strict=True)


@pytest.mark.parametrize(
    "options",
    [
        {"accept_above": -0.1},
        {"accept_above": 0.25},
        {"shrink_below": 0.8},
        {"radius": 0.0},
        {"radius": 2.0, "max_radius": 1.0},
    ],
)
def test_options_out_of_order_are_named(options):
    with pytest.raises(
        ValueError, match=r"^expected 0 <= accept_above < shrink_below <= expand_above"
    ) as error:
        next(trust_region(rosen, rosen_der, rosen_hess, [0.0, 0.0], **options))
    assert all(str(value) in str(error.value).split("got")[1] for value in options.values())
    assert "radius <= max_radius, got" in str(error.value)


def test_one_threshold_may_both_shrink_and_expand():
    options = {"shrink_below": 0.5, "expand_above": 0.5}
    assert next(trust_region(rosen, rosen_der, rosen_hess, [0.0, 0.0], **options)).radius == 1


def test_to_climb_is_to_minimise_the_negative():
    hill, slope_of, curvature = (
        (lambda x: -np.cos(x[0])),
        (lambda x: np.sin(x)),
        (lambda x: np.cos(x)[:, None]),
    )
    *_, top = trust_region(hill, slope_of, curvature, [1.0])  # minimises -cos, so climbs cos
    np.testing.assert_allclose(top.x, [0], atol=1e-7)
    assert -top.value == pytest.approx(1)


def test_records_are_read_only_and_the_start_of_the_caller_stays_his():
    x = np.array([-1.2, 1.0])
    trials = list(islice(trust_region(rosen, rosen_der, rosen_hess, x), 3))
    assert trials[0] == trials[0] != trials[1]
    with pytest.raises(FrozenInstanceError):
        trials[0].value = 0.0
    for trial in trials:
        for array in (trial.x, trial.step):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0
    x[0] = 0

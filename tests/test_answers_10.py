"""The right answers to the exercises of chapter 10, found again by routes that the checks do not take."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from trpo_lesson.checks import reuse_old_samples as check
from trpo_lesson.exact import divergences
from trpo_lesson.sampled import importance

# --------------------------------------------------------------------------------------- 10.1, five old draws


def test_the_two_estimates_and_the_size_are_those_of_the_package():
    draws = np.array([0, 0, 1, 1, 0])
    old, new, f = np.array([0.8, 0.2]), np.array([0.5, 0.5]), np.array([1, 3])
    w = importance.ratios(np.log(new[draws]), np.log(old[draws]))
    assert np.isclose(importance.ordinary_estimate(w, f[draws])[0], check.ORDINARY.right)
    assert np.isclose(importance.weighted_estimate(w, f[draws])[0], check.WEIGHTED.right)
    assert np.isclose(importance.effective_sample_size(w), check.SIZE.right)


def test_the_ordinary_estimate_alone_is_more_than_any_action_pays():
    assert min(1, 3) < check.WEIGHTED.right < max(1, 3) < check.ORDINARY.right


@pytest.mark.parametrize("answers", [(3.38, 2.45, 3.46), (3.37, 2.455, 3.457), (3.375, 27 / 11, 121 / 35)])
def test_three_digits_are_enough(answers):
    assert check.five_draws(*answers).passed


# ------------------------------------------------------------------------------- 10.2, what more records cure


def test_the_bias_of_the_weighted_estimate_goes_away():
    q, p, f = (Fraction(4, 5), Fraction(1, 5)), (Fraction(1, 2), Fraction(1, 2)), (1, 3)
    w, bias = [p[x] / q[x] for x in (0, 1)], []
    for N in (2, 4, 8, 12):
        mean = 0
        for draws in itertools.product((0, 1), repeat=N):
            chance = q[0] ** (N - sum(draws)) * q[1] ** sum(draws)
            mean += chance * sum(w[x] * f[x] for x in draws) / sum(w[x] for x in draws)
        bias.append(abs(mean - 2))
    assert bias == sorted(bias, reverse=True)
    assert 0 < bias[3] < bias[1] / 2
    assert check.CURED.right == "b"


# --------------------------------------------------------------------------------------- 10.3, a wider policy


def log_density(x, deviation):
    return -(x**2) / (2 * deviation**2) - np.log(deviation * np.sqrt(2 * np.pi))


def growth(deviation, source, log_f, near):
    """How many times as large the integral of p^2 f^2 / q becomes when it reaches twice as far."""
    sums = []
    for reach in (near, 2 * near):
        x = np.linspace(-reach, reach, 40_001)
        logs = 2 * log_density(x, deviation) + 2 * log_f(x) - log_density(x, source)
        sums.append(np.trapezoid(np.exp(logs), x))
    return sums[1] / sums[0]


def test_the_integral_converges_just_below_the_widest_deviation_and_just_above_the_narrowest_variance():
    def one(x):
        return 0 * x

    def bell(x):
        return -(x**2) / 2

    widest, narrowest = check.WIDEST.right, np.sqrt(check.NARROWEST.right)
    assert growth(0.999 * widest, 0.2, one, near=40) < 1 + 1e-6
    assert growth(1.001 * widest, 0.2, one, near=40) > 2
    assert growth(1, 1.0005 * narrowest, bell, near=120) < 1 + 1e-6
    assert growth(1, 0.9995 * narrowest, bell, near=120) > 2


def test_the_kl_of_the_widest_policy_is_an_integral():
    x = np.linspace(-4, 4, 100_001)
    old, new = log_density(x, 0.2), log_density(x, check.WIDEST.right)
    assert np.isclose(np.trapezoid(np.exp(old) * (old - new), x), check.KL_THERE.right)
    assert 0.01 < check.KL_THERE.right < 0.1  # as the solution says


# -------------------------------------------------------------------------- 10.4, an objective by integration


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum()


def slope(function, theta, h=1e-6):
    turns = h * np.eye(len(theta))
    return np.array([function(theta + turn) - function(theta - turn) for turn in turns]) / (2 * h)


def test_step_1_is_true_and_step_2_is_not():
    pi, A = check.OLD, check.ADVANTAGES
    assert np.isclose(pi @ A, 0)  # these are advantages of the old policy

    def objective(theta):
        return pi * A @ np.log(softmax(theta))

    def gain(theta):  # (1 - gamma) (eta - eta(old)), in one state
        return A @ softmax(theta)

    old, elsewhere = np.log(pi), np.array([0.3, -1, 0.7])
    assert np.allclose(slope(objective, old), slope(gain, old), atol=1e-7)
    assert not np.allclose(slope(objective, elsewhere), slope(gain, elsewhere), atol=0.1)
    assert check.INTEGRATED.right == 2


def test_the_policy_of_the_solution_is_as_described():
    new = np.array(check.WORSE_POLICY.right)
    rise = 0.5 * np.log(0.4) - 0.15 * np.log(0.79 / 0.3) + 0.35 * np.log(20)
    assert round(rise, 2) == 0.45
    assert round(0.35 * np.log(20), 2) == 1.05
    assert round(float(new @ check.ADVANTAGES), 2) == -0.21
    assert divergences.kl(check.OLD, new) > 0.5  # far from the old policy


# --------------------------------------------------------------------------- 10.5, what is left of long paths


@pytest.mark.parametrize("case", check.LEFT_AFTER.cases[:2], ids=lambda case: case[0])
def test_what_is_left_is_counted_path_by_path(case):
    _, (new, old) = case
    found = check.LEFT_AFTER.right(new, old)
    for t in range(new.shape[1]):
        weights = []
        for path in range(len(new)):
            weight = 1.0
            for step in range(t + 1):
                weight *= np.exp(new[path, step]) / np.exp(old[path, step])
            weights.append(weight)
        assert np.isclose(found[t], importance.effective_sample_size(np.array(weights)))


def test_the_long_paths_leave_the_range_of_the_machine():
    _, (new, old) = check.LEFT_AFTER.cases[2]
    with np.errstate(over="ignore", under="ignore"):
        products = np.exp(new - old).prod(axis=1)
    assert np.isinf(products).any() or not products.any()
    assert (check.LEFT_AFTER.right(new, old) >= 1).all()


# ----------------------------------------------------------------------------- 10.6, how many batches to keep


@pytest.mark.parametrize(("tau", "question"), [(0.02, check.KEEP_SHORT), (0.04, check.KEEP_LONG)])
def test_no_other_number_of_batches_is_as_good(tau, question):
    gamma, epsilon = 0.9, 0.1

    def subtracted(k):
        mean_tv = sum(i * tau for i in range(1, k + 1)) / k
        return 2 * gamma * epsilon / (1 - gamma) ** 2 * mean_tv + 2 * 5 / k**0.5

    assert min(range(1, 300), key=subtracted) == question.right


# ------------------------------------------------------------------------ 10.7, a baseline for weighted draws


def test_the_model_answer_on_baselines_holds_on_random_sets():
    rng, better = np.random.default_rng(107), []
    for _ in range(200):
        p, q = rng.dirichlet(np.ones(4), size=2)
        f, w, b = rng.normal(1, 1, size=4), p / q, rng.normal()
        mu = p @ f

        def covariance(x, y, q=q):
            return q @ (x * y) - (q @ x) * (q @ y)

        def spread(b, q=q, w=w, f=f):  # N Var of the estimate, from its values
            terms = b + w * (f - b)
            return q @ (terms - q @ terms) ** 2

        best = covariance(w * f, w) / covariance(w, w)
        parabola = covariance(w * f, w * f) - 2 * b * covariance(w * f, w) + b**2 * covariance(w, w)
        assert np.isclose(q @ (b + w * (f - b)), mu)  # 1
        assert np.isclose(spread(b), parabola)  # 2
        assert spread(best) <= min(spread(best - 0.01), spread(best + 0.01))
        assert np.isclose(spread(mu), q @ (w * (f - mu)) ** 2)  # 3
        assert (spread(mu) < spread(0)) == (abs(mu - best) < abs(best))
        better.append(spread(mu) < spread(0))
    assert {True, False} == set(map(bool, better))  # neither estimate is always the better one

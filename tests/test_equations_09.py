"""The numbered equations of chapter 9, both sides of each by different routes.

Visitations, advantages and divergences are summed up as they are defined; best policies within a limit come
from the ends of intervals, and best prices from a scalar search. The package solves for multipliers.
"""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from slow_routes import iterated_advantages, log_sums, summed_visitation
from strategies import SEEDS, mdps, policies_of, rounding

from trpo_lesson.exact import mm, models
from trpo_lesson.steps import line_search, trust_region

few_mdps = mdps(max_states=3, max_actions=3, max_gamma=0.8, min_actions=2)


def surrogate_of(mdp, pi_old):
    """The function pi_new -> L(pi_new) - eta(pi_old)."""
    rho, A = summed_visitation(mdp, pi_old), iterated_advantages(mdp, pi_old)
    return lambda pi_new: sum(rho[s] * pi_new[s, a] * A[s, a] for s, a in np.ndindex(A.shape))


def near_and_far(pi, seed, n=20):
    """Other policies, from a share 1e-4 of anything mixed into `pi` to anything."""
    rng = np.random.default_rng(seed)
    for share in 10 ** rng.uniform(-4, 0, size=n):
        yield (1 - share) * pi + share * rng.dirichlet(np.ones(pi.shape[1]), size=len(pi))


# ------------------------------------------------------------------------------------- on a surface


def waves(seed):
    """A random wavy f on the plane, its gradient, and a bound of its curvature everywhere."""
    rng = np.random.default_rng(seed)
    size, k, phase = rng.uniform(0.1, 1, 4), rng.normal(size=(4, 2)), rng.uniform(0, 6, 4)
    return (
        lambda x: float(size @ np.sin(k @ x + phase)),
        lambda x: (size * np.cos(k @ x + phase)) @ k,
        float(size @ (k**2).sum(axis=1)),
    )


@pytest.mark.equation("eq-sufficient-increase", line_search.line_search)
@given(SEEDS, st.floats(0.05, 0.95), st.floats(-3, 3), st.floats(-2, 2))
def test_up_to_the_limit_every_length_keeps_the_share_c_of_its_promise(seed, c, tilt, log_size):
    f, gradient, K = waves(seed)
    x = np.random.default_rng(seed).normal(size=2)
    g = gradient(x)
    u = 10**log_size * (g + tilt * np.array([-g[1], g[0]]))  # any direction that rises, of any length
    limit = 2 * (1 - c) * (g @ u) / (K * (u @ u))
    for alpha in limit * np.linspace(0.01, 1, 25):
        left, right = f(x + alpha * u), f(x) + c * alpha * (g @ u)
        assert left >= right - 1e-12
    found = line_search.line_search(
        lambda y: (f(y) - f(x), g @ (y - x)), lambda e: e[0] >= c * e[1], x, u, max_backtracks=60
    )
    assert found.step_length >= min(1, limit / 2)


@pytest.mark.parametrize("c", [0.1, 0.5, 0.9])
def test_on_a_parabola_the_limit_of_the_length_is_exact(c):
    K, x = 3.0, np.array([2.0, 1.0])
    f = lambda y: -K / 2 * float(y @ y)  # noqa: E731
    u = -K * x
    limit = 2 * (1 - c) * (u @ u) / (K * (u @ u))
    for share, holds in ((1 - 1e-9, True), (1 + 1e-9, False)):
        alpha = share * limit
        assert (f(x + alpha * u) >= f(x) + c * alpha * (u @ u)) == holds


@pytest.mark.equation("eq-trust-ratio", trust_region.trust_region)
@given(SEEDS, st.floats(0.01, 2), st.floats(-3, 3))
def test_the_ratio_of_a_cubic_is_one_plus_what_its_cubic_part_adds(seed, radius, cubic):
    rng = np.random.default_rng(seed)
    g, t, x = rng.normal(size=2), rng.normal(size=2), rng.normal(size=2)
    B = rng.normal(size=(2, 2))
    B = B + B.T

    def f(y):  # to be maximised
        h = y - x
        return g @ h + h @ B @ h / 2 + cubic * (t @ h) ** 3

    climb = trust_region.trust_region(
        lambda y: -f(y), lambda y: -g, lambda y: -B, x, radius=radius, max_radius=2
    )
    _, trial = next(climb), next(climb)
    h = trial.step
    promised = g @ h + h @ B @ h / 2
    assert np.linalg.norm(h) <= radius * (1 + 1e-12)
    left = (f(x + h) - f(x)) / promised
    right = 1 + cubic * (t @ h) ** 3 / promised  # what the model leaves out, on paper
    assert left == pytest.approx(right, rel=1e-9, abs=1e-9)
    assert trial.ratio == pytest.approx(right, rel=1e-9, abs=1e-9)
    assert trial.accepted == (trial.ratio > 0.1)


# ------------------------------------------------------------------------------------ price and limit

PRICES = st.sampled_from([0.1, 1.0, 10.0, 100.0])


@pytest.mark.equation("eq-price-line", mm.maximise_minorizer)
@given(st.data(), few_mdps, PRICES, SEEDS)
def test_every_policy_lies_below_the_line_through_the_best_one_at_a_price(data, mdp, beta, seed):
    beta = beta * np.abs(mdp.r).max()
    pi_old = data.draw(policies_of(mdp, zeros=False))
    best = mm.maximise_minorizer(mdp, pi_old, beta)
    L = surrogate_of(mdp, pi_old)
    at, D = L(best), log_sums(pi_old, best).max()
    for centre in (best, pi_old):
        for pi in near_and_far(centre, seed):
            left, right = L(pi), at + beta * (log_sums(pi_old, pi).max() - D)
            assert left <= right + rounding(mdp)
            if log_sums(pi_old, pi).max() <= D:
                assert left <= at + rounding(mdp)


@pytest.mark.parametrize("seed", range(4))
def test_no_other_slope_keeps_all_policies_below_the_line(seed):
    rng = np.random.default_rng(seed)
    mdp, pi_old = models.garnet(3, 3, 2, rng=rng, gamma=0.8), rng.dirichlet([2, 2, 2], size=3)
    A, L, beta = iterated_advantages(mdp, pi_old), surrogate_of(mdp, pi_old), 20.0
    best = mm.maximise_minorizer(mdp, pi_old, beta)
    D, at = log_sums(pi_old, best).max(), L(best)
    ends = [mm.maximise_under_kl(pi_old, A, D * share) for share in (0.99, 1.01)]
    for wrong in (0.9, 1.1):
        slack = [at + wrong * beta * (log_sums(pi_old, pi).max() - D) - L(pi) for pi in ends]
        assert min(slack) < -1e-6


@pytest.mark.equation("eq-small-budget", mm.maximise_under_kl)
@given(st.data(), few_mdps)
def test_a_small_budget_buys_its_root_times_the_visits_times_the_spread(data, mdp):
    pi_old = data.draw(policies_of(mdp, zeros=False))
    assume(pi_old.min() > 0.01)
    rho, A = summed_visitation(mdp, pi_old), iterated_advantages(mdp, pi_old)
    right = sum(
        rho[s] * math.sqrt(sum(pi_old[s, a] * A[s, a] ** 2 for a in range(A.shape[1]))) for s in range(len(A))
    )
    assume(right > 1e-3 * np.abs(mdp.r).max())
    for delta in (1e-6, 1e-8):
        pi = mm.maximise_under_kl(pi_old, A, delta)
        left = surrogate_of(mdp, pi_old)(pi) / math.sqrt(2 * delta)
        assert left == pytest.approx(right, rel=30 * math.sqrt(delta))


def two_actions(seed):
    rng = np.random.default_rng(seed)
    mdp = models.garnet(3, 2, 2, rng=rng, gamma=float(rng.uniform(0.2, 0.8)))
    return mdp, rng.dirichlet([2, 2], size=3)


def best_within(mdp, pi_old, delta):
    """v(delta) for two actions: L is linear in the probability of action 1, so an end is best."""
    A, total = iterated_advantages(mdp, pi_old), 0.0
    for s, rho in enumerate(summed_visitation(mdp, pi_old)):
        p = pi_old[s, 1]

        def excess(q, p=p):
            return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q)) - delta

        ends = brentq(excess, 1e-15, p, xtol=1e-15), brentq(excess, p, 1 - 1e-12, xtol=1e-15)
        total += rho * max((1 - q) * A[s, 0] + q * A[s, 1] for q in ends)
    return total


@pytest.mark.equation("eq-strong-duality", mm.maximise_under_kl)
@pytest.mark.parametrize("delta", [1e-3, 0.01, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_the_best_within_a_limit_is_the_least_that_any_price_allows(seed, delta):
    mdp, pi_old = two_actions(seed)
    L = surrogate_of(mdp, pi_old)

    def dual(log_beta):
        beta = math.exp(log_beta)
        best = mm.maximise_minorizer(mdp, pi_old, beta)
        return L(best) - beta * (log_sums(pi_old, best).max() - delta)

    left = best_within(mdp, pi_old, delta)
    right = minimize_scalar(dual, bounds=(-5, 12), method="bounded", options={"xatol": 1e-7})
    assert right.fun == pytest.approx(left, rel=1e-7)
    assert dual(right.x + 0.3) > left  # weak duality, away from the multiplier
    assert dual(right.x - 0.3) > left
    package = mm.maximise_under_kl(pi_old, iterated_advantages(mdp, pi_old), delta)
    assert L(package) == pytest.approx(left, rel=1e-8)


@pytest.mark.equation("eq-price-row", mm.maximise_under_kl)
@given(st.data(), few_mdps, PRICES, SEEDS)
def test_the_rows_of_the_formula_are_the_best_policy_at_a_price_of_the_mean_kl(data, mdp, beta, seed):
    beta = beta * np.abs(mdp.r).max()
    pi_old = data.draw(policies_of(mdp, zeros=False))
    assume(pi_old.min() > 1e-3)
    A, d = iterated_advantages(mdp, pi_old), (1 - mdp.gamma) * summed_visitation(mdp, pi_old)
    price, rows, L = (1 - mdp.gamma) * beta, np.zeros_like(A), surrogate_of(mdp, pi_old)
    for s in range(len(A)):
        top = A[s].max()
        gap = brentq(
            lambda t, s=s, top=top: (price * pi_old[s] / (t + top - A[s])).sum() - 1,
            1e-9 * price * pi_old[s].min(),
            2 * price,
            xtol=1e-300,
            rtol=1e-14,
        )
        rows[s] = price * pi_old[s] / (gap + top - A[s])
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-9)

    def worth(pi):
        return L(pi) - beta * float(d @ log_sums(pi_old, pi))

    best = worth(rows)
    for pi in near_and_far(rows, seed):
        assert worth(pi) <= best + rounding(mdp)
    for s, kl in enumerate(log_sums(pi_old, rows)):
        if kl > 1e-10:  # below, rounding decides how long the row is
            package = mm.maximise_under_kl(pi_old[[s]], A[[s]], kl)
            np.testing.assert_allclose(package[0], rows[s], atol=1e-6)


# ----------------------------------------------------------------------------------------- guarantees


@pytest.mark.equation("eq-certified-radius", mm.maximise_minorizer)
@given(st.data(), few_mdps)
def test_the_price_of_the_theory_lets_no_state_move_beyond_the_radius(data, mdp):
    assume(mdp.gamma > 0.01)
    pi_old = data.draw(policies_of(mdp, zeros=False))
    C = 4 * np.abs(iterated_advantages(mdp, pi_old)).max() * mdp.gamma / (1 - mdp.gamma) ** 2
    assume(np.abs(mdp.r).max() < 1e6 * C)
    left = log_sums(pi_old, mm.maximise_minorizer(mdp, pi_old, C)).max()
    assert left <= (1 - mdp.gamma) ** 2 / (8 * mdp.gamma**2) + 1e-12


@pytest.mark.parametrize("gamma", [0.9, 0.99, 0.999])
def test_a_fair_coin_moves_a_quarter_of_the_radius(gamma):
    coin = models.MDP(np.ones((1, 2, 1)), [[1.0, -1.0]], [1.0], gamma)
    pi_old = np.array([[0.5, 0.5]])  # A = +-1, epsilon = 1; to leading order KL = (kappa / C)^2 / 2
    pi = mm.maximise_minorizer(coin, pi_old, 4 * gamma / (1 - gamma) ** 2)
    radius = (1 - gamma) ** 2 / (8 * gamma**2)
    assert log_sums(pi_old, pi).max() / radius == pytest.approx(1 / 4, rel=2e-3)

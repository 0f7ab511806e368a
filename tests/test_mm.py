"""Minorize-maximize: the maxima by hand, on grids and by another optimiser; the run against its guarantee."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from strategies import SEEDS, distributions, mdps, policies_of, rounding

from trpo_lesson.exact import bounds, mm
from trpo_lesson.exact.divergences import kl, max_kl
from trpo_lesson.exact.mdp import MDP
from trpo_lesson.exact.models import garnet
from trpo_lesson.exact.policies import greedy, mixture, uniform
from trpo_lesson.exact.values import advantages, expected_return, policy_iteration, visitation

HALVES = np.array([[0.5, 0.5]])
FIRST = np.array([[1.0, 0.0]])


def one_state(rewards, gamma=0.5):
    """rho = 1 / (1 - gamma), and A = r - the mean reward of pi_old."""
    return MDP(np.ones((1, len(rewards), 1)), [rewards], [1], gamma)


# --- one row within a radius ---

# Two actions: KL((1/2, 1/2) || (x, 1 - x)) = -log(4 x (1 - x)) / 2, which is log(4/3) / 2 at x = 3/4.
# A = (0, -1) and nu = 1 turn (1/2, 1/2) into (2/3, 1/3), of KL log(9/8) / 2. If A = 1 for an action that
# pi_old never takes, nu stops there, and log(2) nats more move half of the row to it.
NINE_EIGHTHS = math.log(9 / 8) / 2
BY_HAND = [
    ([0.5, 0.5], [1, -1], math.log(4 / 3) / 2, [3 / 4, 1 / 4]),
    ([0.5, 0.5], [-5, 70], math.log(4 / 3) / 2, [1 / 4, 3 / 4]),
    ([1, 0], [0, 1], math.log(2), [1 / 2, 1 / 2]),
    ([0, 1, 0, 0], [2, 1, 2, 0], math.log(4), [3 / 4, 1 / 4, 0, 0]),  # the first of equals
    ([1, 0], [1, 0], 1, [1, 0]),
    ([0.5, 0, 0.5], [1, 0, 1], 1, [0.5, 0, 0.5]),  # all equally good, none better
    ([0.5, 0, 0.5], [1, 1, 1], 1, [0.5, 0, 0.5]),
    ([0.5, 0.5, 0], [0, -1, 1], NINE_EIGHTHS, [2 / 3, 1 / 3, 0]),
    ([0.5, 0.5, 0], [0, -1, 1], NINE_EIGHTHS + math.log(2), [1 / 3, 1 / 6, 1 / 2]),
    ([0.5, 0.5, 0], [0, -1, 0], math.log(4 / 3) / 2, [3 / 4, 1 / 4, 0]),  # no better than what is taken
]


@pytest.mark.parametrize(("pi_old", "A", "alpha", "pi"), BY_HAND)
def test_the_best_row_within_a_radius_by_hand(pi_old, A, alpha, pi):
    np.testing.assert_allclose(mm.maximise_under_kl([pi_old], [A], alpha), [pi], rtol=1e-13, atol=1e-15)


def problems(data, max_actions=4):
    """(pi_old, A): rows with zeros and without, spread and peaked; advantages of any scale, some tied."""
    mdp = data.draw(mdps(max_actions=max_actions))
    pi_old = data.draw(policies_of(mdp))
    A = advantages(mdp, pi_old)
    return pi_old, np.round(A) if data.draw(st.booleans()) else A


def radii(data):
    return 10.0 ** data.draw(st.floats(-12, 1.5))


@given(st.data(), st.floats(-6, 3))
def test_every_row_that_satisfies_lagrange_is_the_best_within_its_own_kl(data, log10_t):
    """pi = multiplier pi_old / (nu - A) with any nu above all A."""
    pi_old, A = problems(data)
    nu = A.max() + 10.0**log10_t * max(np.ptp(A), 1e-3)
    pi = pi_old / (nu - A)
    pi /= pi.sum(axis=1, keepdims=True)
    for row_old, row_A, row in zip(pi_old, A, pi, strict=True):
        alpha = float(kl(row_old, row))
        found = mm.maximise_under_kl([row_old], [row_A], alpha)[0]
        np.testing.assert_allclose(found, row, rtol=0, atol=1e-11 + 1e-15 / math.sqrt(max(alpha, 1e-16)))


@given(st.data())
def test_the_radius_is_kept_and_used_up_unless_the_row_is_greedy(data):
    pi_old, A = problems(data)
    alpha = radii(data)
    pi = mm.maximise_under_kl(pi_old, A, alpha)
    divergence = kl(pi_old, pi)
    np.testing.assert_allclose(pi.sum(axis=1), 1, rtol=1e-14)
    assert np.all(divergence <= alpha * (1 + 1e-8) + 1e-15)
    unused = divergence < alpha * (1 - 1e-8) - 1e-15
    best = A.max(axis=1)
    np.testing.assert_allclose(
        np.sum(pi * A, axis=1)[unused], best[unused], rtol=1e-14, atol=1e-14 * np.abs(A).max()
    )


@given(st.data(), SEEDS)
def test_no_way_leads_from_the_best_row_to_a_better_one_within_the_radius(data, seed):
    """L is linear and the ball is convex: what no small step improves, nothing improves."""
    pi_old, A = problems(data)
    alpha = radii(data)
    pi = mm.maximise_under_kl(pi_old, A, alpha)
    rng = np.random.default_rng(seed)
    for towards in (greedy(A), distributions(rng, A.shape, support=A.shape[1], sharpness=3)):
        for step, back in itertools.product([1e-6, 1e-3, 0.1, 1], [0, 0.3, 0.9]):
            other = mixture(mixture(pi, towards, step), pi_old, back)
            gain = np.sum((other - pi) * A, axis=1)
            assert np.all(gain[kl(pi_old, other) <= alpha] <= 1e-9 * np.abs(A).max())


def simplex(points):
    """All rows of three actions with probabilities k / points."""
    first, second = np.meshgrid(np.arange(points + 1), np.arange(points + 1))
    keep = first + second <= points
    return np.stack([first[keep], second[keep], points - first[keep] - second[keep]], axis=1) / points


@pytest.mark.parametrize(
    "pi_old", [[0.2, 0.3, 0.5], [0.01, 0.59, 0.4], [0, 0.4, 0.6], [0, 1, 0], [0.5, 0.5, 0]]
)
@pytest.mark.parametrize("alpha", [0.01, 0.3, 2])
def test_the_best_row_is_the_best_of_a_fine_grid(pi_old, alpha):
    A = np.array([1.0, 0.2, -1.0])
    rows = simplex(500)
    within = rows[kl(np.broadcast_to(pi_old, rows.shape), rows) <= alpha]
    best = mm.maximise_under_kl([pi_old], [A], alpha)[0] @ A
    assert (within @ A).max() <= best + 1e-12
    assert (within @ A).max() >= best - 4 / 500  # 2 |A| grid steps


@pytest.mark.parametrize("seed", range(8))
def test_another_optimiser_finds_the_same_maximum(seed):
    rng = np.random.default_rng(seed)
    pi_old, A, alpha = rng.dirichlet(np.ones(5)), rng.standard_normal(5), 10 ** rng.uniform(-3, 0)
    constraints = [
        {"type": "eq", "fun": lambda z: pi_old @ z - 1},
        {"type": "ineq", "fun": lambda z: alpha + pi_old @ np.log(z)},
    ]
    gain = {"fun": lambda z: -(pi_old * z) @ A, "x0": np.ones(5), "bounds": [(1e-9, None)] * 5, "tol": 1e-12}
    other = minimize(**gain, constraints=constraints)
    assert other.success
    assert mm.maximise_under_kl([pi_old], [A], alpha)[0] @ A == pytest.approx(-other.fun, abs=1e-6)


# --- the edges of the radius ---


def test_a_negligible_radius_keeps_the_old_policy_and_an_infinite_one_is_greedy():
    A = np.array([[1.0, -1.0]])
    for alpha in (0, 0.9e-16):
        kept = mm.maximise_under_kl(HALVES, A, alpha)
        np.testing.assert_array_equal(kept, HALVES)
        assert not np.shares_memory(kept, HALVES)
    smallest = mm.maximise_under_kl(HALVES, A, mm.NEGLIGIBLE_KL)  # KL = 2 x^2 of a change by x
    assert smallest[0, 0] - 0.5 == pytest.approx(math.sqrt(mm.NEGLIGIBLE_KL / 2), rel=1e-6)
    np.testing.assert_array_equal(mm.maximise_under_kl(HALVES, A, math.inf), FIRST)


@pytest.mark.parametrize("alpha", [20, 100, 1e3, 1e300])
@pytest.mark.parametrize("pi_old", [[0.5, 0.5], [0.999, 0.001], [1e-150, 1], [0, 1], [1e-300, 1]])
def test_a_huge_radius_all_but_reaches_the_greedy_policy_and_is_kept(pi_old, alpha):
    pi = mm.maximise_under_kl([pi_old], [[1, -1]], alpha)
    assert pi[0, 0] == pytest.approx(1, rel=1e-8)
    assert kl([pi_old], pi)[0] <= min(alpha, 1e3) * (1 + 1e-14)


def test_the_share_left_behind_by_a_radius_is_its_exponential():
    """From (1, 0) to (1 - m, m) the KL is -log(1 - m)."""
    assert mm.maximise_under_kl(FIRST, [[0, 1]], 50)[0, 0] == pytest.approx(math.exp(-50), rel=1e-12)
    assert mm.maximise_under_kl(FIRST, [[0, 1]], 1e6)[0, 0] == pytest.approx(math.exp(-100), rel=1e-12)


@pytest.mark.parametrize("alpha", [1e-14, 1e-10, 1e-6])
def test_a_small_step_is_the_advantage_over_its_deviation(alpha):
    """pi / pi_old - 1 -> sqrt(2 alpha) A / deviation, where KL -> sum_a pi_old (pi / pi_old - 1)^2 / 2."""
    pi_old, A = np.array([0.2, 0.3, 0.5]), np.array([2.0, 1.0, -1.4])
    assert pi_old @ A == pytest.approx(0)
    change = mm.maximise_under_kl([pi_old], [A], alpha)[0] / pi_old - 1
    expected = math.sqrt(2 * alpha) * A / math.sqrt(pi_old @ A**2)
    np.testing.assert_allclose(change, expected, rtol=1e-6 + 2 * math.sqrt(alpha))


@pytest.mark.parametrize("scale", [1e-100, 1e-9, 1e9, 1e100])
def test_only_the_order_and_the_ratios_of_the_advantages_matter(scale):
    pi_old, A = [[0.2, 0.3, 0.5, 0]], np.array([[2.0, 1.0, -1.4, 1.9]])
    for alpha in (1e-3, 1):
        pi = mm.maximise_under_kl(pi_old, A, alpha)
        np.testing.assert_allclose(mm.maximise_under_kl(pi_old, scale * (A + 1), alpha), pi, rtol=1e-9)


def test_steps_of_one_nat_can_be_repeated_for_ever():
    """The losing action fades but is never lost: a probability of zero would make the KL infinite."""
    pi = HALVES
    for _ in range(50):
        pi_old, pi = pi, mm.maximise_under_kl(pi, [[1, -1]], 1)
        assert kl(pi_old, pi)[0] <= 1
    assert 0 < pi[0, 1] < 1e-100
    back = mm.maximise_under_kl(pi, [[-1, 1]], 1)
    assert kl(pi, back)[0] == pytest.approx(1)
    assert back[0, 1] == pytest.approx(1 - math.exp(-1))


@pytest.mark.parametrize(
    ("pi_old", "A", "alpha", "message"),
    [
        (HALVES, [[1, -1]], -1, "^alpha: expected a KL >= 0, got -1$"),
        (HALVES, [[1, -1]], math.nan, "^alpha: expected a KL >= 0, got nan$"),
        (HALVES, [[1, -1, 0]], 1, r"^advantages: expected shape \(1, 2\), got \(1, 3\)$"),
        ([[0.5, 0.6]], [[1, -1]], 1, "^pi_old: expected probabilities that sum to 1, got the sum 1.1"),
    ],
)
def test_bad_input_is_refused(pi_old, A, alpha, message):
    with pytest.raises(ValueError, match=message):
        mm.maximise_under_kl(pi_old, A, alpha)


# --- the multiplier ---


@pytest.mark.parametrize("pi_old", [[0.2, 0.3, 0.5], [0.2, 0.8, 0], [0, 0.3, 0.7], [0, 1, 0], [1, 0, 0]])
@pytest.mark.parametrize("alpha", [1e-3, 0.1, 1, 5])
def test_the_multiplier_is_the_slope_of_the_maximum_and_has_its_elasticity(pi_old, alpha):
    pi_old, A, step = np.array([pi_old]), np.array([[1.0, -1.0, 0.3]]), 1e-5
    (pi_low, low, _), (_, multiplier, elasticity), (pi_high, high, _) = (
        mm._maximiser(pi_old, A, alpha * math.exp(change)) for change in (-step, 0, step)
    )
    slope = np.sum((pi_high - pi_low) * A) / (2 * alpha * math.sinh(step))
    assert multiplier[0] == pytest.approx(slope, rel=1e-4, abs=1e-9)
    if multiplier[0] > 1e-6:
        assert elasticity[0] == pytest.approx(math.log(high[0] / low[0]) / (2 * step), rel=1e-3)


# --- the maximum of M ---


@pytest.mark.parametrize(
    ("pi_old", "C", "pi"),
    [
        # M(x) = 2 (2x - 1) + C/2 log(4 x (1 - x)) has the slope 4 + C/2 (1/x - 1/(1 - x)): 0 at 3/4 for C = 3
        ([0.5, 0.5], 3, [3 / 4, 1 / 4]),
        # A = (2, 0): M(m) = -2 + 4m + C log(1 - m) has the slope 4 - C / (1 - m), 0 at 1 - m = C/4
        ([0, 1], 1, [3 / 4, 1 / 4]),
        ([0, 1], 3.9, [0.025, 0.975]),
        ([0, 1], 4, [0, 1]),
        ([0, 1], 5, [0, 1]),
        ([0, 1], 0, [1, 0]),
        ([0.5, 0.5], 0, [1, 0]),
        ([1, 0], 1, [1, 0]),
    ],
)
def test_the_maximum_of_M_in_one_state_by_hand(pi_old, C, pi):
    """Rewards 1 and -1, gamma = 1/2, so rho = 2; x or m is the new probability of a0."""
    found = mm.maximise_minorizer(one_state([1, -1]), [pi_old], C)
    np.testing.assert_allclose(found, [pi], rtol=0, atol=1e-12)


@pytest.mark.parametrize("old_in_s1", [[0.3, 0.7], [0, 1], [1, 0]])
@pytest.mark.parametrize("C", [0.3, 3, 30])
def test_the_maximum_of_M_is_the_best_of_a_fine_grid(old_in_s1, C):
    mdp = garnet(2, 2, 2, gamma=0.8, rng=np.random.default_rng(2))
    pi_old = np.array([[0.6, 0.4], old_in_s1])
    first, second = np.meshgrid(np.linspace(0, 1, 201), np.linspace(0, 1, 201))
    policies = np.stack([np.stack([x, 1 - x], axis=-1) for x in (first, second)], axis=-2)
    divergence = kl(np.broadcast_to(pi_old, policies.shape), policies).max(axis=-1)
    rho, A = visitation(mdp, pi_old), advantages(mdp, pi_old)
    M = expected_return(mdp, pi_old) + np.einsum("s,xysa,sa->xy", rho, policies, A) - C * divergence
    best = mm.minorizer(mdp, pi_old, mm.maximise_minorizer(mdp, pi_old, C), C)
    assert M.max() <= best + 1e-12
    assert M.max() >= best - 0.02 * np.abs(rho[:, None] * A).sum()


@given(st.data(), SEEDS, st.floats(-9, 4))
def test_no_policy_has_a_larger_M(data, seed, log10_C):
    """M is concave: what no step of any length improves is the maximum."""
    mdp = data.draw(mdps())
    pi_old, C = data.draw(policies_of(mdp)), 10.0**log10_C
    pi = mm.maximise_minorizer(mdp, pi_old, C)
    M = mm.minorizer(mdp, pi_old, pi, C)
    rng, shape = np.random.default_rng(seed), pi.shape
    others = pi_old, greedy(advantages(mdp, pi_old)), distributions(rng, shape, support=shape[1], sharpness=3)
    for other, step in itertools.product(others, [1e-7, 1e-4, 1e-2, 0.3]):
        assert mm.minorizer(mdp, pi_old, mixture(pi, other, step), C) <= M + rounding(mdp) + 1e-14 * C


def test_a_state_that_is_never_visited_is_improved_within_the_radius_of_the_others():
    P = np.zeros((2, 2, 2))
    P[0, :, 0] = P[1, :, 1] = 1
    mdp = MDP(P, [[1, -1], [-1, 1]], [1, 0], 0.5)
    pi = mm.maximise_minorizer(mdp, np.full((2, 2), 0.5), 3)  # s0 by hand, as above
    np.testing.assert_allclose(pi, [[3 / 4, 1 / 4], [1 / 4, 3 / 4]], rtol=1e-12)
    stuck = np.array([[1, 0], [0.5, 0.5]])  # s0 is best, and no radius pays
    np.testing.assert_array_equal(mm.maximise_minorizer(mdp, stuck, 3), stuck)


def test_without_anything_to_gain_the_policy_stays_even_for_free():
    np.testing.assert_array_equal(mm.maximise_minorizer(one_state([2, 2]), [[0.3, 0.7]], 0), [[0.3, 0.7]])


@pytest.mark.parametrize("C", [-1, math.nan])
def test_a_coefficient_that_is_no_price_is_refused(C):
    with pytest.raises(ValueError, match=f"^coefficient: expected a number >= 0, got {C}$"):
        mm.maximise_minorizer(one_state([1, -1]), HALVES, C)


def test_a_policy_of_another_mdp_is_refused():
    with pytest.raises(ValueError, match=r"^pi_old: expected shape \(1, 2\), got \(1, 3\)$"):
        mm.maximise_minorizer(one_state([1, -1]), [[1, 0, 0]], 1)


def test_the_search_for_the_maximum_takes_few_evaluations(monkeypatch):
    calls = []
    tilt = mm._tilt
    monkeypatch.setattr(mm, "_tilt", lambda *args: calls.append(1) or tilt(*args))
    for gamma, limit in [(0.1, 45), (0.9, 21), (0.99, 21)]:
        mdp = garnet(20, 4, 3, gamma=gamma, rng=np.random.default_rng(0))
        mm.maximise_minorizer(mdp, uniform(mdp), bounds.penalty_coefficient(mdp, uniform(mdp)))
        assert len(calls) < limit
        calls.clear()


@pytest.mark.parametrize("start", [-20.0, 20.0])
def test_the_root_finder_never_leaves_its_bracket(start):
    """Of the arc tangent Newton's method overshoots from afar, to either side."""
    roots = np.array([3.0, -7.0, 19.5])

    def falling(x):
        assert np.all(np.abs(x) <= 20)
        return -np.arctan(x - roots), -1 / (1 + (x - roots) ** 2)

    found = mm._root(falling, 0, np.full(3, -20.0), np.full(3, 20.0), np.full(3, start))
    np.testing.assert_allclose(found, roots, rtol=1e-14)


# --- minorize-maximize ---


def test_M_touches_eta_and_is_the_bound_of_its_coefficient():
    mdp, pi_old, pi_new = one_state([1, -1]), HALVES, np.array([[0.75, 0.25]])
    C = bounds.penalty_coefficient(mdp, pi_old)
    assert mm.minorizer(mdp, pi_old, pi_old, C) == expected_return(mdp, pi_old)
    assert mm.minorizer(mdp, pi_old, pi_new, C) == bounds.max_kl_bound(mdp, pi_old, pi_new)
    assert mm.minorizer(mdp, pi_old, pi_new, C / 2) == bounds.pinsker_bound(mdp, pi_old, pi_new)
    assert mm.minorizer(mdp, pi_old, pi_new, 3) == pytest.approx(1 - 1.5 * math.log(4 / 3), rel=1e-14)
    assert mm.minorizer(mdp, pi_old, FIRST, 3) == -math.inf
    assert mm.minorizer(mdp, pi_old, FIRST, 0) == expected_return(mdp, FIRST)


def first_steps(mdp, pi, n, **options):
    return list(itertools.islice(mm.minorize_maximize(mdp, pi, **options), n))


@given(st.data(), st.sampled_from([0.5, 1, 3]))
def test_every_step_obeys_eta_new_over_M_over_eta_old(data, factor):
    """Schulman et al. 2015, Algorithm 1; Pinsker's half of the coefficient and any larger one serve too."""
    mdp = data.draw(mdps())
    pi = data.draw(policies_of(mdp))
    eta = expected_return(mdp, pi)
    for step in first_steps(mdp, pi, 3, coefficient=lambda *args: factor * bounds.penalty_coefficient(*args)):
        assert step.eta >= step.M - 0.01 * rounding(mdp)
        assert eta - 0.01 * rounding(mdp) <= step.M
        eta = step.eta


def test_a_run_climbs_to_the_optimum_where_the_future_counts_little():
    mdp = garnet(5, 3, 2, gamma=0.1, rng=np.random.default_rng(1))
    steps = first_steps(mdp, uniform(mdp), 300)
    etas = np.array([expected_return(mdp, uniform(mdp)), *(step.eta for step in steps)])
    best = expected_return(mdp, policy_iteration(mdp))
    assert np.all(np.diff(etas) >= -1e-14)
    assert 0 <= best - etas[-1] < 1e-3 * (best - etas[0])


def test_the_record_of_a_step_fits_together():
    mdp = garnet(4, 3, 2, gamma=0.5, rng=np.random.default_rng(0))
    pi, prices = uniform(mdp), iter([0.3, 0.2])
    for C, step in zip(
        [0.3, 0.2], mm.minorize_maximize(mdp, pi, coefficient=lambda *_: next(prices)), strict=False
    ):
        assert step.coefficient == C
        np.testing.assert_array_equal(step.pi, mm.maximise_minorizer(mdp, pi, C))
        assert step.eta == expected_return(mdp, step.pi)
        assert mm.minorizer(mdp, pi, step.pi, C) == step.M
        assert step.alpha == max_kl(pi, step.pi) > 0
        assert not step.pi.flags.writeable
        pi = step.pi


def test_the_default_coefficient_is_that_of_the_theory_at_each_policy():
    mdp = garnet(4, 3, 2, gamma=0.2, rng=np.random.default_rng(0))
    pi = uniform(mdp)
    for step in first_steps(mdp, pi, 3):
        assert step.coefficient == bounds.penalty_coefficient(mdp, pi)
        pi = step.pi


def test_the_steps_that_the_theory_allows_vanish_as_gamma_nears_one():
    """alpha -> (sum_s rho deviation_s)^2 / (2 C^2) <= ((1 - gamma) / gamma)^2 / 32: deviation <= epsilon."""
    alphas = []
    for gamma in (0.5, 0.9, 0.99, 0.999):
        mdp = garnet(6, 3, 3, gamma=gamma, rng=np.random.default_rng(0))
        pi = uniform(mdp)
        deviation = np.sqrt(np.sum(pi * advantages(mdp, pi) ** 2, axis=1))
        (step,) = first_steps(mdp, pi, 1)
        alphas.append(step.alpha)
        assert step.alpha < (1 - gamma) ** 2 / (32 * gamma**2)
        if gamma > 0.5:
            small = (visitation(mdp, pi) @ deviation / step.coefficient) ** 2 / 2
            assert step.alpha == pytest.approx(small, rel=0.05 * (1 - gamma))
    assert alphas[0] > 10 * alphas[1] > 100 * alphas[2] > 1000 * alphas[3]


@given(st.data())
def test_a_deterministic_policy_never_moves_from_gamma_one_fifth_on(data):
    mdp = data.draw(mdps())
    mdp = MDP(mdp.P, mdp.r, mdp.rho0, max(mdp.gamma, 0.2 + 1e-9))
    pi = greedy(np.random.default_rng(data.draw(SEEDS)).random(mdp.r.shape))
    (step,) = first_steps(mdp, pi, 1)
    np.testing.assert_array_equal(step.pi, pi)


def test_a_deterministic_policy_moves_below_gamma_one_fifth():
    """One state, A = (0, 1): m / (1 - gamma) + C log(1 - m) is largest at 1 - m = 4 gamma / (1 - gamma)."""
    (step,) = first_steps(one_state([0, 1], gamma=0.1), FIRST, 1)
    np.testing.assert_allclose(step.pi, [[4 / 9, 5 / 9]], rtol=1e-12)


@pytest.mark.parametrize("fraction", [0, 1e-3])
def test_below_the_coefficient_of_the_theory_M_is_no_bound_though_eta_does_not_fall(fraction):
    """L counts the reward for leaving s0 as often as pi_old was there, but one leaves only once.

    That eta rises all the same is no merit of M: its maximiser, with exact advantages, loses in no state.
    """
    door = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 1], [0, 0]], [1, 0], 0.9)
    pi = np.full((2, 2), 0.5)
    C = fraction * bounds.penalty_coefficient(door, pi)
    steps = first_steps(door, pi, 3, coefficient=lambda *_: C)
    assert steps[0].eta < steps[0].M - 0.01
    etas = [expected_return(door, pi), *(step.eta for step in steps)]
    assert np.all(np.diff(etas) >= -1e-12)


def test_without_a_future_one_step_reaches_the_optimum():
    """gamma = 0: the coefficient is 0, the greedy policy is best, and its infinite KL costs nothing."""
    first, second = first_steps(one_state([1, -1], gamma=0), HALVES, 2)
    np.testing.assert_array_equal(first.pi, FIRST)
    assert (first.eta, first.M, first.alpha, first.coefficient) == (1, 1, math.inf, 0)
    assert second.alpha == 0

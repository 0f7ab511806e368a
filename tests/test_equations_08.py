"""The numbered equations of chapter 8, both sides of each by different routes.

The minorizer is built from sums along time and loops over states; the package solves linear systems. The
multiplier of a row is measured as the slope of what it can gain, by differences over the radius.
"""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq
from slow_routes import iterated_advantages, log_sum, log_sums, summed_return, summed_visitation
from strategies import SEEDS, mdps, policies_of, policy_pairs, rounding

from trpo_lesson.exact import mm, models
from trpo_lesson.exact.mdp import MDP

few_mdps = mdps(max_states=4, max_actions=3, max_gamma=0.8, min_actions=2)


def worst_kl(pi_old, pi_new):
    return log_sums(pi_old, pi_new).max()


def theory_price(mdp, pi):
    return 4 * np.abs(iterated_advantages(mdp, pi)).max() * mdp.gamma / (1 - mdp.gamma) ** 2


def minorizer_of(mdp, pi_old, C):
    """eta(old) + sum_s rho(s) sum_a new(a|s) A(s, a) - C max_s KL as a function of new, in loops."""
    rho, A = summed_visitation(mdp, pi_old), iterated_advantages(mdp, pi_old)
    eta = summed_return(mdp, pi_old)

    def M(pi_new):
        gain = sum(rho[s] * pi_new[s, a] * A[s, a] for s, a in np.ndindex(A.shape))
        return eta + gain - (C * worst_kl(pi_old, pi_new) if C > 0 else 0.0)

    return M


@st.composite
def steps(draw, zeros=True):
    mdp = draw(few_mdps)
    return mdp, *draw(policy_pairs(mdp, zeros=zeros))


def one_state(rewards, gamma):
    return MDP(np.ones((1, len(rewards), 1)), [rewards], [1], gamma)


# --------------------------------------------------------------------------------------- below and touching


@pytest.mark.equation("eq-minorizer", mm.minorizer)
@given(steps(), st.sampled_from([0.0, 0.01, 1.0, 3.0]))
def test_m_is_the_return_and_the_gain_under_old_visits_less_the_fine(step, factor):
    mdp, pi_old, pi_new = step
    C = factor * theory_price(mdp, pi_old)
    left, right = mm.minorizer(mdp, pi_old, pi_new, C), minorizer_of(mdp, pi_old, C)(pi_new)
    if math.isinf(right):
        assert left == right
    else:
        assert left == pytest.approx(right, rel=1e-9, abs=rounding(mdp) + 1e-9 * C)


@pytest.mark.equation("eq-below-and-touching", mm.minorizer)
@given(steps(), st.sampled_from([0.5, 1.0, 3.0]))
def test_m_is_below_the_return_everywhere_and_touches_it_at_the_old_policy(step, factor):
    mdp, pi_old, pi_new = step
    C = factor * theory_price(mdp, pi_old)
    assert mm.minorizer(mdp, pi_old, pi_new, C) <= summed_return(mdp, pi_new) + rounding(mdp)
    touching = mm.minorizer(mdp, pi_old, pi_old, C)
    assert touching == pytest.approx(summed_return(mdp, pi_old), abs=rounding(mdp))


def test_a_hundredth_of_the_price_is_not_enough_on_the_ledge():
    ledge, fog = models.ledge(gamma=0.8), models.ledge_policy()
    pi_old = fog.probabilities(np.array([-3.0]))
    C, above = theory_price(ledge, pi_old), {1.0: 0, 0.01: 0}
    for theta in np.linspace(-4, 1, 21):
        pi_new = fog.probabilities(np.array([theta]))
        for factor in above:
            excess = mm.minorizer(ledge, pi_old, pi_new, factor * C) - summed_return(ledge, pi_new)
            above[factor] += excess > 1e-6
    assert above[1.0] == 0 < above[0.01]


@pytest.mark.equation("eq-mm-chain", mm.minorize_maximize)
@given(st.data(), SEEDS)
def test_what_raises_m_raises_the_return_at_least_as_far(data, seed):
    mdp = data.draw(few_mdps)
    pi_old = data.draw(policies_of(mdp))
    tolerance, eta_old = rounding(mdp), summed_return(mdp, pi_old)
    step = next(mm.minorize_maximize(mdp, pi_old))
    top, M_by_hand = step.pi, minorizer_of(mdp, pi_old, theory_price(mdp, pi_old))
    eta_top, M_top, M_old = summed_return(mdp, top), M_by_hand(top), M_by_hand(pi_old)
    assert eta_top + tolerance >= M_top
    assert M_top >= M_old - tolerance
    assert M_old == pytest.approx(eta_old, abs=tolerance)
    assert (step.eta, step.M) == pytest.approx((eta_top, M_top), abs=tolerance)
    rng = np.random.default_rng(seed)
    for share in rng.uniform(0, 2, size=5):  # no maximum is needed: points on the way to the top and beyond
        pi_new = np.clip(pi_old + share * (top - pi_old), 0, None)
        pi_new /= pi_new.sum(axis=1, keepdims=True)
        M = M_by_hand(pi_new)
        if M_old <= M:
            assert summed_return(mdp, pi_new) >= M - tolerance


# --------------------------------------------------------------------------------- the top of the bound

ROWS = [([0.2, 0.5, 0.3], [1.0, -0.6, 1 / 3]), ([0.7, 0.3], [-0.3, 0.7]), ([0.05, 0.9, 0.05], [4, -0.3, 1.4])]
RADII = [1e-4, 0.01, 0.3, 2.0]


def best_row(row, A, alpha):
    return mm.maximise_under_kl([row], [A], alpha)[0]


def slope_in_the_radius(row, A, alpha, h=1e-4):
    """What one more nat would gain, by central differences of what the row gains."""
    A = np.asarray(A)
    high, low = (best_row(row, A, alpha * (1 + sign * h)) @ A for sign in (1, -1))
    return (high - low) / (2 * h * alpha)


@pytest.mark.equation("eq-best-row", mm.maximise_under_kl)
@pytest.mark.parametrize(("row", "A"), ROWS)
@pytest.mark.parametrize("alpha", RADII)
def test_the_best_row_is_the_old_one_over_nu_less_the_advantage(row, A, alpha):
    row, A = np.array(row), np.array(A)

    def tilted(gap):
        weights = row / (A.max() + gap - A)
        return weights / weights.sum()  # 1 / sum_a row / (nu - A) is the multiplier

    log_gap = brentq(lambda x: log_sum(row, tilted(np.exp(x))) - alpha, -30, 30, xtol=1e-13)
    found = best_row(row, A, alpha)
    np.testing.assert_allclose(found, tilted(np.exp(log_gap)), rtol=1e-6)
    nu, multiplier = A.max() + np.exp(log_gap), slope_in_the_radius(row, A, alpha)
    np.testing.assert_allclose(found, multiplier * row / (nu - A), rtol=1e-4)


@pytest.mark.equation("eq-row-optimal", mm.maximise_under_kl)
@pytest.mark.parametrize(("row", "A"), ROWS)
@pytest.mark.parametrize("alpha", RADII)
def test_no_row_gains_more_than_the_best_and_the_price_of_its_further_nats(row, A, alpha):
    row, A = np.array(row), np.array(A)
    best, multiplier = best_row(row, A, alpha), slope_in_the_radius(row, A, alpha)

    def excess(q, price):
        return q @ A - best @ A - price * (log_sum(row, q) - log_sum(row, best))

    rng = np.random.default_rng(0)
    others = [*rng.dirichlet(np.ones(len(row)), size=300), *rng.dirichlet(100 * row, size=100), row]
    near = [best_row(row, A, factor * alpha) for factor in (0.5, 0.9, 1.1, 2)]
    assert max(excess(q, multiplier) for q in [*others, *near]) <= 1e-6 * best @ A
    for wrong in (0.8, 1.25):  # the price is not another one
        assert max(excess(q, wrong * multiplier) for q in near) > 1e-4 * best @ A


@pytest.mark.equation("eq-price", mm.maximise_minorizer)
@given(SEEDS, st.sampled_from([0.3, 0.6, 0.8]), st.sampled_from([0.1, 1.0, 10.0]))
def test_at_the_top_the_states_together_would_pay_the_price_for_one_more_nat(seed, gamma, factor):
    rng = np.random.default_rng(seed)
    mdp = models.garnet(4, 3, 2, rng=rng, gamma=gamma)
    pi = rng.dirichlet(np.full(3, 2.0), size=4)
    C = factor * theory_price(mdp, pi)
    top = mm.maximise_minorizer(mdp, pi, C)
    alpha, A = worst_kl(pi, top), iterated_advantages(mdp, pi)
    assume(alpha < 3)
    rho = summed_visitation(mdp, pi)
    demand = sum(rho[s] * slope_in_the_radius(pi[s], A[s], alpha) for s in range(4))
    assert demand == pytest.approx(C, rel=1e-3)
    M = minorizer_of(mdp, pi, C)
    for radius in (0.8 * alpha, 1.25 * alpha):  # and no other radius has a larger M
        assert M(mm.maximise_under_kl(pi, A, radius)) < M(top)


# ------------------------------------------------------------------------------------------- tiny steps


def certified_radius(gamma):
    return (1 - gamma) ** 2 / (8 * gamma**2)


@pytest.mark.equation("eq-certified-radius", mm.maximise_under_kl)
@given(st.data(), st.sampled_from([1.001, 2.0, 30.0]))
def test_no_policy_farther_than_the_certified_radius_has_m_above_the_old_return(data, factor):
    """Of all policies within a radius the package finds the largest L: if that one fails, all do."""
    mdp = data.draw(few_mdps)
    assume(mdp.gamma > 0.05)
    pi = data.draw(policies_of(mdp))
    C, alpha = theory_price(mdp, pi), factor * certified_radius(mdp.gamma)
    assume(1e-6 * np.abs(mdp.r).max() < C and alpha < 50)
    farthest = mm.maximise_under_kl(pi, iterated_advantages(mdp, pi), alpha)
    rho, A = summed_visitation(mdp, pi), iterated_advantages(mdp, pi)
    gain = sum(rho[s] * farthest[s, a] * A[s, a] for s, a in np.ndindex(A.shape))
    assert gain < C * alpha + rounding(mdp)


def test_the_certified_radius_is_nearly_attained_by_two_actions_of_opposite_advantage():
    gamma = 0.99
    pi, mdp, limit = np.array([[0.5, 0.5]]), one_state([1, -1], gamma), certified_radius(gamma)
    C = 4 * gamma / (1 - gamma) ** 2  # A = (1, -1), so epsilon = 1

    def rise(alpha):
        return mm.minorizer(mdp, pi, mm.maximise_under_kl(pi, [[1.0, -1.0]], alpha), C)

    assert 0.999 * limit < brentq(rise, limit / 4, 4 * limit, xtol=1e-12) <= limit


@pytest.mark.equation("eq-certified-gain", mm.maximise_minorizer)
@given(st.data())
def test_no_step_is_certified_to_gain_more_than_an_eighth_of_epsilon_over_gamma(data):
    mdp = data.draw(few_mdps)
    assume(mdp.gamma > 0.05)
    pi = data.draw(policies_of(mdp))
    C = theory_price(mdp, pi)
    top = mm.maximise_minorizer(mdp, pi, C)
    gain = minorizer_of(mdp, pi, C)(top) - summed_return(mdp, pi)
    epsilon = np.abs(iterated_advantages(mdp, pi)).max()
    assert gain <= epsilon / (8 * mdp.gamma) + rounding(mdp)


def test_the_certified_gain_is_nearly_attained_by_two_actions_of_opposite_advantage():
    pi, gamma = np.array([[0.5, 0.5]]), 0.99
    mdp, C = one_state([1, -1], gamma), 4 * gamma / (1 - gamma) ** 2
    gain = mm.minorizer(mdp, pi, mm.maximise_minorizer(mdp, pi, C), C)
    assert 0.999 < gain * 8 * gamma <= 1


# ------------------------------------------------------------------------------------------------ stuck


@pytest.mark.equation("eq-stuck", mm.minorizer)
@given(st.data(), st.sampled_from([0.1, 1.0]))
def test_to_leave_a_deterministic_policy_costs_more_than_its_share_can_gain(data, factor):
    mdp = data.draw(few_mdps)
    S, A = mdp.r.shape
    taken = np.random.default_rng(data.draw(SEEDS)).integers(A, size=S)
    pi, share = np.eye(A)[taken], data.draw(st.sampled_from([1e-6, 1e-3, 0.1, 0.7]))
    pi_new = (1 - share) * pi + share * data.draw(policies_of(mdp))
    p = max(1 - pi_new[s, taken[s]] for s in range(S))
    C, epsilon = factor * theory_price(mdp, pi), np.abs(iterated_advantages(mdp, pi)).max()
    right = summed_return(mdp, pi) + p * (epsilon / (1 - mdp.gamma) - C)
    assert mm.minorizer(mdp, pi, pi_new, C) <= right + rounding(mdp) + 1e-14 * C


@pytest.mark.parametrize("gamma", [0.1, 0.2, 0.5])
def test_for_a_small_share_the_bound_on_leaving_is_attained(gamma):
    """One state, A = (0, 1): M changes by p / (1 - gamma) + C log(1 - p)."""
    mdp, pi, p, C = one_state([0, 1], gamma), np.array([[1.0, 0.0]]), 1e-6, 4 * gamma / (1 - gamma) ** 2
    change = mm.minorizer(mdp, pi, [[1 - p, p]], C) / p
    assert change == pytest.approx(1 / (1 - gamma) - C, abs=1e-4)
    assert np.sign(round(1 / (1 - gamma) - C, 9)) == np.sign(round(0.2 - gamma, 9))

"""The numbered equations of chapter 5, both sides of each by different routes.

Returns, visitations and advantages are summed up along time, as they are defined; the package solves linear
systems. Derivatives are taken by a complex step, Im f(theta + ih) / h. The ledge is computed in fractions.
"""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slow_routes import (
    LONG,
    H,
    complex_slopes,
    iterated_advantages,
    iterated_Q,
    softmax,
    summed_return,
    summed_visitation,
)
from strategies import SEEDS, mdps, policy_pairs, rounding

from trpo_lesson.exact import bounds, models, policies, simulate, surrogate, values
from trpo_lesson.exact.mdp import MDP

few_mdps = mdps(max_states=3, max_actions=3, max_gamma=0.8, min_actions=2)
SEVENTH = Fraction(7, 10)


def looped_surrogate(mdp, pi_old, pi_new):
    """The right side of eq-surrogate as it is printed."""
    rho, A = summed_visitation(mdp, pi_old), iterated_advantages(mdp, pi_old)
    gains = (rho[s] * pi_new[s, a] * A[s, a] for s, a in np.ndindex(A.shape))
    return summed_return(mdp, pi_old) + sum(gains)


# ------------------------------------------------------------------------------ the ledge with two knobs


def walk(p, q):
    return np.array([[1 - p, p], [1 - q, q]], dtype=float)


def ledge_return(p, q):
    """The right side of eq-two-knob-return; exact in fractions."""
    return 10 * p * (1 - Fraction(279, 100) * q) / (1 + Fraction(63, 100) * p - Fraction(9, 10) * q)


@pytest.mark.equation("eq-two-knob-return", values.expected_return)
@pytest.mark.parametrize("p", [Fraction(0), Fraction(1, 10), Fraction(2, 3), Fraction(1)])
@pytest.mark.parametrize("q", [Fraction(0), Fraction(1, 10), Fraction(3, 4), Fraction(1)])
def test_the_return_of_the_ledge_with_two_knobs_solves_its_two_bellman_equations(p, q):
    gamma = Fraction(9, 10)
    # (1 - gamma (1 - .7 p)) V0 - .7 gamma p V1 = p  and  -gamma (1 - q) V0 + (1 - gamma q) V1 = -3 q
    a, b, c, d = 1 - gamma * (1 - SEVENTH * p), -gamma * SEVENTH * p, -gamma * (1 - q), 1 - gamma * q
    V0 = (p * d + 3 * q * b) / (a * d - b * c)  # Cramer's rule
    assert ledge_return(p, q) == V0
    assert values.expected_return(models.ledge(), walk(p, q)) == pytest.approx(float(V0), abs=1e-12)


def ledge_slopes():
    """(d eta / dp, d eta / dq) at p = q = 0.1, by differences so short that only floats could tell."""
    tenth, short = Fraction(1, 10), Fraction(1, 10**40)
    at = ledge_return(tenth, tenth)
    return np.array(
        [
            float((ledge_return(tenth + short, tenth) - at) / short),
            float((ledge_return(tenth, tenth + short) - at) / short),
        ]
    )


def ledge_bend(direction):
    """The second derivative of eta at p = q = 0.1 along `direction`, in fractions."""
    tenth, short = Fraction(1, 10), Fraction(1, 10**30)
    x, y = (short * Fraction(float(d)) for d in direction)
    ends = ledge_return(tenth + x, tenth + y) + ledge_return(tenth - x, tenth - y)
    return float((ends - 2 * ledge_return(tenth, tenth)) / short**2)


def ledge_steps():
    """g, the unit vectors n along it and u across it, and k of eq-tilted-step, all from the closed form.

    L is affine in (p, q), so that the second derivative of eta is that of the error: Delta is half of it.
    """
    g = ledge_slopes()
    n = g / np.linalg.norm(g)
    u = np.array([-n[1], n[0]])
    return g, n, u, abs(ledge_bend(u) / 2) / 2


@pytest.mark.equation("eq-tilted-step", surrogate.surrogate)
def test_short_steps_across_the_gradient_raise_the_surrogate_and_lower_the_return():
    g, n, u, k = ledge_steps()
    mdp, pi_old, tenth = models.ledge(), walk(0.1, 0.1), Fraction(1, 10)
    eta_old, remainders = values.expected_return(mdp, pi_old), []
    for t in (1e-1, 1e-2, 1e-3, 1e-4, 1e-6):
        h = t * u + k * t**2 / np.linalg.norm(g) * n
        comes = float(ledge_return(*(tenth + Fraction(x) for x in h)) - ledge_return(tenth, tenth))
        assert g @ h == pytest.approx(k * t**2, rel=1e-8)
        assert surrogate.surrogate(mdp, pi_old, walk(*(0.1 + h))) - eta_old == pytest.approx(g @ h, abs=2e-15)
        assert comes < 0 < g @ h
        remainders.append((comes + k * t**2) / t**3)
    assert np.abs(remainders).max() < 18
    assert remainders[-1] == pytest.approx(remainders[-2], rel=1e-2)  # what is left out is of third order


# -------------------------------------------------------------------------------------------- the surrogate


@pytest.mark.equation("eq-surrogate", surrogate.surrogate)
@given(st.data())
def test_the_surrogate_adds_up_what_the_new_policy_gains_by_acting_at_a_single_time(data):
    """Let pi_new choose at time t only, and pi_old at all others: L is eta(old) and the gains of all t."""
    mdp = data.draw(few_mdps)
    pi_old, pi_new = data.draw(policy_pairs(mdp))
    V = (pi_old * iterated_Q(mdp, pi_old)).sum(axis=1)
    state, total = mdp.rho0, mdp.rho0 @ V
    for t in range(LONG):
        for pi, sign in ((pi_new, 1), (pi_old, -1)):
            taken = state[:, None] * pi
            once = (taken * mdp.r).sum() + mdp.gamma * np.einsum("sa,sap,p->", taken, mdp.P, V)
            total += sign * mdp.gamma**t * once
        state = np.einsum("s,sa,sap->p", state, pi_old, mdp.P)
    tolerance = 10 * rounding(mdp)
    assert looped_surrogate(mdp, pi_old, pi_new) == pytest.approx(total, rel=0, abs=tolerance)
    assert surrogate.surrogate(mdp, pi_old, pi_new) == pytest.approx(total, rel=0, abs=tolerance)


def all_paths(mdp, pi, horizon):
    """(probability, states, actions) of every path of `horizon` steps."""
    S, A = mdp.r.shape
    for states in itertools.product(range(S), repeat=horizon):
        for actions in itertools.product(range(A), repeat=horizon):
            probability = mdp.rho0[states[0]]
            for t, (s, a) in enumerate(zip(states, actions, strict=True)):
                probability *= pi[s, a] * (mdp.P[s, a, states[t + 1]] if t + 1 < horizon else 1)
            if probability > 0:
                yield probability, states, actions


@pytest.mark.equation("eq-surrogate-from-paths", simulate.discounted_sum)
@pytest.mark.parametrize("new", [(0.2, 0.1), (0.4, 0.9), (0.0, 1.0)])
def test_old_paths_with_a_ratio_for_each_action_add_up_to_the_surrogate(new):
    mdp, pi_old, pi_new = models.ledge(gamma=0.03), walk(0.1, 0.3), walk(*new)
    A, right = iterated_advantages(mdp, pi_old), summed_return(mdp, pi_old)
    for probability, states, actions in all_paths(mdp, pi_old, horizon=5):
        for t, (s, a) in enumerate(zip(states, actions, strict=True)):
            right += probability * mdp.gamma**t * pi_new[s, a] / pi_old[s, a] * A[s, a]
    cut_off = mdp.gamma**5 * np.abs(pi_new / pi_old * A).max() / (1 - mdp.gamma)
    assert cut_off < 1e-5
    assert looped_surrogate(mdp, pi_old, pi_new) == pytest.approx(right, rel=0, abs=cut_off)
    rng = np.random.default_rng(5)
    paths = simulate.trajectories(mdp, pi_old, horizon=5, episodes=20_000, rng=rng)
    gains = simulate.discounted_sum(pi_new / pi_old * A, paths, mdp.gamma)
    error = abs(summed_return(mdp, pi_old) + gains.mean() - right)
    assert error < 4 * simulate.standard_error(gains) + cut_off


def test_old_paths_miss_what_the_old_policy_never_does():
    mdp, pi_old, pi_new = models.ledge(), walk(0, 0.5), walk(0.5, 0.5)
    A, rho = values.advantages(mdp, pi_old), values.visitation(mdp, pi_old)
    ratios = np.divide(pi_new, pi_old, out=np.zeros((2, 2)), where=pi_old > 0)
    from_paths = values.expected_return(mdp, pi_old) + (rho[:, None] * pi_old * ratios * A).sum()
    assert abs(surrogate.surrogate(mdp, pi_old, pi_new) - from_paths) > 0.1


# ------------------------------------------------------------------------------- the match and the error


@st.composite
def families(draw):
    """(mdp, features [S, A, 2], theta [2]): a small random world and a softmax family for it."""
    mdp, rng = draw(few_mdps), np.random.default_rng(draw(SEEDS))
    return mdp, rng.normal(size=(*mdp.r.shape, 2)), draw(st.sampled_from([0.3, 2.0])) * rng.normal(size=2)


@pytest.mark.equation("eq-first-order-match", values.policy_gradient)
@given(families())
def test_the_surrogate_and_the_return_have_one_slope_at_the_old_parameters(family):
    mdp, features, theta = family
    pi = softmax(features, theta)
    left = complex_slopes(lambda z: looped_surrogate(mdp, pi, softmax(features, z)), theta)
    right = complex_slopes(lambda z: summed_return(mdp, softmax(features, z)), theta)
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=rounding(mdp) / (1 - mdp.gamma))
    package = values.policy_gradient(mdp, policies.aliased(features), theta)
    np.testing.assert_allclose(package, left, rtol=1e-9, atol=rounding(mdp) / (1 - mdp.gamma))


def test_away_from_the_old_parameters_the_slopes_differ():
    mdp, fog, old, away = models.ledge(), models.ledge_policy(), np.array([-2.0]), np.array([-1.0])
    pi, slope = fog.probabilities(old), values.policy_gradient(mdp, fog, away)[0]
    ends = [surrogate.surrogate(mdp, pi, fog.probabilities(away + h)) for h in (-1e-5, 1e-5)]
    assert abs((ends[1] - ends[0]) / 2e-5 - slope) > 1


@pytest.mark.equation("eq-surrogate-error", surrogate.surrogate)
@given(st.data())
def test_the_surrogate_errs_by_the_change_of_the_visits_times_the_gains(data):
    mdp = data.draw(few_mdps)
    pi_old, pi_new = data.draw(policy_pairs(mdp))
    old, new = summed_visitation(mdp, pi_old), summed_visitation(mdp, pi_new)
    A = iterated_advantages(mdp, pi_old)
    right = sum((new[s] - old[s]) * sum(pi_new[s] * A[s]) for s in range(mdp.n_states))
    left = summed_return(mdp, pi_new) - surrogate.surrogate(mdp, pi_old, pi_new)
    assert left == pytest.approx(right, rel=0, abs=10 * rounding(mdp))


def test_on_the_ledge_the_error_can_be_followed_on_paper():
    # V = 0 for keeping still everywhere, A = r; always leaning out: rho = (1, .63/.1) / .73, gains 1 and -3
    mdp, still, leaning = models.ledge(), walk(0, 0), walk(1, 1)
    error = values.expected_return(mdp, leaning) - surrogate.surrogate(mdp, still, leaning)
    assert error == pytest.approx((1 / 0.73 - 10) * 1 + (6.3 / 0.73) * -3, rel=1e-12)


@pytest.mark.equation("eq-second-order-error", surrogate.surrogate)
@given(families(), SEEDS)
def test_the_leading_error_is_the_move_of_the_visits_times_the_move_of_the_gains(family, seed):
    mdp, features, theta = family
    h, t = np.random.default_rng(seed).normal(size=2), 1e-3
    pi = softmax(features, theta)
    A, rho = iterated_advantages(mdp, pi), summed_visitation(mdp, pi)
    there = softmax(features, theta + 1j * H * h)
    d_pi, d_rho = there.imag / H, summed_visitation(mdp, there).imag / H
    Delta = sum(d_rho[s] * sum(d_pi[s] * A[s]) for s in range(mdp.n_states))
    errors = []
    for sign in (1, -1):
        pi_new = softmax(features, theta + sign * t * h)
        errors.append(summed_return(mdp, pi_new) - surrogate.surrogate(mdp, pi, pi_new))
    scale = np.abs(mdp.r).max() / (1 - mdp.gamma) ** 3 * (1 + h @ h) ** 2 * np.abs(features).max() ** 4
    # the mean of both directions has no part of third order
    assert sum(errors) / 2 / t**2 == pytest.approx(Delta, rel=0, abs=30 * t**2 * scale)
    d_P, P_pi = np.einsum("sa,sap->sp", d_pi, mdp.P), np.einsum("sa,sap->sp", pi, mdp.P)
    moved = mdp.gamma * np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * P_pi.T, d_P.T @ rho)
    np.testing.assert_allclose(moved, d_rho, rtol=1e-9, atol=1e-9 * np.abs(h).max())


def test_on_the_ledge_the_leading_error_is_half_the_second_derivative_of_the_return():
    # L is affine in (p, q); d rho = gamma (I - gamma P^T)^-1 (dP)^T rho, by Cramer's rule at p = q = 0.1
    mdp, pi = models.ledge(), walk(0.1, 0.1)
    rho, A = values.visitation(mdp, pi), values.advantages(mdp, pi)
    for dp, dq in ((1, 0), (0, 1), (0.3, 0.9), (0.9, -0.3)):
        to_slope = 0.7 * dp * rho[0] + dq * rho[1]  # more of the walker stays on, or slips to, the slope
        # the second row of (I - gamma P^T) (-x, x) = gamma (-to_slope, to_slope): (.063 + .91) x
        x = 0.9 * to_slope / (0.91 + 0.063)
        Delta = -x * dp * (A[0, 1] - A[0, 0]) + x * dq * (A[1, 1] - A[1, 0])
        assert pytest.approx(ledge_bend((dp, dq)) / 2, rel=1e-10) == Delta


# ------------------------------------------------------------------------------------ what can be trusted


@pytest.mark.equation("eq-quadratic-error", bounds.penalty_coefficient)
@given(st.data())
def test_the_error_is_at_most_quadratic_in_the_largest_total_variation(data):
    mdp = data.draw(few_mdps)
    pi_old, pi_new = data.draw(policy_pairs(mdp))
    alpha = max(abs(pi_old[s] - pi_new[s]).sum() / 2 for s in range(mdp.n_states))
    epsilon = abs(iterated_advantages(mdp, pi_old)).max()
    C = 4 * epsilon * mdp.gamma / (1 - mdp.gamma) ** 2
    left = abs(summed_return(mdp, pi_new) - looped_surrogate(mdp, pi_old, pi_new))
    assert left <= C * alpha**2 + rounding(mdp)
    assert bounds.penalty_coefficient(mdp, pi_old) == pytest.approx(C, rel=1e-9, abs=10 * rounding(mdp))


def worst_world(gamma, alpha):
    """A world and two policies for which the bound is as good as attained when alpha is small.

    V_old = 0 in both states, so A = r and epsilon = 1. In s0, alpha of the +1 goes to -1, and leads to s1 for
    good; in s1, alpha of the -1 goes to +1. Both gains are 2 alpha, of opposite signs, where the visits move.
    """
    P = np.zeros((2, 3, 2))
    P[0, :2, 0] = P[0, 2, 1] = P[1, :, 1] = 1
    mdp = MDP(P, [[1, -1, -1], [1, -1, -1]], [1, 0], gamma)
    pi_old = np.array([[0.5, 0.5, 0], [0.5, 0.5, 0]])
    return mdp, pi_old, pi_old + alpha * np.array([[-1, 0, 1], [1, -1, 0]])


@pytest.mark.parametrize("gamma", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("alpha", [0.3, 1e-2, 1e-4])
def test_the_constant_of_the_quadratic_bound_cannot_be_smaller(gamma, alpha):
    mdp, pi_old, pi_new = worst_world(gamma, alpha)
    error = values.expected_return(mdp, pi_new) - surrogate.surrogate(mdp, pi_old, pi_new)
    bound = bounds.penalty_coefficient(mdp, pi_old) * alpha**2
    # on paper: s1 gains gamma alpha / ((1 - gamma) (1 - gamma (1 - alpha))) visits, s0 loses them
    assert error / bound == pytest.approx((1 - gamma) / (1 - gamma * (1 - alpha)), rel=1e-5)


@pytest.mark.equation("eq-safe-cone", bounds.max_tv_bound)
@given(families(), SEEDS, st.sampled_from([1.0, 1e-1, 1e-3, 1e-5]))
def test_a_step_keeps_its_share_of_the_promise_less_a_quadratic_loss(family, seed, length):
    """kappa of a softmax: dTV/dt <= 1/2 sum_a pi |(phi - mean phi).h|, and numbers in an interval of length R
    are R/2 from their mean on average, at most."""
    mdp, features, theta = family
    direction = np.random.default_rng(seed).normal(size=2)
    h = length * direction / np.linalg.norm(direction)
    differences = features[:, :, None, :] - features[:, None, :, :]
    kappa = np.linalg.norm(differences, axis=-1).max() / 4
    pi, pi_new = softmax(features, theta), softmax(features, theta + h)
    alpha = max(abs(pi[s] - pi_new[s]).sum() / 2 for s in range(mdp.n_states))
    assert alpha <= kappa * length * (1 + 1e-9) + 1e-15
    C = 4 * abs(iterated_advantages(mdp, pi)).max() * mdp.gamma / (1 - mdp.gamma) ** 2
    K = C * kappa**2
    eta = summed_return(mdp, pi)
    c = (looped_surrogate(mdp, pi, pi_new) - eta) / length
    assert summed_return(mdp, pi_new) - eta >= (c - K * length) * length - rounding(mdp)
    certified = bounds.max_tv_bound(mdp, pi, pi_new) - eta  # what is between the two sides
    tolerance = {"rel": 1e-9, "abs": 10 * rounding(mdp)}
    assert certified == pytest.approx(c * length - C * alpha**2, **tolerance)
    assert certified >= (c - K * length) * length - 10 * rounding(mdp)


def test_steps_that_promise_a_share_of_their_length_gain_on_the_ledge():
    mdp, pi_old, g = models.ledge(), walk(0.1, 0.1), ledge_slopes()
    K, eta_old = bounds.penalty_coefficient(mdp, pi_old), values.expected_return(mdp, pi_old)
    kept = 0
    for angle, share in itertools.product(np.linspace(0, 2 * np.pi, 73), (0.1, 0.5, 0.99)):
        d = np.array([np.cos(angle), np.sin(angle)])
        length = share * (g @ d) / K
        if length > 0:
            kept += 1
            gain = values.expected_return(mdp, walk(*(0.1 + length * d))) - eta_old
            assert gain >= (g @ d - K * length) * length - 1e-14
            assert gain > 0
    assert kept > 100


@pytest.mark.parametrize(("reward", "exists"), [(-3, False), (0.5, True), (3, False)])
def test_the_sign_of_the_leading_error_across_the_gradient_decides_about_the_neighbourhood(reward, exists):
    ledge, pi_old = models.ledge(), walk(0.1, 0.1)
    mdp = MDP(ledge.P, [[0, 1], [0, reward]], ledge.rho0, 0.9)
    A, rho = values.advantages(mdp, pi_old), values.visitation(mdp, pi_old)
    g = rho * (A[:, 1] - A[:, 0])
    wrong = 0
    for length in (1e-2, 1e-3):
        level = np.arctan2(-g[0], g[1])  # the two directions across g, and near them
        for side, tilt in itertools.product((0, np.pi), np.linspace(-5 * length, 5 * length, 201)):
            d = length * np.array([np.cos(level + side + tilt), np.sin(level + side + tilt)])
            gain = surrogate.performance_difference(mdp, pi_old, walk(*(0.1 + d)))
            wrong += g @ d > 1e-12 and gain < -1e-12
    assert (wrong == 0) == exists

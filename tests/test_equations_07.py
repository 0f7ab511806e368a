"""The numbered equations of chapter 7, both sides of each by different routes.

Returns, visitations and advantages are summed up along time, as they are defined; the package solves linear
systems. Total variation is a search over events and couplings, a KL a sum of math.log.
"""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from slow_routes import (
    LONG,
    iterated_advantages,
    log_sum,
    log_sums,
    state_distributions,
    summed,
    summed_return,
)
from strategies import SEEDS, distributions, mdps, policies_of, policy_pairs, rounding

from trpo_lesson.exact import bounds, divergences, models, policies, surrogate, values
from trpo_lesson.exact.mdp import MDP

few_mdps = mdps(max_states=4, max_actions=3, max_gamma=0.8)


@st.composite
def worlds(draw, zeros=True):
    """(mdp, pi_old, pi_new): a small random world and two policies, near, equal or unrelated."""
    mdp = draw(few_mdps)
    return mdp, *draw(policy_pairs(mdp, zeros=zeros))


@st.composite
def two_distributions(draw, zeros=True):
    """p and q over 1 to 5 actions, near to each other or not, with zeros or without."""
    n, rng = draw(st.integers(1, 5)), np.random.default_rng(draw(SEEDS))
    p, q = (
        distributions(rng, (n,), support=draw(st.integers(1, n)) if zeros else n, sharpness=3) for _ in "pq"
    )
    step = draw(st.sampled_from([1, 1e-1, 1e-3]))
    return p, (1 - step) * p + step * q


def mean_advantage(mdp, pi_old, pi_new):
    """bar A [S] = sum_a pi_new(a|s) A_old(s, a)."""
    return (pi_new * iterated_advantages(mdp, pi_old)).sum(axis=1)


def true_surrogate(mdp, pi_old, pi_new):
    return summed_return(mdp, pi_old) + summed(mdp, pi_old, mean_advantage(mdp, pi_old, pi_new))


def largest(mdp, pi_old):
    return max(abs(A) for A in iterated_advantages(mdp, pi_old).flat)


def moved(p, q):
    """TV as the largest difference of the probabilities of an event."""
    events = itertools.product([0, 1], repeat=len(p))
    return max(np.dot(event, p) - np.dot(event, q) for event in events)


def moved_in_each_state(pi_old, pi_new):
    return np.array([moved(p, q) for p, q in zip(pi_old, pi_new, strict=True)])


def price(coefficient, divergence):
    return 0.0 if coefficient == 0 else coefficient * divergence


def agree(mdp, left, right):
    """Equal up to rounding, on the scale of what is compared; two infinities agree."""
    return left == right or abs(left - right) <= 1e-7 * abs(left) + rounding(mdp)


def tripwire(gamma):
    """a0 pays nothing and keeps; a1 pays 1 in s0 and leads to s1 for ever, where it pays -1."""
    return MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 1], [0, -1]], [1, 0], gamma)


STILL, LEAN = np.eye(2)[[0, 0]], np.eye(2)[[1, 1]]


# --------------------------------------------------------------------------------- total variation, coupling


@pytest.mark.equation("eq-tv-forms", divergences.total_variation)
@given(two_distributions())
def test_the_three_forms_of_total_variation_are_one_number(pair):
    p, q = pair
    half = math.fsum(abs(x - y) for x, y in zip(p, q, strict=True)) / 2
    shared = math.fsum(min(x, y) for x, y in zip(p, q, strict=True))
    assert half == pytest.approx(1 - shared, abs=1e-14)
    assert half == pytest.approx(moved(p, q), abs=1e-14)
    assert divergences.total_variation(p, q) == pytest.approx(half, abs=1e-14)


@pytest.mark.equation("eq-maximal-coupling", divergences.total_variation)
@given(two_distributions())
def test_the_least_probability_to_differ_over_all_couplings_is_the_total_variation(pair):
    """The left side is a linear programme over the tables with row sums p and column sums q."""
    p, q = pair
    n = len(p)
    sums = [np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))]
    least = linprog((1 - np.eye(n)).ravel(), A_eq=np.vstack(sums), b_eq=[*p, *q], bounds=(0, 1))
    assert least.success
    assert least.fun == pytest.approx(divergences.total_variation(p, q), abs=1e-7)


@given(two_distributions())
def test_the_table_of_the_chapter_is_a_coupling_that_differs_with_the_total_variation(pair):
    p, q = pair
    more, less, tv = np.maximum(p - q, 0), np.maximum(q - p, 0), moved(p, q)
    if tv > 1e-9:
        table = np.diag(np.minimum(p, q)) + np.outer(more, less) / tv
        assert (table >= 0).all()
        np.testing.assert_allclose(table.sum(axis=1), p, atol=1e-6 * tv)
        np.testing.assert_allclose(table.sum(axis=0), q, atol=1e-6 * tv)
        assert 1 - np.trace(table) == pytest.approx(tv, abs=1e-14)


# ---------------------------------------------------------------------------------- in a state, on a path


@pytest.mark.equation("eq-mean-advantage-tv", bounds.largest_mean_advantage)
@given(worlds())
def test_what_a_step_gains_in_a_state_is_at_most_twice_epsilon_times_its_tv(world):
    mdp, pi_old, pi_new = world
    left = np.abs(mean_advantage(*world))
    right = 2 * largest(mdp, pi_old) * moved_in_each_state(pi_old, pi_new)
    assert (left <= right + rounding(mdp)).all()
    assert agree(mdp, bounds.largest_mean_advantage(mdp, pi_old, pi_new), left.max())


def test_twice_epsilon_times_tv_is_attained_by_a_fair_coin():
    """One state, gamma = 0, r = (1, -1), pi = (1/2, 1/2): A = r; a shift by x gains 2 x = 2 epsilon TV."""
    mdp = MDP([[[1], [1]]], [[1, -1]], [1], 0)
    fair, shifted = [[0.5, 0.5]], [[0.7, 0.3]]
    gain = bounds.largest_mean_advantage(mdp, fair, shifted)
    assert gain == pytest.approx(2 * bounds.largest_advantage(mdp, fair) * 0.2, rel=1e-14)


@pytest.mark.equation("eq-paths-apart", values.transition_matrix)
@given(worlds())
def test_two_walkers_see_means_that_drift_apart_no_faster_than_their_coupling(world):
    mdp, pi_old, pi_new = world
    gain, alpha = mean_advantage(*world), moved_in_each_state(pi_old, pi_new).max()
    ways = [values.transition_matrix(mdp, pi) for pi in (pi_old, pi_new)]
    for t in range(12):
        old, new = (mdp.rho0 @ np.linalg.matrix_power(way, t) @ gain for way in ways)
        limit = 4 * largest(mdp, pi_old) * alpha * (1 - (1 - alpha) ** t)
        assert abs(new - old) <= limit + rounding(mdp)


@pytest.mark.parametrize("alpha", [0.01, 0.5])
def test_the_tripwire_drifts_apart_half_as_fast_as_allowed(alpha):
    mdp, pi_new = tripwire(0.5), policies.mixture(STILL, LEAN, alpha)
    gain = mean_advantage(mdp, STILL, pi_new)
    both = zip(state_distributions(mdp, STILL, 9), state_distributions(mdp, pi_new, 9), strict=True)
    for t, (old, new) in enumerate(both):
        assert (old - new) @ gain == pytest.approx(2 * alpha * (1 - (1 - alpha) ** t), rel=1e-12, abs=1e-15)


@given(worlds())
def test_coupled_walkers_are_together_as_long_as_the_theorem_says(world):
    mdp, pi_old, pi_new = world
    alpha = moved_in_each_state(pi_old, pi_new).max()
    together = mdp.rho0
    for t in range(12):
        assert together.sum() >= (1 - alpha) ** t - 1e-12
        together = np.einsum("s,sa,sap->p", together, np.minimum(pi_old, pi_new), mdp.P)


# ----------------------------------------------------------------------------------------------- the theorem


@pytest.mark.equation("eq-coupling-bound", bounds.coupling_bound)
@given(worlds())
def test_the_surrogate_errs_by_no_more_than_the_coupled_walkers_add_up_to(world):
    mdp, pi_old, pi_new = world
    alpha, gamma = moved_in_each_state(pi_old, pi_new).max(), mdp.gamma
    apart = sum(gamma**t * (1 - (1 - alpha) ** t) for t in range(LONG))
    right = 4 * largest(mdp, pi_old) * alpha * apart
    L = true_surrogate(*world)
    assert abs(summed_return(mdp, pi_new) - L) <= right + rounding(mdp)
    assert agree(mdp, L - bounds.coupling_bound(*world), right)


@pytest.mark.parametrize(("alpha", "gamma"), list(itertools.product([0.001, 0.3, 1], [0.1, 0.5, 0.8])))
def test_half_of_the_coupling_bound_is_attained_by_the_tripwire(alpha, gamma):
    mdp, pi_new = tripwire(gamma), policies.mixture(STILL, LEAN, alpha)
    L = true_surrogate(mdp, STILL, pi_new)
    allowed = L - bounds.coupling_bound(mdp, STILL, pi_new)
    error = L - summed_return(mdp, pi_new)
    assert allowed == pytest.approx(2 * error, rel=1e-9)
    formula = 2 * gamma * alpha**2 / ((1 - gamma) * (1 - gamma * (1 - alpha)))
    assert error == pytest.approx(formula, rel=1e-9)


@pytest.mark.equation("eq-max-tv-bound", bounds.max_tv_bound)
@given(worlds())
def test_the_return_lies_above_the_surrogate_less_c_times_the_square_of_the_tv(world):
    mdp, pi_old, pi_new = world
    alpha = moved_in_each_state(pi_old, pi_new).max()
    C = 4 * largest(mdp, pi_old) * mdp.gamma / (1 - mdp.gamma) ** 2
    right = true_surrogate(*world) - C * alpha**2
    assert summed_return(mdp, pi_new) >= right - rounding(mdp)
    assert agree(mdp, bounds.max_tv_bound(*world), right)


def test_theorem_1_by_hand_on_the_tripwire():
    """gamma = 1/2, alpha = 1/4: L = 2 alpha = 1/2, C = 4 * 1/2 * 4 = 8, C alpha^2 = 1/2, so the bound is 0.

    The truth: rho_new(s0) = 1 / (1 - 3/8) = 8/5 and rho_new(s1) = 2/5, so eta = 1/4 (8/5 - 2/5) = 3/10.
    """
    mdp, pi_new = tripwire(0.5), policies.mixture(STILL, LEAN, 0.25)
    assert bounds.max_tv_bound(mdp, STILL, pi_new) == pytest.approx(0, abs=1e-14)
    assert values.expected_return(mdp, pi_new) == pytest.approx(3 / 10, rel=1e-13)


# -------------------------------------------------------------------------------------------------------- KL


@pytest.mark.equation("eq-pinsker", divergences.kl)
@given(two_distributions())
def test_the_square_of_the_tv_is_at_most_half_of_the_kl_in_either_direction(pair):
    p, q = pair
    left = moved(p, q) ** 2
    for first, second in ((p, q), (q, p)):
        right = log_sum(first, second)
        assert left <= right / 2 + 1e-14
        assert divergences.kl(first, second) == pytest.approx(right, rel=1e-9, abs=1e-14)


@given(two_distributions())
def test_two_groups_of_actions_have_no_larger_kl_than_the_actions(pair):
    """The first half of the proof: group the actions by p > q."""
    p, q = pair
    x, y = p[p > q].sum(), q[p > q].sum()
    if log_sum(p, q) < math.inf:
        assert log_sum([x, 1 - x], [y, max(1 - y, 0)]) <= log_sum(p, q) + 1e-12


def test_pinskers_half_is_sharp_at_the_fair_coin():
    kl = divergences.kl([0.5, 0.5], [0.501, 0.499])
    assert kl / 2 == pytest.approx(0.001**2, rel=1e-5)


@pytest.mark.equation("eq-max-kl-bound", bounds.max_kl_bound)
@given(worlds())
def test_the_return_lies_above_the_surrogate_less_half_of_c_times_the_kl(world):
    mdp, pi_old, pi_new = world
    kl, L = log_sums(pi_old, pi_new).max(), true_surrogate(*world)
    C = 4 * largest(mdp, pi_old) * mdp.gamma / (1 - mdp.gamma) ** 2
    half, whole = L - price(C / 2, kl), L - price(C, kl)
    assert summed_return(mdp, pi_new) >= half - rounding(mdp)
    slack = rounding(mdp) + 1e-14 * C  # a KL has errors of 1e-16
    assert half >= whole
    for right, bound in ((half, bounds.pinsker_bound), (whole, bounds.max_kl_bound)):
        number = bound(*world)
        assert number == right or abs(number - right) <= slack + 1e-7 * abs(right)


@given(worlds(zeros=False))
def test_the_other_direction_of_the_kl_bounds_as_well(world):
    mdp, pi_old, pi_new = world
    C = 4 * largest(mdp, pi_old) * mdp.gamma / (1 - mdp.gamma) ** 2
    bound = true_surrogate(*world) - C / 2 * log_sums(pi_new, pi_old).max()
    assert summed_return(mdp, pi_new) >= bound - rounding(mdp)


@pytest.mark.parametrize("x", [0.01, 0.001])
def test_the_square_of_the_kl_does_not_bound_the_loss_on_the_ledge(x):
    mdp, (old, new) = models.ledge(), np.array([[[0.9, 0.1]] * 2, [[0.9 - x, 0.1 + x]] * 2])
    false = surrogate.surrogate(mdp, old, new)
    false -= bounds.penalty_coefficient(mdp, old) * divergences.max_kl(old, new) ** 2
    assert values.expected_return(mdp, new) < false


# ------------------------------------------------------------------------------------- means over the states


def mean_price(mdp, pi_old, pi_new):
    """2 epsilon_new gamma / (1 - gamma)^2, and d_old."""
    d = (1 - mdp.gamma) * sum(mdp.gamma**t * s for t, s in enumerate(state_distributions(mdp, pi_old)))
    epsilon_new = np.abs(mean_advantage(mdp, pi_old, pi_new)).max()
    return 2 * epsilon_new * mdp.gamma / (1 - mdp.gamma) ** 2, d


def weighted_mean(d, divergence):
    """Unvisited states do not count, even where the divergence is infinite."""
    return math.fsum(w * x for w, x in zip(d, divergence, strict=True) if w > 0)


@pytest.mark.equation("eq-mean-tv-bound", bounds.mean_tv_bound)
@given(worlds())
def test_the_surrogate_errs_by_no_more_than_a_mean_of_the_tv_allows(world):
    mdp, pi_old, pi_new = world
    coefficient, d = mean_price(*world)
    allowed = coefficient * weighted_mean(d, moved_in_each_state(pi_old, pi_new))
    L = true_surrogate(*world)
    assert abs(summed_return(mdp, pi_new) - L) <= allowed + rounding(mdp)
    assert agree(mdp, L - bounds.mean_tv_bound(*world), allowed)


@pytest.mark.parametrize("gamma", [0.1, 0.5, 0.8])
def test_the_mean_tv_bound_wastes_nothing_on_short_steps_over_the_tripwire(gamma):
    """What it takes off is 1 + gamma alpha / (1 - gamma) times the error."""
    for alpha in (1, 0.1, 1e-3):
        mdp, pi_new = tripwire(gamma), policies.mixture(STILL, LEAN, alpha)
        L = true_surrogate(mdp, STILL, pi_new)
        taken_off = L - bounds.mean_tv_bound(mdp, STILL, pi_new)
        error = L - summed_return(mdp, pi_new)
        assert taken_off == pytest.approx((1 + gamma * alpha / (1 - gamma)) * error, rel=1e-9)


@pytest.mark.equation("eq-mean-kl-bound", bounds.mean_kl_bound)
@given(worlds())
def test_the_return_lies_above_the_surrogate_less_the_root_of_a_mean_kl(world):
    mdp, pi_old, pi_new = world
    coefficient, d = mean_price(*world)
    kl = weighted_mean(d, log_sums(pi_new, pi_old))
    right = true_surrogate(*world) - price(coefficient, math.sqrt(max(kl, 0) / 2))
    assert summed_return(mdp, pi_new) >= right - rounding(mdp)
    slack = rounding(mdp) + 2e-8 * coefficient  # the root of a KL has errors of 1e-8
    assert bounds.mean_kl_bound(*world) == right or abs(bounds.mean_kl_bound(*world) - right) <= slack


@pytest.mark.equation("eq-trust-region-bound", bounds.trust_region_bound)
@given(worlds(zeros=False))
def test_a_step_that_the_surrogate_likes_loses_no_more_than_the_root_of_its_mean_kl(world):
    mdp, pi_old, pi_new = world
    if true_surrogate(*world) < summed_return(mdp, pi_old):
        pi_new = policies.greedy(iterated_advantages(mdp, pi_old)) * 0.5 + pi_old * 0.5  # this one gains in L
    coefficient, d = mean_price(mdp, pi_old, pi_new)
    delta = weighted_mean(d, log_sums(pi_new, pi_old))
    right = summed_return(mdp, pi_old) - coefficient / 2 * math.sqrt(2 * max(delta, 0))
    assert summed_return(mdp, pi_new) >= right - rounding(mdp)
    slack = rounding(mdp) + 2e-8 * coefficient
    assert abs(bounds.trust_region_bound(mdp, pi_old, pi_new) - right) <= slack


@pytest.mark.parametrize(("gamma", "limit"), [(0.9, 0.0062), (0.99, 5.1e-5), (0.995, 1.26e-5)])
def test_above_a_radius_the_trust_region_bound_says_less_than_what_is_true_anyway(gamma, limit):
    """The loss is at most epsilon_new / (1 - gamma); both are in units of epsilon_new."""
    exact = (1 - gamma) ** 2 / (2 * gamma**2)
    assert exact == pytest.approx(limit, rel=0.01)
    for factor in (0.99, 1.01):
        loss = math.sqrt(2 * factor * exact) * gamma / (1 - gamma) ** 2
        assert (loss < 1 / (1 - gamma)) == (factor < 1)


@given(worlds())
def test_no_state_loses_more_than_epsilon_new_so_the_return_loses_no_more_than_its_geometric_sum(world):
    mdp, pi_old, pi_new = world
    most = np.abs(mean_advantage(*world)).max() / (1 - mdp.gamma)
    assert summed_return(mdp, pi_new) >= summed_return(mdp, pi_old) - most - rounding(mdp)


# ------------------------------------------------------------------------------------------------- the order


@pytest.mark.equation("eq-penalty-order", bounds.mean_tv_bound)
@given(worlds())
def test_what_the_bounds_take_off_is_ordered_as_the_chapter_says(world):
    """As the package computes it; P_3 by hand, with the KL in the direction of Eq. 9."""
    mdp, pi_old, pi_new = world
    L = surrogate.surrogate(*world)
    P = {name: L - bound(*world) for name, bound in bounds.BOUNDS.items()}
    eq8, eq9, pinsker, eq44 = list(P.values())[:4]
    cor1 = L - bounds.mean_tv_bound(*world)
    coefficient, d = mean_price(*world)
    cor3 = price(coefficient, math.sqrt(max(weighted_mean(d, log_sums(pi_old, pi_new)), 0) / 2))
    slack = rounding(mdp) + 1e-14 * bounds.penalty_coefficient(mdp, pi_old) + 2e-8 * coefficient
    chain = [(cor1, eq8), (eq8, pinsker), (pinsker, eq9), (eq44, eq8), (cor1, cor3), (cor3, pinsker)]
    for smaller, larger in chain:
        assert smaller <= larger + slack


@given(worlds())
def test_no_step_with_a_large_total_variation_or_kl_can_be_certified(world):
    mdp, pi_old, pi_new = world
    alpha, gamma = moved_in_each_state(pi_old, pi_new).max(), mdp.gamma
    least, kl = values.expected_return(mdp, pi_old) + rounding(mdp), log_sums(pi_old, pi_new).max()
    if bounds.max_tv_bound(*world) > least:
        assert 2 * gamma * alpha < 1 - gamma + 1e-12
    if bounds.pinsker_bound(*world) > least:
        assert 2 * gamma**2 * kl < (1 - gamma) ** 2 + 1e-12
    if bounds.max_kl_bound(*world) > least:
        assert 8 * gamma**2 * kl < (1 - gamma) ** 2 + 1e-12


# ---------------------------------------------------------------------------------- states that nobody visits


@given(few_mdps, st.data())
def test_states_and_actions_that_neither_policy_meets_may_be_left_out_of_the_maxima(mdp, data):
    """Deterministic transitions and one start, so that many states are not visited."""
    successor = mdp.P.argmax(axis=2)
    mdp = MDP(np.eye(mdp.n_states)[successor], mdp.r, np.eye(mdp.n_states)[0], mdp.gamma)
    pi_old, pi_new = data.draw(policies_of(mdp)), data.draw(policies_of(mdp))
    pi_new = policies.mixture(pi_old, pi_new, data.draw(st.sampled_from([1.0, 0.1, 0.01])))
    seen = sum(sum(state_distributions(mdp, pi, 2 * mdp.n_states)) for pi in (pi_old, pi_new)) > 0
    met = (pi_old + pi_new > 0) & seen[:, None]
    epsilon = np.abs(iterated_advantages(mdp, pi_old))[met].max()
    alpha = moved_in_each_state(pi_old, pi_new)[seen].max()
    C = 4 * epsilon * mdp.gamma / (1 - mdp.gamma) ** 2
    L = true_surrogate(mdp, pi_old, pi_new)
    assert summed_return(mdp, pi_new) >= L - C * alpha**2 - rounding(mdp)
    assert L - C * alpha**2 >= bounds.max_tv_bound(mdp, pi_old, pi_new) - rounding(mdp)


def test_states_that_only_the_old_policy_leaves_out_must_stay_in():
    """The ledge, old never leans out, new leans out with 0.01 on the path: there TV = 0.01 and epsilon = 1.

    eta(old) = 0 and L = 0.01 / (1 - 0.9) = 0.1, and 4 * 0.9 * 100 * 0.01^2 = 0.036: 0.064 would be certified.
    """
    old, new = np.array([[[1.0, 0.0], [1.0, 0.0]], [[0.99, 0.01], [0.0, 1.0]]])
    L = surrogate.surrogate(models.ledge(), old, new)
    certified = L - 4 * 0.9 * 100 * 0.01**2
    assert certified == pytest.approx(0.064, rel=1e-12)
    assert values.expected_return(models.ledge(), new) < -1

"""The numbered equations of the appendix of proofs, both sides of each by different routes.

Returns, visitations and advantages are summed up or iterated along time, as they are defined; the package
solves linear systems. Distances are sums over events and of math.log. Pairs of walkers are followed by hand.
"""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy.optimize import minimize
from slow_routes import (
    iterated_advantages,
    iterated_values,
    log_sum,
    softmax,
    state_distributions,
    summed,
    summed_return,
    summed_visitation,
)
from strategies import SEEDS, distributions, mdps, policies_of, policy_pairs, rounding

from trpo_lesson.exact import bounds, divergences, mm, policies, surrogate, updates, values
from trpo_lesson.exact.mdp import MDP

few_mdps = mdps(max_states=4, max_actions=3, max_gamma=0.8)
GAMMAS = st.floats(0, 0.8)


@st.composite
def worlds(draw, zeros=True):
    """(mdp, pi_old, pi_new): a small random world and two policies, near, equal or unrelated."""
    mdp = draw(few_mdps)
    return mdp, *draw(policy_pairs(mdp, zeros=zeros))


def moved(p, q):
    """TV as the largest difference of the probabilities of an event."""
    events = itertools.product([0, 1], repeat=len(p))
    return max(np.dot(event, p) - np.dot(event, q) for event in events)


def moved_in_each_state(old, new):
    return np.array([moved(p, q) for p, q in zip(old, new, strict=True)])


def mean_nats(mdp, old, new):
    """sum_s d_old(s) KL(old || new)(s); a state without visits does not count."""
    d = (1 - mdp.gamma) * summed_visitation(mdp, old)
    return math.fsum(d[s] * log_sum(old[s], new[s]) for s in range(mdp.n_states) if d[s] > 0)


def slow_gains(mdp, old, new):
    """bar A [S]."""
    return (new * iterated_advantages(mdp, old)).sum(axis=1)


def slow_error(mdp, old, new):
    """eta(new) - L, both added up along the paths of the policy that they speak of."""
    L = summed_return(mdp, old) + summed(mdp, old, slow_gains(mdp, old, new))
    return summed_return(mdp, new) - L


def largest(mdp, old):
    return np.abs(iterated_advantages(mdp, old)).max()


def time_astray(gamma, alpha, steps=250):
    """sum_t gamma^t (1 - (1 - alpha)^t)."""
    return math.fsum(gamma**t * (1 - (1 - alpha) ** t) for t in range(steps))


def chain_matrix(mdp, pi):
    P = np.zeros((mdp.n_states, mdp.n_states))
    for s, a, s_next in np.ndindex(mdp.P.shape):
        P[s, s_next] += pi[s, a] * mdp.P[s, a, s_next]
    return P


# ----------------------------------------------------------------------------------------------- two walkers


def pairs_that_agree(mdp, old, new, actions):
    """Every way two coupled walkers can agree on the given number of actions: its probability and its end."""
    if actions == 0:
        return mdp.rho0.copy()
    before, after = pairs_that_agree(mdp, old, new, actions - 1), np.zeros(mdp.n_states)
    for s, a, s_next in np.ndindex(mdp.P.shape):
        after[s_next] += before[s] * min(old[s, a], new[s, a]) * mdp.P[s, a, s_next]
    return after


@pytest.mark.equation("eq-proof-apart", divergences.total_variation)
@given(worlds(), st.integers(0, 6))
def test_the_laws_are_no_further_apart_than_the_walkers_and_these_than_the_coin(world, t):
    mdp, old, new = world
    p, q = (list(state_distributions(mdp, pi, t + 1))[t] for pi in (old, new))
    together = pairs_that_agree(mdp, old, new, t)
    alpha = divergences.total_variation(old, new).max()
    assert moved(p, q) <= 1 - together.sum() + 1e-12
    assert 1 - together.sum() <= 1 - (1 - alpha) ** t + 1e-12


def test_two_walkers_who_differ_in_every_state_by_the_same_amount_part_like_the_coin():
    """One action stays, the other leaves for good: both inequalities are equalities."""
    mdp = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], np.zeros((2, 2)), [1, 0], 0.5)
    old, new = np.array([[1.0, 0.0]] * 2), np.array([[0.7, 0.3]] * 2)
    for t in range(6):
        p, q = (list(state_distributions(mdp, pi, t + 1))[t] for pi in (old, new))
        assert moved(p, q) == pytest.approx(1 - 0.7**t)
        assert pairs_that_agree(mdp, old, new, t).sum() == pytest.approx(0.7**t)


# ------------------------------------------------------------------------------------------- Theorem 1, sharp


def unkind(gamma, alpha):
    """The world of the appendix: state 0 pays for leaving, state 1 charges for having come."""
    mdp = MDP([[[1, 0], [1, 0], [0, 1]], [[0, 1]] * 3], [[-1, 1, 1]] * 2, [1, 0], gamma)
    kept, more = max(0.5 - alpha, 0), min(alpha, 0.5)
    new = [[kept, 1 - alpha - kept, alpha], [0.5 + more, 0.5 - more, 0]]
    return mdp, np.array([[0.5, 0.5, 0]] * 2), np.array(new)


@pytest.mark.equation("eq-proof-sharp", bounds.coupling_bound)
@given(worlds())
def test_the_error_of_the_surrogate_is_within_the_sharp_allowance_and_this_within_equation_44(world):
    mdp, old, new = world
    alpha = moved_in_each_state(old, new).max()
    allowed = 2 * largest(mdp, old) * min(1, 2 * alpha) * time_astray(mdp.gamma, alpha)
    assert abs(slow_error(mdp, old, new)) <= allowed + rounding(mdp)
    eq44 = surrogate.surrogate(mdp, old, new) - bounds.coupling_bound(mdp, old, new)
    assert allowed <= eq44 + rounding(mdp)
    if alpha <= 0.5:
        assert allowed == pytest.approx(eq44, rel=1e-7, abs=rounding(mdp))


@pytest.mark.equation("eq-proof-sharp", bounds.coupling_bound)
@given(GAMMAS, st.floats(0, 1))
@example(0.0, 0.3)
@example(0.8, 0.5)
@example(0.8, 1.0)
def test_in_the_unkind_world_the_loss_is_the_whole_allowance(gamma, alpha):
    mdp, old, new = unkind(gamma, alpha)
    assert moved_in_each_state(old, new).max() == pytest.approx(alpha, abs=1e-15)
    loss = -slow_error(mdp, old, new)
    assert loss == pytest.approx(2 * min(1, 2 * alpha) * time_astray(gamma, alpha), abs=1e-9)
    eq44 = surrogate.surrogate(mdp, old, new) - bounds.coupling_bound(mdp, old, new)
    assert loss * max(1, 2 * alpha) == pytest.approx(eq44, abs=1e-9)


# ---------------------------------------------------------------------------------------------- perturbation


def inverse(mdp, pi):
    """(I - gamma P_pi)^-1, entry by entry: the discounted time in s' of a walk that begins in s."""
    rows = []
    for s in range(mdp.n_states):
        from_s = MDP(mdp.P, mdp.r, np.eye(mdp.n_states)[s], mdp.gamma)
        rows.append(summed_visitation(from_s, pi))
    return np.array(rows)


@pytest.mark.equation("eq-proof-perturbed-inverse", values.transition_matrix)
@given(worlds(), st.integers(0, 4))
def test_the_perturbed_inverse_is_the_series_and_its_remainder(world, n):
    mdp, old, new = world
    G, G_new = inverse(mdp, old), inverse(mdp, new)
    change = values.transition_matrix(mdp, new) - values.transition_matrix(mdp, old)
    term, series = G, np.zeros_like(G)
    for _ in range(n + 1):
        series, term = series + term, mdp.gamma * G @ change @ term
    remainder = G_new
    for _ in range(n + 1):
        remainder = mdp.gamma * G @ change @ remainder
    np.testing.assert_allclose(series + remainder, G_new, atol=1e-12 * 10 ** (n + 1))


@pytest.mark.equation("eq-proof-exact-error", surrogate.surrogate)
@given(worlds())
def test_the_error_is_what_the_displaced_walker_finds_beyond_the_old_values(world):
    mdp, old, new = world
    displaced = np.zeros(mdp.n_states)
    rho = summed_visitation(mdp, old)
    for s, a, s_next in np.ndindex(mdp.P.shape):
        displaced[s_next] += mdp.gamma * rho[s] * (new - old)[s, a] * mdp.P[s, a, s_next]
    error = values.expected_return(mdp, new) - surrogate.surrogate(mdp, old, new)
    beyond = iterated_values(mdp, new) - iterated_values(mdp, old)
    assert error == pytest.approx(displaced @ beyond, abs=10 * rounding(mdp))
    later = inverse(mdp, new) @ slow_gains(mdp, old, new)
    assert error == pytest.approx(displaced @ later, abs=10 * rounding(mdp))


def leading_part(mdp, old, new):
    """E = gamma rho_old^T dP G bar A."""
    displaced = summed_visitation(mdp, old) @ (chain_matrix(mdp, new) - chain_matrix(mdp, old))
    return mdp.gamma * displaced @ inverse(mdp, old) @ slow_gains(mdp, old, new)


@pytest.mark.equation("eq-proof-third-order", surrogate.surrogate)
@given(worlds())
def test_after_the_leading_part_an_error_of_third_order_is_left(world):
    mdp, old, new = world
    error = values.expected_return(mdp, new) - surrogate.surrogate(mdp, old, new)
    alpha, gamma = moved_in_each_state(old, new).max(), mdp.gamma
    third = 8 * largest(mdp, old) * gamma**2 * alpha**3 / (1 - gamma) ** 3
    assert abs(error - leading_part(mdp, old, new)) <= third + 10 * rounding(mdp)


@pytest.mark.equation("eq-proof-third-order", surrogate.surrogate)
@pytest.mark.parametrize("seed", range(5))
def test_a_tenth_of_the_step_leaves_a_thousandth_of_what_the_leading_part_misses(seed):
    rng = np.random.default_rng(seed)
    P, r = rng.dirichlet(np.ones(3), size=(3, 2)), rng.normal(size=(3, 2))
    mdp, (old, far) = MDP(P, r, [1, 0, 0], 0.8), rng.dirichlet(np.ones(2), size=(2, 3))

    def missed(share):
        new = policies.mixture(old, far, share)
        error = values.expected_return(mdp, new) - surrogate.surrogate(mdp, old, new)
        return error - leading_part(mdp, old, new)

    assert missed(1e-3) / missed(1e-2) == pytest.approx(1e-3, rel=0.1)


# ------------------------------------------------------------------------------------------ half of the span


@pytest.mark.equation("eq-proof-half-span", bounds.mean_tv_bound)
@given(worlds())
def test_half_of_the_span_of_the_gains_times_the_shift_of_the_visits_bounds_the_error(world):
    mdp, old, new = world
    gains, gamma = slow_gains(mdp, old, new), mdp.gamma
    half = max(x - y for x, y in itertools.product(gains, gains)) / 2
    shift = np.abs(summed_visitation(mdp, new) - summed_visitation(mdp, old)).sum()
    mean_tv = (1 - gamma) * summed(mdp, old, moved_in_each_state(old, new))
    allowed = 2 * gamma * half / (1 - gamma) ** 2 * mean_tv
    slack = 10 * rounding(mdp)
    assert abs(slow_error(mdp, old, new)) <= half * shift + slack
    assert half * shift <= allowed + slack
    corollary_1 = surrogate.surrogate(mdp, old, new) - bounds.mean_tv_bound(mdp, old, new)
    assert allowed <= corollary_1 + slack
    if half > 0:
        ratio = np.abs(gains).max() / half
        assert corollary_1 == pytest.approx(ratio * allowed, rel=1e-6, abs=slack)


@pytest.mark.equation("eq-proof-half-span", values.visitation)
@pytest.mark.parametrize("alpha", [0.1, 1.0])
def test_where_the_walker_goes_from_the_largest_gain_to_the_smallest_the_whole_of_it_is_lost(alpha):
    """The tripwire with 2 added to its gains: leaving pays 3 and leads to where the new policy earns 1."""
    mdp = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 3], [0, 1]], [1, 0], 0.8)
    old, new = np.array([[1.0, 0.0]] * 2), np.array([[1 - alpha, alpha]] * 2)
    half = (3 * alpha - alpha) / 2  # the old policy earns nothing: its advantages are the rewards
    shift = values.visitation(mdp, new) - values.visitation(mdp, old)
    assert slow_error(mdp, old, new) == pytest.approx(-half * np.abs(shift).sum())


@given(worlds(), st.floats(0, 1))
def test_half_of_the_span_serves_mixtures_too(world, alpha):
    mdp, old, target = world
    gains = slow_gains(mdp, old, target)
    allowed = (gains.max() - gains.min()) * alpha * time_astray(mdp.gamma, alpha)
    assert abs(slow_error(mdp, old, policies.mixture(old, target, alpha))) <= allowed + rounding(mdp)


def test_where_every_state_gains_the_same_the_surrogate_is_exact():
    P, r = [[[0.5, 0.5], [0, 1]], [[1, 0], [0.2, 0.8]]], [[0, 1], [0, 1]]
    mdp = MDP(P, r, [0.3, 0.7], 0)
    old, new = np.array([[0.5, 0.5]] * 2), np.array([[0.1, 0.9]] * 2)
    patient = MDP(np.array(P)[:, [0, 0]], r, [0.3, 0.7], 0.8)  # the actions differ in their pay only
    for world in (mdp, patient):
        assert np.ptp(slow_gains(world, old, new)) == pytest.approx(0)
        assert slow_error(world, old, new) == pytest.approx(0, abs=1e-12)


# -------------------------------------------------------------------------------------------- nats and visits


@pytest.mark.equation("eq-proof-data-processing", divergences.kl)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 5), SEEDS)
def test_no_record_tells_two_distributions_apart_better_than_the_outcomes(n, records, support, seed):
    rng = np.random.default_rng(seed)
    p, q = (distributions(rng, (n,), support=min(support, n), sharpness=3) for _ in "pq")
    q = q if rng.random() < 0.5 else (p + q) / 2
    K = distributions(rng, (n, records), support=rng.integers(1, records + 1), sharpness=3)
    recorded = [[sum(x[a] * K[a, b] for a in range(n)) for b in range(records)] for x in (p, q)]
    assert divergences.kl(*recorded) <= log_sum(p, q) + 1e-12


def test_merging_two_outcomes_of_equal_ratio_loses_nothing_and_of_unequal_ratio_something():
    merge = np.array([[1, 0], [1, 0], [0, 1]])
    p, equal, unequal = np.array([0.2, 0.4, 0.4]), np.array([0.1, 0.2, 0.7]), np.array([0.2, 0.1, 0.7])
    assert divergences.kl(p @ merge, equal @ merge) == pytest.approx(log_sum(p, equal))
    assert divergences.kl(p @ merge, unequal @ merge) < log_sum(p, unequal) - 0.1


@pytest.mark.equation("eq-proof-visits-kl", divergences.mean_kl)
@given(worlds())
def test_the_kl_of_the_visits_is_at_most_the_mean_kl_of_the_rows_times_the_odds_of_going_on(world):
    mdp, old, new = world
    d_old, d_new = ((1 - mdp.gamma) * summed_visitation(mdp, pi) for pi in (old, new))
    mean = divergences.mean_kl(old, new, d_old)
    if mdp.gamma > 0:
        assert log_sum(d_old, d_new) <= mdp.gamma / (1 - mdp.gamma) * mean + 1e-12
        assert mean == pytest.approx(mean_nats(mdp, old, new), rel=1e-9, abs=1e-14)
    else:
        assert log_sum(d_old, d_new) == 0


@pytest.mark.equation("eq-proof-visits-kl", divergences.mean_kl)
@given(st.floats(1e-3, 0.99), st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_at_a_fork_whose_ends_tell_the_action_the_two_are_equal(gamma, x, y):
    P = [[[0, 1, 0], [0, 0, 1]], [[0, 1, 0]] * 2, [[0, 0, 1]] * 2]
    mdp, (old, new) = MDP(P, np.zeros((3, 2)), [1, 0, 0], gamma), (np.array([[1 - z, z]] * 3) for z in (x, y))
    ends = ([1 - gamma, gamma * (1 - z), gamma * z] for z in (x, y))  # d, on paper
    weights = np.array([1 - gamma, 0, 0])  # the rows of the ends differ and change nothing
    same = new.copy()
    same[1:] = old[1:]
    mean = divergences.mean_kl(old, same, values.visitation(mdp, old))
    assert mean == pytest.approx(weights @ divergences.kl(old, new), abs=1e-15)
    assert (1 - gamma) * log_sum(*ends) == pytest.approx(gamma * mean, abs=1e-14)


@pytest.mark.equation("eq-proof-mean-kl", divergences.max_kl)
@given(worlds())
def test_the_error_is_at_most_the_root_of_the_mean_kl_and_this_at_most_the_largest_kl(world):
    mdp, old, new = world
    unit = math.sqrt(mdp.gamma) / (1 - mdp.gamma) ** 1.5
    gain = np.abs(slow_gains(mdp, old, new)).max()
    mean = mean_nats(mdp, old, new)
    first = gain * unit * math.sqrt(2 * mean) if gain * unit > 0 else 0
    scale = 2 * largest(mdp, old) * unit
    second = scale * divergences.max_kl(old, new) if scale > 0 else 0
    slack = 10 * rounding(mdp) + 1e-7 * scale * math.sqrt(1e-13)
    assert abs(slow_error(mdp, old, new)) <= first + slack
    assert first <= second + slack


def fork_with_prizes(gamma, x, y=1e-7):
    """A fork whose ends gain +1 and -1; the new policy goes to the first end by x more often than 1/2."""
    P, pay = [[[0, 1, 0], [0, 0, 1]], [[0, 1, 0]] * 2, [[0, 0, 1]] * 2], 1 / (2 * y)
    mdp = MDP(P, [[0, 0], [pay, -pay], [pay, -pay]], [1, 0, 0], gamma)
    return mdp, np.full((3, 2), 0.5), 0.5 + np.array([[x, -x], [y, -y], [-y, y]])


@pytest.mark.equation("eq-proof-mean-kl", divergences.mean_kl)
@pytest.mark.parametrize("gamma", [0.2, 0.5, 0.8])
def test_the_first_line_is_attained_up_to_the_root_of_gamma(gamma):
    """At the fork eta is a quotient on paper: (gamma 2x) / (1 - gamma)."""
    x = 1e-3
    mdp, old, new = fork_with_prizes(gamma, x)
    error = slow_error(mdp, old, new)
    assert error == pytest.approx(2 * gamma * x / (1 - gamma), rel=1e-5)
    mean = divergences.mean_kl(old, new, values.visitation(mdp, old))
    allowed = math.sqrt(2 * gamma * mean) / (1 - gamma) ** 1.5  # the largest gain is 1
    assert error == pytest.approx(math.sqrt(gamma) * allowed, rel=1e-5)


@pytest.mark.equation("eq-proof-mean-kl", divergences.max_kl)
@given(worlds(zeros=False))
def test_above_one_half_the_new_allowances_are_the_smaller_ones(world):
    mdp, old, new = world
    assume(mdp.gamma > 0.01)
    unit = math.sqrt(mdp.gamma) / (1 - mdp.gamma) ** 1.5
    ours = 2 * largest(mdp, old) * unit * divergences.max_kl(old, new)
    pinsker = bounds.penalty_coefficient(mdp, old) / 2 * max(map(log_sum, old, new))
    assert ours == pytest.approx(pinsker * math.sqrt(1 / mdp.gamma - 1), rel=1e-6, abs=rounding(mdp))
    assert (ours <= pinsker) == (mdp.gamma >= 0.5) or ours == pytest.approx(pinsker)


@given(st.data())
def test_a_climb_at_the_new_price_never_lies_above_the_return(data):
    mdp = data.draw(few_mdps)
    pi = data.draw(policies_of(mdp, zeros=False))
    C = 2 * largest(mdp, pi) * math.sqrt(mdp.gamma) / (1 - mdp.gamma) ** 1.5
    best = mm.maximise_minorizer(mdp, pi, C)
    eta_old, eta_new = (summed_return(mdp, x) for x in (pi, best))
    M = mm.minorizer(mdp, pi, best, C)
    assert eta_new + rounding(mdp) >= M >= eta_old - rounding(mdp)


# --------------------------------------------------------------------------------------------- reused samples


@pytest.mark.equation("eq-proof-reuse", divergences.mean_kl)
@given(st.data(), st.integers(1, 4), SEEDS)
def test_the_return_is_at_least_what_old_samples_promise_less_the_root_of_their_mean_kl(data, k, seed):
    mdp, gamma = (world := data.draw(few_mdps)), world.gamma
    olds = [data.draw(policies_of(mdp)) for _ in range(k)]
    new = policies.mixture(olds[-1], data.draw(policies_of(mdp)), data.draw(st.sampled_from([1, 0.1, 1e-3])))
    w = distributions(np.random.default_rng(seed), (k,), support=k, sharpness=2)
    gains, promise, nats, package = slow_gains(mdp, olds[-1], new), summed_return(mdp, olds[-1]), 0, 0
    for share, pi in zip(w, olds, strict=True):
        promise += share * summed(mdp, pi, gains)
        nats += share * mean_nats(mdp, pi, new)
        package += share * divergences.mean_kl(pi, new, summed_visitation(mdp, pi))
    price = np.abs(gains).max() * math.sqrt(2 * gamma / (1 - gamma) ** 3)
    assert package == pytest.approx(nats, rel=1e-9, abs=1e-14)
    if nats < math.inf:  # otherwise the bound claims nothing
        assert summed_return(mdp, new) >= promise - price * math.sqrt(nats) - rounding(mdp)


@pytest.mark.equation("eq-proof-reuse", divergences.mean_kl)
@pytest.mark.parametrize("gamma", [0.2, 0.5, 0.8])
def test_at_the_fork_the_price_of_old_samples_is_paid_but_for_a_known_share(gamma):
    """The older policy is twice as far from the new one: visits 1 and 2, so 3/2 against the root of 5/2."""
    x = -1e-3
    mdp, present, new = fork_with_prizes(gamma, x)
    older, gains = present - [[x, -x], [0, 0], [0, 0]], slow_gains(mdp, present, new)
    promise = summed_return(mdp, present) + sum(summed(mdp, pi, gains) for pi in (older, present)) / 2
    nats = sum(divergences.mean_kl(pi, new, summed_visitation(mdp, pi)) for pi in (older, present)) / 2
    allowed = math.sqrt(2 * gamma * nats) / (1 - gamma) ** 1.5
    share = math.sqrt(gamma) * 1.5 / math.sqrt(2.5)
    assert promise - summed_return(mdp, new) == pytest.approx(share * allowed, rel=1e-4)


# ------------------------------------------------------------------------------------ which steps never lose


@pytest.mark.equation("eq-proof-sign-rule", values.advantages)
@given(few_mdps, SEEDS)
def test_factors_that_a_number_separates_by_the_sign_of_the_advantage_never_lose(mdp, seed):
    rng = np.random.default_rng(seed)
    old = distributions(rng, (mdp.n_states, mdp.n_actions), support=mdp.n_actions, sharpness=1)
    A = values.advantages(mdp, old)
    factors = np.where(A > 0, 1 + 10 * rng.random(A.shape), rng.random(A.shape))
    sums = (old * factors).sum(axis=1, keepdims=True)
    new, c = old * factors / sums, 1 / sums
    left = slow_gains(mdp, old, new)
    right = (old * (new / old - c) * iterated_advantages(mdp, old)).sum(axis=1)
    np.testing.assert_allclose(left, right, atol=rounding(mdp))
    assert left.min() >= -rounding(mdp)
    assert (iterated_values(mdp, new) >= iterated_values(mdp, old) - rounding(mdp)).all()


def test_a_factor_on_the_wrong_side_can_lose():
    old, A = np.array([0.4, 0.3, 0.3]), np.array([1.0, -1.0, -1 / 3])
    new = old * np.array([1.2, 1.4, 0.3]) / (0.48 + 0.42 + 0.09)
    assert old @ A == pytest.approx(0)
    assert (new / old)[0] > 1  # the good action is taken more often, and a bad one still more
    assert old @ (new / old * A) > 0
    worse = old * np.array([1.1, 2.0, 0.1])
    worse /= worse.sum()
    assert worse @ A < 0


@st.composite
def free_softmax(draw):
    """(mdp, theta [S A]) of a tabular softmax whose visited states are not all but forgotten."""
    mdp = draw(mdps(max_states=3, max_actions=3, max_gamma=0.8))
    theta = np.random.default_rng(draw(SEEDS)).normal(size=mdp.n_states * mdp.n_actions)
    rho = values.visitation(mdp, policies.tabular(mdp.n_states, mdp.n_actions).probabilities(theta))
    assume(np.all((rho == 0) | (rho > 1e-3)))
    return mdp, theta


def slow_damped_direction(mdp, theta, damping):
    """(F + damping I)^-1 g, with F added up score by score, and g on paper: rho pi A."""
    S, A = mdp.r.shape
    features = np.eye(S * A).reshape(S, A, S * A)
    pi = softmax(features, theta)
    rho = summed_visitation(mdp, pi)
    F = damping * np.eye(S * A)
    for s, a in np.ndindex(S, A):
        score = features[s, a] - pi[s] @ features[s]
        F += (1 - mdp.gamma) * rho[s] * pi[s, a] * np.outer(score, score)
    g = (rho[:, None] * pi * iterated_advantages(mdp, pi)).ravel()
    return pi, (1 - mdp.gamma) * rho, np.linalg.solve(F, g)


@pytest.mark.equation("eq-proof-damped", updates.natural_gradient_step)
@given(free_softmax(), st.sampled_from([1e-2, 0.1, 1, 10]), st.sampled_from([0.1, 1, 3]))
def test_the_gain_of_a_damped_step_is_a_covariance_and_a_sum_and_neither_is_negative(case, damping, rate):
    mdp, theta = case
    scale = np.abs(mdp.r).max()
    rate = rate / (scale + 1e-300)
    pi, d, x = slow_damped_direction(mdp, theta, damping)
    policy = policies.tabular(*mdp.r.shape)
    step = updates.natural_gradient_step(mdp, policy, theta, rate=rate, damping=damping)
    new, x = policy.probabilities(step.theta), x.reshape(pi.shape)
    left, gamma = slow_gains(mdp, pi, new), mdp.gamma
    for s in np.flatnonzero(d):
        z = new[s] / pi[s]
        covariance = sum(
            pi[s, a] * pi[s, b] * (z[a] - z[b]) * (x[s, a] - x[s, b]) / 2
            for a, b in np.ndindex(len(z), len(z))
        )
        pull = damping / d[s] * (z @ x[s])
        assert left[s] == pytest.approx((1 - gamma) * (covariance + pull), rel=1e-6, abs=1e-6 * scale)
        assert min(covariance, pull) >= -1e-9 * scale
    assert left[d > 0].min() >= -rounding(mdp)


@pytest.mark.parametrize("old_first", [True, False])
@pytest.mark.parametrize("over_states", [np.max, np.mean])
def test_a_general_optimiser_finds_a_best_policy_at_a_price_and_it_loses_in_no_state(old_first, over_states):
    rng = np.random.default_rng(3)
    P, r = rng.dirichlet(np.ones(2), size=(2, 3)), rng.normal(size=(2, 3))
    mdp, theta = MDP(P, r, [0.5, 0.5], 0.8), rng.normal(size=6)
    features = np.eye(6).reshape(2, 3, 6)
    old = softmax(features, theta)

    def cost(logits):
        new = softmax(features, logits)
        kl = divergences.kl(old, new) if old_first else divergences.kl(new, old)
        return 5 * over_states(kl) - surrogate.surrogate(mdp, old, new)

    best = minimize(cost, theta, method="Nelder-Mead", options={"maxfev": 4000, "adaptive": True})
    assert best.fun < cost(theta) - 0.1
    assert slow_gains(mdp, old, softmax(features, best.x)).min() > 0

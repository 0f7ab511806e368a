"""The numbered equations of chapter 10, both sides of each by different routes.

Expectations are sums over all samples, all paths or all tickets of an urn, in fractions where that can be;
visitations and advantages are summed up along time. Derivatives are taken by a complex step, Im f(x+ih) / h.
"""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize
from slow_routes import LONG, iterated_advantages, summed_return, summed_visitation
from strategies import SEEDS, mdps, policies_of, rounding

from trpo_lesson.exact import bounds, simulate, surrogate
from trpo_lesson.exact.mdp import MDP
from trpo_lesson.sampled import importance

H = 1e-30  # of the complex step
few_mdps = mdps(max_states=3, max_actions=3, max_gamma=0.8, min_actions=2)
SMALL = st.lists(st.integers(-5, 5), min_size=4, max_size=4)
URN = st.lists(st.integers(0, 4), min_size=4, max_size=4).filter(sum)
FULL_URN = st.lists(st.integers(1, 4), min_size=3, max_size=3)
ANY_URN = st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(sum)


def shares(urn):
    """The distribution of the colour of one ticket, where urn[x] tickets have the colour x."""
    return [Fraction(number, sum(urn)) for number in urn]


def tickets(urn):
    return [x for x, number in enumerate(urn) for _ in range(number)]


# ----------------------------------------------------------------------------- one draw and the mean of many


@pytest.mark.equation("eq-importance-identity", importance.probability_ratios)
@given(URN, URN, SMALL)
def test_weighted_tickets_of_one_urn_miss_what_that_urn_does_not_hold(urn_p, urn_q, f):
    p, q = shares(urn_p), shares(urn_q)
    left = sum(p[x] / q[x] * f[x] for x in tickets(urn_q)) / sum(urn_q)
    of_p = [f[x] for x in tickets(urn_p)]
    missing = [f[x] for x in tickets(urn_p) if urn_q[x] == 0]
    assert left == Fraction(sum(of_p) - sum(missing), len(of_p))
    if not any(urn_p[x] and not urn_q[x] for x in range(4)):
        w = importance.probability_ratios(np.array(p, float), np.array(q, float))
        assert np.array(q, float) @ (w * f) == pytest.approx(float(left), abs=1e-12)


def test_where_q_is_blind_only_to_what_pays_nothing_the_identity_holds_all_the_same():
    p, q, f = shares([1, 1, 2]), shares([1, 3, 0]), [5, -2, 0]
    assert sum(q[x] * (p[x] / q[x]) * f[x] for x in (0, 1)) == sum(p[x] * f[x] for x in range(3))


def mean_and_variance(p, q, f, N):
    """Of the mean of N weighted draws from q: over all q-samples of that size."""
    first = second = Fraction(0)
    for sample in itertools.product(range(len(q)), repeat=N):
        chance = math.prod(q[x] for x in sample)
        estimate = sum(p[x] / q[x] * f[x] for x in sample) / N
        first, second = first + chance * estimate, second + chance * estimate**2
    return first, second - first**2


@pytest.mark.equation("eq-importance-variance", importance.exact_variance)
@given(FULL_URN, FULL_URN, SMALL, st.integers(1, 4))
def test_over_all_samples_the_mean_is_right_and_the_variance_that_of_the_formula(urn_p, urn_q, f, N):
    p, q = shares(urn_p), shares(urn_q)
    mean, left = mean_and_variance(p, q, f, N)
    mu = sum(p[x] * f[x] for x in range(3))
    right = (sum(p[x] * (p[x] / q[x]) * f[x] ** 2 for x in range(3)) - mu**2) / N
    assert (mean, left) == (mu, right)
    package = importance.exact_variance(np.array(p, float), np.array(q, float), np.array(f[:3], float))
    assert package / N == pytest.approx(float(left), rel=1e-9, abs=1e-10)


@pytest.mark.equation("eq-best-proposal", importance.exact_variance)
@given(FULL_URN, FULL_URN, SMALL)
def test_no_source_has_a_smaller_second_moment_than_the_square_of_the_mean_size(urn_p, urn_q, f):
    p, q = shares(urn_p), shares(urn_q)
    left = sum((p[x] / q[x] * f[x]) ** 2 for x in tickets(urn_q)) / Fraction(sum(urn_q))
    right = sum(p[x] * abs(f[x]) for x in range(3)) ** 2
    assert left >= right
    proportional = len({p[x] * abs(f[x]) / q[x] for x in range(3)}) == 1
    assert (left == right) == proportional
    mu = sum(p[x] * f[x] for x in range(3))
    package = importance.exact_variance(np.array(p, float), np.array(q, float), np.array(f[:3], float))
    assert package + float(mu**2) == pytest.approx(float(left), rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("f", [[1.0, -2.0, 4.0], [3.0, 0.5, 1.0]])
def test_a_search_over_all_sources_ends_at_the_one_in_proportion_to_p_times_the_size_of_f(f):
    p, f = np.array([0.2, 0.3, 0.5]), np.array(f)

    def second_moment(logits):
        q = np.exp(logits) / np.exp(logits).sum()
        return importance.exact_variance(p, q, f) + (p @ f) ** 2

    found = minimize(
        second_moment, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13}
    )
    q = np.exp(found.x) / np.exp(found.x).sum()
    np.testing.assert_allclose(q, p * abs(f) / (p @ abs(f)), atol=1e-5)
    assert found.fun == pytest.approx((p @ abs(f)) ** 2, rel=1e-9)


# ------------------------------------------------------------------------------------------ normal densities


def squared_weights(variance, reach):
    """E_q w^2 over [-reach, reach] by quadrature, with weights from log-densities without their constants."""

    def integrand(x):
        log_q = -(x**2) / (2 * variance) - math.log(2 * math.pi * variance) / 2
        w = float(importance.ratios(-(x**2) / 2 - math.log(2 * math.pi) / 2, log_q))
        return w * w * math.exp(log_q)

    return 2 * quad(integrand, 0, reach, limit=200)[0]


@pytest.mark.equation("eq-narrow-gaussian", importance.ratios)
@pytest.mark.parametrize("variance", [0.6, 0.75, 1.0, 2.0, 9.0])
def test_from_a_wide_normal_distribution_the_mean_square_of_the_weights_is_finite(variance):
    right = variance / math.sqrt(2 * variance - 1)
    assert squared_weights(variance, reach=20) == pytest.approx(right, rel=1e-7)


@pytest.mark.equation("eq-narrow-gaussian", importance.ratios)
@pytest.mark.parametrize("variance", [0.5, 0.45, 0.3])
def test_from_a_narrow_one_it_grows_at_least_in_proportion_to_the_reach(variance):
    near, far = squared_weights(variance, reach=6), squared_weights(variance, reach=12)
    assert far >= 2 * near * (1 - 1e-9)
    if variance == 0.5:
        assert far == pytest.approx(2 * near, rel=1e-9)  # p^2 / q is constant


# ---------------------------------------------------------------------------------- the weighted estimate


def scaled_error(p, q, f, N):
    """N E (estimate - mu)^2 of the weighted estimate, over all counts of N draws of two kinds."""
    total, mu = 0.0, p @ f
    for n in range(N + 1):
        log_chance = (
            math.lgamma(N + 1)
            - math.lgamma(n + 1)
            - math.lgamma(N - n + 1)
            + n * math.log(q[1])
            + (N - n) * math.log(q[0])
        )
        kinds = np.repeat([0, 1], [N - n, n])
        estimate, _ = importance.weighted_estimate((p / q)[kinds], f[kinds])
        total += math.exp(log_chance) * (estimate - mu) ** 2
    return N * total


@pytest.mark.equation("eq-weighted-error", importance.weighted_estimate)
@pytest.mark.parametrize("p1", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("q1", [0.3, 0.5, 0.7])
def test_the_scaled_error_of_the_weighted_estimate_tends_to_its_limit(p1, q1):
    p, q, f = np.array([1 - p1, p1]), np.array([1 - q1, q1]), np.array([-1.0, 3.0])
    mu = (1 - p1) * -1 + p1 * 3
    limit = (1 - p1) ** 2 / (1 - q1) * (-1 - mu) ** 2 + p1**2 / q1 * (3 - mu) ** 2
    off = {N: scaled_error(p, q, f, N) / limit - 1 for N in (100, 200, 400)}
    # what is left is of order 1/N: twice the later less the earlier has lost it
    assert 2 * off[400] - off[200] == pytest.approx(0, abs=2e-3)
    assert abs(off[400]) < 0.6 * abs(off[200]) + 1e-9
    assert abs(off[200]) < 0.6 * abs(off[100]) + 1e-9


@pytest.mark.equation("eq-effective-sample-size", importance.effective_sample_size)
@given(ANY_URN, FULL_URN, st.integers(1, 50))
def test_a_sample_with_the_frequencies_of_q_has_the_limit_as_its_effective_share(urn_p, urn_q, copies):
    p, q = shares(urn_p), shares(urn_q)
    right = math.exp(-math.log(sum(p[x] ** 2 / q[x] for x in range(3))))
    w = [float(p[x] / q[x]) for x in tickets(urn_q)] * copies
    by_hand = sum(w) ** 2 / math.fsum(v * v for v in w) / len(w)
    assert by_hand == pytest.approx(right, rel=1e-9)
    assert importance.effective_sample_size(np.array(w)) / len(w) == pytest.approx(right, rel=1e-9)


def test_a_sample_that_misses_half_of_the_target_still_reports_an_effective_share_of_25_26():
    """The condition on the supports is needed: sum p^2 / q is infinite, so the formula would say 0."""
    p, blind = [0.2, 0.3, 0.5], [0.5, 0.5, 0.0]
    w = np.array([p[x] / blind[x] for x in (0, 1)] * 30)
    assert importance.effective_sample_size(w) / len(w) == pytest.approx(25 / 26)


@pytest.mark.equation("eq-effective-sample-size", importance.effective_sample_size)
@pytest.mark.parametrize("shift", [0.2, 0.6, 0.9])
def test_between_two_shifted_normals_the_effective_share_is_exp_of_minus_the_squared_shift(
    shift,
):
    x = np.random.default_rng(10).normal(size=400_000)
    w = importance.ratios(-((x - shift) ** 2) / 2, -(x**2) / 2)
    divergence = math.log(  # of order two, by quadrature
        quad(lambda x: math.exp(-((x - shift) ** 2) + x**2 / 2) / math.sqrt(2 * math.pi), -20, 20)[0]
    )
    assert divergence == pytest.approx(shift**2, rel=1e-9)
    assert importance.effective_sample_size(w) / len(w) == pytest.approx(math.exp(-divergence), rel=0.02)


# ------------------------------------------------------------------------------------------ paths and steps


def all_paths(mdp, pi, T):
    """(probability, states, actions) of every path of T decisions and T + 1 states."""
    S, A = mdp.r.shape
    for states in itertools.product(range(S), repeat=T + 1):
        for actions in itertools.product(range(A), repeat=T):
            chance = mdp.rho0[states[0]]
            for s, a, after in zip(states, actions, states[1:], strict=False):
                chance *= pi[s, a] * mdp.P[s, a, after]
            if chance > 0:
                yield chance, states[:-1], actions


@pytest.mark.equation("eq-path-weights", importance.ratios)
@given(st.data(), st.integers(1, 3))
def test_the_mean_square_of_the_weights_of_all_paths_is_a_power_of_a_matrix(data, T):
    mdp = data.draw(mdps(max_states=3, max_actions=2, min_actions=2))
    pi, new = data.draw(policies_of(mdp, zeros=False)), data.draw(policies_of(mdp, zeros=False))
    left = 0.0
    for chance, states, actions in all_paths(mdp, pi, T):
        logs = [np.log(policy[states, actions]).sum() for policy in (new, pi)]
        left += chance * importance.ratios(*logs) ** 2
    B = np.zeros((mdp.n_states, mdp.n_states))
    for s, after in np.ndindex(B.shape):
        for a in range(mdp.n_actions):
            B[s, after] += new[s, a] ** 2 / pi[s, a] * mdp.P[s, a, after]
    right = mdp.rho0
    for _ in range(T):
        right = right @ B
    assert left == pytest.approx(right.sum(), rel=1e-9)


def test_with_one_row_for_all_states_the_weights_of_paths_grow_by_37_36_a_decision():
    # the walker in the fog, from 0.1 to 0.15: .15^2/.1 + .85^2/.9
    pi, new = ([Fraction(9, 10), Fraction(1, 10)], [Fraction(17, 20), Fraction(3, 20)])
    assert sum(n**2 / p for n, p in zip(new, pi, strict=True)) == Fraction(37, 36)
    square = sum(
        math.prod(new[a] ** 2 / pi[a] for a in actions) for actions in itertools.product((0, 1), repeat=6)
    )
    assert square == Fraction(37, 36) ** 6


@pytest.mark.equation("eq-sampled-objective", surrogate.surrogate)
@given(st.data(), few_mdps)
def test_a_record_at_a_random_time_has_the_scaled_gain_of_the_surrogate_as_its_mean(data, mdp):
    pi, new = data.draw(policies_of(mdp, zeros=False)), data.draw(policies_of(mdp))
    A, state, left = iterated_advantages(mdp, pi), mdp.rho0, 0.0
    for t in range(LONG):  # the path stops at t with probability (1 - gamma) gamma^t
        for s, a in np.ndindex(A.shape):
            chance = (1 - mdp.gamma) * mdp.gamma**t * state[s] * pi[s, a]
            left += chance * new[s, a] / pi[s, a] * A[s, a]
        state = np.einsum("s,sa,sap->p", state, pi, mdp.P)
    right = (1 - mdp.gamma) * (surrogate.surrogate(mdp, pi, new) - summed_return(mdp, pi))
    assert left == pytest.approx(right, rel=0, abs=10 * rounding(mdp))


def records(seed, N=7):
    """Features of N recorded states [N, A, D], the actions taken, any estimates, and old parameters."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, 3, 2)), rng.integers(3, size=N), rng.normal(size=N), rng.normal(size=2)


def log_probabilities(features, actions, theta):
    logits = (features * theta).sum(axis=-1)
    return logits[np.arange(len(actions)), actions] - np.log(np.exp(logits).sum(axis=1))


def objectives(seed):
    """(L_PG, L_IS) as functions of theta, real or complex; the old parameters; estimates and scores."""
    features, actions, guesses, old = records(seed)
    log_old = log_probabilities(features, actions, old)

    def L_PG(theta):
        return (log_probabilities(features, actions, theta) * guesses).mean()

    def L_IS(theta):
        return (importance.ratios(log_probabilities(features, actions, theta), log_old) * guesses).mean()

    scores = []
    for phi, a in zip(features, actions, strict=True):  # the feature taken less the mean feature
        weights = [math.exp(phi[b] @ old) for b in range(3)]
        scores.append(phi[a] - sum(w * phi[b] for b, w in enumerate(weights)) / sum(weights))
    return L_PG, L_IS, old, guesses, np.array(scores)


def slope(f, theta):
    return np.array([f(theta + 1j * H * e).imag / H for e in np.eye(len(theta))])


@pytest.mark.equation("eq-two-slopes", importance.ratios)
@given(SEEDS)
def test_both_objectives_have_the_weighted_scores_as_their_slope_at_the_old_parameters(seed):
    L_PG, L_IS, old, guesses, scores = objectives(seed)
    by_scores = sum(g * psi for g, psi in zip(guesses, scores, strict=True)) / len(guesses)
    np.testing.assert_allclose(slope(L_IS, old), by_scores, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(slope(L_PG, old), by_scores, rtol=1e-9, atol=1e-12)


def test_away_from_the_old_parameters_their_slopes_differ():
    L_PG, L_IS, old, _, _ = objectives(0)
    assert np.abs(slope(L_IS, old + 1) - slope(L_PG, old + 1)).max() > 0.1


@pytest.mark.equation("eq-two-bends", importance.ratios)
@given(SEEDS)
def test_their_second_derivatives_differ_by_the_weighted_squares_of_the_scores(seed):
    L_PG, L_IS, old, guesses, scores = objectives(seed)
    h = 1e-5 * np.eye(2)
    left = np.array([slope(L_IS, old + e) - slope(L_IS, old - e) for e in h])
    left = (left - [slope(L_PG, old + e) - slope(L_PG, old - e) for e in h]) / 2e-5
    right = sum(g * np.outer(psi, psi) for g, psi in zip(guesses, scores, strict=True)) / len(guesses)
    np.testing.assert_allclose(left, right, rtol=1e-5, atol=1e-7)


# ------------------------------------------------------------------------------------------ several policies


def printed_bound(mdp, pi_olds, new, shares):
    """The right side of eq-reuse-bound, loop by loop."""
    A, gamma = iterated_advantages(mdp, pi_olds[-1]), mdp.gamma
    gains = [sum(new[s, a] * A[s, a] for a in range(mdp.n_actions)) for s in range(mdp.n_states)]
    largest, total = max(abs(gain) for gain in gains), summed_return(mdp, pi_olds[-1])
    for nu, pi in zip(shares, pi_olds, strict=True):
        d = (1 - gamma) * summed_visitation(mdp, pi)
        for s in range(mdp.n_states):
            tv = sum(max(new[s, a] - pi[s, a], 0) for a in range(mdp.n_actions))
            total += nu * d[s] * gains[s] / (1 - gamma)
            total -= 2 * gamma * largest / (1 - gamma) ** 2 * nu * d[s] * tv
    return total


@pytest.mark.equation("eq-reuse-bound", bounds.reuse_bound)
@given(st.data(), few_mdps, st.integers(1, 3), SEEDS)
def test_no_policy_returns_less_than_the_bound_from_several_old_ones(data, mdp, k, seed):
    rng = np.random.default_rng(seed)
    new, step = data.draw(policies_of(mdp)), data.draw(st.sampled_from([1, 0.1, 1e-3]))
    pi_olds = [(1 - step) * new + step * data.draw(policies_of(mdp)) for _ in range(k)]
    nu = rng.dirichlet(np.ones(k))
    left, right = summed_return(mdp, new), printed_bound(mdp, pi_olds, new, nu)
    assert left >= right - 10 * rounding(mdp)
    package = bounds.reuse_bound(mdp, pi_olds, new, weights=nu)
    assert package == pytest.approx(right, rel=1e-9, abs=100 * rounding(mdp))


@pytest.mark.parametrize("gamma", [0.5, 0.8])
def test_the_penalty_for_old_samples_cannot_be_smaller(gamma):
    """V_old = 0: in s0 a share of the -1 goes to +1, which leads to s1 for good; there +1 goes to -1."""
    P = np.zeros((2, 3, 2))
    P[0, :2, 0] = P[0, 2, 1] = P[1, :, 1] = 1
    mdp = MDP(P, [[1, -1, 1], [1, -1, -1]], [1, 0], gamma)
    old = np.array([[0.5, 0.5, 0], [0.5, 0.5, 0]])
    new = old + 1e-4 * np.array([[0, -1, 1], [-1, 1, 0]])
    L = surrogate.surrogate(mdp, old, new)
    bound = bounds.reuse_bound(mdp, [old, old], new, weights=[0.3, 0.7])
    assert 0 < summed_return(mdp, new) - bound < 0.002 * (L - bound)


def test_samples_of_an_older_policy_estimate_its_part_of_the_bound():
    rng = np.random.default_rng(10)
    mdp = MDP(rng.dirichlet(np.ones(3), size=(3, 2)), rng.normal(size=(3, 2)), [1, 0, 0], 0.7)
    older, new = rng.dirichlet([2, 2], size=(2, 3))
    A = iterated_advantages(mdp, rng.dirichlet([2, 2], size=3))  # of the present policy
    exact = float((summed_visitation(mdp, older)[:, None] * new * A).sum())
    paths = simulate.trajectories(mdp, older, horizon=60, episodes=20_000, rng=rng)
    gains = simulate.discounted_sum(new / older * A, paths, mdp.gamma)
    assert abs(gains.mean() - exact) < 4 * simulate.standard_error(gains)

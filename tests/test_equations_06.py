"""The numbered equations of chapter 6, both sides of each by different routes.

Returns, visitations and advantages are summed up along time or iterated, as they are defined; the package
solves linear systems. The coin is tossed in every possible way. Derivatives are taken by a complex step.
"""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from slow_routes import LONG, iterated_advantages, state_distributions, summed_return, summed_visitation
from strategies import SEEDS, mdps, policies_of, rounding

from trpo_lesson.exact import bounds, models, policies, surrogate, updates, values
from trpo_lesson.exact.mdp import MDP

few_mdps = mdps(max_states=4, max_actions=3, max_gamma=0.8, min_actions=2)
weights = st.sampled_from([0.0, 1e-3, 0.03, 0.25, 0.7, 1.0]) | st.floats(0, 1)


def target_gains(mdp, pi, target):
    """sum_a target(a|s) A_pi(s, a) of each state, as a list."""
    A = iterated_advantages(mdp, pi)
    return [sum(target[s, a] * A[s, a] for a in range(mdp.n_actions)) for s in range(mdp.n_states)]


def mean_advantage(mdp, pi, target):
    """A_d: the mean of the target's gains over the normalised visits."""
    rho = summed_visitation(mdp, pi)
    return sum(rho[s] * gain for s, gain in enumerate(target_gains(mdp, pi, target))) / sum(rho)


def penalty(epsilon, gamma, alpha):
    """As printed; alpha may be complex."""
    return 2 * epsilon * gamma * alpha**2 / ((1 - gamma) * (1 - gamma * (1 - alpha)))


def blend(pi, target, alpha):
    return pi + alpha * (target - pi)


@st.composite
def cases(draw, max_gamma=0.8):
    """(mdp, pi, target)."""
    mdp = draw(mdps(max_states=4, max_actions=3, max_gamma=max_gamma, min_actions=2))
    return mdp, draw(policies_of(mdp)), draw(policies_of(mdp))


@st.composite
def good_advice(draw, max_gamma=0.8):
    """A case whose target has a mean advantage above rounding: random, or greedy."""
    mdp, pi, target = draw(cases(max_gamma))
    if draw(st.booleans()):
        target = np.eye(mdp.n_actions)[iterated_advantages(mdp, pi).argmax(axis=1)]
    assume(mean_advantage(mdp, pi, target) > 1e-6 * np.abs(mdp.r).max())
    return mdp, pi, target


KEEP = [[[1, 0], [0, 1]], [[0, 1], [0, 1]]]  # action 1 leads from state 0 to state 1, which keeps
STAY, LEAVE = np.array([[1.0, 0.0]] * 2), np.array([[0.0, 1.0]] * 2)


def tripwire(gamma):
    return MDP(KEEP, [[0, 1], [0, -1]], [1, 0], gamma)


# -------------------------------------------------------------------------------------------- the mixture


@pytest.mark.equation("eq-mixture", policies.mixture)
@pytest.mark.parametrize("heads", range(11))
def test_of_ten_equally_likely_tickets_those_with_heads_ask_the_target(heads):
    rng = np.random.default_rng(heads)
    pi, target = rng.dirichlet(np.ones(3), size=(2, 4))
    tickets = [target] * heads + [pi] * (10 - heads)
    np.testing.assert_allclose(policies.mixture(pi, target, heads / 10), sum(tickets) / 10, atol=1e-15)


def test_a_walker_who_tosses_the_coin_acts_with_the_probabilities_of_the_mixture():
    rng, n = np.random.default_rng(0), 40_000
    pi, target = rng.dirichlet(np.ones(3), size=(2, 1))
    taken = [rng.choice(3, p=(target if rng.random() < 0.3 else pi)[0]) for _ in range(n)]
    p = policies.mixture(pi, target, 0.3)[0]
    assert (np.abs(np.bincount(taken, minlength=3) / n - p) < 4.5 * np.sqrt(p * (1 - p) / n)).all()


@pytest.mark.equation("eq-promise-of-a-mixture", surrogate.surrogate)
@given(cases(), weights)
def test_the_promise_of_a_mixture_is_a_straight_line_with_the_mean_advantage_as_slope(case, alpha):
    mdp, pi, target = case
    mixed, rho, A = blend(pi, target, alpha), summed_visitation(mdp, pi), iterated_advantages(mdp, pi)
    left = summed_return(mdp, pi)
    for s, a in np.ndindex(A.shape):
        left += rho[s] * mixed[s, a] * A[s, a]
    right = summed_return(mdp, pi) + alpha / (1 - mdp.gamma) * mean_advantage(mdp, pi, target)
    assert left == pytest.approx(right, rel=1e-9, abs=10 * rounding(mdp))
    package = surrogate.surrogate(mdp, pi, policies.mixture(pi, target, alpha))
    assert package == pytest.approx(right, rel=1e-9, abs=10 * rounding(mdp))


# ----------------------------------------------------------------------------------------- the first heads


@pytest.mark.equation("eq-first-coin", values.transition_matrix)
@given(cases(), weights, st.integers(0, 5))
def test_without_heads_the_old_law_and_with_heads_the_rest_in_every_way_the_coins_can_fall(case, alpha, t):
    mdp, pi, target = case
    P = [np.einsum("sa,sap->sp", policy, mdp.P) for policy in (pi, target)]
    strayed = np.zeros(mdp.n_states)
    for coins in itertools.product([0, 1], repeat=t):
        law = mdp.rho0
        for coin in coins:
            law = law @ P[coin]
        if any(coins):
            strayed = strayed + alpha ** sum(coins) * (1 - alpha) ** (t - sum(coins)) * law
    old = list(state_distributions(mdp, pi, t + 1))[t]
    right = (1 - alpha) ** t * old + strayed
    mixed = values.transition_matrix(mdp, policies.mixture(pi, target, alpha))
    left = mdp.rho0 @ np.linalg.matrix_power(mixed, t)
    np.testing.assert_allclose(left, right, atol=1e-12)
    assert strayed.min() >= 0  # so that strayed = (1 - (1 - alpha)^t) q_t with a distribution q_t
    assert strayed.sum() == pytest.approx(1 - (1 - alpha) ** t, abs=1e-12)


@pytest.mark.equation("eq-time-astray", values.visitation)
@given(st.floats(0, 0.8), weights)
def test_the_time_after_the_first_heads_is_a_sum_a_fraction_and_a_visitation(gamma, alpha):
    left = sum(gamma**t * (1 - (1 - alpha) ** t) for t in range(LONG))
    right = gamma * alpha / ((1 - gamma) * (1 - gamma * (1 - alpha)))
    assert left == pytest.approx(right, rel=1e-9, abs=1e-12)
    toss = np.array([[1 - alpha, alpha]] * 2)
    package = values.visitation(MDP(KEEP, np.zeros((2, 2)), [1, 0], gamma), toss)
    assert package[1] == pytest.approx(right, rel=1e-9, abs=1e-12)


# ----------------------------------------------------------------------------------------------- the bound


@pytest.mark.equation("eq-mixture-bound", bounds.mixture_bound)
@given(cases(), weights)
def test_the_return_of_a_mixture_is_at_least_the_promise_less_the_penalty(case, alpha):
    mdp, pi, target = case
    gains = target_gains(mdp, pi, target)
    L = summed_return(mdp, pi) + alpha * sum(summed_visitation(mdp, pi) * gains)
    right = L - penalty(max(abs(gain) for gain in gains), mdp.gamma, alpha)
    left = summed_return(mdp, blend(pi, target, alpha))
    assert left >= right - rounding(mdp)
    assert left <= 2 * L - right + rounding(mdp)  # the other half
    package = bounds.mixture_bound(mdp, pi, target, alpha)
    assert package == pytest.approx(right, rel=1e-9, abs=10 * rounding(mdp))


@pytest.mark.parametrize("gamma", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("alpha", [0.01, 0.5, 1.0])
def test_the_tripwire_refutes_every_smaller_penalty_and_the_epsilon_of_the_mixture(alpha, gamma):
    eta = summed_return(tripwire(gamma), blend(STAY, LEAVE, alpha))
    L = alpha / (1 - gamma)
    assert eta == pytest.approx(L - penalty(1, gamma, alpha), abs=1e-12)
    assert eta < L - penalty(0.999, gamma, alpha)
    assert alpha == 1 or eta < L - penalty(alpha, gamma, alpha)


@pytest.mark.equation("eq-rounded-bound", bounds.mixture_bound)
@given(cases(), weights)
def test_the_rounded_bound_holds_and_is_the_tight_one_with_less_in_its_denominator(case, alpha):
    mdp, pi, target = case
    gains = target_gains(mdp, pi, target)
    L = summed_return(mdp, pi) + alpha * sum(summed_visitation(mdp, pi) * gains)
    quadratic = 2 * max(abs(gain) for gain in gains) * mdp.gamma / (1 - mdp.gamma) ** 2 * alpha**2
    assert summed_return(mdp, blend(pi, target, alpha)) >= L - quadratic - rounding(mdp)
    tight = L - bounds.mixture_bound(mdp, pi, target, alpha)
    larger = 1 + alpha * mdp.gamma / (1 - mdp.gamma)
    assert tight * larger == pytest.approx(quadratic, rel=1e-9, abs=100 * rounding(mdp))


@pytest.mark.equation("eq-tripwire", values.expected_return)
@pytest.mark.parametrize("gamma", [Fraction(k, 10) for k in (0, 1, 5, 9)])
@pytest.mark.parametrize("alpha", [Fraction(k, 12) for k in (0, 1, 6, 12)])
def test_the_return_of_the_tripwire_solves_its_two_bellman_equations(alpha, gamma):
    # V1 = -alpha + gamma V1 and V0 = alpha + gamma ((1 - alpha) V0 + alpha V1)
    V1 = -alpha / (1 - gamma)
    V0 = (alpha + gamma * alpha * V1) / (1 - gamma * (1 - alpha))
    right = alpha * (1 - gamma - gamma * alpha) / ((1 - gamma) * (1 - gamma * (1 - alpha)))
    assert right == V0
    mixed = policies.mixture(STAY, LEAVE, float(alpha))
    package = values.expected_return(tripwire(float(gamma)), mixed)
    assert package == pytest.approx(float(right), abs=1e-12)
    bound = bounds.mixture_bound(tripwire(float(gamma)), STAY, LEAVE, float(alpha))
    assert bound == pytest.approx(float(right), abs=1e-12)


# ------------------------------------------------------------------------------------------ the best share


@pytest.mark.equation("eq-best-share", bounds.best_mixing_weight)
@given(good_advice())
def test_at_the_best_share_the_bound_has_slope_zero_or_still_rises_at_the_whole_target(case):
    mdp, pi, target = case
    gamma, A_d = mdp.gamma, mean_advantage(mdp, pi, target)
    epsilon = max(abs(gain) for gain in target_gains(mdp, pi, target))
    u = math.sqrt(1 - A_d / (2 * epsilon))
    right = min(1, (1 - gamma) / gamma * (1 / u - 1)) if gamma > 0 else 1
    h = 1e-30
    z = right + 1j * h
    slope = (A_d * z / (1 - gamma) - penalty(epsilon, gamma, z)).imag / h * (1 - gamma) / A_d
    assert slope > -1e-6
    assert right == 1 or slope < 1e-6
    package = bounds.best_mixing_weight(mdp, pi, target)
    assert package == pytest.approx(right, rel=1e-6)
    top = bounds.mixture_bound(mdp, pi, target, package)
    grid = np.linspace(0, 1, 41)
    assert top >= max(bounds.mixture_bound(mdp, pi, target, alpha) for alpha in grid) - rounding(mdp)
    assert right == 1 or right <= 0.4143 * (1 - gamma) / gamma


@pytest.mark.equation("eq-mixture-gain", bounds.mixture_bound)
@given(good_advice())
def test_the_gain_at_the_best_share_is_at_least_the_square_of_one_minus_u(case):
    mdp, pi, target = case
    share = bounds.best_mixing_weight(mdp, pi, target)
    assume(share < 1)
    A_d, old = mean_advantage(mdp, pi, target), summed_return(mdp, pi)
    epsilon = max(abs(gain) for gain in target_gains(mdp, pi, target))
    right = 2 * epsilon / mdp.gamma * (1 - math.sqrt(1 - A_d / (2 * epsilon))) ** 2
    left = summed_return(mdp, blend(pi, target, share)) - old
    assert left >= right - rounding(mdp)
    package = bounds.mixture_bound(mdp, pi, target, share) - old
    assert package == pytest.approx(right, rel=1e-6, abs=100 * rounding(mdp))


@pytest.mark.equation("eq-conservative-step", updates.conservative_step)
@given(good_advice())
def test_the_step_of_kakade_and_langford_gains_at_least_half_of_its_promise(case):
    mdp, pi, target = case
    gamma, A_d, R = mdp.gamma, mean_advantage(mdp, pi, target), np.ptp(mdp.r)
    step = updates.conservative_step(mdp, pi, target)
    assert step.accepted
    assert step.alpha == pytest.approx((1 - gamma) ** 2 * A_d / (4 * R), rel=1e-6)
    right = (1 - gamma) * A_d**2 / (8 * R)
    assert right == pytest.approx(step.alpha * A_d / (1 - gamma) / 2, rel=1e-5)
    left = summed_return(mdp, step.pi) - summed_return(mdp, pi)
    assert left >= right - rounding(mdp)
    assert max(abs(gain) for gain in target_gains(mdp, pi, target)) <= R / (1 - gamma) + rounding(mdp)


# ------------------------------------------------------------------------------ conservative policy iteration


def greedy_target(mdp, pi):
    return np.eye(mdp.n_actions)[iterated_advantages(mdp, pi).argmax(axis=1)]


@pytest.mark.equation("eq-number-of-steps", updates.conservative_step)
@pytest.mark.parametrize("seed", range(4))
def test_conservative_policy_iteration_stops_in_time(seed):
    rng = np.random.default_rng(seed)
    mdp = models.garnet(3, 2, 2, rng=rng, gamma=0.3)
    pi, R, steps = rng.dirichlet(np.ones(2), size=3), np.ptp(mdp.r), 0
    threshold, start = mean_advantage(mdp, pi, greedy_target(mdp, pi)) / 2, summed_return(mdp, pi)
    while (A_d := mean_advantage(mdp, pi, greedy_target(mdp, pi))) > threshold:
        before, pi = summed_return(mdp, pi), updates.conservative_step(mdp, pi, greedy_target(mdp, pi)).pi
        assert summed_return(mdp, pi) - before >= (1 - 0.3) * A_d**2 / (8 * R)
        steps += 1
    right = 8 * R**2 / ((1 - 0.3) ** 2 * threshold**2)
    assert 3 <= steps <= right
    # the two lines that the limit comes from
    risen = summed_return(mdp, pi) - start
    assert steps * (1 - 0.3) * threshold**2 / (8 * R) <= risen <= R / (1 - 0.3)


def test_a_bandit_needs_the_steps_that_one_can_count_by_hand():
    """gamma = 0, R = 1: A_d = x = 1 - p, alpha = x / 4, and x becomes x - x^2 / 4: 1, 3/4, 39/64."""
    bandit, pi, x = MDP(np.ones((1, 2, 1)), [[0, 1]], [1], 0), np.array([[1.0, 0.0]]), []
    while not x or x[-1] > 0.5:
        x.append(mean_advantage(bandit, pi, np.array([[0.0, 1.0]])))
        pi = updates.conservative_step(bandit, pi, [[0, 1]]).pi
    assert x[:3] == pytest.approx([1, 3 / 4, 39 / 64])
    assert len(x) - 1 == 4 <= 8 / 0.5**2


def iterated_optimum(mdp):
    """The largest return, by value iteration."""
    V = np.zeros(mdp.n_states)
    for _ in range(LONG):
        V = (mdp.r + mdp.gamma * mdp.P @ V).max(axis=1)
    return mdp.rho0 @ V


@pytest.mark.equation("eq-distance-to-optimum", values.expected_return)
@given(st.data(), SEEDS)
def test_the_distance_to_the_optimum_is_at_most_the_ratio_of_visits_times_the_mean_advantage(data, seed):
    mdp = data.draw(few_mdps)
    spread = MDP(mdp.P, mdp.r, np.random.default_rng(seed).dirichlet(np.ones(mdp.n_states)), mdp.gamma)
    pi, best = data.draw(policies_of(spread)), values.policy_iteration(spread)
    left = iterated_optimum(spread) - summed_return(spread, pi)
    old, new = summed_visitation(spread, pi), summed_visitation(spread, best)
    ratio = max(new[s] / old[s] for s in range(mdp.n_states))
    right = ratio / (1 - mdp.gamma) * mean_advantage(spread, pi, greedy_target(spread, pi))
    assert left <= right + ratio * rounding(mdp)
    package = values.expected_return(spread, best) - values.expected_return(spread, pi)
    assert package == pytest.approx(left, abs=10 * rounding(mdp))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9])
def test_in_a_world_of_one_state_the_distance_to_the_optimum_is_attained(gamma):
    """r = (0, 1), pi = (1, 0): the gap is 1 / (1 - gamma), A_d = 1, and the visits agree."""
    bandit = MDP(np.ones((1, 2, 1)), [[0, 1]], [1], gamma)
    gap = values.expected_return(bandit, [[0, 1]]) - values.expected_return(bandit, [[1, 0]])
    assert gap == pytest.approx(1 / (1 - gamma) * values.advantages(bandit, [[1, 0]]).max())


def test_where_the_optimum_goes_and_the_policy_never_is_there_is_no_bound():
    """State 1 pays 1 for action 1, and STAY is never there: no advantage at state 0, and 9 to be had."""
    hidden = MDP(KEEP, [[0, 0], [-1, 1]], [1, 0], 0.9)
    assert mean_advantage(hidden, STAY, LEAVE) <= 1e-9
    assert values.expected_return(hidden, LEAVE) == pytest.approx(9)

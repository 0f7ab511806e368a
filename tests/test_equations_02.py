"""The numbered equations of chapter 2, both sides of each by different routes.

Derivatives are taken by a complex step, Im f(theta + ih) / h, which loses no digits. Returns, visitations and
values are summed up along time, as they are defined; the package solves linear systems.
"""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from slow_routes import (
    H,
    complex_slopes,
    iterated_advantages,
    iterated_Q,
    softmax,
    state_distributions,
    summed_return,
    summed_visitation,
)
from strategies import SEEDS, mdps, rounding

from trpo_lesson.exact import divergences, models, policies, simulate, updates, values

few_mdps = mdps(max_states=3, max_actions=3, max_gamma=0.8, min_actions=2)


@st.composite
def families(draw, tabular=False):
    """(mdp, features [S, A, D], theta [D]): a small random world and a softmax family for it."""
    mdp, rng = draw(few_mdps), np.random.default_rng(draw(SEEDS))
    S, A = mdp.r.shape
    features = np.eye(S * A).reshape(S, A, S * A) if tabular else rng.normal(size=(S, A, 2))
    return mdp, features, draw(st.sampled_from([0.3, 2.0])) * rng.normal(size=features.shape[2])


def true_gradient(mdp, features, theta):
    """The derivative of the summed return: the left side of the policy-gradient theorem."""
    return complex_slopes(lambda z: summed_return(mdp, softmax(features, z)), theta)


# ------------------------------------------------------------------------------------------- the softmax


@pytest.mark.equation("eq-softmax-derivative", policies.SoftmaxPolicy.jacobian)
@given(SEEDS)
def test_an_action_gains_by_its_probability_times_its_features_above_the_mean(seed):
    rng = np.random.default_rng(seed)
    features, theta = rng.normal(size=(2, 3, 4)), rng.normal(size=4)
    left = complex_slopes(lambda z: softmax(features, z), theta)
    pi = softmax(features, theta)
    for s, a in np.ndindex(2, 3):
        right = pi[s, a] * (features[s, a] - sum(pi[s, b] * features[s, b] for b in range(3)))
        np.testing.assert_allclose(left[s, a], right, atol=1e-13)
    np.testing.assert_allclose(policies.aliased(features).jacobian(theta), left, atol=1e-13)


# --------------------------------------------------------------------------------------------- the ledge


@pytest.mark.equation("eq-ledge-return", values.expected_return)
@pytest.mark.parametrize("p", [Fraction(k, 12) for k in range(13)])
def test_the_return_of_the_ledge_is_the_solution_of_its_two_bellman_equations(p):
    gamma, slip = Fraction(9, 10), Fraction(7, 10)
    # (1 - gamma (1 - slip p)) V0 - gamma slip p V1 = p  and  -gamma (1 - p) V0 + (1 - gamma p) V1 = -3 p
    a, b, c, d = 1 - gamma * (1 - slip * p), -gamma * slip * p, -gamma * (1 - p), 1 - gamma * p
    V0 = (p * d + 3 * p * b) / (a * d - b * c)  # Cramer's rule, in exact fractions
    assert 10 * p * (1 - Fraction(279, 100) * p) / (1 - Fraction(27, 100) * p) == V0
    pi = np.tile([1 - float(p), float(p)], (2, 1))
    assert values.expected_return(models.ledge(), pi) == pytest.approx(float(V0), abs=1e-12)
    by_rewards = summed_return(models.ledge(), pi, steps=500)
    assert by_rewards == pytest.approx(float(V0), abs=1e-12)


# ------------------------------------------------------------------------------------------ the gradient


@pytest.mark.equation("eq-policy-gradient", values.policy_gradient)
@given(families())
def test_the_gradient_of_the_return_is_a_sum_with_the_old_visitation_and_q(family):
    mdp, features, theta = family
    pi, slopes = softmax(features, theta), complex_slopes(lambda z: softmax(features, z), theta)
    rho, Q = summed_visitation(mdp, pi), iterated_Q(mdp, pi)
    left, right = true_gradient(mdp, features, theta), 0
    for s, a in np.ndindex(Q.shape):
        right = right + rho[s] * slopes[s, a] * Q[s, a]
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=rounding(mdp))
    package = values.policy_gradient(mdp, policies.aliased(features), theta)
    np.testing.assert_allclose(package, left, rtol=1e-9, atol=rounding(mdp))


@pytest.mark.equation("eq-baseline", values.policy_gradient)
@given(families(), SEEDS)
def test_any_function_of_the_state_may_be_subtracted_from_q(family, seed):
    mdp, features, theta = family
    scale = np.abs(mdp.r).max() / (1 - mdp.gamma)
    b = scale * np.random.default_rng(seed).normal(size=mdp.n_states)
    pi, slopes = softmax(features, theta), complex_slopes(lambda z: softmax(features, z), theta)
    rho, Q = summed_visitation(mdp, pi), iterated_Q(mdp, pi)
    right = sum(rho[s] * slopes[s, a] * (Q[s, a] - b[s]) for s, a in np.ndindex(Q.shape))
    left = true_gradient(mdp, features, theta)
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=10 * rounding(mdp))
    package = values.policy_gradient(mdp, policies.aliased(features), theta)
    np.testing.assert_allclose(package, right, rtol=1e-9, atol=10 * rounding(mdp))


@pytest.mark.equation("eq-score-form", values.policy_gradient)
@given(families())
def test_the_gradient_is_the_mean_of_discounted_scores_times_advantages_along_the_path(family):
    mdp, features, theta = family
    pi = softmax(features, theta)
    scores = complex_slopes(lambda z: np.log(softmax(features, z)), theta)
    A = iterated_advantages(mdp, pi)
    right = 0
    for t, state in enumerate(state_distributions(mdp, pi)):
        for s, a in np.ndindex(A.shape):
            right = right + mdp.gamma**t * state[s] * pi[s, a] * scores[s, a] * A[s, a]
    left = true_gradient(mdp, features, theta)
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=rounding(mdp))
    package = values.policy_gradient(mdp, policies.aliased(features), theta)
    np.testing.assert_allclose(package, right, rtol=1e-9, atol=rounding(mdp))


# ---------------------------------------------------------------------------------------------- the steps


def ledge_eta(theta):
    """The return of the ledge on paper; theta may be complex."""
    p = 1 / (1 + np.exp(-theta))
    return 10 * p * (1 - 2.79 * p) / (1 - 0.27 * p)


def ledge_slope(theta):
    return ledge_eta(theta + 1j * H).imag / H


def ledge_step(theta, rate):
    step = updates.policy_gradient_step(models.ledge(), models.ledge_policy(), [theta], rate=rate)
    return step.theta[0]


@pytest.mark.equation("eq-critical-rate", updates.policy_gradient_step)
@pytest.mark.parametrize("rate", [0.5, 1.25, 1.75, 5.0])
def test_near_the_top_a_step_multiplies_the_distance_by_one_plus_rate_times_curvature(rate):
    top = brentq(ledge_slope, -2, -1, xtol=1e-15)
    curvature = (ledge_slope(top + 1e-4) - ledge_slope(top - 1e-4)) / 2e-4
    remainders = []
    for distance in (1e-2, 1e-3):
        left = ledge_step(top + distance, rate) - top
        remainders.append(left - (1 + rate * curvature) * distance)
        assert abs(remainders[-1]) < 10 * rate * distance**2
    assert remainders[0] / remainders[1] == pytest.approx(100, rel=0.05)  # what is left out is quadratic


def test_the_critical_rate_parts_the_rates_that_come_to_rest_at_the_top_from_the_others():
    top = brentq(ledge_slope, -2, -1, xtol=1e-15)
    critical = 2 / abs((ledge_slope(top + 1e-4) - ledge_slope(top - 1e-4)) / 2e-4)
    for rate, comes_to_rest in ((0.98 * critical, True), (1.02 * critical, False)):
        theta = top + 1e-3
        for _ in range(300):
            theta = ledge_step(theta, rate)
        assert (abs(theta - top) < 1e-4) == comes_to_rest


@pytest.mark.equation("eq-coin-kl", divergences.kl)
@given(st.floats(-12, 12), st.floats(-12, 12))
def test_the_kl_of_two_coins_is_the_softplus_above_its_tangent(old, new):
    p, q = 1 / (1 + np.exp(-old)), 1 / (1 + np.exp(-new))
    keep_p, keep_q = 1 / (1 + np.exp(old)), 1 / (1 + np.exp(new))  # 1 - p would lose digits
    left = p * np.log(p / q) + keep_p * np.log(keep_p / keep_q)
    right = np.log1p(np.exp(new)) - np.log1p(np.exp(old)) - p * (new - old)
    assert left == pytest.approx(right, abs=1e-12)
    pi = [models.ledge_policy().probabilities(np.array([theta])) for theta in (old, new)]
    np.testing.assert_allclose(divergences.kl(*pi), right, atol=1e-10)
    # the remainder of Taylor's formula: sigma' somewhere between, at most 1/4
    ends = [min(p * (1 - p), q * (1 - q)), 0.25 if old * new <= 0 else max(p * (1 - p), q * (1 - q))]
    assert ends[0] * (new - old) ** 2 / 2 - 1e-12 <= right <= ends[1] * (new - old) ** 2 / 2 + 1e-12


@pytest.mark.equation("eq-stretched-step", updates.policy_gradient_step)
@given(families(), st.sampled_from([0.25, 0.5, 2.0, 3.0]), st.sampled_from([0.1, 1.0]))
def test_a_step_of_the_stretched_parameter_is_a_step_with_the_rate_times_c_squared(family, c, rate):
    mdp, features, theta = family
    rate = rate * (1 - mdp.gamma) / np.abs(mdp.r).max()
    step = updates.policy_gradient_step(mdp, policies.aliased(c * features), theta / c, rate=rate)
    right = theta + c**2 * rate * true_gradient(mdp, features, theta)
    np.testing.assert_allclose(c * step.theta, right, rtol=1e-9, atol=1e-9)


# ---------------------------------------------------------------------------------------------- no fall


@pytest.mark.equation("eq-tabular-gradient", values.policy_gradient)
@given(families(tabular=True))
def test_each_logit_moves_by_visitation_times_probability_times_advantage(family):
    mdp, features, theta = family
    pi = softmax(features, theta)
    rho, A = summed_visitation(mdp, pi), iterated_advantages(mdp, pi)
    left = true_gradient(mdp, features, theta).reshape(A.shape)
    package = values.policy_gradient(mdp, policies.tabular(*A.shape), theta).reshape(A.shape)
    for s, a in np.ndindex(A.shape):
        right = rho[s] * pi[s, a] * A[s, a]
        assert left[s, a] == pytest.approx(right, rel=1e-9, abs=rounding(mdp))
        assert package[s, a] == pytest.approx(right, rel=1e-9, abs=rounding(mdp))


RATES = st.sampled_from([1e-3, 0.1, 1.0, 10.0, 1e3, 1e6])


@pytest.mark.equation("eq-no-fall", updates.policy_gradient_step)
@given(families(tabular=True), RATES)
def test_after_an_exact_tabular_step_of_any_rate_no_state_loses_by_the_old_advantages(family, rate):
    mdp, features, theta = family
    rate, policy = rate / np.abs(mdp.r).max(), policies.tabular(*mdp.r.shape)
    step = updates.policy_gradient_step(mdp, policy, theta, rate=rate)
    A = iterated_advantages(mdp, softmax(features, theta))
    new = policy.probabilities(step.theta)
    for s in range(mdp.n_states):
        assert sum(new[s, a] * A[s, a] for a in range(mdp.n_actions)) >= -rounding(mdp)
    old_return = summed_return(mdp, softmax(features, theta))
    assert values.expected_return(mdp, new) >= old_return - rounding(mdp)


def test_with_shared_parameters_a_state_can_lose_and_the_return_fall():
    ledge, fog = models.ledge(), models.ledge_policy()
    old, new = (fog.probabilities(np.array([theta])) for theta in (-2.0, ledge_step(-2.0, 5.0)))
    gains = (new * iterated_advantages(ledge, old)).sum(axis=1)
    assert gains[0] > 0.1
    assert gains[1] < -0.1
    assert values.expected_return(ledge, new) < values.expected_return(ledge, old) - 1


# ------------------------------------------------------------------------------------------- the samples


def every_path(mdp, T):
    """All paths of T steps, possible or not, as `Trajectories`."""
    S, A = mdp.r.shape
    paths = np.array(list(itertools.product(*([range(S), range(A)] * T), range(S))))
    states, actions = paths[:, ::2], paths[:, 1::2]
    return simulate.Trajectories(states, actions, mdp.r[states[:, :-1], actions])


def path_probabilities(mdp, pi, paths):
    """[N] rho_0(s_0) prod_t pi(a_t|s_t) P(s_{t+1}|s_t, a_t)."""
    probability = mdp.rho0[paths.states[:, 0]]
    for t in range(paths.actions.shape[1]):
        s, a = paths.states[:, t], paths.actions[:, t]
        probability = probability * pi[s, a] * mdp.P[s, a, paths.states[:, t + 1]]
    return probability


@st.composite
def small_families(draw):
    mdp = draw(mdps(max_states=2, max_actions=2, min_actions=2))
    rng = np.random.default_rng(draw(SEEDS))
    return mdp, rng.normal(size=(mdp.n_states, 2, 2)), rng.normal(size=2)


@pytest.mark.equation("eq-reinforce", simulate.policy_gradient_samples)
@given(small_families(), st.integers(1, 4), st.booleans(), SEEDS)
def test_the_mean_over_all_paths_is_the_gradient_of_the_return_cut_at_t(family, T, with_baseline, seed):
    mdp, features, theta = family
    paths, pi = every_path(mdp, T), softmax(features, theta)
    b = np.random.default_rng(seed).normal(size=mdp.n_states) if with_baseline else None
    samples = simulate.policy_gradient_samples(
        policies.aliased(features), theta, paths, mdp.gamma, baseline=b
    )
    left = path_probabilities(mdp, pi, paths) @ samples
    right = complex_slopes(lambda z: summed_return(mdp, softmax(features, z), steps=T), theta)
    scale = np.abs(mdp.r).max() + (0 if b is None else np.abs(b).max())
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-10 * scale)


@pytest.mark.equation("eq-batch-error", simulate.policy_gradient_samples)
@pytest.mark.parametrize(("N", "T"), [(2, 2), (3, 1)])
def test_the_squared_error_of_the_mean_of_n_paths_is_that_of_one_path_over_n(N, T):
    rng = np.random.default_rng(N)
    mdp, features, theta = models.garnet(2, 2, 2, rng=rng), rng.normal(size=(2, 2, 2)), rng.normal(size=2)
    paths = every_path(mdp, T)
    probability = path_probabilities(mdp, softmax(features, theta), paths)
    samples = simulate.policy_gradient_samples(policies.aliased(features), theta, paths, mdp.gamma)
    g = complex_slopes(lambda z: summed_return(mdp, softmax(features, z), steps=T), theta)
    left = 0.0
    for batch in itertools.product(range(len(samples)), repeat=N):  # every batch of N independent paths
        batch = list(batch)
        left += probability[batch].prod() * ((samples[batch].mean(axis=0) - g) ** 2).sum()
    right = probability @ ((samples - g) ** 2).sum(axis=1) / N
    assert left == pytest.approx(right, rel=1e-10)
    assert right > 1e-3

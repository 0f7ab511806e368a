"""Exact updates: the numbers of the Ledge, and the theorems about each step on random MDPs."""

from dataclasses import FrozenInstanceError

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import hessian, jacobian
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from strategies import SEEDS, mdps

from trpo_lesson.exact.divergences import kl, mean_kl
from trpo_lesson.exact.mdp import MDP
from trpo_lesson.exact.models import garnet, ledge, ledge_policy
from trpo_lesson.exact.policies import aliased, tabular, uniform
from trpo_lesson.exact.surrogate import surrogate
from trpo_lesson.exact.updates import (
    closed_form_step,
    conservative_step,
    exact_trust_region_step,
    fisher,
    natural_gradient_step,
    policy_gradient_step,
    trust_region_step,
)
from trpo_lesson.exact.values import (
    advantages,
    expected_return,
    policy_gradient,
    policy_iteration,
    visitation,
)
from trpo_lesson.steps.conjugate_gradient import conjugate_gradient
from trpo_lesson.steps.line_search import no_loss_within

DELTAS = st.sampled_from([1e-3, 1e-2, 0.1, 0.5])


def eta(mdp, policy, theta):
    return expected_return(mdp, policy.probabilities(theta))


def rounding(mdp):
    """What counts as equal for a return of this MDP."""
    return 1e-10 * np.abs(mdp.r).max() / (1 - mdp.gamma)


@st.composite
def tabular_problems(draw):
    """A random MDP with two to four actions, its tabular softmax, and logits from flat to peaked."""
    mdp = draw(mdps(min_actions=2))
    D, scale = mdp.n_states * mdp.n_actions, draw(st.sampled_from([0.0, 0.1, 1.0, 3.0]))
    return (
        mdp,
        tabular(mdp.n_states, mdp.n_actions),
        scale * np.random.default_rng(draw(SEEDS)).normal(size=D),
    )


class TanhPolicy:
    """pi = softmax(2 tanh(features . theta)), no exponential family; the Jacobian is autograd's."""

    def __init__(self, features):
        self.features = features

    def probabilities(self, theta):
        weights = anp.exp(2 * anp.tanh(anp.dot(self.features, theta)))
        return weights / anp.sum(weights, axis=1, keepdims=True)

    def jacobian(self, theta):
        return jacobian(self.probabilities)(theta)


# The Fisher matrix


@pytest.mark.parametrize("family", [aliased, TanhPolicy])
def test_fisher_is_the_hessian_of_the_mean_kl_in_both_directions(family):
    rng = np.random.default_rng(0)
    mdp, theta, features = garnet(4, 3, 2, rng=rng), rng.normal(size=2), rng.normal(size=(4, 3, 2))
    policy = family(features)
    soft = policy.probabilities if family is TanhPolicy else linear_softmax(features)
    pi_old = policy.probabilities(theta)
    d = (1 - mdp.gamma) * visitation(mdp, pi_old)

    def forward(theta_new):
        return anp.sum(d[:, None] * pi_old * (anp.log(pi_old) - anp.log(soft(theta_new))))

    def reverse(theta_new):
        pi_new = soft(theta_new)
        return anp.sum(d[:, None] * pi_new * (anp.log(pi_new) - anp.log(pi_old)))

    F = fisher(mdp, policy, theta)
    np.testing.assert_allclose(F, hessian(forward)(theta), rtol=1e-10)
    np.testing.assert_allclose(F, hessian(reverse)(theta), rtol=1e-10)
    np.testing.assert_allclose(fisher(mdp, policy, theta, damping=0.1), F + 0.1 * np.eye(2), rtol=1e-12)


def linear_softmax(features):
    def probabilities(theta):
        weights = anp.exp(anp.dot(features, theta))
        return weights / anp.sum(weights, axis=1, keepdims=True)

    return probabilities


def test_an_action_of_probability_zero_does_not_count_in_fisher():
    mdp, policy = ledge(), tabular(2, 2)
    F = fisher(mdp, policy, np.array([800.0, -800.0, 0.0, 0.0]))  # exp(-1600) is 0; s1 is then never visited
    np.testing.assert_array_equal(F, np.zeros((4, 4)))


# The Ledge, from theta = -2

START = np.array([-2.0])


def ledge_gain(step, **options):
    """The change of eta in one step on the Ledge, and the step."""
    result = step(ledge(), ledge_policy(), START, **options)
    return eta(ledge(), ledge_policy(), result.theta) - eta(ledge(), ledge_policy(), START), result


def coin_kl(theta):
    """KL of the coins sigma(-2) and sigma(theta): the same in both states of the Ledge, so also the mean."""
    p, q = 1 / (1 + np.exp(2)), 1 / (1 + np.exp(-theta))
    return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))


@pytest.mark.parametrize(
    ("delta", "theta", "L_up", "eta_up"), [(0.01, -1.586, 0.187, 0.115), (0.5, 0.400, 1.77, -5.61)]
)
def test_on_the_ledge_a_small_exact_step_helps_and_a_large_one_falls(delta, theta, L_up, eta_up):
    gained, result = ledge_gain(exact_trust_region_step, delta=delta)
    assert result.theta[0] == pytest.approx(brentq(lambda t: coin_kl(t) - delta, -2, 5), abs=1e-9)
    assert result.theta[0] == pytest.approx(theta, abs=5e-4)
    assert result.evaluation == (pytest.approx(L_up, abs=5e-3), pytest.approx(delta, rel=1e-9))
    assert gained == pytest.approx(eta_up, abs=5e-3)


@pytest.mark.parametrize(
    ("delta", "theta", "true_kl", "eta_up"), [(0.01, -1.564, 0.0112, 0.117), (0.5, 1.086, 0.882, -10.99)]
)
def test_on_the_ledge_the_closed_form_leaves_the_region(delta, theta, true_kl, eta_up):
    gained, result = ledge_gain(closed_form_step, delta=delta)
    p = 1 / (1 + np.exp(2))  # F = p(1 - p), whatever the states: the step is sqrt(2 delta / F), uphill
    assert result.theta[0] == pytest.approx(-2 + np.sqrt(2 * delta / (p * (1 - p))), abs=1e-10)
    assert result.theta[0] == pytest.approx(theta, abs=5e-4)
    assert result.evaluation[1] == pytest.approx(coin_kl(result.theta[0]), rel=1e-9)
    assert result.evaluation[1] == pytest.approx(true_kl, abs=5e-4)
    assert gained == pytest.approx(eta_up, abs=6e-3)
    assert result.accepted


def test_on_the_ledge_the_closed_form_hurts_from_delta_0_0412_on():
    assert all(ledge_gain(closed_form_step, delta=delta)[0] > 0 for delta in np.linspace(0.001, 0.0412, 20))
    assert all(ledge_gain(closed_form_step, delta=delta)[0] < 0 for delta in np.linspace(0.0413, 2, 20))


def test_on_the_ledge_the_largest_safe_rate_of_plain_policy_gradient_is_2_28():
    assert all(ledge_gain(policy_gradient_step, rate=rate)[0] > 0 for rate in np.linspace(0.01, 2.28, 20))
    assert all(ledge_gain(policy_gradient_step, rate=rate)[0] < 0 for rate in np.linspace(2.29, 9, 20))


def test_on_the_ledge_the_line_search_keeps_the_kl_but_not_eta():
    gained, result = ledge_gain(trust_region_step, delta=0.5)
    full = ledge_gain(closed_form_step, delta=0.5)[1]
    assert full.evaluation[1] > 0.5 >= result.evaluation[1]
    assert result.step_length == 1 / 2
    np.testing.assert_allclose(result.theta - START, (full.theta - START) / 2)
    assert result.evaluation[0] > 0 > gained


# What each step reports


@settings(max_examples=25)
@given(st.data())
def test_every_step_reports_the_true_gain_of_the_surrogate_and_the_true_mean_kl(data):
    mdp = data.draw(mdps(min_actions=2, max_gamma=0.95))
    rng = np.random.default_rng(data.draw(SEEDS))
    policy, theta = aliased(rng.normal(size=(mdp.n_states, mdp.n_actions, 1))), rng.normal(size=1)
    pi_old = policy.probabilities(theta)
    for result in (
        policy_gradient_step(mdp, policy, theta, rate=0.1 / np.abs(mdp.r).max()),
        closed_form_step(mdp, policy, theta, delta=0.02),
        trust_region_step(mdp, policy, theta, delta=0.02),
        exact_trust_region_step(mdp, policy, theta, delta=0.02),
    ):
        if result.accepted:
            pi_new, d = policy.probabilities(result.theta), visitation(mdp, pi_old)
            assert result.evaluation[0] == pytest.approx(
                surrogate(mdp, pi_old, pi_new) - expected_return(mdp, pi_old), abs=rounding(mdp)
            )
            assert result.evaluation[1] == pytest.approx(
                d @ kl(pi_old, pi_new) / d.sum(), rel=1e-9, abs=1e-15
            )


def test_the_unconditional_steps_add_their_vector_to_theta():
    mdp, policy, theta = ledge(), ledge_policy(), START
    g, F = policy_gradient(mdp, policy, theta), fisher(mdp, policy, theta)[0, 0]
    for result, vector in (
        (policy_gradient_step(mdp, policy, theta, rate=0.3), 0.3 * g),
        (natural_gradient_step(mdp, policy, theta, rate=0.3), 0.3 * g / F),
        (natural_gradient_step(mdp, policy, theta, rate=0.3, damping=0.2), 0.3 * g / (F + 0.2)),
        (closed_form_step(mdp, policy, theta, delta=0.02, damping=0.2), np.sqrt(0.04 / (F + 0.2))),
    ):
        np.testing.assert_allclose(result.theta, theta + vector, rtol=1e-12)
        assert (result.accepted, result.reason, result.step_length) == (True, "", 1)
        with pytest.raises(ValueError, match="read-only"):
            result.theta[0] = 0


# The theorems on tabular softmax


@given(tabular_problems())
def test_the_tabular_natural_gradient_is_the_advantage_over_1_minus_gamma(problem):
    mdp, policy, theta = problem
    pi = policy.probabilities(theta)
    d = (1 - mdp.gamma) * visitation(mdp, pi)
    assume(np.all((d == 0) | (d > 1e-4)) and pi.min() > 1e-3)  # beyond, F is singular to working precision
    A = advantages(mdp, pi)
    expected = (A - A.mean(axis=1, keepdims=True)) / (1 - mdp.gamma)
    expected[d == 0] = 0
    step = natural_gradient_step(mdp, policy, theta, rate=1.0)
    np.testing.assert_allclose(
        step.theta - theta, expected.ravel(), atol=1e-7 * (np.abs(expected).max() + 1e-300)
    )


@given(tabular_problems(), st.sampled_from([0.01, 1.0]))
def test_the_tabular_natural_gradient_step_multiplies_pi_by_exp_of_the_advantage(problem, rate):
    mdp, policy, theta = problem
    pi, rate = policy.probabilities(theta), rate * (1 - mdp.gamma) ** 2 / np.abs(mdp.r).max()
    d = (1 - mdp.gamma) * visitation(mdp, pi)
    assume(np.all((d == 0) | (d > 1e-4)) and pi.min() > 1e-3)
    expected = pi * np.exp(rate * advantages(mdp, pi) / (1 - mdp.gamma))
    expected[d == 0] = pi[d == 0]
    step = natural_gradient_step(mdp, policy, theta, rate=rate)
    np.testing.assert_allclose(
        policy.probabilities(step.theta),
        expected / expected.sum(axis=1, keepdims=True),
        rtol=1e-7,
        atol=1e-10,
    )


@settings(max_examples=300)
@given(
    tabular_problems(),
    st.sampled_from([1e-3, 0.1, 1.0, 10.0, 1e3]),
    DELTAS,
    st.sampled_from([1e-3, 0.1, 10.0]),
)
def test_no_exact_step_of_a_tabular_softmax_lowers_eta(problem, rate, delta, damping):
    mdp, policy, theta = problem
    d = (1 - mdp.gamma) * visitation(mdp, policy.probabilities(theta))
    assume(np.all((d == 0) | (d > 1e-4)) and policy.probabilities(theta).min() > 1e-4)
    for result in (
        policy_gradient_step(mdp, policy, theta, rate=rate),
        natural_gradient_step(mdp, policy, theta, rate=rate),
        natural_gradient_step(mdp, policy, theta, rate=rate, damping=damping),
        closed_form_step(mdp, policy, theta, delta=delta),
        trust_region_step(mdp, policy, theta, delta=delta),
        trust_region_step(mdp, policy, theta, delta=delta, damping=damping),
    ):
        assert eta(mdp, policy, result.theta) >= eta(mdp, policy, theta) - rounding(mdp)


def test_a_truncated_solve_lowers_eta_even_for_a_tabular_softmax_that_passes_the_line_search():
    # Found by hill climbing on the loss of eta, then rounded: random search hardly ever meets one.
    P = [
        [[0.091, 0.0, 0.909], [0.907, 0.026, 0.067], [0.072, 0.59, 0.338]],
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]],
        [[0.0, 1.0, 0.0], [0.0, 0.999, 0.001], [0.0, 0.004, 0.996]],
    ]
    mdp = MDP(P, [[0.46, -1.0, 1.0], [0.12, 1.0, -1.0], [1.0, -1.0, 0.18]], [1, 0, 0], 0.95)
    policy, theta = tabular(3, 3), np.array([7.8, -4.3, 0.0, -2.6, -13.5, 0.0, -8.7, -12.1, 0.0])

    def truncated(F, g):
        return conjugate_gradient(F.__matmul__, g, iterations=2)

    result = trust_region_step(mdp, policy, theta, delta=0.05, solve=truncated)
    assert result.accepted
    assert result.evaluation[0] > 0.005
    assert result.evaluation[1] <= 0.05
    assert eta(mdp, policy, result.theta) < eta(mdp, policy, theta) - 0.03
    exact = trust_region_step(mdp, policy, theta, delta=0.05)
    assert eta(mdp, policy, exact.theta) > eta(mdp, policy, theta)


def test_a_linear_softmax_with_shared_parameters_can_fall_under_the_same_steps():
    fallen = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        mdp, policy, theta = garnet(6, 3, 2, rng=rng), aliased(rng.normal(size=(6, 3, 2))), rng.normal(size=2)
        for _ in range(10):
            result = trust_region_step(mdp, policy, theta, delta=0.5)
            fallen += eta(mdp, policy, result.theta) < eta(mdp, policy, theta) - 1e-6
            theta = result.theta
    assert fallen > 0


# The natural step does not see the parameters


def test_the_natural_step_is_the_same_policy_in_any_linear_parametrisation():
    rng = np.random.default_rng(0)
    mdp, features, theta = garnet(5, 3, 3, rng=rng), rng.normal(size=(5, 3, 4)), rng.normal(size=4)
    M = rng.normal(size=(4, 4))  # theta = M phi
    policy, phi_policy, phi = aliased(features), aliased(features @ M), np.linalg.solve(M, theta)

    def difference(step, **options):
        one, other = step(mdp, policy, theta, **options), step(mdp, phi_policy, phi, **options)
        return np.abs(policy.probabilities(one.theta) - phi_policy.probabilities(other.theta)).max()

    assert difference(natural_gradient_step, rate=0.1) < 1e-10
    assert difference(closed_form_step, delta=0.01) < 1e-10
    assert difference(trust_region_step, delta=0.01) < 1e-10
    assert difference(policy_gradient_step, rate=0.1) > 1e-3
    assert difference(trust_region_step, delta=0.01, damping=0.1) > 1e-3  # damping loses the invariance


def test_the_trust_region_step_does_not_see_the_scale_of_the_rewards():
    rng = np.random.default_rng(0)
    mdp, policy, theta = garnet(5, 3, 3, rng=rng), tabular(5, 3), rng.normal(size=15)
    step = trust_region_step(mdp, policy, theta, delta=0.01)
    scaled = trust_region_step(MDP(mdp.P, 1000 * mdp.r, mdp.rho0, mdp.gamma), policy, theta, delta=0.01)
    np.testing.assert_allclose(scaled.theta, step.theta, rtol=1e-9)


# The trust-region step


@given(tabular_problems(), DELTAS)
def test_an_accepted_trust_region_step_improves_the_surrogate_within_delta_and_a_refused_one_stays(
    problem, delta
):
    mdp, policy, theta = problem
    result = trust_region_step(mdp, policy, theta, delta=delta)
    pi_old, pi_new = policy.probabilities(theta), policy.probabilities(result.theta)
    if result.accepted:
        assert mean_kl(pi_old, pi_new, visitation(mdp, pi_old)) <= delta
        assert surrogate(mdp, pi_old, pi_new) >= expected_return(mdp, pi_old) - rounding(mdp)
    else:
        np.testing.assert_array_equal(result.theta, theta)
        assert result.reason


def test_trust_region_steps_reach_the_optimum_of_a_tabular_mdp():
    mdp = garnet(6, 3, 2, rng=np.random.default_rng(1))
    policy, theta = tabular(6, 3), np.zeros(18)
    for _ in range(60):
        theta = trust_region_step(mdp, policy, theta, delta=0.05).theta
    assert eta(mdp, policy, theta) == pytest.approx(expected_return(mdp, policy_iteration(mdp)), rel=1e-6)


def test_the_acceptance_rule_is_an_argument():
    rule = no_loss_within(0.5, slack=2.0)  # the full step has a KL of 0.88
    assert ledge_gain(trust_region_step, delta=0.5, accept=rule)[1].step_length == 1


def test_without_rewards_there_is_nothing_to_step_towards():
    mdp = MDP(ledge().P, np.zeros((2, 2)), [1, 0], 0.9)
    result = trust_region_step(mdp, ledge_policy(), START, delta=0.01)
    assert (result.accepted, result.reason) == (False, "the step is zero")
    np.testing.assert_array_equal(result.theta, START)
    still = exact_trust_region_step(mdp, ledge_policy(), START, delta=0.01)
    assert (still.accepted, still.evaluation[0]) == (False, 0)
    assert still.reason == "no point of the region has L above eta(old)"
    np.testing.assert_array_equal(still.theta, START)


def test_a_solve_that_fails_refuses_the_step_with_its_reason():
    def broken(F, g):
        return conjugate_gradient(lambda v: -F @ v, g)

    result = trust_region_step(ledge(), ledge_policy(), START, delta=0.01, solve=broken)
    assert not result.accepted
    assert "p.Fp" in result.reason
    np.testing.assert_array_equal(result.theta, START)


class Corner:
    """pi = (1 - theta_1 - theta_2, theta_1, theta_2) in one state: at 0, two actions are never taken."""

    def probabilities(self, theta):
        return np.array([[1 - theta.sum(), *theta]])

    def jacobian(self, theta):
        return np.array([[[-1.0, -1.0], [1.0, 0.0], [0.0, 1.0]]])


@pytest.mark.parametrize(
    ("step", "options"),
    [
        (natural_gradient_step, {"rate": 0.1}),
        (closed_form_step, {"delta": 0.1}),
        (trust_region_step, {"delta": 0.1}),
    ],
)
def test_where_the_gradient_is_not_in_the_range_of_f_the_step_is_refused(step, options):
    # g = 2 (1, 2), but the one action that is taken tells F of theta_1 + theta_2 alone.
    bandit = MDP(np.ones((1, 3, 1)), [[0, 1, 2]], [1], 0.5)
    result = step(bandit, Corner(), np.zeros(2), **options)
    assert (result.accepted, result.step_length, result.evaluation) == (False, 0, None)
    assert result.reason.startswith("expected g in the range of F")
    np.testing.assert_array_equal(result.theta, [0, 0])


# The exact step of one parameter


@settings(max_examples=15)
@given(SEEDS, DELTAS)
def test_no_feasible_point_has_a_larger_surrogate_than_the_exact_step(seed, delta):
    rng = np.random.default_rng(seed)
    mdp, policy, theta = garnet(4, 3, 2, rng=rng), aliased(rng.normal(size=(4, 3, 1))), rng.normal(size=1)
    pi_old = policy.probabilities(theta)
    weights = visitation(mdp, pi_old)
    result = exact_trust_region_step(mdp, policy, theta, delta=delta)
    assert result.accepted
    assert result.evaluation[1] <= delta
    for t in np.linspace(-6, 6, 601):
        pi_new = policy.probabilities(theta + t)
        if mean_kl(pi_old, pi_new, weights) <= delta:
            gain = surrogate(mdp, pi_old, pi_new) - expected_return(mdp, pi_old)
            assert gain <= result.evaluation[0] + 1e-8


@pytest.mark.parametrize("start", [-1.0, -0.4, 0.3, 0.7, 1.3])
def test_the_exact_step_finds_a_maximiser_inside_its_region(start):
    bandit = MDP(np.ones((1, 3, 1)), [[0, 1, 0]], [1], 0.5)
    policy = aliased(np.array([[[-1.0], [0.0], [1.0]]]))  # pi(a1) = 1 / (1 + 2 cosh theta), largest at 0
    result = exact_trust_region_step(bandit, policy, np.array([start]), delta=2.0)
    assert result.theta[0] == pytest.approx(0, abs=1e-6)
    assert result.step_length == 1
    assert result.reason == ""


def test_an_exact_step_whose_region_has_no_edge_still_ends():
    mdp, policy = ledge(), aliased(np.zeros((2, 2, 1)))  # theta has no effect: any theta is feasible
    result = exact_trust_region_step(mdp, policy, START, delta=0.01)
    assert not result.accepted


def test_the_exact_step_is_for_one_parameter_only():
    with pytest.raises(ValueError, match=r"expected one parameter, shape \(1,\), got \(2,\)"):
        exact_trust_region_step(ledge(), aliased(np.ones((2, 2, 2))), np.zeros(2), delta=0.01)


# The conservative step


def test_a_bandit_takes_the_conservative_step_worked_out_by_hand():
    bandit = MDP(np.ones((1, 2, 1)), [[0, 1]], [1], 0.5)
    result = conservative_step(bandit, [[1, 0]], [[0, 1]])  # A_d = 1, R = 1
    assert result.alpha == pytest.approx(1 / 16)  # (1 - gamma)^2 / 4
    np.testing.assert_allclose(result.pi, [[15 / 16, 1 / 16]])
    assert expected_return(bandit, result.pi) == pytest.approx(1 / 8)  # and 1/16 was promised
    assert (result.accepted, result.reason) == (True, "")
    with pytest.raises(ValueError, match="read-only"):
        result.pi[0, 0] = 1
    with pytest.raises(FrozenInstanceError):
        result.alpha = 1.0
    assert result == result != conservative_step(bandit, [[1, 0]], [[0, 1]])


@settings(max_examples=200)
@given(st.data())
def test_the_conservative_step_gains_what_kakade_and_langford_promise(data):
    mdp = data.draw(mdps(min_actions=2))
    rng = np.random.default_rng(data.draw(SEEDS))
    pi, target = rng.dirichlet(np.ones(mdp.n_actions), size=(2, mdp.n_states))
    if data.draw(st.booleans()):
        target = np.eye(mdp.n_actions)[advantages(mdp, pi).argmax(axis=1)]
    result = conservative_step(mdp, pi, target)
    A_d = (1 - mdp.gamma) * (surrogate(mdp, pi, target) - expected_return(mdp, pi))
    promised = (1 - mdp.gamma) * A_d**2 / (8 * (mdp.r.max() - mdp.r.min())) if A_d > 0 else 0
    assert expected_return(mdp, result.pi) - expected_return(mdp, pi) >= promised - rounding(mdp)
    assert result.accepted == (A_d > 0) or abs(A_d) < rounding(mdp)
    assert 0 <= result.alpha <= (1 - mdp.gamma) / 4


def test_a_target_without_advantage_is_refused():
    mdp = ledge()
    best = policy_iteration(mdp)
    result = conservative_step(mdp, best, uniform(mdp))
    assert (result.accepted, result.alpha) == (False, 0)
    assert result.reason.startswith("expected a target with A_d > 0, got A_d = -")
    np.testing.assert_array_equal(result.pi, best)


def test_equal_rewards_leave_nothing_to_gain_beyond_rounding():
    mdp = garnet(5, 3, 2, rng=np.random.default_rng(0))
    flat = MDP(mdp.P, np.full((5, 3), 0.7), mdp.rho0, 0.99)
    targets = np.eye(3)[advantages(flat, uniform(flat)).argmax(axis=1)]
    assert not conservative_step(flat, uniform(flat), targets).accepted


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_rounding_is_no_advantage_on_any_scale_of_rewards(scale):
    for seed in range(50):
        rng = np.random.default_rng(seed)
        mdp = garnet(8, 3, 4, rng=rng, gamma=0.99)
        scaled = MDP(mdp.P, scale * mdp.r, mdp.rho0, mdp.gamma)
        pi = rng.dirichlet(np.ones(3), size=8)
        assert not conservative_step(scaled, pi, pi).accepted  # A_d = 0, up to rounding
        better = (1 - 1e-5) * pi + 1e-5 * np.eye(3)[advantages(scaled, pi).argmax(axis=1)]
        assert conservative_step(scaled, pi, better).accepted


def test_a_given_alpha_is_taken_as_it_is():
    mdp = ledge()
    result = conservative_step(mdp, uniform(mdp), [[0, 1], [1, 0]], alpha=0.5)
    np.testing.assert_array_equal(result.pi, [[0.25, 0.75], [0.75, 0.25]])
    assert (result.alpha, result.accepted, result.reason) == (0.5, True, "")
    assert (conservative_step(mdp, uniform(mdp), [[0, 1], [1, 0]], alpha=0.0).pi == 0.5).all()
    with pytest.raises(ValueError, match="alpha"):
        conservative_step(mdp, uniform(mdp), uniform(mdp), alpha=1.5)


def test_policies_off_the_simplex_are_named():
    with pytest.raises(ValueError, match=r"pi_target: .* sum to 1"):
        conservative_step(ledge(), uniform(ledge()), np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"^pi: .* sum to 1"):
        conservative_step(ledge(), np.ones((2, 2)), uniform(ledge()))

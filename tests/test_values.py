"""V, Q, advantages, rho, eta, the policy gradient and policy iteration against independent truth."""

import itertools

import autograd
import autograd.numpy as anp
import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quantecon.markov import DiscreteDP
from strategies import SEEDS, mdps, policies_of, rounding

from trpo_lesson.exact import models, policies, values
from trpo_lesson.exact.mdp import MDP, from_gymnasium

# --- pen and paper ---

# One state, rewards 1 and 3, pi = (1/4, 3/4), gamma = 1/2: r_pi = 1/4 + 9/4 = 5/2, V = (5/2) / (1 - 1/2) = 5,
# Q = r + V/2 = (7/2, 11/2), A = (-3/2, 1/2), rho = 1 / (1 - 1/2) = 2.
ONE_STATE = MDP(np.ones((1, 2, 1)), [[1, 3]], [1], 0.5)
ONE_PI = np.array([[0.25, 0.75]])

# Two states, gamma = 1/2, start in s0, both actions equally often.
# s0: a0 stays, r = 0; a1 goes to s1, r = 1.      V0 = 1/2 (V0/2) + 1/2 (1 + V1/2)
# s1: both go to s0, r = 2 and r = 0.             V1 = 1 + V0/2
# so V0 = 6/5 and V1 = 8/5; Q0 = (3/5, 9/5), Q1 = (13/5, 3/5).
# rho0 = 1 + 1/2 (rho0/2 + rho1), rho1 = 1/2 (rho0/2), so rho = (8/5, 2/5), which sums to 2.
TWO_STATES = MDP([[[1, 0], [0, 1]], [[1, 0], [1, 0]]], [[0, 1], [2, 0]], [1, 0], 0.5)
TWO_PI = np.full((2, 2), 0.5)

EXACT = {"rtol": 1e-14, "atol": 0}


def test_one_state_by_hand():
    np.testing.assert_allclose(values.state_values(ONE_STATE, ONE_PI), [5], **EXACT)
    np.testing.assert_allclose(values.action_values(ONE_STATE, ONE_PI), [[3.5, 5.5]], **EXACT)
    np.testing.assert_allclose(values.advantages(ONE_STATE, ONE_PI), [[-1.5, 0.5]], **EXACT)
    np.testing.assert_allclose(values.visitation(ONE_STATE, ONE_PI), [2], **EXACT)
    assert values.expected_return(ONE_STATE, ONE_PI) == pytest.approx(5, rel=1e-14)


def test_two_states_by_hand():
    np.testing.assert_array_equal(values.transition_matrix(TWO_STATES, TWO_PI), [[0.5, 0.5], [1, 0]])
    np.testing.assert_allclose(values.state_values(TWO_STATES, TWO_PI), [6 / 5, 8 / 5], **EXACT)
    np.testing.assert_allclose(values.action_values(TWO_STATES, TWO_PI), [[0.6, 1.8], [2.6, 0.6]], **EXACT)
    np.testing.assert_allclose(values.advantages(TWO_STATES, TWO_PI), [[-0.6, 0.6], [1, -1]], rtol=1e-13)
    np.testing.assert_allclose(values.visitation(TWO_STATES, TWO_PI), [8 / 5, 2 / 5], **EXACT)
    assert values.expected_return(TWO_STATES, TWO_PI) == pytest.approx(6 / 5, rel=1e-14)


def test_the_policy_gradient_of_one_state_by_hand():
    """eta = (1 + 2p) / (1 - gamma) with p = sigma(theta): d eta / d theta = 2 p (1 - p) / (1 - gamma)."""
    family = models.one_parameter([1])
    p = 0.75
    gradient = values.policy_gradient(ONE_STATE, family, [np.log(p / (1 - p))])
    np.testing.assert_allclose(gradient, [2 * p * (1 - p) / 0.5], **EXACT)


def test_a_policy_may_be_given_as_a_list_of_rows():
    assert values.expected_return(TWO_STATES, [[0.5, 0.5], [0.5, 0.5]]) == pytest.approx(6 / 5, rel=1e-14)


@pytest.mark.parametrize(
    "quantity",
    [
        values.transition_matrix,
        values.state_values,
        values.action_values,
        values.advantages,
        values.visitation,
        values.expected_return,
    ],
)
def test_what_is_no_policy_of_the_mdp_has_no_values(quantity):
    with pytest.raises(ValueError, match=r"^pi: expected shape \(2, 2\), got \(1, 2\)"):
        quantity(TWO_STATES, ONE_PI)
    with pytest.raises(ValueError, match=r"^pi: expected .* sum to 1, got the sum 1.5 in row \(1,\)"):
        quantity(TWO_STATES, [[0.5, 0.5], [0.75, 0.75]])


# --- the definitions, slowly, and identities on random instances ---


def distributions_over_time(mdp, pi, steps):
    """P(s_t = .) for t = 0, 1, ..., by pushing the start distribution along."""
    p = mdp.rho0
    for _ in range(steps):
        yield p
        p = np.einsum("s,sa,sap->p", p, pi, mdp.P)


STEPS = 400  # 0.9^400 is below 1e-18: nothing is left of the sum


@pytest.mark.equation("eq-visitation", values.visitation)
@given(st.data())
def test_rho_is_the_discounted_sum_of_the_state_distributions(data):
    mdp = data.draw(mdps(max_gamma=0.9))
    pi = data.draw(policies_of(mdp))
    slowly = sum(mdp.gamma**t * p for t, p in enumerate(distributions_over_time(mdp, pi, STEPS)))
    np.testing.assert_allclose(values.visitation(mdp, pi), slowly, rtol=0, atol=1e-10 / (1 - mdp.gamma))


@given(st.data())
def test_eta_is_the_expected_discounted_sum_of_rewards(data):
    mdp = data.draw(mdps(max_gamma=0.9))
    pi = data.draw(policies_of(mdp))
    over_time = enumerate(distributions_over_time(mdp, pi, STEPS))
    slowly = sum(mdp.gamma**t * p @ (pi * mdp.r).sum(axis=1) for t, p in over_time)
    assert values.expected_return(mdp, pi) == pytest.approx(slowly, rel=0, abs=rounding(mdp))


@given(st.data())
def test_q_is_the_return_after_a_first_action(data):
    """Q(s, a) slowly: the return of the same MDP started in s, whose first action is a."""
    mdp = data.draw(mdps(max_states=3, max_actions=3, max_gamma=0.9))
    pi = data.draw(policies_of(mdp))
    for s, a in np.ndindex(*mdp.r.shape):
        after = MDP(mdp.P, mdp.r, mdp.P[s, a], mdp.gamma)
        slowly = mdp.r[s, a] + mdp.gamma * values.expected_return(after, pi)
        assert values.action_values(mdp, pi)[s, a] == pytest.approx(slowly, rel=0, abs=rounding(mdp))


@given(st.data())
def test_v_is_the_return_of_the_mdp_started_there(data):
    mdp = data.draw(mdps())
    pi = data.draw(policies_of(mdp))
    starts = [MDP(mdp.P, mdp.r, start, mdp.gamma) for start in np.eye(mdp.n_states)]
    slowly = [values.visitation(start, pi) @ (pi * mdp.r).sum(axis=1) for start in starts]
    np.testing.assert_allclose(values.state_values(mdp, pi), slowly, rtol=0, atol=rounding(mdp))


@given(st.data())
def test_the_advantage_is_what_q_exceeds_v_by(data):
    mdp = data.draw(mdps())
    pi = data.draw(policies_of(mdp))
    difference = values.action_values(mdp, pi) - values.state_values(mdp, pi)[:, None]
    np.testing.assert_allclose(values.advantages(mdp, pi), difference, rtol=0, atol=rounding(mdp))


@given(st.data())
def test_the_advantage_of_the_policy_itself_averages_to_zero(data):
    mdp = data.draw(mdps())
    pi = data.draw(policies_of(mdp))
    average = (pi * values.advantages(mdp, pi)).sum(axis=1)
    np.testing.assert_allclose(average, 0, rtol=0, atol=rounding(mdp))


@given(st.data())
def test_rho_sums_to_one_over_one_minus_gamma(data):
    mdp = data.draw(mdps())
    rho = values.visitation(mdp, data.draw(policies_of(mdp)))
    assert (rho >= -1e-10 / (1 - mdp.gamma)).all()
    assert rho.sum() == pytest.approx(1 / (1 - mdp.gamma), rel=1e-10)


# --- another library on gymnasium's tables, which it gets without our MDP ---


def quantecon_program(table, gamma):
    """QuantEcon's dynamic program of a transition table. Its state 0 is the end; our state s is its s + 1."""
    n_states, n_actions = len(table), len(table[0])
    R, Q = np.zeros((n_states + 1, n_actions)), np.zeros((n_states + 1, n_actions, n_states + 1))
    Q[0, :, 0] = 1
    for s, a in np.ndindex(n_states, n_actions):
        for probability, s_next, reward, terminated in table[s][a]:
            Q[s + 1, a, 0 if terminated else s_next + 1] += probability
            R[s + 1, a] += probability * reward
    return DiscreteDP(R, Q, gamma)


GAMMA = 0.99


@pytest.fixture(scope="module", params=["FrozenLake-v1", "Taxi-v4"])
def two_libraries(request):
    env = gym.make(request.param)
    return from_gymnasium(env, gamma=GAMMA), quantecon_program(env.unwrapped.P, GAMMA)


def test_optimal_values_are_those_of_quantecon(two_libraries):
    mdp, program = two_libraries
    V = values.state_values(mdp, values.policy_iteration(mdp))
    np.testing.assert_allclose(
        V[:-1], program.solve(method="policy_iteration").v[1:], rtol=0, atol=rounding(mdp)
    )
    assert V[-1] == 0


def test_values_of_a_deterministic_policy_are_those_of_quantecon(two_libraries):
    mdp, program = two_libraries
    actions = np.random.default_rng(0).integers(mdp.n_actions, size=mdp.n_states)
    V = values.state_values(mdp, np.eye(mdp.n_actions)[actions])
    expected = program.evaluate_policy(np.roll(actions, 1))
    np.testing.assert_allclose(V[:-1], expected[1:], rtol=0, atol=rounding(mdp))


def test_values_of_the_uniform_policy_are_those_of_quantecon(two_libraries):
    mdp, program = two_libraries
    averaged = DiscreteDP(program.R.mean(axis=1)[:, None], program.Q.mean(axis=1)[:, None], GAMMA)
    expected = averaged.evaluate_policy(np.zeros(mdp.n_states, dtype=int))
    V = values.state_values(mdp, policies.uniform(mdp))
    np.testing.assert_allclose(V[:-1], expected[1:], rtol=0, atol=rounding(mdp))


def test_the_best_walk_along_the_cliff_takes_13_steps_of_reward_minus_one():
    """Up, eleven to the right, down: eta = -(1 + gamma + ... + gamma^12)."""
    mdp = from_gymnasium(gym.make("CliffWalking-v1"), gamma=GAMMA)
    best = values.expected_return(mdp, values.policy_iteration(mdp))
    assert best == pytest.approx(-sum(GAMMA**t for t in range(13)), rel=1e-12)


# --- the policy gradient ---


def eta_for_autograd(mdp, probabilities):
    """theta -> eta, in numbers that autograd can differentiate."""

    def eta(theta):
        pi = probabilities(theta)
        system = anp.eye(mdp.n_states) - mdp.gamma * anp.einsum("sa,sap->sp", pi, mdp.P)
        return anp.dot(mdp.rho0, anp.linalg.solve(system, anp.sum(pi * mdp.r, axis=1)))

    return eta


def softmax_for_autograd(features):
    def probabilities(theta):
        weights = anp.exp(anp.dot(features, theta))
        return weights / anp.sum(weights, axis=1, keepdims=True)

    return probabilities


@st.composite
def mdps_with_families(draw):
    """An MDP with a softmax family, tabular or aliased, and a theta."""
    mdp = draw(mdps(max_states=4))
    rng = np.random.default_rng(draw(SEEDS))
    D = draw(st.integers(1, 4))
    family = policies.tabular(mdp.n_states, mdp.n_actions)
    if draw(st.booleans()):
        family = policies.aliased(rng.standard_normal((mdp.n_states, mdp.n_actions, D)))
    return mdp, family, rng.standard_normal(family.n_parameters)


@given(mdps_with_families())
def test_the_policy_gradient_is_the_derivative_that_autograd_finds(drawn):
    mdp, family, theta = drawn
    expected = autograd.grad(eta_for_autograd(mdp, softmax_for_autograd(family.features)))(theta)
    gradient = values.policy_gradient(mdp, family, theta)
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=rounding(mdp) / (1 - mdp.gamma))


def central_difference(f, theta, h):
    return np.array([(f(theta + h * e) - f(theta - h * e)) / (2 * h) for e in np.eye(len(theta))])


@given(mdps_with_families())
def test_the_policy_gradient_is_the_derivative_that_finite_differences_find(drawn):
    mdp, family, theta = drawn
    slope = central_difference(lambda t: values.expected_return(mdp, family.probabilities(t)), theta, 1e-5)
    gradient = values.policy_gradient(mdp, family, theta)
    scale = np.abs(mdp.r).max() / (1 - mdp.gamma) ** 2
    np.testing.assert_allclose(gradient, slope, rtol=0, atol=1e-6 * scale)


class SinePolicy:
    """Two actions, no softmax: pi(a1|s) = (1 + sin theta_s) / 2."""

    def probabilities(self, theta):
        return np.stack([1 - np.sin(theta), 1 + np.sin(theta)], axis=1) / 2

    def jacobian(self, theta):
        S = np.arange(len(theta))
        slope = np.zeros((len(theta), 2, len(theta)))
        slope[S, 0, S], slope[S, 1, S] = -np.cos(theta) / 2, np.cos(theta) / 2
        return slope


@given(mdps(min_actions=2, max_actions=2), SEEDS)
def test_the_policy_gradient_theorem_holds_for_a_family_that_is_no_softmax(mdp, seed):
    theta = np.random.default_rng(seed).uniform(-np.pi, np.pi, mdp.n_states)

    def sine(theta):
        return anp.stack([1 - anp.sin(theta), 1 + anp.sin(theta)], axis=1) / 2

    expected = autograd.grad(eta_for_autograd(mdp, sine))(theta)
    gradient = values.policy_gradient(mdp, SinePolicy(), theta)
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=rounding(mdp) / (1 - mdp.gamma))


# --- policy iteration ---


@given(mdps(max_states=3, max_actions=3))
def test_policy_iteration_is_at_least_as_good_in_every_state_as_every_deterministic_policy(mdp):
    V = values.state_values(mdp, values.policy_iteration(mdp))
    for actions in itertools.product(range(mdp.n_actions), repeat=mdp.n_states):
        other = values.state_values(mdp, np.eye(mdp.n_actions)[list(actions)])
        assert (other - rounding(mdp) <= V).all()


@given(mdps())
def test_policy_iteration_returns_a_deterministic_policy(mdp):
    pi = values.policy_iteration(mdp)
    assert pi.shape == mdp.r.shape
    np.testing.assert_array_equal(np.sort(pi, axis=1)[:, -1], 1)
    np.testing.assert_array_equal(pi.sum(axis=1), 1)


def test_policy_iteration_gives_up_a_reward_now_for_a_larger_one_later():
    """A reward of 1 for a0 in s0 for ever is worth 10; a1 leads to s1, where a1 pays 2 for ever: worth 18."""
    mdp = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[1, 0], [0, 2]], [1, 0], 0.9)
    np.testing.assert_array_equal(values.policy_iteration(mdp), [[0, 1], [0, 1]])


def fork(advantage):
    """s0 leads to s1 (a0) or s2 (a1), which pay 1 and 1 + advantage for ever; gamma = 1/2, so max Q is 2."""
    goes_to = np.array([[1, 2], [1, 1], [2, 2]])
    r = [[0, 0], [1, 1], [1 + advantage, 1 + advantage]]
    return MDP(np.eye(3)[goes_to], r, [1, 0, 0], 0.5)


def test_policy_iteration_sees_an_improvement_just_above_rounding():
    # Q(s0) differs by `advantage`, the largest Q is 2: the threshold is at 2 * 1e-12.
    assert values.policy_iteration(fork(3e-12))[0].argmax() == 1


def test_policy_iteration_does_not_chase_rounding():
    assert values.policy_iteration(fork(1e-12))[0].argmax() == 0


def test_policy_iteration_ends_where_nothing_matters():
    mdp = MDP(np.full((3, 2, 3), 1 / 3), np.zeros((3, 2)), np.ones(3) / 3, 0.99)
    np.testing.assert_array_equal(values.policy_iteration(mdp), [[1, 0]] * 3)


@pytest.mark.parametrize("gamma", [0.999, 1 - 1e-6])
def test_policy_iteration_ends_although_ties_are_rounded_differently(gamma):
    """In an empty room many moves are equally good."""
    mdp = models.gridworld(6, 6, slip=0.1, gamma=gamma)
    pi = values.policy_iteration(mdp)
    Q = values.action_values(mdp, pi)
    regret = Q.max(axis=1) - (pi * Q).sum(axis=1)
    assert regret.max() <= 1e-11

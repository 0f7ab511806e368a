"""The numbered equations of chapter 1: both sides of each, by routes that share no formula."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SEEDS, distributions, mdps, policies_of, rounding

from trpo_lesson.exact import models, policies, simulate, values
from trpo_lesson.exact.mdp import MDP

LAYERS, WIDTH = 3, 2  # a world of paths that one can list: two states at each of three times, then the end


@st.composite
def short_worlds(draw):
    """(mdp, pi): step t is taken in layer t, the states 2t and 2t + 1; after the last layer all is over."""
    rng, S = np.random.default_rng(draw(SEEDS)), LAYERS * WIDTH + 1
    P, r, rho0 = np.zeros((S, 2, S)), np.zeros((S, 2)), np.zeros(S)
    for t in range(LAYERS):
        here, there = slice(WIDTH * t, WIDTH * (t + 1)), slice(WIDTH * (t + 1), WIDTH * (t + 2))
        width = len(range(S)[there])
        P[here, :, there] = distributions(rng, (WIDTH, 2, width), support=width, sharpness=1)
        r[here] = rng.standard_normal((WIDTH, 2))
    P[-1, :, -1] = 1
    rho0[:WIDTH] = distributions(rng, (WIDTH,), support=WIDTH, sharpness=1)
    mdp = MDP(P, r, rho0, draw(st.floats(0, 0.99)))
    return mdp, draw(policies_of(mdp))


def listed(mdp, pi, first_states, *, first_action=None):
    """(probability, states, actions) of every path of `LAYERS` steps, from the weights of its first state.

    The probability is the product of the factors; a first action that is given has the factor one.
    """
    S, A = mdp.r.shape
    layers = [[s for s in range(S) if s // WIDTH == t] for t in range(LAYERS)]
    for states in itertools.product(*layers):
        for actions in itertools.product(range(A), repeat=LAYERS):
            if first_action not in (None, actions[0]):
                continue
            probability = first_states[states[0]]
            for t, (s, a) in enumerate(zip(states, actions, strict=True)):
                probability *= pi[s, a] if t or first_action is None else 1
                probability *= mdp.P[s, a, states[t + 1]] if t + 1 < LAYERS else 1
            yield probability, states, actions


def mean_return(mdp, paths):
    """The average over listed paths of sum_t gamma^t r(s_t, a_t), each reward read from the table."""
    return sum(
        p * sum(mdp.gamma**t * mdp.r[s, a] for t, (s, a) in enumerate(zip(states, actions, strict=True)))
        for p, states, actions in paths
    )


def state_distributions(mdp, pi, state, steps):
    """The distribution of s_t for t = 0, 1, ..., entry by entry."""
    S, A = mdp.r.shape
    for _ in range(steps):
        yield state
        state = np.array(
            [
                sum(state[s] * pi[s, a] * mdp.P[s, a, s_next] for s in range(S) for a in range(A))
                for s_next in range(S)
            ]
        )


LONG = 220  # steps; 0.85 ** 220 < 1e-15: nothing is left of a sum with gamma <= 0.85
long_worlds = mdps(max_states=3, max_actions=3, max_gamma=0.85)


def mean_rewards(mdp, pi):
    return [sum(p * r for p, r in zip(*rows, strict=True)) for rows in zip(pi, mdp.r, strict=True)]


@pytest.mark.equation("eq-path-probability", simulate.trajectories)
def test_each_beginning_of_a_path_comes_as_often_as_the_product_of_its_factors():
    rng, N = np.random.default_rng(0), 40_000
    mdp = models.garnet(2, 2, 2, rng=rng)
    pi = np.array([[0.3, 0.7], [0.6, 0.4]])
    paths = simulate.trajectories(mdp, pi, horizon=2, episodes=N, rng=rng)
    total = 0
    for s0, a0, s1, a1, s2 in itertools.product(range(2), repeat=5):
        product = mdp.rho0[s0] * pi[s0, a0] * mdp.P[s0, a0, s1] * pi[s1, a1] * mdp.P[s1, a1, s2]
        came = (paths.states == [s0, s1, s2]).all(axis=1) & (paths.actions == [a0, a1]).all(axis=1)
        assert abs(came.mean() - product) <= 4 * np.sqrt(product * (1 - product) / N)
        total += product
    assert total == pytest.approx(1, rel=1e-14)


@pytest.mark.equation("eq-path-probability", values.transition_matrix)
@given(short_worlds())
def test_the_products_of_all_paths_that_end_in_a_state_add_up_to_its_probability(world):
    mdp, pi = world
    ends = np.zeros(mdp.n_states)
    for probability, states, _ in listed(mdp, pi, mdp.rho0):
        ends[states[-1]] += probability
    P_pi = values.transition_matrix(mdp, pi)
    np.testing.assert_allclose(mdp.rho0 @ P_pi @ P_pi, ends, rtol=0, atol=1e-14)


@pytest.mark.equation("eq-return", values.expected_return)
@given(short_worlds())
def test_eta_is_the_return_averaged_over_all_paths(world):
    mdp, pi = world
    by_paths = mean_return(mdp, listed(mdp, pi, mdp.rho0))
    assert values.expected_return(mdp, pi) == pytest.approx(by_paths, rel=0, abs=rounding(mdp))


@pytest.mark.equation("eq-random-end", values.expected_return)
@given(st.data())
def test_the_undiscounted_sum_until_a_geometric_end_is_eta(data):
    """Sum over the lengths k: Pr(K = k) = gamma^(k - 1) (1 - gamma), times the rewards of k steps."""
    mdp = data.draw(long_worlds)
    pi = data.draw(policies_of(mdp))
    r_pi, collected, undiscounted = mean_rewards(mdp, pi), 0, 0
    for k, state in enumerate(state_distributions(mdp, pi, mdp.rho0, LONG), start=1):
        collected += state @ r_pi
        undiscounted += mdp.gamma ** (k - 1) * (1 - mdp.gamma) * collected
    assert values.expected_return(mdp, pi) == pytest.approx(undiscounted, rel=0, abs=rounding(mdp))


@pytest.mark.equation("eq-values", values.state_values)
@given(short_worlds())
def test_v_is_the_return_averaged_over_the_paths_from_a_state(world):
    mdp, pi = world
    for s in range(WIDTH):  # later layers have shorter paths than listed: their values are checked below
        by_paths = mean_return(mdp, listed(mdp, pi, np.eye(mdp.n_states)[s]))
        assert values.state_values(mdp, pi)[s] == pytest.approx(by_paths, rel=0, abs=rounding(mdp))


@pytest.mark.equation("eq-values", values.action_values)
@given(short_worlds())
def test_q_is_the_return_averaged_over_the_paths_from_a_state_and_a_first_action(world):
    mdp, pi = world
    for s, a in np.ndindex(WIDTH, 2):
        by_paths = mean_return(mdp, listed(mdp, pi, np.eye(mdp.n_states)[s], first_action=a))
        assert values.action_values(mdp, pi)[s, a] == pytest.approx(by_paths, rel=0, abs=rounding(mdp))


@pytest.mark.equation("eq-bellman", values.state_values)
@given(st.data())
def test_the_summed_rewards_from_a_state_satisfy_the_bellman_equation_of_the_solved_values(data):
    """Left: rewards added up over time. Right: the bracket with the values that the package solves for."""
    mdp = data.draw(long_worlds)
    pi = data.draw(policies_of(mdp))
    r_pi, V, (S, A) = mean_rewards(mdp, pi), values.state_values(mdp, pi), mdp.r.shape
    for s in range(S):
        over_time = enumerate(state_distributions(mdp, pi, np.eye(S)[s], LONG))
        left = sum(mdp.gamma**t * state @ r_pi for t, state in over_time)
        after = [sum(mdp.P[s, a, j] * V[j] for j in range(S)) for a in range(A)]
        right = sum(pi[s, a] * (mdp.r[s, a] + mdp.gamma * after[a]) for a in range(A))
        assert left == pytest.approx(right, rel=0, abs=rounding(mdp))


@pytest.mark.equation("eq-bellman", values.state_values)
def test_the_values_of_the_ledge_are_the_fractions_found_with_pen_and_paper():
    careful = [[0.9, 0.1], [0.9, 0.1]]
    V = values.state_values(models.ledge(gamma=0.9), careful)
    np.testing.assert_allclose(V, [721 / 973, 321 / 973], rtol=1e-12)


@pytest.mark.equation("eq-value-series", values.state_values)
@given(st.data())
def test_values_inverse_and_series_of_powers_agree(data):
    mdp = data.draw(long_worlds)
    pi = data.draw(policies_of(mdp))
    P_pi, r_pi, size = values.transition_matrix(mdp, pi), mean_rewards(mdp, pi), mdp.n_states
    series = sum(mdp.gamma**t * np.linalg.matrix_power(P_pi, t) for t in range(LONG))
    np.testing.assert_allclose(np.linalg.inv(np.eye(size) - mdp.gamma * P_pi), series, rtol=0, atol=1e-10)
    np.testing.assert_allclose(values.state_values(mdp, pi), series @ r_pi, rtol=0, atol=rounding(mdp))


@pytest.mark.equation("eq-advantage", values.advantages)
@given(short_worlds())
def test_the_advantage_is_the_mean_return_with_a_first_action_less_the_one_without(world):
    mdp, pi = world
    for s, a in np.ndindex(WIDTH, 2):
        start = np.eye(mdp.n_states)[s]
        Q = mean_return(mdp, listed(mdp, pi, start, first_action=a))
        V = mean_return(mdp, listed(mdp, pi, start))
        assert values.advantages(mdp, pi)[s, a] == pytest.approx(Q - V, rel=0, abs=rounding(mdp))


@pytest.mark.equation("eq-own-advantage", values.advantages)
@given(short_worlds())
def test_a_policy_has_no_advantage_over_itself_though_its_actions_have(world):
    """The sum is zero in every state. Its terms are not: they differ as the returns of the actions do."""
    mdp, pi = world
    A = values.advantages(mdp, pi)
    for s in range(mdp.n_states):
        own = sum(pi[s, a] * A[s, a] for a in range(mdp.n_actions))
        assert own == pytest.approx(0, rel=0, abs=rounding(mdp))
    for s in range(WIDTH):
        start = np.eye(mdp.n_states)[s]
        first, second = (mean_return(mdp, listed(mdp, pi, start, first_action=a)) for a in range(2))
        assert A[s, 0] - A[s, 1] == pytest.approx(first - second, rel=0, abs=rounding(mdp))


@pytest.mark.equation("eq-value-bounds", values.advantages)
@given(st.data())
def test_values_and_advantages_stay_within_their_bounds(data):
    mdp = data.draw(mdps())
    pi = data.draw(policies_of(mdp))
    horizon, slack = 1 / (1 - mdp.gamma), rounding(mdp)
    assert np.abs(values.state_values(mdp, pi)).max() <= horizon * np.abs(mdp.r).max() + slack
    assert np.abs(values.advantages(mdp, pi)).max() <= horizon * (mdp.r.max() - mdp.r.min()) + slack


@pytest.mark.equation("eq-value-bounds", values.advantages)
@given(gamma=st.floats(0, 0.99), low=st.floats(-3, 0), high=st.floats(0, 3))
def test_both_bounds_are_reached(gamma, low, high):
    """Stay for the lowest reward for ever, or leave for the highest for ever; the policy stays."""
    mdp = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[low, high], [high, high]], [1, 0], gamma)
    stays = [[1, 0], [1, 0]]
    horizon = 1 / (1 - gamma)
    largest = max(-low, high) * horizon
    assert np.abs(values.state_values(mdp, stays)).max() == pytest.approx(largest, rel=1e-12, abs=1e-300)
    expected = (high - low) * horizon
    assert values.advantages(mdp, stays)[0, 1] == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.equation("eq-visitation", values.visitation)
@given(st.data())
def test_rho_adds_up_the_discounted_probabilities_of_being_there(data):
    mdp = data.draw(long_worlds)
    pi = data.draw(policies_of(mdp))
    over_time = enumerate(state_distributions(mdp, pi, mdp.rho0, LONG))
    slowly = sum(mdp.gamma**t * state for t, state in over_time)
    np.testing.assert_allclose(values.visitation(mdp, pi), slowly, rtol=0, atol=1e-10)


@pytest.mark.equation("eq-two-views", values.expected_return)
@given(short_worlds())
def test_the_value_of_the_start_is_the_reward_of_all_visits(world):
    """Visits and values are both counted along listed paths; the package's eta is the third number."""
    mdp, pi = world
    rho = np.zeros(mdp.n_states)
    for probability, states, _ in listed(mdp, pi, mdp.rho0):
        for t, s in enumerate(states):
            rho[s] += mdp.gamma**t * probability
    by_visits = sum(rho[s] * pi[s, a] * mdp.r[s, a] for s, a in np.ndindex(*mdp.r.shape))
    V = [mean_return(mdp, listed(mdp, pi, np.eye(mdp.n_states)[s])) for s in range(WIDTH)]
    by_values = sum(mdp.rho0[s] * V[s] for s in range(WIDTH))
    assert by_values == pytest.approx(by_visits, rel=0, abs=rounding(mdp))
    assert values.expected_return(mdp, pi) == pytest.approx(by_visits, rel=0, abs=rounding(mdp))


@pytest.mark.equation("eq-optimality", values.policy_iteration)
@given(mdps(max_states=4, max_actions=3, max_gamma=0.9))
def test_the_best_value_of_all_deterministic_policies_solves_the_optimality_equation(mdp):
    """Left: the largest value in each state, over all A^S policies. Right: the best bracket with it."""
    S, A = mdp.r.shape
    every = [np.eye(A)[list(chosen)] for chosen in itertools.product(range(A), repeat=S)]
    V_star = np.max([values.state_values(mdp, pi) for pi in every], axis=0)
    for s in range(S):
        after = [sum(mdp.P[s, a, j] * V_star[j] for j in range(S)) for a in range(A)]
        right = max(mdp.r[s, a] + mdp.gamma * after[a] for a in range(A))
        assert V_star[s] == pytest.approx(right, rel=0, abs=rounding(mdp))
    found = values.state_values(mdp, values.policy_iteration(mdp))
    np.testing.assert_allclose(found, V_star, rtol=0, atol=rounding(mdp))


@given(st.data())
def test_no_stochastic_policy_beats_the_optimal_values(data):
    mdp = data.draw(mdps())
    V_star = values.state_values(mdp, values.policy_iteration(mdp))
    for pi in (data.draw(policies_of(mdp)), policies.uniform(mdp)):
        assert (values.state_values(mdp, pi) <= V_star + rounding(mdp)).all()


@given(SEEDS)
def test_averages_scatter_as_the_standard_error_of_one_sample_says(seed):
    """sigma / sqrt(N), which chapter 1 uses without a number: averages of 100 coins of variance p (1 - p)."""
    coins = np.random.default_rng(seed).random((400, 100)) < 0.3
    exact = np.sqrt(0.3 * 0.7 / 100)
    assert coins.mean(axis=1).std() == pytest.approx(exact, rel=5 / np.sqrt(2 * 400))
    assert simulate.standard_error(coins.T).mean() == pytest.approx(exact, rel=0.05)


@given(st.data())
def test_the_quotient_of_two_counts_of_visits_is_the_discount_of_the_first_arrival(data):
    """Entry (0, s) of the inverse over (s, s), against what arrives for the first time at each step."""
    mdp = data.draw(long_worlds)
    P_pi = values.transition_matrix(mdp, data.draw(policies_of(mdp)))
    inverse = np.linalg.inv(np.eye(mdp.n_states) - mdp.gamma * P_pi)
    for s in range(mdp.n_states):
        state, arrivals = np.eye(mdp.n_states)[0], 0
        for t in range(LONG):
            arrivals += mdp.gamma**t * state[s]
            state[s] = 0  # what has arrived counts no more
            state = state @ P_pi
        assert inverse[0, s] / inverse[s, s] == pytest.approx(arrivals, rel=0, abs=1e-12)

"""The right answers to the exercises of chapter 1, found again by routes that the checks do not take."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import mdps, policies_of, rounding

from trpo_lesson.checks import measure_a_policy as check
from trpo_lesson.exact import models, simulate, values
from trpo_lesson.exact.mdp import MDP

# ------------------------------------------------------------------------------------------- 1.1, the machine


def test_the_machines_values_are_found_by_following_it():
    P = np.array([[0.75, 0.25], [1, 0]])  # of the policy: half of the runs break it
    expected = np.array(
        [sum(0.5**t * np.linalg.matrix_power(P, t)[s] @ [1.25, -1] for t in range(80)) for s in (0, 1)]
    )
    assert np.allclose(expected, check.VALUES.right)
    run = 2.5 + 0.5 * expected.mean()  # works or is broken, with equal probabilities
    assert np.isclose(run, check.Q_RUN.right)
    assert np.isclose(run - expected[0], check.A_RUN.right)


# ----------------------------------------------------------------------------- 1.2, which one always holds?


def holds(option, mdp, pi):
    V, A = values.state_values(mdp, pi), values.advantages(mdp, pi)
    near = 100 * rounding(mdp)
    d = (1 - mdp.gamma) * values.visitation(mdp, pi)
    return {
        "a": np.allclose(A.sum(axis=1), 0, atol=near),
        "b": np.isclose(d @ V, values.expected_return(mdp, pi), atol=near),
        "c": np.allclose(A[pi == 1], 0, atol=near),
        "d": (A[pi == 0] <= near).all(),
    }[option]


@given(data=st.data(), mdp=mdps())
def test_the_right_statement_holds_in_random_worlds(data, mdp):
    assert holds(check.ALWAYS.right, mdp, data.draw(policies_of(mdp)))


@pytest.mark.parametrize("option", [option for option, _ in check.ALWAYS.slips])
def test_every_other_statement_fails_in_a_small_world(option):
    worse_first = MDP(np.ones((1, 2, 1)), [[0, 1]], [1], 0.0)
    once = MDP([[[0, 1]], [[0, 1]]], [[1], [0]], [1, 0], 0.9)
    pairs = [(worse_first, np.array([[1.0, 0.0]])), (once, np.ones((2, 1)))]
    assert not all(holds(option, *pair) for pair in pairs)


# ------------------------------------------------------------------------- 1.3, other units, another sign


def test_rewritten_rewards_change_values_and_advantages_as_the_answers_say():
    """A world whose state 0 has V = 4 and whose action 1 has the advantage 0.5 there."""
    rng = np.random.default_rng(13)
    world, pi = models.garnet(4, 2, 2, rng=rng), np.full((4, 2), 0.5)
    V, A = values.state_values(world, pi)[0], values.advantages(world, pi)[0, 1]
    r = world.r * 0.5 / A  # the right advantage; and now the right value, by a constant
    r = r + (4 - V * 0.5 / A) * 0.1

    def measured(r):
        world_r = MDP(world.P, r, world.rho0, world.gamma)
        return values.state_values(world_r, pi)[0], values.advantages(world_r, pi)[0, 1]

    assert np.allclose(measured(r), (4, 0.5))
    assert np.allclose(measured(2 * r - 3), (check.V_NEW.right, check.A_NEW.right))
    assert np.isclose(measured(-r)[1], check.A_COST.right)


# -------------------------------------------------------------------------------- 1.4, paths that are cut


def left_out(T):
    """What a path that always earns 1 still gets from step T on."""
    return sum(0.99**t for t in range(T, 5000))


def test_what_is_left_out_of_a_path_is_added_up_and_the_least_steps_are_counted():
    assert np.isclose(left_out(100), check.MISSING.right)
    assert next(T for T in itertools.count(600) if left_out(T) <= 0.1) == check.STEPS.right


def test_so_many_paths_have_the_wanted_standard_error():
    two_values = np.repeat([-5.0, 5.0], check.PATHS.right // 2)  # of standard deviation 5
    assert np.isclose(simulate.standard_error(two_values), 0.05, rtol=1e-3)


# --------------------------------------------------------------- 1.5, a game that ends sooner for some


def test_the_game_is_a_finite_world_with_an_end_and_its_sum_is_the_answer():
    """Strong, weak, ended; gamma is so near to 1 that it discounts nothing that matters."""
    P = [[[0.9, 0, 0.1]], [[0, 0.5, 0.5]], [[0, 0, 1]]]
    game = MDP(P, [[1], [0], [0]], [0.5, 0.5, 0], 1 - 1e-9)
    assert np.isclose(values.expected_return(game, np.ones((3, 1))), check.TRUE_SUM.right, rtol=1e-6)


def test_the_first_false_step_is_the_fourth():
    rng, N = np.random.default_rng(15), 200_000
    strong = rng.random(N) < 0.5
    K = rng.geometric(np.where(strong, 0.1, 0.5))  # the number of steps until the end
    assert abs(np.minimum(K, 400)[strong].sum() / N - check.TRUE_SUM.right) < 0.1  # step 1
    for t in (0, 1, 3, 6):
        plays = 0.5 * 0.9**t + 0.5 * 0.5**t
        assert abs((t < K).mean() - plays) < 0.006  # step 2
        assert abs(((t < K) & strong).mean() - 0.5 * 0.9**t) < 0.006
        assert (abs(((t < K) & strong).mean() - plays / 2) > 0.05) == (t > 0)  # not step 4
    assert check.FALSE_STEP.right == 4


# ------------------------------------------------------------------------- 1.6, how far do returns scatter?


@pytest.mark.parametrize("case", check.DEVIATION.cases, ids=lambda case: case[0])
def test_the_deviation_is_that_of_simulated_returns(case):
    mdp, pi = case[1]
    paths = simulate.trajectories(mdp, pi, horizon=100, episodes=20_000, rng=np.random.default_rng(16))
    assert np.isclose(
        simulate.discounted_returns(paths, mdp.gamma).std(), check.DEVIATION.right(mdp, pi), rtol=0.03
    )


def test_the_deviation_of_a_coin_that_is_thrown_in_each_step_is_known():
    coin = MDP(np.ones((1, 2, 1)), [[0, 1]], [1], 0.6)
    assert np.isclose(check.DEVIATION.right(coin, np.array([[0.5, 0.5]])), 0.625)


# -------------------------------------------------------------------------------- 1.7, praise on the way


@given(data=st.data(), mdp=mdps(max_gamma=0.95))
def test_praise_shifts_values_by_the_potential_and_leaves_advantages(data, mdp):
    pi = data.draw(policies_of(mdp))
    phi = np.random.default_rng(data.draw(st.integers(0, 1000))).normal(size=mdp.n_states)
    praised = MDP(mdp.P, mdp.r + mdp.gamma * mdp.P @ phi - phi[:, None], mdp.rho0, mdp.gamma)
    shifted = values.state_values(mdp, pi) - phi
    assert np.allclose(values.state_values(praised, pi), shifted, atol=1e-8)
    assert np.allclose(values.advantages(praised, pi), values.advantages(mdp, pi), atol=1e-8)


def test_the_model_answers_example_has_the_returns_that_it_says():
    P, r, phi = np.array([[[1, 0], [0, 1]], [[0, 1], [0, 1]]]), np.array([[0, 1], [0, 0]]), np.array([1.0, 0])
    stay, go = np.array([[1.0, 0], [1, 0]]), np.array([[0.0, 1], [0, 1]])
    praise = 0.9 * P @ phi
    for rewards, expected in ((r, (0, 1)), (r + praise, (9, 1)), (r + praise - phi[:, None], (-1, 0))):
        mdp = MDP(P, rewards, [1, 0], 0.9)
        assert np.allclose([values.expected_return(mdp, pi) for pi in (stay, go)], expected)

"""The right answers to the exercises of chapter 4, found again by routes that the checks do not take."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import mdps, policies_of

from trpo_lesson.checks import weigh_the_states as check
from trpo_lesson.exact import models, policies, values, visit_shift
from trpo_lesson.exact.mdp import MDP

# ------------------------------------------------------------------------------------- 4.1, town and road


def visits_of_the_courier(p):
    """The visits of town and road, added up along time."""
    town, road, visits = 1.0, 0.0, np.zeros(2)
    for t in range(80):
        visits += 0.5**t * np.array([town, road])
        town, road = (1 - p) * town + road, p * town
    return visits


def test_the_couriers_visits_their_share_and_their_slope_are_found_along_time():
    rho = visits_of_the_courier(0.5)
    assert np.allclose(rho, check.RHO.right)
    assert np.isclose(rho[1] / rho.sum(), check.SHARE.right)
    slope = (visits_of_the_courier(0.5 + 1e-5) - visits_of_the_courier(0.5 - 1e-5))[1] / 2e-5
    assert np.isclose(slope, check.SLOPE.right)


# ------------------------------------------------------------------------------------- 4.2, four baskets


def test_only_the_right_option_has_other_shares_than_d():
    mdp = models.garnet(4, 2, 2, rng=np.random.default_rng(42), gamma=0.9)
    pi, T, N = policies.uniform(mdp), 300, 200_000
    at = [mdp.rho0 @ np.linalg.matrix_power(values.transition_matrix(mdp, pi), t) for t in range(T)]
    K = np.random.default_rng(1).geometric(0.1, size=N) - 1
    K = np.minimum(K, T - 1)
    weights = {"a": np.bincount(K, minlength=T) / N}  # of each time, in a basket: counted over the runs
    weights["b"] = np.array([(t <= K).mean() for t in range(T)])
    weights["c"] = np.array([(t < K).mean() for t in range(T)])
    weights["d"] = np.array([((t <= K) / (K + 1)).mean() for t in range(T)])
    d = (1 - mdp.gamma) * values.visitation(mdp, pi)
    near = {option: np.allclose(w @ at / w.sum(), d, atol=0.004) for option, w in weights.items()}
    assert [option for option in near if not near[option]] == [check.BASKETS.right]
    assert round(weights["d"][0], 2) == 0.26  # as the solution says


# --------------------------------------------------------------- 4.3, a factor that changes no maximiser


def test_only_at_the_right_price_does_the_program_find_the_texts_maximiser():
    """Along a line of policies, with gains that bend and a distance that grows with the square."""
    x = np.linspace(0, 1, 100_001)
    gains, distance = 100 * x, x**2  # the sum over visits, gamma = 0.99
    text = x[np.argmax(gains - 200 * distance)]
    assert np.isclose(text, 0.25, atol=1e-4)
    assert np.argmax(gains) == np.argmax(0.01 * gains)  # step 3 is true
    same_price = x[np.argmax(0.01 * gains - 200 * distance)]
    assert (same_price < 0.01 < text, check.FAULTY_STEP.right) == (True, 4)
    found = {beta: x[np.argmax(0.01 * gains - beta * distance)] for beta in (2, 200, 20_000)}
    assert [beta for beta, at in found.items() if np.isclose(at, text, atol=1e-4)] == [check.BETA.right]


def test_the_allowed_mean_is_that_of_a_step_with_the_allowed_sum():
    mdp = models.garnet(4, 2, 2, rng=np.random.default_rng(43), gamma=0.99)
    rho = values.visitation(mdp, policies.uniform(mdp))
    tv = np.array([1.0, 0.5, 2.0, 0.1])
    tv *= 0.05 / (rho @ tv)
    assert np.isclose(np.average(tv, weights=rho), check.ALLOWED_TV.right)


# -------------------------------------------------------------------------------- 4.4, small advantages

TICK = MDP(np.ones((1, 2, 1)), [[0, 0.02]], [1], 0.99)
ONCE = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 0.02], [0, 0]], [1, 0], 0.99)


@pytest.mark.parametrize(("world", "question"), [(TICK, check.TICK), (ONCE, check.ONCE)])
def test_the_losses_are_those_of_policy_iteration(world, question):
    still = np.tile([1.0, 0.0], (world.n_states, 1))
    assert np.isclose(values.advantages(world, still).max(), 0.02)
    best = values.state_values(world, values.policy_iteration(world))
    assert np.isclose(best[0] - values.state_values(world, still)[0], question.right)


def test_an_advantage_that_is_small_enough_loses_just_what_is_allowed_where_it_comes_each_step():
    world = MDP(np.ones((1, 2, 1)), [[0, check.ENOUGH.right]], [1], 0.99)
    assert np.isclose(values.expected_return(world, values.policy_iteration(world)), 0.1)


# ----------------------------------------------------------------- 4.5, little visited, little changed?


def test_the_corridors_rare_state_grows_more_than_the_claim_allows_and_the_bound_holds():
    P = np.zeros((7, 2, 7))  # state 6 is the end
    P[:, 0, 6], P[6, 1, 6] = 1, 1
    P[np.arange(6), 1, np.arange(1, 7)] = 1
    mdp = MDP(P, np.zeros((7, 2)), np.eye(7)[0], 0.9)
    old, new = (np.tile([1 - p, p], (7, 1)) for p in (0.1, 0.2))
    before, after = values.visitation(mdp, old), values.visitation(mdp, new)
    assert np.isclose(after[5] / before[5], check.GROWTH.right)
    assert round(after[5] - before[5], 4) == 0.0002  # as the solution says
    total = visit_shift.max_tv_shift_bound(mdp, old, new)
    loosest = 2 * 0.9 * 0.1 / 0.01
    assert abs(after - before).sum() <= total <= loosest
    assert np.isclose(1 + loosest / before.sum(), check.ALLOWED.right)  # steps 1 and 2
    claimed = check.ALLOWED.right - 1
    assert np.isclose((claimed * before).sum(), loosest)
    broken = (abs(after - before) > claimed * before).any()  # step 3, from which step 4 follows
    assert (broken, check.TERM_BY_TERM.right) == (True, 3)


# ------------------------------------------------------------------------------- 4.6, one policy for two


@given(data=st.data(), mdp=mdps(), w=st.floats(0, 1))
def test_the_right_policy_has_the_coins_visits_and_return(data, mdp, w):
    first, second = data.draw(policies_of(mdp)), data.draw(policies_of(mdp))
    one = check.ONE_FOR_TWO.right(mdp, first, second, w)
    assert np.allclose(one.sum(axis=1), 1)
    for measure in (values.visitation, values.expected_return):
        mixed = w * measure(mdp, first) + (1 - w) * measure(mdp, second)
        assert np.allclose(measure(mdp, one), mixed, atol=1e-8)


# ----------------------------------------------------------------- 4.7, which counts belong to a policy?


def test_the_model_answers_example_has_the_returns_that_it_says():
    P = [[[0, 0, 1], [0, 1, 0]], [[0, 0, 1], [0, 0, 1]], [[0, 0, 1], [0, 0, 1]]]
    mdp = MDP(P, [[0, 0], [0, 1], [0, 0]], [1, 0, 0], 0.8)
    always, never = np.tile([0.0, 1.0], (3, 1)), np.tile([1.0, 0.0], (3, 1))
    eta = [values.expected_return(mdp, pi) for pi in (always, never, (always + never) / 2)]
    assert np.allclose(eta, [0.8, 0, 0.8 / 4])
    one = check.ONE_FOR_TWO.right(mdp, always, never, 0.5)
    assert np.allclose(one[:2], [[0.5, 0.5], [0, 1]])
    assert np.isclose(values.expected_return(mdp, one), 0.8 / 2)

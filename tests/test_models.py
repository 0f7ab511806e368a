"""Every teaching MDP is what its docstring says and has the property that we teach with it."""

import runpy
import tracemalloc
from collections import deque
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from trpo_lesson.exact import divergences, models, policies, values
from trpo_lesson.exact.mdp import from_gymnasium
from trpo_lesson.exact.surrogate import surrogate

SEARCH = Path(__file__).parents[1] / "tools" / "find_models.py"


def sigma(x):
    return 1 / (1 + np.exp(-x))


def returns_along(mdp, family, thetas):
    """eta [T] of a family with one parameter."""
    return np.array([values.expected_return(mdp, family.probabilities([theta])) for theta in thetas])


def small_garnet(*, rng=None, **changes):
    sizes = {"n_states": 3, "n_actions": 2, "branching": 2} | changes
    return models.garnet(**sizes, rng=rng or np.random.default_rng(0))


@pytest.mark.parametrize(
    "model",
    [
        models.ledge,
        models.two_peaks,
        models.chain,
        lambda **gamma: models.gridworld(2, 2, **gamma),
        small_garnet,
    ],
)
def test_the_discount_is_nine_tenths_unless_another_is_named(model):
    assert model().gamma == 0.9
    assert model(gamma=0.5).gamma == 0.5


# --- ledge ---


def test_the_ledge_is_the_one_of_its_docstring():
    mdp = models.ledge()
    np.testing.assert_array_equal(mdp.P, [[[1, 0], [0.3, 0.7]], [[1, 0], [0, 1]]])
    np.testing.assert_array_equal(mdp.r, [[0, 1], [0, -3]])
    np.testing.assert_array_equal(mdp.rho0, [1, 0])


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9, 0.99])
def test_the_return_of_the_ledge_by_hand(gamma):
    """With p = sigma(theta):

    V1 = -3p + gamma (p V1 + (1 - p) V0), V0 = p + gamma ((1 - 0.7 p) V0 + 0.7 p V1), and eta = V0, so
    eta = p (1 - 3.1 gamma p) / ((1 - gamma) (1 - 0.3 gamma p)).
    """
    thetas = np.linspace(-8, 8, 33)
    p = sigma(thetas)
    by_hand = p * (1 - 3.1 * gamma * p) / ((1 - gamma) * (1 - 0.3 * gamma * p))
    eta = returns_along(models.ledge(gamma=gamma), models.ledge_policy(), thetas)
    np.testing.assert_allclose(eta, by_hand, rtol=1e-9, atol=1e-12)


def test_the_ledge_is_best_where_its_slope_vanishes_and_then_drops():
    """At gamma = 0.9, eta is proportional to p (1 - 2.79 p) / (1 - 0.27 p).

    So d eta / d p = 0 where 0.27 * 2.79 p^2 - 2 * 2.79 p + 1 = 0.
    """
    p = min(np.roots([0.27 * 2.79, -2 * 2.79, 1]))
    mdp, family = models.ledge(), models.ledge_policy()
    top = np.log(p / (1 - p))
    assert values.policy_gradient(mdp, family, [top]) == pytest.approx([0], abs=1e-12)
    before, best, after = returns_along(mdp, family, [top - 6, top, top + 6])
    assert 0 < before < best < 1
    assert after < -20


def test_from_the_ledge_a_long_step_falls_although_the_surrogate_rises():
    mdp, family = models.ledge(), models.ledge_policy()
    old, short, long = (family.probabilities([theta]) for theta in (-2.0, -1.6, 0.4))
    eta = values.expected_return(mdp, old)
    assert surrogate(mdp, old, short) > eta
    assert values.expected_return(mdp, short) > eta
    assert surrogate(mdp, old, long) > surrogate(mdp, old, short)
    assert values.expected_return(mdp, long) < eta - 5


# --- two peaks ---


def test_two_peaks_is_the_ring_of_its_docstring():
    mdp = models.two_peaks()
    for s in range(3):
        np.testing.assert_array_equal(mdp.P[s], np.eye(3)[[(s + 1) % 3, s]])  # a0 moves on, a1 stays
    np.testing.assert_array_equal(mdp.r, [[0, 0], [0, 3], [0, -2]])
    np.testing.assert_array_equal(mdp.rho0, [1, 0, 0])


@pytest.mark.parametrize(
    ("family", "pull"), [(models.ledge_policy(), [1, 1]), (models.two_peaks_policy(), [1, 1, 2])]
)
def test_the_families_with_one_parameter_are_sigmas(family, pull):
    for theta in (-1.5, 0.0, 2.0):
        p = sigma(np.multiply(pull, theta))
        np.testing.assert_allclose(family.probabilities([theta]), np.stack([1 - p, p], axis=1), rtol=1e-14)


def test_two_peaks_has_two_local_maxima_and_a_clear_valley_between():
    eta = returns_along(models.two_peaks(), models.two_peaks_policy(), np.linspace(-10, 10, 2001))
    rising = np.diff(eta) > 0
    turns = np.flatnonzero(rising[1:] != rising[:-1]) + 1
    assert len(turns) == 3  # up, down, up, down
    assert rising[0]
    first, valley, second = eta[turns]
    third_of_the_range = np.ptp(eta) / 3
    assert first - valley > third_of_the_range
    assert second - first > third_of_the_range
    assert second == eta.max()


def test_climbing_from_the_uniform_policy_ends_on_the_lower_peak():
    mdp, family, theta = models.two_peaks(), models.two_peaks_policy(), np.zeros(1)
    eta = [values.expected_return(mdp, family.probabilities(theta))]
    for _ in range(100):
        theta = theta + 0.1 * values.policy_gradient(mdp, family, theta)
        eta.append(values.expected_return(mdp, family.probabilities(theta)))
    assert values.policy_gradient(mdp, family, theta) == pytest.approx([0], abs=1e-10)
    assert (np.diff(eta) >= -1e-12).all()
    assert eta[-1] < returns_along(mdp, family, np.linspace(-10, 10, 201)).max() - 1


# --- chain ---


def test_a_chain_of_three_states_by_hand():
    mdp = models.chain(3, slip=0.25)
    back, forward = mdp.P[:, 0], mdp.P[:, 1]
    np.testing.assert_array_equal(back, [[1, 0, 0], [1, 0, 0], [1, 0, 0]])
    np.testing.assert_array_equal(forward, [[0.25, 0.75, 0], [0.25, 0, 0.75], [1, 0, 0]])
    np.testing.assert_array_equal(mdp.r, [[0, 0], [0, 0], [0, 1]])
    np.testing.assert_array_equal(mdp.rho0, [1, 0, 0])


def test_visits_fall_geometrically_along_the_chain():
    """The uniform policy gets from s to s + 1 with probability (1 - slip) / 2, and only from there."""
    mdp = models.chain(5, slip=0.2, gamma=0.9)
    rho = values.visitation(mdp, policies.uniform(mdp))
    np.testing.assert_allclose(rho[1:] / rho[:-1], 0.9 * 0.8 / 2, rtol=1e-12)


def test_the_best_policy_of_a_chain_always_goes_forward():
    mdp = models.chain()
    np.testing.assert_array_equal(values.policy_iteration(mdp), np.eye(2)[[1] * mdp.n_states])


def natural_step(mdp, pi, beta):
    """pi exp(beta A), normalised: what a natural-gradient step of the tabular softmax does (Kakade 2001)."""
    weights = pi * np.exp(beta * values.advantages(mdp, pi))
    return weights / weights.sum(axis=1, keepdims=True)


def test_in_the_last_state_of_the_chain_the_kl_is_hundreds_of_times_its_mean():
    mdp = models.chain()
    pi_old = policies.uniform(mdp)
    rho, delta = values.visitation(mdp, pi_old), 0.01
    betas = np.linspace(0, 20, 2001)
    means = [divergences.mean_kl(pi_old, natural_step(mdp, pi_old, beta), rho) for beta in betas]
    pi_new = natural_step(mdp, pi_old, betas[np.searchsorted(means, delta) - 1])  # the last inside the region
    assert delta / 2 < divergences.mean_kl(pi_old, pi_new, rho) <= delta
    assert divergences.kl(pi_old, pi_new).argmax() == mdp.n_states - 1
    assert divergences.max_kl(pi_old, pi_new) > 3
    assert divergences.max_kl(pi_old, pi_new) > 300 * divergences.mean_kl(pi_old, pi_new, rho)


@pytest.mark.parametrize("slip", [0, 1])
def test_slip_may_be_never_or_always(slip):
    np.testing.assert_array_equal(models.chain(2, slip=slip).P[0, 1], [slip, 1 - slip])


def test_the_search_finds_the_numbers_that_are_frozen_here():
    search = runpy.run_path(str(SEARCH))
    stay_rewards, pull, _ = search["find_two_peaks"]()
    np.testing.assert_array_equal(models.two_peaks().r[:, 1], stay_rewards)
    np.testing.assert_array_equal(models.two_peaks_policy().features[:, 1, 0], pull)
    n_states, slip, _ = search["find_chain"]()
    np.testing.assert_array_equal(models.chain().P, models.chain(n_states, slip=slip).P)


# --- gridworld ---

UP, RIGHT, DOWN, LEFT = range(4)


def test_a_corridor_by_hand():
    """Three cells, the goal on the right: going right from the start pays 1 at the second step."""
    mdp = models.gridworld(1, 3, gamma=0.5)
    np.testing.assert_array_equal(mdp.P[:, RIGHT], [[0, 1, 0], [0, 0, 1], [0, 0, 1]])
    np.testing.assert_array_equal(mdp.P[:, LEFT], [[1, 0, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(mdp.P[:, UP], np.eye(3))
    np.testing.assert_array_equal(mdp.P[:, DOWN], np.eye(3))
    np.testing.assert_array_equal(mdp.r, [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(mdp.rho0, [1, 0, 0])
    right = np.eye(4)[[RIGHT] * 3]
    np.testing.assert_allclose(values.state_values(mdp, right), [0.5, 1, 0], rtol=1e-15)


@pytest.mark.parametrize(("action", "to"), [(UP, (0, 1)), (RIGHT, (1, 2)), (DOWN, (2, 1)), (LEFT, (1, 0))])
def test_cells_are_numbered_row_by_row_and_moves_go_where_they_say(action, to):
    mdp = models.gridworld(3, 5)
    row, column = to
    assert mdp.n_states == 15
    assert mdp.P[1 * 5 + 1, action, row * 5 + column] == 1


@pytest.mark.parametrize(
    ("action", "sides"),
    [(UP, [3, 5]), (RIGHT, [1, 7]), (DOWN, [3, 5]), (LEFT, [1, 7])],
)
def test_a_slip_turns_left_or_right_of_the_move_equally_often(action, sides):
    # The cells of a 3 x 3 grid: 0 1 2 / 3 4 5 / 6 7 8. From the middle, 1 is up, 5 right, 7 down, 3 left.
    P = models.gridworld(3, 3, slip=0.5).P[4, action]
    assert P[[1, 5, 7, 3][action]] == 0.5
    np.testing.assert_array_equal(P[sides], [0.25, 0.25])


def test_an_empty_slippery_grid_is_frozen_lake_without_holes():
    """Gymnasium's ice turns a third of the moves to each side; its actions are left, down, right, up."""
    ice = gym.make("FrozenLake-v1", desc=["SFFF", "FFFF", "FFFG"], is_slippery=True)
    theirs, ours = from_gymnasium(ice, gamma=0.9), models.gridworld(3, 4, slip=2 / 3)
    order = [UP, RIGHT, DOWN, LEFT]
    their_actions = [{LEFT: 0, DOWN: 1, RIGHT: 2, UP: 3}[action] for action in order]
    inner = np.s_[:11]  # their end is a state of its own, ours is the goal: cell 11
    np.testing.assert_allclose(ours.r[inner], theirs.r[inner][:, their_actions], atol=1e-15)
    arriving = theirs.P[:11][:, their_actions]
    np.testing.assert_allclose(ours.P[:11, :, :11], arriving[:, :, :11], atol=1e-15)
    np.testing.assert_allclose(ours.P[:11, :, 11], arriving[:, :, 12], atol=1e-15)


WALLS = [(0, 1), (1, 1), (2, 1), (2, 3), (3, 3), (1, 3)]  # a winding way through 4 x 5 cells


def steps_to(goal, n_rows, n_columns, walls):
    """The number of steps to the goal from each cell that it can be reached from, by breadth-first search."""
    steps, queue = {goal: 0}, deque([goal])
    while queue:
        row, column = queue.popleft()
        for near in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            inside = 0 <= near[0] < n_rows and 0 <= near[1] < n_columns
            if inside and near not in walls and near not in steps:
                steps[near] = steps[row, column] + 1
                queue.append(near)
    return steps


def test_the_best_policy_takes_the_shortest_way_round_the_walls():
    mdp = models.gridworld(4, 5, goal=(3, 4), walls=WALLS, gamma=0.9)
    V = values.state_values(mdp, values.policy_iteration(mdp)).reshape(4, 5)
    distances = steps_to((3, 4), 4, 5, WALLS)
    assert len(distances) == 4 * 5 - len(WALLS)
    assert distances[0, 0] > 3 + 4  # the walls do force a detour
    for cell, steps in distances.items():
        assert V[cell] == pytest.approx(0.9 ** (steps - 1) if steps else 0, rel=1e-12)


def test_nothing_enters_a_wall_and_its_state_is_inert():
    mdp = models.gridworld(4, 5, walls=WALLS, slip=0.5)
    numbers = [row * 5 + column for row, column in WALLS]
    free = np.setdiff1d(np.arange(20), numbers)
    assert mdp.P[free][:, :, numbers].max() == 0
    np.testing.assert_array_equal(mdp.P[numbers], np.eye(20)[numbers][:, None, :].repeat(4, axis=1))
    np.testing.assert_array_equal(mdp.r[numbers], 0)


def test_a_pit_costs_one_and_ends_it():
    # 0 1 / 2 3: the pit is 1, the goal is 2, the start is 0.
    mdp = models.gridworld(2, 2, goal=[1, 0], pits=[[0, 1]])
    np.testing.assert_array_equal(mdp.r, [[0, -1, 1, 0], [0] * 4, [0] * 4, [-1, 0, 0, 1]])
    np.testing.assert_array_equal(mdp.P[1], [[0, 1, 0, 0]] * 4)
    np.testing.assert_array_equal(mdp.P[2], [[0, 0, 1, 0]] * 4)


def test_rewards_are_expected_over_slips():
    # 0 1 2 with the goal at 2 and a pit at 0: moving up from 1 slips to 0 or 2, a quarter of the time each.
    mdp = models.gridworld(1, 3, start=(0, 1), pits=[(0, 0)], slip=0.5)
    np.testing.assert_array_equal(mdp.r[1], [-0.25 + 0.25, 0.5, -0.25 + 0.25, -0.5])
    np.testing.assert_array_equal(mdp.rho0, [0, 1, 0])


def test_two_pits_are_counted_one_by_one():
    # 0 1 2 over 3 4 5, pits at 0 and 2, goal at 5: moving up from 1 stays, or slips into one of them.
    mdp = models.gridworld(2, 3, start=(0, 1), pits=[(0, 0), (0, 2)], slip=0.5)
    np.testing.assert_array_equal(mdp.r[1], [-0.5, -0.5, -0.5, -0.5])


# --- garnet ---


def test_every_action_of_a_garnet_leads_to_as_many_states_as_it_branches():
    mdp = models.garnet(10, 3, 4, rng=np.random.default_rng(0))
    assert (mdp.n_states, mdp.n_actions) == (10, 3)
    np.testing.assert_array_equal((mdp.P > 0).sum(axis=2), 4)
    np.testing.assert_allclose(mdp.P.sum(axis=2), 1, rtol=1e-14)
    np.testing.assert_array_equal(mdp.rho0, np.full(10, 0.1))


@pytest.mark.parametrize("branching", [1, 6])
def test_a_garnet_may_be_deterministic_or_dense(branching):
    P = models.garnet(6, 2, branching, rng=np.random.default_rng(0)).P
    np.testing.assert_array_equal((P > 0).sum(axis=2), branching)


def test_the_probabilities_of_a_garnet_are_the_pieces_of_a_randomly_cut_interval():
    """A piece x of [0, 1] cut at b - 1 uniform points is Beta(1, b - 1); every state is hit equally often.

    E x^2 = 2 / (b (b + 1)) and E x^4 = 24 / (b (b + 1) (b + 2) (b + 3)). Within four standard errors.
    """
    b, S, A = 3, 40, 100
    P = models.garnet(S, A, b, rng=np.random.default_rng(0)).P
    squares = (P**2).sum(axis=2) / b
    variance = 24 / ((b + 3) * (b + 2) * (b + 1) * b) - (2 / (b * (b + 1))) ** 2
    assert squares.mean() == pytest.approx(2 / (b * (b + 1)), abs=4 * np.sqrt(variance / (S * A)))
    hits = (P > 0).mean(axis=(0, 1))
    np.testing.assert_allclose(hits, b / S, atol=4 * np.sqrt(b / S * (1 - b / S) / (S * A)))


def test_the_rewards_of_a_garnet_are_standard_normal():
    r = models.garnet(200, 50, 1, rng=np.random.default_rng(0)).r
    assert r.mean() == pytest.approx(0, abs=4 / np.sqrt(r.size))
    assert r.var() == pytest.approx(1, abs=4 * np.sqrt(2 / r.size))


def test_a_garnet_follows_from_its_generator():
    first, same = (models.garnet(5, 2, 2, rng=np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first.P, same.P)
    np.testing.assert_array_equal(first.r, same.r)
    rng = np.random.default_rng(7)
    once, again = models.garnet(5, 2, 2, rng=rng), models.garnet(5, 2, 2, rng=rng)
    assert (once.P != again.P).any()
    assert (once.r != again.r).all()


def test_a_garnet_of_two_thousand_states_is_built_and_solved_without_a_second_array_of_its_size():
    """P takes 128 MB. Beside it: I - gamma P_pi [S, S], a quarter of P, and far smaller arrays."""
    tracemalloc.start()
    mdp = models.garnet(2000, 4, 5, rng=np.random.default_rng(0))
    _, built = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    pi = values.policy_iteration(mdp)
    advantages = values.advantages(mdp, pi)
    _, solved = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert advantages.max() <= 1e-10  # no action improves: it is solved
    assert built < 1.1 * mdp.P.nbytes
    assert solved < 1.4 * mdp.P.nbytes


# --- what cannot be built ---


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: models.chain(1), "n_states: expected at least 2, got 1"),
        (lambda: models.chain(3, slip=-0.1), r"slip: expected a probability in \[0, 1\], got -0.1"),
        (lambda: models.chain(3, slip=1.1), r"slip: expected a probability in \[0, 1\], got 1.1"),
        (lambda: models.chain(3, slip=np.nan), r"slip: expected a probability in \[0, 1\], got nan"),
        (lambda: small_garnet(n_states=1, branching=1), "n_states: expected at least 2, got 1"),
        (lambda: small_garnet(n_actions=0), "n_actions: expected at least 1, got 0"),
        (lambda: small_garnet(branching=0), "branching: expected 1 <= branching <= n_states = 3, got 0"),
        (lambda: small_garnet(branching=4), "branching: expected 1 <= branching <= n_states = 3, got 4"),
        (lambda: models.gridworld(1, 1), r"n_rows \* n_columns: expected at least 2, got 1"),
        (lambda: models.gridworld(2, 2, slip=1.1), r"slip: expected a probability in \[0, 1\], got 1.1"),
        (lambda: models.gridworld(2, 3, goal=(2, 0)), r"cells of the 2 x 3 grid, got \(2, 0\)"),
        (lambda: models.gridworld(2, 3, start=(0, 3)), r"cells of the 2 x 3 grid, got \(0, 3\)"),
        (lambda: models.gridworld(2, 3, walls=[(-1, 0)]), r"cells of the 2 x 3 grid, got \(-1, 0\)"),
        (lambda: models.gridworld(2, 3, pits=[(0, -1)]), r"cells of the 2 x 3 grid, got \(0, -1\)"),
        (lambda: models.gridworld(2, 3, goal=(0, 0)), r"pits and walls to differ, got \(0, 0\) twice"),
        (lambda: models.gridworld(2, 3, walls=[(1, 2)]), r"pits and walls to differ, got \(1, 2\) twice"),
        (lambda: models.gridworld(2, 3, walls=[(0, 1)], pits=[(0, 1)]), r"differ, got \(0, 1\) twice"),
        (lambda: models.two_peaks(gamma=1), r"gamma: expected a discount in \[0, 1\), got 1"),
    ],
)
def test_what_cannot_be_built_is_refused_with_what_was_expected_and_what_came(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_the_smallest_models_can_be_built():
    assert models.chain(2).n_states == 2
    assert models.gridworld(1, 2).n_states == models.gridworld(2, 1).n_states == 2
    assert small_garnet(n_states=2, n_actions=1, branching=1).r.shape == (2, 1)

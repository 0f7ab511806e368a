"""The right answers to the exercises of chapter 8, found again by routes that the checks do not take."""

from fractions import Fraction

import numpy as np
import pytest

from trpo_lesson.checks import climb_a_lower_bound as check
from trpo_lesson.exact import bounds, divergences, mm, models, policies, surrogate, updates, values
from trpo_lesson.exact.mdp import MDP

# ------------------------------------------------------------------------------------------ 8.1, three houses


def closeness(x):
    return -sum(abs(x - c) for c in (1, 2, 6))


def below(y, x):
    return -sum((x - c) ** 2 / (2 * abs(y - c)) + abs(y - c) / 2 for c in (1, 2, 6))


def test_the_climb_to_the_middle_house_on_a_grid():
    grid = np.linspace(-1, 8, 9001)
    assert (below(4, grid) <= closeness(grid) + 1e-12).all()
    assert np.isclose(grid[below(4, grid).argmax()], check.TOP.right)
    four, top = Fraction(4), Fraction(13, 4)
    assert below(four, four) == closeness(four) == -7
    assert (below(four, top), closeness(top)) == (check.M_TOP.right, check.F_TOP.right)
    y = 4.0
    for _ in range(8):
        y = grid[below(y, grid).argmax()] if abs(y - 2) > 0.01 else y
    assert abs(y - check.END.right) < 0.02
    assert grid[closeness(grid).argmax()] == check.END.right


# ------------------------------------------------------------------------------- 8.2, a change in the recipe


def keeper():
    """To keep at work pays 1 and goes on; to stop ends all. One state of work, one of nothing."""
    return MDP([[[0, 1], [1, 0]], [[0, 1], [0, 1]]], [[0, 1], [0, 0]], [1, 0], 0.9)


def test_the_first_price_becomes_too_low_along_the_run():
    world = keeper()
    run = mm.minorize_maximize(world, policies.uniform(world))
    prices = [next(run).coefficient for _ in range(300)]
    assert prices[-1] > 4 * prices[0]  # more than Pinsker's half and another half could mend
    assert check.RECIPE.right == "c"


def test_the_other_changes_keep_a_function_that_lies_below_and_touches():
    rng = np.random.default_rng(82)
    for _ in range(200):
        mdp = models.garnet(4, 3, 2, rng=rng, gamma=rng.uniform(0.1, 0.95))
        old, far = rng.dirichlet(np.ones(3), size=(2, 4))
        new = policies.mixture(old, far, 10 ** rng.uniform(-4, 0))
        C, eta = bounds.penalty_coefficient(mdp, old), values.expected_return(mdp, new)
        L = surrogate.surrogate(mdp, old, new)
        assert mm.minorizer(mdp, old, new, C) <= eta + 1e-9  # a: whatever the search finds
        assert L - 2 * C * divergences.max_kl(old, new) <= eta + 1e-9  # b
        assert L - C * divergences.max_kl(new, old) <= eta + 1e-9  # d
        assert divergences.max_kl(old, old) == 0  # all of them touch, as L does


# ----------------------------------------------------------------------------- 8.3, in the place of the bound


def test_of_the_quadratic_only_the_third_statement_is_true():
    rng = np.random.default_rng(83)
    mdp, family = models.garnet(3, 2, 2, rng=rng, gamma=0.8), policies.aliased(rng.normal(size=(3, 2, 2)))
    theta = np.array([0.3, -0.2])
    pi = family.probabilities(theta)
    g, F = values.policy_gradient(mdp, family, theta), updates.fisher(mdp, family, theta)
    C, eta = bounds.penalty_coefficient(mdp, pi), values.expected_return(mdp, pi)

    def m(step, C):
        return eta + step @ g - C / 2 * step @ F @ step

    tops = {}
    for price in (C, C / 2):
        tops[price] = np.linalg.solve(F, g) / price
        nearby = tops[price] + 0.1 * np.linalg.norm(tops[price]) * rng.normal(size=(50, 2))
        assert max(m(step, price) for step in nearby) <= m(tops[price], price)
    assert np.allclose(tops[C / 2], 2 * tops[C])  # c
    assert m(tops[C], C) > (m(np.zeros(2), C) + m(2 * tops[C], C)) / 2  # not a: it bends down
    ledge, fog, far = models.ledge(), models.ledge_policy(), np.array([-10.0])  # not b and not d
    pi = fog.probabilities(far)
    slope, bend = values.policy_gradient(ledge, fog, far)[0], pi[0, 0] * pi[0, 1]
    step = slope / (bend * bounds.penalty_coefficient(ledge, pi))
    quadratic = values.expected_return(ledge, pi) + 14 * slope - slope / step / 2 * 14**2
    assert quadratic > values.expected_return(ledge, fog.probabilities(far + 14))
    assert check.QUADRATIC.right == "c"


# ------------------------------------------------------------------------------------ 8.4, what safety costs


def test_the_price_of_safety_is_that_of_the_package():
    mdp, pi = MDP(np.ones((1, 2, 1)), [[0, 1]], [1], 0.9), np.array([[0.5, 0.5]])
    C = bounds.penalty_coefficient(mdp, pi)
    grid = np.linspace(0.5, 0.53, 3001)
    new = [np.array([[1 - p, p]]) for p in grid]
    M = np.array([mm.minorizer(mdp, pi, one, C) for one in new])
    assert np.isclose(C, check.PRICE.right)
    assert abs(grid[M.argmax()] - check.BEST_P.right) < 1e-5
    assert np.isclose(M.max() - 5, check.CERTIFIED.right, atol=1e-6)
    assert np.isclose(values.expected_return(mdp, new[M.argmax()]) - 5, check.GAINED.right, atol=2e-4)
    assert np.allclose(M - 5, 10 * (grid - 0.5) + C / 2 * np.log(4 * grid * (1 - grid)))  # as the text says


# ------------------------------------------------------------------------------- 8.5, the climb that arrives


def test_the_climb_still_moves_after_many_steps():
    mdp = MDP(np.ones((1, 2, 1)), [[0, 1]], [1], 0.9)
    run = mm.minorize_maximize(mdp, np.array([[0.5, 0.5]]))
    etas = [next(run).eta for _ in range(200)]
    assert (np.diff(etas) > 0).all()  # no policy occurs twice, and MM has not stayed: steps 1, 2 and not 3
    assert etas[-1] < 10
    assert check.FAULTY_STEP.right == 3


@pytest.mark.parametrize("share", [0.01, 0.3, 0.99])
def test_mm_stays_where_the_actions_taken_are_equally_good(share):
    row, C = np.array([share, 1 - share, 0]), 4 * 1 * 0.9 / 0.1**2
    assert np.isclose(bounds.penalty_coefficient(check.THREE, [row]), C)
    rng = np.random.default_rng(85)
    for q in rng.dirichlet([1, 1, 0.05], size=300):
        kl = sum(row[a] * np.log(row[a] / q[a]) for a in (0, 1))
        assert 10 * q[2] - C * kl <= 1e-9
    conditions = [condition for condition, _ in check.STAYS.conditions]
    assert all(condition(row) for condition in conditions)
    assert values.expected_return(check.THREE, [row]) < values.expected_return(check.THREE, [[0, 0, 1]])


@pytest.mark.parametrize("rest", [1e-9, 1e-3, 0.5])
def test_mm_moves_on_where_a_better_action_is_taken_at_all(rest):
    *_, (stayed, _) = check.STAYS.conditions
    assert not stayed(np.array([0.5, 0.5 - rest / 2, rest / 2]) if rest < 0.5 else np.array([0.5, 0, 0.5]))


def test_a_world_where_no_small_change_improves_a_policy_that_is_not_optimal():
    """What lies behind a door that costs 1 (state 1) is paid only to those who change there, too."""
    world = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 0], [-1, 1]], [1, 0], 0.9)

    def eta(p, q):
        return values.expected_return(world, np.array([[1 - p, p], [1 - q, q]]))

    small = np.linspace(0, 0.2, 11)
    assert max(eta(p, q) for p in small for q in small) == eta(0, 0) == 0
    assert np.isclose(eta(1, 1), 9)


# ----------------------------------------------------------------------------------------- 8.6, the best row


def test_the_best_row_beats_a_fine_grid_of_rows_and_the_softmax_row():
    (_, (row, A, alpha)), *_ = check.CASES
    best = check.BEST_ROW.right(row, A, alpha)
    assert np.isclose(divergences.kl(row, best), alpha)
    steps = np.linspace(0.001, 0.997, 400)
    grid = np.array([(x, y, 1 - x - y) for x in steps for y in steps if x + y < 0.999])
    inside = grid[(row * np.log(row / grid)).sum(axis=1) <= alpha]
    assert best @ A - 0.01 < (inside @ A).max() <= best @ A
    soft = check.BEST_ROW.slips[0][0](row, A, alpha)
    assert np.isclose(divergences.kl(row, soft), alpha)
    assert soft @ A < best @ A - 1e-4
    other = row * np.exp(A)  # the softmax row is the best of another radius
    other /= other.sum()
    back = (grid * np.log(grid / row)).sum(axis=1) <= divergences.kl(other, row)
    assert (grid[back] @ A).max() <= other @ A


# ----------------------------------------------------------------------------- 8.7, how exact must it be?


def test_the_model_answer_on_random_worlds():
    rng = np.random.default_rng(87)
    for _ in range(100):
        gamma = rng.uniform(0.2, 0.95)
        mdp = models.garnet(4, 3, 2, rng=rng, gamma=gamma)
        old = rng.dirichlet(np.ones(3), size=4)
        A, rho = values.advantages(mdp, old), values.visitation(mdp, old)
        h = 10 ** rng.uniform(-4, 0) * np.abs(A).max()
        guess, e = A + rng.uniform(-h, h, size=A.shape), h / (1 - gamma)
        C, eta = bounds.penalty_coefficient(mdp, old), values.expected_return(mdp, old)

        def rise(new, advantages, C=C, rho=rho, old=old):
            return rho @ (new * advantages).sum(axis=1) - C * divergences.max_kl(old, new)

        new = policies.mixture(old, np.eye(3)[guess.argmax(axis=1)], 10 ** rng.uniform(-6, 0))
        assert abs(rho @ (new * (guess - A)).sum(axis=1)) <= e
        claimed = rise(new, guess) - rise(old, guess)
        assert values.expected_return(mdp, new) - eta >= claimed - 2 * e - 1e-9
        top = mm.maximise_minorizer(mdp, old, C)
        assert rise(top, A) <= np.abs(A).max() / (8 * gamma)
    assert round((1 - 0.99) / (16 * 0.99), 5) == 0.00063

"""The right answers to the exercises of chapter 9, found again by routes that the checks do not take."""

import numpy as np
import pytest

from trpo_lesson.checks import stay_in_a_region as check
from trpo_lesson.exact import divergences, mm, models, policies, updates, values
from trpo_lesson.exact.mdp import MDP
from trpo_lesson.steps import trust_region

# ------------------------------------------------------------------------------------ 9.1, two trials by hand


def test_the_two_trials_are_those_of_the_package():
    def down(x):
        return -(8 * x[0] - 2 * x[0] ** 2 - 5 * x[0] ** 3)

    climb = trust_region.trust_region(
        down,
        lambda x: -np.array([8 - 4 * x[0] - 15 * x[0] ** 2]),
        lambda x: -np.array([[-4 - 30 * x[0]]]),
        np.zeros(1),
        radius=1.0,
    )
    _, first, second, third = (next(climb) for _ in range(4))
    assert np.isclose(first.ratio, check.RATIO.right)
    assert np.allclose([first.x[0], second.radius], check.AFTER.right)
    assert np.isclose(second.step[0], check.STEP.right)
    assert second.accepted  # as the solution says
    assert third.radius == 1 / 2


def test_a_ratio_that_was_rounded_is_right():
    assert check.two_trials(0.1667, 1, 0.25, -0.25).passed


# ------------------------------------------------------------------------------------ 9.3, one state, by hand

PAIR = MDP(np.ones((1, 2, 1)), [[-1, 1]], [1], 0.9)
EVEN = np.array([[0.5, 0.5]])


def largest_gain(delta):
    best = mm.maximise_under_kl(EVEN, values.advantages(PAIR, EVEN), delta)
    return 10 * (best @ [-1, 1])[0], best[0, 1]


def test_the_best_policy_and_its_price_are_those_of_the_exact_maximiser():
    assert np.isclose(largest_gain(0.01)[1], check.BEST_P.right)
    slope = (largest_gain(0.01 + 1e-6)[0] - largest_gain(0.01 - 1e-6)[0]) / 2e-6
    assert np.isclose(slope, check.PRICE.right, rtol=1e-5)


def test_the_dual_at_the_price_of_the_theory_is_found_on_a_grid():
    p = np.linspace(0.5, 0.53, 30_001)
    rows = np.array([1 - p, p]).T
    bracket = 10 * (2 * p - 1) - 360 * (divergences.kl(np.full_like(rows, 0.5), rows) - 0.01)
    assert np.isclose(bracket.max(), check.DUAL.right)


# --------------------------------------------------------------------------------- 9.4, always the same limit


def budget_on_a_grid(p):
    """The KL of the best policy at the price 50, in the world of two arms."""
    new = np.linspace(0, 1, 200_003)[1:-1]
    rows = np.array([1 - new, new]).T
    kls = divergences.kl(np.broadcast_to([1 - p, p], rows.shape), rows)
    return kls[np.argmax(10 * (new - p) - 50 * kls)]


def test_steps_1_and_2_are_true_and_step_3_is_not():
    advantages, delta = values.advantages(check.TWO_ARMS, EVEN), budget_on_a_grid(0.5)
    at_price = mm.maximise_minorizer(check.TWO_ARMS, EVEN, 50)
    assert np.allclose(mm.maximise_under_kl(EVEN, advantages, delta), at_price, atol=1e-4)  # step 1

    def dual(beta):
        best = mm.maximise_minorizer(check.TWO_ARMS, EVEN, beta)
        return 10 * (best[0, 1] - 0.5) - beta * (divergences.max_kl(EVEN, best) - delta)

    assert dual(50) < min(dual(beta) for beta in (1, 10, 40, 45, 55, 60, 100, 1000))  # step 2
    assert budget_on_a_grid(at_price[0, 1]) < 0.999 * delta  # not step 3
    assert check.SAME_LIMIT.right == 3


def test_the_check_of_the_other_budget_agrees_with_a_grid():
    _, (small, _) = check.OTHER_BUDGET.conditions
    for p in (0.01, 0.02, 0.05, 0.3, 0.8, 0.95, 0.98, 0.99):
        assert small(p) == (budget_on_a_grid(p) < budget_on_a_grid(0.5) / 10)


# ------------------------------------------------------------------------------------- 9.5, turn the KL round


@pytest.mark.parametrize("case", check.BEST_AT_PRICE.cases, ids=lambda case: case[0])
def test_no_other_policy_is_better_at_the_price(case):
    _, (mdp, pi, beta) = case
    rng, best = np.random.default_rng(95), check.BEST_AT_PRICE.right(mdp, pi, beta)
    rho, advantages = values.visitation(mdp, pi), values.advantages(mdp, pi)

    def worth(new):
        kl = divergences.kl(new, pi)
        return rho @ ((new * advantages).sum(axis=1) - (1 - mdp.gamma) * beta * kl)

    for share in (1, 0.1, 0.01, 1e-3):
        for other in rng.dirichlet(np.ones(mdp.n_actions), size=(200, mdp.n_states)):
            assert worth((1 - share) * best + share * other) < worth(best)


# ---------------------------------------------------------------------------- 9.6, what a mean of 0.01 allows


def test_the_last_state_is_allowed_what_its_share_of_the_time_leaves():
    chain = models.chain()
    P, state, share = values.transition_matrix(chain, policies.uniform(chain)), chain.rho0, 0.0
    for t in range(400):
        share += 0.1 * 0.9**t * state[-1]
        state = state @ P
    assert np.isclose(0.01 / share, check.LAST.right, rtol=1e-6)
    left = np.exp(-2 * 0.01 / share) / 4  # KL((1/2, 1/2) || (1 - left, left)) = -log(4 left (1 - left)) / 2
    assert round(left * 1e7, 1) == 1.5  # as the solution says
    assert np.isclose(divergences.kl(EVEN, np.array([[1 - left, left]]))[0], check.LAST.right)


def test_against_equal_probabilities_no_new_row_has_more_than_log_2():
    p = np.linspace(0, 1, 1001)
    rows = np.array([1 - p, p]).T
    assert np.isclose(divergences.kl(rows, np.full_like(rows, 0.5)).max(), check.REVERSED.right)


def test_the_guarantee_is_empty_from_its_discount_on():
    gamma = np.linspace(0.5, 0.999, 49_901)
    empty = gamma / (1 - gamma) ** 2 * np.sqrt(2 * 0.01) >= 1 / (1 - gamma)
    assert abs(gamma[np.argmax(empty)] - check.EMPTY.right) < 2e-5


# ------------------------------------------------------------------------------- 9.7, when no limit is needed


@pytest.mark.parametrize("delta", [0.01, 0.5, 5, np.inf])
def test_the_best_of_all_policies_never_loses_within_any_limit(delta):
    rng = np.random.default_rng(97)
    for _ in range(20):
        mdp, pi = models.garnet(4, 3, 2, rng=rng), rng.dirichlet(np.ones(3), size=4)
        advantages = values.advantages(mdp, pi)
        best = mm.maximise_under_kl(pi, advantages, delta)
        assert (best * advantages).sum(axis=1).min() >= -1e-12
        assert values.expected_return(mdp, best) >= values.expected_return(mdp, pi) - 1e-12


def test_a_row_in_a_state_that_was_never_visited_can_cost_what_the_surrogate_does_not_see():
    P = [[[1, 0], [0, 1]], [[1, 0], [1, 0]]]  # s0: stay, or go to s1; s1: both actions lead back
    mdp, old = MDP(P, [[0, 0], [1, -100]], [1, 0], 0.9), np.array([[1.0, 0.0], [1.0, 0.0]])
    bad = np.array([[0.5, 0.5], [0.0, 1.0]])
    good = np.array([[0.5, 0.5], [1.0, 0.0]])
    rho, advantages = values.visitation(mdp, old), values.advantages(mdp, old)
    assert rho[1] == 0
    promised = [rho @ (pi * advantages).sum(axis=1) for pi in (bad, good)]
    assert promised[0] == promised[1] > 0
    returns = [values.expected_return(mdp, pi) for pi in (bad, old, good)]
    assert returns == sorted(returns)
    assert returns[0] < -100


def test_such_a_row_can_cost_also_where_the_largest_kl_is_limited():
    P = [[[1, 0], [0, 1]], [[1, 0], [1, 0]]]
    mdp, old = MDP(P, [[0, 0], [1, -5]], [1, 0], 0.9), np.array([[1.0, 0.0], [0.9, 0.1]])
    bad, advantages = np.full((2, 2), 0.5), values.advantages(mdp, old)
    assert values.visitation(mdp, old)[1] == 0
    assert advantages[0, 1] > 0  # so that the best row of s0 goes to the end of the limit, log 2
    assert np.isclose(divergences.max_kl(old, bad), np.log(2))
    assert np.isclose(divergences.kl(old, bad)[0], np.log(2))
    assert values.expected_return(mdp, bad) < values.expected_return(mdp, old)


@pytest.mark.parametrize(("delta", "gains"), [(0.01, True), (0.5, False)])
def test_on_the_ledge_a_wide_region_loses(delta, gains):
    ledge, fog, theta = models.ledge(), models.ledge_policy(), np.array([-2.0])
    step = updates.exact_trust_region_step(ledge, fog, theta, delta=delta)
    before, after = (values.expected_return(ledge, fog.probabilities(x)) for x in (theta, step.theta))
    assert (after > before) == gains

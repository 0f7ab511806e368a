"""The right answers to the exercises of chapter 2, found again by routes that the checks do not take."""

import numpy as np
import pytest

from trpo_lesson.checks import climb_by_the_gradient as check
from trpo_lesson.exact import models, policies, simulate, updates, values
from trpo_lesson.exact.mdp import MDP

LEDGE, FOG = models.ledge(), models.ledge_policy()


def lean_out(p):
    return np.array([[1 - p, p], [1 - p, p]])


def eta(p):
    return values.expected_return(LEDGE, lean_out(p))


# ---------------------------------------------------------------------------------------- 2.1, three logits


def test_the_slopes_of_three_logits_are_differences_of_the_return():
    mdp, free = MDP(np.ones((1, 3, 1)), [[0, 1, 4]], [1], 0.9), policies.tabular(1, 3)
    theta, h = np.log([0.5, 0.25, 0.25]), 1e-5

    def at(theta):
        return values.expected_return(mdp, free.probabilities(theta))

    slopes = [(at(theta + turn) - at(theta - turn)) / (2 * h) for turn in h * np.eye(3)]
    assert np.allclose(slopes, check.GRADIENT.right)
    grown = [
        updates.policy_gradient_step(mdp, free, theta, rate=rate).theta for rate in (h, 2 * h)
    ]  # the growth at h / 2, by a one-sided difference of the second order
    now, near, far = (free.probabilities(one)[0, 1] for one in (theta, *grown))
    assert np.isclose((4 * near - 3 * now - far) / (2 * h), check.GROWTH.right)
    assert values.advantages(mdp, free.probabilities(theta))[0, 1] < 0 < check.GROWTH.right


# ---------------------------------------------------------------------------------------------- 2.2, a ridge


def ascent(rate, steps, c=1.0):
    """(x, y) after each step, from (1, 1), where the knob of x is u = x / c."""
    u, y, path = 1 / c, 1.0, [(1.0, 1.0)]
    for _ in range(steps):
        u, y = u + rate * c * -100 * (c * u), y - rate * y
        path.append((c * u, y))
    return np.array(path)


def test_the_ridge_is_climbed_below_the_critical_rate_only():
    critical = check.CRITICAL.right
    assert np.abs(ascent(0.99 * critical, 2000)[-1]).max() < 1e-6
    assert np.abs(ascent(1.01 * critical, 2000)[-1]).max() > 1e6


def test_the_steps_along_the_ridge_are_counted():
    below = ascent(0.01, 1000)[:, 1] < 0.01
    assert below.argmax() == check.STEPS.right


@pytest.mark.parametrize("rate", [0.3, 1.0, 1.7])
def test_with_the_right_knob_both_parameters_shrink_alike(rate):
    path = ascent(rate, 10, c=check.STRETCH.right)
    assert np.allclose(path[:, 0], path[:, 1])


# --------------------------------------------------------------------------------- 2.3, what the proof needs


def changed_step(option, alpha, rho, pi, mdp, own):
    """What each option adds to the logits."""
    A, Q = values.advantages(mdp, pi), values.action_values(mdp, pi)
    added = {
        "a": own[:, None] * rho[:, None] * pi * A,
        "b": alpha * rho[:, None] * pi * Q,
        "c": alpha * rho[:, None] * A,
        "d": alpha * rho[:, None] * pi * np.sign(np.where(np.abs(A) > 1e-12, A, 0)),
    }
    return added[option]


@pytest.mark.parametrize("option", ["a", "b", "c", "d"])
def test_of_the_four_changes_only_the_right_option_can_fall(option):
    rng, falls = np.random.default_rng(23), 0
    for _ in range(100):
        mdp, theta = models.garnet(4, 3, 2, rng=rng, gamma=0.8), rng.normal(size=12)
        pi = policies.tabular(4, 3).probabilities(theta)
        alpha, own, rho = rng.exponential(), rng.exponential(size=4), values.visitation(mdp, pi)
        step = theta + changed_step(option, alpha, rho, pi, mdp, own).ravel()
        new = policies.tabular(4, 3).probabilities(step)
        falls += values.expected_return(mdp, new) < values.expected_return(mdp, pi) - 1e-9
    assert (falls > 0) == (option == check.NO_MORE.right)


def test_the_counterexample_of_the_solution_falls():
    mdp, pi = MDP(np.ones((1, 2, 1)), [[1, 2]], [1], 0.0), np.array([[0.9, 0.1]])
    added = pi * values.action_values(mdp, pi)
    assert np.allclose(added, [[0.9, 0.2]])
    new = pi * np.exp(added)
    assert values.expected_return(mdp, new / new.sum()) < values.expected_return(mdp, pi)


# ----------------------------------------------------------------------------- 2.4, the visits are forgotten


def test_the_first_false_step_is_the_fourth():
    theta, h = 0.3, 1e-5
    p = 1 / (1 + np.exp(-theta - np.array([-h, 0, h])))
    rho = np.array([values.visitation(LEDGE, lean_out(q)) for q in p])
    r_pi = np.array([(lean_out(q) * LEDGE.r).sum(axis=1) for q in p])
    d_rho, d_r = (rho[2] - rho[0]) / (2 * h), (r_pi[2] - r_pi[0]) / (2 * h)
    slope = (eta(p[2]) - eta(p[0])) / (2 * h)
    assert np.isclose(d_rho @ r_pi[1] + rho[1] @ d_r, slope)  # step 1
    assert np.allclose(d_r, p[1] * (1 - p[1]) * np.array([1, -3]))  # step 2
    assert abs(d_rho.sum()) < 1e-6  # step 3
    assert abs(d_rho @ r_pi[1]) > 1  # not step 4
    assert check.FORGOTTEN.right == 4


def counted(p):
    """[S] how often each state is visited, added up over the time."""
    state, visits, P = LEDGE.rho0, np.zeros(2), values.transition_matrix(LEDGE, lean_out(p))
    for t in range(300):
        visits, state = visits + 0.9**t * state, state @ P
    return visits


def test_the_claim_says_up_and_the_truth_down_just_where_the_check_wants_it():
    _, up, down = (condition for condition, _ in check.MISLED.conditions)
    for p in np.linspace(0.01, 0.99, 99):
        rho = counted(p)
        assert up(p) == (rho[0] - 3 * rho[1] > 0)
        assert down(p) == (eta(p + 1e-6) < eta(p - 1e-6))
        assert np.isclose(rho[0] - 3 * rho[1], eta(p) / p)  # as the solution says
    grid = np.linspace(0.1836, 0.1840, 401)
    top = grid[np.argmax([eta(p) for p in grid])]
    assert [down(top - 1e-5), down(top + 1e-5)] == [False, True]


# ------------------------------------------------------------------------------- 2.5, an estimate from paths


def test_the_right_estimate_is_that_of_the_package():
    (_, (policy, theta, paths, gamma, baseline)) = check.REINFORCE.cases[0]
    packaged = simulate.policy_gradient_samples(policy, theta, paths, gamma, baseline=baseline)
    assert np.allclose(check.REINFORCE.right(policy, theta, paths, gamma, baseline), packaged)


# ------------------------------------------------------------------------------------- 2.6, the best baseline


def moments(b):
    """The mean and the variance of an estimate with the baseline b, from the two paths that there are."""
    mdp = MDP(np.ones((1, 2, 1)), [[1, 3]], [1], 0.0)
    coin, theta = models.one_parameter((1,)), np.log([0.2 / 0.8])
    both = simulate.Trajectories(np.zeros((2, 2), int), np.array([[0], [1]]), mdp.r.reshape(2, 1).copy())
    g = simulate.policy_gradient_samples(coin, theta, both, 0.0, baseline=np.array([b]))[:, 0]
    mean = coin.probabilities(theta)[0] @ g
    return mean, coin.probabilities(theta)[0] @ g**2 - mean**2


def test_the_mean_and_the_variance_of_an_estimate_follow_from_its_two_cases():
    assert np.isclose(moments(0)[0], check.SLOPE.right)
    assert np.allclose(moments(1.4), (check.SLOPE.right, check.VARIANCE.right))


def test_the_best_baseline_has_the_least_variance_and_the_harmful_ones_are_far_from_it():
    ((harms, _),) = check.HARMFUL.conditions
    grid = np.linspace(-3, 8, 1101)
    variances = [moments(b)[1] for b in grid]
    assert np.isclose(grid[np.argmin(variances)], check.BEST.right)
    sure = np.abs(np.abs(grid - 2.6) - 2.6) > 1e-6  # neither 0 nor 5.2, where it is equal
    for b, variance in zip(grid[sure], np.array(variances)[sure], strict=True):
        assert harms(b) == (variance > moments(0)[1])


# ------------------------------------------------------------------------------------- 2.7, safe everywhere


def test_the_model_answer_tells_the_truth_of_the_ledge():
    theta = np.linspace(-12, 14, 26_001)
    p = 1 / (1 + np.exp(-theta))
    slope = p * (1 - p) * 10 * (1 - 5.58 * p + 0.7533 * p**2) / (1 - 0.27 * p) ** 2
    bend = np.abs(np.gradient(slope, theta))
    assert round(bend.max(), 2) == 4.99
    assert round(theta[bend.argmax()], 2) == -0.17
    assert 2 / bend.max() > 0.4
    at, steps = np.array([-9.0]), 0
    while eta(FOG.probabilities(at)[0, 1]) < 0.9:
        at, steps = at + 0.4 * values.policy_gradient(LEDGE, FOG, at), steps + 1
        assert steps < 3000
    assert steps > 2000

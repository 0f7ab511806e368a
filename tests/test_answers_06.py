"""The right answers to the exercises of chapter 6, found again by routes that the checks do not take."""

import numpy as np
import pytest

from trpo_lesson.checks import mix_two_policies as check
from trpo_lesson.exact import bounds, models, policies, surrogate, updates, values

MACHINE, ZERO, ONE, MDP = check.MACHINE, check.ZERO, check.ONE, check.MDP


# -------------------------------------------------------------------------------------------- 6.1, two coins


def test_the_two_coins_by_hand_agree_with_the_package():
    assert np.allclose(values.state_values(MACHINE, ZERO), [0, 1])
    returns = [values.expected_return(MACHINE, pi) for pi in (ZERO, ONE)]
    assert np.allclose(returns, [0, 1])
    mixed = policies.mixture(ZERO, ONE, 0.25)
    assert np.isclose([0.75, 0.25] @ np.array(returns), check.ONCE.right)
    assert np.isclose(values.expected_return(MACHINE, mixed), check.EACH_STEP.right)
    assert np.isclose(surrogate.surrogate(MACHINE, ZERO, mixed), check.PROMISE.right)
    assert np.isclose(bounds.mixture_bound(MACHINE, ZERO, ONE, 0.25), check.BOUND.right)


# ----------------------------------------------------------------------------------------- 6.2, two networks


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


def network(theta):
    """[S, A]: a hidden layer of three, for two states."""
    return softmax(np.tanh(np.eye(2) @ theta[:6].reshape(2, 3)) @ theta[6:].reshape(3, 2))


def test_of_the_four_agents_only_the_right_one_earns_what_the_mixture_earns():
    rng, alpha = np.random.default_rng(62), 0.25
    theta, other = rng.normal(scale=2, size=(2, 12))
    pi, target = network(theta), network(other)
    eta = values.expected_return
    agents = {
        "a": eta(MACHINE, network((1 - alpha) * theta + alpha * other)),
        "b": (1 - alpha) * eta(MACHINE, pi) + alpha * eta(MACHINE, target),
        "c": coin_at_each_step(pi, target, alpha),
        "d": eta(MACHINE, softmax((1 - alpha) * np.log(pi) + alpha * np.log(target))),
    }
    mixed = eta(MACHINE, policies.mixture(pi, target, alpha))
    assert [one for one, earned in agents.items() if np.isclose(earned, mixed)] == [check.NETWORKS.right]


def coin_at_each_step(pi, target, alpha):
    """The return by following the law of the state, through heads and tails apart."""
    law, earned = MACHINE.rho0, 0.0
    for t in range(60):
        ways = [(1 - alpha, pi), (alpha, target)]
        earned += sum(w * 0.5**t * law @ (one * MACHINE.r).sum(axis=1) for w, one in ways)
        law = sum(w * law @ values.transition_matrix(MACHINE, one) for w, one in ways)
    return earned


# ------------------------------------------------------------------------------------- 6.3, in whose units


def test_the_share_and_the_number_of_steps_are_those_of_the_package_in_a_world_with_these_numbers():
    # one state, r from -1 to 1, gamma = 0.9: a policy that earns r0 and a target 0.3 above it
    world = MDP(np.ones((1, 3, 1)), [[-1, 1, 0.3]], [1], 0.9)
    pi, target = np.array([[0.5, 0.5, 0]]), np.array([[0, 0, 1.0]])
    step = updates.conservative_step(world, pi, target)
    assert np.isclose(step.alpha, check.ALPHA.right)
    low, high = (values.expected_return(world, one) for one in np.eye(3)[:2, None])
    certain = (1 - 0.9) * 0.1**2 / (8 * 2)
    assert np.isclose((high - low) / certain, check.STEPS.right)


# ------------------------------------------------------------------------------------- 6.4, too good a bound


def test_the_steps_before_the_false_one_hold_and_the_false_one_does_not():
    rng, broken = np.random.default_rng(64), 0
    for _ in range(100):
        mdp, (pi, target) = models.garnet(3, 2, 2, rng=rng), rng.dirichlet(np.ones(2), size=(2, 3))
        alpha, gamma = rng.uniform(0.01, 1), mdp.gamma
        new = policies.mixture(pi, target, alpha)
        gain = (new * values.advantages(mdp, pi)).sum(axis=1)
        error, astray, laws = 0.0, 0.0, np.array([mdp.rho0, mdp.rho0])
        for t in range(400):
            apart = (laws[1] - laws[0]) @ gain
            assert abs(apart) <= 2 * np.abs(gain).max() * (1 - (1 - alpha) ** t) + 1e-12  # steps 2, 3
            error += gamma**t * apart
            astray += gamma**t * (1 - (1 - alpha) ** t)
            laws = np.array([laws[i] @ values.transition_matrix(mdp, one) for i, one in enumerate((pi, new))])
        assert np.isclose(error, values.expected_return(mdp, new) - surrogate.surrogate(mdp, pi, new))
        closed = gamma * alpha / ((1 - gamma) * (1 - gamma * (1 - alpha)))
        assert np.isclose(astray, closed)
        broken += abs(error) > 2 * np.abs(gain).max() * alpha * closed
    assert broken > 0
    assert check.CUBIC.right == 5


@pytest.mark.parametrize("alpha", [0.01, 0.25, 0.49, 0.51, 0.9])
def test_the_claim_is_false_in_the_machine_for_shares_below_one_half(alpha):
    eta, L = 3 * alpha - 2 * alpha**2, 3 * alpha
    assert np.isclose(values.expected_return(MACHINE, policies.mixture(ZERO, ONE, alpha)), eta)
    penalty = 2 * (1.5 * alpha) * 0.5 * alpha**2 / (0.5 * (1 - 0.5 * (1 - alpha)))
    meets = all(condition(np.array(alpha)) for condition, _ in check.BROKEN.conditions)
    assert meets == (eta < L - penalty) == (alpha < 0.5)


# --------------------------------------------------------------------------------------- 6.5, how far one may


def test_up_to_the_safe_share_the_bound_is_not_below_the_old_return_and_beyond_it_is():
    for _, (mdp, pi, target) in check.SAFE_SHARE.cases:
        share, old = check.SAFE_SHARE.right(mdp, pi, target), values.expected_return(mdp, pi)
        for alpha in np.linspace(0, share, 20):
            assert bounds.mixture_bound(mdp, pi, target, alpha) >= old - 1e-9
        if share < 1:
            for alpha in np.linspace(share + 1e-4, 1, 20):
                assert bounds.mixture_bound(mdp, pi, target, alpha) < old


# -------------------------------------------------------------------------------------- 6.6, nothing left?


@pytest.mark.parametrize("prizes", [(0.22, 0.23), (-1, 0.5), (0.23, 1), (0, 0.22)])
def test_prizes_refute_the_claim_where_the_package_says_so(prizes):
    rooms = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, -2], prizes], [1, 0], 0.9)
    visited = values.visitation(rooms, ZERO) > 0
    assert (visited == [True, False]).all()
    stuck = values.advantages(rooms, ZERO)[0].max() <= 1e-9
    best = values.expected_return(rooms, values.policy_iteration(rooms))
    meets = all(condition(np.array(prizes, float)) for condition, _ in check.PRIZES.conditions)
    assert meets == bool(stuck and best > 1e-9)


def test_who_keeps_to_the_visited_states_gains_nothing():
    rooms = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, -2], check.PRIZES.right], [1, 0], 0.9)
    best = values.expected_return(rooms, values.policy_iteration(rooms))
    assert np.isclose(best, 7)
    assert values.expected_return(rooms, np.array([[1, 0], [0, 1]])) == 0
    assert check.STOPPED.right == 3


# ----------------------------------------------------------------------------------- 6.7, practise everywhere


def started(mdp, start):
    return MDP(mdp.P, mdp.r, start, mdp.gamma)


def test_the_distance_from_another_start_is_bounded_as_the_derivation_says():
    rng = np.random.default_rng(67)
    for _ in range(50):
        mdp = models.garnet(4, 3, 2, rng=rng, gamma=rng.uniform(0, 0.95))
        pi, (mu, rho0) = rng.dirichlet(np.ones(3), size=4), rng.dirichlet(np.ones(4), size=2)
        m = values.advantages(mdp, pi).max(axis=1)
        d = (1 - mdp.gamma) * values.visitation(started(mdp, mu), pi)
        assert (m >= -1e-12).all()
        assert (d >= (1 - mdp.gamma) * mu - 1e-12).all()
        world = started(mdp, rho0)
        best = values.expected_return(world, values.policy_iteration(world))
        gap = best - values.expected_return(world, pi)
        assert gap <= d @ m / ((1 - mdp.gamma) ** 2 * mu.min())


def test_in_the_example_the_practice_rises_and_the_earnest_falls():
    P = [[[1, 0]] * 2, [[0, 1]] * 2]
    practice, earnest = (MDP(P, [[0, -1], [0, 3]], start, 0.9) for start in ([0.5, 0.5], [1, 0]))
    step = updates.conservative_step(practice, ZERO, ONE)
    assert step.accepted
    rises, falls = (
        values.expected_return(world, step.pi) - values.expected_return(world, ZERO)
        for world in (practice, earnest)
    )
    assert np.isclose(rises, step.alpha / 0.1)
    assert np.isclose(falls, -step.alpha / 0.1)

"""The right answers to the exercises of chapter 5, found again by routes that the checks do not take."""

import numpy as np
import pytest

from trpo_lesson.checks import questions
from trpo_lesson.checks import trust_old_data as check
from trpo_lesson.exact import bounds, models, surrogate, values

LAMP, LEDGE, press = check.LAMP, check.LEDGE, check.press
HALF = press(0.5, 0.5)


def change(new, old=HALF, mdp=LAMP):
    """(what L promises, what comes)."""
    before = values.expected_return(mdp, old)
    return surrogate.surrogate(mdp, old, new) - before, values.expected_return(mdp, new) - before


# ------------------------------------------------------------------------------------------- 5.1, the lamp


def test_the_lamp_by_hand_agrees_with_the_package():
    new = press(1, 0.75)
    assert np.allclose(values.visitation(LAMP, HALF), check.VISITS.right)
    assert np.allclose((new * values.advantages(LAMP, HALF)).sum(axis=1), check.GAINS.right)
    assert np.allclose(change(new), [check.PROMISE.right, check.CHANGE.right])


# ---------------------------------------------------------------------------------- 5.2, what keeps a ranking


@pytest.mark.parametrize("option", ["a", "b", "c", "d"])
def test_only_the_right_option_turns_a_ranking_around(option):
    turned, rng = False, np.random.default_rng(52)
    for _ in range(50):
        mdp, (old, one, other) = models.garnet(4, 3, 2, rng=rng), rng.dirichlet(np.ones(3), size=(3, 4))
        A, rho = values.advantages(mdp, old), values.visitation(mdp, old)
        weights, table = {
            "a": (rho, values.action_values(mdp, old)),
            "b": (0.1 * rho, A),
            "c": (rho, (A - A.mean()) / A.std()),
            "d": (np.ones(4), A),
        }[option]
        before, after = (
            np.einsum("s,sa,sa->", rho, one - other, A),
            np.einsum("s,sa,sa->", weights, one - other, table),
        )
        turned |= before * after < 0
    assert turned == (option == check.RANKING.right)


def test_in_the_fog_of_the_ledge_equal_weights_turn_the_advice_around():
    old, lean = press(0.1, 0.1), press(1, 1)
    gains = (lean * values.advantages(LEDGE, old)).sum(axis=1)
    assert values.visitation(LEDGE, old) @ gains > 0 > gains.sum()


# ------------------------------------------------------------------------------------- 5.3, what is certain


def test_the_certified_interval_is_the_promise_with_the_bound_on_both_sides():
    for _, (mdp, old, new) in check.CERTIFIED.cases:
        promise, _ = change(new, old, mdp)
        low, high = check.CERTIFIED.right(mdp, old, new)
        assert np.isclose(low, bounds.max_tv_bound(mdp, old, new) - values.expected_return(mdp, old))
        assert np.isclose(high - promise, promise - low)


# ------------------------------------------------------------------------------- 5.4, near enough is not safe


def test_the_lengths_at_which_all_steps_are_safe_come_as_near_to_zero_as_one_likes():
    lengths = np.geomspace(1e-6, 0.3, 400)
    first = []
    for angle in (80, 89, 89.9, 89.99):  # degrees from the slope (1, -1), towards (1, 1)
        x = np.radians(angle - 45)
        d = np.array([np.cos(x), np.sin(x)])
        both = [change(press(*(0.5 + t * d))) for t in lengths]
        assert all(promise > 0 for promise, _ in both)
        first.append(next(t for t, (_, comes) in zip(lengths, both, strict=True) if comes < 0))
    assert (np.diff(first) < 0).all()  # step 3: each is positive; not step 4: they have no positive floor
    assert first[-1] < 1e-3
    assert check.NEAR_ENOUGH.right == 4


def test_the_promise_of_the_lamp_is_as_the_exercise_says_and_the_answer_meets_its_conditions():
    for h in np.random.default_rng(54).uniform(-0.5, 0.5, size=(20, 2)):
        assert np.isclose(change(press(*(0.5 + h)))[0], 3 * h[0] - 3 * h[1])
    promise, comes = change(press(*np.add(0.5, check.WRONG_STEP.right)))
    assert promise > 0 > comes
    assert np.isclose(comes, -1.4e-4, rtol=0.01)
    assert np.isclose(change(press(0.505, 0.505))[1], -8 * 0.005**2)


# ------------------------------------------------------------------------------------- 5.5, entry by entry


def eta(x):
    """Of one state, r = (0, 1), gamma = 0.9, for any two numbers x: the sum over t of its rewards."""
    return sum((0.9 * x.sum()) ** t for t in range(2000)) * x[1]


def test_the_slopes_of_the_entries_are_differences_of_the_summed_rewards():
    x, h = np.array([0.9, 0.1]), 1e-5
    slopes = [(eta(x + e) - eta(x - e)) / (2 * h) for e in h * np.eye(2)]
    assert np.isclose(slopes[1], check.ALONE.right)
    assert np.isclose(slopes[1] - slopes[0], check.MOVED.right)
    assert np.isclose(check.MOVED.right, 10 * (0.9 + 0.1))  # the slope of L along the policies


def test_the_identity_holds_for_policies_and_not_beside_them():
    def right_side(x):
        return 1 + (-0.1 * x[0] + 0.9 * x[1]) / (1 - 0.9 * x.sum())

    for p in (0, 0.3, 1):
        assert np.isclose(eta(np.array([1 - p, p])), right_side(np.array([1 - p, p])))
    assert not np.isclose(eta(np.array([0.9, 0.15])), right_side(np.array([0.9, 0.15])))
    assert check.ENTRY_BY_ENTRY.right == 3
    assert questions.judge(3, check.ENTRY_BY_ENTRY).passed


# ------------------------------------------------------------------------- 5.6, when the surrogate is exact


def test_the_rewards_of_the_derivation_make_the_error_a_sum_of_squares():
    rng = np.random.default_rng(56)
    for _ in range(20):
        mdp, (old, new) = models.garnet(4, 3, 2, rng=rng), rng.dirichlet(np.ones(3), size=(2, 4))
        D = values.visitation(mdp, new) - values.visitation(mdp, old)
        world = check.MDP(mdp.P, D[:, None] * (new / old - 1), mdp.rho0, mdp.gamma)
        assert np.allclose(values.state_values(world, old), 0)
        assert np.allclose(values.advantages(world, old), world.r)
        promise, comes = change(new, old, world)
        assert np.isclose(comes - promise, D**2 @ ((new - old) ** 2 / old).sum(axis=1))
        assert comes - promise > 1e-6


def test_the_surrogate_is_exact_where_actions_do_not_move_the_walker():
    rng = np.random.default_rng(57)
    P = np.repeat(rng.dirichlet(np.ones(4), size=(4, 1)), 3, axis=1)
    world = check.MDP(P, rng.normal(size=(4, 3)), rng.dirichlet(np.ones(4)), 0.9)
    old, new = rng.dirichlet(np.ones(3), size=(2, 4))
    assert np.isclose(*change(new, old, world))

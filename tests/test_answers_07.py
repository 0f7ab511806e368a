"""The right answers to the exercises of chapter 7, found again by routes that the checks do not take."""

import itertools

import numpy as np
import pytest

from trpo_lesson.checks import bound_the_loss as check
from trpo_lesson.exact import bounds, divergences, models, policies, surrogate, values
from trpo_lesson.exact.mdp import MDP

LEDGE, see = check.LEDGE, check.see


def error(mdp, old, new):
    """eta(new) - L(new), with the visits of both policies."""
    gain = (new * values.advantages(mdp, old)).sum(axis=1)
    return (values.visitation(mdp, new) - values.visitation(mdp, old)) @ gain


def random_pair(rng, size):
    mdp = models.garnet(4, 3, 2, rng=rng, gamma=rng.uniform(0.1, 0.95))
    old, far = rng.dirichlet(np.ones(3), size=(2, 4))
    return mdp, old, policies.mixture(old, far, size)


# ------------------------------------------------------------------------------------ 7.1, one throw for two


def test_one_throw_for_two_by_counting_pairs_and_events():
    p, q, A = np.array([2, 1, 1]), np.array([1, 1, 2]), [-1, -1, 3]  # in quarters
    events = [list(one) for n in range(4) for one in itertools.combinations(range(3), n)]
    assert max(p[one].sum() - q[one].sum() for one in events) / 4 == check.TV.right
    old, new = np.repeat(range(3), p), np.repeat(range(3), q)  # the faces of two dice with four sides
    assert np.mean([a != b for a in old for b in new]) == check.APART.right
    assert np.mean(np.array(A)[new]) == check.GAIN.right
    assert np.mean(np.array(A)[old]) == 0
    assert np.mean([a != b for a, b in zip([0, 0, 1, 2], [0, 2, 1, 2], strict=True)]) == check.TV.right
    assert check.LIMIT.right == 2 * max(map(abs, A)) * check.TV.right
    assert check.GAIN.right == (max(A) - min(A)) * check.TV.right  # as the solution says


# --------------------------------------------------------------------------------- 7.2, cited from memory


def taken_off(mdp, old, new):
    """[6] what the six statements a to f allow the surrogate to be wrong by."""
    tv = np.abs(old - new).sum(axis=1).max() / 2
    kl, back = (old * np.log(old / new)).sum(axis=1), (new * np.log(new / old)).sum(axis=1)
    A = values.advantages(mdp, old)
    unit = 4 * mdp.gamma / (1 - mdp.gamma) ** 2
    C, C_new = unit * np.abs(A).max(), unit * np.abs((new * A).sum(axis=1)).max()
    return np.array(
        [C * tv, C * kl.max() ** 2, C / 2 * back.max(), C * kl.max(), C_new * tv**2, C / 2 * kl.sum()]
    )


def test_the_statements_said_to_hold_hold_and_the_two_others_break():
    rng, broken = np.random.default_rng(72), np.zeros(6, dtype=bool)
    sides = np.array([-1, -1, -1, 1, -1, -1])  # d is the bound from above
    for size in np.repeat([1e-3, 1e-2, 0.3, 0.9], 50):
        mdp, old, new = random_pair(rng, size)
        broken |= sides * error(mdp, old, new) > taken_off(mdp, old, new) + 1e-9
    assert np.array_equal(broken, np.array(check.FROM_MEMORY.right) == 0)


# --------------------------------------------------------------------------------- 7.3, how far may it go?


def certain(bound_of, size):
    """Whether the promise of 0.5 pays for what a bound takes off a step of this size."""
    return bound_of(size) <= 0.5


@pytest.mark.parametrize(
    ("question", "taken"),
    [
        (check.LARGEST_TV, lambda tv: 4 * 2 * 0.95 / (1 - 0.95) ** 2 * tv**2),
        (check.LARGEST_KL, lambda kl: 4 * 2 * 0.95 / (1 - 0.95) ** 2 * np.sqrt(kl / 2) ** 2),
        (check.MEAN_TV, lambda tv: 2 * 0.04 * 0.95 / (1 - 0.95) ** 2 * tv),
    ],
)
def test_a_little_less_is_certain_and_a_little_more_is_not(question, taken):
    assert certain(taken, 0.999 * question.right)
    assert not certain(taken, 1.001 * question.right)


def test_the_numbers_of_the_learner_do_not_contradict_each_other():
    assert 0.5 <= 0.04 / (1 - 0.95)  # the promise is at most the largest mean advantage at every visit
    assert 2 * 2 * check.LARGEST_TV.right >= 0.04  # a step of the largest TV can have these mean advantages


# ----------------------------------------------------------------------------- 7.4, the mean for the maximum


def test_the_first_three_steps_hold_and_the_fourth_does_not():
    rng = np.random.default_rng(74)
    pairs = [random_pair(rng, 10 ** rng.uniform(-3, 0)) for _ in range(100)]
    pairs.append((LEDGE, check.RARE, see(*check.COUNTEREXAMPLE.right)))
    fourth = []
    for mdp, old, new in pairs:
        A, tv = values.advantages(mdp, old), np.abs(old - new).sum(axis=1) / 2
        gain, d = (new * A).sum(axis=1), (1 - mdp.gamma) * values.visitation(mdp, old)
        moved = np.abs(values.visitation(mdp, new) - values.visitation(mdp, old))
        unit = 2 * mdp.gamma / (1 - mdp.gamma) ** 2
        true_error = values.expected_return(mdp, new) - surrogate.surrogate(mdp, old, new)
        assert np.isclose(true_error, error(mdp, old, new))  # step 1
        assert (np.abs(gain) <= 2 * np.abs(A).max() * tv + 1e-12).all()  # step 2
        assert moved.sum() <= unit * d @ tv + 1e-9  # step 3
        fourth.append(moved @ np.abs(gain) <= unit * d @ (2 * np.abs(A).max() * tv**2) + 1e-9)
    assert not fourth[-1]
    assert check.FAULTY_STEP.right == 4


def test_the_check_of_a_counterexample_knows_the_error_and_the_claim():
    _, (refutes, _) = check.COUNTEREXAMPLE.conditions
    mu, P = np.array([1.0, 0.0]), values.transition_matrix(LEDGE, check.RARE)
    d = np.zeros(2)
    for t in range(400):  # the distribution d of the old policy, step by step
        d, mu = d + 0.1 * 0.9**t * mu, mu @ P
    C = 4 * np.abs(values.advantages(LEDGE, check.RARE)).max() * 0.9 / 0.01
    for path, slope in itertools.product(np.linspace(0, 0.3, 16), np.linspace(0, 1, 6)):
        claim = C * (d[0] * (path - 0.001) ** 2 + d[1] * (slope - 0.1) ** 2)
        size = abs(error(LEDGE, check.RARE, see(path, slope)))
        assert refutes(np.array([path, slope])) == (size > claim + 1e-9)
    solution = see(*check.COUNTEREXAMPLE.right)
    assert round(abs(error(LEDGE, check.RARE, solution)), 1) == 3.3
    tv = divergences.total_variation(check.RARE, solution)
    assert round(C * d @ tv**2, 2) == 0.98
    assert (d > 0).all()  # it visits both states, as the exercise says


# ----------------------------------------------------------------------------------- 7.5, watch them part


def meet(mdp, old, new, T):
    """[T] m_t by hand, over all paths of a pair that has not parted."""
    m, pairs = [], {s: mdp.rho0[s] for s in range(len(mdp.rho0))}
    for _ in range(T):
        m.append(sum(pairs.values()))
        following = dict.fromkeys(pairs, 0.0)
        for s, a, after in np.ndindex(mdp.P.shape):
            following[after] += pairs[s] * min(old[s, a], new[s, a]) * mdp.P[s, a, after]
        pairs = following
    return np.array(m)


def test_the_watched_bound_lies_between_the_return_and_both_bounds_of_the_chapter():
    rng, watched = np.random.default_rng(75), check.WATCHED_BOUND.right
    for _ in range(60):
        mdp, old, new = random_pair(rng, 10 ** rng.uniform(-3, 0))
        bound = watched(mdp, old, new)
        assert bound <= values.expected_return(mdp, new) + 1e-9
        assert bound >= bounds.coupling_bound(mdp, old, new) - 1e-9
        assert bound >= bounds.mean_tv_bound(mdp, old, new) - 1e-9


def test_the_watched_bound_is_the_series_over_the_partings():
    mdp, old, new = random_pair(np.random.default_rng(76), 0.4)
    m = meet(mdp, old, new, 600)
    gain = np.einsum("sa,sa->s", new, values.advantages(mdp, old))
    series = 2 * np.abs(gain).max() * (mdp.gamma ** np.arange(600)) @ (1 - m)
    expected = surrogate.surrogate(mdp, old, new) - series
    assert np.isclose(check.WATCHED_BOUND.right(mdp, old, new), expected)


def test_on_the_tripwire_the_watched_bound_is_the_return():
    trap = MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 1], [0, -1]], [1, 0], 0.9)
    stay = np.array([[1.0, 0.0], [1.0, 0.0]])
    for alpha in (0.01, 0.2, 0.9):
        new = np.array([[1 - alpha, alpha]] * 2)
        assert np.isclose(check.WATCHED_BOUND.right(trap, stay, new), values.expected_return(trap, new))


# ------------------------------------------------------------------------------ 7.6, a shorter way to the KL


def test_the_two_inequalities_of_the_derivation_hold():
    rng = np.random.default_rng(77)
    p, q = rng.dirichlet(np.full(4, 0.3), size=(2, 500))
    tv, kl, B = np.abs(p - q).sum(axis=1) / 2, divergences.kl(p, q), np.sqrt(p * q).sum(axis=1)
    assert np.allclose(np.maximum(p, q).sum(axis=1), 1 + tv)
    assert (1 - tv**2 + 1e-12 >= B**2).all()
    assert (np.exp(-kl / 2) <= B + 1e-12).all()
    assert round(1 - np.exp(-0.01), 5) == 0.00995
    assert round(1 - np.exp(-3), 3) == 0.950
    assert 1 - np.exp(-0.01) > 0.01 / 2
    assert 1 - np.exp(-3) < 3 / 2

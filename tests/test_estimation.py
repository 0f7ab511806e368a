"""Returns and GAE: four steps by hand, the definition slowly, and exact values of a small chain."""

import numpy as np
import pytest

from trpo_lesson.sampled.estimation import (
    discounted_returns,
    explained_variance,
    generalised_advantages,
    temporal_differences,
)

# Four steps of one environment, gamma = lam = 1/2. Without an end: delta = 4, 1, -2, 5.
HALF = {"gamma": 0.5, "lam": 0.5}
REWARDS, VALUES = np.array([[3.0], [1.0], [-2.0], [4.0]]), np.array([[0.0], [2.0], [4.0], [4.0]])
NEXT_VALUES = np.array(
    [[2.0], [4.0], [8.0], [10.0]]
)  # 8, not the 4 of the next row: an episode's own last value


def flags(*steps):
    return np.array([[t in steps] for t in range(4)])


NEVER = flags()


def by_definition(rewards, values, next_values, terminated, truncated, *, gamma, lam, traces=None):
    """advantages [T, N], for every t the sum over k of (gamma lam)^k traces_t+1 ... traces_t+k delta_t+k."""
    T, N = rewards.shape
    result = np.zeros((T, N))
    for n in range(N):
        for t in range(T):
            weight = 1.0
            for k in range(t, T):
                if k > t:
                    weight *= gamma * lam * (1 if traces is None else traces[k, n])
                bootstrap = 0 if terminated[k, n] else gamma * next_values[k, n]
                result[t, n] += weight * (rewards[k, n] + bootstrap - values[k, n])
                if terminated[k, n] or truncated[k, n]:
                    break
    return result


def random_batch(*, seed=0, T=30, N=4):
    rng = np.random.default_rng(seed)
    rewards, values, next_values, traces = rng.standard_normal((4, T, N))
    terminated, truncated = rng.random((2, T, N)) < 0.1
    return rewards, values, next_values, terminated, truncated, np.abs(traces)


def test_four_steps_by_hand():
    # delta = (3 + 1 - 0, 1 + 2 - 2, -2 + 4 - 4, 4 + 5 - 4) = (4, 1, -2, 5), and A_t = delta_t + A_t+1 / 4
    advantages = generalised_advantages(REWARDS, VALUES, NEXT_VALUES, NEVER, NEVER, **HALF)
    A3 = 5
    A2 = -2 + A3 / 4
    A1 = 1 + A2 / 4
    np.testing.assert_array_equal(advantages[:, 0], [4 + A1 / 4, A1, A2, A3])


def test_four_steps_by_hand_with_a_truncation_in_the_middle():
    # the value of the true last observation (8) is bootstrapped, and nothing flows back over the end
    advantages = generalised_advantages(REWARDS, VALUES, NEXT_VALUES, NEVER, flags(2), **HALF)
    np.testing.assert_array_equal(advantages[:, 0], [4 + (1 - 2 / 4) / 4, 1 - 2 / 4, -2, 5])


def test_four_steps_by_hand_with_a_termination_in_the_middle():
    # after step 2 there is nothing: delta_2 = -2 - 4 = -6
    advantages = generalised_advantages(REWARDS, VALUES, NEXT_VALUES, flags(2), NEVER, **HALF)
    np.testing.assert_array_equal(advantages[:, 0], [4 + (1 - 6 / 4) / 4, 1 - 6 / 4, -6, 5])


def test_a_step_that_terminates_and_is_truncated_counts_as_terminated():
    both = generalised_advantages(REWARDS, VALUES, NEXT_VALUES, flags(2), flags(2), **HALF)
    np.testing.assert_array_equal(
        both, generalised_advantages(REWARDS, VALUES, NEXT_VALUES, flags(2), NEVER, **HALF)
    )


def test_the_end_of_the_batch_is_a_cut_and_not_an_end():
    ended = generalised_advantages(REWARDS, VALUES, NEXT_VALUES, flags(3), NEVER, **HALF)
    going = generalised_advantages(REWARDS, VALUES, NEXT_VALUES, NEVER, NEVER, **HALF)
    assert (ended[3, 0], going[3, 0]) == (4 - 4, 4 + 10 / 2 - 4)


def test_temporal_differences_by_hand():
    delta = temporal_differences(REWARDS, VALUES, NEXT_VALUES, flags(1), gamma=0.5)
    np.testing.assert_array_equal(delta[:, 0], [4, 1 - 2, -2, 5])


@pytest.mark.equation("eq-gae", generalised_advantages)
@pytest.mark.parametrize(("gamma", "lam"), [(0.9, 0.8), (0.99, 1.0), (0.5, 0.0), (0.0, 0.9)])
@pytest.mark.parametrize("cut", [False, True])
def test_the_recursion_is_the_sum_of_the_definition(gamma, lam, cut):
    *batch, traces = random_batch()
    traces = traces if cut else None
    found = generalised_advantages(*batch, gamma=gamma, lam=lam, traces=traces)
    expected = by_definition(*batch, gamma=gamma, lam=lam, traces=traces)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_environments_side_by_side_do_not_mix():
    *batch, traces = random_batch()
    together = generalised_advantages(*batch, gamma=0.9, lam=0.8, traces=traces)
    for n in range(4):
        alone = [array[:, n : n + 1] for array in (*batch, traces)]
        apart = generalised_advantages(*alone[:-1], gamma=0.9, lam=0.8, traces=alone[-1])
        np.testing.assert_array_equal(together[:, n : n + 1], apart)


def test_returns_by_hand():
    rewards = np.array([[1.0], [2.0], [4.0], [8.0]])
    values = np.full((4, 1), 16.0)
    ends_after_1 = {"terminated": flags(1), "truncated": NEVER}
    cut_after_1 = {"terminated": NEVER, "truncated": flags(1)}
    ended = discounted_returns(rewards, values, **ends_after_1, gamma=0.5)
    cut = discounted_returns(rewards, values, **cut_after_1, gamma=0.5)
    np.testing.assert_array_equal(ended[:, 0], [1 + 1, 2, 4 + 4 + 4, 8 + 8])
    np.testing.assert_array_equal(cut[:, 0], [1 + 1 + 4, 2 + 8, 4 + 4 + 4, 8 + 8])


def test_returns_leave_the_flags_as_they_were():
    terminated, truncated = flags(1), flags(0)
    discounted_returns(REWARDS, NEXT_VALUES, terminated, truncated, gamma=0.5)
    np.testing.assert_array_equal(terminated, flags(1))
    np.testing.assert_array_equal(truncated, flags(0))


def test_the_advantage_at_lambda_one_is_the_return_minus_the_value():
    rewards, values, next_values, terminated, truncated, _ = random_batch()
    next_values[:-1] = np.where(
        truncated[:-1], next_values[:-1], values[1:]
    )  # as a critic's values telescope
    ends = (terminated, truncated)
    advantages = generalised_advantages(rewards, values, next_values, *ends, gamma=0.9, lam=1.0)
    returns = discounted_returns(rewards, next_values, *ends, gamma=0.9)
    np.testing.assert_allclose(advantages, returns - values, rtol=0, atol=1e-12)


def chain_episodes(N, *, seed):
    """N steps a row through a loop of two states, s -> s with probability 3/4, reward s + noise."""
    rng, T = np.random.default_rng(seed), 60
    states = np.cumsum(rng.random((T + 1, N)) > 0.75, axis=0) % 2
    rewards = states[:-1] + rng.standard_normal((T, N))
    return states, rewards


@pytest.mark.parametrize("wrong_by", [(0.0, 0.0), (1.0, -1.0), (0.0, 2.0)])
@pytest.mark.parametrize("lam", [0.0, 0.5, 0.9, 1.0])
def test_the_bias_of_the_estimate_is_that_of_theory_and_none_where_the_values_are_exact(lam, wrong_by):
    # V + error instead of V adds -error(s_0) + gamma (1 - lam) sum_k (gamma lam)^k E error(s_k+1)
    gamma, N, error = 0.9, 5_000, np.array(wrong_by)
    P = np.array([[3, 1], [1, 3]]) / 4
    V = np.linalg.solve(np.eye(2) - gamma * P, [0.0, 1.0])
    states, rewards = chain_episodes(N, seed=1)
    never, values = np.zeros(rewards.shape, dtype=bool), V + error
    found = generalised_advantages(
        rewards, values[states[:-1]], values[states[1:]], never, never, gamma=gamma, lam=lam
    )[0]
    exact = rewards[0] + gamma * V[states[1]] - V[states[0]]  # of the first step; the rest averages out
    bias = gamma * (1 - lam) * P @ np.linalg.solve(np.eye(2) - gamma * lam * P, error) - error
    gap = found - exact - bias[states[0]]
    beyond_the_batch = gamma ** len(rewards) * np.abs(error).max()
    assert abs(gap.mean()) <= 4 * gap.std() / np.sqrt(N) + beyond_the_batch + 1e-12


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_advantages_stay_in_the_dtype_of_the_batch(dtype):
    batch = [array.astype(dtype) if array.dtype == float else array for array in random_batch()]
    assert generalised_advantages(*batch[:-1], gamma=0.9, lam=0.8, traces=batch[-1]).dtype == dtype
    assert discounted_returns(batch[0], batch[2], batch[3], batch[4], gamma=0.9).dtype == dtype


def test_explained_variance_by_hand():
    targets = np.array([0.0, 2.0, 4.0])
    assert explained_variance(targets, targets) == 1
    assert explained_variance(targets + 7, targets) == 1  # a constant off does not matter
    assert explained_variance(np.zeros(3), targets) == 0
    assert explained_variance(-targets, targets) == 1 - 4
    assert explained_variance(np.zeros(2), np.array([0.0, 0.1])) == 0  # however small the targets vary
    assert np.isnan(explained_variance(targets, np.ones(3)))

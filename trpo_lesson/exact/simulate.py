"""Trajectories of a finite MDP and discounted sums along them, for the Monte-Carlo checks."""

from dataclasses import dataclass

import numpy as np

from trpo_lesson.exact.mdp import require_policy


@dataclass(frozen=True, eq=False)
class Trajectories:
    """N episodes of T steps.

    states   [N, T + 1]  s_0 ... s_T
    actions  [N, T]      a_0 ... a_{T-1}
    rewards  [N, T]      the expected rewards r[s_t, a_t]
    """

    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray

    def __post_init__(self):
        for array in (self.states, self.actions, self.rewards):
            array.setflags(write=False)


def trajectories(mdp, pi, *, horizon, episodes, rng):
    """Independent trajectories: s_0 ~ rho_0, a_t ~ pi(.|s_t), s_{t+1} ~ P(.|s_t, a_t).

    They are cut at T = `horizon`: their returns lack gamma^T E V(s_T), at most gamma^T max|r| / (1 - gamma).
    What has probability zero never happens. Raises ValueError unless pi is a policy of `mdp` and both
    `horizon` and `episodes` are at least 1.
    """
    pi = require_policy(mdp, pi)
    for name, number in (("horizon", horizon), ("episodes", episodes)):
        if not number >= 1:
            raise ValueError(f"{name}: expected at least 1, got {number}")
    first, choice, following = _cumulative(mdp.rho0), _cumulative(pi), _cumulative(mdp.P)
    states = np.empty((episodes, horizon + 1), dtype=int)
    actions = np.empty((episodes, horizon), dtype=int)
    states[:, 0] = _draw(np.broadcast_to(first, (episodes, mdp.n_states)), rng)
    for t in range(horizon):
        s = states[:, t]
        a = actions[:, t] = _draw(choice[s], rng)
        states[:, t + 1] = _draw(following[s, a], rng)
    return Trajectories(states, actions, mdp.r[states[:, :-1], actions])


def discounted_sum(table, paths, gamma):
    """[N] sum_{t<T} gamma^t table[s_t, a_t], for a `table` [S, A].

    For large T its mean is eta, if the table is r; and eta(new) - eta(old), if the table holds the advantages
    of the old policy and the new one acts. What is missing is of order gamma^T.
    """
    return table[paths.states[:, :-1], paths.actions] @ _discounts(paths, gamma)


def discounted_returns(paths, gamma):
    """[N] sum_{t<T} gamma^t r_t."""
    return paths.rewards @ _discounts(paths, gamma)


def discounted_visits(paths, gamma, n_states):
    """[N, S] sum_{t<T} gamma^t 1{s_t = s}, unnormalised; for large T its mean is rho."""
    episodes = len(paths.states)
    cells = n_states * np.arange(episodes)[:, None] + paths.states[:, :-1]
    weights = np.broadcast_to(_discounts(paths, gamma), cells.shape)
    return np.bincount(cells.ravel(), weights.ravel(), episodes * n_states).reshape(episodes, n_states)


def policy_gradient_samples(policy, theta, paths, gamma, *, baseline=None):
    """[N, D] sum_{t<T} d log pi_theta(a_t|s_t)/d theta (sum_{k=t}^{T-1} gamma^k r_k - gamma^t b(s_t)).

    One estimate of the policy gradient from each path, where pi_theta made `paths`: its mean is the gradient
    of the return cut at T, with any `baseline` b [S], 0 by default (REINFORCE, Williams 1992). On paths of
    another policy it is biased. `policy` has `probabilities(theta)` and `jacobian(theta)`; an action that was
    taken has a probability above zero.
    """
    states, actions = paths.states[:, :-1], paths.actions
    discounts = _discounts(paths, gamma)
    scores = policy.jacobian(theta)[states, actions] / policy.probabilities(theta)[states, actions, None]
    to_come = np.cumsum((discounts * paths.rewards)[:, ::-1], axis=1)[:, ::-1]
    if baseline is not None:
        to_come = to_come - discounts * np.asarray(baseline)[states]
    return np.einsum("nt,ntd->nd", to_come, scores)


def standard_error(samples):
    """The standard error of the mean of `samples` [N, ...] over the first axis: sample deviation / sqrt(N).

    Raises ValueError for fewer than two samples.
    """
    if len(samples) < 2:
        raise ValueError(f"samples: expected at least 2, got {len(samples)}")
    return np.std(samples, axis=0, ddof=1) / np.sqrt(len(samples))


def _discounts(paths, gamma):
    """gamma^t [T]."""
    return gamma ** np.arange(paths.actions.shape[1])


def _cumulative(p):
    """Cumulative probabilities along the last axis; the last is exactly 1, whatever rounding did."""
    sums = p.cumsum(axis=-1)
    return sums / sums[..., -1:]


def _draw(cumulative, rng):
    """One index [N] from each row of `cumulative` [N, K]: the first entry above a uniform u in [0, 1).

    A row does not rise where the probability is zero, so that such an index is never the first.
    """
    u = rng.random((len(cumulative), 1))
    return (cumulative <= u).sum(axis=1)

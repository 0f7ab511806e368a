"""The MDPs we teach with: ledge, two_peaks, chain, gridworld and the random garnet.

The parameters of `two_peaks` and the defaults of `chain` come from the search in tools/find_models.py.
"""

import numpy as np

from trpo_lesson.exact.mdp import MDP
from trpo_lesson.exact.policies import aliased

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # of a gridworld: up, right, down, left, as (row, column)


def ledge(*, gamma=0.9):
    """Two states: walk along the ledge (s0), or hang below it (s1). Start in s0.

    s0: a0 stays, r = 0; a1 pays 1 and falls to s1 with probability 0.7.
    s1: a0 climbs back to s0, r = 0; a1 stays, r = -3.

    With one shared parameter (`ledge_policy`) a little of a1 is good and a little more is a fall.
    """
    P = [[[1, 0], [0.3, 0.7]], [[1, 0], [0, 1]]]
    return MDP(P, [[0, 1], [0, -3]], [1, 0], gamma)


def ledge_policy():
    """pi(a1|s) = sigma(theta) in both states: one parameter, theta [1]."""
    return one_parameter((1, 1))


def two_peaks(*, gamma=0.9):
    """Three states in a ring: a0 moves on, r = 0; a1 stays, r = 0, 3, -2 in s0, s1, s2. Start in s0.

    In the class `two_peaks_policy` eta has two local maxima with a valley between: go round and round, or
    hardly ever leave s1, which is better. Climbing from the uniform policy ends on the lower one.
    """
    P = np.stack([np.roll(np.eye(3), 1, axis=1), np.eye(3)], axis=1)
    return MDP(P, [[0, 0], [0, 3], [0, -2]], [1, 0, 0], gamma)


def two_peaks_policy():
    """pi(a1|s) = sigma(theta) in s0 and s1, sigma(2 theta) in s2: one parameter, theta [1]."""
    return one_parameter((1, 1, 2))


def one_parameter(pull):
    """The softmax family of two actions with pi(a1|s) = sigma(pull[s] theta): one parameter, theta [1]."""
    features = np.zeros((len(pull), 2, 1))
    features[:, 1, 0] = pull
    return aliased(features)


def chain(n_states=7, *, slip=0.2, gamma=0.9):
    """A chain whose last state is the only one with a reward, and hardly ever visited. Start in state 0.

    a0 goes back to state 0. a1 goes one state forward; with probability `slip` it goes back to 0 instead.
    From the last state both actions go to 0; there a1 pays 1. Every other reward is 0.

    A policy can change completely in the last state for next to no mean KL: from the uniform policy, the
    natural-gradient step of mean KL 0.01 (weights d) has a KL above 3 there, over 300 times the mean.
    Raises ValueError unless n_states >= 2 and slip is in [0, 1].
    """
    _require_at_least("n_states", n_states, 2)
    _require_probability("slip", slip)
    P, r = np.zeros((n_states, 2, n_states)), np.zeros((n_states, 2))
    P[:, 0, 0] = P[-1, 1, 0] = r[-1, 1] = 1
    inner = np.arange(n_states - 1)
    P[inner, 1, 0] = slip
    P[inner, 1, inner + 1] = 1 - slip
    return MDP(P, r, np.eye(n_states)[0], gamma)


def gridworld(n_rows, n_columns, *, start=(0, 0), goal=None, walls=(), pits=(), slip=0.0, gamma=0.9):
    """A rectangle of cells (row, column), numbered row * n_columns + column. Moves: up, right, down, left.

    start     a cell: every episode begins there
    goal      a cell, the last one by default: entering it pays +1
    pits      cells: entering one pays -1
    walls     cells that cannot be entered: a move into a wall or over the border stays where it is
    slip      probability that the move turns to the left or to the right of the intended one, half of it each

    The goal and the pits absorb with reward 0; so do the states of walls, which nothing reaches. All other
    rewards are 0. Raises ValueError unless there are at least two cells, slip is in [0, 1], and start, goal,
    pits and walls are different cells of the grid.
    """
    goal = (n_rows - 1, n_columns - 1) if goal is None else goal
    _require_at_least("n_rows * n_columns", n_rows * n_columns, 2)
    _require_probability("slip", slip)
    _require_cells([start, goal, *pits, *walls], n_rows, n_columns)
    start, goal, *ends = (row * n_columns + column for row, column in (start, goal, *pits, *walls))
    pits, walls = ends[: len(pits)], ends[len(pits) :]
    landing = _landing(n_rows, n_columns, walls)
    P, states = np.zeros((*landing.shape, len(landing))), np.arange(len(landing))[:, None]
    for turn, probability in ((0, 1 - slip), (-1, slip / 2), (1, slip / 2)):
        P[states, range(len(MOVES)), np.roll(landing, turn, axis=1)] += probability
    r = P[:, :, goal] - P[:, :, pits].sum(axis=2)
    for s in (goal, *pits, *walls):
        P[s], P[s, :, s], r[s] = 0, 1, 0
    return MDP(P, r, np.eye(len(landing))[start], gamma)


def garnet(n_states, n_actions, branching, *, rng, gamma=0.9):
    """A random MDP: from each (s, a) to `branching` states, drawn without replacement; rewards r ~ N(0, 1).

    The interval [0, 1] cut at `branching` - 1 uniform points gives their probabilities. The start is uniform.
    Archibald, McKinnon & Thomas 1995; Bhatnagar et al. 2009, who draw a reward for each transition, where we
    draw the expected reward of each (s, a). Raises ValueError unless n_states >= 2, n_actions >= 1 and
    1 <= branching <= n_states.
    """
    _require_at_least("n_states", n_states, 2)
    _require_at_least("n_actions", n_actions, 1)
    if not 1 <= branching <= n_states:
        raise ValueError(f"branching: expected 1 <= branching <= n_states = {n_states}, got {branching}")
    pairs = n_states * n_actions
    following = np.array([rng.choice(n_states, branching, replace=False) for _ in range(pairs)])
    cuts = np.sort(rng.random((pairs, branching - 1)))
    P = np.zeros((pairs, n_states))
    P[np.arange(pairs)[:, None], following] = np.diff(cuts, prepend=0, append=1)
    P = P.reshape(n_states, n_actions, n_states)
    P.setflags(write=False)  # so that MDP shares it
    return MDP(P, rng.standard_normal((n_states, n_actions)), np.full(n_states, 1 / n_states), gamma)


def _landing(n_rows, n_columns, walls):
    """[S, 4] the state that each move leads to: the same one where the border or a wall is in the way."""
    here = np.arange(n_rows * n_columns)[:, None]
    down, right = np.transpose(MOVES)
    row = np.clip(here // n_columns + down, 0, n_rows - 1)
    column = np.clip(here % n_columns + right, 0, n_columns - 1)
    ahead = row * n_columns + column
    return np.where(np.isin(ahead, walls), here, ahead)


def _require_at_least(name, number, least):
    if not number >= least:
        raise ValueError(f"{name}: expected at least {least}, got {number}")


def _require_probability(name, p):
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: expected a probability in [0, 1], got {p}")


def _require_cells(cells, n_rows, n_columns):
    """Raise ValueError unless `cells` are different cells of the grid."""
    seen = set()
    for row, column in cells:
        if not (0 <= row < n_rows and 0 <= column < n_columns):
            raise ValueError(f"expected cells of the {n_rows} x {n_columns} grid, got ({row}, {column})")
        if (row, column) in seen:
            raise ValueError(f"expected start, goal, pits and walls to differ, got ({row}, {column}) twice")
        seen.add((row, column))

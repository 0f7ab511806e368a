"""The finite Markov decision process and its validation."""

from dataclasses import dataclass

import numpy as np

SUM_TOLERANCE = 1e-8  # how far a row of probabilities may be from summing to one


def read_only(array):
    """A read-only float array with the values of `array`: shared if it already is one, copied otherwise."""
    array = np.asarray(array, dtype=float)
    if array.flags.writeable:
        array = array.copy()
        array.setflags(write=False)
    return array


def require_distributions(name, p):
    """Raise ValueError unless every last-axis row of `p` is a probability distribution."""
    if not p.min() >= 0:  # a NaN fails this comparison too
        raise ValueError(f"{name}: expected probabilities >= 0, got the entry {p.min()}")
    sums = p.sum(axis=-1)
    worst = np.unravel_index(np.argmax(np.abs(sums - 1)), sums.shape)
    if not abs(sums[worst] - 1) <= SUM_TOLERANCE:
        row = f" in row {tuple(map(int, worst))}" if worst else ""
        raise ValueError(f"{name}: expected probabilities that sum to 1, got the sum {sums[worst]:.9g}{row}")


def require_shape(name, array, shape):
    """Raise ValueError unless `array.shape == shape`."""
    if array.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, got {array.shape}")


@dataclass(frozen=True, eq=False)
class MDP:
    """A finite MDP with discount: (P, r, rho_0, gamma).

    P     [S, A, S]  P[s, a, s'] = P(s' | s, a); every row sums to one
    r     [S, A]     expected reward of taking a in s
    rho0  [S]        distribution of the first state; it does not depend on the policy
    gamma            discount in [0, 1)

    Arrays are kept as read-only floats; an array that is read-only already is shared, any other is copied.
    An episode that can end is an MDP with an absorbing state of reward zero. Raises ValueError, naming what
    was expected and what came, for wrong shapes, rows off the simplex, rewards that are not finite, and gamma
    outside [0, 1).
    """

    P: np.ndarray
    r: np.ndarray
    rho0: np.ndarray
    gamma: float

    def __post_init__(self):
        for name in ("P", "r", "rho0"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        if self.P.ndim != 3 or self.P.shape[0] != self.P.shape[2] or self.P.size == 0:
            raise ValueError(f"P: expected shape (S, A, S), got {self.P.shape}")
        require_shape("r", self.r, self.P.shape[:2])
        require_shape("rho0", self.rho0, self.P.shape[:1])
        require_distributions("P", self.P)
        require_distributions("rho0", self.rho0)
        if not np.isfinite(self.r).all():
            raise ValueError("r: expected finite rewards, got NaN or infinity")
        if not 0 <= self.gamma < 1:
            raise ValueError(f"gamma: expected a discount in [0, 1), got {self.gamma}")

    @property
    def n_states(self):
        """S, the number of states."""
        return self.P.shape[0]

    @property
    def n_actions(self):
        """A, the number of actions."""
        return self.P.shape[1]


def require_policy(mdp, pi, name="pi"):
    """`pi` as a float array [S, A]; raises ValueError unless it is a policy of `mdp`."""
    pi = np.asarray(pi, dtype=float)
    require_shape(name, pi, (mdp.n_states, mdp.n_actions))
    require_distributions(name, pi)
    return pi


def from_gymnasium(env, *, gamma):
    """The exact MDP of a gymnasium environment that publishes its transition table, with S = n + 1 states.

    `env.unwrapped.P[s][a]` lists (probability, next state, reward, terminated), as FrozenLake-v1,
    CliffWalking-v1 and Taxi-v4 do. A terminated transition pays its reward and leads to the extra last state,
    which absorbs with reward zero: so nothing is bootstrapped past an end, even where the table goes on from
    there. Time limits are not part of the table. Raises ValueError where there is no table.
    """
    bare = getattr(env, "unwrapped", None)
    table, rho0 = getattr(bare, "P", None), getattr(bare, "initial_state_distrib", None)
    if table is None or rho0 is None:
        raise ValueError(f"expected an environment with tables P and initial_state_distrib, got {env}")
    n_states, n_actions = len(table), len(table[0])
    P = np.zeros((n_states + 1, n_actions, n_states + 1))
    r = np.zeros((n_states + 1, n_actions))
    P[-1, :, -1] = 1
    for s in range(n_states):
        for a in range(n_actions):
            for probability, s_next, reward, terminated in table[s][a]:
                P[s, a, -1 if terminated else s_next] += probability
                r[s, a] += probability * reward
    return MDP(P, r, np.append(rho0, 0.0), gamma)

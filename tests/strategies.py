"""Random finite MDPs and policies for hypothesis, edge cases included.

Hypothesis draws the knobs (sizes, discount, sparsity, scale) and the seed that fills the arrays: the sizes
shrink, and every example is reproducible. Use: `from strategies import mdps, policies_of, policy_pairs`.
"""

import numpy as np
from hypothesis import strategies as st

from trpo_lesson.exact.mdp import MDP
from trpo_lesson.exact.policies import mixture

SEEDS = st.integers(0, 2**32 - 1)


def distributions(rng, shape, *, support, sharpness):
    """Random rows on the simplex [..., n], `support` entries positive; `sharpness` > 1 peaks them."""
    ranks = rng.random(shape).argsort(axis=-1)
    weights = np.where(ranks < support, (1 - rng.random(shape)) ** sharpness, 0)
    return weights / weights.sum(axis=-1, keepdims=True)


@st.composite
def mdps(draw, max_states=5, max_actions=4, max_gamma=0.99, min_states=1, min_actions=1):
    """A random MDP: dense, sparse or deterministic transitions and starts, rewards of several sizes.

    gamma is `max_gamma` half of the time, else anything in [0, max_gamma].
    """
    S, A = draw(st.integers(min_states, max_states)), draw(st.integers(min_actions, max_actions))
    gamma = draw(st.just(max_gamma) | st.floats(0, max_gamma))
    branching, starts = draw(st.integers(1, S)), draw(st.integers(1, S))
    scale = draw(st.sampled_from([1.0, 1e-3, 1e3]))
    rng = np.random.default_rng(draw(SEEDS))
    P = distributions(rng, (S, A, S), support=branching, sharpness=draw(st.sampled_from([1, 5])))
    r = scale * (draw(st.sampled_from([0, 1, -1])) + rng.standard_normal((S, A)))
    return MDP(P, r, distributions(rng, (S,), support=starts, sharpness=1), gamma)


@st.composite
def policies_of(draw, mdp, zeros=True):
    """A random policy [S, A]: spread, peaked or (with `zeros`) partly or wholly deterministic."""
    support = draw(st.integers(1, mdp.n_actions)) if zeros else mdp.n_actions
    rng = np.random.default_rng(draw(SEEDS))
    shape = mdp.n_states, mdp.n_actions
    return distributions(rng, shape, support=support, sharpness=draw(st.sampled_from([1, 5])))


@st.composite
def policy_pairs(draw, mdp, zeros=True):
    """(pi_old, pi_new): unrelated, equal, or near: a share of 1e-1 ... 1e-12 of another mixed into pi_old.

    A near pi_new keeps the support of pi_old and may add to it. Unrelated policies with `zeros` may have
    KL(old || new) infinite; without `zeros` every probability is positive.
    """
    pi_old = draw(policies_of(mdp, zeros=zeros))
    step = draw(st.sampled_from([1.0, 0.0, 1e-1, 1e-2, 1e-4, 1e-6, 1e-8, 1e-12]))
    return pi_old, mixture(pi_old, draw(policies_of(mdp, zeros=zeros)), step)


def rounding(mdp):
    """How far two routes to a value may differ: 1e-10 of the largest possible one, max|r| / (1 - gamma)."""
    return 1e-10 * np.abs(mdp.r).max() / (1 - mdp.gamma)

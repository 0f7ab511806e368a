"""Search for the parameters of `two_peaks` and `chain` in trpo_lesson/exact/models.py, and print them.

Both searches go through all round numbers of a range, so there is no seed. Run `python tools/find_models.py`.
"""

import itertools

import numpy as np

from trpo_lesson.exact import divergences, models, policies, values
from trpo_lesson.exact.mdp import MDP

GRID = np.linspace(-5, 5, 101)  # theta; GRID[50] = 0 is the uniform policy
PULLS = [(1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1)]  # how strongly theta pulls the three states towards a1
LARGEST_REWARD = 5
TRPO_DELTA = 0.01
RATIO = 300  # of max KL to mean KL: "hundreds"


def ring(stay_rewards, gamma=0.9):
    """Three states in a ring, start in 0: a0 moves on and pays 0; a1 stays and pays `stay_rewards`[s]."""
    P = np.stack([np.roll(np.eye(3), 1, axis=1), np.eye(3)], axis=1)
    return MDP(P, np.stack([np.zeros(3), stay_rewards], axis=1), [1, 0, 0], gamma)


def peaks_and_valley(eta):
    """Positions (peak, valley, peak) in eta [T], or None unless eta has exactly two peaks, both inside."""
    rising = np.diff(eta) > 0
    peaks = np.flatnonzero(rising[:-1] & ~rising[1:]) + 1
    if len(peaks) != 2 or not rising[0] or rising[-1]:
        return None
    first, second = peaks
    return first, first + eta[first:second].argmin(), second


def clarity(eta):
    """How clear the two peaks of eta [T] are: the smallest height as a share of the range; -inf if none.

    The heights: from the valley to the lower peak, from that to the higher one, from each end to its peak.
    The uniform policy must lie on the slope of the lower peak, so that climbing from there ends on it.
    """
    found = peaks_and_valley(eta)
    if found is None:
        return -np.inf
    first, valley, second = found
    lower, higher = sorted([eta[first], eta[second]])
    uniform = len(eta) // 2
    if (uniform < valley) != (eta[first] < eta[second]) or abs(uniform - valley) < 2:
        return -np.inf
    ends = eta[first] - eta[0], eta[second] - eta[-1]
    return min(lower - eta[valley], higher - lower, *ends) / np.ptp(eta)


def find_two_peaks():
    """(stay_rewards, pull, clarity) of the clearest two-peaked ring with integer rewards."""
    rewards = np.array(list(itertools.product(range(-LARGEST_REWARD, LARGEST_REWARD + 1), repeat=3)))
    best = (None, None, -np.inf)
    for pull in PULLS:
        policy, mdp = models.one_parameter(pull), ring(np.zeros(3))
        family = [policy.probabilities(np.array([theta])) for theta in GRID]
        stays = np.array(
            [values.visitation(mdp, pi) * pi[:, 1] for pi in family]
        )  # eta is linear in the rewards
        for stay_rewards in rewards:
            score = clarity(stays @ stay_rewards)
            if score > best[2] + 1e-9:
                best = tuple(map(int, stay_rewards)), pull, score
    return best


def natural_step(mdp, pi, delta):
    """The natural-gradient step from pi: pi exp(beta A), normalised, with beta for a mean KL of delta."""
    rho, advantages = values.visitation(mdp, pi), values.advantages(mdp, pi)
    low, high = 0.0, 1e4
    for _ in range(100):
        beta = (low + high) / 2
        weights = pi * np.exp(beta * (advantages - advantages.max(axis=1, keepdims=True)))
        pi_new = weights / weights.sum(axis=1, keepdims=True)
        low, high = (beta, high) if divergences.mean_kl(pi, pi_new, rho) < delta else (low, beta)
    return pi_new


def kl_ratio(mdp):
    """max KL / mean KL of the natural-gradient step from the uniform policy with mean KL TRPO_DELTA."""
    pi = policies.uniform(mdp)
    return divergences.max_kl(pi, natural_step(mdp, pi, TRPO_DELTA)) / TRPO_DELTA


def find_chain():
    """(n_states, slip, ratio) of the shortest chain, then the smallest slip, whose KL ratio reaches RATIO."""
    for n_states, slip in itertools.product(range(2, 12), (0.0, 0.1, 0.2)):
        ratio = kl_ratio(models.chain(n_states, slip=slip))
        if ratio >= RATIO:
            return n_states, slip, ratio
    raise RuntimeError(f"no chain of at most 11 states has a KL ratio of {RATIO}")


if __name__ == "__main__":
    print("two_peaks: rewards of staying {}, pull {}, clarity {:.3f}".format(*find_two_peaks()))
    print("chain: n_states {}, slip {}, max KL / mean KL {:.0f}".format(*find_chain()))

"""The lower bounds: by hand, on random and adversarial instances, where they are attained, in what order."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SEEDS, distributions, mdps, policies_of, policy_pairs, rounding

from trpo_lesson.exact import bounds
from trpo_lesson.exact.bounds import BOUNDS
from trpo_lesson.exact.divergences import max_kl, total_variation
from trpo_lesson.exact.mdp import MDP
from trpo_lesson.exact.policies import mixture
from trpo_lesson.exact.surrogate import surrogate
from trpo_lesson.exact.values import advantages, expected_return, visitation

every_bound = pytest.mark.parametrize("bound", BOUNDS.values(), ids=BOUNDS)


def cost(bound, mdp, pi_old, pi_new):
    """What the bound takes off the surrogate."""
    return surrogate(mdp, pi_old, pi_new) - bound(mdp, pi_old, pi_new)


# --- pen and paper ---

LOG2, LOG3 = math.log(2), math.log(3)


def two_states(start=1.0):
    """gamma = 2/3; a0 pays 2, a1 pays nothing; in s0, a0 stays and a1 goes to s1, which keeps.

    The uniform policy earns 1 a step: V = 1 / (1 - 2/3) = 3 and A = r + 2/3 * 3 - 3 = (1, -1) in both states.
    From s0 it has rho = (1 / (1 - 1/3), 3/2) = (3/2, 3/2), so d = (1/2, 1/2).
    """
    return MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[2, 0], [2, 0]], [start, 1 - start], 2 / 3)


UNIFORM = np.full((2, 2), 0.5)
STAYING = np.array([[0.75, 0.25], [0.5, 0.5]])
LEAVING = np.array([[0.25, 0.75], [0.5, 0.5]])

# UNIFORM to STAYING: sum_a pi_new A = (1/2, 0), so L = 3 + 3/2 * 1/2 = 15/4; epsilon = 1, epsilon_new = 1/2.
# (rho_new = (1 / (1 - 1/2), 1), so the truth is eta = 3 + 2 * 1/2 = 4.)
# TV = (1/4, 0): the maximum is 1/4, the mean 1/8. 4 epsilon gamma / (1 - gamma)^2 = 4 * 2/3 * 9 = 24.
# KL(old || new) = (log(2/3)/2 + log(2)/2, 0) = (log(4/3)/2, 0).
# KL(new || old) = (3/4 log(3/2) + 1/4 log(1/2), 0) = (3/4 log 3 - log 2, 0): half of it is the mean, delta.
# 2 epsilon_new gamma / (1 - gamma)^2 = 6, and 6 sqrt(delta / 2) = 3/2 sqrt(3 log 3 - 4 log 2).
MEAN_KL_COST = 1.5 * math.sqrt(3 * LOG3 - 4 * LOG2)
BY_HAND = {
    "Schulman Eq. 8 (max TV)": 15 / 4 - 24 / 16,
    "Schulman Eq. 9 (max KL)": 15 / 4 - 12 * math.log(4 / 3),
    "Pinsker (max KL)": 15 / 4 - 6 * math.log(4 / 3),
    # 4 * 2/3 / ((1 - 2/3) (1 - 2/3 * 3/4)) = 16, times 1/16
    "Schulman Eq. 44 (coupling)": 15 / 4 - 1,
    "Achiam Cor. 1 (mean TV)": 15 / 4 - 6 / 8,
    "Achiam Cor. 3 (mean KL)": 15 / 4 - MEAN_KL_COST,
    "Achiam Prop. 1 (trust region)": 3 - MEAN_KL_COST,
}


@pytest.mark.parametrize("name", BOUNDS)
def test_each_bound_of_two_states_by_hand(name):
    assert BOUNDS[name](two_states(), UNIFORM, STAYING) == pytest.approx(BY_HAND[name], rel=1e-13)


def test_the_ingredients_of_two_states_by_hand():
    assert bounds.largest_advantage(two_states(), UNIFORM) == pytest.approx(1, rel=1e-14)
    assert bounds.largest_mean_advantage(two_states(), UNIFORM, STAYING) == pytest.approx(1 / 2, rel=1e-14)
    assert bounds.largest_mean_advantage(two_states(), UNIFORM, LEAVING) == pytest.approx(1 / 2, rel=1e-14)
    assert bounds.penalty_coefficient(two_states(), UNIFORM) == pytest.approx(24, rel=1e-13)


def test_a_step_that_lowers_the_surrogate_keeps_its_loss_in_the_trust_region_bound():
    # L = 3 - 3/2 * 1/2 = 9/4 < 3 = eta(pi_old), and the same KL as before
    bound = bounds.trust_region_bound(two_states(), UNIFORM, LEAVING)
    assert bound == pytest.approx(9 / 4 - MEAN_KL_COST, rel=1e-13)
    assert bound == bounds.mean_kl_bound(two_states(), UNIFORM, LEAVING)


@every_bound
def test_each_bound_is_a_plain_number_and_takes_policies_as_lists(bound):
    number = bound(two_states(), UNIFORM.tolist(), STAYING.tolist())
    assert isinstance(number, float)
    assert number == bound(two_states(), UNIFORM, STAYING)


# --- edges ---


@pytest.mark.parametrize(
    ("coefficient", "divergence", "cost"), [(2, 3, 6), (0, math.inf, 0), (2, math.inf, math.inf)]
)
def test_only_a_coefficient_of_zero_pays_for_an_infinite_divergence(coefficient, divergence, cost):
    assert bounds.penalty(coefficient, divergence) == cost


STAY, LEAVE = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])


def test_an_infinite_kl_claims_nothing_and_each_bound_has_its_own_direction():
    """UNIFORM takes what STAY never takes: KL(UNIFORM || STAY) = inf, and KL(STAY || UNIFORM) = log 2."""
    for old_new in (bounds.max_kl_bound, bounds.pinsker_bound):
        assert old_new(two_states(), UNIFORM, STAY) == -math.inf
        assert old_new(two_states(), STAY, UNIFORM) > -math.inf
    for new_old in (bounds.mean_kl_bound, bounds.trust_region_bound):
        assert new_old(two_states(), STAY, UNIFORM) == -math.inf
        assert new_old(two_states(), UNIFORM, STAY) > -math.inf


@pytest.mark.parametrize("bound", [bounds.mean_tv_bound, bounds.mean_kl_bound])
def test_the_means_do_not_look_at_states_that_the_old_policy_never_visits(bound):
    changed_in_s1 = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert bound(two_states(), STAY, changed_in_s1) == expected_return(two_states(), STAY)
    assert bounds.max_tv_bound(two_states(), STAY, changed_in_s1) < 0


@every_bound
@pytest.mark.parametrize("indifferent", [False, True], ids=["gamma = 0", "no advantages"])
def test_where_nothing_can_be_lost_each_bound_is_the_return_itself_even_at_an_infinite_kl(bound, indifferent):
    mdp = two_states()
    mdp = MDP(mdp.P, np.ones((2, 2)), mdp.rho0, 0.5) if indifferent else MDP(mdp.P, mdp.r, mdp.rho0, 0)
    for pi_old, pi_new in itertools.permutations([STAY, UNIFORM, LEAVE], 2):
        expected = expected_return(mdp, pi_new)
        if bound is bounds.trust_region_bound:
            expected = min(expected, expected_return(mdp, pi_old))
        assert bound(mdp, pi_old, pi_new) == pytest.approx(expected, rel=1e-14)


@given(st.data())
def test_each_bound_touches_eta_at_the_old_policy(data):
    mdp = data.draw(mdps())
    pi = data.draw(policies_of(mdp))
    for name, bound in BOUNDS.items():
        difference = bound(mdp, pi, pi) - expected_return(mdp, pi)
        assert abs(difference) <= rounding(mdp), name


@every_bound
def test_a_policy_of_another_mdp_is_refused(bound):
    with pytest.raises(ValueError, match="expected"):
        bound(two_states(), UNIFORM, np.full((2, 3), 1 / 3))


# --- the theorems ---


@given(st.data())
def test_no_return_lies_below_its_bounds(data):
    """Schulman et al. 2015, Eqs. 8, 9 and 44; Achiam et al. 2017, Corollaries 1 and 3, Proposition 1."""
    mdp = data.draw(mdps())
    pi_old, pi_new = data.draw(policy_pairs(mdp))
    for name, bound in BOUNDS.items():
        assert expected_return(mdp, pi_new) >= bound(mdp, pi_old, pi_new) - rounding(mdp), name


@given(st.data(), st.floats(0, 1))
def test_no_return_of_a_mixture_lies_below_its_bound(data, alpha):
    """Kakade & Langford 2002; Schulman et al. 2015, Eq. 6, in its tight form."""
    mdp = data.draw(mdps())
    pi_old, pi_target = data.draw(policies_of(mdp)), data.draw(policies_of(mdp))
    eta = expected_return(mdp, mixture(pi_old, pi_target, alpha))
    assert eta >= bounds.mixture_bound(mdp, pi_old, pi_target, alpha) - rounding(mdp)


@given(st.data(), SEEDS)
def test_no_return_lies_below_the_bound_from_reused_samples(data, seed):
    """Queeney et al. 2021."""
    mdp = data.draw(mdps())
    pi_olds = data.draw(st.lists(policies_of(mdp), min_size=1, max_size=4))
    _, pi_new = data.draw(policy_pairs(mdp))
    pi_new = data.draw(st.sampled_from([pi_new, mixture(pi_olds[-1], pi_new, 1e-3), pi_olds[0]]))
    rng = np.random.default_rng(seed)
    weights = distributions(rng, (len(pi_olds),), support=len(pi_olds), sharpness=2)
    assert expected_return(mdp, pi_new) >= bounds.reuse_bound(
        mdp, pi_olds, pi_new, weights=weights
    ) - rounding(mdp)


# --- an adversary ---

NUMBERS = 39  # two states and three actions: P 12, r 6, rho0 2, three policies 6 each, a mixing weight 1


def softmax(logits):
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def instance(x, gamma):
    """An MDP, an old, a new and a third policy, and a mixing weight, from any 39 numbers."""
    P, r, rho0, old, step, third, alpha = np.split(x, [12, 18, 20, 26, 32, 38])
    mdp = MDP(softmax(P.reshape(2, 3, 2)), r.reshape(2, 3), softmax(rho0), gamma)
    pi_old, pi_new, pi_third = (softmax(logits.reshape(2, 3)) for logits in (old, old + step, third))
    return mdp, pi_old, pi_new, pi_third, 1 / (1 + math.exp(alpha[0]))


def of_pairs(bound):
    """(L, bound, pi_new), as each claim gives them to the adversary."""
    return lambda mdp, old, new, *_: (surrogate(mdp, old, new), bound(mdp, old, new), new)


def of_mixtures(mdp, pi_old, pi_target, _, alpha):
    pi_new = mixture(pi_old, pi_target, alpha)
    return surrogate(mdp, pi_old, pi_new), bounds.mixture_bound(mdp, pi_old, pi_target, alpha), pi_new


def of_reuse(mdp, pi_old, pi_new, pi_earlier, _):
    gain = visitation(mdp, pi_earlier) @ np.sum(pi_new * advantages(mdp, pi_old), axis=1)
    bound = bounds.reuse_bound(mdp, (pi_earlier, pi_old), pi_new, weights=[1, 0])
    return expected_return(mdp, pi_old) + gain, bound, pi_new


CLAIMS = {name: of_pairs(bound) for name, bound in BOUNDS.items()} | {
    "mixture": of_mixtures,
    "reuse": of_reuse,
}


def share_needed(claim, x, gamma):
    """(L - eta) / (L - bound): how much of its allowance the bound needs. More than 1 is a violation."""
    mdp, *others = instance(x, gamma)
    L, bound, pi_new = claim(mdp, *others)
    allowance = L - bound
    return (L - expected_return(mdp, pi_new)) / allowance if allowance > 1e3 * rounding(mdp) else 0.0


def worst_share(claim, gamma, *, rng, steps=400):
    """The largest share that a blind search finds: random starts, then random moves that never go down."""
    best = max(3 * rng.standard_normal((30, NUMBERS)), key=lambda x: share_needed(claim, x, gamma))
    worst, size = share_needed(claim, best, gamma), 1.0
    for _ in range(steps):
        x = best + size * rng.standard_normal(NUMBERS) * (rng.random(NUMBERS) < 0.3)
        share = share_needed(claim, x, gamma)
        size = min(1.5 * size, 5) if share > worst else max(0.97 * size, 0.01)
        best, worst = (x, share) if share > worst else (best, worst)
    return worst


@pytest.mark.parametrize("gamma", [0.05, 0.9])
@pytest.mark.parametrize("name", CLAIMS)
def test_an_adversary_finds_no_violation_but_comes_close(name, gamma):
    worst = worst_share(CLAIMS[name], gamma, rng=np.random.default_rng(3))
    assert worst < 1 + 1e-6
    if gamma == 0.05:  # at most a half is ever needed of Eq. 9, which is twice Pinsker's
        assert worst > (1 / 6 if "max KL" in name else 1 / 2)


def test_the_adversary_refutes_the_mixture_bound_with_the_epsilon_of_the_mixture():
    def too_good(*args):
        L, bound, pi_new = of_mixtures(*args)
        return L, L - args[-1] * (L - bound), pi_new

    assert worst_share(too_good, 0.5, rng=np.random.default_rng(0)) > 1


# --- attained ---


def tripwire(gamma):
    """s0: a0 stays, a1 pays 1 and goes to s1, which keeps: a0 pays 0, a1 pays -1. STAY earns nothing.

    So A_STAY = r, and sum_a LEAVE A_STAY = (1, -1): what L expects of LEAVE in s0 is lost in s1.
    """
    return MDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 1], [0, -1]], [1, 0], gamma)


ALPHAS_AND_GAMMAS = pytest.mark.parametrize(
    ("alpha", "gamma"), list(itertools.product([0.01, 0.5, 1], [0.1, 0.5, 0.99]))
)


@ALPHAS_AND_GAMMAS
def test_the_mixture_bound_is_attained_by_the_tripwire(alpha, gamma):
    """rho_new(s0) = 1 / (1 - gamma (1 - alpha)), and eta = alpha (rho_new(s0) - rho_new(s1)).

    For gamma = alpha = 1/2: rho_new = (4/3, 2/3), and eta = 1/3 = L - C alpha^2 = 1 - 8/3 * 1/4.
    """
    mdp, pi_new = tripwire(gamma), mixture(STAY, LEAVE, alpha)
    eta, bound = expected_return(mdp, pi_new), bounds.mixture_bound(mdp, STAY, LEAVE, alpha)
    assert eta == pytest.approx(bound, rel=0, abs=1e-3 * rounding(mdp))
    if alpha == gamma == 1 / 2:
        assert bound == pytest.approx(1 / 3, rel=1e-14)


@ALPHAS_AND_GAMMAS
def test_a_mixture_bound_with_a_smaller_epsilon_is_violated(alpha, gamma):
    mdp, pi_new = tripwire(gamma), mixture(STAY, LEAVE, alpha)
    L, bound = surrogate(mdp, STAY, pi_new), bounds.mixture_bound(mdp, STAY, LEAVE, alpha)
    assert expected_return(mdp, pi_new) < L - 0.99 * (L - bound)
    epsilon_of_the_mixture = bounds.largest_mean_advantage(mdp, STAY, pi_new)
    assert epsilon_of_the_mixture == pytest.approx(alpha, rel=1e-14)  # where the target's is 1
    if alpha < 1:
        assert expected_return(mdp, pi_new) < L - epsilon_of_the_mixture * (L - bound)


def fork(alpha, gamma):
    """s0 pays nothing: a0 leads to s1, a1 to s2. There a0 pays 1, a1 pays -1, and s3 ends it. Two policies:
    the uniform one with A = r and epsilon = 1, and one that shifts alpha to a0 in s0 and s2, to a1 in s1.

    The shift makes s1 more likely and s2 less by alpha, where sum_a pi_new A is -2 alpha and 2 alpha. So
    L = eta_uniform = 0 and eta = -4 gamma alpha^2: what the bounds allow for as alpha and gamma vanish.
    """
    P = np.zeros((4, 2, 4))
    P[0, 0, 1] = P[0, 1, 2] = 1
    P[1:, :, 3] = 1
    mdp = MDP(P, [[0, 0], [1, -1], [1, -1], [0, 0]], [1, 0, 0, 0], gamma)
    return mdp, np.full((4, 2), 0.5), 0.5 + alpha * np.array([[1, -1], [-1, 1], [1, -1], [0, 0]])


@pytest.mark.parametrize("name", [*BOUNDS, "reuse"])
def test_no_coefficient_can_be_made_five_percent_smaller(name):
    mdp, pi_old, pi_new = fork(0.01, 0.01)
    L, bound, _ = CLAIMS[name](mdp, pi_old, pi_new, pi_old, None)
    loss = L - expected_return(mdp, pi_new)
    assert loss == pytest.approx(4 * 0.01**3, rel=1e-9)
    needed = 1 / 2 if name == "Schulman Eq. 9 (max KL)" else 1  # Pinsker's half of Eq. 9 is the limit
    assert loss > 0.95 * needed * (L - bound)


# --- which is the tighter one ---


@given(st.data())
def test_the_bounds_are_partly_ordered(data):
    """What they take off L: Corollary 1 <= Eq. 8 <= Pinsker <= Eq. 9; Eq. 44 <= Eq. 8; Corollary 1 <= 3."""
    mdp = data.draw(mdps())
    pair = data.draw(policy_pairs(mdp))
    tv, kl, pinsker, coupling, mean_tv, mean_kl, _ = (cost(bound, mdp, *pair) for bound in BOUNDS.values())
    slack = rounding(mdp) + 1e-14 * bounds.penalty_coefficient(mdp, pair[0])  # a KL has errors of 1e-16
    for smaller, larger in [(mean_tv, tv), (tv, pinsker), (pinsker, kl), (coupling, tv), (mean_tv, mean_kl)]:
        assert smaller <= larger + slack


@given(st.data())
def test_corollary_3_costs_less_than_pinsker_if_both_take_the_kl_in_one_direction(data):
    mdp = data.draw(mdps())
    pi_old, pi_new = data.draw(policy_pairs(mdp))
    pinsker = bounds.penalty(bounds.penalty_coefficient(mdp, pi_old) / 2, max_kl(pi_new, pi_old))
    assert cost(bounds.mean_kl_bound, mdp, pi_old, pi_new) <= pinsker + rounding(mdp)


@given(st.data())
def test_the_mean_advantage_of_a_step_is_at_most_twice_its_tv_times_epsilon(data):
    """Schulman et al. 2015, Lemma 2: why Corollary 1 costs no more than Theorem 1."""
    mdp = data.draw(mdps())
    pi_old, pi_new = data.draw(policy_pairs(mdp))
    alpha = total_variation(pi_old, pi_new).max()
    limit = 2 * alpha * bounds.largest_advantage(mdp, pi_old)
    assert bounds.largest_mean_advantage(mdp, pi_old, pi_new) <= limit + rounding(mdp)


def test_the_other_pairs_are_not_ordered():
    """From UNIFORM to STAYING Eq. 8 costs 3/2, Eq. 44 1, Corollary 1 6/8 and Corollary 3 1.085. With half of
    the starts in s1 the d(s0) of the corollaries halves: 6/16 and 1.085 / sqrt(2) = .767. Both are cheaper.
    On the tripwire, gamma = alpha = 3/4: Eq. 44 costs 192/13 * 9/16 = 108/13, Corollary 1 18 * 3/4 = 27/2.
    A policy that never leaves, but for 1e-6, is far from UNIFORM in KL, not in TV: Corollary 3 is the dearer.
    """
    often, seldom = (two_states(0.5), UNIFORM, STAYING), (tripwire(0.75), mixture(STAY, LEAVE, 1e-6), UNIFORM)
    trip = tripwire(0.75), STAY, mixture(STAY, LEAVE, 0.75)
    tv, coupling = bounds.max_tv_bound, bounds.coupling_bound
    mean_tv, mean_kl = bounds.mean_tv_bound, bounds.mean_kl_bound
    assert cost(coupling, *trip) == pytest.approx(108 / 13, rel=1e-13)
    assert cost(mean_tv, *trip) == pytest.approx(27 / 2, rel=1e-13)
    assert cost(mean_tv, *often) == pytest.approx(6 / 16, rel=1e-13)
    assert cost(mean_tv, *often) < cost(mean_kl, *often) < cost(coupling, *often) < cost(tv, *often)
    assert cost(coupling, *trip) < cost(mean_tv, *trip)
    assert cost(coupling, *seldom) < cost(tv, *seldom) < cost(mean_kl, *seldom) < math.inf


def test_corollary_3_and_pinsker_are_not_ordered_as_printed_for_their_kls_run_in_opposite_directions():
    assert cost(bounds.mean_kl_bound, two_states(), STAY, UNIFORM) == math.inf
    assert cost(bounds.pinsker_bound, two_states(), STAY, UNIFORM) < math.inf


# --- reused samples ---


def test_the_bound_from_reused_samples_by_hand():
    """UNIFORM is current. LEAVE's samples have rho = (1, 2), d = (1/3, 2/3) and TV (3/4, 1/2) to STAYING.

    G = 1 * 1/2 and the mean TV is 1/3 * 3/4 + 2/3 * 1/2 = 7/12, so the bound is 3 + 1/2 - 6 * 7/12 = 0. From
    UNIFORM's own samples it is Corollary 1, 15/4 - 6/8 = 3.
    """
    pi_olds = LEAVE, UNIFORM
    for weights, expected in [([1, 0], 0), ([0, 1], 3), ([0.25, 0.75], 9 / 4), (None, 3 / 2)]:
        bound = bounds.reuse_bound(two_states(), pi_olds, STAYING, weights=weights)
        assert bound == pytest.approx(expected, rel=1e-13, abs=1e-13)


@given(st.data())
def test_samples_of_the_new_policy_itself_cost_nothing(data):
    """The bound is then Eq. 2, the performance-difference identity."""
    mdp = data.draw(mdps())
    pi_old, pi_new = data.draw(policy_pairs(mdp))
    bound = bounds.reuse_bound(mdp, (pi_new, pi_old), pi_new, weights=(1, 0))
    assert bound == pytest.approx(expected_return(mdp, pi_new), rel=0, abs=rounding(mdp))


@given(st.data())
def test_samples_of_the_current_policy_alone_give_corollary_1(data):
    mdp = data.draw(mdps())
    pi_old, pi_new = data.draw(policy_pairs(mdp))
    bound = bounds.reuse_bound(mdp, (pi_old,), pi_new)
    assert bound == pytest.approx(bounds.mean_tv_bound(mdp, pi_old, pi_new), rel=1e-12, abs=rounding(mdp))


@pytest.mark.parametrize(
    ("pi_olds", "weights", "message"),
    [
        ((), None, "^pi_olds: expected at least one policy, got none$"),
        ((STAY, UNIFORM), (1, 2, 3), r"^weights: expected shape \(2,\), got \(3,\)$"),
        ((STAY, UNIFORM), (0.5, 1), r"^weights: expected probabilities that sum to 1, got the sum 1.5$"),
        ((STAY, UNIFORM), (-1, 2), r"^weights: expected probabilities >= 0, got the entry -1.0$"),
    ],
)
def test_weights_that_are_no_distribution_over_the_policies_are_refused(pi_olds, weights, message):
    with pytest.raises(ValueError, match=message):
        bounds.reuse_bound(two_states(), pi_olds, UNIFORM, weights=weights)


def test_a_mixing_weight_off_the_interval_is_refused():
    with pytest.raises(ValueError, match=r"^alpha: expected a mixing weight in \[0, 1\], got 2$"):
        bounds.mixture_bound(two_states(), UNIFORM, STAY, 2)


# --- the best share of a target ---


def biased(start, gamma=2 / 3):
    """Nobody moves; a0 pays 2, a1 nothing. UNIFORM has A = (1, -1) everywhere, and d = (start, 1 - start).

    A target with a0 in s0 and a1 in s1 has A_d = start - (1 - start) and epsilon = 1.
    """
    return MDP([[[1, 0], [1, 0]], [[0, 1], [0, 1]]], [[2, 0], [2, 0]], [start, 1 - start], gamma)


@pytest.mark.parametrize("gamma", [0.5, 2 / 3, 0.99])
def test_the_best_share_of_a_target_of_largest_mean_advantage_is_root_two_minus_one_of_its_horizon(gamma):
    """The tripwire has A_d = epsilon = 1."""
    share = bounds.best_mixing_weight(tripwire(gamma), STAY, LEAVE)
    assert share == pytest.approx((math.sqrt(2) - 1) * (1 - gamma) / gamma, rel=1e-14)


def test_the_best_share_on_paper_where_the_mean_advantage_is_less_than_the_largest():
    """A_d = 25/32 - 7/32 = 9/16 and epsilon = 1: 1 / sqrt(1 - 9/32) - 1, times 1/2."""
    target = np.array([[1.0, 0.0], [0.0, 1.0]])
    share = bounds.best_mixing_weight(biased(25 / 32), UNIFORM, target)
    assert share == pytest.approx(0.5 * (1 / math.sqrt(23 / 32) - 1), rel=1e-14)


@pytest.mark.parametrize("gamma", [0.0, 0.2])
def test_a_short_horizon_certifies_the_whole_target(gamma):
    assert bounds.best_mixing_weight(tripwire(gamma), STAY, LEAVE) == 1


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_no_share_of_a_target_without_mean_advantage(scale):
    mdp = biased(0.5)
    mdp = MDP(mdp.P, scale * mdp.r, mdp.rho0, mdp.gamma)
    assert bounds.best_mixing_weight(mdp, UNIFORM, UNIFORM) == 0
    assert bounds.best_mixing_weight(mdp, UNIFORM, np.array([[1.0, 0.0], [0.0, 1.0]])) == 0  # A_d = 0
    assert bounds.best_mixing_weight(mdp, UNIFORM, np.array([[0.0, 1.0], [0.0, 1.0]])) == 0  # A_d < 0


def test_a_tiny_mean_advantage_keeps_its_digits():
    """alpha is (1 - gamma) / gamma * A_d / (4 epsilon) to first order."""
    mdp, excess = biased((1 + 2.0**-30) / 2), 2.0**-30
    share = bounds.best_mixing_weight(mdp, UNIFORM, np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert share == pytest.approx(0.5 * excess / 4, rel=1e-8)


def test_a_mean_advantage_of_the_size_of_rounding_counts_as_none():
    """max|r| / (1 - gamma) = 6: the tolerance is 6e-12."""
    target = np.array([[1.0, 0.0], [0.0, 1.0]])
    for excess, some in ((2e-12, False), (5e-12, False), (8e-12, True)):
        assert (bounds.best_mixing_weight(biased((1 + excess) / 2), UNIFORM, target) > 0) == some


@given(st.data())
def test_no_share_is_certified_better_than_the_best_one(data):
    mdp = data.draw(mdps())
    pi_old, target = data.draw(policies_of(mdp)), data.draw(policies_of(mdp))
    best = bounds.best_mixing_weight(mdp, pi_old, target)
    assert 0 <= best <= 1
    there = bounds.mixture_bound(mdp, pi_old, target, best)
    for other in (0.0, 1.0, best / 2, 0.9 * best, min(1.1 * best, 1), min(2 * best, 1), 0.01, 0.3):
        assert bounds.mixture_bound(mdp, pi_old, target, other) <= there + rounding(mdp)

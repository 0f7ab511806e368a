"""One exact step on a finite MDP: policy gradient, natural gradient, trust region, conservative mixture.

Everything but the conservative step goes through `steps/`, with exact quantities in place of samples. A
result is a `StepResult` whose `evaluation` is (gain, kl), both true: gain = L(new) - eta(old), and kl = the
mean of KL(old || new) under the normalised d_old, in nats.
"""

from dataclasses import dataclass

import numpy as np

from trpo_lesson.exact.divergences import mean_kl
from trpo_lesson.exact.mdp import read_only, require_policy
from trpo_lesson.exact.policies import mixture
from trpo_lesson.exact.values import TIE_TOLERANCE, advantages, policy_gradient, visitation
from trpo_lesson.steps.line_search import StepResult, improves_within, line_search, refused
from trpo_lesson.steps.natural_gradient import Proposal, fisher_matrix, natural_direction, step_to_boundary

FAR = 2.0**20  # where the exact step stops looking for the edge of its region
BISECTIONS, ZOOMS, GRID = 60, 5, 101  # each zoom narrows the grid fiftyfold


def fisher(mdp, policy, theta, *, damping=0.0):
    """F + damping I [D, D], with F = sum_s d(s) sum_a pi(a|s) grad log pi(a|s) grad log pi(a|s)^T.

    d = (1-gamma) rho is normalised. F is the Hessian at theta of the mean KL, in either direction
    (Schulman et al. 2015, Eq. 17). An action of probability zero does not count.
    """
    pi = policy.probabilities(theta)
    taken = pi[:, :, None] > 0
    jacobian = policy.jacobian(theta)
    scores = np.divide(jacobian, pi[:, :, None], out=np.zeros_like(jacobian), where=taken)
    d = (1 - mdp.gamma) * visitation(mdp, pi)
    return fisher_matrix(scores, d[:, None] * pi, damping=damping)


def policy_gradient_step(mdp, policy, theta, *, rate):
    """theta + rate g, with g the exact gradient of eta. Always taken, whatever it does to eta."""
    return _take(mdp, policy, theta, Proposal(rate * policy_gradient(mdp, policy, theta)))


def natural_gradient_step(mdp, policy, theta, *, rate, damping=0.0):
    """theta + rate F^+ g, the natural policy gradient with a fixed rate (Kakade 2001). Taken if F^+ g exists.

    For tabular softmax F^+ g = A/(1-gamma) + c(s) with c(s) = -mean_a A(s, a)/(1-gamma), 0 where d(s) = 0:
    pi_new is proportional to pi exp(rate A/(1-gamma)). The factor belongs to F under the normalised d.
    """
    F = fisher(mdp, policy, theta, damping=damping)
    direction = natural_direction(F, policy_gradient(mdp, policy, theta))
    return _take(mdp, policy, theta, Proposal(rate * direction.x, direction.reason))


def closed_form_step(mdp, policy, theta, *, delta, damping=0.0):
    """theta + sqrt(2 delta / g.F^+ g) F^+ g: the maximiser of g.step under the quadratic model of the KL.

    Taken if F^+ g exists, with no look at the true KL: that can exceed delta, and eta can fall.
    """
    return _take(mdp, policy, theta, _boundary_step(mdp, policy, theta, delta, damping, natural_direction))


def trust_region_step(mdp, policy, theta, *, delta, damping=0.0, solve=natural_direction, accept=None):
    """The TRPO step, exactly: the closed form, shortened until L improves and the mean KL is at most delta.

    Schulman et al. 2015, appendix C, with exact g, F, L and KL. `solve(F, g)` returns `x` and `reason`: pass
    a truncated conjugate gradient to see what it does. `accept` is a rule of `line_search`, by default
    `improves_within(delta)`. With damping, F + damping I stands for F in the direction and in the length.
    eta can fall still: L and the mean KL vouch for no more than themselves.
    """
    theta = np.asarray(theta, dtype=float)
    proposal = _boundary_step(mdp, policy, theta, delta, damping, solve)
    if proposal.reason:
        return refused(theta, proposal.reason)
    evaluate = _evaluation(mdp, policy, theta)
    return line_search(evaluate, accept or improves_within(delta), theta, proposal.x)


@dataclass(frozen=True, eq=False)
class ConservativeStep:
    """A mixture of weight `alpha`: the policy `pi` [S, A], read-only; `reason` if it was not `accepted`."""

    pi: np.ndarray
    alpha: float
    accepted: bool
    reason: str

    def __post_init__(self):
        object.__setattr__(self, "pi", read_only(self.pi))


def conservative_step(mdp, pi, pi_target, *, alpha=None):
    """(1 - alpha) pi + alpha pi_target, with the alpha that Kakade & Langford 2002 guarantee to improve.

    alpha = (1-gamma)^2 A_d / (4R), where A_d = sum_s d(s) sum_a pi_target(a|s) A_pi(s, a), d normalised, and
    R = max r - min r, since a constant added to r changes no advantage. It is at most (1-gamma)/4, and eta
    rises by at least (1-gamma) A_d^2 / (8R). Refused, with `pi` unchanged, unless A_d > 0 beyond rounding.
    An `alpha` that is given is taken as it is; ValueError outside [0, 1].
    """
    pi, pi_target = require_policy(mdp, pi), require_policy(mdp, pi_target, "pi_target")
    if alpha is not None:
        return ConservativeStep(mixture(pi, pi_target, alpha), alpha, True, "")
    d = (1 - mdp.gamma) * visitation(mdp, pi)
    A_d = float(np.einsum("s,sa,sa->", d, pi_target, advantages(mdp, pi)))
    if not A_d > TIE_TOLERANCE * np.abs(mdp.r).max() / (1 - mdp.gamma):
        return ConservativeStep(pi, 0.0, False, f"expected a target with A_d > 0, got A_d = {A_d:.3g}")
    alpha = float((1 - mdp.gamma) ** 2 * A_d / (4 * np.ptp(mdp.r)))
    return ConservativeStep(mixture(pi, pi_target, alpha), alpha, True, "")


def exact_trust_region_step(mdp, policy, theta, *, delta):
    """The maximiser of L under mean KL <= delta, for a family with one parameter: no model, no backtracking.

    The largest feasible interval around theta is found by bisection (for a linear softmax the KL is convex in
    theta, so it holds every feasible point), and L is maximised over it by a grid that zooms in.
    Refused, at a maximiser, where no point has L above eta(old). ValueError for more than one parameter.
    """
    theta = np.asarray(theta, dtype=float)
    if theta.shape != (1,):
        raise ValueError(f"theta: expected one parameter, shape (1,), got {theta.shape}")
    evaluate = _evaluation(mdp, policy, theta)
    low, high = (_reach(lambda t: evaluate(theta + t)[1] <= delta, sign) for sign in (-1, 1))
    for _ in range(ZOOMS):
        grid = np.linspace(low, high, GRID)
        best = int(np.argmax([evaluate(theta + t)[0] for t in grid]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    candidate = theta + grid[best]
    evaluation = evaluate(candidate)
    if not evaluation[0] > 0:
        return refused(theta, "no point of the region has L above eta(old)", evaluation)
    return StepResult(candidate, True, "", 1.0, evaluation)


def _reach(feasible, sign):
    """The feasible t farthest from 0 on one side, to rounding; at most FAR."""
    inside, outside = 0.0, float(sign)
    while feasible(outside) and abs(outside) < FAR:
        inside, outside = outside, 2 * outside
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if feasible(middle) else (inside, middle)
    return inside


def _boundary_step(mdp, policy, theta, delta, damping, solve):
    """The closed-form step as a `Proposal`, or the reason why there is none."""
    F = fisher(mdp, policy, theta, damping=damping)
    direction = solve(F, policy_gradient(mdp, policy, theta))
    return direction if direction.reason else step_to_boundary(direction.x, F @ direction.x, delta)


def _evaluation(mdp, policy, theta):
    """The function theta_new -> (L(new) - eta(old), mean KL(old || new) under d_old)."""
    pi_old = policy.probabilities(theta)
    rho, A_old = visitation(mdp, pi_old), advantages(mdp, pi_old)

    def evaluate(theta_new):
        pi_new = policy.probabilities(theta_new)
        # sum_a pi_old A = 0: with pi_new - pi_old the gain keeps its digits when the policies are close.
        gain = np.einsum("s,sa,sa->", rho, pi_new - pi_old, A_old)
        return float(gain), mean_kl(pi_old, pi_new, rho)

    return evaluate


def _take(mdp, policy, theta, proposal):
    """theta + the proposed step, unconditionally; refused where there is none to take."""
    theta = np.asarray(theta, dtype=float)
    if proposal.reason:
        return refused(theta, proposal.reason)
    theta_new = theta + proposal.x
    return StepResult(theta_new, True, "", 1.0, _evaluation(mdp, policy, theta)(theta_new))

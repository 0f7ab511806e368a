"""The natural gradient: Fisher matrix and products, the direction F^-1 g, the step to the KL boundary."""

import math
from dataclasses import dataclass

import numpy as np

RANGE_TOLERANCE = 1e-6  # |F x - g| / |g| beyond which g counts as outside the range of F


@dataclass(frozen=True, eq=False)
class Proposal:
    """A direction or a step, not yet taken: `x` [D], read-only; zero if a `reason` says why there is none."""

    x: np.ndarray
    reason: str = ""

    def __post_init__(self):
        self.x.flags.writeable = False


def fisher_matrix(scores, weights, *, damping=0.0):
    """F + damping I [D, D], with the dense Fisher matrix F = sum_n w_n score_n score_n^T.

    scores [..., D] hold grad log pi(a|s); weights [...] the probability of each pair, d(s) pi(a|s). The sum
    is then an expectation over actions, and F is the Hessian of the mean KL at theta_old, in either direction
    of the KL (Amari 1998; Kakade 2001). Sampled actions and weights 1/N give a Monte-Carlo estimate of F.
    """
    scores = scores.reshape(-1, scores.shape[-1])
    return scores.T @ (weights.reshape(-1, 1) * scores) + damping * np.eye(scores.shape[-1])


def fisher_product(jvp, metric, vjp, *, damping=0.0):
    """The function v -> F v + damping v, with F = J^T M J never formed (Schulman et al. 2015, appendix C.1).

    jvp(v) = J v, how the distribution's own parameters (logits; mean and log sigma) move with theta;
    metric(u) = M u, their Fisher matrix, averaged over the states; vjp(w) = J^T w, back to theta.
    """

    def fisher_vector_product(v):
        return vjp(metric(jvp(v))) + damping * v

    return fisher_vector_product


def natural_direction(F, g):
    """x [D] = F^-1 g, as a `Proposal`; the minimum-norm solution F^+ g where F is singular.

    Softmax logits make F singular: adding a constant to the logits of a state changes nothing. F^+ never
    moves along such directions, so no damping is needed, as long as g lies in the range of F. The exact
    gradient does, under the same state weights. A g outside (F and g from different samples), or one not
    finite, gives a `reason`: the model g.x subject to x.F x/2 <= delta is then unbounded.
    """
    if not (np.isfinite(F).all() and np.isfinite(g).all()):
        return Proposal(np.zeros_like(g), "expected a finite F and g, got NaN or infinity")
    x = np.linalg.lstsq(F, g, rcond=None)[0]
    off, size = np.linalg.norm(F @ x - g), np.linalg.norm(g)
    if off > RANGE_TOLERANCE * size:
        reason = f"expected g in the range of F, got |F x - g| = {off / size:.3g} |g|"
        return Proposal(np.zeros_like(g), reason)
    return Proposal(x)


def step_to_boundary(direction, F_direction, delta):
    """The step beta x [D], as a `Proposal`: x stretched until the quadratic model of the KL is delta.

    beta = sqrt(2 delta / x.Fx), so that (beta x).F(beta x) / 2 = delta, in nats (Schulman et al. 2015,
    appendix C). For x = F^-1 g it maximises g.step under that model, and does not depend on the scale of g.
    `F_direction` is the product F x, with the damping in it if the solve for x had some. A zero direction
    gives a zero step. A curvature x.Fx that is not positive and finite gives a zero step and a `reason`.
    """
    if not direction.any():
        return Proposal(np.zeros_like(direction))
    curvature = float(direction.dot(F_direction))
    squared_length = 2 * delta / curvature if curvature > 0 else math.nan
    if not 0 < squared_length < math.inf:  # a NaN fails this comparison too
        reason = f"expected 2 delta / x.Fx > 0 and finite, got x.Fx = {curvature:.3g}, delta = {delta}"
        return Proposal(np.zeros_like(direction), reason)
    return Proposal(math.sqrt(squared_length) * direction)

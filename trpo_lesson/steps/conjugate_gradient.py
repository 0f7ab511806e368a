"""Conjugate gradient: F^-1 b from products F v alone, without ever forming F."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class CGResult:
    """What conjugate gradient found.

    x           the iterate [D], read-only, in the dtype of b; after a failure, the last sound one
    iterations  products with F that x rests on
    residual    |b - F x| / |b|, as the recursion knows it; 0 where b = 0
    reason      "" or why the solve stopped early; running out of iterations is not a failure
    """

    x: np.ndarray
    iterations: int
    residual: float
    reason: str = ""

    def __post_init__(self):
        self.x.flags.writeable = False


def conjugate_gradient(matvec, b, *, iterations=10, tolerance=1e-10):
    """x [D] with F x = b, as a `CGResult`; `matvec(v)` gives F v, F symmetric and positive (semi)definite.

    Hestenes & Stiefel 1952. Exact after as many iterations as F has distinct eigenvalues, up to rounding;
    TRPO stops after 10 (Schulman et al. 2015, appendix C). Where F is singular, b must lie in its range.
    It stops at |b - F x| <= tolerance |b|. This is relative, and b is scaled to max|b| = 1 on the way, so the
    solution for c b is c times the solution for b, at any c. A tolerance below the machine epsilon of b's
    dtype counts as that epsilon.
    A non-finite b, or a curvature p.Fp that is not finite or not positive beyond rounding, gives a `reason`.
    """
    b = np.asarray(b)
    b = b.astype(np.result_type(b, np.float32), copy=False)
    scale, eps = float(np.abs(b).max()), float(np.finfo(b.dtype).eps)
    if not 0 < scale < math.inf:
        reason = "" if scale == 0 else f"expected a finite b, got max|b| = {scale}"
        return CGResult(np.zeros_like(b), 0, 0.0 if scale == 0 else math.nan, reason)
    x, r = np.zeros_like(b), b / scale
    p, rr, sharpest = r.copy(), float(r.dot(r)), 0.0
    bb, k = rr, 0
    while k < iterations and rr > max(tolerance, eps) ** 2 * bb:
        Fp = matvec(p)
        pFp, pp = float(p.dot(Fp)), float(p.dot(p))
        sharpest = max(sharpest, math.sqrt(float(Fp.dot(Fp)) / pp))  # at most the largest eigenvalue of F
        if not eps * sharpest * pp < pFp < math.inf:  # a NaN fails this comparison too
            reason = f"expected a curvature p.Fp that is finite and positive beyond rounding, got {pFp:.3g}"
            return CGResult(scale * x, k, math.sqrt(rr / bb), reason)
        alpha = rr / pFp
        x += alpha * p
        r -= alpha * Fp
        rr, rr_old = float(r.dot(r)), rr
        p = r + (rr / rr_old) * p
        k += 1
    return CGResult(scale * x, k, math.sqrt(rr / bb))

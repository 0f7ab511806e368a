"""The classical trust-region method, which MINIMISES f, with three ways to solve its subproblem.

Each iteration trusts the quadratic model m(p) = f(x) + g.p + p.Bp/2 on a ball |p| <= radius, and then
compares what f delivered with what the model promised. TRPO keeps the region, but it ascends,
its ball is an ellipsoid of the KL, and its radius delta stays fixed. To ascend with this method, pass -f.
"""

import math
from dataclasses import dataclass

import numpy as np

ON_BOUNDARY = 1 - 1e-9  # |p| / radius from which a step counts as one that the radius cut


@dataclass(frozen=True, eq=False)
class Trial:
    """One iteration of the trust-region method; the first record is the start, with a zero step.

    x         [D] the iterate after the decision, read-only: unchanged where the step was refused
    value     f(x)
    radius    of the region that the step was chosen in
    step      [D] the step that was tried, read-only
    ratio     (f(x) - f(x + step)) / (m(0) - m(step)), what f delivered over what the model promised
    accepted  whether x moved
    reason    "" or why it did not
    """

    x: np.ndarray
    value: float
    radius: float
    step: np.ndarray
    ratio: float
    accepted: bool
    reason: str

    def __post_init__(self):
        self.x.flags.writeable = self.step.flags.writeable = False


def cauchy_point(g, B, radius):
    """The minimiser p [D] of the model along -g within the ball (Nocedal & Wright 2006, Eq. 4.11 and 4.12).

    Its decrease m(0) - m(p) is at least |g| min(radius, |g| / |B|) / 2, which is all that convergence needs.
    Any symmetric B; only B @ v is used. Zero for a zero gradient.
    """
    size, curvature = np.linalg.norm(g), g @ (B @ g)
    if size == 0:
        return np.zeros_like(g)
    to_boundary = radius / size
    return -g * (to_boundary if curvature * to_boundary <= size**2 else size**2 / curvature)


def dogleg(g, B, radius):
    """The minimiser p [D] of the model along two legs: to the minimiser along -g, then to the Newton point.

    p_U = -(g.g / g.Bg) g, p_B = -B^-1 g (Nocedal & Wright 2006, Eq. 4.15 and 4.16). Where B is not positive
    definite there is no Newton point to walk to: the step is the Cauchy point. Zero for a zero gradient.
    """
    try:
        np.linalg.cholesky(B)
    except np.linalg.LinAlgError:
        return cauchy_point(g, B, radius)
    newton = -np.linalg.solve(B, g)
    if np.linalg.norm(newton) <= radius:
        return newton
    corner = cauchy_point(g, B, radius)
    if np.linalg.norm(corner) >= ON_BOUNDARY * radius:
        return corner
    second_leg = newton - corner
    return corner + _length_to_boundary(corner, second_leg, radius) * second_leg


def steihaug(g, B, radius, *, tolerance=1e-10):
    """p [D] by conjugate gradient on B p = -g, stopped at the boundary.

    Steihaug 1983; Nocedal & Wright 2006, Algorithm 7.2. Its first iterate is the Cauchy point, and each
    further one lowers the model, so it never does worse. A direction of non-positive curvature is followed to
    the boundary. It ends inside where |B p + g| <= tolerance |g|, or after D products. Any symmetric B; only
    B @ v is used. Zero for a zero gradient.
    """
    p, r, d = np.zeros_like(g), g, -g
    rr = stop = r @ r
    for _ in range(len(g)):
        if rr <= tolerance**2 * stop:
            break
        Bd, to_boundary = B @ d, _length_to_boundary(p, d, radius)
        if (d @ Bd) * to_boundary <= rr:
            return p + to_boundary * d
        alpha = rr / (d @ Bd)
        p, r = p + alpha * d, r + alpha * Bd
        rr, rr_old = r @ r, rr
        d = -r + (rr / rr_old) * d
    return p


def _length_to_boundary(p, d, radius):
    """The tau >= 0 with |p + tau d| = radius, for p inside and p.d >= 0."""
    room, along = radius**2 - p @ p, p @ d
    return room / (along + math.sqrt(along**2 + (d @ d) * room))


def trust_region(
    f,
    gradient,
    hessian,
    x,
    *,
    radius=1.0,
    max_radius=1000.0,
    accept_above=0.1,
    shrink_below=0.25,
    expand_above=0.75,
    subproblem=steihaug,
):
    """Minimise f(x) from x [D]: a generator of `Trial` records (Nocedal & Wright 2006, Algorithm 4.1).

    Two separate tests of the ratio: the step is taken where ratio > accept_above; the radius is divided by 4
    where ratio < shrink_below, and doubled, up to max_radius, where ratio > expand_above and the step ended
    on the boundary. `hessian(x)` gives B, the Hessian or any symmetric matrix in its place;
    `subproblem(g, B, radius)` gives the step: `steihaug`, `dogleg` or `cauchy_point`.
    It ends where the model promises no decrease that f's rounding would show: at a stationary point, a saddle
    or a maximum included if it lands exactly on one. A trial where f is not finite is refused.
    A start or a model that is not finite ends it, with a `reason`. ValueError for options out of order.
    """
    _require_order(accept_above, shrink_below, expand_above, radius, max_radius)
    x = np.array(x, dtype=float)
    value, g, B = float(f(x)), gradient(x), hessian(x)
    yield Trial(x, value, radius, np.zeros_like(x), math.nan, False, "the start")
    while True:
        if not (math.isfinite(value) and np.isfinite(g).all() and np.isfinite(B).all()):
            reason = "expected a finite f(x), gradient and Hessian, got NaN or infinity"
            yield Trial(x, value, radius, np.zeros_like(x), math.nan, False, reason)
            return
        step = subproblem(g, B, radius)
        promised = -float(g @ step + step @ (B @ step) / 2)
        if promised <= np.finfo(float).eps * abs(value):
            return
        value_there = float(f(x + step))
        ratio = (value - value_there) / promised if math.isfinite(value_there) else -math.inf
        accepted = ratio > accept_above
        if accepted:
            x, value = x + step, value_there
            g, B = gradient(x), hessian(x)
        reason = "" if accepted else f"expected a ratio above {accept_above}, got {ratio:.3g}"
        yield Trial(x, value, radius, step, ratio, accepted, reason)
        if ratio < shrink_below:
            radius = radius / 4
        elif ratio > expand_above and np.linalg.norm(step) >= ON_BOUNDARY * radius:
            radius = min(2 * radius, max_radius)


def _require_order(accept_above, shrink_below, expand_above, radius, max_radius):
    if not (0 <= accept_above < shrink_below <= expand_above and 0 < radius <= max_radius):
        raise ValueError(
            "expected 0 <= accept_above < shrink_below <= expand_above and 0 < radius <= max_radius, "
            f"got {accept_above}, {shrink_below}, {expand_above} and {radius}, {max_radius}"
        )

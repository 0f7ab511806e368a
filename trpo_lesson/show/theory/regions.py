"""Chapter 9: steps on a curved hill, the price of a nat, the KL that a mean hides, the shapes of regions."""

import numpy as np
from matplotlib.patches import Circle

from trpo_lesson.show import theme

RISE = "rise of the surrogate"


def hill_paths(xs, ys, f, levels, line, region, radii):
    """Two climbs of one hill: by line search, above, and by trust regions with their circles, below.

    xs [X], ys [Y], f [Y, X], levels [K]  the grid, the heights on it and those of the contour lines
    line, region [T + 1, 2]               the points after 0 ... T iterations
    radii [T]                             of the region that each step of `region` was chosen in
    """
    with theme.figure(height=7.6, rows=2, sharex=True) as (figure, panels):
        for axes, path, name in zip(panels, (line, region), ("line search", "trust region"), strict=True):
            _draw_hill(axes, xs, ys, f, levels)
            axes.plot(*path.T, linewidth=1.2, color=theme.color("new"))
            axes.plot(*path.T, label=name, **{**theme.points("new"), "markersize": 4})
            axes.plot(*path[0], label="start", **theme.points("old"))
        for centre, radius in zip(region, radii, strict=False):
            panels[1].add_patch(_circle(centre, radius))
        panels[1].plot([], [], label="region", **{**theme.line("accent"), "linewidth": 1})
        for axes in panels:
            theme.legend_above(axes, ncols=3)
        return theme.picture(figure, alt=_paths_words(line, region, radii))


def _draw_hill(axes, xs, ys, f, levels):
    axes.contour(xs, ys, f, levels, colors=theme.color("muted"), linewidths=0.7, linestyles="solid")
    axes.set(xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]), ylabel="second coordinate", aspect="equal")
    axes.set(xlabel="first coordinate")


def _circle(centre, radius):
    return Circle(centre, radius, fill=False, linewidth=1, **theme.line("accent"))


def _paths_words(line, region, radii):
    moves = [np.linalg.norm(np.diff(path, axis=0), axis=1).sum() for path in (line, region)]
    left = [np.linalg.norm(path[-1] - region[-1]) for path in (line, region)]
    refused = int((np.diff(region, axis=0) == 0).all(axis=1).sum())
    return (
        f"Contour lines of a bent ridge and two climbs from the same point. The line search makes "
        f"{len(line) - 1} steps of {moves[0]:.2f} in all, to and fro across the ridge, and is still "
        f"{left[0]:.2f} from where the other ends. The trust region makes {len(region) - 1} trials, "
        f"{refused} of them refused, with radii between {radii.min():g} and {radii.max():g}, and "
        f"follows the bend."
    )


def region_step(xs, ys, f, levels, x, best, step, *, radius, ratio):
    """One region on the hill: the circle, the model's best points for all radii, and the step for this one.

    x [2], step [2]  where we stand and the step that the model proposes
    best [K, 2]      where the model's best steps end, for radii from small to large
    ratio            what f delivered over what the model promised
    """
    with theme.figure(height=4.4) as (figure, axes):
        _draw_hill(axes, xs, ys, f, levels)
        axes.add_patch(_circle(x, radius))
        axes.plot(*best.T, label="best points, all radii", **theme.line("bound"))
        axes.plot(*x, label="here", **theme.points("old"))
        axes.plot(*(x + step), label="best point of this radius", **theme.points("new"))
        axes.plot([], [], " ", label=f"radius {radius:g}: ratio {theme.number(ratio, '.2f')}")
        theme.legend_above(axes, ncols=2)
        alt = (
            f"A region of radius {radius:g} around the point ({x[0]:.2f}, {x[1]:.2f}). The model's best "
            f"point in it is ({x[0] + step[0]:.2f}, {x[1] + step[1]:.2f}). The hill delivers "
            f"{ratio:.2f} times the rise that the model promises."
        )
        return theme.picture(figure, alt=alt)


def price_of_a_nat(deltas, gains, *, beta, delta, gain):
    """The best gain for each budget with a line of slope `beta` that touches it, and what paying leaves.

    deltas, gains [K]  budgets in nats, and the largest L - eta(old) within each
    beta, delta, gain  a price, the budget at which the best policy at this price ends, and what it gains
    """
    with theme.figure(height=5, rows=2, sharex=True) as (figure, (top, bottom)):
        top.plot(deltas, gains, label="best gain v(δ)", color=theme.color("ink"))
        top.plot(deltas, gain + beta * (deltas - delta), label=f"slope β = {beta:g}", **theme.line("accent"))
        bottom.plot(
            deltas, gains - beta * deltas, label="gain less price, v(δ) − βδ", color=theme.color("ink")
        )
        for axes, height in ((top, gain), (bottom, gain - beta * delta)):
            axes.axvline(delta, **theme.line("muted"))
            axes.plot(delta, height, label=f"δ = {delta:.4f}", **theme.points("new"))
            theme.legend_above(axes, ncols=3)
        top.set(ylabel=RISE, ylim=(0, 1.15 * gains.max()), xlim=(0, deltas[-1]))
        bottom.set(
            xlabel="budget δ in nats", ylabel="gain less price", ylim=(-0.3 * gains.max(), 0.6 * gains.max())
        )
        alt = (
            f"The best gain rises with the budget, less and less steeply. A line of slope {beta:g} touches "
            f"it at {delta:.4f} nats, where the gain is {gain:.3f}. There the gain less its price is "
            f"largest, {gain - beta * delta:.3f}."
        )
        return theme.picture(figure, alt=alt)


def gap_without_price(kl, gain, *, beta, ends, budget, best):
    """A family with one parameter, as a curve of gain over KL, and the line of slope beta that touches twice.

    kl, gain [K]  of the policies of the family, along the parameter
    ends [2]      the two KLs at which the line touches
    budget, best  a KL in between and the largest gain within it
    """
    order = np.argsort(kl)
    reach = np.maximum.accumulate(gain[order])
    touch = np.interp(ends, kl[order], reach)
    with theme.figure(height=3.8) as (figure, axes):
        axes.axvspan(*ends, **theme.tint("muted"))
        axes.plot(kl, gain, linewidth=1.2, label="the family", **{**theme.line("old"), "linestyle": "-"})
        axes.plot(kl[order], reach, label="best gain v(δ)", color=theme.color("ink"))
        line = [touch[0] + beta * (x - ends[0]) for x in (0, 1.15 * ends[1])]
        axes.plot([0, 1.15 * ends[1]], line, label=f"slope β = {beta:.2f}", **theme.line("accent"))
        axes.plot(ends, touch, **theme.points("accent"))
        axes.plot(budget, best, label=f"best within δ = {budget:g}", **theme.points("new"))
        axes.set(xlabel="mean KL, budget δ in nats", ylabel=RISE, xlim=(0, 1.15 * ends[1]))
        axes.set(ylim=(-0.4 * touch[1], 1.6 * touch[1]))
        theme.legend_above(axes, ncols=2)
        alt = (
            f"The best gain over the budget is not concave: it runs below a line of slope {beta:.2f} that "
            f"touches it at {ends[0]:.3f} and at {ends[1]:.3f} nats. The best policy within {budget:g} nats, "
            f"with gain {best:.3f}, lies below the line: no price leads to it."
        )
        return theme.picture(figure, alt=alt)


def hidden_by_the_mean(d, kls, *, delta):
    """How often each state is visited, above, and the KL of up to three steps in it, below; log axes.

    d [S]  the state distribution
    kls    name -> KL [S], steps that keep the `delta` in one way or another
    """
    states = np.arange(len(d))
    with theme.figure(height=5.8, rows=2, sharex=True) as (figure, (visits, divergence)):
        visits.bar(states, d, width=0.7, **theme.fill("muted"))
        visits.set(yscale="log", ylabel="share of visits d")
        for (name, kl), role in zip(kls.items(), ("new", "accent", "old"), strict=False):
            divergence.plot(states, kl, linewidth=1, color=theme.color(role))
            divergence.plot(states, kl, label=name, **theme.points(role))
        divergence.axhline(delta, label=f"budget {delta:g}", **theme.line("bound"))
        divergence.set(yscale="log", xlabel="state", ylabel="KL in nats", xticks=states)
        divergence.set_ylim(top=1e4 * max(kl.max() for kl in kls.values()))
        divergence.legend(loc="upper left")
        said = "; ".join(
            f"{name}: mean {d @ kl:.4f}, largest {kl.max():.2f} in state {kl.argmax()}"
            for name, kl in kls.items()
        )
        alt = f"Visits fall from {d[0]:.2f} in state 0 to {d[-1]:.4f} in the last state. KL by state, {said}."
        return theme.picture(figure, alt=alt)


def shapes(side, kls, *, delta, radius, gradient):
    """Three regions around the origin of a plane of parameters: a circle, and the KL in both directions.

    side [K], kls [K, K, 2]  the steps of each parameter; mean KL(old || new) and KL(new || old) of each point
    delta, radius            where the KL and the circle are cut
    gradient [2]             of the surrogate: an arrow of length `radius` shows its direction
    """
    arrow = radius * gradient / np.linalg.norm(gradient)
    with theme.figure(height=5) as (figure, axes):
        axes.add_patch(Circle((0, 0), radius, fill=False, linewidth=2, **theme.line("muted")))
        axes.plot([], [], label="circle in θ", **theme.line("muted"))
        axes.plot([0, arrow[0]], [0, arrow[1]], label="gradient of L", color=theme.color("ink"))
        axes.annotate("", xy=1.1 * arrow, xytext=(0, 0), arrowprops={"arrowstyle": "->"})
        spans = []
        for i, (role, name) in enumerate((("old", "old ‖ new"), ("new", "new ‖ old"))):
            style = {"colors": theme.color(role), "linestyles": [theme.ROLES[role].linestyle]}
            axes.contour(side, side, kls[..., i], [delta], linewidths=2, **style)
            axes.plot([], [], label=f"KL({name}) = {delta:g}", **theme.line(role))
            inside = kls[..., i] <= delta
            wide, high = (np.ptp(side[inside.any(axis=axis)]) for axis in (0, 1))
            spans.append(f"{wide:.1f} wide and {high:.1f} high")
        axes.set(xlabel="first parameter", ylabel="second parameter", aspect="equal")
        theme.legend_above(axes, ncols=2)
        alt = (
            f"Three regions around the old parameters: a circle of radius {radius:g}; the points with "
            f"KL(old to new) at most {delta:g}, a tilted oval {spans[0]}; the same for KL(new to old), "
            f"{spans[1]}. The surrogate rises fastest towards ({arrow[0]:.2f}, {arrow[1]:.2f})."
        )
        return theme.picture(figure, alt=alt)

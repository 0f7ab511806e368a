"""Chapter 8: lower bounds that touch, the steps that they certify, and what a cheaper bound leads to."""

import numpy as np

from trpo_lesson.show import theme


def touching_parabolas(x, f, iterates, bounds):
    """A curve, the lower bounds that touch it at the iterates, and the way from one top to the next bound.

    x, f [K]        the curve
    iterates [T]    the points at which a bound touches; the last one is the end, with no bound drawn
    bounds [T-1, K] the bound that touches at each of them, over x
    """
    floor, roof, heights = f.min() - 0.3, f.max() + 0.7, np.interp(iterates, x, f)
    with theme.figure(height=3.6) as (figure, axes):
        axes.plot(x, f, color=theme.color("ink"))
        for i, M in enumerate(bounds):
            shown = np.where(floor <= M, M, np.nan)
            axes.plot(x, shown, label=None if i else "lower bounds", **theme.line("bound"))
            rise = [M.max(), heights[i + 1]]
            axes.plot([iterates[i + 1]] * 2, rise, color=theme.color("muted"), linewidth=1)
        axes.plot(iterates, heights, label="iterates", **theme.points("old"))
        best = f.argmax()
        axes.plot(x[best], f[best], label="highest top shown", **theme.points("accent"))
        axes.set(xlabel="x", ylabel="f(x)", ylim=(floor, roof), xlim=(x[0], x[-1]))
        axes.legend(loc="upper left", ncols=3, handlelength=2, columnspacing=1)
        return theme.picture(figure, alt=_parabola_words(x, f, iterates, heights))


def _parabola_words(x, f, iterates, heights):
    best = f.argmax()
    return (
        f"A curve of hills. From x = {iterates[0]:.2f}, where it is {heights[0]:.2f} high, each step goes to "
        f"the top of a parabola that touches the curve from below. After {len(iterates) - 1} steps x is "
        f"{iterates[-1]:.2f} and the height {heights[-1]:.2f}, the top of the nearest hill. A higher top, "
        f"{f[best]:.2f} at x = {x[best]:.2f}, is not reached."
    )


def certified_climb(thetas, eta, bounds, certified, practice, *, every):
    """Above: bounds under the return, every so many steps of a certified run. Below: the returns by step.

    thetas, eta [K]  the return over the parameter
    bounds           (theta [J], M [J]) of each bound that is drawn, the first at the start of the run
    certified        (theta [T + 1], eta [T + 1]) of the run that climbs the bounds
    practice         {name: (theta, eta)} of runs with a fixed radius; the first is marked above too
    """
    with theme.figure(height=5.6, rows=2) as (figure, (hill, curve)):
        hill.plot(thetas, eta, color=theme.color("ink"), linewidth=1.2)
        for i, (at, M) in enumerate(bounds):
            name = None if i else f"lower bound, each {every}th step"
            hill.plot(at, M, color=theme.color("bound"), label=name)
        _mark_practice(hill, *next(iter(practice.items())))
        lowest = min(M.min() for _, M in bounds)
        hill.set(xlabel="parameter θ", ylabel="return", xlim=(thetas[0], thetas[-1]))
        hill.set(ylim=(lowest - 0.02, eta.max() + 0.3))
        hill.legend(loc="upper left")
        curve.axhline(eta.max(), label="top", color=theme.color("muted"), linewidth=1)
        curve.plot(certified[1], label="certified", **theme.line("bound"))
        for role, (name, (_, heights)) in zip(("new", "accent"), practice.items(), strict=False):
            curve.plot(heights, label=name, **theme.line(role))
        curve.set_xscale("symlog", linthresh=1)
        ticks = [0, 1, 10, 100]
        curve.set_xticks(ticks, [str(tick) for tick in ticks])
        curve.set(xlabel="step", ylabel="return", xlim=(0, len(certified[1]) - 1))
        curve.set(ylim=(None, eta.max() + 0.45))
        curve.legend(loc="upper left", ncols=2)
        return theme.picture(figure, alt=_climb_words(certified, practice, eta.max()))


def _mark_practice(hill, name, run):
    """The steps of a run with a fixed radius, until it falls for the first time."""
    theta, heights = run
    fell = np.append(np.diff(heights) < 0, True).argmax()
    hill.plot(theta[: fell + 1], heights[: fell + 1], label=name, **theme.points("new"))


def _climb_words(certified, practice, top):
    runs = {"certified": certified} | practice
    sentences = [
        f"The run {name} goes from {heights[0]:.3f} to {heights[-1]:.3f} in {len(heights) - 1} steps; it is "
        f"highest, {heights.max():.3f}, after {heights.argmax()}, and {np.sum(np.diff(heights) < 0)} of its "
        f"steps fall."
        for name, (_, heights) in runs.items()
    ]
    return f"Narrow lower bounds hang under the return, whose top is {top:.3f}. " + " ".join(sentences)


def priced_bound(thetas, eta, M, *, start, limits):
    """M with some coefficient against the return, from the touching point to the top of M.

    thetas, eta, M [K]  over the parameter; M may be above eta, which is shaded
    start               index of the old policy, where they touch
    """
    end, above = M.argmax(), eta + 1e-9 < M
    with theme.figure(height=3.6) as (figure, axes):
        axes.fill_between(thetas, eta, M, where=above, **theme.tint("accent", opacity=0.2))
        axes.plot(thetas, eta, label="return", color=theme.color("ink"))
        axes.plot(thetas, M, label="M", **theme.line("bound"))
        axes.plot([thetas[end]] * 2, [eta[end], M[end]], color=theme.color("muted"), linewidth=1)
        axes.plot(thetas[start], eta[start], label="old policy", **theme.points("old"))
        axes.plot(thetas[end], M[end], label="top of M", **theme.points("bound"))
        axes.plot(thetas[end], eta[end], label="what comes", **theme.points("new"))
        axes.set(xlabel="parameter θ", ylabel="return", xlim=(thetas[0], thetas[-1]), ylim=limits)
        axes.legend(loc="upper left", ncols=3, handlelength=2, columnspacing=1)
        return theme.picture(figure, alt=_priced_words(thetas, eta, M, start))


def _priced_words(thetas, eta, M, start):
    end, above = M.argmax(), np.flatnonzero(eta + 1e-9 < M)
    where = "It is nowhere above the return"
    if above.size:
        where = f"It is above the return between theta {thetas[above[0]]:.2f} and {thetas[above[-1]]:.2f}"
    return (
        f"M touches the return at theta {thetas[start]:g}. {where}. Its top is at theta {thetas[end]:.2f}, "
        f"where M has gained {theme.number(M[end] - M[start], '.3f')} and the return has changed by "
        f"{theme.number(eta[end] - eta[start], '+.3f')}."
    )


def two_hills(thetas, eta, paths):
    """The return of a family with two tops, and the runs that start on either side of the valley.

    paths {name: (theta [T + 1], eta [T + 1])}
    """
    with theme.figure(height=3.6) as (figure, axes):
        axes.plot(thetas, eta, color=theme.color("ink"), linewidth=1.2)
        for role, (name, (theta, heights)) in zip(("old", "new"), paths.items(), strict=True):
            axes.plot(theta, heights, color=theme.color(role), linewidth=4)
            axes.plot(theta[0], heights[0], label=name, **theme.points(role))
            axes.annotate(
                f"{heights[-1]:.2f}",
                (theta[-1], heights[-1]),
                xytext=(0, 9),
                textcoords="offset points",
                ha="center",
            )
            axes.plot(theta[-1], heights[-1], **{**theme.points(role), "marker": "^", "markersize": 8})
        axes.set(xlabel="parameter θ", ylabel="return", xlim=(thetas[0], thetas[-1]))
        axes.set(ylim=(eta.min() - 0.3, eta.max() + 1.1))
        axes.legend(loc="upper left")
        return theme.picture(figure, alt=_hill_words(thetas, eta, paths))


def _hill_words(thetas, eta, paths):
    best = eta.argmax()
    ends = " ".join(
        f"The run {name} ends at theta {theta[-1]:.2f} with the return {heights[-1]:.2f}."
        for name, (theta, heights) in paths.items()
    )
    return (
        f"The return over theta has two tops with a valley between; the highest is {eta[best]:.2f}, at theta "
        f"{thetas[best]:.2f}. {ends}"
    )

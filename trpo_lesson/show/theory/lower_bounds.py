"""Chapter 7: the lower bounds along a line of policies, and how much each of them takes off the surrogate."""

import numpy as np

from trpo_lesson.show import theme

DASHES = ("-", (0, (5, 2)), (0, (1, 1.2)))  # of the bounds of one family, in their order
FAMILIES = (("max TV", "old"), ("coupling", "old"), ("max KL", "new"), ("", "bound"))  # the means come last
SERIES = ("old", "new", "accent")  # of the discounts in `allowances`


def landscape(wide, close, eta_old):
    """The return, the surrogate and the lower bounds along a line: all of it, and near the old policy.

    wide, close   (x [K], eta [K], L [K], lower) each: x = 0 is the old policy; lower[name] [K] is a bound
    eta_old       the return at x = 0
    Above: eta, L and the best bound over `wide`, with the range of `close` tinted. Below: every bound over
    `close`, as a gain over eta_old, with a mark where it is largest. An infinite bound is not drawn.
    """
    with theme.figure(height=6.6, rows=2, height_ratios=(2, 3)) as (figure, (above, below)):
        _draw_all(above, wide, close[0], eta_old)
        _draw_near(below, close, eta_old)
        curves = [curve for axes in (below, above) for curve in axes.get_legend_handles_labels()[0]]
        figure.legend(handles=curves, loc="outside lower center", ncols=2)
        return theme.picture(figure, alt=_landscape_words(wide, close, eta_old))


def _draw_all(axes, line, near, eta_old):
    x, eta, L, lower = line
    axes.axvspan(near[0], near[-1], **theme.tint("accent", opacity=0.25))
    axes.axhline(eta_old, linewidth=1, **theme.line("muted"))
    axes.plot(x, eta, color=theme.color("ink"))
    axes.plot(x, L, **theme.line("accent"))
    axes.plot(x, np.max(list(lower.values()), axis=0), label="above: best bound", **theme.line("bound"))
    axes.plot(0, eta_old, **theme.points("old"))
    low, high = min(eta.min(), eta_old), max(eta.max(), L.max())
    margin = 0.12 * (high - low)
    axes.set(ylabel="return", xlim=(x[0], x[-1]), ylim=(low - 2 * margin, high + margin))


def _draw_near(axes, line, eta_old):
    x, eta, L, lower = line
    axes.axhline(0, linewidth=1, **theme.line("muted"))
    axes.plot(x, eta - eta_old, label="return η", color=theme.color("ink"))
    axes.plot(x, L - eta_old, label="surrogate L", **theme.line("accent"))
    count = {}
    for name, bound in lower.items():
        role = _family(name)
        style = theme.line(role) | {"linestyle": DASHES[count.get(role, 0)], "linewidth": 1.6}
        count[role] = count.get(role, 0) + 1
        gain, finite = bound - eta_old, np.isfinite(bound)
        axes.plot(x[finite], gain[finite], label=name, **style)
        top = gain.argmax()
        axes.plot(x[top], gain[top], **theme.points(role))
    best = max(bound.max() for bound in lower.values()) - eta_old
    axes.plot(0, 0, **theme.points("old"))
    axes.set(xlabel="step x along the line", ylabel="gain over η(old)", xlim=(x[0], x[-1]))
    axes.set_ylim(-1.2 * best, 2.2 * best)
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.locator_params(axis="x", nbins=6)


def _family(name):
    return next(role for word, role in FAMILIES if word in name)


def _landscape_words(wide, close, eta_old):
    x, _, _, lower = close
    best = max(lower, key=lambda name: lower[name].max())
    top = lower[best].argmax()
    eta_top = wide[1].argmax()
    return (
        f"Return, surrogate and lower bounds along a line of policies; all touch at the old policy, x = 0, "
        f"with return {eta_old:.3f}. On the whole line the return is largest, {wide[1][eta_top]:.3f}, at x = "
        f"{wide[0][eta_top]:.3g}. Below, for x from {x[0]:.3g} to {x[-1]:.3g}, every bound bends down from "
        f"the surrogate. The most that is certified is a gain of {lower[best][top] - eta_old:.3g}, by {best} "
        f"at x = {x[top]:.3g}."
    )


def allowances(names, gammas, low, middle, high):
    """What each bound takes off the surrogate, in units of its true error, on a logarithmic axis.

    names              of the B bounds, from the top to the bottom
    low, middle, high  [G, B] for each discount: the ends of a range of pairs, and the number that is printed
    """
    rows = np.arange(len(names), dtype=float)
    offsets = np.linspace(-0.27, 0.27, len(gammas))
    with theme.figure(height=0.78 * len(names) + 1.4) as (figure, axes):
        axes.set_xscale("log")
        axes.axvline(1, label="the error itself", **theme.line("muted"))
        for gamma, role, offset, *ranges in zip(gammas, SERIES, offsets, low, middle, high, strict=False):
            start, median, end = ranges
            axes.hlines(rows + offset, start, end, color=theme.color(role), linewidth=1.4)
            axes.plot(median, rows + offset, label=f"γ = {gamma}", **theme.points(role))
            for y, number, x in zip(rows + offset, median, end, strict=True):
                words = theme.number(float(f"{number:.2g}"), ",.0f")
                axes.text(1.25 * x, y, words, va="center", fontsize=9, color=theme.color(role))
        axes.set(xlabel="taken off L / error of L", yticks=rows, yticklabels=names)
        axes.set(ylim=(len(names) - 0.5, -0.6), xlim=(0.6, 6 * np.max(high)))
        figure.legend(loc="outside lower center", ncols=2)
        return theme.picture(figure, alt=_allowance_words(names, gammas, middle))


def _allowance_words(names, gammas, middle):
    sentences = [
        f"γ = {gamma}: " + ", ".join(f"{n} {float(f'{m:.2g}'):,.0f}" for n, m in zip(names, row, strict=True))
        for gamma, row in zip(gammas, middle, strict=True)
    ]
    return (
        f"For {len(names)} bounds and {len(gammas)} discounts, how many times the true error of the "
        "surrogate the bound takes off, in the median pair. " + ". ".join(sentences).replace("\n", " ") + "."
    )

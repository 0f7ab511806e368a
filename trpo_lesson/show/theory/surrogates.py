"""Chapter 5: the surrogate beside the return, the steps where they part, and how their distance grows."""

import numpy as np

from trpo_lesson.show import theme

PROMISE, TRUTH = "surrogate L", "return η"


def straight_and_bent(p, theta, L, eta, marks, steps):
    """L and eta of one family twice, over the probability p and over its parameter theta.

    p, theta, L, eta [K]  one family of policies, with L and eta of each
    marks [4]             (p, theta, L, eta) of the old policy, where L = eta
    steps                 name -> (p, theta, L, eta) of the policy that a step ends at
    """
    with theme.figure(height=6, rows=2) as (figure, panels):
        for i, (axes, x, name) in enumerate(
            zip(panels, (p, theta), ("probability p of leaning out", "parameter θ"), strict=True)
        ):
            axes.plot(x, L, label=PROMISE, **theme.line("accent"))
            axes.plot(x, eta, label=TRUTH, color=theme.color("ink"))
            for label, end in steps.items():
                axes.plot([end[i]] * 2, end[2:], **theme.line("muted"))
                axes.plot([end[i]] * 2, end[2:], **theme.points("new"))
                offset = {"xytext": (0, 9), "textcoords": "offset points", "ha": "center"}
                axes.annotate(label, (end[i], end[2]), **offset)
            axes.plot(marks[i], marks[2], label="old policy", **theme.points("old"))
            axes.set(xlabel=name, ylabel="return", xlim=(x[0], x[-1]))
            axes.set_ylim(eta.min() - 0.5, L.max() + 1.5)
        panels[0].legend(loc="lower left")
        return theme.picture(figure, alt=_bent_words(marks, steps))


def _bent_words(marks, steps):
    ends = " ".join(
        f"The step {label.replace('δ', 'delta')} ends at p {end[0]:.2f}: "
        f"L changes by {end[2] - marks[2]:+.2f}, the return by {end[3] - marks[3]:+.2f}."
        for label, end in steps.items()
    )
    return (
        f"Surrogate and return of the ledge in the fog touch at the old policy, p {marks[0]:.2f}. Over p the "
        f"surrogate is a straight line, over theta an S-shaped curve. {ends}"
    )


def sliver(dq, dp_L, dp_eta, lengths, angles, *, zooms):
    """Which steps raise L and lower eta: the plane of steps at each zoom, and the angle of the wedge.

    dq, dp_L, dp_eta [K]  steps of q in rising order; the steps of p with L unchanged and with eta unchanged
    lengths, angles [N]   of a step, in rising order, and the angle in degrees between the two curves there
    zooms                 half the width of each plane, the largest first
    """
    heights = [3] * len(zooms) + [2.2]
    shape = {"rows": len(heights), "gridspec_kw": {"height_ratios": heights}}
    with theme.figure(height=9.2, **shape) as (figure, panels):
        for axes, radius in zip(panels, zooms, strict=False):
            _draw_plane(axes, dq, dp_L, dp_eta, radius)
            _name_the_wedge(axes, dq, dp_L, dp_eta, (0.86 * radius, 0.28 * radius, 0.47 * radius))
        wedge = panels[-1]
        wedge.loglog(lengths, angles, label="angle of the wedge", **theme.line("accent"))
        proportional = lengths * angles[0] / lengths[0]
        wedge.loglog(lengths, proportional, label="in proportion to the length", **theme.line("muted"))
        wedge.set(xlabel="length of the step", ylabel="degrees")
        wedge.legend(loc="upper left")
        return theme.picture(figure, alt=_sliver_words(lengths, angles, zooms))


def _draw_plane(axes, dq, dp_L, dp_eta, radius, span=(-0.42, 0.62)):
    """The three fields of the plane: both rise, L rises while eta falls, both fall; dp in span * radius."""
    low, high = (end * radius for end in span)
    line, curve = (np.clip(dp, low, high) for dp in (dp_L, dp_eta))
    axes.fill_between(dq, curve, high, **theme.tint("new", opacity=0.14))
    axes.fill_between(dq, low, line, **theme.tint("muted", opacity=0.14))
    axes.fill_between(dq, line, np.maximum(curve, line), **theme.tint("accent", opacity=0.28))
    axes.plot(dq, dp_L, label="L unchanged", **theme.line("accent"))
    axes.plot(dq, dp_eta, label="η unchanged", color=theme.color("ink"))
    axes.plot(0, 0, label="old policy", **theme.points("old"))
    axes.text(-0.45 * radius, 0.4 * radius, "both rise", ha="center")
    axes.text(0.45 * radius, -0.28 * radius, "both fall", ha="center")
    axes.set(xlabel="change of q, on the slope", ylabel="change of p, on the path")
    axes.set(xlim=(-radius, radius), ylim=(low, high), aspect="equal")


def _name_the_wedge(axes, dq, dp_L, dp_eta, place):
    """place: the change of q where a line meets the wedge, and of q and p where its words stand."""
    end, *words = place
    middle = np.interp(end, dq, (dp_L + dp_eta) / 2)
    line = {"arrowstyle": "-"}
    axes.annotate("L rises, η falls", (end, middle), xytext=words, ha="center", arrowprops=line)


def _sliver_words(lengths, angles, zooms):
    return (
        f"Around the old policy, in planes of half-width {' and '.join(f'{zoom:g}' for zoom in zooms)}, the "
        f"straight line of unchanged L and the curve of unchanged return touch. Between them lies a wedge of "
        f"steps that raise L and lower the return, on both sides. Its angle is {angles[-1]:.2g} degrees at "
        f"step length {lengths[-1]:.2g} and {angles[0]:.2g} degrees at length {lengths[0]:.2g}."
    )


def direction(lengths, gains, plane, heading, angle):
    """What L promises and what comes along one direction, below, and the direction in the plane, above.

    lengths [K]   of the step, from 0 on
    gains [2, K]  the changes of L and of eta
    plane         (dq, dp_L, dp_eta) as in `sliver`
    heading [2]   the change of (p, q) by a step of the largest length
    angle         of the direction with the gradient, in degrees
    """
    L_gain, eta_gain = gains
    with theme.figure(height=6, rows=2) as (figure, (map_of_steps, curves)):
        radius = lengths[-1]
        _draw_plane(map_of_steps, *plane, radius, span=(-0.6, 1.1))  # the steps go up and right
        _name_the_wedge(map_of_steps, *plane, (-0.88 * radius, -0.5 * radius, -0.48 * radius))
        dp, dq = heading
        map_of_steps.plot([0, dq], [0, dp], color=theme.color("new"))
        curves.axhline(0, linewidth=1, color=theme.color("ink"))
        curves.plot(lengths, L_gain, label="L promises", **theme.line("accent"))
        curves.plot(lengths, eta_gain, label="what comes", color=theme.color("ink"))
        longest = last_gain(lengths, eta_gain)
        if longest < lengths[-1]:
            curves.plot(longest, 0, label=f"gains up to {longest:.3f}", **theme.points("bound"))
        curves.set(xlabel="length of the step", ylabel="change", xlim=(0, lengths[-1]))
        high = max(1.2 * L_gain.max(), 0.03)
        curves.set_ylim(min(1.1 * eta_gain.min(), -high), high)
        curves.legend(loc="lower left")
        return theme.picture(figure, alt=_direction_words(lengths, L_gain, eta_gain, angle))


def last_gain(lengths, eta_gain):
    """The largest of `lengths` up to which every step but 0 gains."""
    lost = np.flatnonzero(eta_gain[1:] <= 0)
    return lengths[lost[0]] if len(lost) else lengths[-1]


def _direction_words(lengths, L_gain, eta_gain, angle):
    return (
        f"Steps at {angle:g} degrees from the gradient. At length {lengths[-1]:g} L promises "
        f"{L_gain[-1]:+.3f} and {eta_gain[-1]:+.3f} comes. "
        f"Every step up to {last_gain(lengths, eta_gain):.3f} gains."
    )


def gain_and_error(alpha, gain, error, bound):
    """The gain of L, its error and the bound of the error over the size of the step, on logarithmic axes.

    alpha [K]  the largest TV of the step, in rising order; gain = L - eta(old), error = |eta - L|, bound [K]
    """
    with theme.figure(height=3.8) as (figure, axes):
        axes.loglog(alpha, bound, label="bound of the error, Cα²", **theme.line("bound"))
        axes.loglog(alpha, gain, label="gain of L", **theme.line("accent"))
        axes.loglog(alpha, error, label="error |η − L|", color=theme.color("ink"))
        certified = alpha[bound < gain].max(initial=alpha[0])
        low, crossing = error.min() / 2, gain[alpha <= certified][-1]
        name = f"gain is certain up to {certified:.1g}"
        axes.plot([certified] * 2, [low, crossing], label=name, **theme.line("muted"))
        axes.set(xlabel="size α of the step, the largest TV", ylabel="change of the return")
        axes.set(xlim=(alpha[0], alpha[-1]), ylim=(low, 100 * bound.max()))
        axes.legend(loc="upper left", ncols=2)
        return theme.picture(figure, alt=_error_words(alpha, gain, error, bound, certified))


def _error_words(alpha, gain, error, bound, certified):
    def slope(y):
        return np.log(y[-1] / y[0]) / np.log(alpha[-1] / alpha[0])

    return (
        f"On logarithmic axes the gain of L rises with slope {slope(gain):.2f}, its error with slope "
        f"{slope(error):.2f} and the bound of the error with slope {slope(bound):.2f}. The bound is about "
        f"{bound[0] / error[0]:.0f} times the error. It is below the gain up to a step of {certified:.1g}; "
        f"the error is below the gain up to {alpha[error < gain].max(initial=alpha[0]):.2g}."
    )

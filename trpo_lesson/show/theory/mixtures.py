"""Chapter 6: a mixture of two policies, the bound that it keeps, and the steps that the bound certifies."""

import numpy as np

from trpo_lesson.show import theme

SHARES = np.geomspace(1e-6, 1, 25)  # the bins of `slack`, four to a decade
SHARE = "share α of the target"


def first_coin(walk_old, walk_new, first, apart, distance):
    """A pair of walks, alike until the first heads; and how far apart the laws of s_t can be.

    walk_old, walk_new [T + 1]  the state at 0..T: 0 is the path, 1 the slope
    first                       the step of the first heads
    apart [T + 1]               1 - (1 - alpha)^t, the probability of heads before t
    distance [T + 1]            total variation between the laws of s_t under the old policy and the mixture
    """
    T = np.arange(len(apart))
    with theme.figure(height=4.8, rows=2, sharex=True, height_ratios=(2, 3)) as (figure, (walks, laws)):
        for walk, role, name, rise in (
            (walk_old, "old", "old policy", 0.06),
            (walk_new, "new", "mixture", -0.06),
        ):
            walks.plot(T, rise - walk, linewidth=1.2, color=theme.color(role))
            walks.plot(T, rise - walk, label=name, **theme.points(role))
        walks.vlines(first, -1.3, 0.6, **theme.line("accent"))
        walks.text(first + 0.3, 0.4, "first heads", color=theme.color("accent"))
        walks.set(yticks=(0, -1), yticklabels=("path", "slope"), ylim=(-1.3, 1.4))
        walks.legend(loc="upper left", ncols=2)
        laws.plot(T, apart, label="heads has come", **theme.line("bound"))
        laws.plot(T, distance, color=theme.color("ink"), label="distance of the laws")
        laws.set(xlabel="step t", ylabel="probability", ylim=(0, 1.25))
        laws.legend(loc="upper left", ncols=2)
        return theme.picture(figure, alt=_coin_words(walk_old, walk_new, first, apart, distance))


def _coin_words(walk_old, walk_new, first, apart, distance):
    differ = np.flatnonzero(walk_old != walk_new)
    parting = f"they first part at step {differ[0]}" if len(differ) else "they never part"
    return (
        f"Two walks share their luck. The first heads comes at step {first}; {parting}. Below, the "
        f"probability that heads has come rises from 0 to {apart[-1]:.2f} at step {len(apart) - 1}. The "
        f"distance between the laws of the two states stays below it, at most {distance.max():.2f}."
    )


def bounds_over_alpha(alphas, curves, *, near):
    """eta, L and two lower bounds from the old policy to the target, above; below, their start up to `near`.

    alphas [K]  from 0 to 1
    curves      name -> (role or "ink", values [K]): the return, the surrogate, then the bounds. The return
                sets the scale above; below, the top of each bound is marked.
    """
    (_, eta), (_, L) = list(curves.values())[:2]
    with theme.figure(height=5.8, rows=2) as (figure, (whole, start)):
        for axes in (whole, start):
            axes.axhline(eta[0], color=theme.color("muted"), linewidth=1)
            for name, (role, height) in curves.items():
                look = {"color": theme.color("ink")} if role == "ink" else theme.line(role)
                axes.plot(alphas, height, label=name, **look)
        for name, alpha, height in _tops(alphas, curves):
            label = f"top of the {name}: α {theme.number(alpha, '.2g')}"
            start.plot(alpha, height, label=label, **theme.points(curves[name][0]))
        spread, rise = np.ptp(eta), L[alphas <= near].max() - eta[0]
        whole.set(ylim=(eta.min() - 0.05 * spread, eta.max() + 0.75 * spread), xlim=(-0.01, 1))
        start.set(ylim=(eta[0] - 1.3 * rise, eta[0] + 1.05 * rise), xlim=(0, near))
        whole.legend(loc="upper right", ncols=2)
        handles, labels = start.get_legend_handles_labels()
        start.legend(handles[len(curves) :], labels[len(curves) :], loc="lower left")
        whole.set(ylabel="return")
        start.set(ylabel="return", xlabel=SHARE)
        return theme.picture(figure, alt=_bounds_words(alphas, curves, near))


def _tops(alphas, curves):
    """(name, alpha, value) at the largest value of each bound."""
    for name, (_, height) in list(curves.items())[2:]:
        yield name, alphas[height.argmax()], height.max()


def _bounds_words(alphas, curves, near):
    ends = ", ".join(f"{name} {height[-1]:.1f}" for name, (_, height) in curves.items())
    tops = ", ".join(f"the {name} at {alpha:.2g}" for name, alpha, _ in _tops(alphas, curves))
    start = next(iter(curves.values()))[1][0]
    return (
        f"All curves start at the old return {start:.3f}. At alpha 1 they end at: {ends}. Enlarged up to "
        f"alpha {near:g}, the bounds rise a little and then fall below the old return. Tops: {tops}."
    )


def slack(shares):
    """How much of the allowance the error of L takes, as a histogram on a log axis: 1 is the bound itself.

    shares [N]  |eta - L| / penalty for N mixtures
    """
    inside = np.clip(shares, SHARES[0], None)
    with theme.figure(height=3.2) as (figure, axes):
        axes.hist(inside, bins=SHARES, label=f"{len(shares)} random mixtures", **theme.fill("old"))
        middle = np.median(shares)
        axes.axvline(middle, label=f"median {theme.number(middle, '.2g')}", **theme.line("new"))
        axes.axvline(1, label="the bound, and the tripwire", **theme.line("bound"))
        axes.set(xscale="log", xlabel="error of L, as a share of the penalty", ylabel="mixtures")
        axes.set(xlim=(SHARES[0], 2), ylim=(0, 1.1 * np.histogram(inside, SHARES)[0].max()))
        axes.legend(loc="upper left")
        return theme.picture(figure, alt=_slack_words(shares))


def _slack_words(shares):
    return (
        f"A histogram of {len(shares)} mixtures. The error of the surrogate takes between {shares.min():.1g} "
        f"and {shares.max():.2g} of what the bound allows; half of the mixtures take less than "
        f"{np.median(shares):.2g}. None reaches 1, where the tripwire stands."
    )


def certified(alphas, eta, bound, start, *, name):
    """What a mixture gains and what the bound is sure of, in units of the largest gain; alpha on a log axis.

    alphas [K]      in rising order, above 0
    eta, bound [K]  the return of the mixture and its lower bound
    start           the old return
    """
    gain, sure = np.subtract(eta, start), np.subtract(bound, start)
    unit = gain.max()
    with theme.figure(height=3.6) as (figure, axes):
        axes.axhline(0, color=theme.color("muted"), linewidth=1)
        axes.plot(alphas, gain / unit, color=theme.color("ink"), label="true gain")
        axes.plot(alphas, sure / unit, label="certified gain", **theme.line("bound"))
        for curve, role, whose in ((gain, "new", "best"), (sure, "bound", "best certified")):
            alpha, height = alphas[curve.argmax()], curve.max()
            label = f"{whose}: α {theme.number(alpha, '.2g')}, gain {theme.number(height, '.2g')}"
            axes.plot(alpha, height / unit, label=label, **theme.points(role))
        axes.set(xscale="log", xlim=(alphas[0], 1.15), ylim=(-0.5, 2.1), yticks=(-0.5, 0, 0.5, 1))
        axes.set(xlabel=SHARE, ylabel="gain / largest gain", title=name)
        axes.legend(loc="upper left")
        return theme.picture(figure, alt=_certified_words(alphas, gain, sure, name))


def _certified_words(alphas, gain, sure, name):
    whole = "gains" if gain[-1] > 0 else "loses"
    return (
        f"{name}: the true gain is largest, {gain.max():.2g}, at alpha {alphas[gain.argmax()]:.2g}. The "
        f"lower bound is largest at alpha {alphas[sure.argmax()]:.2g}, where it certifies a gain of "
        f"{sure.max():.2g}. The whole target {whole}."
    )


def rises(runs, optimum):
    """The return of several runs over the number of steps, on a log axis; all start at the same policy.

    runs     name -> (role, returns [K + 1]) after 0..K steps
    optimum  the largest return of any policy
    """
    with theme.figure(height=3.8) as (figure, axes):
        axes.axhline(optimum, label="optimum", color=theme.color("muted"), linewidth=1)
        for name, (role, eta) in runs.items():
            steps = np.arange(1, len(eta))
            axes.plot(steps, eta[1:], label=name, **theme.line(role))
            if len(eta) < 20:
                axes.plot(steps, eta[1:], **theme.points(role))
        start = next(iter(runs.values()))[1][0]
        spread = optimum - start
        axes.set(xscale="log", xlabel="steps", ylabel="return", xlim=(0.9, None))
        axes.set(ylim=(start - 0.05 * spread, optimum + 0.6 * spread))
        axes.legend(loc="upper left", ncols=2)
        return theme.picture(figure, alt=_rises_words(runs, optimum))


def _rises_words(runs, optimum):
    sentences = []
    for name, (_, eta) in runs.items():
        way = "never falling" if (np.diff(eta) >= 0).all() else "not always rising"
        sentences.append(f"{name}: {eta[-1]:.3f} after {len(eta) - 1} steps, {way}.")
    start = next(iter(runs.values()))[1][0]
    return f"From the return {start:.3f} towards the optimum {optimum:.3f}. " + " ".join(sentences)

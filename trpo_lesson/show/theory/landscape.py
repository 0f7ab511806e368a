"""Chapter 2: the return of the ledge over its one parameter, the paths that climb it, and unequal steps."""

import numpy as np

from trpo_lesson.show import theme

SLOPE = "slope of the return"


def ledge_landscape(thetas, eta, slope, *, flat, steep):
    """The return over theta, above, and its slope, below: the top, the face and the two floors are marked.

    thetas, eta, slope [K]  the parameters in rising order, the return there and its derivative
    flat                    a floor is where |slope| < flat, at either end of `thetas`
    steep                   the face is where slope < -steep
    """
    left, right, face = _regions(thetas, slope, flat, steep)
    top = eta.argmax()
    with theme.figure(height=5.2, rows=2, sharex=True) as (figure, (hill, gradient)):
        for axes in (hill, gradient):
            for name, (start, end), role in (
                ("floor", left, "muted"),
                ("face", face, "accent"),
                ("floor", right, "muted"),
            ):
                axes.axvspan(start, end, **theme.tint(role))
                if axes is hill:
                    axes.text((start + end) / 2, eta.max() + 2.2, name, ha="center", color=theme.color(role))
            axes.axvline(thetas[top], **theme.line("bound"))
        hill.plot(thetas, eta, color=theme.color("ink"))
        name = f"top {theme.number(eta[top], '.3f')}\nat θ = {theme.number(thetas[top], '.2f')}"
        hill.plot(thetas[top], eta[top], label=name, **theme.points("bound"))
        hill.text(thetas[top] - 0.4, eta[top] - 3, name, ha="right", va="top")
        gradient.plot(thetas, slope, color=theme.color("ink"))
        hill.set(ylabel="return", ylim=(eta.min() - 1.5, eta.max() + 5), xlim=(thetas[0], thetas[-1]))
        gradient.set(
            ylabel=SLOPE, xlabel="parameter θ", xticks=np.arange(np.ceil(thetas[0] / 2), thetas[-1] / 2) * 2
        )
        return theme.picture(figure, alt=_landscape_words(thetas, eta, slope, left, right, face))


def _regions(thetas, slope, flat, steep):
    """(start, end) of the left floor, of the right floor and of the face."""
    uneven, cliff = thetas[np.abs(slope) >= flat], thetas[slope < -steep]
    return (thetas[0], uneven[0]), (uneven[-1], thetas[-1]), (cliff[0], cliff[-1])


def _landscape_words(thetas, eta, slope, left, right, face):
    top, steepest = eta.argmax(), slope.argmin()
    return (
        f"The return rises slowly from {eta[0]:.3f} at theta {thetas[0]:g} to its top {eta[top]:.3f} at "
        f"theta {thetas[top]:.2f}, and drops to {eta[-1]:.1f} at theta {thetas[-1]:g}. Its slope is close to "
        f"zero up to theta {left[1]:.1f} and from {right[0]:.1f} on, the two floors. On the face, from theta "
        f"{face[0]:.1f} to {face[1]:.1f}, it is steep, {slope[steepest]:.1f} at the steepest."
    )


def ledge_path(thetas, eta, path, path_eta, *, rate):
    """A path of gradient ascent on the landscape, above, and the return after each step, below.

    thetas, eta [K]         the part of the landscape that is shown; what is left of it is told by an arrow
    path, path_eta [T + 1]  the parameter and the return after 0 ... T steps
    """
    shown = np.maximum(path, thetas[0])
    with theme.figure(height=4.8, rows=2) as (figure, (hill, curve)):
        hill.plot(thetas, eta, color=theme.color("ink"))
        hill.plot(shown, path_eta, linewidth=1, color=theme.color("new"))
        hill.plot(shown, path_eta, label=f"steps of rate {rate:g}", **theme.points("new"))
        hill.plot(path[0], path_eta[0], label="start", **theme.points("old"))
        if path.min() < thetas[0]:
            left = f"◂ to θ = {theme.number(path.min(), '.1f')}"
            hill.text(thetas[0] + 0.2, 0.5, left, color=theme.color("accent"))
        hill.set(xlabel="parameter θ", ylabel="return", xlim=(thetas[0] - 0.2, thetas[-1]), ylim=(-3, 1.4))
        hill.legend(loc="lower left")
        curve.axhline(eta.max(), label="top", **theme.line("bound"))
        curve.plot(path_eta, linewidth=1, color=theme.color("new"))
        curve.plot(path_eta, markersize=4, **{**theme.points("new"), "label": "return"})
        curve.set(xlabel="step", ylabel="return", ylim=(-3, 1.4))
        curve.legend(loc="lower right", ncols=2)
        return theme.picture(figure, alt=_path_words(path, path_eta, rate))


def _path_words(path, path_eta, rate):
    lowest = path_eta[1:].argmin() + 1
    return (
        f"Gradient ascent of rate {rate:g} from theta {path[0]:g}. Over {len(path) - 1} steps theta stays "
        f"between {path.min():.2f} and {path.max():.2f}. The lowest return after the start is "
        f"{path_eta[lowest]:.2f}, at step {lowest}. At the end theta is {path[-1]:.2f} and the return "
        f"{path_eta[-1]:.3f}."
    )


def unequal_steps(thetas, p, kl_equal, kl_gradient, *, spacing):
    """What a step of theta does to the policy: probabilities at equal steps, and the KL of two kinds of step.

    thetas, p [K]   the parameters in rising order and the probability of action 1
    kl_equal [K]    KL(old || new) in nats of the step theta + `spacing`
    kl_gradient [K] the same of one gradient step of rate 1
    """
    marks = np.arange(np.ceil(thetas[0] / spacing), thetas[-1] / spacing + 1e-9) * spacing
    limits = thetas[0] - 0.3, thetas[-1] + 0.3
    heights = np.interp(marks, thetas, p)
    with theme.figure(height=5.2, rows=2, sharex=True) as (figure, (coin, divergence)):
        coin.plot(thetas, p, color=theme.color("ink"))
        coin.hlines(heights, limits[0], marks, linewidth=0.8, color=theme.color("old"))
        coin.vlines(marks, 0, heights, linewidth=0.8, color=theme.color("old"))
        coin.plot(marks, heights, label=f"θ in steps of {spacing:g}", **theme.points("old"))
        coin.set(ylabel="p of leaning out", yticks=np.linspace(0, 1, 5), ylim=(-0.04, 1.35), xlim=limits)
        coin.legend(loc="upper left")
        divergence.semilogy(thetas, kl_equal, label=f"step of {spacing:g} in θ", **theme.line("old"))
        divergence.semilogy(thetas, kl_gradient, label="gradient step, rate 1", **theme.line("new"))
        divergence.set(xlabel="parameter θ before the step", ylabel="KL(old ‖ new)")
        divergence.set_ylim(min(kl_equal.min(), kl_gradient.min()) / 3, 300 * kl_gradient.max())
        divergence.legend(loc="upper left")
        return theme.picture(figure, alt=_unequal_words(thetas, kl_equal, kl_gradient, spacing))


def _unequal_words(thetas, kl_equal, kl_gradient, spacing):
    most, large = kl_equal.argmax(), kl_gradient.argmax()
    return (
        f"Equal steps of theta change the probability of leaning out most in the middle and hardly at the "
        f"ends. A step of {spacing:g} has a KL of {kl_equal[0]:.1e} at theta {thetas[0]:g} and at most "
        f"{kl_equal[most]:.2f}, at theta {thetas[most]:.1f}. A gradient step of rate 1 has a KL of "
        f"{kl_gradient[0]:.1e} at theta {thetas[0]:g} and at most {kl_gradient[large]:.2f}, at theta "
        f"{thetas[large]:.1f}."
    )

"""Chapter 3: the total that a switch of policies after T steps collects, and how each step changes it."""

import numpy as np

from trpo_lesson.show import theme

ROUNDING = 1e-12  # a change of the total below this is not a change


def switch_back(collected, prospect, eta_old, eta_new):
    """Follow the new policy for T steps, then the old one: rewards collected, return prospect, and the total.

    collected [T + 1]  expected discounted rewards of the new policy until T = 0..len - 1
    prospect  [T + 1]  gamma^T E V_old(s_T)
    Above: the two parts. Below: the total as `telescope` draws it.
    """
    T, total = np.arange(len(collected)), collected + prospect
    with theme.figure(height=5, rows=2, sharex=True) as (figure, (parts, sums)):
        parts.bar(T, collected, width=0.8, label="rewards of the new policy", **theme.fill("new"))
        parts.bar(
            T, prospect, width=0.8, bottom=collected, label="prospect with the old", **theme.fill("old")
        )
        parts.set(ylabel="return, in parts", ylim=(0, 1.35 * total.max()))
        parts.legend(loc="upper center", ncols=2)
        _draw_telescope(sums, total, eta_old, eta_new)
        return theme.picture(figure, alt=_telescope_words(total, eta_old, eta_new))


def telescope(total, eta_old, eta_new, *, limits=None):
    """The total of `switch_back` alone: each bar is the change that one more step of the new policy makes."""
    with theme.figure(height=3.2) as (figure, axes):
        _draw_telescope(axes, total, eta_old, eta_new)
        axes.set(ylim=limits)
        return theme.picture(figure, alt=_telescope_words(total, eta_old, eta_new))


def _draw_telescope(axes, total, eta_old, eta_new):
    T, rise = np.arange(len(total)), np.diff(total, prepend=total[0])
    axes.use_sticky_edges = False
    for sign, role, name in ((1, "new", "gain of the step"), (-1, "accent", "loss of the step")):
        moved = sign * rise > ROUNDING
        if moved.any():
            face = theme.fill(role, opacity=0.4)
            axes.bar(T[moved], rise[moved], bottom=(total - rise)[moved], width=0.8, label=name, **face)
    axes.axhline(eta_old, label=f"old return {theme.number(eta_old, '.3f')}", **theme.line("old"))
    axes.axhline(eta_new, label=f"new return {theme.number(eta_new, '.3f')}", **theme.line("new"))
    axes.set(xlabel="steps T with the new policy", ylabel="total", xlim=(-0.7, T[-1] + 0.7))
    axes.legend(ncols=2)


def _telescope_words(total, eta_old, eta_new):
    outcome = "gains" if eta_new > eta_old else "loses" if eta_new < eta_old else "changes nothing"
    return (
        f"0 to {len(total) - 1} steps with the new policy before the old one takes over again. The total of "
        f"rewards and prospect starts at the old return {eta_old:.3f}, is {total[1]:.3f} after one step and "
        f"approaches the new return {eta_new:.3f}: the new policy {outcome}."
    )

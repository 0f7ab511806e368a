"""The figures of the theory chapters, each drawn from the arrays that its chapter computes."""

import numpy as np

from trpo_lesson.exact import models, surrogate, updates, values
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
        parts.set(ylabel="parts", ylim=(0, 1.35 * total.max()))
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
    axes.axhline(eta_old, label=f"old return {eta_old:.3f}", **theme.line("old"))
    axes.axhline(eta_new, label=f"new return {eta_new:.3f}", **theme.line("new"))
    axes.set(xlabel="steps T with the new policy", ylabel="total", xlim=(-0.7, T[-1] + 0.7))
    axes.legend(ncols=2)


def _telescope_words(total, eta_old, eta_new):
    outcome = "gains" if eta_new > eta_old else "loses" if eta_new < eta_old else "changes nothing"
    return (
        f"0 to {len(total) - 1} steps with the new policy before the old one takes over again. The total of "
        f"rewards and prospect starts at the old return {eta_old:.3f}, is {total[1]:.3f} after one step and "
        f"approaches the new return {eta_new:.3f}: the new policy {outcome}."
    )


def ledge_promise(*, theta_old, deltas):
    """eta and the surrogate L of the ledge along theta, and the exact trust-region step for each delta.

    delta bounds the mean KL(old || new) under the normalised d_old, in nats.
    """
    mdp, policy = models.ledge(), models.ledge_policy()
    pi_old = policy.probabilities(np.array([theta_old]))

    def promise_and_return(theta):
        pi = policy.probabilities(np.array([theta]))
        return surrogate.surrogate(mdp, pi_old, pi), values.expected_return(mdp, pi)

    thetas = np.linspace(theta_old - 1, 1, 121)
    L, eta = np.transpose([promise_and_return(theta) for theta in thetas])
    steps = [
        updates.exact_trust_region_step(mdp, policy, [theta_old], delta=delta).theta[0] for delta in deltas
    ]
    with theme.figure(height=3.8) as (figure, axes):
        axes.plot(thetas, L, label="promise: the surrogate L", **theme.line("accent"))
        axes.plot(thetas, eta, label="what comes: the return", color=theme.color("ink"))
        for delta, theta in zip(deltas, steps, strict=True):
            _draw_step(axes, theta_old, theta, *promise_and_return(theta), f"δ = {delta}")
        axes.plot(theta_old, promise_and_return(theta_old)[1], label="old policy", **theme.points("old"))
        axes.set(xlabel="parameter θ of the policy", ylabel="discounted return", ylim=(-9, 5.5))
        axes.legend(loc="lower left")
        return theme.picture(figure, alt=_promise_words(theta_old, steps, deltas, promise_and_return))


def _draw_step(axes, theta_old, theta, L, eta, name):
    """The way from the old parameter to the new one, and what was prospect and what came there."""
    axes.axvspan(theta_old, theta, **theme.tint("old"))
    axes.plot([theta, theta], [L, eta], **theme.line("muted"))
    axes.plot([theta, theta], [L, eta], **theme.points("new"))
    axes.annotate(name, (theta, L), xytext=(0, 9), textcoords="offset points", ha="center")


def _promise_words(theta_old, steps, deltas, promise_and_return):
    L_old, eta_old = promise_and_return(theta_old)
    ends = [promise_and_return(theta) for theta in steps]
    sentences = [
        f"With radius {delta} the step ends at {theta:.2f}: the surrogate changes by {L - L_old:+.2f}, "
        f"the return by {eta - eta_old:+.2f}."
        for delta, theta, (L, eta) in zip(deltas, steps, ends, strict=True)
    ]
    return f"Surrogate and return of the ledge touch at the old parameter {theta_old}. " + " ".join(sentences)

"""The introduction: what the surrogate promises on the ledge, and what comes."""

import numpy as np

from trpo_lesson.exact import models, surrogate, updates, values
from trpo_lesson.show import theme


def ledge_promise(*, theta_old, deltas, height=3.8):
    """eta and the surrogate L of the ledge along theta, and the exact trust-region step for each delta.

    delta bounds the mean KL(old || new) under the normalised d_old, in nats. A single step has its gain, the
    promised and the real one, above the picture.
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
    with theme.figure(height=height) as (figure, axes):
        axes.plot(thetas, L, label="promise: the surrogate L", **theme.line("accent"))
        axes.plot(thetas, eta, label="what comes: the return", color=theme.color("ink"))
        for delta, theta in zip(deltas, steps, strict=True):
            _draw_step(axes, theta_old, theta, *promise_and_return(theta), f"δ = {delta}")
        axes.plot(theta_old, promise_and_return(theta_old)[1], label="old policy", **theme.points("old"))
        axes.set(xlabel="parameter θ of the policy", ylabel="discounted return", ylim=(-9, 5.5))
        axes.set(title=_gains(steps[0], theta_old, promise_and_return) if len(steps) == 1 else "")
        axes.legend(loc="lower left")
        return theme.picture(figure, alt=_promise_words(theta_old, steps, deltas, promise_and_return))


def ledge_step(delta):
    """One step of the exact trust region on the ledge: a frame of the slider on the front page."""
    return ledge_promise(theta_old=-2.0, deltas=(delta,), height=3.2)


def _gains(theta, theta_old, promise_and_return):
    """What the surrogate says of a step, and what the step does."""
    promised, real = np.subtract(promise_and_return(theta), promise_and_return(theta_old))
    return f"promised {theme.number(promised, '+.2f')}, came {theme.number(real, '+.2f')}"


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

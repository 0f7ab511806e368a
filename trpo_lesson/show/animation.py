"""A policy at work, drawn from its observations: film strips for the page, single frames for the slider."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.patches import Circle, Rectangle

from trpo_lesson.show import theme

TRACK = 2.4  # CartPole-v1 ends an episode where the cart leaves [-2.4, 2.4]
POLE = 1.0  # its full length, in the same unit


@dataclass(frozen=True)
class Scene:
    """How one environment looks: `draw(axes, observation)` and `words(observation)` of one moment.

    n_values  length of an observation
    width     of a single frame, in inches
    aspect    height / width of the view
    columns   of a film strip
    """

    name: str
    n_values: int
    width: float
    aspect: float
    columns: int
    draw: Callable
    words: Callable


def cartpole_strip(observations, *, moments=6, occasion=""):
    """A film strip of a CartPole-v1 episode. observations [T, 4]: place, speed, angle, angular speed.

    `occasion` ("after update 3") tells strips that look alike apart, in the text alternative.
    """
    return _strip(CARTPOLE, observations, moments, occasion)


def pendulum_strip(observations, *, moments=6, occasion=""):
    """A film strip of a Pendulum-v1 episode. observations [T, 3]: cosine, sine, angular speed."""
    return _strip(PENDULUM, observations, moments, occasion)


def episode_frames(scene, observations):
    """A function of the step t that draws `observations[t]`, for `slider`. scene: CARTPOLE or PENDULUM."""
    observations = _require_observations(scene, observations)

    def draw(t):
        with theme.figure(width=scene.width, height=scene.width * scene.aspect) as (figure, axes):
            _moment(axes, scene, observations[t])
            return theme.picture(figure, alt=f"{scene.name} at step {t}: {scene.words(observations[t])}.")

    return draw


def _strip(scene, observations, moments, occasion):
    """`moments` evenly spaced observations, the first and the last among them, in rows from left to right."""
    observations = _require_observations(scene, observations)
    times = np.linspace(0, len(observations) - 1, moments).round().astype(int)
    rows = -(-moments // scene.columns)
    height = rows * (5.6 / scene.columns * scene.aspect + 0.25)
    with theme.figure(height=height, rows=rows, cols=scene.columns, squeeze=False) as (figure, panels):
        for axes in panels.flat[moments:]:
            axes.set_axis_off()
        for axes, t in zip(panels.flat, times, strict=False):
            _moment(axes, scene, observations[t])
            axes.set_title(f"step {t}", fontsize=10)
        words = "; ".join(f"step {t}, {scene.words(observations[t])}" for t in times)
        name = f"{scene.name} {occasion}".strip()
        return theme.picture(figure, alt=f"{name}, {len(observations)} steps in {moments} pictures: {words}.")


def _moment(axes, scene, observation):
    scene.draw(axes, observation)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _require_observations(scene, observations):
    observations = np.asarray(observations, dtype=float)
    if observations.ndim != 2 or observations.shape[1] != scene.n_values or len(observations) == 0:
        raise ValueError(
            f"expected observations [T, {scene.n_values}] of {scene.name}, got {observations.shape}"
        )
    return observations


def _draw_cartpole(axes, observation):
    x, _, angle, _ = observation  # the angle is measured from the vertical, to the right
    axes.plot([-TRACK, TRACK], [0, 0], color=theme.color("muted"), linewidth=1)
    for end in (-TRACK, TRACK):
        axes.plot([end, end], [-0.15, 0.15], color=theme.color("bound"))
    axes.add_patch(Rectangle((x - 0.25, -0.12), 0.5, 0.24, **theme.fill("old")))
    axes.plot([x, x + POLE * np.sin(angle)], [0, POLE * np.cos(angle)], color=theme.color("new"), linewidth=3)
    axes.set(xlim=(-TRACK - 0.2, TRACK + 0.2), ylim=(-0.3, 1.15))


def _cartpole_words(observation):
    return f"cart at {observation[0]:z.1f}, pole {_lean(np.degrees(observation[2]), 'right', 'left')}"


def _draw_pendulum(axes, observation):
    cos, sin, _ = observation  # the angle is measured from the vertical, counter-clockwise
    axes.add_patch(Circle((0, 0), 1, fill=False, edgecolor=theme.color("muted"), linewidth=0.8))
    axes.plot([0, -sin], [0, cos], color=theme.color("new"), linewidth=4, solid_capstyle="round")
    axes.plot(0, 0, marker="o", markersize=4, color=theme.INK)
    axes.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15))


def _pendulum_words(observation):
    return f"rod {_lean(np.degrees(np.arctan2(observation[1], observation[0])), 'left', 'right')}"


def _lean(degrees, positive, negative):
    if round(degrees) == 0:
        return "upright"
    return f"{abs(degrees):.0f}° to the {positive if degrees > 0 else negative}"


CARTPOLE = Scene("Cart-pole", 4, 4.5, 0.3, 3, _draw_cartpole, _cartpole_words)
PENDULUM = Scene("Pendulum", 3, 2.2, 1.0, 6, _draw_pendulum, _pendulum_words)

"""CartPole and Pendulum for many copies at once, in numpy: gymnasium's equations, one column per copy.

Each is a `Simulation` of pure functions. `SIMULATIONS` finds it by the entry point that gymnasium's
registry names, so that another environment registered under the same id is never mistaken for it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Simulation:
    """An environment as three functions of its state [k, n], one column for each of n copies.

    draw(n, rng)             the state of n fresh episodes
    advance(state, actions)  (the next state, rewards [n], terminated [n])
    observe(state)           observations [n, I], float32
    """

    draw: Callable
    advance: Callable
    observe: Callable


# CartPole (Barto, Sutton & Anderson 1983), with gymnasium's constants. State: x, x', angle, angle'; SI units.
GRAVITY, POLE_MASS, TOTAL_MASS, HALF_POLE = 9.8, 0.1, 1.1, 0.5
FORCES, CART_PERIOD = np.array((-10.0, 10.0)), 0.02
WIDEST_X, WIDEST_ANGLE = 2.4, 12 * 2 * np.pi / 360


def _draw_cartpole(n, rng):
    return rng.uniform(-0.05, 0.05, size=(n, 4)).T.copy()


def _advance_cartpole(state, actions):
    _, speed, angle, spin = state
    force = FORCES[actions]
    cos, sin = np.cos(angle), np.sin(angle)
    pull = (force + POLE_MASS * HALF_POLE * np.square(spin) * sin) / TOTAL_MASS
    inertia = HALF_POLE * (4.0 / 3.0 - POLE_MASS * np.square(cos) / TOTAL_MASS)
    spin_rate = (GRAVITY * sin - cos * pull) / inertia
    speed_rate = pull - POLE_MASS * HALF_POLE * spin_rate * cos / TOTAL_MASS
    state = state + CART_PERIOD * np.array((speed, speed_rate, spin, spin_rate))
    terminated = (np.abs(state[0]) > WIDEST_X) | (np.abs(state[2]) > WIDEST_ANGLE)
    return state, np.ones(len(terminated)), terminated


# Pendulum. State (angle, angle'), angle 0 upright.
PENDULUM_GRAVITY, PENDULUM_PERIOD, FASTEST_SPIN, STRONGEST_TORQUE = 10.0, 0.05, 8.0, 2.0


def _draw_pendulum(n, rng):
    return rng.uniform((-np.pi, -1.0), (np.pi, 1.0), size=(n, 2)).T.copy()


def _advance_pendulum(state, actions):
    angle, spin = state
    torque = np.minimum(np.maximum(actions[:, 0], -STRONGEST_TORQUE), STRONGEST_TORQUE)
    from_upright = (angle + np.pi) % (2 * np.pi) - np.pi
    costs = from_upright**2 + 0.1 * spin**2 + 0.001 * torque**2
    spin = spin + (1.5 * PENDULUM_GRAVITY * np.sin(angle) + 3.0 * torque) * PENDULUM_PERIOD
    spin = np.minimum(np.maximum(spin, -FASTEST_SPIN), FASTEST_SPIN)
    return np.array((angle + spin * PENDULUM_PERIOD, spin)), -costs, np.zeros(len(spin), dtype=bool)


def _observe_pendulum(state):
    angle, spin = state
    return np.array((np.cos(angle), np.sin(angle), spin), dtype=np.float32).T


CARTPOLE = Simulation(_draw_cartpole, _advance_cartpole, lambda state: state.T.astype(np.float32))
PENDULUM = Simulation(_draw_pendulum, _advance_pendulum, _observe_pendulum)

SIMULATIONS = {
    "gymnasium.envs.classic_control.cartpole:CartPoleEnv": CARTPOLE,
    "gymnasium.envs.classic_control.pendulum:PendulumEnv": PENDULUM,
}

"""What a training run is: every setting with its meaning, and the settings of the book."""

import math
from dataclasses import dataclass
from numbers import Integral, Real

BOOK = {
    "CartPole-v1": {
        "gamma": 0.985,
        "advantages_after_fit": True,
        "observation_scale": (0.4, 1.0, 5.0, 1.0),
        "value_unit": 10.0,
    },
    "Pendulum-v1": {
        "gamma": 0.97,
        "lam": 0.9,
        "delta": 0.12,
        "final_delta": 0.005,
        "damping": 5e-4,
        "policy_hidden": (64, 64),
        "initial_log_std": 0.8,
        "value_steps": 5,
        "advantages_after_fit": True,
        "reuse": 4,
        "observation_scale": (1.0, 1.0, 1.0),
        "value_unit": 10.0,
    },
}

TARGETS = {"CartPole-v1": 475, "Pendulum-v1": -200}  # the mean return at which they count as solved


def settings(env_id, total_steps):
    """The `TRPOConfig` of the book for CartPole-v1 and Pendulum-v1, the defaults for any other id.

    A run of fewer steps than a batch has gets one shorter batch.
    """
    n_steps = max(1, min(TRPOConfig.n_steps, total_steps // TRPOConfig.n_envs))
    return TRPOConfig(total_steps, n_steps=n_steps, **BOOK.get(env_id, {}))


@dataclass(frozen=True)
class TRPOConfig:
    """All settings of a run: plain numbers, strings and tuples, so that dataclasses.asdict gives JSON.

    total_steps           environment steps of the whole run; it fixes the schedule of delta. Only whole
                          batches are drawn: a rest smaller than a batch stays unused
    n_envs, n_steps       a batch is n_steps steps of n_envs environments
    gamma, lam            discount; lambda of GAE
    delta, final_delta    the radius, in nats per update: linear in steps / total_steps from one to the other
    natural               True: the direction F^-1 g, by conjugate gradient; False: the gradient g itself
    line_search           True: backtrack until the surrogate rises and KL <= delta; False: take what comes
    learning_rate         None: stretch the direction to the KL boundary; a number: learning_rate * direction
    cg_iterations         products with F in the solve for the direction
    damping               F + damping I instead of F, in the solve and in the length of the step
    max_backtracks        halvings of the step before it is refused
    policy_hidden         hidden layers of the policy's network
    last_layer_scale      factor of its initial last layer: small makes the first policy almost uniform
    initial_log_std       log sigma of a Gaussian policy at first; None: sigma = half the width of the box
    value_hidden          hidden layers of the critic's network
    value_steps           Gauss-Newton steps of the critic on each sample
    value_iterations      conjugate-gradient iterations in each of them
    value_damping         damping of each of them
    value_unit            V is value_unit times the network's output; None: running RMS of returns
    advantages_after_fit  False: advantages from the critic as it was before it saw this batch; True: from the
                          refitted critic, which has seen the batch's rewards, a bias
    reuse                 batches in a sample; 1 is TRPO as published, more is not on-policy any more: old
                          batches count with importance ratios
    bootstrap_truncated   True: where the clock cut an episode, its value goes on; False: it is taken for a
                          termination, after which nothing comes: a pitfall, here to be looked at
    ratio_clip            largest importance ratio that counts
    observation_scale     factor of each component of the observation; None: running mean and deviation
    dtype                 "float32" or "float64", of networks and batches

    TRPO is natural=True, line_search=True, learning_rate=None. With line_search=False it is the natural
    gradient with a step to the boundary; with a learning_rate besides, natural policy gradient (Kakade
    2001); with natural=False besides, plain policy gradient. Raises ValueError, naming the setting, for a
    senseless value.
    """

    total_steps: int
    n_envs: int = 8
    n_steps: int = 128
    gamma: float = 0.99
    lam: float = 0.95
    delta: float = 0.02
    final_delta: float = 0.001
    natural: bool = True
    line_search: bool = True
    learning_rate: float | None = None
    cg_iterations: int = 10
    damping: float = 0.03
    max_backtracks: int = 10
    policy_hidden: tuple[int, ...] = (16,)
    last_layer_scale: float = 0.01
    initial_log_std: float | None = None
    value_hidden: tuple[int, ...] = (32, 32)
    value_steps: int = 3
    value_iterations: int = 10
    value_damping: float = 1e-4
    value_unit: float | None = None
    advantages_after_fit: bool = False
    reuse: int = 1
    bootstrap_truncated: bool = True
    ratio_clip: float = 2.0
    observation_scale: tuple[float, ...] | None = None
    dtype: str = "float32"

    def __post_init__(self):
        for name, (holds, expected) in RULES.items():
            value = getattr(self, name)
            if isinstance(value, list):  # JSON has no tuples
                object.__setattr__(self, name, value := tuple(value))
            if not (holds(value) or (value is None and name in OPTIONAL)):
                raise ValueError(f"{name}: expected {expected}, got {value!r}")
        if self.total_steps < self.batch_size:
            expected = f"at least one batch of n_envs * n_steps = {self.batch_size}"
            raise ValueError(f"total_steps: expected {expected}, got {self.total_steps}")

    @property
    def batch_size(self):
        """Environment steps of one batch."""
        return self.n_envs * self.n_steps

    def radius(self, steps):
        """delta in force after `steps` environment steps, in nats."""
        return self.delta + (self.final_delta - self.delta) * steps / self.total_steps


def _number(x):
    return isinstance(x, Real) and not isinstance(x, bool) and math.isfinite(x)


def _count(x):
    return isinstance(x, Integral) and not isinstance(x, bool) and x >= 1


COUNT = (_count, "an integer >= 1")
NUMBER = (_number, "a finite number")
POSITIVE = (lambda x: _number(x) and x > 0, "a finite number > 0")
NOT_NEGATIVE = (lambda x: _number(x) and x >= 0, "a finite number >= 0")
SWITCH = (lambda x: isinstance(x, bool), "True or False")
LAYERS = (lambda x: isinstance(x, tuple) and all(map(_count, x)), "a tuple of integers >= 1")
RULES = {
    **dict.fromkeys(
        ("total_steps", "n_envs", "n_steps", "cg_iterations", "value_iterations", "reuse"), COUNT
    ),
    **dict.fromkeys(("policy_hidden", "value_hidden"), LAYERS),
    **dict.fromkeys(("natural", "line_search", "advantages_after_fit", "bootstrap_truncated"), SWITCH),
    **dict.fromkeys(("delta", "final_delta", "learning_rate", "ratio_clip", "value_unit"), POSITIVE),
    **dict.fromkeys(("damping", "value_damping", "last_layer_scale"), NOT_NEGATIVE),
    **dict.fromkeys(("max_backtracks", "value_steps"), (lambda x: x == 0 or _count(x), "an integer >= 0")),
    "initial_log_std": NUMBER,
    "gamma": (lambda x: _number(x) and 0 <= x < 1, "a discount in [0, 1)"),
    "lam": (lambda x: _number(x) and 0 <= x <= 1, "a number in [0, 1]"),
    "observation_scale": (
        lambda x: isinstance(x, tuple) and all(_number(factor) and factor > 0 for factor in x),
        "a tuple of finite numbers > 0",
    ),
    "dtype": (lambda x: x in ("float32", "float64"), "'float32' or 'float64'"),
}
OPTIONAL = ("learning_rate", "value_unit", "initial_log_std", "observation_scale")  # None has a meaning

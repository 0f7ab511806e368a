"""Settings: senseless values are named, JSON brings the same settings back, the radius shrinks on a line."""

import json
from dataclasses import asdict, fields, replace

import pytest

from trpo_lesson.sampled.config import TRPOConfig, settings

REFUSED = {
    "total_steps": (0, 1.5, True, None),
    "n_envs": (0, -1, "8"),
    "n_steps": (0, 2.0),
    "cg_iterations": (0,),
    "value_iterations": (0,),
    "reuse": (0,),
    "max_backtracks": (-1, 0.5),
    "value_steps": (-1,),
    "gamma": (1, -0.1, float("nan")),
    "lam": (1.1, -0.1, None),
    "delta": (0, -1, float("inf")),
    "final_delta": (0, None),
    "learning_rate": (0, -1, "fast"),
    "damping": (-1e-9, float("nan")),
    "value_damping": (-1,),
    "last_layer_scale": (-1, float("inf")),
    "ratio_clip": (0,),
    "value_unit": (0, -1),
    "initial_log_std": (float("nan"), "wide"),
    "natural": (1, None),
    "line_search": (0,),
    "advantages_after_fit": ("yes",),
    "bootstrap_truncated": (0, None),
    "policy_hidden": ((0,), 16, (1.5,), None),
    "value_hidden": ((-1,), None),
    "observation_scale": ((0.0,), 1.0, (float("inf"),), (-1.0,)),
    "dtype": ("float16", None),
}
LIMITS = {
    "gamma": (0, 0.999),
    "lam": (0, 1),
    "damping": (0,),
    "value_damping": (0,),
    "last_layer_scale": (0,),
    "max_backtracks": (0,),
    "value_steps": (0,),
    "policy_hidden": ((),),
    "learning_rate": (None,),
    "value_unit": (None,),
    "initial_log_std": (None, -3),
    "observation_scale": (None,),
}


def test_every_setting_has_a_rule():
    assert {field.name for field in fields(TRPOConfig)} == set(REFUSED)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values]
)
def test_a_senseless_value_is_named_with_what_was_expected(name, value):
    with pytest.raises(ValueError, match=f"^{name}: expected .*, got ") as refusal:
        TRPOConfig(**({"total_steps": 10_000} | {name: value}))
    assert str(refusal.value).endswith(f"got {value!r}")


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in LIMITS.items() for value in values]
)
def test_the_limits_themselves_are_allowed(name, value):
    assert getattr(TRPOConfig(10_000, **{name: value}), name) == value


def test_a_run_needs_one_whole_batch():
    assert TRPOConfig(60, n_envs=6, n_steps=10).batch_size == 60
    with pytest.raises(ValueError, match=r"total_steps: expected at least one batch of .* = 60, got 59"):
        TRPOConfig(59, n_envs=6, n_steps=10)


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Pendulum-v1", "Acrobot-v1"])
def test_json_brings_the_same_settings_back(env_id):
    config = settings(env_id, 20_480)
    assert TRPOConfig(**json.loads(json.dumps(asdict(config)))) == config


def test_the_radius_goes_on_a_line_from_the_first_to_the_last():
    config = TRPOConfig(10_000, delta=0.5, final_delta=0.1)
    assert [config.radius(steps) for steps in (0, 2_500, 10_000)] == pytest.approx([0.5, 0.4, 0.1])


def test_the_book_has_settings_of_its_own_and_any_other_environment_gets_the_defaults():
    assert settings("Acrobot-v1", 20_480) == TRPOConfig(20_480)
    cartpole, pendulum = settings("CartPole-v1", 20_480), settings("Pendulum-v1", 40_960)
    assert (cartpole.total_steps, len(cartpole.observation_scale), cartpole.reuse) == (20_480, 4, 1)
    assert (pendulum.total_steps, len(pendulum.observation_scale), pendulum.reuse) == (40_960, 3, 4)


def test_a_run_shorter_than_a_batch_gets_a_shorter_batch():
    assert settings("CartPole-v1", 20_480).batch_size == settings("CartPole-v1", 1_024).batch_size == 1_024
    assert settings("CartPole-v1", 1_000).batch_size == 1_000
    assert settings("Acrobot-v1", 9).batch_size == 8
    with pytest.raises(ValueError, match=r"total_steps: expected at least one batch .* = 8, got 7"):
        settings("Acrobot-v1", 7)


def test_the_published_algorithm_is_the_default():
    config = TRPOConfig(10_000)
    switches = (
        config.natural,
        config.line_search,
        config.learning_rate,
        config.reuse,
        config.advantages_after_fit,
    )
    assert switches == (True, True, None, 1, False)
    assert replace(config, natural=False).natural is False

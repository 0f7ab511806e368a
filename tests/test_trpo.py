"""TRPO: the step against gradients and Fisher matrices by definition, the constraint, the refusals."""

import re
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest
import tiny_environments  # noqa: F401  registers them

from trpo_lesson.sampled.config import TRPOConfig, settings
from trpo_lesson.sampled.environments import vector
from trpo_lesson.sampled.policy import evaluate
from trpo_lesson.sampled.rollouts import Batch, collect
from trpo_lesson.sampled.runs import generators, initial_run
from trpo_lesson.sampled.samples import sample_of
from trpo_lesson.sampled.stopwatch import PARTS, Stopwatch
from trpo_lesson.sampled.trpo import improved, judged, proposed_step, train

SMALL = {"n_envs": 4, "n_steps": 32, "policy_hidden": (5,), "value_hidden": (6,), "last_layer_scale": 0.5}
IDS = ["CartPole-v1", "Pendulum-v1"]


def config_of(env_id, total_steps=10_000, **changes):
    return replace(settings(env_id, total_steps), **({"dtype": "float64"} | SMALL | changes))


def situation(env_id, *, seed=0, **changes):
    """(config, policy, sample, advantages [B]) of one batch under an untrained policy."""
    config, rng = config_of(env_id, **changes), generators(seed)
    copies = vector(env_id, config.n_envs, rng=rng["environment"])
    run = initial_run(copies, config, rng)
    batch = collect(
        copies, run.policy, run.observations, config.n_steps, rng=rng["actions"], stopwatch=Stopwatch()
    )
    copies.close()
    sample = sample_of(run.policy, (batch,))
    return config, run.policy, sample, judged(run.critic, sample, config)[1]


def surrogate(policy, sample, advantages, theta):
    """mean_B (pi_theta / pi_old) A, from the densities."""
    distribution = policy.distribution
    new = distribution.log_prob(policy.network.outputs(theta, sample.inputs), sample.actions)
    old = distribution.log_prob(policy.network.outputs(policy.theta, sample.inputs), sample.actions)
    return np.mean(np.exp(new) / np.exp(old) * advantages)


def mean_kl(policy, sample, theta):
    """mean_B KL(pi_old || pi_theta)."""
    old, new = (policy.network.outputs(at, sample.inputs) for at in (policy.theta, theta))
    return policy.distribution.kl(old, new).mean()


def slopes(f, theta, *, step=1e-5):
    """grad f [D] by central differences."""
    return np.array([(f(theta + step * e) - f(theta - step * e)) / (2 * step) for e in np.eye(len(theta))])


def fisher(policy, sample):
    """F [D, D] = mean_B J^T M J; M = sum_a pi(a|s) score score^T, for a Gaussian diag(1 / sigma^2, 2)."""
    network, theta = policy.network, policy.theta
    J = np.array(
        [slopes_of_outputs(network, theta, sample.inputs, e) for e in np.eye(len(theta))]
    )  # [D, B, K]
    outputs = network.outputs(theta, sample.inputs)
    B, K = outputs.shape
    if network.free:
        M = np.array([np.diag([*np.exp(-2 * row[K // 2 :]), *[2.0] * (K // 2)]) for row in outputs])
    else:
        pi = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
        M = np.array(
            [sum(p * np.outer(e - row, e - row) for p, e in zip(row, np.eye(K), strict=True)) for row in pi]
        )
    return np.einsum("dbk,bkl,ebl->de", J, M, J) / B


def slopes_of_outputs(network, theta, x, direction, *, step=1e-5):
    ahead, behind = (network.outputs(theta + s * direction, x) for s in (step, -step))
    return (ahead - behind) / (2 * step)


@pytest.mark.parametrize("env_id", IDS)
def test_plain_policy_gradient_steps_along_the_gradient_of_the_surrogate_and_uphill(env_id):
    config, policy, sample, advantages = situation(
        env_id, natural=False, line_search=False, learning_rate=0.5
    )
    g = slopes(lambda theta: surrogate(policy, sample, advantages, theta), policy.theta)
    step = proposed_step(policy, sample, advantages, 0.01, config)
    np.testing.assert_allclose(step.x, 0.5 * g, rtol=0, atol=1e-6 * np.abs(g).max())
    small = replace(config, learning_rate=1e-3 / np.linalg.norm(g))
    uphill = improved(policy, sample, advantages, 0.01, small, Stopwatch())
    assert uphill.evaluation[0] > 0
    assert uphill.evaluation[0] == pytest.approx(1e-3 * np.linalg.norm(g), rel=0.05)


@pytest.mark.parametrize("env_id", IDS)
def test_natural_policy_gradient_steps_along_the_damped_inverse_fisher_matrix_times_the_gradient(env_id):
    switches = {"natural": True, "line_search": False, "learning_rate": 0.5, "cg_iterations": 200}
    config, policy, sample, advantages = situation(env_id, **switches, damping=0.05)
    g = slopes(lambda theta: surrogate(policy, sample, advantages, theta), policy.theta)
    F = fisher(policy, sample) + 0.05 * np.eye(len(g))
    step = proposed_step(policy, sample, advantages, 0.01, config)
    expected = 0.5 * np.linalg.solve(F, g)
    np.testing.assert_allclose(step.x, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("natural", [True, False])
def test_without_a_learning_rate_the_step_reaches_the_boundary_of_the_quadratic_model(env_id, natural):
    config, policy, sample, advantages = situation(env_id, natural=natural, damping=0.02)
    F = fisher(policy, sample) + 0.02 * np.eye(len(policy.theta))
    step = proposed_step(policy, sample, advantages, 0.007, config).x
    assert step @ F @ step / 2 == pytest.approx(0.007, rel=1e-5)


@pytest.mark.parametrize("env_id", IDS)
def test_the_quadratic_model_is_the_kl_of_a_small_step(env_id):
    config, policy, sample, advantages = situation(env_id)
    step = proposed_step(policy, sample, advantages, 1e-9, config).x
    model = step @ fisher(policy, sample) @ step / 2
    assert mean_kl(policy, sample, policy.theta + step) == pytest.approx(model, rel=0.01)
    assert model <= 1e-9  # the damping takes its share


def test_the_step_does_not_depend_on_the_scale_of_the_advantages():
    config, policy, sample, advantages = situation("CartPole-v1")
    one = proposed_step(policy, sample, advantages, 0.01, config).x
    other = proposed_step(policy, sample, 1000 * advantages, 0.01, config).x
    np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12)


@pytest.mark.equation("eq-sampled-surrogate", improved)
@pytest.mark.parametrize("env_id", IDS)
def test_the_evaluation_of_an_accepted_step_is_the_true_gain_and_kl(env_id):
    config, policy, sample, advantages = situation(env_id)
    result = improved(policy, sample, advantages, 0.01, config, Stopwatch())
    gain, kl = result.evaluation
    at_old, at_new = (surrogate(policy, sample, advantages, theta) for theta in (policy.theta, result.theta))
    assert result.accepted
    assert gain == pytest.approx(at_new - at_old, rel=1e-9)
    assert kl == pytest.approx(mean_kl(policy, sample, result.theta), rel=1e-9)
    assert gain > 0
    assert kl <= 0.01


def test_ratios_beyond_the_clip_count_as_the_clip():
    config, policy, sample, advantages = situation(
        "CartPole-v1", ratio_clip=2.0, natural=False, learning_rate=1.0
    )
    ratios = np.random.default_rng(0).uniform(0, 4, len(advantages))
    weighted = replace(sample, ratios=ratios)
    found = improved(policy, weighted, advantages, 10.0, replace(config, line_search=False), Stopwatch())
    expected = proposed_step(policy, sample, np.where(ratios > 2, 2, ratios) * advantages, 10.0, config)
    np.testing.assert_allclose(found.theta - policy.theta, expected.x, rtol=1e-9, atol=1e-12)


def refusals():
    config, policy, sample, advantages = situation("Pendulum-v1", max_backtracks=0)
    negative = SimpleNamespace(**(vars(config) | {"damping": -1e3}))
    nan = np.where(np.arange(len(advantages)) == 3, np.nan, advantages)
    plain = replace(config, natural=False)
    yield (
        "an advantage that is not finite",
        (policy, sample, nan, 0.01, config),
        "expected a finite b, got max",
    )
    yield (
        "an advantage that is not finite, plain",
        (policy, sample, nan, 0.01, plain),
        "expected a finite step|expected 2 delta / x.Fx > 0 and finite",
    )
    yield "no advantage at all", (policy, sample, 0 * advantages, 0.01, config), "the step is zero"
    yield "a curvature below zero", (policy, sample, advantages, 0.01, negative), "curvature p.Fp .* positive"
    yield (
        "a step too long for its true kl",
        (policy, sample, advantages, 5.0, config),
        "no length .* was accepted",
    )


@pytest.mark.parametrize(("arguments", "reason"), [pytest.param(a, r, id=name) for name, a, r in refusals()])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_refused_step_leaves_the_old_parameters_bit_for_bit_and_says_why(arguments, reason):
    result = improved(*arguments, Stopwatch())
    assert not result.accepted
    assert result.theta.tobytes() == arguments[0].theta.tobytes()
    assert result.step_length == 0
    assert re.search(reason, result.reason)


def test_without_a_line_search_a_step_that_is_too_long_is_taken_all_the_same():
    config, policy, sample, advantages = situation("Pendulum-v1", line_search=False)
    result = improved(policy, sample, advantages, 5.0, config, Stopwatch())
    assert result.accepted
    assert result.step_length == 1
    assert result.evaluation[1] > 5


def states_of(iteration, *, reuse):
    """Every state of the sample that the iteration was made from."""
    arrays = iteration.state.arrays
    batches = [
        arrays[f"memory.{i}.observations"][:-1] for i in range(reuse) if f"memory.{i}.observations" in arrays
    ]
    return np.concatenate(batches, axis=1).reshape(-1, batches[0].shape[-1])


@pytest.mark.parametrize(
    ("env_id", "changes"),
    [
        ("CartPole-v1", {}),
        ("CartPole-v1", {"observation_scale": None, "value_unit": None, "dtype": "float32"}),
        ("Pendulum-v1", {"reuse": 3}),
    ],
)
def test_the_mean_kl_of_every_accepted_update_is_within_delta(env_id, changes):
    config = config_of(env_id, 1_280, **changes)
    old, accepted, tolerance = None, 0, 1e-5 if config.dtype == "float32" else 1e-9
    for iteration in train(env_id, config, seed=1):
        new = iteration.policy
        if old is not None and iteration.accepted:
            states = states_of(iteration, reuse=config.reuse)
            kl = new.distribution.kl(old.outputs(states), new.outputs(states)).mean()
            assert kl <= iteration.delta * (1 + tolerance)
            assert kl == pytest.approx(iteration.kl, rel=100 * tolerance, abs=tolerance * iteration.delta)
            assert iteration.kl > 0
            accepted += 1
        old = new
    assert accepted >= 8


def stored_batch(iteration, age):
    """The batch of that age in the iteration's sample, 0 the oldest."""
    arrays = iteration.state.arrays
    return Batch(**{field.name: arrays[f"memory.{age}.{field.name}"] for field in fields(Batch)})


def log_probs(policy, batch):
    return policy.distribution.log_prob(policy.outputs(batch.observations[:-1]), batch.actions)


def test_a_reused_batch_counts_with_the_ratio_of_the_policy_at_hand_to_the_one_that_drew_it():
    config = config_of("CartPole-v1", 3 * 128, reuse=2)
    first, second, third = train("CartPole-v1", config, seed=0)
    drawer, at_hand, (old, own) = first.policy, second.policy, (stored_batch(third, age) for age in (0, 1))
    np.testing.assert_allclose(old.log_probs, log_probs(drawer, old), rtol=0, atol=1e-12)
    np.testing.assert_allclose(own.log_probs, log_probs(at_hand, own), rtol=0, atol=1e-12)
    ratios = sample_of(at_hand, (old, own)).ratios.reshape(config.n_steps, 2 * config.n_envs)
    expected = np.exp(log_probs(at_hand, old) - log_probs(drawer, old))
    np.testing.assert_allclose(ratios[:, : config.n_envs], expected, rtol=1e-9)
    np.testing.assert_allclose(ratios[:, config.n_envs :], 1, rtol=1e-9)
    fraction = ratios.sum() ** 2 / (ratios**2).sum() / ratios.size
    assert third.effective_sample_size == pytest.approx(fraction)
    assert 0.5 < fraction < 1


def test_without_reuse_every_action_counts_once():
    for iteration in train("CartPole-v1", config_of("CartPole-v1", 256), seed=0):
        assert iteration.effective_sample_size == 1


@pytest.mark.parametrize(("env_id", "dtype"), [("CartPole-v1", "float32"), ("Pendulum-v1", "float64")])
def test_one_seed_decides_everything(env_id, dtype):
    def last(seed):
        *_, iteration = train(env_id, config_of(env_id, 640, dtype=dtype), seed=seed)
        return iteration

    one, same, other = last(3), last(3), last(4)
    assert one.policy.theta.dtype == one.critic.theta.dtype == dtype
    for kind in ("policy", "critic"):
        assert getattr(one, kind).theta.tobytes() == getattr(same, kind).theta.tobytes()
        assert getattr(one, kind).theta.tobytes() != getattr(other, kind).theta.tobytes()
    np.testing.assert_array_equal(one.returns, same.returns)


def parameters_after_training(env_id, **changes):
    """theta of policy and critic after each update: on the tiny environments all seeds see the same world."""
    config = TRPOConfig(300, n_envs=4, n_steps=25, **changes)
    return [(one.policy.theta, one.critic.theta) for one in train(f"tiny/{env_id}-v0", config, seed=1)]


def test_without_bootstrap_a_cut_episode_is_taken_for_one_that_terminated():
    same_world = parameters_after_training("Terminates")
    taken_for_it = parameters_after_training("Truncates", bootstrap_truncated=False)
    np.testing.assert_equal(taken_for_it, same_world)
    left_as_it_is = parameters_after_training("Truncates")
    assert all((one != other).any() for (_, one), (_, other) in zip(left_as_it_is, same_world, strict=True))
    np.testing.assert_equal(parameters_after_training("Terminates", bootstrap_truncated=False), same_world)


def test_training_leaves_the_global_generator_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    list(train("CartPole-v1", config_of("CartPole-v1", 128), seed=0))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_only_whole_batches_are_drawn_and_the_radius_shrinks_with_the_steps():
    config = config_of("CartPole-v1", 500, delta=0.02, final_delta=0.01)
    iterations = list(train("CartPole-v1", config, seed=0))
    assert [iteration.steps for iteration in iterations] == [128, 256, 384]
    expected = [0.02 - 0.01 * steps / 500 for steps in (0, 128, 256)]
    assert [iteration.delta for iteration in iterations] == pytest.approx(expected)


def test_returns_belong_to_the_batch_in_which_their_episodes_ended():
    config = config_of("tiny/Truncates-v0", 4 * 40, n_envs=4, n_steps=4)
    returns = [iteration.returns.tolist() for iteration in train("tiny/Truncates-v0", config, seed=0)]
    assert all(set(each) == {6} for each in returns)
    # of steps 1-4, 5-8, 9-12, 13-16 an episode of three ends at 3; 6; 9 and 12; 15, in each of four copies
    assert [len(each) for each in returns[:4]] == [4, 4, 8, 4]


def test_the_time_is_accounted_for_part_by_part():
    iteration = next(train("CartPole-v1", config_of("CartPole-v1"), seed=0))
    assert set(iteration.seconds) == set(PARTS)
    assert all(seconds > 0 for seconds in iteration.seconds.values())


@pytest.mark.parametrize("env_id", ["tiny/NaNObservation-v0", "tiny/NaNReward-v0"])
def test_a_training_on_nan_stops_and_says_where(env_id):
    with pytest.raises(ValueError, match=f"{env_id}: expected a finite .* got .*nan.* copy 0 of 4, step 2"):
        list(train(env_id, config_of(env_id), seed=0))


def test_a_wrong_number_of_scales_is_named():
    with pytest.raises(ValueError, match=r"observation_scale: expected 4 factors, one a component, got 2"):
        next(train("CartPole-v1", config_of("CartPole-v1", observation_scale=(1.0, 2.0)), seed=0))


SWITCHES = {
    "TRPO": {"final_delta": 0.02},
    "natural gradient to the boundary": {"line_search": False, "final_delta": 0.02},
    "natural policy gradient": {"line_search": False, "learning_rate": 1.0},
    "plain policy gradient": {"natural": False, "line_search": False, "learning_rate": 10.0},
}


@pytest.mark.parametrize("switches", SWITCHES.values(), ids=SWITCHES)
def test_every_variant_learns_which_arm_of_a_bandit_pays(switches):
    config = TRPOConfig(8 * 16 * 40, n_steps=16, dtype="float64", **switches)
    *_, last = train("tiny/Bandit-v0", config, seed=0)
    probabilities = np.exp(
        last.policy.distribution.log_prob(last.policy.outputs(np.ones((1, 1))), np.array([1]))
    )
    assert probabilities[0] > 0.95


def test_a_gaussian_policy_finds_the_target_and_narrows():
    config = TRPOConfig(8 * 32 * 60, n_steps=32, delta=0.1, final_delta=0.05, damping=1e-3, dtype="float64")
    *_, last = train("tiny/Target-v0", config, seed=0)
    mean, log_sigma = last.policy.outputs(np.ones(1))
    assert mean == pytest.approx(3, abs=0.5)
    assert log_sigma < np.log(10) - 1
    assert evaluate(last.policy, "tiny/Target-v0", episodes=2, rng=np.random.default_rng(0)).min() > -0.25


def test_training_balances_the_pole():
    *_, last = train("CartPole-v1", settings("CartPole-v1", 10_240), seed=0)
    returns = evaluate(last.policy, "CartPole-v1", episodes=20, rng=np.random.default_rng(0))
    assert returns.mean() > 300  # 22 before training, 500 is the most there is

"""Trust region policy optimisation, as a road: sample, estimate, fit, step.

Natural and plain policy gradient are the same road with parts switched off; see `TRPOConfig`.
"""

from dataclasses import replace

import numpy as np

from trpo_lesson.sampled import environments
from trpo_lesson.sampled.config import TRPOConfig
from trpo_lesson.sampled.critic import fit
from trpo_lesson.sampled.estimation import explained_variance
from trpo_lesson.sampled.importance import effective_sample_size
from trpo_lesson.sampled.rollouts import collect, episode_returns, without_truncation
from trpo_lesson.sampled.runs import Iteration, generators, initial_run, resumed, saved, with_fresh_scales
from trpo_lesson.sampled.samples import advantages, sample_of
from trpo_lesson.sampled.stopwatch import Stopwatch
from trpo_lesson.steps.conjugate_gradient import conjugate_gradient
from trpo_lesson.steps.line_search import improves_within, line_search, refused
from trpo_lesson.steps.natural_gradient import Proposal, fisher_product, step_to_boundary


def train(env_id, config: TRPOConfig, *, seed, resume=None):
    """Train on a gymnasium environment: yields one `Iteration` for each whole batch of its steps.

    One seed decides everything: the same seed, config, machine, BLAS kernel and one thread give the same
    theta, bit for bit. `resume` goes on from an `Iteration.state` of a run with the same config: exactly
    where it was with our own vectorised environments (CartPole, Pendulum), from fresh episodes with any
    other. Raises ValueError for an unknown id, for spaces that cannot be trained, and for an environment
    that returns NaN or infinity.
    """
    rng = generators(seed)
    vector = environments.vector(env_id, config.n_envs, rng=rng["environment"])
    try:
        run = resumed(vector, config, rng, resume) if resume else initial_run(vector, config, rng)
        while run.steps + config.batch_size <= config.total_steps:
            watch, act = Stopwatch(), rng["actions"]
            batch = collect(vector, run.policy, run.observations, config.n_steps, rng=act, stopwatch=watch)
            run, record = updated(run, batch, config, watch)
            yield Iteration(**record, seconds=watch.seconds, state=saved(run, vector, rng))
    finally:
        vector.close()


def updated(run, batch, config, stopwatch):
    """(the run after the update on `batch`, the fields of its `Iteration`): estimate, fit, step."""
    delta = config.radius(run.steps)
    batch = batch if config.bootstrap_truncated else without_truncation(batch)
    returns, carried = episode_returns(batch, run.carried)
    run = with_fresh_scales(run, batch, config)
    memory = (*run.memory, batch)[-config.reuse :]
    sample = sample_of(run.policy, memory)
    stopwatch.lap("rest")
    critic, estimates, explained, trouble = judged(run.critic, sample, config)
    stopwatch.lap("value_fit")
    step = improved(run.policy, sample, estimates, delta, config, stopwatch)
    learned = {"policy": run.policy.moved_to(step.theta), "critic": critic, "steps": run.steps + batch.size}
    going_on = {"carried": carried, "memory": memory, "observations": batch.observations[-1]}
    seen = {
        "returns": returns,
        "delta": delta,
        "explained_variance": explained,
        "effective_sample_size": effective_sample_size(sample.ratios) / sample.ratios.size,
    }
    return replace(run, **learned, **going_on), learned | seen | outcome(step, trouble)


def outcome(step, trouble):
    """The fields of an `Iteration` that tell what became of a `StepResult`; `trouble`: that of the fit."""
    gain, kl = step.evaluation if step.accepted else (0.0, 0.0)
    return {
        "surrogate_gain": gain,
        "kl": kl,
        "step_length": step.step_length,
        "accepted": step.accepted,
        "reason": "; ".join(filter(None, (step.reason, trouble))),
    }


def judged(critic, sample, config):
    """(critic fitted to the sample, advantages [B], variance explained before the fit, trouble in the fit).

    The critic's targets are the lambda-returns V + traces A. So its residual is what it takes for the
    advantage itself, and each Gauss-Newton step asks anew.
    """

    def estimate(critic, values):
        return advantages(sample, critic, values, gamma=config.gamma, lam=config.lam)

    values = critic.values_at(sample.inputs)
    estimates = estimate(critic, values)
    explained = explained_variance(values, values + sample.traces * estimates)
    critic, trouble = fit(
        critic,
        sample.inputs,
        lambda critic, values: sample.traces * estimate(critic, values),
        steps=config.value_steps,
        damping=config.value_damping,
        iterations=config.value_iterations,
    )
    if config.advantages_after_fit:
        estimates = estimate(critic, critic.values_at(sample.inputs))
    return critic, estimates, explained, trouble


def improved(policy, sample, advantages, delta, config, stopwatch=None):
    """The step of TRPO, as a `StepResult` with evaluation (surrogate gain, KL); refused, theta_old stays.

    maximise    L(theta) = mean_B w (pi_theta / pi_old) A
    subject to  mean_B KL(pi_old || pi_theta) <= delta
    """
    stopwatch = stopwatch or Stopwatch()
    weighted = np.minimum(sample.ratios, config.ratio_clip) * advantages
    proposal = proposed_step(policy, sample, weighted, delta, config)
    stopwatch.lap("conjugate_gradient")
    if proposal.reason:
        return refused(policy.theta, proposal.reason)

    def evaluate(theta):
        outputs = policy.network.outputs(theta, sample.inputs)
        ratios = np.exp(policy.distribution.log_prob(outputs, sample.actions) - sample.log_probs)
        kl = policy.distribution.kl(sample.network.outputs, outputs)
        return float(np.mean(weighted * (ratios - 1))), float(np.mean(kl))

    if config.line_search:
        accept, backtracks = improves_within(delta), config.max_backtracks
    else:
        accept, backtracks = (lambda evaluation: True), 0
    result = line_search(evaluate, accept, policy.theta, proposal.x, max_backtracks=backtracks)
    stopwatch.lap("line_search")
    return result


def proposed_step(policy, sample, weighted, delta, config):
    """The step before the line search, as a `Proposal`.

    g = d/dtheta mean_B w (pi_theta / pi_old) A at theta_old = mean_B w A d log pi / d theta
    direction = (F + damping I)^-1 g, or g itself; F = mean_B J^T M J, the Hessian of the mean KL at theta_old
    step = learning_rate direction, or sqrt(2 delta / direction.(F + damping I) direction) direction
    """
    network, size = sample.network, len(weighted)
    score = policy.distribution.score(network.outputs, sample.actions)
    g = network.vjp(score * (weighted / size)[:, None])
    metric = policy.distribution.metric(network.outputs)
    F = fisher_product(network.jvp, lambda u: metric(u) / size, network.vjp, damping=config.damping)
    direction = g
    if config.natural:
        solution = conjugate_gradient(F, g, iterations=config.cg_iterations)
        if solution.reason:
            return Proposal(solution.x, solution.reason)
        direction = solution.x
    if config.learning_rate is not None:
        return Proposal(config.learning_rate * direction)
    return step_to_boundary(direction, F(direction), delta)

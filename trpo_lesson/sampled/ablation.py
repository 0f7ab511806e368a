"""The ablation: one setting as it is, and with one part of it taken out or turned up at a time."""

from dataclasses import replace

AS_IT_IS = "as it is"


def variants(config):
    """label -> TRPOConfig.

    "without natural gradient" takes the plain gradient for the direction, and nothing else: it is stretched
    to the same boundary of the KL and passes the same line search, so that only the direction is judged.
    """
    return {
        AS_IT_IS: config,
        "without line search": replace(config, line_search=False),
        "without natural gradient": replace(config, natural=False),
        "without value fit": replace(config, value_steps=0),
        "delta times 10": replace(config, delta=10 * config.delta, final_delta=10 * config.final_delta),
        "damping times 100": replace(config, damping=100 * config.damping),
        "truncation as termination": replace(config, bootstrap_truncated=False),
        _other_order(config): replace(config, advantages_after_fit=not config.advantages_after_fit),
    }


def _other_order(config):
    return f"advantages {'before' if config.advantages_after_fit else 'after'} the fit"

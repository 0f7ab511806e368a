"""Policies of a finite MDP as arrays pi[s, a], and softmax families pi_theta with their Jacobian."""

from dataclasses import dataclass

import numpy as np

from trpo_lesson.exact.mdp import read_only, require_shape


def uniform(mdp):
    """pi [S, A] = 1/A."""
    return np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)


def greedy(Q):
    """pi [S, A]: all probability on argmax_a Q[s, a]; the first one of equals."""
    return np.eye(Q.shape[1])[Q.argmax(axis=1)]


def mixture(pi_old, pi_target, alpha):
    """pi [S, A] = (1 - alpha) pi_old + alpha pi_target (Kakade & Langford 2002; Schulman et al. 2015, Eq. 5).

    alpha in [0, 1]; ValueError otherwise, since the mixture would leave the simplex.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha: expected a mixing weight in [0, 1], got {alpha}")
    return (1 - alpha) * np.asarray(pi_old) + alpha * np.asarray(pi_target)


@dataclass(frozen=True, eq=False)
class SoftmaxPolicy:
    """The linear softmax family pi_theta(a|s) proportional to exp(features[s, a] . theta).

    features [S, A, D]; theta [D]. Rows of `features` that repeat from state to state alias these states: they
    share their parameters, and one step moves all of them. Raises ValueError unless `features` has three axes
    and is finite, and for a theta of another shape than [D].
    """

    features: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "features", read_only(self.features))
        if self.features.ndim != 3:
            raise ValueError(f"features: expected shape (S, A, D), got {self.features.shape}")
        if not np.isfinite(self.features).all():
            raise ValueError("features: expected finite numbers, got NaN or infinity")

    @property
    def n_parameters(self):
        """D, the length of theta."""
        return self.features.shape[2]

    def probabilities(self, theta):
        """pi_theta [S, A]."""
        theta = np.asarray(theta)
        require_shape("theta", theta, (self.n_parameters,))
        logits = self.features @ theta
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

    def jacobian(self, theta):
        """d pi_theta(a|s) / d theta [S, A, D] = pi(a|s) (features[s, a] - sum_b pi(b|s) features[s, b])."""
        pi = self.probabilities(theta)
        mean_features = np.einsum("sa,sad->sd", pi, self.features)
        return pi[:, :, None] * (self.features - mean_features[:, None, :])


def aliased(features):
    """The linear softmax family of the `features` [S, A, D]: states with equal rows share parameters."""
    return SoftmaxPolicy(features)


def tabular(n_states, n_actions):
    """The softmax family with one logit for each state and action: theta.reshape(S, A) are the logits."""
    D = n_states * n_actions
    return SoftmaxPolicy(np.eye(D).reshape(n_states, n_actions, D))

"""Action distributions as functions of a network's outputs: sampling, log-probability, KL, Fisher metric.

`outputs` [..., K] are the parameters of the distribution: the logits of a Categorical; the mean and log
sigma of a DiagonalGaussian. Everything is per state, in nats; the batch axes are the caller's to average
over. Both have the same methods.
"""

from dataclasses import dataclass

import numpy as np

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Categorical:
    """pi(a|s) = softmax(outputs)[a]; outputs [..., n] are logits, actions [...] integers 0 ... n - 1."""

    n: int

    @property
    def n_outputs(self):
        """What the network computes from the state: n logits."""
        return self.n

    @property
    def n_free(self):
        """What does not depend on the state: nothing."""
        return 0

    def sample(self, outputs, *, rng):
        """actions [...] ~ pi, as argmax_a (outputs_a - log E_a) with E_a ~ Exp(1): the Gumbel-max trick."""
        return (outputs - np.log(rng.standard_exponential(outputs.shape))).argmax(axis=-1)

    def mode(self, outputs):
        """The most probable actions [...]; the first of equals."""
        return outputs.argmax(axis=-1)

    def log_prob(self, outputs, actions):
        """log pi(a|s) [...]."""
        return np.take_along_axis(log_softmax(outputs), actions[..., None], axis=-1)[..., 0]

    def score(self, outputs, actions):
        """d log pi(a|s) / d outputs [..., n] = onehot(a) - pi."""
        return np.eye(self.n, dtype=outputs.dtype)[actions] - np.exp(log_softmax(outputs))

    def entropy(self, outputs):
        """H [...] = -sum_a pi(a|s) log pi(a|s)."""
        log_pi = log_softmax(outputs)
        return -(np.exp(log_pi) * log_pi).sum(axis=-1)

    def kl(self, old, new):
        """KL(old || new) [...] = sum_a pi_old(a|s) (log pi_old(a|s) - log pi_new(a|s))."""
        log_old, log_new = log_softmax(old), log_softmax(new)
        return (np.exp(log_old) * (log_old - log_new)).sum(axis=-1)

    def metric(self, outputs):
        """The function u -> M u [..., n], with M = diag(pi) - pi pi^T the Fisher matrix in the logits."""
        pi = np.exp(log_softmax(outputs))

        def product(u):
            pi_u = pi * u
            return pi_u - pi * pi_u.sum(axis=-1, keepdims=True)

        return product


@dataclass(frozen=True)
class DiagonalGaussian:
    """a ~ N(mu(s), diag(sigma)^2) in n dimensions; outputs [..., 2n] are (mu, log sigma); actions [..., n].

    log sigma is a parameter like any other, but the same in every state. Nothing is clipped here: the
    log-probability is that of the action as drawn, and clipping to the environment's box is the
    environment's affair.
    """

    n: int

    @property
    def n_outputs(self):
        """What the network computes from the state: the n means."""
        return self.n

    @property
    def n_free(self):
        """What does not depend on the state: the n log sigma."""
        return self.n

    def sample(self, outputs, *, rng):
        """actions [..., n] = mu + sigma * noise."""
        mu, log_sigma = self._split(outputs)
        return mu + np.exp(log_sigma) * rng.standard_normal(mu.shape, dtype=outputs.dtype)

    def mode(self, outputs):
        """The most probable actions [..., n]: mu."""
        return self._split(outputs)[0]

    def log_prob(self, outputs, actions):
        """log pi(a|s) [...] = -sum_i (((a_i - mu_i) / sigma_i)^2 / 2 + log sigma_i + log(2 pi) / 2)."""
        mu, log_sigma = self._split(outputs)
        z = (actions - mu) * np.exp(-log_sigma)
        return -(0.5 * z**2 + log_sigma).sum(axis=-1) - 0.5 * self.n * LOG_2PI

    def score(self, outputs, actions):
        """d log pi(a|s) / d outputs [..., 2n] = ((a - mu) / sigma^2, ((a - mu) / sigma)^2 - 1)."""
        mu, log_sigma = self._split(outputs)
        inverse = np.exp(-log_sigma)
        z = (actions - mu) * inverse
        return np.concatenate((z * inverse, z**2 - 1), axis=-1)

    def entropy(self, outputs):
        """H [...] = sum_i log sigma_i + n (1 + log(2 pi)) / 2."""
        return self._split(outputs)[1].sum(axis=-1) + 0.5 * self.n * (1 + LOG_2PI)

    def kl(self, old, new):
        """KL(old || new) [...], summed over the dimensions:

        log(sigma_new / sigma_old) + (sigma_old^2 + (mu_old - mu_new)^2) / (2 sigma_new^2) - 1/2
        """
        (mu_old, log_old), (mu_new, log_new) = self._split(old), self._split(new)
        gap = log_old - log_new
        square = np.exp(2 * gap) + ((mu_old - mu_new) * np.exp(-log_new)) ** 2
        return (0.5 * (square - 1) - gap).sum(axis=-1)

    def metric(self, outputs):
        """The function u -> M u [..., 2n], with M = diag(1 / sigma^2, 2), Fisher in (mu, log sigma)."""
        diagonal = np.full_like(outputs, 2)
        diagonal[..., : self.n] = np.exp(-2 * self._split(outputs)[1])
        return lambda u: diagonal * u

    def _split(self, outputs):
        return outputs[..., : self.n], outputs[..., self.n :]


def log_softmax(logits):
    """log pi [..., n] = logits - log sum_a exp(logits_a), safe for logits of any size."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))

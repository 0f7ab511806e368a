"""Observation scaling: the network sees (x - offset) * scale, with fixed factors or running moments."""

from dataclasses import dataclass

import numpy as np

SMALLEST_DEVIATION = 1e-4  # a component that hardly varies is not blown up by more than the inverse


@dataclass(frozen=True, eq=False)
class Scaling:
    """x -> (x - offset) * scale, with offset [I] and scale [I]."""

    offset: np.ndarray
    scale: np.ndarray

    def __call__(self, observations):
        """Inputs of the network [..., I] for observations [..., I]."""
        return (observations - self.offset) * self.scale


def fixed(factors, *, dtype=np.float64):
    """Multiply each component by its factor; no offset."""
    scale = np.array(factors, dtype=dtype)
    return Scaling(np.zeros_like(scale), scale)


@dataclass(frozen=True, eq=False)
class Moments:
    """Running moments of all rows seen so far: `count`, `mean` [I], `squares` [I] = sum of (x - mean)^2."""

    count: float
    mean: np.ndarray
    squares: np.ndarray

    def including(self, x):
        """The moments with x [..., I] taken in: two sets merge exactly (Chan, Golub & LeVeque 1983)."""
        x = np.asarray(x, dtype=np.float64).reshape(-1, len(self.mean))
        mean, total = x.mean(axis=0), self.count + len(x)
        gap = mean - self.mean
        squares = self.squares + ((x - mean) ** 2).sum(axis=0) + gap**2 * (self.count * len(x) / total)
        return Moments(total, self.mean + gap * (len(x) / total), squares)

    def scaling(self, *, dtype=np.float64):
        """The scaling to mean 0 and standard deviation 1."""
        deviation = np.maximum(np.sqrt(self.squares / self.count), SMALLEST_DEVIATION)
        return Scaling(self.mean.astype(dtype), (1 / deviation).astype(dtype))

    def root_mean_square(self):
        """sqrt(mean of x^2) [I]."""
        return np.sqrt(self.mean**2 + self.squares / self.count)


def nothing_seen(size):
    """The moments of no rows of `size` components."""
    return Moments(0.0, np.zeros(size), np.zeros(size))


def rescaled(network, theta, old, new):
    """theta [D] whose outputs under the scaling `new` are those that `theta` has under `old`, at every x.

    W' = W old.scale / new.scale and bias' = bias + W (new.offset - old.offset) old.scale in the first layer:
    a refreshed scaling does not move the policy, so the KL of the trust region stays the whole KL.
    """
    theta = theta.copy()
    W = network.weights(theta)[0]
    W[:, -1] += W[:, :-1] @ ((new.offset - old.offset) * old.scale)
    W[:, :-1] *= old.scale / new.scale
    return theta

"""The multilayer perceptron with hand-written derivatives: outputs, J v and J^T u, for a whole batch at once.

Inside, samples are columns and every layer is one matrix product: h [I + 1, B] carries a last row of ones,
so that the bias is the last column of W [O, I + 1], and

    z = W h,    h_next = (tanh z, 1)

Outside, samples are rows: inputs [B, I], outputs [B, K].
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class MLP:
    """A network of tanh layers with a linear last one, and `free` outputs that are parameters themselves.

    sizes  (inputs, hidden ..., outputs)
    free   number of outputs that do not depend on the input: the log sigma of a Gaussian policy
    theta  [D], flat: W [outputs, inputs + 1] of each layer, bias last in each row; then the free outputs

    K = sizes[-1] + free. Raises ValueError for fewer than two sizes, a size below one, or a negative `free`.
    """

    sizes: tuple[int, ...]
    free: int = 0

    def __post_init__(self):
        object.__setattr__(self, "sizes", tuple(self.sizes))
        if len(self.sizes) < 2 or min(self.sizes) < 1 or self.free < 0:
            expected = "sizes (inputs, ..., outputs), each at least 1, and free at least 0"
            raise ValueError(f"MLP: expected {expected}, got {self.sizes} and {self.free}")

    @property
    def n_parameters(self):
        """D, the length of theta."""
        return sum(outputs * (inputs + 1) for inputs, outputs in pairwise(self.sizes)) + self.free

    def weights(self, theta):
        """The W [outputs, inputs + 1] of every layer, as views into theta."""
        weights, start = [], 0
        for inputs, outputs in pairwise(self.sizes):
            stop = start + outputs * (inputs + 1)
            weights.append(theta[start:stop].reshape(outputs, inputs + 1))
            start = stop
        return weights

    def initial(self, *, rng, last_scale=1.0, dtype=np.float64):
        """theta [D]: W ~ N(0, 1 / inputs), the last times `last_scale`; biases and free outputs zero."""
        theta = np.zeros(self.n_parameters, dtype=dtype)
        weights = self.weights(theta)
        for W in weights:
            W[:, :-1] = rng.standard_normal((W.shape[0], W.shape[1] - 1)) / np.sqrt(W.shape[1] - 1)
        weights[-1] *= last_scale
        return theta

    def outputs(self, theta, x):
        """outputs [B, K] at inputs x [B, I]."""
        *hidden, last = self.weights(theta)
        h = _with_ones(x.T, theta.dtype)
        for W in hidden:
            h = _tanh_layer(W, h)
        return self._with_free(last @ h, theta)

    def linearise(self, theta, x):
        """The network at theta together with its Jacobian there, for the inputs x [B, I]."""
        weights, activations = self.weights(theta), [_with_ones(x.T, theta.dtype)]
        for W in weights[:-1]:
            activations.append(_tanh_layer(W, activations[-1]))
        outputs = self._with_free(weights[-1] @ activations[-1], theta)
        kind = Linearised if self.sizes[-1] > 1 else LinearisedScalar
        return kind(self, weights, activations, outputs)

    def _with_free(self, z, theta):
        """[B, K]: the columns z [O, B] as rows, followed by the free outputs at the end of theta."""
        if not self.free:
            return z.T
        free = np.broadcast_to(theta[-self.free :, None], (self.free, z.shape[1]))
        return np.concatenate((z, free)).T


@dataclass(frozen=True, eq=False)
class Linearised:
    """A network at one theta and one batch: `outputs` [B, K] and products with J = d outputs / d theta."""

    network: MLP
    weights: list
    activations: list
    outputs: np.ndarray

    @cached_property
    def slopes(self):
        """d tanh z / d z [O, B] of every hidden layer."""
        return [_slope(h) for h in self.activations[1:]]

    def jvp(self, v):
        """J v [B, K]: how the outputs move when theta moves along v [D]; forward through the layers."""
        first, *rest = self.network.weights(v)
        dz = first @ self.activations[0]
        for W, dW, h, slope in zip(self.weights[1:], rest, self.activations[1:], self.slopes, strict=True):
            dz *= slope
            dz = W[:, :-1] @ dz
            dz += dW @ h
        return self.network._with_free(dz, v)

    def vjp(self, u):
        """J^T u [D], summed over the batch: the gradient of sum(u * outputs) for u [B, K]; backward."""
        gradient = np.empty(self.network.n_parameters, dtype=self.outputs.dtype)
        slots, n = self.network.weights(gradient), self.network.sizes[-1]
        dz = u.T[:n]
        for i in reversed(range(len(slots))):
            np.matmul(dz, self.activations[i].T, out=slots[i])
            if i:
                dz = self.weights[i][:, :-1].T @ dz
                dz *= self.slopes[i - 1]
        gradient[len(gradient) - self.network.free :] = u[:, n:].sum(axis=0)
        return gradient


@dataclass(frozen=True, eq=False)
class LinearisedScalar(Linearised):
    """The same for a network that computes one output: its slope in every z is found once, G [O, B], and

        J v = sum over the layers and their O units of G (dW h),    J^T u = (u G) h^T in each layer

    so that nothing is carried through the layers in the products: half the work.
    """

    @cached_property
    def sensitivities(self):
        """G = d output / d z [O, B] of every hidden layer."""
        found, G = [], np.ones((1, 1), dtype=self.outputs.dtype)  # d output / d output, in every sample
        for W, h in zip(reversed(self.weights[1:]), reversed(self.activations[1:]), strict=True):
            from_above, G = W[:, :-1].T @ G, _slope(h)
            G *= from_above
            found.append(G)
        return found[::-1]

    @cached_property
    def room(self):
        """[O, B] of the widest hidden layer: where products with G are written, one after the other."""
        return np.empty((max(self.network.sizes[1:-1]), len(self.outputs)), dtype=self.outputs.dtype)

    def jvp(self, v):
        """J v [B, K], layer by layer."""
        *hidden, last = self.network.weights(v)
        dz = last @ self.activations[-1]
        for dW, h, G in zip(hidden, self.activations[:-1], self.sensitivities, strict=True):
            room = np.matmul(dW, h, out=self.room[: len(G)])
            room *= G
            dz += room.sum(axis=0)
        return self.network._with_free(dz, v)

    def vjp(self, u):
        """J^T u [D], summed over the batch, layer by layer."""
        gradient, weight = np.empty(self.network.n_parameters, dtype=self.outputs.dtype), u.T[:1]
        *hidden, last = self.network.weights(gradient)
        np.matmul(weight, self.activations[-1].T, out=last)
        for slot, h, G in zip(hidden, self.activations[:-1], self.sensitivities, strict=True):
            np.matmul(np.multiply(G, weight, out=self.room[: len(G)]), h.T, out=slot)
        gradient[len(gradient) - self.network.free :] = u[:, 1:].sum(axis=0)
        return gradient


def _with_ones(x, dtype):
    """The columns x [I, B] with a last row of ones [I + 1, B]."""
    h = np.empty((x.shape[0] + 1, x.shape[1]), dtype=dtype)
    h[:-1], h[-1] = x, 1
    return h


def _tanh_layer(W, h):
    """(tanh(W h), 1) [O + 1, B]."""
    h_next = np.empty((W.shape[0] + 1, h.shape[1]), dtype=h.dtype)
    z, h_next[-1] = h_next[:-1], 1
    np.tanh(np.matmul(W, h, out=z), out=z)
    return h_next


def _slope(h):
    """1 - tanh^2 [O, B] of a layer (tanh z, 1) [O + 1, B]; in one array, as it is large."""
    slope = np.square(h[:-1])
    return np.subtract(1, slope, out=slope)

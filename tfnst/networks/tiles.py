"""Pictures too large for one pass: tile by tile, by the normalization statistics of the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from tfnst.networks.architecture import Parts, connect, reach, row_inputs
from tfnst.networks.layers import moments
from tfnst.networks.settings import NetworkSettings
from tfnst.tensors import Tensor

TILE = 2048  # pixels a side at most: the larger, the less of the work is their margins
PATCH, PATCHES = 384, (6, 8)  # pixels a side, and how many along the short and the long side
EDGE = 32  # pixels around a patch, not measured: what is mirrored there is no picture's

Window = tuple[slice, slice]
Call = Callable[[np.ndarray, np.ndarray, np.ndarray | None], np.ndarray]


def compiled(model: keras.Model) -> Callable[[dict[str, Tensor]], Any]:
    """A call of a functional model with a dict of inputs, as a graph where there are graphs.

    Keras itself would keep every activation until the last is made: five times the memory.
    """
    if keras.backend.backend() != "tensorflow":
        return lambda inputs: model(inputs)
    import tensorflow as tf

    signature = {name: tf.TensorSpec(x.shape, x.dtype) for name, x in model.input.items()}
    # Traced here and now: a call that traces counts as a retracing of every other network's.
    graph = tf.function(lambda inputs: model(inputs)).get_concrete_function(signature)
    return lambda inputs: graph(inputs)


class WholeNetwork:
    """A style network for pictures in one piece.

    Args:
        parts: the layers of the network, used as they are.
        settings: its shape.
        rows: R, of its norms.
        mixed: whether it is for pictures with mixtures of rows at each position.
    """

    def __init__(self, parts: Parts, settings: NetworkSettings, rows: int, mixed: bool) -> None:
        inputs = row_inputs(rows, mixed)
        arguments = (parts, settings, inputs["image"], inputs["style_weights"])
        painted = connect(*arguments, mixtures=inputs.get("mixtures"))
        self.paint = compiled(keras.Model(inputs, painted))

    def __call__(
        self, image: np.ndarray, weights: np.ndarray, mixtures: np.ndarray | None = None
    ) -> np.ndarray:
        """As of `TiledNetwork`."""
        painted = self.paint(batch(image, weights, mixtures, [np.s_[:, :]]))
        answer: np.ndarray = ops.convert_to_numpy(painted)[0]
        return answer


class TiledNetwork:
    """A style network twice: once to measure what its norms see, once to paint by given statistics.

    Tiles that each had their own instance norms would differ in brightness and contrast, with seams
    between them. Here the norms of all tiles share the statistics of patches spread evenly over the
    whole picture, which go through the network side by side and are pooled at each norm.

    Args:
        parts: the layers of the network, used as they are.
        settings: its shape.
        rows: R, of its norms.
        mixed: whether it is for pictures with mixtures of rows at each position.
        edges: of the pictures it is for; see `edges`.
    """

    def __init__(
        self,
        parts: Parts,
        settings: NetworkSettings,
        rows: int,
        mixed: bool,
        edges: tuple[int, int],
    ) -> None:
        self.margin, self.scale = reach(settings), settings.scale
        inputs = row_inputs(rows, mixed)
        arguments = (parts, settings, inputs["image"], inputs["style_weights"])
        measured: dict[str, Tensor] = {}
        statistics: dict[str, Tensor] = {}

        def measure(name: str, x: Tensor, scale: int) -> tuple[Tensor, Tensor]:
            lines, columns = (slice(edge // scale, -(edge // scale) or None) for edge in edges)
            mean, variance = moments(ops.cast(x[:, lines, columns], "float32"), (0, 1, 2))
            measured.update({f"{name}_mean": mean, f"{name}_variance": variance})
            return mean, variance

        def recall(name: str, x: Tensor, scale: int) -> tuple[Tensor, Tensor]:
            shape = (1, 1, 1, x.shape[-1])
            names = (f"{name}_mean", f"{name}_variance")
            statistics.update(
                {key: keras.Input(batch_shape=shape, name=key, dtype="float32") for key in names}
            )
            return statistics[names[0]], statistics[names[1]]

        connect(*arguments, measure, inputs.get("mixtures"))
        self.measure = compiled(keras.Model(inputs, measured))
        painted = connect(*arguments, recall, inputs.get("mixtures"))
        self.paint = compiled(keras.Model({**inputs, **statistics}, painted))

    def __call__(
        self, image: np.ndarray, weights: np.ndarray, mixtures: np.ndarray | None = None
    ) -> np.ndarray:
        """A picture stylized.

        Args:
            image: (H, W, 3), padded, sides multiples of the network's scale.
            weights: (R,), or of mixtures at each position, (H, W, K).
            mixtures: (K, R), with such weights.

        Returns:
            (H, W, 3) float32.
        """
        arrays = (image, weights, mixtures)
        statistics = self.measure(batch(*arrays, patches(image.shape, self.scale)))
        answer = np.empty_like(image)
        for outer, inner, target in tiles(image.shape, self.margin, self.scale):
            painted = self.paint({**batch(*arrays, [outer]), **statistics})
            answer[target] = ops.convert_to_numpy(painted)[0][inner]
        return answer


def batch(
    image: np.ndarray, weights: np.ndarray, mixtures: np.ndarray | None, windows: list[Any]
) -> dict[str, Tensor]:
    """What a network takes for windows of one size, from arrays of the whole picture."""
    local = [weights if mixtures is None else weights[window] for window in windows]
    arrays = {"image": np.stack([image[window] for window in windows])}
    arrays["style_weights"] = np.stack(local)
    if mixtures is not None:
        arrays["mixtures"] = mixtures
    return {name: ops.convert_to_tensor(array) for name, array in arrays.items()}


def edges(shape: tuple[int, ...]) -> tuple[int, int]:
    """What of a patch's height and width is not measured: nothing where it is the picture's own."""
    height, width = (EDGE if side > PATCH + 2 * EDGE else 0 for side in shape[:2])
    return height, width


def patches(shape: tuple[int, ...], multiple: int) -> list[tuple[np.ndarray, ...]]:
    """Indices of patches of one size, each in the middle of an equal share of the picture.

    What is not measured around each, mirrored where it lies beyond the borders, is among them.
    """
    counts = PATCHES if shape[0] <= shape[1] else PATCHES[::-1]
    lines = []
    for full, count, edge in zip(shape, counts, edges(shape), strict=False):
        side = PATCH if edge else full
        middles = (np.arange(count) + 0.5) * full / count
        starts = (middles - side / 2).clip(0, full - side).astype(int) // multiple * multiple
        mirrored = np.pad(np.arange(full), edge, "symmetric")
        lines.append([mirrored[start : start + side + 2 * edge] for start in starts])
    return [np.ix_(rows, columns) for rows in lines[0] for columns in lines[1]]


def tiles(
    shape: tuple[int, ...], margin: int, multiple: int
) -> Iterator[tuple[Window, Window, Window]]:
    """Tiles that cover a picture: what the network sees of it, what of that counts, and where."""
    sides = [-(-full // -(-full // TILE)) for full in shape[:2]]  # few tiles, and alike
    sides = [side + -side % multiple for side in sides]
    for top in range(0, shape[0], sides[0]):
        for left in range(0, shape[1], sides[1]):
            pairs = [(top, shape[0]), (left, shape[1])]
            target = [
                slice(start, min(start + side, full))
                for (start, full), side in zip(pairs, sides, strict=True)
            ]
            outer = [
                slice(max(0, part.start - margin), min(full, part.stop + margin))
                for part, (_, full) in zip(target, pairs, strict=True)
            ]
            inner = [
                slice(part.start - window.start, part.stop - window.start)
                for part, window in zip(target, outer, strict=True)
            ]
            yield (outer[0], outer[1]), (inner[0], inner[1]), (target[0], target[1])

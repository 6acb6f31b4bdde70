"""Pictures too large for one pass: tile by tile, by the normalization statistics of the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from tfnst.networks.architecture import Parts, connect, reach
from tfnst.networks.layers import moments
from tfnst.networks.settings import NetworkSettings
from tfnst.tensors import Tensor

TILE = 1024  # pixels a side, in pieces
PATCH, PATCHES = 256, (6, 8)  # pixels a side, and how many along the short and the long side
FEWER = (4, 6)  # with weights at each position, whose rows take twice the memory again

Window = tuple[slice, slice]
WeightsAt = Callable[[Window], np.ndarray]


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


class TiledNetwork:
    """A style network twice: once to measure what its norms see, once to paint by given statistics.

    Tiles that each had their own instance norms would differ in brightness and contrast, with seams
    between them. Here the norms of all tiles share the statistics of patches spread evenly over the
    whole picture, which go through the network side by side and are pooled at each norm.

    Args:
        parts: the layers of the network, used as they are.
        settings: its shape.
        weights: shape of one picture's style weights, (1 + S,) or (None, None, 1 + S).
        edges: of the pictures it is for; see `edges`.
    """

    def __init__(
        self,
        parts: Parts,
        settings: NetworkSettings,
        weights: tuple[int | None, ...],
        edges: tuple[int, int],
    ) -> None:
        self.margin, self.scale = reach(settings), settings.scale
        self.counts = PATCHES if len(weights) == 1 else FEWER
        image = keras.Input((None, None, 3), name="image", dtype="float32")
        styles = keras.Input(weights, name="style_weights", dtype="float32")
        inputs = {"image": image, "style_weights": styles}
        measured: dict[str, Tensor] = {}
        statistics: dict[str, Tensor] = {}

        def measure(name: str, x: Tensor, scale: int) -> tuple[Tensor, Tensor]:
            rows, columns = (slice(edge // scale, -(edge // scale) or None) for edge in edges)
            mean, variance = moments(ops.cast(x[:, rows, columns], "float32"), (0, 1, 2))
            measured.update({f"{name}_mean": mean, f"{name}_variance": variance})
            return mean, variance

        def recall(name: str, x: Tensor, scale: int) -> tuple[Tensor, Tensor]:
            shape = (1, 1, 1, x.shape[-1])
            names = (f"{name}_mean", f"{name}_variance")
            statistics.update(
                {key: keras.Input(batch_shape=shape, name=key, dtype="float32") for key in names}
            )
            return statistics[names[0]], statistics[names[1]]

        connect(parts, settings, image, styles, measure)
        self.measure = compiled(keras.Model(inputs, measured))
        painted = connect(parts, settings, image, styles, recall)
        self.paint = compiled(keras.Model({**inputs, **statistics}, painted))

    def __call__(self, image: np.ndarray, weights_at: WeightsAt) -> np.ndarray:
        """A padded picture, (H, W, 3), stylized; `weights_at` gives the weights of a window."""

        def batch(windows: list[Window]) -> dict[str, Tensor]:
            weights = np.stack([weights_at(window) for window in windows])
            crops = np.stack([image[window] for window in windows])
            return {
                "image": ops.convert_to_tensor(crops),
                "style_weights": ops.convert_to_tensor(weights),
            }

        windows = patches(image.shape, self.margin, self.counts, self.scale)
        statistics = self.measure(batch(windows))
        answer = np.empty_like(image)
        for outer, inner, target in tiles(image.shape, self.margin):
            painted = self.paint({**batch([outer]), **statistics})
            answer[target] = ops.convert_to_numpy(painted)[0][inner]
        return answer


def edges(settings: NetworkSettings, shape: tuple[int, ...]) -> tuple[int, int]:
    """What of a patch's height and width is not measured: all that a picture's size decides.

    Near its edges a patch knows too little of the picture; a narrow picture has nothing else.
    """
    margin = reach(settings)
    height, width = (margin if side > 3 * margin else 0 for side in shape[:2])
    return height, width


def patches(
    shape: tuple[int, ...], margin: int, counts: tuple[int, int], multiple: int
) -> list[Window]:
    """Windows of one size, spread evenly from edge to edge, at multiples of so many pixels."""
    counts = counts if shape[0] <= shape[1] else counts[::-1]
    sides = [min(PATCH + 2 * margin, side) for side in shape[:2]]
    starts = [
        np.linspace(0, full - side, count).astype(int) // multiple * multiple
        for full, side, count in zip(shape, sides, counts, strict=False)
    ]
    return [
        (slice(top, top + sides[0]), slice(left, left + sides[1]))
        for top in starts[0].tolist()
        for left in starts[1].tolist()
    ]


def tiles(shape: tuple[int, ...], margin: int) -> Iterator[tuple[Window, Window, Window]]:
    """Tiles that cover a picture: what the network sees of it, what of that counts, and where."""
    for top in range(0, shape[0], TILE):
        for left in range(0, shape[1], TILE):
            pairs = [(top, shape[0]), (left, shape[1])]
            target = [slice(start, min(start + TILE, full)) for start, full in pairs]
            outer = [
                slice(max(0, part.start - margin), min(full, part.stop + margin))
                for part, (_, full) in zip(target, pairs, strict=True)
            ]
            inner = [
                slice(part.start - window.start, part.stop - window.start)
                for part, window in zip(target, outer, strict=True)
            ]
            yield (outer[0], outer[1]), (inner[0], inner[1]), (target[0], target[1])

"""Pictures in several artworks' styles at once, by masks, or too large for one pass: in tiles."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from tfnst.networks import any_style_architecture as architecture
from tfnst.networks import tiles, transport
from tfnst.networks.architecture import Parts
from tfnst.networks.settings import AnyStyleSettings


class RoutedNetwork:
    """A network for any artwork twice: once to measure a whole photo, once to paint its tiles.

    Tiles that were each moved by statistics of their own would differ in colour and contrast, with
    seams between them. Sums over positions add up, and so the moments are those of the whole.

    Args:
        parts: the layers of the network, used as they are.
        settings: its shape.
        extractor: its encoder.
        count: K, of ways that a position can choose from.
    """

    def __init__(
        self, parts: Parts, settings: AnyStyleSettings, extractor: keras.Model, count: int
    ) -> None:
        self.settings, self.margin = settings, architecture.reach(settings)
        image = keras.Input((None, None, 3), name="image", dtype="float32")
        seen = architecture.components(parts, settings, extractor, image)
        self.see = tiles.compiled(
            keras.Model({"image": image}, dict(zip(settings.layers, seen, strict=True)))
        )
        inputs = {
            f"{name}_{part}": keras.Input(
                batch_shape=(count, *shape), name=f"{name}_{part}", dtype="float32"
            )
            for name, size in zip(settings.layers, settings.dimensions, strict=True)
            for part, shape in (("matrix", (size, size)), ("offset", (size,)))
        }
        width = 2 * sum(settings.dimensions)
        inputs["summary"] = keras.Input(batch_shape=(count, width), name="summary", dtype="float32")
        inputs["shares"] = keras.Input((None, None, count), name="shares", dtype="float32")
        route = architecture.Route(
            [inputs[f"{name}_matrix"] for name in settings.layers],
            [inputs[f"{name}_offset"] for name in settings.layers],
            inputs["summary"],
            inputs["shares"],
        )
        painted = architecture.routed(parts, settings, seen, route)
        self.paint = tiles.compiled(keras.Model({"image": image, **inputs}, painted))

    def __call__(
        self, image: np.ndarray, styles: np.ndarray, strength: float, shares: np.ndarray
    ) -> np.ndarray:
        """A picture stylized.

        Args:
            image: (H, W, 3), padded, sides multiples of the network's scale.
            styles: K − 1 descriptions, (K − 1, V); the last way is that of the photo itself.
            strength: of all.
            shares: of the styles at each place, (H, W, K − 1), of sum 1 at most.

        Returns:
            (H, W, 3) float32.
        """
        windows = list(tiles.tiles(image.shape, self.margin, self.settings.scale))
        ways = self._ways(self._moments(image, windows), styles, strength)
        rest = 1 - shares.sum(-1, keepdims=True)
        places = np.concatenate([shares, rest], -1)[None]
        answer = np.empty_like(image)
        for outer, inner, target in windows:
            tile = {"image": image[None][:, outer[0], outer[1]]}
            tile["shares"] = places[:, outer[0], outer[1]]
            tensors = {name: ops.convert_to_tensor(value) for name, value in tile.items()}
            answer[target] = ops.convert_to_numpy(self.paint(tensors | ways))[0][inner]
        photo = np.square(1 - strength * shares.sum(-1, keepdims=True))
        return (1 - photo) * answer + photo * image

    def _moments(self, image: np.ndarray, windows: list[Any]) -> dict[str, transport.Moments]:
        """Of the whole picture, at each layer."""
        sums: dict[str, list[Any]] = {name: [0, 0.0, 0.0] for name in self.settings.layers}
        for outer, inner, _ in windows:
            tile = ops.convert_to_tensor(image[None][:, outer[0], outer[1]])
            for level, (name, x) in enumerate(self.see({"image": tile}).items(), 1):
                rows, places = (slice(s.start >> level, s.stop >> level) for s in inner)
                columns = ops.convert_to_numpy(x)[0, rows, places].reshape(-1, x.shape[-1])
                parts = (len(columns), columns.sum(0, np.float64), columns.T @ columns)
                sums[name] = [whole + part for whole, part in zip(sums[name], parts, strict=True)]
        return {name: transport.of_sums(*values) for name, values in sums.items()}

    def _ways(
        self, own: dict[str, transport.Moments], styles: np.ndarray, strength: float
    ) -> dict[str, Any]:
        """The inputs of `paint` that are the same for all tiles."""
        count = len(styles)
        share = ops.full((count, 1), strength)
        inputs, summaries = {}, []
        parts = architecture.split(self.settings, ops.convert_to_tensor(styles))
        for name, part in zip(self.settings.layers, parts, strict=True):
            size = own[name].mean.shape[-1]
            aim = transport.target(part, size)
            way = transport.way(own[name], aim, share)
            inputs[f"{name}_matrix"] = ops.concatenate([way.matrix, ops.eye(size)[None]])
            inputs[f"{name}_offset"] = ops.concatenate([way.offset, ops.zeros((1, size))])
            there = transport.summary(own[name], aim, share)
            summaries.append(ops.concatenate([there, transport.channels(own[name])]))
        return {**inputs, "summary": ops.concatenate(summaries, 1)}

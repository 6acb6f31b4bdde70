"""Feed-forward networks that paint any photo in one pass, in one style or many."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import keras
import numpy as np
from keras import ops

from tfnst import images
from tfnst.assets import NETWORKS
from tfnst.files import FileError, archives, require_path
from tfnst.images import sizes
from tfnst.networks import tiles
from tfnst.networks.architecture import Parts, connect, rows, symbolic_inputs
from tfnst.networks.layers import ConditionalInstanceNormalization
from tfnst.networks.mixture import (
    PHOTO,
    checked_stroke,
    mask_shares,
    row_weights,
    stroke_rows,
)
from tfnst.networks.settings import CONFIGURATIONS, NetworkSettings
from tfnst.networks.style_names import require_names

ROWS = ("gamma", "beta")
Network = TypeVar("Network", bound=keras.Model)


class _Compiled:
    """What paints, once made. Keras would save a bare dict with the network."""

    def __init__(self) -> None:
        self.calls: dict[tuple[bool, tuple[int, int] | None], tiles.Call] = {}


@keras.saving.register_keras_serializable("tfnst")
class StyleNetwork(keras.Model):  # type: ignore[misc]
    """A Keras functional model: a photo and the weights of styles in, the photo in that style out.

    Inputs: `image`, (B, H, W, 3) RGB in [0, 1] with H and W multiples of `settings.scale`,
    `style_weights`, (B, 1 + S), that add up to 1, and with two `settings.strokes` also `stroke`,
    (B, 1) from 0, the finest, to 1, the largest. Output: `stylized`, like the image. `mapped` gives
    a twin that takes weights at each position. Borders want `settings.halo` more pixels, cut off
    afterwards: `stylize` does that, at any size.

    Dumoulin, Shlens & Kudlur, "A learned representation for artistic style", ICLR 2017: one network
    for many styles that differ in nothing but the rows of their conditional instance norms, so that
    mixtures of rows are styles too. With one style it is that of Johnson et al., ECCV 2016. Row 0
    is no style but the photo itself, which makes strength a mixture as well.

    Args:
        styles: the names of the styles, in the order of their rows; "photo" goes before them.
        settings: its shape; see `NetworkSettings` and `CONFIGURATIONS`.
        dtype: a Keras dtype policy; float32 by default, whatever Keras' own is.
        **options: of `keras.Model`, such as `name`.

    Raises:
        ValueError: no styles, one name twice, or one that a style cannot have.
    """

    side = None  # of pictures: any

    @property
    def strokes(self) -> int:
        """The sizes of strokes that its styles have rows for: 2 where `stroke` chooses."""
        return self.settings.strokes

    def __init__(
        self,
        styles: Sequence[str],
        settings: NetworkSettings | dict[str, Any] = CONFIGURATIONS["strokes"],
        dtype: str | None = None,
        **options: Any,
    ) -> None:
        names = tuple(styles)
        require_names(names)
        chosen = NetworkSettings(**settings) if isinstance(settings, dict) else settings
        layers = Parts(dtype)
        inputs = symbolic_inputs(chosen, (1 + len(names),))
        painted = connect(layers, chosen, inputs["image"], rows(inputs))
        super().__init__(inputs, {"stylized": painted}, **options)
        self.styles, self.settings, self.parts = names, chosen, layers
        self._compiled = _Compiled()

    def mapped(self) -> keras.Model:
        """The same network, same weights, with `style_weights` a map, (B, H, W, 1 + S)."""
        inputs = symbolic_inputs(self.settings, (None, None, 1 + len(self.styles)))
        painted = connect(self.parts, self.settings, inputs["image"], rows(inputs))
        return keras.Model(inputs, {"stylized": painted})

    def weights_for(self, styles: str | Mapping[str, float], strength: float = 1.0) -> np.ndarray:
        """As `row_weights` of this network's styles."""
        return row_weights(self.styles, styles, strength)

    def stylize(
        self,
        image: np.ndarray,
        styles: str | Mapping[str, float],
        strength: float = 1.0,
        masks: Mapping[str, np.ndarray] | None = None,
        stroke: float | None = None,
    ) -> np.ndarray:
        """A picture in a style or a mixture, in the same shape, at any size.

        Args:
            image: (H, W, 3) RGB in [0, 1]; above `ONE_PASS` pixels it goes in tiles.
            styles: a style's name, or {name: share}; shares are relative to each other.
            strength: 0 is the photo, 1 the style.
            masks: where, {name: (H, W) in [0, 1]} for each of the styles. Where they add up to more
                than 1 they are divided by their sum; what they leave over is the photo's.
            stroke: 0 for the finest strokes to 1 for the largest, in a network of two
                `settings.strokes`; None for those between.

        Returns:
            (H, W, 3) float32 in [0, 1].

        Raises:
            ValueError: no picture, style, mixture, strength or stroke, or masks that do not fit.
        """
        stroke = checked_stroke(stroke, self.settings.strokes)
        image = images.validate(image, "image", images.MIN_SIDE)
        height, width = image.shape[:2]
        weights, mixtures = self._weights((height, width), styles, strength, masks, stroke)
        image, halo = self._padded(image), self.settings.halo
        call = self._call(image.shape, masks is not None)
        return call(image, weights, mixtures)[halo:, halo:][:height, :width]

    def _padded(self, array: np.ndarray) -> np.ndarray:
        return images.padded(array, self.settings.scale, self.settings.halo)

    def _weights(
        self,
        shape: tuple[int, int],
        styles: str | Mapping[str, float],
        strength: float,
        masks: Mapping[str, np.ndarray] | None,
        stroke: float | None,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """The weights of all rows; or at each place of a padded picture those of mixtures of rows.

        Which are one for each mask, and the photo's for what masks leave over.
        """
        overall = self.weights_for(styles, strength)
        if masks is None:
            return stroke_rows(overall, stroke), None
        shares = self._padded(mask_shares(masks, styles, shape))
        photo = np.eye(1, overall.size, dtype=np.float32)
        mixtures = np.stack([*(self.weights_for(name, strength) for name in masks), *photo])
        rest = 1 - shares.sum(-1, keepdims=True)
        return np.concatenate([shares, rest], -1), stroke_rows(mixtures, stroke)

    def _call(self, shape: tuple[int, ...], mixed: bool) -> tiles.Call:
        """What paints padded pictures; there are ten at most, by what sizes differ in."""
        large = shape[0] * shape[1] > sizes.ONE_PASS
        edges, calls = tiles.edges(shape) if large else None, self._compiled.calls
        if (mixed, edges) not in calls:
            arguments = (self.parts, self.settings, 1 + self.settings.strokes * len(self.styles))
            calls[mixed, edges] = (
                tiles.TiledNetwork(*arguments, mixed, edges)
                if edges
                else tiles.WholeNetwork(*arguments, mixed)
            )
        return calls[mixed, edges]

    def with_styles(self, styles: Sequence[str], dtype: str | None = None) -> StyleNetwork:
        """A network with this one's weights and other rows: by name, or the mean of all styles."""
        other = StyleNetwork(styles, self.settings, dtype)
        for source, weight in zip(self.weights, other.weights, strict=True):
            value = ops.convert_to_numpy(source)
            if weight.name in ROWS:
                value = self._rows(value, styles)
            weight.assign(value)
        return other

    def _rows(self, rows: np.ndarray, styles: Sequence[str]) -> np.ndarray:
        """The rows of other styles: of the same name, or the mean, for each size of strokes."""
        chosen = [rows[0]]
        for block in np.split(rows[1:], self.settings.strokes):
            named = dict(zip((PHOTO, *self.styles), (rows[0], *block), strict=True))
            chosen += [named.get(name, block.mean(0)) for name in styles]
        return np.stack(chosen)

    def freeze_all_but_rows(self) -> None:
        """Leave nothing to train but the rows of the conditional instance norms."""
        for layer in self.layers:
            layer.trainable = isinstance(layer, ConditionalInstanceNormalization)

    def get_config(self) -> dict[str, Any]:
        """What makes it again, without weights: Keras keeps those beside it, in one file."""
        return {
            "styles": list(self.styles),
            "settings": asdict(self.settings),
            "dtype": self.parts.dtype,
            "name": self.name,
        }

    @classmethod
    def from_preset(cls, name: str = "gallery") -> StyleNetwork:
        """A network that ships with tfnst; "gallery" is the one there is.

        Args:
            name: of the network.

        Returns:
            The network, in float32.

        Raises:
            ValueError: an unknown name.
        """
        if name not in NETWORKS:
            raise ValueError(f"preset {name!r} is unknown; use {', '.join(NETWORKS)}")
        return read(NETWORKS[name])

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> StyleNetwork:
        """Make it again, with random weights until Keras sets those of the file."""
        return cls(**config)


def load_network(name: str | Path) -> StyleNetwork:
    """The network that ships by a name, such as "gallery", or the one in a `.keras` or `.npz` file.

    `keras.models.load_model` reads such a file too, once tfnst has been imported.

    Args:
        name: of a network that ships, or a file's path.

    Returns:
        The network, in the precision that it was saved in.

    Raises:
        ValueError: a name and file that are neither; a file that cannot be read, or whose network
            is no `StyleNetwork`.
    """
    require_path("name", name)
    if str(name) in NETWORKS:
        return StyleNetwork.from_preset(str(name))
    if Path(name).suffix == ".npz":
        return read(Path(name))
    network = read_keras(Path(name), f"{', '.join(NETWORKS)} or a file of tfnst train")
    if not isinstance(network, StyleNetwork):
        raise ValueError(f"model {str(name)!r} is another network; give one of tfnst train")
    return require_finite(network, name)


load = load_network  # its name in version 0.1


def read_keras(file: Path, remedy: str) -> Any:
    """What a `.keras` file holds; ValueError where there is none, which says what would do."""
    if file.suffix != ".keras" or not file.is_file():
        state = "is no .keras file" if file.exists() else "is not there"
        raise ValueError(f"model {str(file)!r} {state}; use {remedy}")
    try:
        with archives.modest(file):
            return keras.models.load_model(file, compile=False)
    except FileError:
        raise
    except Exception as error:  # zipfile's, json's, h5py's and Keras' own: nothing joins them
        raise ValueError(f"model {str(file)!r} cannot be read: it is no Keras file") from error


def require_finite(network: Network, file: str | Path) -> Network:
    """The network; FileError where a weight is no number."""
    for weight in network.weights:
        if not np.isfinite(ops.convert_to_numpy(weight).astype(np.float32)).all():
            raise FileError(file, f"weights of {weight.path} are not finite; train it again")
    return network


def write(network: StyleNetwork, path: Path) -> None:
    """Write configuration and float16 weights as an `.npz`, which `read` reads.

    Args:
        network: of any precision.
        path: the file, which appears whole or not at all.
    """
    weights = named_weights(network)
    arrays = {name: ops.convert_to_numpy(weight) for name, weight in weights.items()}
    archives.write(path, arrays, config=json.dumps(network.get_config()))


def read(path: Path) -> StyleNetwork:
    """The network in an `.npz` that `write` wrote.

    Args:
        path: the file.

    Returns:
        The network, in float32.

    Raises:
        ValueError: a file that is missing, damaged or of another kind.
    """
    arrays = archives.read(path)
    try:
        config = json.loads(str(arrays.pop("config")))
        # Its widths are no more than the arrays have: a shape alone could ask for any memory.
        if max(config["settings"]["widths"]) > max(max(a.shape) for a in arrays.values()):
            raise ValueError("it is wider than its weights")
        network = StyleNetwork.from_config(config)
        for name, weight in named_weights(network).items():
            weight.assign(arrays[name].astype(np.float32))
    except Exception as error:  # KeyError, TypeError, and what Keras makes of shapes
        text = "holds no network of tfnst, or a damaged one; get it again"
        raise FileError(path, text) from error
    return require_finite(network, path)


def named_weights(network: keras.Model) -> dict[str, Any]:
    """The weights by layer and name."""
    return {f"{layer.name}/{w.name}": w for layer in network.layers for w in layer.weights}

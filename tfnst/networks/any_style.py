"""One network for any artwork: a photo and a description of an artwork in, a painting out."""

from __future__ import annotations

import functools
import json
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from tfnst import images
from tfnst.assets import ANY_NETWORKS, NETWORKS
from tfnst.features import vgg, vgg_weights
from tfnst.files import FileError, archives, require_path
from tfnst.images import sizes
from tfnst.networks import any_style_architecture as architecture
from tfnst.networks import style_network
from tfnst.networks.architecture import Parts
from tfnst.networks.mixture import checked_stroke, mask_shares, row_weights
from tfnst.networks.routes import RoutedNetwork
from tfnst.networks.settings import AnyStyleSettings
from tfnst.networks.tiles import compiled

STROKE_SIZES = (448, 896)  # long sides at which an artwork is described, for strokes 0 and 1


class _Twins:
    """Models of a network's own layers, which Keras would track, were they its attributes."""

    def __init__(self, network: keras.Model, describe: keras.Model, paint: keras.Model) -> None:
        self.network: Any = weakref.proxy(network)
        self.describe, self.paint = describe, paint
        self.routed_by_count: dict[int, RoutedNetwork] = {}

    @functools.cached_property
    def whole(self) -> Callable[[dict[str, Any]], Any]:
        """The network itself, compiled."""
        return compiled(self.network)

    def routed(self, count: int) -> RoutedNetwork:
        """For so many ways."""
        if count not in self.routed_by_count:
            shape = (self.network.parts, self.network.settings, self.network.extractor)
            self.routed_by_count[count] = RoutedNetwork(*shape, count)
        return self.routed_by_count[count]


@keras.saving.register_keras_serializable("tfnst")
class AnyStyleNetwork(keras.Model):  # type: ignore[misc]
    """A Keras functional model: a photo and an artwork's description in, a painting out.

    Inputs: `image`, (B, H, W, 3) RGB in [0, 1] with H and W multiples of 16; `style`, (B, V), of
    `describe`; `strength`, (B, 1) from 0, the photo, to 1. Output: `stylized`, like the image.
    Borders want `settings.halo` more pixels, cut off afterwards: `stylize` does that.

    After Huang & Belongie, "Arbitrary style transfer in real-time with adaptive instance
    normalization", ICCV 2017, and Li et al., "Universal style transfer via feature transforms",
    NIPS 2017: activations of the photo are moved to the statistics of the artwork's, and a decoder
    makes a picture of them. Departing from both they are moved at three layers, by the linear map
    of least change (`transport.least_change`), in the principal components of each layer; and the
    decoder is taught what paintings are to be like as networks of a few styles are.

    Args:
        settings: its shape; see `AnyStyleSettings`, the usual one by default.
        **options: of `keras.Model`, such as `name`.
    """

    def __init__(
        self, settings: AnyStyleSettings | dict[str, Any] | None = None, **options: Any
    ) -> None:
        chosen = AnyStyleSettings(**settings) if isinstance(settings, dict) else settings
        chosen = chosen or AnyStyleSettings()
        parts = Parts(None)
        extractor = vgg.FeatureExtractor(chosen.extractor, chosen.layers, weights=None)
        inputs = {
            "image": keras.Input((None, None, 3), name="image", dtype="float32"),
            "style": keras.Input((chosen.length,), name="style", dtype="float32"),
            "strength": keras.Input((1,), name="strength", dtype="float32"),
        }
        seen = architecture.components(parts, chosen, extractor, inputs["image"])
        painted = architecture.painted(parts, chosen, seen, inputs["style"], inputs["strength"])
        # So that strength 0 is the photo to the bit; as little of it shows through as can be.
        share = ops.reshape(ops.square(1 - inputs["strength"]), (-1, 1, 1, 1))
        stylized = (1 - share) * painted + share * inputs["image"]
        super().__init__(inputs, {"stylized": stylized}, **options)
        self.settings, self.parts, self.extractor = chosen, parts, extractor
        image = keras.Input((None, None, 3), name="image", dtype="float32")
        seen = architecture.components(parts, chosen, extractor, image)
        described = architecture.description(parts, chosen, seen)
        self._twins = _Twins(self, keras.Model(image, described), keras.Model(inputs, painted))

    @property
    def describe(self) -> keras.Model:
        """The model from an artwork, (B, H, W, 3), to its description, (B, V)."""
        return self._twins.describe

    @property
    def paint(self) -> keras.Model:
        """The model without the photo that shows through at less than full strength."""
        return self._twins.paint

    def description(self, artwork: images.Pixels, stroke: float | None = None) -> np.ndarray:
        """An artwork's description, (V,) float32, to paint any number of photos by.

        Args:
            artwork: (H, W, 3) RGB in [0, 1], or a `Picture`, over white where it is transparent.
            stroke: 0 for the finest strokes to 1 for the largest, None for those between: how
                large it is seen, `STROKE_SIZES`, but no larger than it is.

        Returns:
            The mean of each layer's components, and the root of their covariance.
        """
        chosen = checked_stroke(stroke, 2) or 0.0
        opaque = artwork.over_white() if isinstance(artwork, images.Picture) else artwork
        picture = images.validate(opaque, "artwork", images.MIN_SIDE)
        fine, broad = STROKE_SIZES
        size = round(fine * (broad / fine) ** chosen)
        seen = images.resize(picture, *_sides(picture.shape, size))
        vector: np.ndarray = ops.convert_to_numpy(self.describe(seen[None]))[0]
        return vector

    def stylize(
        self,
        image: np.ndarray,
        artworks: np.ndarray | Mapping[str, np.ndarray],
        strength: float = 1.0,
        shares: Mapping[str, float] | None = None,
        masks: Mapping[str, np.ndarray] | None = None,
        stroke: float | None = None,
    ) -> np.ndarray:
        """A picture in the style of an artwork, or of several, in the same shape, at any size.

        Args:
            image: (H, W, 3) RGB in [0, 1]; above `ONE_PASS` pixels it goes in tiles.
            artworks: (H, W, 3), or several by names; or descriptions of them, (V,).
            strength: 0 is the photo, 1 the style.
            shares: of the artworks, by name, relative to each other; by default all alike.
            masks: where, {name: (H, W) in [0, 1]} for each of the artworks. Where they add up to
                more than 1 they are divided by their sum; what they leave over is the photo's.
            stroke: of artworks, see `description`.

        Returns:
            (H, W, 3) float32 in [0, 1].

        Raises:
            ValueError: no picture, name, share, strength or stroke, or masks that do not fit.
        """
        named = artworks if isinstance(artworks, Mapping) else {"artwork": artworks}
        styles = dict.fromkeys(named, 1.0) if shares is None else shares
        row_weights(tuple(named), styles, strength)  # refuses the strength, which is no weight here
        weights = row_weights(tuple(named), styles)[1:]
        image = images.validate(image, "image", images.MIN_SIDE)
        descriptions = {
            name: self._checked(name, work)
            if np.ndim(work) == 1
            else self.description(work, stroke)
            for name, work in named.items()
        }
        if masks is not None:
            places = mask_shares(masks, styles, image.shape[:2])
            return self._painted(image, [descriptions[name] for name in masks], strength, places)
        mixed = sum(share * descriptions[name] for share, name in zip(weights, named, strict=True))
        return self._painted(image, [mixed], strength)

    def _checked(self, name: str, description: np.ndarray) -> np.ndarray:
        """A description that is given; ValueError for a row of other numbers."""
        vector = np.asarray(description)
        length = self.settings.length
        if vector.shape != (length,) or vector.dtype.kind != "f" or not np.isfinite(vector).all():
            raise ValueError(
                f"artwork {name!r} is a row of {vector.size} numbers; give {length} finite ones of "
                "`description`, or a picture (H, W, 3)"
            )
        return vector.astype(np.float32)

    def _painted(
        self,
        image: np.ndarray,
        styles: Sequence[np.ndarray],
        strength: float,
        shares: np.ndarray | None = None,
    ) -> np.ndarray:
        """By descriptions, and the shares of each at each place, (H, W, K), or by one alone."""
        (height, width), halo, scale = image.shape[:2], self.settings.halo, self.settings.scale
        padded, vectors = images.padded(image, scale, halo), np.stack(styles)
        if shares is None and height * width <= sizes.ONE_PASS:
            inputs = {
                "image": padded[None],
                "style": vectors,
                "strength": np.full((1, 1), strength, np.float32),
            }
            tensors = {name: ops.convert_to_tensor(value) for name, value in inputs.items()}
            answer = ops.convert_to_numpy(self._twins.whole(tensors)["stylized"])[0]
        else:
            shares = np.ones((height, width, 1), np.float32) if shares is None else shares
            network = self._twins.routed(1 + len(styles))
            answer = network(padded, vectors, strength, images.padded(shares, scale, halo))
        painted: np.ndarray = answer[halo:, halo:][:height, :width]
        return painted

    def calibrate(self, pictures: Sequence[np.ndarray]) -> None:
        """Take the principal components of the activations of some pictures.

        Each is brought to about unit variance, so that all count alike for `transport.RIDGE`.

        Args:
            pictures: (H, W, 3) in [0, 1], each of its own size; each counts the same.
        """
        seen = [self.extractor(picture[None]) for picture in pictures]
        for name, count in zip(self.settings.layers, self.settings.dimensions, strict=True):
            arrays = [ops.convert_to_numpy(activations[name])[0] for activations in seen]
            columns = [array.reshape(-1, array.shape[-1]) for array in arrays]
            center = np.mean([array.mean(0, dtype=np.float64) for array in columns], 0)
            centred = [array - center for array in columns]
            spreads = [array.T @ array / len(array) for array in centred]
            values, vectors = np.linalg.eigh(np.mean(spreads, 0))
            basis = vectors[:, ::-1][:, :count] / np.sqrt(values[::-1][:count])
            weights = [basis[None, None], -center @ basis]
            self.parts.layers[f"{name}_components"].set_weights(weights)

    def read_encoder(self) -> None:
        """Give the encoder the weights of its feature network, which the package holds once."""
        arrays = vgg_weights.read_weights(vgg_weights.weights_file(self.settings.extractor))
        vgg_weights.set_weights(self.extractor, arrays, self.settings.extractor)

    def get_config(self) -> dict[str, Any]:
        """What makes it again, without weights: Keras keeps those beside it, in one file."""
        return {"settings": asdict(self.settings), "name": self.name}

    @classmethod
    def from_preset(cls, name: str = "any") -> AnyStyleNetwork:
        """A network that ships with tfnst; "any" is the one there is.

        Args:
            name: of the network.

        Returns:
            The network, in float32.

        Raises:
            ValueError: an unknown name.
        """
        if name not in ANY_NETWORKS:
            raise ValueError(f"preset {name!r} is unknown; use {', '.join(ANY_NETWORKS)}")
        return read_any_network(ANY_NETWORKS[name])

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> AnyStyleNetwork:
        """Make it again, with random weights until Keras sets those of the file."""
        return cls(**config)


def _sides(shape: Sequence[int], size: int) -> tuple[int, int]:
    """Height and width of an artwork with a long side of `size`, no larger than it is."""
    height, width = shape[:2]
    fitted = images.fitted(height, width, min(size, max(height, width)))
    return max(images.MIN_SIDE, fitted[0]), max(images.MIN_SIDE, fitted[1])


def load_any_network(name: str | Path) -> AnyStyleNetwork:
    """The network for any artwork that ships by a name, or the one in a `.keras` or `.npz` file.

    Args:
        name: of a network that ships, "any", or a file's path.

    Returns:
        The network, in float32.

    Raises:
        ValueError: a name and file that are neither; a file that cannot be read, or whose network
            is of another kind.
    """
    require_path("name", name)
    if str(name) in ANY_NETWORKS:
        return AnyStyleNetwork.from_preset(str(name))
    if Path(name).suffix == ".npz":
        return read_any_network(Path(name))
    if str(name) in NETWORKS:
        raise ValueError(f"model {str(name)!r} has styles of its own; leave out artworks")
    remedy = f"{', '.join(ANY_NETWORKS)}, or such a network's file"
    network = style_network.read_keras(Path(name), remedy)
    if not isinstance(network, AnyStyleNetwork):
        raise ValueError(f"model {str(name)!r} is no network for any artwork; leave out artworks")
    return style_network.require_finite(network, name)


def write_any_network(network: AnyStyleNetwork, path: Path) -> None:
    """Write configuration and float16 weights, but for the encoder's, as an `.npz`.

    Args:
        network: with the encoder of its feature network.
        path: the file, which appears whole or not at all.
    """
    arrays = {name: ops.convert_to_numpy(weight) for name, weight in _own_weights(network).items()}
    archives.write(path, arrays, config=json.dumps(network.get_config()))


def read_any_network(path: Path) -> AnyStyleNetwork:
    """The network in an `.npz` that `write_any_network` wrote.

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
        settings = AnyStyleSettings(**config["settings"])
        # Its widths are no more than the arrays have: a shape alone could ask for any memory.
        widest = max(*settings.widths, *settings.dimensions, settings.middle, settings.embedding)
        if widest > max(max(array.shape) for array in arrays.values()):
            raise ValueError("it is wider than its weights")
        if sum(settings.blocks) > len(arrays):
            raise ValueError("it has more blocks than weights")
        network = AnyStyleNetwork.from_config(config)
        for name, weight in _own_weights(network).items():
            weight.assign(arrays[name].astype(np.float32))
    except Exception as error:  # KeyError, TypeError, and what Keras makes of shapes
        text = "holds no network of tfnst for any artwork, or a damaged one; get it again"
        raise FileError(path, text) from error
    network.read_encoder()
    return style_network.require_finite(network, path)


def _own_weights(network: AnyStyleNetwork) -> dict[str, Any]:
    """All but the encoder's, by layer and name."""
    encoder = network.extractor.name
    weights = style_network.named_weights(network)
    return {name: weight for name, weight in weights.items() if name.split("/")[0] != encoder}

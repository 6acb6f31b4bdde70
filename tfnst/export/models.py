"""What can be exported: networks of styles and of features, with pictures to try their files on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from tfnst import assets, images
from tfnst.export import conversion
from tfnst.export.conversion import Example
from tfnst.export.lite import NAMES
from tfnst.features import vgg_architecture
from tfnst.features.vgg import FeatureExtractor
from tfnst.networks.mixture import PHOTO
from tfnst.networks.style_names import file_stems
from tfnst.networks.style_network import StyleNetwork, load_network
from tfnst.synthesis.settings import STYLE_LAYERS

THUMBNAIL = 128
IMAGE = "float32, (batch, height, width, 3), RGB in [0, 1], sRGB"


@dataclass(frozen=True)
class Exportable:
    """A network, and all that an export needs to know of it.

    Attributes:
        model: pictures `image`, and more, by name to outputs by name.
        examples: inputs of a height and a width to try files with; the first is the golden one.
        card: what programs have to know of it, besides its files.
        accompany: writes what lies beside the files into a folder.
    """

    model: keras.Model
    examples: Callable[[int, int], list[Example]]
    card: Mapping[str, Any]
    accompany: Callable[[Path], None]


def open_model(
    model: str, layers: Sequence[str] | None = None, weights: str = "auto"
) -> tuple[StyleNetwork | FeatureExtractor, str, dict[str, Any]]:
    """A network that is to be exported.

    Args:
        model: its name, such as "gallery" or "vgg19-lite", or a file of `tfnst train`.
        layers: of a feature network, what it is to give; by default what a painting takes.
        weights: the file of a feature network's weights, or "auto".

    Returns:
        The network, a name for its files, and what its card is to say of it.

    Raises:
        ValueError: no network of that name or file; layers or weights of a network of styles.
    """
    if model in vgg_architecture.ARCHITECTURES:
        extractor = FeatureExtractor(model, tuple(layers or STYLE_LAYERS), weights=weights)
        return extractor, model, dict(assets.ABOUT[model])
    if layers or weights != "auto":
        raise ValueError(f"layers and weights go with vgg19-lite and vgg19, not with {model!r}")
    about: dict[str, Any] = dict(assets.ABOUT.get(model, {}))
    if model in assets.NETWORKS:
        about["artworks"] = assets.gallery()
    return load_network(model), Path(model).stem, about


def exportable(network: StyleNetwork | FeatureExtractor, name: str) -> Exportable:
    """Either kind of network; `name` is to be that of its files."""
    if isinstance(network, StyleNetwork):
        return Exportable(
            conversion.deployable(network),
            partial(_style_examples, network),
            _card(network, name) | _style_card(network),
            partial(_accompany_styles, network),
        )
    outputs = dict(zip(network.layer_names, network.outputs, strict=True))
    return Exportable(
        keras.Model({"image": network.inputs[0]}, outputs),
        lambda height, width: [{"image": picture[None]} for picture in _pictures(height, width)],
        _card(network, name) | _feature_card(network),
        lambda folder: None,
    )


def weights_digest(network: StyleNetwork | FeatureExtractor) -> str:
    """The SHA-256 of a network's names and weights: whether an export is of this network."""
    is_style = isinstance(network, StyleNetwork)
    names = (network.styles, _shape(network)) if is_style else (network.layer_names,)
    digest = hashlib.sha256(repr(names).encode())
    for weight in network.weights:
        digest.update(ops.convert_to_numpy(weight).tobytes())
    return digest.hexdigest()


def _shape(network: StyleNetwork) -> dict[str, Any]:
    """Its settings where they are not the usual ones: those that later versions add change none."""
    usual = asdict(type(network.settings)())
    return {k: v for k, v in asdict(network.settings).items() if v != usual[k]}


def _card(network: StyleNetwork | FeatureExtractor, name: str) -> dict[str, Any]:
    return {
        "tfnst": name,
        "network": weights_digest(network),
        "parameters": network.count_params(),
        "inputs": {"image": IMAGE},
    }


def _pictures(height: int, width: int) -> list[np.ndarray]:
    """Two bundled pictures, the upper middle of each, in that size, rounded to eight bits."""
    pictures = []
    for file in (assets.photo(), assets.artwork(assets.NAMES[0])):
        picture = images.load(file).rgb
        scale = min(picture.shape[0] / height, picture.shape[1] / width)
        rows, columns = round(height * scale), round(width * scale)
        left = (picture.shape[1] - columns) // 2
        part = images.resize(picture[:rows, left : left + columns], height, width)
        pictures.append(images.as_uint8(part) / np.float32(255))
    return pictures


# Styles


def _style_examples(network: StyleNetwork, height: int, width: int) -> list[Example]:
    """Each picture in several styles and mixtures; first the first style alone."""
    first, last = network.styles[0], network.styles[-1]
    mixtures = [
        network.weights_for(first),
        network.weights_for(last, 0.7),
        network.weights_for(dict.fromkeys(network.styles, 1.0)),
    ]
    strokes = [{"stroke": np.full((1, 1), s, np.float32)} for s in (0.5, 0.0, 1.0)]
    return [
        {"image": picture[None], "style_weights": weights[None]}
        | (stroke if network.strokes > 1 else {})
        for picture in _pictures(height, width)
        for weights, stroke in zip(mixtures, strokes, strict=True)
    ]


def _style_card(network: StyleNetwork) -> dict[str, Any]:
    weights = f"float32, (batch, {1 + len(network.styles)}), from 0, of sum 1"
    stroke = {"stroke": "float32, (batch, 1), 0 for the finest strokes to 1 for the largest"}
    return {
        "styles": [PHOTO, *network.styles],
        "thumbnails": _thumbnails(network),
        "inputs": {"image": IMAGE, "style_weights": weights}
        | (stroke if network.strokes > 1 else {}),
        "outputs": {"stylized": "float32, like the image"},
        "smallest": images.MIN_SIDE,
    }


def _accompany_styles(network: StyleNetwork, folder: Path) -> None:
    """The names of the styles, and the bundled photo in each of them."""
    (folder / NAMES).write_text("\n".join((PHOTO, *network.styles)) + "\n", "utf-8")
    (folder / "thumbnails").mkdir()
    photo, _ = _pictures(2 * THUMBNAIL, 2 * THUMBNAIL)
    for name, file in _thumbnails(network).items():
        painted = images.resize(network.stylize(photo, name), THUMBNAIL, THUMBNAIL)
        images.save(folder / file, painted)


def _thumbnails(network: StyleNetwork) -> dict[str, str]:
    """Their files by the names of the styles."""
    return {name: f"thumbnails/{stem}.jpg" for name, stem in file_stems(network.styles).items()}


# Features


def _feature_card(network: FeatureExtractor) -> dict[str, Any]:
    shapes = {}
    for layer, output in zip(network.layer_names, network.outputs, strict=True):
        stride = 2 ** (int(layer[5]) - 1)  # of "block3_conv1": two poolings before it
        sides = "height, width" if stride == 1 else f"height / {stride}, width / {stride}"
        shapes[layer] = f"float32, (batch, {sides}, {output.shape[-1]}), from 0"
    # Poolings leave nothing of less.
    smallest = max(images.MIN_SIDE, *(2 ** (int(name[5]) - 1) for name in network.layer_names))
    return {"layers": list(network.layer_names), "outputs": shapes, "smallest": smallest}

"""Keras models that turn an image into the intermediate activations of VGG-19 or VGG-19-lite."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfnst.files import archives

WEIGHTS_VARIABLE = "TFNST_VGG19_WEIGHTS"
VGG19_URL = (
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/"
    "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
VGG19_MD5 = "253f8cb515780f3b799900260a226db6"
LITE_WEIGHTS = Path(__file__).parent / "assets" / "vgg19_lite.npz"

CONVOLUTIONS_PER_BLOCK = (2, 2, 4, 4, 4)
VGG19_LAYERS = tuple(
    f"block{block}_conv{number}"
    for block, count in enumerate(CONVOLUTIONS_PER_BLOCK, start=1)
    for number in range(1, count + 1)
)


@dataclass(frozen=True)
class Architecture:
    """What tells one VGG-shaped network from another.

    `widths` are the channels of the five blocks; `layers` the convolutions it has, in order;
    `input_scale` multiplies the Caffe-style input (BGR, 0…255, ImageNet mean removed).
    """

    widths: tuple[int, int, int, int, int]
    layers: tuple[str, ...]
    input_scale: float


# VGG-19-lite ends where the compact teacher that it was distilled from ends, and is fed inputs of
# about unit size, which lets it train, and run in float16, without large numbers.
ARCHITECTURES = {
    "vgg19": Architecture((64, 128, 256, 512, 512), VGG19_LAYERS, 1.0),
    "vgg19-lite": Architecture((16, 32, 64, 128, 128), VGG19_LAYERS[:13], 1 / 64),
}


@keras.saving.register_keras_serializable("tfnst")
class FeatureExtractor(keras.Model):  # type: ignore[misc]
    """A frozen Keras functional model: images in, `{layer name: activation}` out.

    Input: (B, H, W, 3) RGB in [0, 1], any H and W of at least 16; the network's own preprocessing
    is part of the model. Output: a dict of (B, H/2ᵏ, W/2ᵏ, C) activations after the ReLU, where k
    is the number of poolings before the layer. The model ends at the deepest layer asked for.

    Args:
        network: "vgg19" (Simonyan & Zisserman, arXiv:1409.1556, configuration E) or "vgg19-lite"
            (the same layers with a quarter of the channels, shipped with tfnst).
        layers: names as in `keras.applications.VGG19`, such as "block4_conv2".
        pooling: "max" as VGG-19 was trained, or "average" (Gatys et al., 2016, section 2).
        weights: "auto" for the network's own weights, None for random ones, or a file: `.npz`
            as `tfnst distill` writes it, or the official `.h5` for "vgg19".
        dtype: a Keras dtype policy, float32 by default, or "mixed_bfloat16" for the activations.
        name: of the model; that of the network by default.

    Raises:
        ValueError: an unknown network, layer or pooling, weights of another shape, or VGG-19
            weights that are not on this machine.
    """

    def __init__(
        self,
        network: str,
        layers: Iterable[str],
        pooling: str = "max",
        weights: str | Path | None = "auto",
        dtype: str | None = None,
        name: str | None = None,
    ) -> None:
        if network not in ARCHITECTURES:
            raise ValueError(f"network {network!r} is unknown; use one of {sorted(ARCHITECTURES)}")
        architecture = ARCHITECTURES[network]
        names = check_layers(layers, architecture.layers, network)
        image, activations = vgg_graph(
            architecture.widths,
            names,
            pooling=pooling,
            preprocess=lambda x: caffe_input(x, architecture.input_scale),
            dtype=dtype,
        )
        super().__init__(image, activations, name=name or network.replace("-", "_"))
        self.network, self.pooling, self.layer_names = network, pooling, names
        self.policy = keras.dtype_policies.get(dtype or "float32").name
        if weights is not None:
            set_weights(self, read_weights(weights_file(network, weights)), network)
        self.trainable = False

    def get_config(self) -> dict[str, Any]:
        """What makes it again, without weights: Keras keeps those beside it, in one file."""
        shape = {"network": self.network, "layers": list(self.layer_names), "pooling": self.pooling}
        return {**shape, "weights": None, "dtype": self.policy, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> FeatureExtractor:
        return cls(**config)


def check_layers(
    layers: Iterable[str], available: tuple[str, ...], network: str
) -> tuple[str, ...]:
    """The names in network order, once each; ValueError for an unknown one or none at all."""
    wanted = [layers] if isinstance(layers, str) else list(layers)
    for name in wanted:
        if name not in available:
            elsewhere = "; vgg19 has that one" if name in VGG19_LAYERS else ""
            known = ", ".join(available)
            raise ValueError(f"layer {name!r} is not in {network}; it has {known}{elsewhere}")
    if not wanted:
        raise ValueError(f"layers is empty; {network} has {', '.join(available)}")
    return tuple(name for name in available if name in wanted)


def caffe_input(image: Any, scale: float = 1.0) -> Any:
    """RGB in [0, 1] → BGR in 0…255 less the ImageNet mean, times `scale`; (B, H, W, 3) tensors.

    What `vgg19.preprocess_input` does, as a 1×1 convolution: its slices of one channel take ten
    times as long, 7 % of a whole forward and backward pass through VGG-19-lite.
    """
    reversal = np.eye(3, dtype="float32")[None, None, :, ::-1]
    mean = np.array([103.939, 116.779, 123.68], "float32")
    options = dict(padding="valid", data_format="channels_last")
    return keras.ops.conv(image, 255 * scale * reversal, **options) - mean * scale


def vgg_graph(
    widths: tuple[int, ...],
    layers: Iterable[str],
    *,
    pooling: str = "max",
    padding: str = "zero",
    preprocess: Callable[[Any], Any] = caffe_input,
    dtype: str | None = None,
) -> tuple[Any, dict[str, Any]]:
    """The symbolic input and the activations of a VGG-19-shaped network, cut at its deepest layer.

    `padding` is "zero" as in VGG-19, or "reflect"; the rest as in `FeatureExtractor`.
    """
    pools = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}
    if pooling not in pools:
        raise ValueError(f"pooling {pooling!r} is unknown; use 'max' or 'average'")
    wanted = set(layers)
    options = dict(dtype=dtype or "float32", data_format="channels_last")
    image = keras.Input((None, None, 3), name="image", dtype="float32")
    x = preprocess(image)
    activations: dict[str, Any] = {}
    for name in VGG19_LAYERS:
        block, number = int(name[5]), int(name[-1])
        if number == 1 and block > 1:
            x = pools[pooling](2, name=f"block{block - 1}_pool", **options)(x)
        if padding == "reflect":
            x = keras.ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="reflect")
        x = keras.layers.Conv2D(
            widths[block - 1],
            3,
            padding="valid" if padding == "reflect" else "same",
            activation="relu",
            kernel_initializer="he_normal",
            name=name,
            **options,
        )(x)
        if name in wanted:
            activations[name] = x
        if len(activations) == len(wanted):
            break
    return image, activations


def set_weights(model: keras.Model, arrays: Mapping[str, np.ndarray], source: str) -> None:
    """Fill every convolution of `model` from `{layer/kernel, layer/bias}` arrays, by name."""
    for layer in model.layers:
        if not layer.weights:
            continue
        values = [arrays.get(f"{layer.name}/{part}") for part in ("kernel", "bias")]
        shapes = [None if value is None else value.shape for value in values]
        expected = [tuple(weight.shape) for weight in layer.weights]
        if shapes != expected:
            raise ValueError(
                f"weights of {source}: layer {layer.name} needs kernel and bias of shapes "
                f"{expected}, found {shapes}"
            )
        if not all(np.isfinite(value).all() for value in values if value is not None):
            raise ValueError(f"weights of {source}: layer {layer.name} holds NaN or infinity")
        layer.set_weights([value.astype("float32") for value in values if value is not None])


def read_weights(file: Path) -> dict[str, np.ndarray]:
    """`{layer/kernel, layer/bias}` arrays of an `.npz` or of a VGG-19 `.h5` of the official shape.

    Raises ValueError, in one line, for a file that is missing, damaged or of another kind.
    """
    try:
        if not file.exists():
            raise FileNotFoundError
        if file.suffix == ".npz":
            return archives.read(file)
        return archives.read_h5(file, VGG19_LAYERS)
    except FileNotFoundError:
        raise ValueError(f"weights {str(file)!r} do not exist; give an .h5 or .npz file") from None
    # Readers of zip and HDF5 meet damage with nearly any exception there is.
    except Exception as error:
        raise ValueError(
            f"weights {str(file)!r} cannot be read ({_first_line(error)}); "
            "give VGG-19's official .h5 or an .npz that tfnst distill wrote"
        ) from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def keras_cache() -> Path:
    """Where Keras keeps the VGG-19 weights that it downloads."""
    home = os.environ.get("KERAS_HOME", os.path.join(os.path.expanduser("~"), ".keras"))
    return Path(home) / "models" / VGG19_URL.rsplit("/", 1)[1]


def weights_file(network: str, weights: str | Path = "auto") -> Path:
    """The file that holds a network's weights: the one given, the one set, or the one shipped."""
    if str(weights) != "auto":
        return Path(weights)
    if network == "vgg19-lite":
        return LITE_WEIGHTS
    if file := os.environ.get(WEIGHTS_VARIABLE):
        if not Path(file).is_file():
            raise ValueError(f"{WEIGHTS_VARIABLE} is {file!r}, where no file is; unset or mend it")
        return Path(file)
    if keras_cache().exists():
        return keras_cache()
    raise ValueError(
        "VGG-19's weights are not on this machine: run 'tfnst download vgg19', give --weights FILE "
        f"or set {WEIGHTS_VARIABLE}; the network 'vgg19-lite' needs none"
    )


def choose_network(network: str = "auto", weights: str | Path | None = "auto") -> tuple[str, str]:
    """The network that a name stands for, and why: "auto" is VGG-19 where its weights are.

    An .h5 file of weights is VGG-19's, an .npz VGG-19-lite's.
    """
    if network != "auto":
        return network, "asked for"
    if weights is not None and str(weights) != "auto":
        is_large = Path(weights).suffix == ".h5"
        return "vgg19" if is_large else "vgg19-lite", f"of the weights {str(weights)!r}"
    if os.environ.get(WEIGHTS_VARIABLE):
        file = os.environ[WEIGHTS_VARIABLE]
        here = "" if Path(file).is_file() else ", where no file is"
        return "vgg19", f"{WEIGHTS_VARIABLE} is {file!r}{here}"
    if keras_cache().exists():
        return "vgg19", "its weights are in Keras' cache"
    return "vgg19-lite", "VGG-19's weights are not on this machine; this network is shipped"


def download_vgg19() -> Path:
    """Download VGG-19's ImageNet weights (80 MB) into Keras' cache, check them, return the file.

    Raises OSError when there is no network or when what came is not the file expected.
    """
    target = keras_cache()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(target.parent.parent, os.W_OK):  # Keras would turn to /tmp, unasked.
            raise PermissionError(f"{target.parent.parent} cannot be written")
        keras.utils.get_file(
            target.name,
            VGG19_URL,
            file_hash=VGG19_MD5,
            cache_dir=str(target.parent.parent),
            cache_subdir="models",
        )
    except Exception as error:
        with contextlib.suppress(OSError):
            target.unlink()  # Keras leaves a file whose hash is wrong.
        raise OSError(
            f"VGG-19's weights could not be downloaded from {VGG19_URL} "
            f"({_first_line(error)}); the network 'vgg19-lite' needs no download"
        ) from None
    return target

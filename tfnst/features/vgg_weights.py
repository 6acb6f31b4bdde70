"""Weights of VGG-19 and VGG-19-lite: where they lie, how they are read, checked and downloaded."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

from tfnst.features.vgg_architecture import VGG19_LAYERS
from tfnst.files import archives

WEIGHTS_VARIABLE = "TFNST_VGG19_WEIGHTS"
VGG19_URL = (
    "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/"
    "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
VGG19_MD5 = "253f8cb515780f3b799900260a226db6"
MISSING = "give an .h5 or .npz file"
DAMAGED = "give VGG-19's official .h5 or an .npz that tfnst distill wrote"
LITE_WEIGHTS = Path(__file__).parents[1] / "assets" / "vgg19_lite.npz"


def set_weights(model: keras.Model, arrays: Mapping[str, np.ndarray], source: str) -> None:
    """Fill every convolution of a network from arrays, by name.

    Args:
        model: the network.
        arrays: {layer/kernel: (3, 3, C, D), layer/bias: (D,)}; those of other layers are left.
        source: what errors call the arrays.

    Raises:
        ValueError: an array that is missing, of another shape, or not finite.
    """
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


def read_weights(file: Path, what: str = "weights", remedy: str = "") -> dict[str, np.ndarray]:
    """The arrays of an `.npz` or of a VGG-19 `.h5` of the official shape.

    Args:
        file: the file; its ending says which it is.
        what: what errors call it.
        remedy: what they say would do, in place of such a file.

    Returns:
        {layer/kernel: (3, 3, C, D), layer/bias: (D,)}.

    Raises:
        ValueError: a file that is missing, damaged or of another kind, in one line.
    """
    try:
        if not file.exists():
            raise FileNotFoundError
        if file.suffix == ".npz":
            return archives.read(file)
        return archives.read_h5(file, VGG19_LAYERS)
    except FileNotFoundError:
        raise ValueError(f"{what} {str(file)!r} do not exist; {remedy or MISSING}") from None
    # Readers of zip and HDF5 meet damage with nearly any exception there is.
    except Exception as error:
        raise ValueError(f"{what} {str(file)!r} cannot be read; {remedy or DAMAGED}") from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def keras_cache() -> Path:
    """Where Keras keeps the VGG-19 weights that it downloads.

    Returns:
        The file, there or not; KERAS_HOME moves it.
    """
    home = os.environ.get("KERAS_HOME", os.path.join(os.path.expanduser("~"), ".keras"))
    return Path(home) / "models" / VGG19_URL.rsplit("/", 1)[1]


def weights_file(network: str, weights: str | Path = "auto") -> Path:
    """The file that holds a network's weights: the one given, the one set, or the one shipped.

    Args:
        network: "vgg19" or "vgg19-lite".
        weights: a file, or "auto" for the network's own.

    Returns:
        The file; one that is given need not be there.

    Raises:
        ValueError: VGG-19's own weights, which are not on this machine.
    """
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

    Args:
        network: "auto", or a name, which stands for itself.
        weights: a file, whose ending decides, .h5 for VGG-19 and .npz for VGG-19-lite; or "auto".

    Returns:
        The name, and the reason as part of a sentence.

    Examples:
        >>> choose_network("auto", "mine.npz")
        ('vgg19-lite', "of the weights 'mine.npz'")
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
    """Download VGG-19's ImageNet weights (80 MB) into Keras' cache, and check them.

    Returns:
        The file, as `keras_cache` names it.

    Raises:
        OSError: no network, a folder that cannot be written, or another file than the one expected.
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

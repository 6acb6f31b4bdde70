"""Neural style transfer with TensorFlow and Keras."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import Any

import lazy_loader
import wrapt

# TensorFlow reads this when it is imported. Where a processor has AVX2 and no more it leaves off
# oneDNN's convolutions, which are the quicker ones there.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

_import, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `import tfnst` does not start TensorFlow."""
    if name not in __all__:
        raise AttributeError(
            f"module 'tfnst' has no attribute {name!r}; it has {', '.join(__all__)}"
        )
    try:
        return _import(name)
    except ModuleNotFoundError as error:
        if error.name not in ("jax", "torch", "openvino"):
            raise
        raise ImportError(
            f"Keras is to run on {error.name}, which is not installed; set "
            "KERAS_BACKEND=tensorflow, or mend 'backend' in keras.json"
        ) from error


def _register(_: Any) -> None:
    # Called while one of these modules is itself being imported, this fails, and is called again
    # when the module is complete.
    for module in (
        "networks.style_network",
        "networks.any_style",
        "networks.random_style",
        "features.vgg",
    ):
        with contextlib.suppress(ImportError):
            importlib.import_module(f"tfnst.{module}")


# `keras.models.load_model` knows a class once its module is imported. `import tfnst` imports no
# Keras and none of these modules; as soon as anyone imports Keras, they are imported too. Where a
# module of tfnst that they need is what imports Keras, that waits until this module is complete.
_USERS_OF_KERAS = (
    "tfnst.features.vgg_weights",
    "tfnst.losses.kernels",
    "tfnst.losses.masks",
    "tfnst.losses.matrix_roots",
    "tfnst.losses.statistics",
    "tfnst.networks.any_style_architecture",
    "tfnst.networks.architecture",
    "tfnst.networks.layers",
    "tfnst.networks.routes",
    "tfnst.networks.tiles",
    "tfnst.networks.transport",
)
if sys.modules.get("keras", _register) is not None:
    for _module in ("keras", *_USERS_OF_KERAS):
        wrapt.register_post_import_hook(_register, _module)

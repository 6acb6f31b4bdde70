"""Neural style transfer with TensorFlow and Keras."""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import TYPE_CHECKING, Any

import wrapt

if TYPE_CHECKING:
    from tfnst.features.vgg import FeatureExtractor as FeatureExtractor
    from tfnst.images import load as load
    from tfnst.images import save as save
    from tfnst.networks.style_network import StyleNetwork as StyleNetwork
    from tfnst.networks.style_network import load_network as load_network
    from tfnst.synthesis.settings import Settings as Settings
    from tfnst.synthesis.style_transfer import StyleTransfer as StyleTransfer
    from tfnst.synthesis.style_transfer import stylize as stylize

_HOMES = {
    "FeatureExtractor": "features",
    "Settings": "synthesis.settings",
    "StyleNetwork": "networks",
    "StyleTransfer": "synthesis.style_transfer",
    "load": "images",
    "load_network": "networks",
    "save": "images",
    "stylize": "synthesis.style_transfer",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `import tfnst` does not start TensorFlow."""
    if name not in _HOMES:
        raise AttributeError(
            f"module 'tfnst' has no attribute {name!r}; it has {', '.join(__all__)}"
        )
    try:
        return getattr(importlib.import_module(f"tfnst.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("jax", "torch", "openvino"):
            raise
        raise ImportError(
            f"Keras is to run on {error.name}, which is not installed; set "
            "KERAS_BACKEND=tensorflow, or mend 'backend' in keras.json"
        ) from error


def __dir__() -> list[str]:
    return __all__


def _register(_: Any) -> None:
    # Whoever of ours imports Keras itself is not whole yet, and calls this once more when it is.
    with contextlib.suppress(ImportError):
        importlib.import_module("tfnst.networks.style_network")
        importlib.import_module("tfnst.features.vgg")


# Wherever Keras runs, before or after this, `keras.models.load_model` is to know our classes; but
# `import tfnst` does not start it. The classes' modules rest on the others.
_USERS_OF_KERAS = (
    "tfnst.features.vgg_weights",
    "tfnst.networks.architecture",
    "tfnst.networks.layers",
    "tfnst.networks.tiles",
)
if sys.modules.get("keras", _register) is not None:
    for _module in ("keras", *_USERS_OF_KERAS):
        wrapt.register_post_import_hook(_register, _module)

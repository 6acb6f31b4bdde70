"""Feed-forward networks that paint any photo in one pass, in one style or many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from tfnst import images
from tfnst.layers import ConditionalInstanceNormalization, DepthToSpace, Upsample

HALO = 16  # reflected pixels around a picture, cut off afterwards: no bands along the borders
PHOTO = "photo"  # the name of the row that gives the photo back


@dataclass(frozen=True)
class NetworkSettings:
    """The shape of a style network.

    Attributes:
        widths: channels at full (0 for none), half and quarter resolution.
        blocks: residual blocks at quarter resolution.
        block: "residual" (two 3×3 convolutions) or "bottleneck" (a 3×3 between two 1×1, which
            costs a quarter; both He et al., CVPR 2016).
        middle: channels in the middle of a bottleneck.
        head: "subpixel" (Shi et al., CVPR 2016) or "convolution", 9×9 at full resolution.
    """

    widths: tuple[int, int, int] = (0, 32, 64)
    blocks: int = 7
    block: str = "bottleneck"
    middle: int = 32
    head: str = "subpixel"

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))  # a list, when it comes from JSON
        for name, allowed in (
            ("block", ("residual", "bottleneck")),
            ("head", ("subpixel", "convolution")),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; use one of {', '.join(allowed)}"
                )
        if len(self.widths) != 3 or min(self.widths[1:]) < 1 or self.blocks < 0:
            raise ValueError(f"widths {self.widths} and blocks {self.blocks} make no network")


CONFIGURATIONS = {
    "gallery": NetworkSettings(),
    # Johnson, Alahi & Fei-Fei, ECCV 2016, supplement, table 1, with upsampling in place of strided
    # transposed convolutions, which leave a checkerboard (Dumoulin et al., 2017, do the same).
    "johnson": NetworkSettings((32, 64, 128), 5, "residual", head="convolution"),
}


def padded(image: np.ndarray) -> np.ndarray:
    """An (H, W, C) picture with its halo, reflected, and up to a multiple of 4."""
    after = [HALO + -side % 4 for side in image.shape[:2]]
    return np.pad(image, ((HALO, after[0]), (HALO, after[1]), (0, 0)), "symmetric")


class _Layers:
    """Layers by name: made when first asked for, the same ones afterwards."""

    def __init__(self, dtype: str | None) -> None:
        self.made: dict[str, Any] = {}
        self.dtype = dtype

    def __call__(self, name: str, kind: Callable[..., Any], *sizes: Any, **options: Any) -> Any:
        if name not in self.made:
            self.made[name] = kind(*sizes, name=name, **{"dtype": self.dtype, **options})
        return self.made[name]


def connect(layers: _Layers, settings: NetworkSettings, image: Any, weights: Any) -> Any:
    """The symbolic picture that the network makes of symbolic inputs, by layers that it shares."""
    rows = weights.shape[-1]
    at = {1: weights}
    for finer in (1, 2):
        is_map = len(weights.shape) == 4
        at[2 * finer] = ops.average_pool(at[finer], 2, padding="same") if is_map else weights

    def convolution(x: Any, name: str, width: int, size: int, stride: int = 1) -> Any:
        make = keras.layers.Conv2D
        return layers(name, make, width, size, strides=stride, padding="same", use_bias=False)(x)

    def normalized(x: Any, name: str, scale: int) -> Any:
        return layers(f"{name}_norm", ConditionalInstanceNormalization, rows)(x, at[scale])

    def stage(x: Any, name: str, scale: int, *sizes: int) -> Any:
        return ops.relu(normalized(convolution(x, name, *sizes), name, scale))

    def residual(x: Any, name: str) -> Any:
        inner = stage(x, f"{name}a", 4, deep, 3)
        return x + normalized(convolution(inner, f"{name}b", deep, 3), f"{name}b", 4)

    def bottleneck(x: Any, name: str) -> Any:
        inner = stage(x, f"{name}a", 4, settings.middle, 1)
        inner = stage(inner, f"{name}b", 4, settings.middle, 3)
        return x + normalized(convolution(inner, f"{name}c", deep, 1), f"{name}c", 4)

    full, half, deep = settings.widths
    x = image - 0.5
    if full:
        x = stage(x, "full", 1, full, 9)
    x = stage(x, "half", 2, half, 3 if full else 5, 2)
    x = stage(x, "quarter", 4, deep, 3, 2)
    for number in range(1, settings.blocks + 1):
        block = residual if settings.block == "residual" else bottleneck
        x = block(x, f"block{number}")
    if settings.block == "bottleneck":
        # Or the next convolution alone, at twice the resolution, would cost as much as all blocks.
        x = layers("narrow", keras.layers.Conv2D, half, 1)(x)
    x = stage(layers("up1", Upsample)(x), "half_again", 2, half, 3)
    if settings.head == "subpixel":
        x = layers("colors", keras.layers.Conv2D, 12, 3, padding="same", kernel_initializer=_icnr)(
            x
        )
        x = layers("up2", DepthToSpace)(x)
    else:
        x = stage(layers("up2", Upsample)(x), "full_again", 1, full or half, 3)
        x = layers("colors", keras.layers.Conv2D, 3, 9, padding="same")(x)
    return layers("stylized", keras.layers.Activation, "sigmoid", dtype="float32")(x)


def _icnr(shape: Sequence[int], dtype: Any = None) -> Any:
    """The same kernel for all four pixels of a block, so that training starts without a grid.

    Aitken et al., "Checkerboard artifact free sub-pixel convolution", arXiv:1707.02937.
    """
    kernel = keras.initializers.GlorotUniform()((*shape[:-1], shape[-1] // 4), dtype)
    return ops.tile(kernel, (1, 1, 1, 4))


@keras.saving.register_keras_serializable("tfnst")
class StyleNetwork(keras.Model):  # type: ignore[misc]
    """A Keras functional model: a photo and the weights of styles in, the photo in that style out.

    Inputs: `image`, (B, H, W, 3) RGB in [0, 1] with H and W multiples of 4, and `style_weights`,
    (B, 1 + S), that add up to 1. Output: `stylized`, like the image. `mapped` gives a twin that
    takes weights at each position. Borders want `HALO` more pixels, cut off afterwards: `stylize`
    does that, at any size.

    Dumoulin, Shlens & Kudlur, "A learned representation for artistic style", ICLR 2017: one network
    for many styles that differ in nothing but the rows of their conditional instance norms, so that
    mixtures of rows are styles too. With one style it is that of Johnson et al., ECCV 2016. Row 0
    is no style but the photo itself, which makes strength a mixture as well.

    Args:
        styles: the names of the styles, in the order of their rows; "photo" goes before them.
        settings: its shape; see `NetworkSettings` and `CONFIGURATIONS`.
    """

    def __init__(
        self,
        styles: Sequence[str],
        settings: NetworkSettings | dict[str, Any] = NetworkSettings(),
        dtype: str | None = None,
        **options: Any,
    ) -> None:
        names = tuple(styles)
        if PHOTO in names or len(set(names)) < len(names) or not names:
            raise ValueError(f"styles is {names}; give one or more names, each once")
        chosen = NetworkSettings(**settings) if isinstance(settings, dict) else settings
        layers = _Layers(dtype)
        image = keras.Input((None, None, 3), name="image")
        weights = keras.Input((1 + len(names),), name="style_weights")
        inputs = {"image": image, "style_weights": weights}
        super().__init__(inputs, {"stylized": connect(layers, chosen, image, weights)}, **options)
        self.styles, self.settings, self._parts = names, chosen, layers

    def mapped(self) -> keras.Model:
        """The same network, same weights, with `style_weights` a map, (B, H, W, 1 + S)."""
        image = keras.Input((None, None, 3), name="image")
        weights = keras.Input((None, None, 1 + len(self.styles)), name="style_weights")
        inputs = {"image": image, "style_weights": weights}
        return keras.Model(
            inputs, {"stylized": connect(self._parts, self.settings, image, weights)}
        )

    def weights_for(self, styles: str | Mapping[str, float], strength: float = 1.0) -> np.ndarray:
        """The row weights, (1 + S,) float32, of a style's name or of {name: share}.

        Shares are relative to each other; what `strength`, 0 to 1, leaves over is the photo's.
        Raises ValueError for an unknown name, shares that make no mixture, or another strength.
        """
        shares = {styles: 1.0} if isinstance(styles, str) else dict(styles)
        for name, share in shares.items():
            if name not in self.styles:
                raise ValueError(f"style {name!r} is unknown; use {', '.join(self.styles)}")
            if not 0 <= share < float("inf"):
                raise ValueError(f"share of style {name!r} is {share!r}; use a number from 0")
        if not sum(shares.values()):
            raise ValueError(f"styles is {styles!r}; give at least one share above 0")
        if not 0 <= strength <= 1:
            raise ValueError(f"strength is {strength!r}; use a number from 0 to 1")
        weights = np.zeros(1 + len(self.styles), np.float32)
        weights[0] = 1 - strength
        for name, share in shares.items():
            weights[1 + self.styles.index(name)] = strength * share / sum(shares.values())
        return weights

    def stylize(
        self, image: np.ndarray, styles: str | Mapping[str, float], strength: float = 1.0
    ) -> np.ndarray:
        """An (H, W, 3) picture in [0, 1], of any size, in a style or a mixture; the same shape."""
        image = images.validate(image, "image", images.MIN_SIDE)
        height, width, _ = image.shape
        batch = {
            "image": padded(image)[None],
            "style_weights": self.weights_for(styles, strength)[None],
        }
        painted = ops.convert_to_numpy(self(batch)["stylized"])[0]
        return painted[HALO : HALO + height, HALO : HALO + width]

    def get_config(self) -> dict[str, Any]:
        return {"styles": list(self.styles), "settings": asdict(self.settings), "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> StyleNetwork:
        return cls(**config)

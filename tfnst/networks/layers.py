"""Keras layers of the style networks, which LiteRT runs in one XNNPACK partition."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from tfnst.tensors import Tensor

FEW = 2  # lines of pixels, which every activation has
# Times a channel's variance is the part of it that passes, up to all: where a whole picture is
# flat, its deviations are rounding, and a row of norms would make stripes of them. Half precision
# holds it.
STEEPNESS = 6e4


def moments(x: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Mean and variance of (B, H, W, C) over some axes, which stay as 1."""
    mean = ops.mean(x, axes, keepdims=True)
    return mean, ops.mean(ops.square(x - mean), axes, keepdims=True)


@keras.saving.register_keras_serializable("tfnst")
class ConditionalInstanceNormalization(keras.layers.Layer):  # type: ignore[misc]
    """Each channel to mean 0 and deviation 1 over the picture, then to the style's own.

    γₛ·(x − μ)/σ + βₛ: Dumoulin, Shlens & Kudlur, ICLR 2017, equation 5. All in float32. Departing
    from it, a channel whose σ is below some 0.004 (`STEEPNESS`) passes only in part.

    Args:
        styles: the number S of rows γ and β, of shape (S, C).
        epsilon: added to σ², so that a flat channel is not divided by 0.
        **options: of `keras.layers.Layer`.
    """

    def __init__(self, styles: int, epsilon: float = 1e-3, **options: Any) -> None:
        super().__init__(**options)
        self.styles, self.epsilon = styles, epsilon

    def build(self, input_shape: Any, *_: Any) -> None:
        """Make γ, of ones, and β, of zeros, (S, C) each."""
        shape = (self.styles, input_shape[-1])
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones", autocast=False)
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros", autocast=False)
        self.built = True

    def call(
        self,
        x: Tensor,
        style_weights: Tensor,
        statistics: tuple[Tensor, Tensor] | None = None,
        mixtures: Tensor | None = None,
    ) -> Tensor:
        """The input in a mixture of the styles' rows.

        Args:
            x: (B, H, W, C).
            style_weights: (B, S), or at each position, (B, H, W, S); they mix the rows.
            statistics: a mean and a variance, (1, 1, 1, C), in place of x's own.
            mixtures: (K, S), which `style_weights`, now (B, H, W, K), mix in place of the rows: of
                many rows, a picture has few mixtures.

        Returns:
            (B, H, W, C), of x's dtype.
        """
        weights = ops.cast(style_weights, "float32")
        precise = ops.cast(x, "float32")
        mean, variance = statistics or moments(precise, (1, 2))
        mixing = weights if mixtures is None else ops.cast(mixtures, "float32")
        # One product and one sum a position: what is of the channel's size is put together first.
        # Clipped on both sides, for which LiteRT has one operation.
        part = ops.clip(variance * STEEPNESS, -1.0, 1.0)
        gamma, beta = ops.matmul(mixing, self.gamma), ops.matmul(mixing, self.beta)
        if mixtures is None and len(weights.shape) == 2:  # now, as they are matrices before
            gamma, beta = (ops.reshape(row, (-1, 1, 1, x.shape[-1])) for row in (gamma, beta))
        scale = gamma * (ops.rsqrt(variance + self.epsilon) * part)
        shift = beta - mean * scale
        if mixtures is not None:
            scale, shift = ops.matmul(weights, scale), ops.matmul(weights, shift)
        return ops.cast(precise * scale + shift, x.dtype)

    def compute_output_shape(self, input_shape: Any, *_: Any) -> Any:
        """As large as the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "styles": self.styles, "epsilon": self.epsilon}


def depth_to_space(x: Tensor, factor: int = 2) -> Tensor:
    """(B, H, W, 4C) → (B, 2H, 2W, C): channel (2i + j)·C + c to row i, column j of a block."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # The transposition below takes several operations of LiteRT, and this one.
        return tf.nn.depth_to_space(x, factor)
    batch, height, width, channels = ops.shape(x)
    deep = channels // factor**2
    x = ops.reshape(x, (batch, height, width, factor, factor, deep))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (batch, height * factor, width * factor, deep))


@keras.saving.register_keras_serializable("tfnst")
class Upsample(keras.layers.Layer):  # type: ignore[misc]
    """Each pixel four times, as nearest-neighbour resizing does; XNNPACK has no such operation."""

    def call(self, x: Tensor) -> Tensor:
        """(B, H, W, C) → (B, 2H, 2W, C)."""
        return depth_to_space(ops.concatenate([x, x, x, x], -1))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Twice as high and wide."""
        batch, height, width, channels = input_shape
        return (batch, height and 2 * height, width and 2 * width, channels)


@keras.saving.register_keras_serializable("tfnst")
class DepthToSpace(keras.layers.Layer):  # type: ignore[misc]
    """(B, H, W, 4C) → (B, 2H, 2W, C), which ends a sub-pixel convolution (Shi et al., 2016)."""

    def call(self, x: Tensor) -> Tensor:
        """(B, H, W, 4C) → (B, 2H, 2W, C)."""
        return depth_to_space(x)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Twice as high and wide, with a quarter of the channels."""
        batch, height, width, channels = input_shape
        return (batch, height and 2 * height, width and 2 * width, channels // 4)


@keras.saving.register_keras_serializable("tfnst")
class MirrorPadding(keras.layers.Layer):  # type: ignore[misc]
    """A picture with its borders mirrored, and filled up to a multiple of pixels; of any size.

    As `numpy.pad(mode="symmetric")` does: `width` pixels on all sides, the outermost twice, and as
    many more below and to the right as the picture's sides lack to a multiple. Where a size is
    known, line by line, for XNNPACK has no such operation; the lines are short, so that it costs
    nothing.
    """

    def __init__(self, width: int, multiple: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self.width, self.multiple = width, multiple

    def call(self, x: Tensor) -> Tensor:
        """(B, H, W, C), the borders mirrored, sides filled up to a multiple."""
        for axis in (1, 2):
            size = x.shape[axis]
            if size is None and (self.width > FEW or self.multiple > 1):
                x = self._gathered(x, axis)
            else:
                x = self._lined(x, axis, size)
        return x

    def _lined(self, x: Tensor, axis: int, size: int | None) -> Tensor:
        if size is None:  # but a few lines there are, at either end
            first, last = range(self.width - 1, -1, -1), range(-1, -1 - self.width, -1)
        else:
            sides = (self.width, self.width + -size % self.multiple)
            lines = np.pad(np.arange(size), sides, "symmetric").tolist()
            first, last = lines[: self.width], lines[self.width + size :]
        before = _joined([_line(x, axis, k) for k in first], axis)
        after = _joined([_line(x, axis, k) for k in last], axis)
        return ops.concatenate([before, x, after], axis)

    def _gathered(self, x: Tensor, axis: int) -> Tensor:
        import tensorflow as tf  # no other backend leaves a size open

        size = tf.shape(x)[axis]
        end = size + self.width + -size % self.multiple
        # Mirrored at both ends, a line of pixels repeats after twice its length.
        lines = tf.range(-self.width, end) % (2 * size)
        return tf.gather(x, tf.minimum(lines, 2 * size - 1 - lines), axis=axis)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Larger by the borders and the filling, where the size is known."""
        batch, *sizes, channels = input_shape
        grown = [size and size + 2 * self.width + -size % self.multiple for size in sizes]
        return (batch, *grown, channels)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "width": self.width, "multiple": self.multiple}


@keras.saving.register_keras_serializable("tfnst")
class CropAs(keras.layers.Layer):  # type: ignore[misc]
    """The part of a padded picture, from `width` pixels on, that is as large as the picture was."""

    def __init__(self, width: int, **options: Any) -> None:
        super().__init__(**options)
        self.width = width

    def call(self, padded: Tensor, picture: Tensor) -> Tensor:
        """Of `padded`, (B, H', W', C), the part of `picture`'s height and width."""
        height, width = ops.shape(picture)[1:3]
        return padded[:, self.width : self.width + height, self.width : self.width + width]

    def compute_output_shape(self, padded_shape: Any, picture_shape: Any) -> Any:
        """As large as the picture."""
        return (*picture_shape[:3], padded_shape[3])

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "width": self.width}


def _line(x: Tensor, axis: int, index: int) -> Tensor:
    line = slice(index, index + 1 or None)
    return x[:, line] if axis == 1 else x[:, :, line]


def _joined(parts: list[Tensor], axis: int) -> Tensor:
    """All parts in a row, four at a time: XNNPACK joins no more than five."""
    while len(parts) > 1:
        groups = [parts[k : k + 4] for k in range(0, len(parts), 4)]
        parts = [ops.concatenate(group, axis) for group in groups]
    return parts[0]


@keras.saving.register_keras_serializable("tfnst")
class Smooth(keras.layers.Layer):  # type: ignore[misc]
    """A binomial filter, (1 2 1)/4 across and down: it lets nothing of a two-pixel grid through.

    After a sub-pixel convolution, whose four pixels of a block learn apart and would otherwise draw
    that grid in flat places; what it takes from fine lines the convolution learns to make up for.

    Args:
        padding: as of a convolution, "same" with zeros or "valid".
        **options: of `keras.layers.Layer`.
    """

    def __init__(self, padding: str = "same", **options: Any) -> None:
        super().__init__(**options)
        self.padding = padding

    def call(self, x: Tensor) -> Tensor:
        """(B, H, W, C), each channel filtered by itself."""
        line = np.array([0.25, 0.5, 0.25], np.float32)
        kernel = np.outer(line, line)[:, :, None, None].repeat(x.shape[-1], 2)
        return ops.depthwise_conv(
            x, ops.cast(kernel, x.dtype), padding=self.padding, data_format="channels_last"
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """As large as the input, or two pixels less."""
        if self.padding == "same":
            return input_shape
        batch, height, width, channels = input_shape
        return (batch, height and height - 2, width and width - 2, channels)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "padding": self.padding}

"""Networks to files that need no Keras: a SavedModel, and TFLite at several precisions."""

from __future__ import annotations

import contextlib
import io
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tfnst.architectures import HALO, connect
from tfnst.layers import MirrorPadding
from tfnst.networks import StyleNetwork
from tfnst.terminal import silent_stderr
from tfnst.verification import SIGNATURE

PRECISIONS = ("float32", "float16", "int8-weights", "int8")
Example = dict[str, np.ndarray]


def deployable(network: StyleNetwork) -> keras.Model:
    """The network with its halo inside: pictures in and out, whose H and W are multiples of 4."""
    image = keras.Input((None, None, 3), name="image", dtype="float32")
    weights = keras.Input((1 + len(network.styles),), name="style_weights", dtype="float32")
    mirrored = MirrorPadding(HALO, dtype="float32")(image)
    painted = connect(network.parts, network.settings, mirrored, weights)
    crop = keras.layers.Cropping2D(
        HALO, name="stylized", data_format="channels_last", dtype="float32"
    )
    return keras.Model({"image": image, "style_weights": weights}, {"stylized": crop(painted)})


def write_saved_model(model: keras.Model, folder: Path) -> None:
    """Write a SavedModel with the signatures `serve` and, for pictures, `serve_uint8`.

    `serve` takes and gives float32, pictures in [0, 1]; `serve_uint8` takes `image` in 0…255 and
    gives `stylized` in 0…255, rounded. Any batch size, any H and W that the model takes.
    """
    specs = {name: tf.TensorSpec(x.shape, x.dtype, name) for name, x in model.input.items()}
    signatures = {"serve": tf.function(lambda inputs: model(inputs), input_signature=[specs])}
    if "stylized" in model.output:
        bytes_in = specs | {"image": tf.TensorSpec(specs["image"].shape, tf.uint8, "image")}

        def serve_uint8(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
            image = tf.cast(inputs["image"], tf.float32) / 255
            painted = model({**inputs, "image": image})["stylized"]
            return {"stylized": tf.cast(tf.round(255 * painted), tf.uint8)}

        signatures["serve_uint8"] = tf.function(serve_uint8, input_signature=[bytes_in])
    # Not Keras' ExportArchive, which writes every variable twice, in another order each time.
    module = tf.Module()
    module.kept = [variable.value for variable in model.variables]
    with _silence():
        tf.saved_model.save(module, folder, signatures)


def to_tflite(
    model: keras.Model,
    shapes: Mapping[str, Sequence[int | None]],
    precision: str,
    examples: Sequence[Example] = (),
) -> bytes:
    """A .tflite file of builtin operations alone, for inputs of those shapes.

    precision: "float32"; "float16", weights alone, the rest as the processor likes it;
    "int8-weights", weights alone, with a scale for each channel; or "int8", convolutions in whole
    numbers, calibrated by `examples` (inputs of these shapes), and the normalization in float,
    whose statistics eight bits would break. Raises ValueError for another precision.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision {precision!r} is unknown; use {', '.join(PRECISIONS)}")
    signature = {k: keras.InputSpec(shape=v, dtype="float32", name=k) for k, v in shapes.items()}
    with tempfile.TemporaryDirectory() as folder, _silence():
        # Not from_concrete_functions, which leaves weights out without a word.
        model.export(folder, verbose=False, input_signature=[signature])
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        # Or Keras would let TensorFlow's own operations slip in, which no phone has.
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if precision == "float16":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        file: bytes = converter.convert()
        return _quantized(file, precision, examples) if precision.startswith("int8") else file


def _quantized(file: bytes, precision: str, examples: Sequence[Example]) -> bytes:
    from ai_edge_quantizer import quantizer, recipe
    from ai_edge_quantizer.qtyping import TFLOperationName

    made = quantizer.Quantizer(file)
    if precision == "int8-weights":
        made.load_quantization_recipe(recipe.weight_only_wi8_afp32())
        return bytes(made.quantize().quantized_model)
    made.add_static_config(
        regex=".*",
        operation_name=TFLOperationName.CONV_2D,
        activation_num_bits=8,
        weight_num_bits=8,
    )
    found = made.calibrate({SIGNATURE: [dict(example) for example in examples]})
    return bytes(made.quantize(found).quantized_model)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep the converters' progress bars, remarks and warnings off the terminal."""
    logger = tf.get_logger()
    level = logger.level
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        silent_stderr(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        logger.setLevel("ERROR")
        try:
            yield
        finally:
            logger.setLevel(level)

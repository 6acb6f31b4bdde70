"""Networks to files that need no Keras: a SavedModel, and TFLite at several precisions."""

from __future__ import annotations

import contextlib
import functools
import io
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

import flatbuffers
import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema

from tfnst.devices import silent_stderr
from tfnst.export.verification import SERVING
from tfnst.files.folders import full_disk_named
from tfnst.networks.architecture import connect, rows, symbolic_inputs
from tfnst.networks.layers import CropAs, MirrorPadding
from tfnst.networks.style_network import StyleNetwork

LiteFormat = Literal["float32", "float16", "int8-weights", "int8"]
LITE_FORMATS: tuple[LiteFormat, ...] = get_args(LiteFormat)
ROOM = 64  # pixels
Example = dict[str, np.ndarray]


def deployable(network: StyleNetwork) -> keras.Model:
    """The network with its halo inside: pictures of any size in and out, as `stylize` has them."""
    c = network.settings
    inputs = symbolic_inputs(c, (1 + len(network.styles),))
    padded = MirrorPadding(c.halo, c.scale, dtype="float32")(inputs["image"])
    painted = connect(network.parts, c, padded, rows(inputs))
    cropped = CropAs(c.halo, name="stylized", dtype="float32")(painted, inputs["image"])
    return keras.Model(inputs, {"stylized": cropped})


def write_saved_model(model: keras.Model, folder: Path) -> None:
    """Write a SavedModel with the signatures `serve` and, for pictures, `serve_uint8`.

    `serve` takes and gives float32, pictures in [0, 1]; `serve_uint8` takes `image` in 0…255 and
    gives `stylized` in 0…255, rounded. `serving_default`, which servers ask for, is `serve`. Any
    batch size, any H and W that the model takes. All are attributes too, as Keras' `TFSMLayer`
    wants them.
    """
    specs = {name: tf.TensorSpec(x.shape, x.dtype, name) for name, x in model.input.items()}
    serve = tf.function(lambda inputs: model(inputs), input_signature=[specs])
    signatures = {"serve": serve, SERVING: serve}
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
    for name, function in signatures.items():
        setattr(module, name, function)
    with _silence(), full_disk_named(folder):
        tf.saved_model.save(module, folder, signatures)


class LiteConverter:
    """A network for inputs of some shapes on its way to .tflite files, of builtin operations alone.

    It is traced once for all formats.

    Args:
        model: as `deployable` makes one.
        shapes: of each input, by name; None where any size goes.
    """

    def __init__(self, model: keras.Model, shapes: Mapping[str, Sequence[int | None]]) -> None:
        specs = {k: keras.InputSpec(shape=v, dtype="float32", name=k) for k, v in shapes.items()}
        self._folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        with _silence():
            # Not from_concrete_functions, which leaves weights out without a word.
            model.export(self._folder, verbose=False, input_signature=[specs])

    def convert(self, format: str, examples: Sequence[Example] = ()) -> bytes:
        """A file of one format.

        Args:
            format: "float32"; "float16", weights alone, the rest as the processor likes it;
                "int8-weights", weights alone, with a scale for each channel; or "int8",
                convolutions in whole numbers, and the normalization in float, whose statistics
                eight bits would break.
            examples: inputs of the shapes, by which "int8" is calibrated.

        Returns:
            What the .tflite file holds.

        Raises:
            ValueError: another format.
        """
        if format not in LITE_FORMATS:
            raise ValueError(f"format {format!r} is unknown; use {', '.join(LITE_FORMATS)}")
        with _silence():
            file = self._float16() if format == "float16" else self._float32
            if format.startswith("int8"):
                file = _quantized(file, format, examples)
            return _with_room(_with_short_names(file))

    @functools.cached_property
    def _float32(self) -> bytes:
        return bytes(self._converter().convert())

    def _float16(self) -> bytes:
        converter = self._converter()
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())

    def _converter(self) -> tf.lite.TFLiteConverter:
        converter = tf.lite.TFLiteConverter.from_saved_model(self._folder)
        # Or Keras would let TensorFlow's own operations slip in, which no phone has.
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        return converter


def _with_short_names(file: bytes) -> bytes:
    """The file with numbers for the names of tensors inside, which take a tenth of it.

    Inputs and outputs keep theirs, by which files without signatures go.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(file))
    for graph in model.subgraphs:
        outside = {*graph.inputs, *graph.outputs}
        for number, tensor in enumerate(graph.tensors):
            if number not in outside:
                tensor.name = str(number)
    for buffer in model.buffers:
        if buffer.offset > 1:  # the quantizer lays weights behind all that is packed again
            buffer.data = np.frombuffer(file, np.uint8, buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    builder = flatbuffers.Builder(len(file))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _with_room(file: bytes) -> bytes:
    """The file with sides of `ROOM` where any goes, to which it is allocated until it is resized.

    The converter puts 1 there, and not every network takes a picture of one pixel.
    """
    data = bytearray(file)
    graph = schema.Model.GetRootAs(data).Subgraphs(0)
    for index in graph.InputsAsNumpy():
        tensor = graph.Tensors(index)
        if tensor.ShapeSignatureLength() == 4:
            tensor.ShapeAsNumpy()[np.flatnonzero(tensor.ShapeSignatureAsNumpy()[1:] < 0) + 1] = ROOM
    return bytes(data)


def _quantized(file: bytes, format: str, examples: Sequence[Example]) -> bytes:
    from ai_edge_quantizer import quantizer, recipe
    from ai_edge_quantizer.qtyping import TFLOperationName

    quantized = quantizer.Quantizer(file)
    if format == "int8-weights":
        quantized.load_quantization_recipe(recipe.weight_only_wi8_afp32())
        return bytes(quantized.quantize().quantized_model)
    quantized.add_static_config(
        regex=".*",
        operation_name=TFLOperationName.CONV_2D,
        activation_num_bits=8,
        weight_num_bits=8,
    )
    ranges = quantized.calibrate({SERVING: [dict(example) for example in examples]})
    return bytes(quantized.quantize(ranges).quantized_model)


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

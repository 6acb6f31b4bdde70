"""What a SavedModel answers.

A process of its own, which has seen no Keras model. A SavedModel is a program: TensorFlow runs
whatever operations its graph holds, and some of them read and write files. Unless it is trusted,
only those run that compute.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

BYTES_TOO = "stylized_as_bytes"  # beside what `serve` answers, what `serve_uint8` does
_COMPUTING = """
Abs Add AddN AddV2 All Any ArgMax ArgMin AssignVariableOp AvgPool BatchMatMul BatchMatMulV2
BiasAdd BroadcastArgs BroadcastTo Cast ConcatV2 Const Conv2D Conv2DBackpropInput DepthToSpace
DepthwiseConv2dNative DisableCopyOnRead Div DivNoNan Einsum Elu Equal Exp ExpandDims Fill Floor
FloorDiv FloorMod FusedBatchNormV3 Gather GatherNd GatherV2 Greater GreaterEqual Identity
IdentityN LeakyRelu Less LessEqual Log LogicalAnd LogicalNot LogicalOr MatMul Max MaxPool Maximum
Mean Min Minimum MirrorPad Mul Neg NoOp NotEqual Pack Pad PadV2 PartitionedCall Placeholder Pow
Prod Range Rank ReadVariableOp RealDiv Reciprocal Relu Relu6 Reshape ResizeBicubic ResizeBilinear
ResizeNearestNeighbor ReverseV2 Round Rsqrt Select SelectV2 Shape Sigmoid Size Slice Softmax
SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze StatefulPartitionedCall
StaticRegexFullMatch StopGradient StridedSlice StringJoin Sub Sum Tanh Tile Transpose Unpack
VarHandleOp ZerosLike
"""
COMPUTING = frozenset(_COMPUTING.split())
# Of the functions that TensorFlow adds to every SavedModel, and that none of ours may call.
SAVING = frozenset({"MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename"})


def require_harmless(folder: Path) -> None:
    """ValueError for a SavedModel whose graph does more than compute, before it is loaded."""
    from tensorflow.python.saved_model import loader_impl  # as `load` itself reads it

    graphs = loader_impl.parse_saved_model(str(folder)).meta_graphs
    if len(graphs) != 1 or not graphs[0].HasField("object_graph_def"):
        raise ValueError("it is of TensorFlow 1; with --trust it is run all the same")
    (graph,) = graphs
    bodies = {
        function.signature.name: function.node_def for function in graph.graph_def.library.function
    }
    called = _called(bodies, graph.object_graph_def.concrete_functions)
    operations = {node.op for name in called for node in bodies[name]}
    others = {node.op for name in bodies.keys() - called for node in bodies[name]}
    others |= {node.op for node in graph.graph_def.node}
    if unknown := sorted((operations | (others - SAVING)) - COMPUTING - bodies.keys()):
        raise ValueError(
            f"its graph holds {', '.join(unknown[:5])}, which may reach files; if you trust who "
            "made it, use --trust"
        )


def _called(bodies: Mapping[str, Any], roots: Any) -> set[str]:
    """The functions that those of the roots call, and these."""
    called: set[str] = set()
    waiting = [name for name in roots if name in bodies]
    while waiting:
        name = waiting.pop()
        if name in called:
            continue
        called.add(name)
        for node in bodies[name]:
            values = node.attr.values()
            names = {node.op, *(value.func.name for value in values)}
            names |= {function.name for value in values for function in value.list.func}
            waiting += names & bodies.keys()
    return called


def answers(folder: Path, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the signature `serve` gives for inputs by name, and `serve_uint8`, if there is one."""
    import tensorflow as tf

    signatures = tf.saved_model.load(folder).signatures

    def call(name: str, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        outputs = signatures[name](**{k: tf.constant(v) for k, v in values.items()})
        return {k: v.numpy() for k, v in outputs.items()}

    outputs = call("serve", inputs)
    if "serve_uint8" in signatures:
        image = np.rint(255 * inputs["image"]).astype(np.uint8)
        outputs[BYTES_TOO] = call("serve_uint8", {**inputs, "image": image})["stylized"]
    return outputs


def _main(folder: str, question: str, answer: str, trust: str) -> None:
    try:
        if trust != str(True):
            require_harmless(Path(folder))
        with np.load(question) as inputs:
            outputs = answers(Path(folder), dict(inputs))
    except Exception as error:  # TensorFlow's own, of every kind: the last line tells
        raise SystemExit((str(error).strip().splitlines() or [type(error).__name__])[0]) from None
    np.savez(answer, **dict[str, Any](outputs))


if __name__ == "__main__":
    _main(*sys.argv[1:])

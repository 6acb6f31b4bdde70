"""TensorFlow's registry of custom gradients, which forgets nothing by itself."""

from __future__ import annotations

import keras


def forget_gradients() -> None:
    """Drop the custom gradients of the graph that is being traced, once they have been taken.

    TensorFlow keeps each for good, and with it the whole graph: some 16 MB a painting. No public
    function takes a name out of it. Does nothing on another backend.
    """
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf
    from tensorflow.python.framework.ops import gradient_registry

    if tf.executing_eagerly():
        return
    for operation in tf.compat.v1.get_default_graph().get_operations():
        if operation.type == "IdentityN" and "_gradient_op_type" in operation.node_def.attr:
            name = operation.get_attr("_gradient_op_type").decode()
            gradient_registry._registry.pop(name, None)

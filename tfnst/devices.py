"""TensorFlow started without a word, on the device that is asked for."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any


class _Silence:
    """Standard error as it is, and who wants it silent: the last one out gives it back."""

    def __init__(self) -> None:
        self.lock = threading.Lock()  # never held while a caller's code runs
        self.callers = 0
        self.kept: int | None = None

    def begin(self) -> None:
        with self.lock:
            self.callers += 1
            # Closed, it is silent.
            if self.callers == 1 and (kept := _duplicated(2)) is not None:
                self.kept = kept
                with open(os.devnull, "wb") as nowhere:
                    os.dup2(nowhere.fileno(), 2)

    def end(self) -> None:
        with self.lock:
            self.callers -= 1
            if not self.callers and self.kept is not None:
                os.dup2(self.kept, 2)
                os.close(self.kept)
                self.kept = None


def _duplicated(descriptor: int) -> int | None:
    try:
        return os.dup(descriptor)
    except OSError:
        return None


_silence = _Silence()


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Drop what C++ code writes to file descriptor 2, as TensorFlow does when it is imported.

    Threads may overlap in it: the descriptor is the process's, and is given back after the last.

    Yields:
        Nothing; within, what is written to the descriptor is lost.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if sys.stderr is not None and not sys.stderr.closed:
        sys.stderr.flush()
    _silence.begin()
    try:
        yield
    finally:
        _silence.end()


def _start_keras() -> None:
    """Import Keras on TensorFlow, with its own defaults in place of the user's."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        import keras
    except (AssertionError, ValueError) as error:  # the older, silent one of Keras 3.8
        home = os.environ.get("KERAS_HOME", "~/.keras")
        raise ValueError(f"{home}/keras.json stops Keras: {error}") from error
    require_tensorflow("the command")
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")


def require_tensorflow(what: str) -> None:
    """Refuse to go on where Keras runs on another backend than TensorFlow.

    Args:
        what: what needs TensorFlow, as the error is to call it.

    Raises:
        ValueError: another backend; the error names the setting.
    """
    import keras

    if (backend := keras.backend.backend()) != "tensorflow":
        raise ValueError(
            f"Keras runs on {backend!r}, and {what} needs TensorFlow; set KERAS_BACKEND=tensorflow "
            "before Keras is imported"
        )


def start_tensorflow(device: str = "auto") -> Any:
    """Import TensorFlow without a word, let GPU memory grow, return the device to run under.

    Args:
        device: "auto", "cpu", "gpu" or "gpu:N".

    Returns:
        A context to run within; one without effect for "auto".

    Raises:
        ValueError: a device that is not there, or a Keras that cannot be started as the commands
            need it, whatever the user's settings are.
    """
    with silent_stderr():
        _start_keras()
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        if gpus:
            tf.config.experimental.enable_op_determinism()  # or no picture could be repeated
        tf.config.list_logical_devices()
    known = ["auto", "cpu", *(f"gpu:{i}" for i in range(len(gpus)))]
    wanted = "gpu:0" if device.lower() == "gpu" else device.lower()
    if wanted not in known:
        raise ValueError(f"--device {device!r} is not on this machine; use {', '.join(known)}")
    return contextlib.nullcontext() if wanted == "auto" else tf.device(f"/{wanted.upper()}")


@contextlib.contextmanager
def as_traced() -> Iterator[None]:
    """Have TensorFlow run graphs on a CPU as they were traced, in this thread.

    Its optimiser of graphs looks at the thousands of operations of a training step for longer than
    a painting's few steps gain by it. The public option is that of all threads, which may be at
    work.

    Yields:
        Nothing; within, graphs that run for the first time are not rewritten.
    """
    from tensorflow.python.eager import context

    thread = context.context()
    options, config = thread.function_call_options, thread.config
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    thread.function_call_options = context.FunctionCallOptions(options.executor_type, config)
    try:
        yield
    finally:
        thread.function_call_options = options


def holds_on_cpu(tensor: Any) -> bool:
    """Whether a tensor of any backend lies with a CPU now: false of symbolic ones."""
    return "cpu" in str(getattr(tensor, "device", "")).lower()


def forget_gradients() -> None:
    """Drop the custom gradients of the graph that is being traced, once they have been taken.

    TensorFlow keeps each for good, and with it the whole graph: some 16 MB a painting. No public
    function takes a name out of it. Does nothing on another backend.
    """
    import keras

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

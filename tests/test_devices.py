"""Tests of tfnst.devices: silence, and which devices there are."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.python.eager import context

from tfnst import devices


@pytest.fixture(scope="module", autouse=True)
def graphs_as_traced() -> None:
    """As TensorFlow itself runs them, in place of what other tests do."""


def test_silent_stderr_overlaps(capfd: pytest.CaptureFixture[str]) -> None:
    first, second = devices.silent_stderr(), devices.silent_stderr()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    os.write(2, b"noise")
    second.__exit__(None, None, None)
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_silent_stderr_drops_what_c_code_writes_and_gives_it_back(
    capfd: pytest.CaptureFixture[str],
) -> None:
    os.write(2, b"before ")
    with devices.silent_stderr():
        os.write(2, b"within ")
    os.write(2, b"after")
    with pytest.raises(KeyError), devices.silent_stderr():
        raise KeyError
    os.write(2, b"!")
    assert capfd.readouterr().err == "before after!"


def test_silent_stderr_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under pythonw, in a process that closed it, or where it is a closed file."""
    code = (
        "import os, sys; from tfnst import devices; os.close(2); sys.stderr = None\n"
        "with devices.silent_stderr(): print('within')\n"
        "try: os.fstat(2)\n"
        "except OSError: print('closed')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "within\nclosed\n")
    with monkeypatch.context() as patch, open(os.devnull) as closed:
        closed.close()
        for stream in (None, closed):
            patch.setattr(sys, "stderr", stream)
            with devices.silent_stderr():
                pass


def rewritten() -> bool:
    """Whether TensorFlow's optimiser is to rewrite graphs that this thread runs."""
    config = tf.compat.v1.ConfigProto()
    config.ParseFromString(context.context().function_call_options.config_proto_serialized)
    return not config.graph_options.rewrite_options.disable_meta_optimizer


def test_graphs_run_as_they_were_traced_in_one_thread_and_for_a_while() -> None:
    with pytest.raises(KeyError), devices.as_traced():
        with devices.as_traced():
            assert not rewritten()
        assert not rewritten()
        with ThreadPoolExecutor(1) as another:
            assert another.submit(rewritten).result()
        assert tf.function(lambda x: x + 1)(1.0) == 2.0
        raise KeyError
    assert rewritten()


def test_tensorflow_starts_without_a_word() -> None:
    code = (
        "from tfnst import devices; devices.start_tensorflow('cpu');"
        "import tensorflow as tf; tf.function(lambda x: x + 1)(tf.zeros(3))"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_CPP")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("device", ["auto", "cpu", "CPU", "Auto"])
def test_devices_that_are_everywhere(device: str) -> None:
    with devices.start_tensorflow(device):
        where = tf.add(tf.ones(2), 1).device
    assert device.lower() == "auto" or where.endswith("CPU:0")


@pytest.mark.parametrize("device", ["", "tpu", "gpu:99", "gpu:x", "cpu:7", "cpu:", "/cpu:0", "1"])
def test_a_device_that_is_not_there(device: str) -> None:
    with pytest.raises(ValueError) as caught:
        devices.start_tensorflow(device)
    assert str(caught.value).startswith(
        f"--device {device!r} is not on this machine; use auto, cpu"
    )


def test_gpus_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    grown: list[str] = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["first", "second"])
    monkeypatch.setattr(
        tf.config.experimental, "set_memory_growth", lambda gpu, on: grown.append(gpu)
    )
    repeatable: list[bool] = []  # the setting itself would be there for all later tests
    monkeypatch.setattr(
        tf.config.experimental, "enable_op_determinism", lambda: repeatable.append(True)
    )
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda: [])
    monkeypatch.setattr(tf, "device", lambda name: name)
    assert devices.start_tensorflow("gpu") == "/GPU:0"
    assert devices.start_tensorflow("GPU:1") == "/GPU:1"
    assert grown == ["first", "second"] * 2 and repeatable == [True] * 2
    with pytest.raises(ValueError, match=r"use auto, cpu, gpu:0, gpu:1$"):
        devices.start_tensorflow("gpu:2")


def test_where_a_tensor_lies_is_told_of_eager_ones_alone() -> None:
    seen = []

    @tf.function
    def traced(tensor: Any) -> Any:
        seen.append(devices.holds_on_cpu(tensor))
        return tensor

    with tf.device("CPU"):
        tensor = tf.zeros(())
    traced(tensor)
    assert devices.holds_on_cpu(tensor) and seen == [False]

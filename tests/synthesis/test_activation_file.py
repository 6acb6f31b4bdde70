"""Tests of synthesis.activation_file: what was written is read, and a full disk is named."""

from __future__ import annotations

import errno
import tempfile
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfnst.synthesis.activation_file import ActivationFile


def test_arrays_of_any_type_are_read_as_they_were_written() -> None:
    random, file = tf.random.Generator.from_seed(0), ActivationFile()
    written = {
        (scale, tile): {
            "a": random.normal((1, 3, 5, tile)),
            "b": tf.cast(random.normal((1, 2, 1, 4)), tf.bfloat16),
        }
        for scale in (1, 2)
        for tile in (1, 2, 3)
    }
    for key, activations in written.items():
        file.write(key, activations)
    assert len(file) == 6
    for key in ((2, 1), (1, 3), (1, 1), (2, 1)):
        arrays = file.read(key)
        assert list(arrays) == ["a", "b"]
        for name, array in arrays.items():
            expected = written[key][name].numpy()
            assert array.dtype == expected.dtype
            np.testing.assert_array_equal(array, expected)


def test_of_what_is_not_kept_there_is_nothing() -> None:
    file = ActivationFile()
    file.write(1, {})
    assert file.read(1) == file.read(2) == {} and not file
    file.write(1, {"a": np.ones(3)})
    file.clear()
    assert file.read(1) == {} and not file
    file.write(1, {"a": np.zeros(3)})
    np.testing.assert_array_equal(file.read(1)["a"], np.zeros(3))


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = ActivationFile()
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        file.write(1, {"a": np.ones(3)})
    assert caught.value.filename == tempfile.gettempdir() and not file

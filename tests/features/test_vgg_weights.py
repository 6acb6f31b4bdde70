"""Tests of tfnst.features.vgg_weights: files of weights, where they are, and the download."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from tests.features.conftest import LITE, NAME, lite_arrays, picture
from tfnst.features import vgg_weights
from tfnst.features.vgg import FeatureExtractor


def one_line_about(file: Path, what: str = "") -> Any:
    return pytest.raises(ValueError, match=rf"^weights {re.escape(repr(str(file)))}.*{what}.*\Z")


def test_the_shipped_weights_are_small_and_make_sense() -> None:
    assert vgg_weights.LITE_WEIGHTS.stat().st_size <= 2 * 2**20
    arrays = vgg_weights.read_weights(vgg_weights.LITE_WEIGHTS)
    assert list(arrays) == list(lite_arrays())
    for name, expected in lite_arrays().items():
        assert arrays[name].dtype == np.float16
        assert arrays[name].shape == expected.shape
        assert np.isfinite(arrays[name]).all()
        assert arrays[name].std() > 0
    extractor = FeatureExtractor("vgg19-lite", LITE.layers)
    for layer in LITE.layers:
        kernel = np.asarray(extractor.get_layer(layer).get_weights()[0])
        np.testing.assert_array_equal(kernel, arrays[f"{layer}/kernel"].astype("f"))


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    for file in (tmp_path / "none.npz", tmp_path / "none.h5"):
        with pytest.raises(ValueError, match=f"weights '{file}' do not exist; give an .h5 or .npz"):
            FeatureExtractor("vgg19-lite", ["block1_conv1"], weights=file)


def flipped(data: bytes, where: float) -> bytes:
    """Damaged in 32 bytes."""
    start = int(len(data) * where)
    return data[:start] + bytes(255 - b for b in data[start : start + 32]) + data[start + 32 :]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"PK",
        lambda data: b"no weights, but some words",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-8],
        lambda data: flipped(data, 0.4),
        lambda data: flipped(data, 0.6),
    ],
)
def test_a_damaged_npz_is_named_in_one_line(tmp_path: Path, damage: Any, compressed: bool) -> None:
    file = tmp_path / "weights.npz"
    (np.savez_compressed if compressed else np.savez)(file, **lite_arrays(layers=LITE.layers[:2]))
    file.write_bytes(damage(file.read_bytes()))
    with one_line_about(file, "cannot be read"):
        vgg_weights.read_weights(file)


def test_an_npz_that_holds_no_named_arrays_is_named_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "array.npz"
    with file.open("wb") as opened:
        np.save(opened, np.zeros(3))
    with one_line_about(file, "cannot be read"):
        vgg_weights.read_weights(file)
    np.savez(file, **{"block1_conv1/kernel": np.array([None, "x"], object)})
    with one_line_about(file, "cannot be read"):
        vgg_weights.read_weights(file)


def test_a_folder_is_no_weights(tmp_path: Path) -> None:
    with one_line_about(tmp_path, "cannot be read"):
        vgg_weights.read_weights(tmp_path)


def test_a_damaged_h5_is_named_in_one_line(official: Path, tmp_path: Path) -> None:
    file = tmp_path / "weights.h5"
    with official.open("rb") as whole:
        start = whole.read(200_000)
    for data in (b"", b"no weights, but some words", start):
        file.write_bytes(data)
        with one_line_about(file, "cannot be read"):
            vgg_weights.read_weights(file)


def rename(h5: h5py.File) -> None:
    h5.move("block4_conv3", "elsewhere")


def forget(h5: h5py.File) -> None:
    del h5["block3_conv1"].attrs["weight_names"]


def shorten(h5: h5py.File) -> None:
    h5["block3_conv1"].attrs["weight_names"] = [b"block3_conv1_W_1:0"]


def misname(h5: h5py.File) -> None:
    h5["block3_conv1"].attrs["weight_names"] = [b"kernel", b"bias"]


@pytest.mark.parametrize("change", [rename, forget, shorten, misname])
def test_an_h5_of_another_network_is_named_in_one_line(
    official: Path, tmp_path: Path, change: Any
) -> None:
    file = tmp_path / "weights.h5"
    file.write_bytes(official.read_bytes())
    vgg_weights.read_weights(file)
    with h5py.File(file, "a") as h5:
        change(h5)
    with one_line_about(file, "cannot be read"):
        vgg_weights.read_weights(file)


def test_weights_of_other_shapes_are_named(tmp_path: Path, official: Path) -> None:
    arrays = lite_arrays()
    changes: list[tuple[str, Any]] = [
        ("block2_conv1/kernel", np.zeros((3, 3, 16, 31), "f")),
        ("block2_conv1/bias", np.zeros(31, "f")),
        ("block2_conv1/bias", np.zeros((1, 32), "f")),
        ("block2_conv1/kernel", np.zeros((), "f")),
        ("block2_conv1/bias", None),
    ]
    for number, (name, value) in enumerate(changes):
        file = tmp_path / f"{number}.npz"
        changed = {**arrays, name: value}
        np.savez(file, **{k: v for k, v in changed.items() if v is not None})
        message = r"weights of vgg19-lite: layer block2_conv1 needs .*\(3, 3, 16, 32\).*found"
        with pytest.raises(ValueError, match=message):
            FeatureExtractor("vgg19-lite", ["block2_conv1"], weights=file)
        FeatureExtractor("vgg19-lite", ["block1_conv2"], weights=file)
    with pytest.raises(ValueError, match="weights of vgg19-lite: layer block1_conv1 needs"):
        FeatureExtractor("vgg19-lite", ["block1_conv1"], weights=official)


def test_float16_weights_are_computed_with_in_float32(tmp_path: Path) -> None:
    arrays = {name: array.astype(np.float16) for name, array in lite_arrays().items()}
    np.savez_compressed(tmp_path / "half.npz", **arrays)
    extractor = FeatureExtractor("vgg19-lite", ["block1_conv1"], weights=tmp_path / "half.npz")
    assert keras.backend.standardize_dtype(extractor(picture())["block1_conv1"].dtype) == "float32"
    kernel = extractor.get_layer("block1_conv1").get_weights()[0]
    np.testing.assert_array_equal(kernel, arrays["block1_conv1/kernel"])


# Which network, and from where.


def test_without_weights_auto_is_the_network_that_ships() -> None:
    network, why = vgg_weights.choose_network()
    assert network == "vgg19-lite"
    assert "not on this machine" in why
    assert vgg_weights.weights_file(network) == vgg_weights.LITE_WEIGHTS


def test_a_network_that_was_asked_for_is_taken() -> None:
    assert vgg_weights.choose_network("vgg19") == ("vgg19", "asked for")


def test_a_variable_tells_where_vgg19_is(monkeypatch: pytest.MonkeyPatch, official: Path) -> None:
    monkeypatch.setenv(vgg_weights.WEIGHTS_VARIABLE, str(official))
    network, why = vgg_weights.choose_network("auto")
    assert network == "vgg19"
    assert "TFNST_VGG19_WEIGHTS" in why
    assert vgg_weights.weights_file("vgg19") == official
    assert vgg_weights.weights_file("vgg19-lite") == vgg_weights.LITE_WEIGHTS
    assert vgg_weights.weights_file("vgg19", "other.npz") == Path("other.npz")
    FeatureExtractor("vgg19", ["block1_conv1"])


def test_keras_cache_tells_where_vgg19_is(
    no_weights_on_this_machine: Path, monkeypatch: pytest.MonkeyPatch, official: Path
) -> None:
    cached = no_weights_on_this_machine
    cached.parent.mkdir()
    cached.symlink_to(official)
    network, why = vgg_weights.choose_network("auto")
    assert network == "vgg19"
    assert "cache" in why
    assert vgg_weights.weights_file("vgg19") == cached
    FeatureExtractor("vgg19", ["block1_conv1"])
    monkeypatch.setenv(vgg_weights.WEIGHTS_VARIABLE, "nowhere.h5")
    with pytest.raises(ValueError, match=r"TFNST_VGG19_WEIGHTS is 'nowhere.h5', where no file is"):
        vgg_weights.weights_file("vgg19")
    assert vgg_weights.choose_network() == (
        "vgg19",
        "TFNST_VGG19_WEIGHTS is 'nowhere.h5', where no file is",
    )
    monkeypatch.setenv(vgg_weights.WEIGHTS_VARIABLE, str(official))
    assert vgg_weights.weights_file("vgg19") == official


def test_keras_cache_is_in_the_home_folder_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", "/somewhere")
    monkeypatch.setenv("USERPROFILE", "/somewhere")
    assert vgg_weights.keras_cache() == Path("/somewhere/.keras/models") / NAME


def test_without_weights_vgg19_tells_all_ways_out() -> None:
    with pytest.raises(ValueError) as raised:
        FeatureExtractor("vgg19", ["block1_conv1"])
    message = str(raised.value)
    assert len(message.splitlines()) == 1
    for way in ("tfnst download vgg19", "--weights", vgg_weights.WEIGHTS_VARIABLE, "vgg19-lite"):
        assert way in message


# The download.


class Web(ThreadingHTTPServer):
    """Serves one file on this machine, and counts how often it was asked for."""

    content = b"weights of a network"
    status = 200
    asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{NAME}"


class Answer(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """VGG-19's address and sum, as if it lay on this machine; proxies are none of its business."""
    monkeypatch.setenv("no_proxy", "*")
    server = Web(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setattr(vgg_weights, "VGG19_URL", server.url)
    monkeypatch.setattr(vgg_weights, "VGG19_MD5", hashlib.md5(server.content).hexdigest())
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def refused(url: str) -> Any:
    message = (
        rf"^VGG-19's weights could not be downloaded from {re.escape(url)} \(.+\).*vgg19-lite.*\Z"
    )
    return pytest.raises(OSError, match=message)


def test_a_download_lands_in_keras_cache_once(web: Web, no_weights_on_this_machine: Path) -> None:
    file = vgg_weights.download_vgg19()
    assert file == no_weights_on_this_machine
    assert file.read_bytes() == web.content
    assert vgg_weights.choose_network()[0] == "vgg19"
    assert vgg_weights.download_vgg19() == file
    assert web.asked == 1


def test_a_download_makes_the_cache_if_there_is_none(
    web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "new" / "home"))
    file = vgg_weights.download_vgg19()
    assert file == tmp_path / "new" / "home" / "models" / NAME
    assert file.read_bytes() == web.content


def test_a_download_replaces_a_file_that_was_cut_short(
    web: Web, no_weights_on_this_machine: Path
) -> None:
    no_weights_on_this_machine.parent.mkdir()
    no_weights_on_this_machine.write_bytes(web.content[:5])
    assert vgg_weights.download_vgg19().read_bytes() == web.content


def test_a_file_of_another_sum_does_not_stay(
    web: Web, monkeypatch: pytest.MonkeyPatch, no_weights_on_this_machine: Path
) -> None:
    monkeypatch.setattr(vgg_weights, "VGG19_MD5", hashlib.md5(b"something else").hexdigest())
    with refused(web.url):
        vgg_weights.download_vgg19()
    assert web.asked == 1
    assert not no_weights_on_this_machine.exists()
    assert vgg_weights.choose_network()[0] == "vgg19-lite"


def test_a_server_that_refuses_is_told_in_one_line(
    web: Web, no_weights_on_this_machine: Path
) -> None:
    web.status = 404
    with refused(web.url):
        vgg_weights.download_vgg19()
    assert not no_weights_on_this_machine.exists()


def test_no_network_is_told_in_one_line(
    web: Web, monkeypatch: pytest.MonkeyPatch, no_weights_on_this_machine: Path
) -> None:
    web.shutdown()
    web.server_close()
    with refused(web.url):
        vgg_weights.download_vgg19()
    assert not no_weights_on_this_machine.exists()


def test_an_error_without_a_word_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(keras.utils, "get_file", fail)
    with pytest.raises(OSError, match=r"\(TimeoutError\)"):
        vgg_weights.download_vgg19()


def test_a_cache_that_cannot_be_made_is_told_in_one_line(
    web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    with refused(web.url):
        vgg_weights.download_vgg19()
    assert web.asked == 0


def test_what_is_no_weights_has_one_remedy(tmp_path: Path) -> None:
    file = tmp_path / "my.jpg"
    file.write_bytes(b"\xff\xd8 no weights")
    remedy = "give VGG-19's official .h5 or an .npz that tfnst distill wrote"
    for name in ("my.jpg", "my.npz"):
        file = file.rename(tmp_path / name)
        with pytest.raises(ValueError) as caught:
            vgg_weights.read_weights(file)
        assert str(caught.value) == f"weights {str(file)!r} cannot be read; {remedy}"

"""Tests of tfnst.features.vgg against keras.applications.VGG19, on random weights."""

from __future__ import annotations

import copy
import hashlib
import pickle
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

from tfnst.features import vgg, vgg_architecture, vgg_weights
from tfnst.features.vgg import FeatureExtractor

LITE = vgg_architecture.ARCHITECTURES["vgg19-lite"]
NAME = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"


@pytest.fixture(autouse=True)
def no_weights_on_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty Keras home of the test's own; returns where VGG-19's weights would lie in it."""
    monkeypatch.delenv(vgg_weights.WEIGHTS_VARIABLE, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras").mkdir()
    return tmp_path / "keras" / "models" / NAME


@pytest.fixture(scope="module")
def reference() -> keras.Model:
    """Keras' own VGG-19 with random weights, biases included, ending at every convolution."""
    keras.utils.set_random_seed(1)
    network = keras.applications.VGG19(weights=None, include_top=False)
    random = np.random.default_rng(1)
    for layer in network.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            kernel = random.normal(0, np.sqrt(2 / np.prod(kernel.shape[:3])), kernel.shape)
            layer.set_weights([kernel, random.normal(0, 5, bias.shape)])
    layers = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    return keras.Model(network.input, {layer.name: layer.output for layer in layers})


def write_official(file: Path, network: keras.Model, root: str | None = None) -> Path:
    """The legacy layout: a group a layer, which names its weights in order; none for the pools."""
    with h5py.File(file, "w") as h5:
        top = h5.create_group(root) if root else h5
        pools = [f"block{block}_pool" for block in range(1, 6)]
        names = ["input_1", *sorted([*network.output, *pools])]
        top.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            group = top.create_group(name)
            values = network.get_layer(name).get_weights() if name in network.output else []
            weights = [f"{name}_W_1:0", f"{name}_b_1:0"] if values else []
            group.attrs["weight_names"] = [weight.encode() for weight in weights]
            for weight, value in zip(weights, values, strict=True):
                group.create_dataset(weight, data=value)
    return file


@pytest.fixture(scope="module")
def official(reference: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_official(tmp_path_factory.mktemp("weights") / "official.h5", reference)


def picture(height: int = 32, width: int = 32, seed: int = 0, batch: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((batch, height, width, 3), np.float32)


def lite_arrays(seed: int = 0, layers: tuple[str, ...] = LITE.layers) -> dict[str, np.ndarray]:
    """Random weights of VGG-19-lite's shapes."""
    random = np.random.default_rng(seed)
    arrays, before = {}, 3
    for name in layers:
        width = LITE.widths[int(name[5]) - 1]
        kernel = random.normal(0, np.sqrt(2 / (9 * before)), (3, 3, before, width))
        arrays[f"{name}/kernel"] = kernel.astype("f")
        arrays[f"{name}/bias"] = random.normal(0, 0.1, width).astype("f")
        before = width
    return arrays


@pytest.fixture(scope="module")
def lite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("weights") / "lite.npz"
    np.savez(file, **lite_arrays())
    return file


def relative_difference(one: Any, other: Any) -> float:
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))


# The network.


def test_the_convolutions_are_those_of_keras_applications(reference: keras.Model) -> None:
    assert list(vgg_architecture.VGG19_LAYERS) == list(reference.output)
    assert len(vgg_architecture.VGG19_LAYERS) == 16
    assert vgg_architecture.ARCHITECTURES["vgg19"].widths == tuple(
        reference.output[f"block{block}_conv1"].shape[-1] for block in range(1, 6)
    )


@pytest.mark.parametrize("size", [(32, 32), (45, 35)])
def test_every_layer_is_that_of_keras_applications(
    reference: keras.Model, official: Path, size: tuple[int, int]
) -> None:
    image = picture(*size, batch=2)
    extractor = FeatureExtractor("vgg19", vgg_architecture.VGG19_LAYERS, weights=official)
    expected = reference(keras.applications.vgg19.preprocess_input(image * 255.0))
    activations = extractor(image)
    assert list(activations) == list(vgg_architecture.VGG19_LAYERS)
    for name in vgg_architecture.VGG19_LAYERS:
        assert activations[name].shape == expected[name].shape
        assert relative_difference(activations[name], expected[name]) < 1e-4


def test_weights_may_lie_under_model_weights(reference: keras.Model, tmp_path: Path) -> None:
    """As in a whole model that Keras saved."""
    file = write_official(tmp_path / "nested.h5", reference, root="model_weights")
    extractor = FeatureExtractor("vgg19", ["block2_conv2"], weights=str(file))
    for name in ("block1_conv1", "block2_conv2"):
        values = extractor.get_layer(name).get_weights()
        for value, expected in zip(values, reference.get_layer(name).get_weights(), strict=True):
            np.testing.assert_array_equal(value, expected)


def convolved(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """A convolution with a border of zeros, and a ReLU, tap by tap."""
    x = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    height, width = x.shape[1] - 2, x.shape[2] - 2
    taps = [(i, j) for i in range(3) for j in range(3)]
    return np.maximum(
        sum(x[:, i : i + height, j : j + width] @ kernel[i, j] for i, j in taps) + bias, 0
    )


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_vgg19_lite_is_a_sum_of_taps_in_numpy(lite_file: Path, pooling: str) -> None:
    """Preprocessing, its scale of 1/64 and the pooling included; an odd size loses its edge."""
    image = picture(18, 23)
    extractor = FeatureExtractor("vgg19-lite", ["block2_conv1"], pooling, lite_file)
    arrays = {name: array.astype(np.float64) for name, array in lite_arrays().items()}
    x = (image[..., ::-1].astype(np.float64) * 255 - [103.939, 116.779, 123.68]) / 64
    for name in ("block1_conv1", "block1_conv2"):
        x = convolved(x, arrays[f"{name}/kernel"], arrays[f"{name}/bias"])
    windows = x[:, :18, :22].reshape(1, 9, 2, 11, 2, -1)
    x = windows.max((2, 4)) if pooling == "max" else windows.mean((2, 4))
    x = convolved(x, arrays["block2_conv1/kernel"], arrays["block2_conv1/bias"])
    np.testing.assert_allclose(extractor(image)["block2_conv1"], x, rtol=1e-4, atol=1e-4)


def test_the_model_ends_at_the_deepest_layer_asked_for() -> None:
    extractor = FeatureExtractor("vgg19-lite", ["block3_conv2", "block1_conv2"], weights=None)
    convolutions = [layer.name for layer in extractor.layers if layer.weights]
    assert convolutions == list(vgg_architecture.VGG19_LAYERS[:6])
    pools = [layer.name for layer in extractor.layers if layer.name.endswith("_pool")]
    assert pools == ["block1_pool", "block2_pool"]
    assert isinstance(extractor, keras.Model)


@pytest.mark.parametrize(
    ("layers", "in_order"),
    [
        (["block3_conv1", "block1_conv2", "block3_conv1"], ["block1_conv2", "block3_conv1"]),
        (("block1_conv1",), ["block1_conv1"]),
        ("block2_conv2", ["block2_conv2"]),
    ],
)
def test_the_answer_is_a_dict_of_the_layers_asked_for(layers: Any, in_order: list[str]) -> None:
    extractor = FeatureExtractor("vgg19-lite", layers, weights=None)
    activations = extractor(picture())
    assert isinstance(activations, dict)
    assert list(activations) == list(extractor.layer_names) == in_order


def test_nothing_of_it_is_trainable() -> None:
    extractor = FeatureExtractor("vgg19-lite", ["block2_conv1"], weights=None)
    assert extractor.trainable_variables == []
    assert len(extractor.non_trainable_variables) == 6


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 31), (64, 19), (33, 50)])
def test_it_takes_any_size_from_16_up(height: int, width: int) -> None:
    names = [f"block{block}_conv1" for block in range(1, 6)]
    activations = FeatureExtractor("vgg19-lite", names)(picture(height, width, batch=2))
    for k, name in enumerate(names):
        assert activations[name].shape == (2, height >> k, width >> k, LITE.widths[k])
        assert np.min(activations[name]) == 0
        assert np.isfinite(activations[name]).all()


def test_mixed_bfloat16_computes_almost_the_same_in_bfloat16() -> None:
    image, names = picture(), ["block1_conv2", "block3_conv1", "block5_conv1"]
    plain = FeatureExtractor("vgg19-lite", names)(image)
    half = FeatureExtractor("vgg19-lite", names, dtype="mixed_bfloat16")
    assert {str(weight.dtype) for weight in half.weights} == {"float32"}
    for name, activation in half(image).items():
        assert keras.backend.standardize_dtype(activation.dtype) == "bfloat16"
        assert 0 < relative_difference(keras.ops.cast(activation, "float32"), plain[name]) < 0.05


def test_random_weights_differ_from_model_to_model() -> None:
    one, other = (FeatureExtractor("vgg19-lite", ["block1_conv1"], weights=None) for _ in "ab")
    assert relative_difference(one.get_weights()[0], other.get_weights()[0]) > 0.5


@pytest.mark.parametrize("arguments", [("vgg16", ["block1_conv1"]), ("", ["block1_conv1"])])
def test_an_unknown_network_is_named(arguments: tuple[str, list[str]]) -> None:
    with pytest.raises(ValueError, match=rf"network '{arguments[0]}' is unknown.*vgg19-lite"):
        FeatureExtractor(*arguments, weights=None)


@pytest.mark.parametrize("network", ["vgg19", "vgg19-lite"])
@pytest.mark.parametrize("layer", ["block1_conv3", "block4_pool", "conv1", ""])
def test_an_unknown_layer_is_named(network: str, layer: str) -> None:
    message = f"layer '{layer}' is not in {network}; it has block1_conv1, .*block5_conv1"
    with pytest.raises(ValueError, match=message):
        FeatureExtractor(network, ["block1_conv1", layer], weights=None)


def test_a_layer_that_only_the_large_network_has_is_named() -> None:
    assert vgg.check_layers("block5_conv4", vgg_architecture.VGG19_LAYERS, "vgg19")
    with pytest.raises(ValueError, match="layer 'block5_conv2' is not in vgg19-lite"):
        FeatureExtractor("vgg19-lite", ["block5_conv2"], weights=None)


def test_no_layers_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="layers is empty; vgg19-lite has block1_conv1"):
        FeatureExtractor("vgg19-lite", [], weights=None)


def test_an_unknown_pooling_is_named() -> None:
    with pytest.raises(ValueError, match="pooling 'min' is unknown; use 'max' or 'average'"):
        FeatureExtractor("vgg19-lite", ["block1_conv1"], "min", None)


# Weights.


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


# Keras: what is made can be saved, loaded, copied


def same(model: keras.Model, other: keras.Model) -> None:
    photo = np.random.default_rng(5).random((1, 32, 40, 3), np.float32)
    ours, theirs = model(photo), other(photo)
    assert list(ours) == list(theirs)
    for name, activation in ours.items():
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(keras.ops.cast(theirs[name], "float32")),
            keras.ops.convert_to_numpy(keras.ops.cast(activation, "float32")),
        )


@pytest.mark.parametrize("dtype", [None, "mixed_bfloat16"])
def test_it_is_saved_loaded_pickled_and_copied(dtype: str | None, tmp_path: Path) -> None:
    made = FeatureExtractor(
        "vgg19-lite", ["block2_conv1", "block1_conv2"], "average", dtype=dtype, name="eye"
    )
    made.save(tmp_path / "eye.keras")
    loaded = keras.models.load_model(tmp_path / "eye.keras")
    for other in (loaded, copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert isinstance(other, FeatureExtractor)
        assert other.get_config() == made.get_config()
        assert not other.trainable_weights
        same(made, other)


def test_it_is_cloned_and_keeps_its_policy_under_another() -> None:
    made = FeatureExtractor("vgg19-lite", ["block1_conv1"])
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        clone = keras.models.clone_model(made)
    finally:
        keras.config.set_dtype_policy("float32")
    clone.set_weights(made.get_weights())
    assert clone.get_layer("block1_conv1").compute_dtype == "float32"
    same(made, clone)


def test_a_larger_model_that_holds_two_is_saved_and_loaded(tmp_path: Path) -> None:
    image = keras.Input((None, None, 3))
    outputs = {}
    for name, pooling in (("sharp", "max"), ("soft", "average")):
        eye = FeatureExtractor("vgg19-lite", ["block2_conv1"], pooling, name=name)
        outputs[name] = eye(image)["block2_conv1"]
    larger = keras.Model(image, outputs)
    larger.save(tmp_path / "larger.keras")
    same(larger, keras.models.load_model(tmp_path / "larger.keras"))
    same(larger, copy.deepcopy(larger))

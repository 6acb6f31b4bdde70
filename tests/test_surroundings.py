"""Tests under the settings that a user has given Keras: in keras.json, or by KERAS_BACKEND."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

import tfnst
from tests.conftest import untrained
from tfnst import assets, devices, images
from tfnst.features.vgg import FeatureExtractor
from tfnst.synthesis.settings import Settings

ODD = {"image_data_format": "channels_first", "floatx": "float16", "backend": "torch"}
SMALL = Settings(size=48, smallest=48, steps=(2,))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras" / "keras.json").write_text(json.dumps(ODD))
    (tmp_path / "photos").mkdir()
    images.save(tmp_path / "photos" / "a.png", images.load(assets.photo(), 80).rgb)
    images.save(tmp_path / "art.png", images.load(assets.artwork("swirl"), 120).rgb)
    untrained("wave").save(tmp_path / "my.keras")
    return tmp_path


def run(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    paths = os.pathsep.join(p for p in sys.path if p)
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=home,
        env={**kept, "PYTHONPATH": paths, "KERAS_HOME": str(home / "keras"), **variables},
    )


@pytest.mark.parametrize(
    "arguments",
    [
        "info",
        "apply photos/a.png -o out.png --style starry_night --size 64 -q",
        "stylize photos/a.png art.png -o out.png --size 48 --steps 2 --network vgg19-lite -q",
        "train art.png --photos photos --start-from my.keras -o out.keras --steps 2 --size 64 "
        "--batch 1 -q",
    ],
    ids=lambda text: text.split()[0],
)
def test_a_command_sets_what_it_needs(arguments: str, home: Path) -> None:
    done = run(home, "-m", "tfnst", *arguments.split(), KERAS_BACKEND="jax")
    assert (done.returncode, done.stderr) == (0, "")
    assert arguments == "info" or list(home.glob("out.*"))


def test_a_file_that_keras_does_not_start_with_is_named(home: Path) -> None:
    (home / "keras" / "keras.json").write_text('{"floatx": "float8"}')
    done = run(home, "-m", "tfnst", "info")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "keras.json stops Keras: Invalid `floatx`" in done.stderr


def test_the_library_names_a_backend_that_is_not_installed(home: Path) -> None:
    (home / "torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')")
    code = "import sys; sys.path.insert(0, '.'); import tfnst; tfnst.StyleNetwork"
    done = run(home, "-c", code)
    assert done.stderr.splitlines()[-1].startswith("ImportError: Keras is to run on torch")


@pytest.fixture
def odd_keras() -> Iterator[None]:
    """Keras as that file sets it, but for the backend."""
    keras.config.set_image_data_format("channels_first")
    keras.config.set_floatx("float16")
    keras.config.set_dtype_policy("float16")
    yield
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="module")
def usual() -> dict[str, np.ndarray]:
    return answers()


def answers() -> dict[str, np.ndarray]:
    """Of a network, with weights at each position too, a painting, and a feature network."""
    photo = images.load(assets.photo(), 48).rgb
    network, everywhere = untrained("wave", "night"), np.ones(photo.shape[:2])
    features = FeatureExtractor("vgg19-lite", ["block2_conv1"], "average")
    art = images.load(assets.artwork("swirl"), 48).rgb
    return {
        "network": network.stylize(photo, "wave"),
        "map": network.stylize(photo, "wave", 1.0, {"wave": everywhere}),
        "preset": tfnst.load_network("gallery").stylize(photo, "starry_night"),
        "features": np.asarray(features(photo[None])["block2_conv1"]),
        "painting": tfnst.stylize(photo, art, SMALL, network="vgg19-lite"),
    }


def test_the_library_states_format_and_dtype_itself(
    usual: dict[str, np.ndarray], odd_keras: None
) -> None:
    for name, answer in answers().items():
        assert answer.dtype == np.float32
        np.testing.assert_allclose(answer, usual[name], atol=1e-5, err_msg=name)


def test_what_needs_tensorflow_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    picture = np.zeros((48, 48, 3), np.float32)
    for call in (
        lambda: tfnst.stylize(picture, picture),
        lambda: devices.start_tensorflow("cpu"),
    ):
        with pytest.raises(ValueError, match=r"runs on 'jax'.*set KERAS_BACKEND=tensorflow"):
            call()

"""Tests of tfnst.export.saved_models: strangers' graphs are looked at before they run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf

from tests.conftest import Call
from tfnst.export import saved_models, verification
from tfnst.export.bundle import Exported
from tfnst.files import folders

Body = Callable[[tf.Tensor], tf.Tensor]


def doctored(folder: Path, body: Body) -> Path:
    """A SavedModel whose signature runs something else too."""

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), name="image")])
    def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"stylized": image + body(image)}

    module = tf.Module()
    module.kept = [tf.Variable(1.0)]
    tf.saved_model.save(module, folder, {"serve": serve})
    return folder


def float_of(text: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.strings.length(text), tf.float32)


def bodies(secret: Path, place: Path) -> dict[str, Body]:
    def writes(image: tf.Tensor) -> tf.Tensor:
        tf.io.write_file(str(place), "theirs")
        return 0.0

    def saves(image: tf.Tensor) -> tf.Tensor:
        tf.raw_ops.SaveV2(
            prefix=str(place), tensor_names=["a"], shape_and_slices=[""], tensors=[image]
        )
        return 0.0

    def calls(image: tf.Tensor) -> tf.Tensor:
        return tf.cond(tf.reduce_mean(image) > 2, lambda: writes(image), lambda: 1.0)

    return {
        "ReadFile": lambda image: float_of(tf.io.read_file(str(secret))),
        "WriteFile": writes,
        "SaveV2": saves,
        "WriteFile in a branch": calls,
        "EagerPyFunc": lambda image: tf.py_function(lambda: 0.0, [], tf.float32),
        "PrintV2": lambda image: (tf.print(image, output_stream=f"file://{place}"), 0.0)[1],
    }  # fmt: skip


@pytest.mark.parametrize("name", list(bodies(Path(), Path())))
def test_graphs_that_reach_files_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    body = bodies(tmp_path / "secret", tmp_path / "written")[name]
    folder = doctored(tmp_path / "saved_model", body)
    with pytest.raises(ValueError, match=rf"its graph holds .*{name.split()[0]}.*use --trust"):
        saved_models.require_harmless(folder)
    assert not (tmp_path / "written").exists()


def test_graphs_that_compute_are_not(exported: tuple[Path, list[Exported]], tmp_path: Path) -> None:
    saved_models.require_harmless(exported[0] / "saved_model")
    saved_models.require_harmless(doctored(tmp_path / "plain", lambda image: image * 2))


def test_verify_runs_them_when_it_is_told_to(
    tfnst: Call, exported: tuple[Path, list[Exported]], tmp_path: Path
) -> None:
    folder, place = tmp_path / "my", tmp_path / "written"
    shutil.copytree(exported[0], folder)
    shutil.rmtree(folder / "saved_model")
    doctored(folder / "saved_model", bodies(place, place)["WriteFile"])
    card = json.loads((folder / "card.json").read_text("utf-8"))
    card["files"] = card["files"][:1]
    card["files"][0]["sha256"] = verification.digest(folder / "saved_model")
    card["golden"] = {}
    (folder / "card.json").write_text(json.dumps(card))
    (folder / folders.SUMS).unlink()
    (folder / folders.SUMS).write_text(folders._listed(folder))
    ended = tfnst("verify", folder)
    assert ended.status == 1 and "its graph holds WriteFile" in ended.err and not place.exists()
    assert "--trust" in ended.err and ended.err.count("\n") == 1
    ended = tfnst("verify", folder, "--trust")
    assert ended.status == 1 and "answers otherwise than it did" in ended.err
    assert place.read_text() == "theirs"


def test_it_starts_in_no_strangers_folder(
    exported: tuple[Path, list[Exported]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('a stranger ran')")
    monkeypatch.chdir(tmp_path)
    image, expected = verification.read_golden(exported[0], "dynamic")
    weights = {"style_weights": [[0.0, 1.0, 0.0]]}
    example = {"image": image[None]} | {k: tf.constant(v).numpy() for k, v in weights.items()}
    found = verification.served(exported[0] / "saved_model", example)
    assert verification.psnr(found["stylized"][0], expected["stylized"]) > 45

"""Tests of tfnst.verification; its command is tested with that of export."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tfnst import lite, verification
from tfnst.export import Exported, ExportSettings, export
from tfnst.networks import StyleNetwork


def test_it_verifies_later(exported: tuple[Path, list[Exported]]) -> None:
    found = list(verification.verify(exported[0]))
    assert [report.error for report in found] == [None] * 9
    assert all(report.psnr > 25 for report in found[:-1] if report.psnr is not None)
    assert found[-1].file == "styles.txt"


def test_a_file_without_its_weights_is_found(tmp_path: Path, small_network: StyleNetwork) -> None:
    settings = ExportSettings(("float16",), ("64",))
    list(export(small_network, "my", tmp_path / "my", settings))
    model = lite.Model(tmp_path / "my" / "my_64_float16.tflite")
    verification.require_whole(model, small_network.count_params(), "float16", True)
    with pytest.raises(RuntimeError, match="and its weights alone 20000000"):
        verification.require_whole(model, 10_000_000, "float16", True)


def test_a_saved_model_without_its_weights_is_told(
    exported: tuple[Path, list[Exported]], tmp_path: Path
) -> None:
    folder = tmp_path / "my"
    shutil.copytree(exported[0], folder)
    for file in (folder / "saved_model" / "variables").iterdir():
        file.unlink()
    first, *_ = verification.verify(folder)
    assert first.error == "has lost its variables"

"""Tests of tfnst.cli.processor."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from tfnst.cli import processor


@pytest.mark.parametrize(
    ("text", "remarks"),
    [
        ("processor : 0\nflags\t\t: fpu avx512f\n", 1),
        ("flags\t\t: fpu avx512f avx512_bf16\n", 0),
        ("flags\t\t: fpu amx_bf16\n", 0),
        ("Features\t: fp asimd bf16\n", 0),
        ("Features\t: fp asimd\n", 1),
        ("BogoMIPS : 48\n", 0),
        (None, 0),
    ],
)
def test_a_processor_without_bfloat16_is_told(
    text: str | None,
    remarks: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    info = tmp_path / "cpuinfo"
    if text is not None:
        info.write_text(text)
    monkeypatch.setattr(processor, "_CPU_INFO", info)
    processor.remark_on_precision("float32", "cpu")
    assert capsys.readouterr().err == ""
    processor.remark_on_precision("bfloat16", "cpu")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == remarks
    assert all("--precision float32" in line for line in lines)


def test_bfloat16_on_a_gpu_needs_no_remark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (info := tmp_path / "cpuinfo").write_text("flags : fpu\n")
    monkeypatch.setattr(processor, "_CPU_INFO", info)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"])
    processor.remark_on_precision("bfloat16", "auto")
    assert capsys.readouterr().err == ""
    processor.remark_on_precision("bfloat16", "cpu")
    assert "float32" in capsys.readouterr().err

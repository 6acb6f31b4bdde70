"""Tests of tfnst.cli.terminal: one-line errors, streams, progress."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import tensorflow as tf

from tfnst import files, images
from tfnst.cli import terminal


@dataclass(frozen=True)
class Report:
    step: int
    steps: int
    loss: float = 0.5


def describe(report: Report) -> str:
    return f"loss {report.loss:.2f} [x]"


def ended(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Status and standard error of a command that raises `error`."""
    with pytest.raises(SystemExit) as caught, terminal.one_line_errors():
        raise error
    out, err = capsys.readouterr()
    assert out == ""
    return int(str(caught.value.code)), err


def caused(cause: BaseException) -> ValueError:
    error = ValueError("a.png: cannot be written")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (ValueError("size is 0; use 32"), 2, "size is 0; use 32"),
        (KeyboardInterrupt(), 130, "stopped"),
        (MemoryError(), 1, "out of memory; use a smaller --size"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "[Errno 28] No space left on device"),
        (RuntimeError("the loss is not finite"), 1, "the loss is not finite"),
        (RuntimeError(), 1, "RuntimeError"),
        (ValueError("first\nsecond\nthird"), 2, "first"),
        (caused(OSError(errno.ENOSPC, "full")), 1, "a.png: cannot be written"),
        (caused(PermissionError(errno.EACCES, "no")), 1, "a.png: cannot be written"),
        (caused(FileNotFoundError(errno.ENOENT, "no")), 2, "a.png: cannot be written"),
        (caused(IsADirectoryError(errno.EISDIR, "no")), 2, "a.png: cannot be written"),
        (caused(OSError("image file is truncated")), 2, "a.png: cannot be written"),
        (
            tf.errors.ResourceExhaustedError(None, None, "OOM\nwhen allocating"),
            1,
            "out of memory; use a smaller --size",
        ),
        (
            tf.errors.ResourceExhaustedError(
                None, None, "{{node SaveV2}} a.index; No space left on device [Op:SaveV2]"
            ),
            1,
            "a.index: the disk is full; make room, or use another --output",
        ),
        (tf.errors.InternalError(None, None, "broken\nlong"), 1, "TensorFlow failed: broken"),
    ],
)
def test_an_error_is_one_line(
    error: BaseException, status: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(error, capsys) == (status, f"tfnst: {line}\n")


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), terminal.one_line_errors():
        raise ZeroDivisionError


def test_no_error_no_word(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.one_line_errors():
        pass
    assert capsys.readouterr() == ("", "")


def test_a_full_disk_is_a_failure_and_a_missing_file_misuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(SystemExit) as caught, terminal.one_line_errors():
        images.load(tmp_path / "missing.png")
    assert caught.value.code == 2
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SystemExit) as caught, terminal.one_line_errors():
        files.write_bytes(tmp_path / "a.png", b"some")
    assert caught.value.code == 1
    assert capsys.readouterr().err.count("\n") == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("encoding", ["ascii", "cp1251", "utf-8"])
def test_signs_that_a_stream_lacks_are_replaced(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names that are not UTF-8 are lone surrogates, which no encoding has."""
    pipes = {name: io.TextIOWrapper(io.BytesIO(), encoding) for name in ("stdout", "stderr")}
    for name, pipe in pipes.items():
        monkeypatch.setattr(sys, name, pipe)
    terminal.forgiving_streams()
    print("512 × 384, \udce9.png")
    terminal.remark("512 × 384, \udce9.png")
    told = {}
    for name, pipe in pipes.items():
        pipe.flush()
        told[name] = pipe.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    cross = ("×", "×") if encoding == "utf-8" else ("?", "\\xd7")
    assert told["stdout"] == f"512 {cross[0]} 384, ?.png\n"
    assert told["stderr"] == f"tfnst: 512 {cross[1]} 384, \\udce9.png\n"


def test_requests_to_stop_are_one_interruption() -> None:
    kept = {number: signal.getsignal(number) for number in files.STOPPING}
    assert signal.SIGHUP in kept
    try:
        for number in kept:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        terminal.stop_as_ctrl_c_does()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        for number in (signal.SIGINT, signal.SIGTERM):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        terminal.stop_as_ctrl_c_does()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGHUP)
        with files.uninterrupted():
            for number in kept:
                signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.progress_bar(True, True, describe) as show:
        show(Report(1, 2))
        show(Report(2, 2, 0.25))
    out, err = capsys.readouterr()
    assert err == ""
    assert [json.loads(line) for line in out.splitlines()] == [
        {"event": "progress", "step": 1, "steps": 2, "loss": 0.5},
        {"event": "progress", "step": 2, "steps": 2, "loss": 0.25},
    ]


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.progress_bar(True, False, describe) as show:
        show(Report(1, 2))
    assert capsys.readouterr() == ("", "")


def test_the_bar_goes_to_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it is a terminal; in a file it would stand before the line that tells of an error."""

    def painted() -> tuple[str, str]:
        with terminal.progress_bar(False, False, describe) as show:
            show(Report(1, 2))
            show(Report(2, 2, 0.25))
        return capsys.readouterr()

    assert painted() == ("", "")
    monkeypatch.setenv("FORCE_COLOR", "1")
    out, err = painted()
    assert out == ""
    assert "2/2" in err and "loss 0.25 [x]" in err


def test_the_bar_lets_errors_through() -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        terminal.progress_bar(False, False, describe) as show,
    ):
        show(Report(1, 2))
        raise KeyboardInterrupt

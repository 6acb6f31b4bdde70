"""Tests of tfnst.files.leftovers."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tfnst import files
from tfnst.files import leftovers

HOLDING = """
import sys, time
from pathlib import Path
from tfnst.files import leftovers
file = leftovers.temporary(Path(sys.argv[1]) / "a.png").open("xb")
leftovers.hold(file.fileno())
with leftovers.held_folder(leftovers.temporary(Path(sys.argv[1]) / "a", "")):
    lock = leftovers.Claim(Path(sys.argv[1]) / "lock", "output")
    print("ready", flush=True)
    time.sleep(60)
"""


def test_what_a_dead_process_left_is_deleted_and_what_a_living_one_holds_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "_FRESH", -1)
    (tmp_path / ".tfnst-mine").write_text("of somebody else")
    command = [sys.executable, "-c", HOLDING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        leftovers.sweep(tmp_path)
        assert len(list(tmp_path.iterdir())) == 4
        with pytest.raises(ValueError, match="output is being written by another process"):
            leftovers.Claim(tmp_path / "lock", "output")
        process.send_signal(signal.SIGKILL)
    files.require_writable(tmp_path / "a.png")
    assert {file.name for file in tmp_path.iterdir()} == {".tfnst-mine", "lock"}
    leftovers.Claim(tmp_path / "lock", "output").close()


def test_a_claim_that_cannot_be_made_is_one_error_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):  # what its end raised would be a warning, an error here
        leftovers.Claim(tmp_path / "file" / "deep" / "lock", "output")
    gc.collect()


def test_what_is_fresh_stays_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    fresh = leftovers.temporary(tmp_path / "a.png")
    fresh.write_bytes(b"new")
    link = leftovers.temporary(tmp_path / "a", "")
    link.symlink_to(tmp_path / "theirs")
    os.utime(link, (0, 0), follow_symlinks=False)
    leftovers.sweep(tmp_path)
    assert fresh.exists() and link.is_symlink() and (tmp_path / "theirs").exists()


def test_folders_change_names(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not leftovers.exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this system cannot")
    assert (tmp_path / "a" / "b").exists() and (tmp_path / "b" / "a").exists()
    assert not leftovers.exchange(tmp_path / "a", tmp_path / "none")

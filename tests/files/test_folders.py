"""Tests of tfnst.files.folders."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfnst.files import folders, leftovers
from tfnst.files.folders import altered, full_disk_named, replaced_folder
from tfnst.images.decoding import FileError


def write(folder: Path, **texts: str) -> None:
    """A folder of ours, with a file deeper within."""
    with replaced_folder(folder) as new:
        (new / "deep").mkdir()
        for name, text in texts.items():
            (new / "deep" / name).write_text(text)


def test_a_folder_takes_the_place_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("out"), one="1", both="1")
    write(Path("out"), two="2", both="2")
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert sorted(file.name for file in Path("out/deep").iterdir()) == ["both", "two"]
    assert Path("out/deep/both").read_text() == "2" and altered(Path("out")) == {}
    subprocess.run(["sha256sum", "--quiet", "-c", folders.SUMS], cwd="out", check=True)


def test_a_link_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "out", one="1")
    (tmp_path / "link").symlink_to(tmp_path / "out")
    write(tmp_path / "link", one="2")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "out" / "deep" / "one").read_text() == "2"


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path: Path, failure: type[BaseException]) -> None:
    write(tmp_path / "out", one="old")
    with pytest.raises(failure), replaced_folder(tmp_path / "out") as new:
        (new / "one").write_text("new")
        raise failure
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "deep" / "one").read_text() == "old"


def test_a_folder_that_cannot_be_replaced_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "out", one="old")
    honest = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target.name == "out" and "-old-" not in self.name:
            raise OSError(errno.EBUSY, "busy", str(self))
        return honest(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(leftovers, "exchange", lambda *_: False)
    with pytest.raises(OSError, match="busy") as caught:
        write(tmp_path / "out", one="new")
    assert caught.value.filename == str(tmp_path / "out")  # no temporary name
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "deep" / "one").read_text() == "old"


@pytest.mark.parametrize("atomic", [False, True])
def test_whoever_dies_in_between_leaves_a_folder_under_its_name(
    tmp_path: Path, atomic: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "out", one="old")
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom tfnst.files import folders, leftovers\n"
        "number = int(sys.argv[2])\n"
        "def rename(self, target):\n"
        "    os.rename(self, target); os._exit(9)\n"
        "def change(*names):\n"
        "    honest(*names); os._exit(9)\n"
        "honest, Path.replace = leftovers.exchange, rename\n"
        "leftovers.exchange = change if number else lambda *_: False\n"
        "with folders.replaced_folder(Path(sys.argv[1])) as new:\n"
        "    (new / 'one').write_text('new')\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "out"), str(int(atomic))]
    assert subprocess.run(command).returncode == 9
    if atomic and leftovers.exchange(tmp_path, tmp_path):
        assert (tmp_path / "out" / "one").read_text() == "new"
    monkeypatch.setattr(leftovers, "_FRESH", -1)
    write(tmp_path / "out", one="newer")
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "deep" / "one").read_text() == "newer"


def test_tensorflow_on_a_full_disk_names_the_file(tmp_path: Path) -> None:
    full = RuntimeError(f"{tmp_path}/.tfnst/variables; No space left on device")
    with pytest.raises(OSError) as caught, full_disk_named(tmp_path / "out"):
        raise full
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "out"))
    with pytest.raises(RuntimeError, match="other"), full_disk_named(tmp_path):
        raise RuntimeError("other")


@pytest.mark.parametrize("within", [False, True])
def test_a_full_disk_names_the_folder(tmp_path: Path, within: bool) -> None:
    with pytest.raises(OSError) as caught, replaced_folder(tmp_path / "out") as new:
        full = OSError(errno.ENOSPC, "full", "another file")
        if within:
            raise FileError(new / "one", "cannot be written") from full
        raise full
    assert caught.value.filename == str(tmp_path / "out") and list(tmp_path.iterdir()) == []


def test_a_mistake_of_the_caller_stays_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no style"), replaced_folder(tmp_path / "out"):
        raise ValueError("no style")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder of others, with sums of its own."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "mine.txt").write_text("mine")
    digest = hashlib.sha256(b"mine").hexdigest()
    (tmp_path / "theirs" / "SHA256SUMS").write_text(f"{digest}  mine.txt\n")
    return tmp_path


def test_nothing_of_others_is_replaced(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "file").write_text("mine")
    (place / "loop").symlink_to("loop")
    for name in ("added", "edited", "hollow"):
        write(place / name, one="1")
    (place / "added" / "deep" / "mine.txt").write_text("mine")
    (place / "edited" / "deep" / "one").write_text("mine")
    (place / "hollow" / "mine").mkdir()
    (place / "here" / "deep").mkdir(parents=True)
    monkeypatch.chdir(place / "here" / "deep")
    for name, message in (
        ("file", "is a file; name a folder"),
        ("theirs", "holds other files, as SHA256SUMS; name a new folder"),
        ("added", "holds other files, as deep/mine.txt"),
        ("edited", "holds other files, as deep/one"),
        ("hollow", "holds other files, as mine"),
        ("here", "is where you are"),
        ("loop", "leads nowhere"),
        ("none/out", "there is no folder"),
        ("/proc", "is a mount point; name a folder in it"),
    ):
        with pytest.raises(ValueError, match=message), replaced_folder(place / name):
            pass
    for name in ("theirs/mine.txt", "added/deep/mine.txt", "edited/deep/one"):
        assert (place / name).read_text() == "mine"


def test_what_comes_meanwhile_is_kept(tmp_path: Path) -> None:
    write(tmp_path / "out", one="1")
    with pytest.raises(ValueError, match=r"as mine\.txt"), replaced_folder(tmp_path / "out") as new:
        (new / "one").write_text("2")
        (tmp_path / "out" / "mine.txt").write_text("mine")
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_what_was_altered_is_told(tmp_path: Path) -> None:
    write(tmp_path / "out", one="1", two="2", three="3")
    deep = tmp_path / "out" / "deep"
    (deep / "one").unlink()
    (deep / "two").write_text("other")
    (deep / "four").write_text("4")
    os.symlink("nowhere", deep / "five")
    assert altered(tmp_path / "out") == {
        "deep/one": "is not there",
        "deep/two": "is not the file that was written: its SHA-256 differs",
        "deep/four": "was not written by tfnst",
        "deep/five": "was not written by tfnst",
    }
    (tmp_path / "out" / folders.SUMS).unlink()
    assert list(altered(tmp_path / "out")) == [folders.SUMS]


def test_only_regular_files_within_are_read(tmp_path: Path) -> None:
    write(tmp_path / "out", one="1", two="2")
    inside, outside = tmp_path / "out", tmp_path / "secret"
    outside.write_text("1")
    assert folders.regular(inside, "deep/one") == inside / "deep" / "one"
    (inside / "deep" / "one").unlink()
    (inside / "deep" / "one").symlink_to(outside)  # of the same sum
    (inside / "deep" / "two").unlink()
    os.mkfifo(inside / "deep" / "two")
    (inside / "way").symlink_to(tmp_path)
    for name in ("deep/one", "deep/two", "deep", "way/secret", "../secret", str(outside), "",
                 "none", "a\0b", "x" * 300):  # fmt: skip
        with pytest.raises(ValueError, match="no regular file of its folder"):
            folders.regular(inside, name)
    changed = "is not the file that was written: its SHA-256 differs"
    assert altered(inside) == {
        "deep/one": changed, "deep/two": changed, "way": "was not written by tfnst"
    }  # fmt: skip

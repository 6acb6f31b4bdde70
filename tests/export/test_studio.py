"""Tests of tfnst.export.studio and its command; the page itself is tested in test_web.py."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import Call, heeding, make_runtime, untrained
from tfnst.export import studio
from tfnst.export.bundle import Exported, ExportSettings, export
from tfnst.networks.style_network import StyleNetwork

WEB = Path(__file__).parents[2] / "web"


@pytest.fixture
def litert(tmp_path: Path) -> Path:
    return make_runtime(tmp_path / studio.LITERT)


def test_the_site_is_complete(
    exported: tuple[Path, list[Exported]], litert: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    studio.write(exported[0], site, litert)
    files = {file.relative_to(site).as_posix() for file in site.rglob("*") if file.is_file()}
    wasm = {file for file in files if file.startswith("litert/wasm/")}
    assert len(wasm) == 6 and "model/thumbnails/wave.jpg" in files
    worker = (site / "service-worker.js").read_text("utf-8")
    listed = re.search(r"FILES = (\[.*?\]);", worker, re.S)
    assert listed is not None and "@" not in worker
    assert set(json.loads(listed[1])) == files - wasm - {"service-worker.js", "SHA256SUMS"} | {"./"}
    model = json.loads((site / "model" / "model.json").read_text("utf-8"))
    assert model["files"] == {"64": "model/my_64_float16.tflite"} and model["license"] == "CC0"
    assert model["stroke"] is False
    assert [style["name"] for style in model["styles"]] == ["wave", "night"]
    assert {model["files"]["64"], "model/example.png"} <= files
    code = (site / "litert" / "index.js").read_text("utf-8")
    assert code == 'import { a } from "./wasm-utils.js";\n'
    page = (site / "index.html").read_text("utf-8")
    assert set(re.findall(r'(?:href|src)="([^"]+)"', page)) <= files
    for script in site.glob("*.js"):
        assert set(re.findall(r'from "\./([^"]+)"', script.read_text("utf-8"))) <= files


def test_the_page_knows_of_strokes(
    exported_strokes: tuple[Path, list[Exported]], litert: Path, tmp_path: Path
) -> None:
    studio.write(exported_strokes[0], tmp_path / "site", litert)
    assert json.loads((tmp_path / "site/model/model.json").read_text("utf-8"))["stroke"] is True


def test_the_service_worker_changes_with_any_file(
    exported: tuple[Path, list[Exported]], litert: Path, tmp_path: Path
) -> None:
    workers = []
    for text in ("1", "1", "2"):
        (litert / "wasm-utils" / "dist" / "index.js").write_text(text)
        studio.write(exported[0], tmp_path / "site", litert)
        workers.append((tmp_path / "site" / "service-worker.js").read_text("utf-8"))
    assert workers[0] == workers[1] != workers[2]


def test_the_page_asks_nobody_else() -> None:
    for file in WEB.iterdir():
        if file.suffix in (".html", ".css", ".js", ".webmanifest"):
            assert re.findall(r"(?:https?:|[\"'(])//", file.read_text("utf-8")) == [], file.name
    assert "default-src 'self'" in (WEB / "index.html").read_text("utf-8")


def test_the_release_of_litert_is_that_of_npm() -> None:
    package = json.loads((WEB / "package.json").read_text("utf-8"))
    assert package["dependencies"] == {"@litertjs/core": studio.VERSION}
    locked = json.loads((WEB / "package-lock.json").read_text("utf-8"))["packages"]
    assert locked["node_modules/@litertjs/core"]["version"] == studio.VERSION
    assert locked["node_modules/@litertjs/wasm-utils"]["version"] == studio.VERSION


def test_litert_is_looked_for(
    litert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio, "WEB", tmp_path / "nowhere")
    monkeypatch.chdir(tmp_path)
    assert studio.runtime() == litert
    (litert / "core" / "package.json").write_text(json.dumps({"version": "1.0.0"}))
    with pytest.raises(ValueError, match=f"LiteRT.js {studio.VERSION} is missing; run npm install"):
        studio.runtime()


def test_what_cannot_be_painted_with_is_told(
    exported: tuple[Path, list[Exported]], litert: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    with pytest.raises(ValueError, match=r"has no card.json of tfnst export"):
        studio.write(tmp_path, site, litert)
    card = json.loads((exported[0] / "card.json").read_text("utf-8"))
    dynamic = [each for each in card["files"] if each["size"] == "dynamic"]
    (tmp_path / "card.json").write_text(json.dumps(card | {"files": dynamic}))
    with pytest.raises(ValueError, match="needs a file of a fixed size; add 256"):
        studio.write(tmp_path, site, litert)
    del card["styles"]
    (tmp_path / "card.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match="this network has no styles"):
        studio.write(tmp_path, site, litert)
    (litert / "core" / "dist" / "index.js").write_text("changed")
    with pytest.raises(RuntimeError, match="is not as expected"):
        studio.write(exported[0], site, litert)
    assert not site.exists()


def test_names_are_files_that_any_server_has(litert: Path, tmp_path: Path) -> None:
    """Also from the folders of version 0.1, whose thumbnails had the names of the styles."""
    network = untrained('a<b>:"|?*', "con", "Wave", "wave", "星")
    list(export(network, "../a:b", tmp_path / "my", ExportSettings(("float32",), ("32",))))
    assert (tmp_path / "my" / "a_b_32_float32.tflite").is_file()
    stems = {"a_b", "con_", "Wave", "wave-2", "unnamed"}
    files = {f"{stem}.jpg" for stem in stems}
    assert {file.name for file in (tmp_path / "my" / "thumbnails").iterdir()} == files
    card = json.loads((tmp_path / "my" / "card.json").read_text("utf-8"))
    studio.write(tmp_path / "my", tmp_path / "new", litert)
    for name, file in card.pop("thumbnails").items():
        (tmp_path / "my" / file).rename(tmp_path / "my" / "thumbnails" / f"{name}.jpg")
    (tmp_path / "my" / "card.json").write_text(json.dumps(card))
    studio.write(tmp_path / "my", tmp_path / "old", litert)
    for site in (tmp_path / "new", tmp_path / "old"):
        model = json.loads((site / "model" / "model.json").read_text("utf-8"))
        assert {style["file"] for style in model["styles"]} == stems
        assert {file.name for file in (site / "model" / "thumbnails").iterdir()} == files


@pytest.mark.parametrize("kind", ["styles", "thumbnails", "link", "folder", "pipe"])
def test_a_strangers_export_reaches_nothing_outside(
    exported: tuple[Path, list[Exported]], litert: Path, tmp_path: Path, kind: str
) -> None:
    theirs, secret = tmp_path / "theirs", tmp_path / "secret.jpg"
    shutil.copytree(exported[0], theirs)
    secret.write_text("secret")
    card = json.loads((theirs / "card.json").read_text("utf-8"))
    thumbnail = theirs / "thumbnails" / "wave.jpg"
    if kind == "styles":
        card |= {"styles": ["photo", "../../secret", "night"]}
    elif kind == "thumbnails":
        card["thumbnails"]["wave"] = "../secret.jpg"
    elif kind == "folder":
        (theirs / "thumbnails").rename(tmp_path / "pictures")
        (theirs / "thumbnails").symlink_to(tmp_path / "pictures")
    else:
        thumbnail.unlink()
        thumbnail.symlink_to(secret) if kind == "link" else os.mkfifo(thumbnail)
    (theirs / "card.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match=r"no regular file|has no card.json of tfnst"):
        studio.write(theirs, tmp_path / "site", litert)
    assert secret.read_text() == "secret" and not (tmp_path / "site").exists()


def test_artworks_do_not_rename_styles(
    exported: tuple[Path, list[Exported]], litert: Path, tmp_path: Path
) -> None:
    shutil.copytree(exported[0], tmp_path / "theirs")
    card = json.loads((exported[0] / "card.json").read_text("utf-8"))
    card["artworks"] = {"wave": {"name": "other", "file": "../other", "title": "The Wave"}}
    (tmp_path / "theirs" / "card.json").write_text(json.dumps(card))
    studio.write(tmp_path / "theirs", tmp_path / "site", litert)
    model = json.loads((tmp_path / "site" / "model" / "model.json").read_text("utf-8"))
    assert model["styles"][0] == {"name": "wave", "file": "wave", "title": "The Wave"}


def test_export_writes_the_page(
    tfnst: Call,
    small_network: StyleNetwork,
    litert: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(studio, "runtime", lambda: litert)
    small_network.save("my.keras")
    ended = tfnst("export", "my.keras", "--web", "site", "--sizes", "64,32")
    assert (ended.status, ended.err) == (0, "") and ended.out.endswith("site\n")
    model = json.loads(Path("site/model/model.json").read_text("utf-8"))
    assert list(model["files"]) == ["32", "64"]
    assert not Path("my").exists()
    for arguments, message in (
        (["my.keras", "--web", "my.keras"], "'my.keras' is a file; name a folder"),
        (
            ["my.keras", "--web", "new", "--sizes", "dynamic"],
            "--web needs a .tflite file of a fixed",
        ),
        (["vgg19-lite", "--web", "new"], "--web paints, and vgg19-lite has no styles"),
    ):
        ended = tfnst("export", *arguments)
        assert ended.status == 2 and message in ended.err and ended.err.count("\n") == 1
    assert not Path("new").exists()


def test_the_command_serves(
    exported: tuple[Path, list[Exported]], litert: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    studio.write(exported[0], site, litert)
    command = [sys.executable, "-m", "tfnst", "studio", site, "--port", "0", "--no-browser"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=heeding(signal.SIGINT)
    ) as running:
        assert running.stdout is not None
        url = running.stdout.readline().split()[0]
        with urllib.request.urlopen(url) as answer:
            assert "Style studio" in answer.read().decode()
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0

"""`python -m benchmarks.studio`: how near the browser's painting is to Python's, and how fast."""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tfnst import assets, images
from tfnst.export import studio
from tfnst.export.file_server import Server
from tfnst.export.lite import Stylizer
from tfnst.export.verification import psnr

PASSES = 10
ARGUMENTS = ("--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def main() -> None:
    """Print the figures of Chromium on this machine; `--screenshot FILE` keeps a picture of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--screenshot", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Path(folder) / "site"
        studio.write(studio.GALLERY, site, studio.runtime())
        photo = Path(folder) / "photo.png"
        picture = images.load(assets.photo()).rgb[:512]
        images.save(photo, picture)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        with Server(site) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            page = browser.new_page(viewport={"width": 1200, "height": 720})
            began = time.perf_counter()
            page.goto(server.url)
            page.wait_for_selector("body[data-ready]")
            print(f"from opening the page to ready: {time.perf_counter() - began:.1f} s")
            page.set_input_files("#file", photo)
            page.click("[data-style=great_wave]")
            settle(page)
            if chosen.screenshot:
                keep(page, chosen.screenshot)
            times = [passed(page, 100 - number) for number in range(PASSES)]
            move(page, 100)
            with page.expect_download() as waiting:
                page.click("#save")
            waiting.value.save_as(Path(folder) / "painted.png")
            picture_saved = images.load(Path(folder) / "painted.png").rgb
            lite = Stylizer(studio.GALLERY / "gallery_512_float16.tflite")
            near = psnr(picture_saved, lite.stylize(picture, "great_wave"))
            print(f"512 px: {statistics.median(times):.0f} ms a pass, {near:.1f} dB to Python's")
            page.click(".actions .camera")
            time.sleep(2)
            before, began = painted(page), time.perf_counter()
            time.sleep(5)
            rate = (painted(page) - before) / (time.perf_counter() - began)
            print(f"camera, 256 px: {rate:.0f} pictures a second")
            server.shutdown()


def settle(page: Any) -> None:
    """Wait until the stage shows what was asked for."""
    page.wait_for_selector('#stage[aria-busy="false"]')


def painted(page: Any) -> int:
    """How many pictures the page has painted so far."""
    return int(page.get_attribute("body", "data-painted"))


def move(page: Any, strength: int) -> None:
    """Move the slider of the strength, and wait for the picture."""
    page.locator("#strength").evaluate(
        "(it, value) => { it.value = value; it.dispatchEvent(new Event('input')); }", strength
    )
    settle(page)


def passed(page: Any, strength: int) -> float:
    """Milliseconds of a pass, as the page tells them."""
    move(page, strength)
    (milliseconds,) = re.findall(r"(\d+) ms", page.inner_text("#status"))
    return float(milliseconds)


def keep(page: Any, file: Path) -> None:
    """A picture of the page, with the divider in the middle."""
    page.locator("#divider").evaluate(
        "it => { it.value = 45; it.dispatchEvent(new Event('input')); }"
    )
    with tempfile.TemporaryDirectory() as folder:
        page.screenshot(path=Path(folder) / "page.png")
        images.save(file, images.load(Path(folder) / "page.png").rgb, quality=85)


if __name__ == "__main__":
    main()

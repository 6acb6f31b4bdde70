"""Tests of web/ in a real browser: the studio paints as Python does, and without a network."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tfnst import assets, images
from tfnst.export import studio
from tfnst.export.bundle import Exported
from tfnst.export.file_server import Server
from tfnst.export.lite import Stylizer
from tfnst.export.verification import psnr

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
OPTIONS = ("--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
FILE = studio.GALLERY / "gallery_512_float16.tflite"
SMALL = "my_64_float16.tflite"
PATIENCE = 60_000  # milliseconds


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is missing")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium; install the package chromium")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        litert = studio.runtime()
    except ValueError as error:
        pytest.skip(str(error))
    made = tmp_path_factory.mktemp("studio") / "site"
    studio.write(studio.GALLERY, made, litert)
    return made


@pytest.fixture
def server(site: Path) -> Iterator[Server]:
    with served(site) as made:
        yield made


@contextmanager
def served(site: Path) -> Iterator[Server]:
    with Server(site) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        try:
            yield made
        finally:
            made.shutdown()


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    with window(browser, server) as opened:
        yield opened


@contextmanager
def window(browser: Any, server: Server) -> Iterator[Any]:
    """The studio, ready, in a window of its own; it may not fail, nor ask any other host."""
    context = browser.new_context(permissions=["camera"], accept_downloads=True)
    opened = context.new_page()
    wrong: list[str] = []
    own = (server.url, f"blob:{server.url}")
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda one: None if one.url.startswith(own) else wrong.append(one.url))
    opened.goto(server.url)
    opened.wait_for_selector("body[data-ready]", timeout=PATIENCE)
    yield opened
    assert wrong == []
    context.close()


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("photo") / "hopper.png"
    images.save(file, images.load(assets.photo(), 400).rgb)
    return file


@pytest.fixture(scope="module")
def small_photo(photo: Path) -> Path:
    """One that fits into 64 pixels as it is."""
    file = photo.with_name("small.png")
    images.save(file, images.load(photo, 64).rgb)
    return file


def settle(page: Any) -> None:
    page.wait_for_selector('#stage[aria-busy="false"]', timeout=PATIENCE)


def move(page: Any, slider: str, value: int) -> None:
    page.locator(slider).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }",
        value,
    )


def saved(page: Any, folder: Path) -> np.ndarray:
    with page.expect_download() as waiting:
        page.click("#save")
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    return images.load(file).rgb


def expected(photo: Path, shares: dict[str, float], strength: float = 1.0) -> np.ndarray:
    return Stylizer(FILE).stylize(images.load(photo, 512).rgb, shares, strength)


def test_it_paints_as_python_does(page: Any, photo: Path, tmp_path: Path) -> None:
    page.set_input_files("#file", photo)
    page.click("[data-style=scream]")
    move(page, "#strength", 70)
    settle(page)
    found = saved(page, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["hopper-scream.png"]
    assert psnr(found, expected(photo, {"scream": 1}, 0.7)) >= 45
    page.check("#mix")
    page.click("[data-style=matisse]")
    move(page, "[data-share=matisse]", 25)
    move(page, "#strength", 100)
    settle(page)
    assert page.locator("#shares output").all_inner_texts() == ["80 %", "20 %"]
    mixed = saved(page, tmp_path)
    assert psnr(mixed, expected(photo, {"scream": 4, "matisse": 1})) >= 45
    assert np.abs(mixed - found).mean() > 0.02
    assert not page.is_visible("#error")


@pytest.fixture(scope="module")
def stroke_site(
    site: Path, exported_strokes: tuple[Path, list[Exported]], tmp_path_factory: Any
) -> Path:
    made = tmp_path_factory.mktemp("strokes") / "site"
    studio.write(exported_strokes[0], made, studio.runtime())
    return Path(made)


def test_strokes_go_from_fine_to_large(
    browser: Any,
    stroke_site: Path,
    exported_strokes: tuple[Path, list[Exported]],
    small_photo: Path,
    tmp_path: Path,
) -> None:
    """By a slider with a name, by keys, and without a network."""
    stylizer, paintings = Stylizer(exported_strokes[0] / SMALL), []
    picture = images.load(small_photo).rgb
    with served(stroke_site) as server, window(browser, server) as page:
        page.wait_for_selector("body[data-offline]", timeout=PATIENCE)
        server.shutdown()
        server.server_close()
        page.context.set_offline(True)
        page.reload()
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE)
        page.set_input_files("#file", small_photo)
        slider = page.get_by_role("slider", name="Stroke")
        assert slider.is_visible() and page.inner_text("#stroke-value") == "middle"
        for key, stroke, text in (
            (None, None, "middle"), ("Home", 0, "fine"), ("PageUp", 0.1, "10 %"),
            ("ArrowRight", 0.11, "11 %"), ("End", 1, "large"),
        ):  # fmt: skip
            if key:
                slider.press(key)
            settle(page)
            assert page.inner_text("#stroke-value") == text
            assert slider.get_attribute("aria-valuetext") == text
            paintings.append(saved(page, tmp_path))
            assert psnr(paintings[-1], stylizer.stylize(picture, "wave", stroke=stroke)) >= 45
    assert np.abs(paintings[1] - paintings[-1]).mean() > 0.02
    assert [file.name for file in tmp_path.iterdir()] == ["small-wave.png"]


def test_a_model_of_one_size_has_no_slider_of_strokes(
    browser: Any,
    site: Path,
    exported: tuple[Path, list[Exported]],
    small_photo: Path,
    tmp_path: Path,
) -> None:
    studio.write(exported[0], tmp_path / "site", studio.runtime())
    with served(tmp_path / "site") as server, window(browser, server) as page:
        page.set_input_files("#file", small_photo)
        settle(page)
        assert page.get_by_role("slider", name="Strength").is_visible()
        assert not page.is_visible("#stroke")
        wanted = Stylizer(exported[0] / SMALL).stylize(images.load(small_photo).rgb, "wave")
        assert psnr(saved(page, tmp_path), wanted) >= 45


def test_it_paints_without_a_network(
    page: Any, server: Server, photo: Path, tmp_path: Path
) -> None:
    page.wait_for_selector("body[data-offline]", timeout=PATIENCE)
    server.shutdown()
    server.server_close()
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("body[data-ready]", timeout=PATIENCE)
    page.set_input_files("#file", photo)
    settle(page)
    found = saved(page, tmp_path)
    assert psnr(found, expected(photo, {"starry_night": 1})) >= 45


def test_large_photos_are_shrunk_and_turned_upright(page: Any, tmp_path: Path) -> None:
    picture = images.as_uint8(images.load(assets.photo(), 1200, upscale=True).rgb)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise
    turned = Image.fromarray(picture).rotate(90, expand=True)
    turned.save(tmp_path / "large.jpg", exif=exif, quality=95)
    page.set_input_files("#file", tmp_path / "large.jpg")
    settle(page)
    found = saved(page, tmp_path)
    wanted = expected(tmp_path / "large.jpg", {"starry_night": 1})
    assert found.shape == wanted.shape and found.shape[0] == 512 > found.shape[1]
    # Shrunk by the browser's own filter, so that strokes differ a little.
    assert psnr(found, wanted) >= 25


def test_the_keyboard_does_it_all(page: Any, photo: Path, tmp_path: Path) -> None:
    page.set_input_files("#file", photo)
    settle(page)
    page.focus("[data-style=starry_night]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.get_attribute("[data-style=great_wave]", "aria-pressed") == "true"
    page.focus("#strength")
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    page.focus("#divider")
    page.keyboard.press("End")
    assert page.evaluate("getComputedStyle(after).clipPath") == "inset(0px 0px 0px 100%)"
    settle(page)
    with page.expect_download() as waiting:
        page.keyboard.press("s")
    waiting.value.save_as(tmp_path / "wave.png")
    found = images.load(tmp_path / "wave.png").rgb
    assert psnr(found, expected(photo, {"great_wave": 1}, 0.9)) >= 45


def test_the_camera_is_painted_live(page: Any, tmp_path: Path) -> None:
    page.click(".actions .camera")
    for frame in range(1, 6):
        page.wait_for_selector(f"body:not([data-painted='{frame}'])", timeout=PATIENCE)
    found = saved(page, tmp_path)  # the moment that was shown, in full size
    assert found.shape[1] == 512 and found.std() > 0.05
    assert page.get_attribute(".actions .camera", "aria-pressed") == "false"
    settle(page)
    assert not page.is_visible("#error")


def test_what_goes_wrong_is_told(page: Any, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("no picture")
    page.set_input_files("#file", tmp_path / "notes.png")
    page.wait_for_selector("#error:visible")
    assert "choose a JPEG, PNG or WebP" in page.inner_text("#error")
    page.set_input_files("#file", photo)
    settle(page)
    assert not page.is_visible("#error")
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = "
        "() => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    page.click(".actions .camera")
    page.wait_for_selector("#error:visible")
    assert "permit it for this page" in page.inner_text("#error")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("delete window.OffscreenCanvas", "This browser has no OffscreenCanvas; use Chrome"),
        ("WebAssembly.validate = () => false", "This browser has no WebAssembly SIMD"),
        ("window.fetch = () => Promise.reject()", "The model cannot be loaded"),
        ("Worker.prototype.postMessage = function () { this.onerror({message: 'none left'}) }",
         "LiteRT cannot run here: none left"),
    ],
)  # fmt: skip
def test_what_a_browser_lacks_is_told(
    browser: Any, server: Server, script: str, message: str
) -> None:
    context = browser.new_context(service_workers="block")
    opened = context.new_page()
    opened.add_init_script(script)
    opened.goto(server.url)
    opened.wait_for_selector("#error:visible")
    assert message in opened.inner_text("#error")
    context.close()


def test_a_page_without_its_code_is_told(browser: Any, server: Server) -> None:
    """As by file://, where browsers run no modules."""
    context = browser.new_context(service_workers="block")
    opened = context.new_page()
    opened.route("**/pixels.js", lambda route: route.abort())
    opened.goto(server.url)
    opened.wait_for_selector("#stuck:visible", timeout=PATIENCE)
    assert "has to come from a server" in opened.inner_text("#stuck")
    opened.goto((server.site / "index.html").as_uri())
    opened.wait_for_selector("#stuck:visible", timeout=PATIENCE)
    context.close()


def test_what_is_saved_is_what_was_asked_for_last(page: Any, photo: Path, tmp_path: Path) -> None:
    page.set_input_files("#file", photo)
    page.click("[data-style=scream]")
    settle(page)
    page.evaluate("() => { document.querySelector('[data-style=kylix]').click(); save.click(); }")
    with page.expect_download() as waiting:
        pass
    assert waiting.value.suggested_filename == "hopper-kylix.png"
    waiting.value.save_as(tmp_path / "kylix.png")
    found = images.load(tmp_path / "kylix.png").rgb
    assert psnr(found, expected(photo, {"kylix": 1})) >= 45


def test_the_last_photo_is_painted(page: Any, photo: Path, tmp_path: Path) -> None:
    large = images.resize(images.load(photo).rgb, 6000, 5000)
    Image.fromarray(images.as_uint8(large)).save(tmp_path / "large.jpg", quality=80)
    page.set_input_files("#file", tmp_path / "large.jpg")
    page.set_input_files("#file", photo)
    settle(page)
    page.wait_for_timeout(3000)
    with page.expect_download() as waiting:
        page.click("#save")
    assert waiting.value.suggested_filename == "hopper-starry_night.png"


def test_a_late_example_comes_too_late(page: Any, photo: Path) -> None:
    page.evaluate(
        """() => {
            const fetch = window.fetch;
            window.fetch = (...asked) =>
                new Promise((resolve) => setTimeout(resolve, 1500)).then(() => fetch(...asked));
        }"""
    )
    page.click("#example")
    page.set_input_files("#file", photo)
    page.wait_for_timeout(3000)
    settle(page)
    with page.expect_download() as waiting:
        page.click("#save")
    assert waiting.value.suggested_filename == "hopper-starry_night.png"


def test_a_style_that_is_chosen_before_the_camera_fails_is_painted(
    page: Any, photo: Path, tmp_path: Path
) -> None:
    page.set_input_files("#file", photo)
    settle(page)
    page.evaluate(
        """() => {
            navigator.mediaDevices.getUserMedia = () => new Promise((_, reject) =>
                setTimeout(() => reject(new DOMException('', 'NotAllowedError')), 1000));
        }"""
    )
    page.click(".actions .camera")
    page.click("[data-style=udnie]")
    page.wait_for_selector("#error:visible", timeout=PATIENCE)
    settle(page)
    assert psnr(saved(page, tmp_path), expected(photo, {"udnie": 1})) >= 45


def test_a_camera_that_cannot_be_turned_leaves_its_picture(page: Any, tmp_path: Path) -> None:
    page.click(".actions .camera")
    page.wait_for_selector("body[data-painted]", timeout=PATIENCE)
    page.evaluate(
        """() => {
            navigator.mediaDevices.getUserMedia = () =>
                Promise.reject(new DOMException('', 'NotReadableError'));
            flip.click();
        }"""
    )
    page.wait_for_selector("#error:visible", timeout=PATIENCE)
    page.click("[data-style=udnie]")
    settle(page)
    with page.expect_download() as waiting:
        page.click("#save")
    assert waiting.value.suggested_filename == "camera-udnie.png"
    waiting.value.save_as(tmp_path / "camera.png")
    assert images.load(tmp_path / "camera.png").rgb.shape[1] == 512


def test_the_camera_is_left_when_it_is_switched_off(page: Any) -> None:
    page.evaluate(
        """() => {
            window.tracks = [];
            const media = navigator.mediaDevices;
            const open = media.getUserMedia.bind(media);
            media.getUserMedia = async (wanted) => {
                const stream = await open(wanted);
                window.tracks.push(...stream.getTracks());
                return stream;
            };
        }"""
    )
    for presses in (2, 3, 7, 1):  # on again and off again, however fast
        page.evaluate(
            f"() => {{ for (let i = 0; i < {presses}; i++) "
            "document.querySelector('.actions .camera').click(); }"
        )
    on = page.get_attribute(".actions .camera", "aria-pressed")
    assert on == "true"
    page.wait_for_selector("body[data-painted]", timeout=PATIENCE)
    live = "window.tracks.filter((one) => one.readyState === 'live').length"
    assert page.evaluate(live) == 1
    page.click(".actions .camera")
    settle(page)
    assert page.evaluate(live) == 0 and not page.is_visible("#error")


@pytest.mark.parametrize("width", [320, 360, 844, 1024])
def test_nothing_leaves_the_screen(page: Any, photo: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    page.set_input_files("#file", photo)
    page.check("#mix")
    page.click("[data-style=winter_moonlight]")
    page.click("[data-style=composition_vii]")
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def renamed(exported: Path, folder: Path, name: str) -> Path:
    """An export whose first style has another name."""
    shutil.copytree(exported, folder)
    card = (folder / "card.json").read_text("utf-8")
    (folder / "card.json").write_text(card.replace('"wave"', json.dumps(name)), "utf-8")
    return folder


def test_a_new_version_is_loaded(
    browser: Any, site: Path, exported: tuple[Path, list[Exported]], tmp_path: Path
) -> None:
    """Names of styles may hold what addresses may not; and it is kept as the old one was."""
    shutil.copytree(site, place := tmp_path / "site")
    context = browser.new_context()
    opened = context.new_page()
    with Server(place) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        opened.goto(server.url)
        opened.wait_for_selector("body[data-offline]", timeout=PATIENCE)
        odd = "my (wave) #1+b 50%? é!"
        studio.write(renamed(exported[0], tmp_path / "renamed", odd), place, studio.runtime())
        opened.goto(server.url)
        opened.wait_for_selector(f"[data-style='{odd}']", timeout=PATIENCE)
        opened.wait_for_selector("body[data-offline]", timeout=PATIENCE)
        assert opened.locator("[data-style]").count() == 2
        loaded = "[...document.images].every((one) => one.complete && one.naturalWidth === 128)"
        assert opened.evaluate(loaded)
        server.shutdown()
    opened.reload()
    opened.wait_for_selector("body[data-ready]", timeout=PATIENCE)
    opened.check("#mix")
    opened.uncheck("#mix")
    assert opened.get_attribute(f"[data-style='{odd}']", "aria-pressed") == "true"
    context.close()


def test_two_tabs_each_keep_their_version_until_they_are_asked(
    browser: Any, site: Path, exported: tuple[Path, list[Exported]], photo: Path, tmp_path: Path
) -> None:
    shutil.copytree(site, place := tmp_path / "site")
    context = browser.new_context()
    with Server(place) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tabs = [context.new_page(), context.new_page()]
        for tab in tabs:
            tab.goto(server.url)
            tab.wait_for_selector("body[data-offline]", timeout=PATIENCE)
            tab.reload()  # now the service worker answers
            tab.wait_for_selector("body[data-offline]", timeout=PATIENCE)
            tab.set_input_files("#file", photo)
            settle(tab)
        studio.write(renamed(exported[0], tmp_path / "new", "constructor"), place, studio.runtime())
        idle = context.new_page()
        idle.goto(server.url)  # with nothing to lose, it takes the new one
        idle.wait_for_selector("[data-style=constructor]", timeout=PATIENCE)
        for tab in tabs:
            tab.select_option("#size", "256", force=True)
            tab.evaluate("document.querySelector('[data-style=scream]').click()")
            settle(tab)
            assert tab.locator("[data-style]").count() == 16 and not tab.is_visible("#error")
            tab.click("#renew:visible")
            tab.wait_for_selector("[data-style=constructor]", timeout=PATIENCE)
        tab.check("#mix")
        assert tab.get_attribute("[data-style=constructor]", "aria-pressed") == "true"
        assert tab.get_attribute("[data-style=night]", "aria-pressed") == "false"
        server.shutdown()
    context.close()


def test_it_paints_without_threads_where_nothing_can_be_kept(
    browser: Any, server: Server, photo: Path
) -> None:
    """As on a static host, in a private window."""
    context = browser.new_context(service_workers="block")
    opened = context.new_page()
    opened.route(server.url, without_isolation)
    opened.goto(server.url)
    opened.wait_for_selector("body[data-ready]", timeout=PATIENCE)
    assert opened.evaluate("crossOriginIsolated") is False
    opened.set_input_files("#file", photo)
    settle(opened)
    assert opened.inner_text("#status").endswith("WASM")
    context.close()


def without_isolation(route: Any) -> None:
    answer = route.fetch()
    headers = {k: v for k, v in answer.headers.items() if not k.startswith("cross-origin")}
    route.fulfill(response=answer, headers=headers)


@pytest.fixture(scope="module")
def gpu_browser(browser: Any) -> Iterator[Any]:
    """One with WebGPU by software, which the page would not choose by itself."""
    flags = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
    started = browser.browser_type.launch(executable_path=CHROMIUM, args=(*OPTIONS, *flags))
    yield started
    started.close()


@pytest.mark.parametrize("least", [30, 1000], ids=["as the processor", "wrongly"])
def test_webgpu_paints_or_the_processor_does(
    gpu_browser: Any, server: Server, photo: Path, tmp_path: Path, least: int
) -> None:
    context = gpu_browser.new_context(service_workers="block", accept_downloads=True)
    opened = context.new_page()

    def serve(route: Any) -> None:
        text = route.fetch().text()
        assert "const LEAST = 30;" in text
        route.fulfill(
            body=text.replace("const LEAST = 30;", f"const LEAST = {least};"),
            content_type="text/javascript",
            headers={"Cross-Origin-Embedder-Policy": "require-corp"},
        )

    opened.route("**/worker.js", serve)
    opened.goto(server.url)
    opened.wait_for_selector("body[data-ready]", timeout=PATIENCE)
    if opened.evaluate("navigator.gpu.requestAdapter().then((found) => !found)"):
        pytest.skip("this Chromium has no WebGPU by software")
    opened.select_option("#size", "256", force=True)
    opened.evaluate("engine.value = 'webgpu'")
    opened.set_input_files("#file", photo)
    settle(opened)
    where = "WASM" if least > 100 else "WebGPU"
    assert where in opened.inner_text("#status")
    assert opened.is_visible("#error") == (least > 100)
    if opened.is_visible("#error"):
        assert "it computes wrongly); the processor paints" in opened.inner_text("#error")
    found = saved(opened, tmp_path)
    wanted = Stylizer(studio.GALLERY / "gallery_256_float16.tflite")
    picture = images.load(photo, 256).rgb
    assert psnr(found, wanted.stylize(picture, "starry_night")) >= 25
    context.close()

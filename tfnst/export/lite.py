"""An exported network on a machine without TensorFlow: numpy, Pillow and ai-edge-litert do."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfnst import images
from tfnst.devices import silent_stderr
from tfnst.files import FileError, opened, require_path
from tfnst.images import sizes
from tfnst.images.sizes import MULTIPLE
from tfnst.networks.mixture import PHOTO, checked_stroke, row_weights
from tfnst.networks.style_names import is_name

LEAST_SIDE = 16  # pixels a side that the files of version 0.1 take, of any size
NAMES = "styles.txt"  # beside the files: the names of the rows, a line each


class Model:
    """A .tflite file that answers by the names of its inputs and outputs.

    A file without signatures, as older converters write them, goes by the names of its tensors.
    Threads may share one; they are answered in turn.

    Args:
        path: the file.
        threads: how many it may use; None leaves that to LiteRT.

    Raises:
        ValueError: a file that is missing, or that LiteRT cannot run.
    """

    def __init__(self, path: str | Path, threads: int | None = None) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            raise ValueError("ai-edge-litert is missing; pip install ai-edge-litert") from None
        require_path("path", path)
        self.path = Path(path)
        if not self.path.is_file():
            raise FileError(path, "there is no such file; name a .tflite file of tfnst export")
        try:
            self.interpreter = Interpreter(model_path=str(path), num_threads=threads)
            self.signatures = self.interpreter.get_signature_list()
        except (ValueError, RuntimeError) as error:
            raise FileError(path, "this is no .tflite file that LiteRT can run") from error
        self.used = False
        self.lock = threading.RLock()  # LiteRT: one interpreter, one caller at a time

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the inputs, by name; -1 where any number goes."""
        signatures = {name: details["shape_signature"] for name, details in self._inputs().items()}
        return {name: tuple(int(size) for size in shape) for name, shape in signatures.items()}

    @property
    def types(self) -> dict[str, np.dtype[Any]]:
        """Of the inputs, by name."""
        return {name: np.dtype(details["dtype"]) for name, details in self._inputs().items()}

    def _inputs(self) -> dict[str, dict[str, Any]]:
        with self._turn():
            if self.signatures:
                return dict(self._runner().get_input_details())
            return {details["name"]: details for details in self.interpreter.get_input_details()}

    def _runner(self) -> Any:
        return self.interpreter.get_signature_runner(next(iter(self.signatures)))

    def left_over(self) -> list[str]:
        """What XNNPACK does not run in its first piece: other pieces, and single operations."""
        with self._turn():
            return self._left_over()

    def _left_over(self) -> list[str]:
        with self._first_use():
            self.interpreter.allocate_tensors()
        operations = self.interpreter._get_ops_details()
        pieces = [operation for operation in operations if operation["op_name"] == "DELEGATE"]
        passed_on = {index for piece in pieces for index in piece["outputs"]}
        alone = [
            operation["op_name"]
            for operation in operations
            if operation not in pieces
            and any(self._held(index) for index in set(operation["outputs"]) - passed_on)
        ]
        return ["DELEGATE"] * (len(pieces) - 1) + alone if pieces else alone

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One caller's, in which LiteRT's errors name the file."""
        with self.lock:
            try:
                yield
            except UnicodeDecodeError as error:
                raise FileError(self.path, "its names are damaged; export again") from error
            except RuntimeError as error:
                if str(error).startswith(f"{self.path}: "):
                    raise
                reason = (str(error).splitlines() or ["no reason given"])[0]
                raise RuntimeError(f"{self.path}: LiteRT cannot run it: {reason}") from error

    @contextlib.contextmanager
    def _first_use(self) -> Iterator[None]:
        """Silent when it is the first, for then LiteRT tells which delegate it made."""
        with contextlib.nullcontext() if self.used else silent_stderr():
            yield
        self.used = True

    def _held(self, index: int) -> bool:
        """Whether a tensor has memory: what stays within a piece has none."""
        try:
            self.interpreter.get_tensor(index)
        except ValueError:
            return False
        return True

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs, by name; what has a free shape may have another each time."""
        with self._turn():
            return self._answers(inputs)

    def _answers(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        if self.signatures:
            with self._first_use():
                return dict(self._runner()(**inputs))
        for name, details in self._inputs().items():
            if -1 in details["shape_signature"]:
                self.interpreter.resize_tensor_input(details["index"], inputs[name].shape)
        with self._first_use():
            self.interpreter.allocate_tensors()
        for name, details in self._inputs().items():
            self.interpreter.set_tensor(details["index"], inputs[name])
        self.interpreter.invoke()
        outputs = self.interpreter.get_output_details()
        return {
            details["name"]: self.interpreter.get_tensor(details["index"]) for details in outputs
        }


def random_inputs(model: Model, side: int) -> dict[str, np.ndarray]:
    """Random inputs, the same each time, whose free sides are `side`; one of a free batch."""
    random = np.random.default_rng(0)
    inputs = {}
    for name, shape in model.shapes.items():
        sizes = [size if size > 0 else side if axis else 1 for axis, size in enumerate(shape)]
        values = random.random(sizes, np.float32)
        whole = np.issubdtype(model.types[name], np.integer)
        inputs[name] = (100 * values if whole else values).astype(model.types[name])
    return inputs


class Stylizer:
    """Paints as `StyleNetwork.stylize` does, from a .tflite file of `tfnst export`.

    A file for one size sees a picture in its square, shrunk if it does not fit, and mirrored beyond
    its edges; one for any size sees it as it is. What was shrunk is enlarged again. Files for any
    size of version 0.1 want sides of 16 pixels or more, multiples of 4: mirrored up to that, too.

    Args:
        path: the file; `styles.txt` beside it names its styles.
        threads: as in `Model`.

    Raises:
        ValueError: a file that is missing, or no network of styles.
    """

    def __init__(self, path: str | Path, threads: int | None = None) -> None:
        self.model = Model(path, threads)
        shapes = self.model.shapes
        if set(shapes) - {"stroke"} != {"image", "style_weights"}:
            raise FileError(path, f"it takes {', '.join(shapes)}; name a file of styles")
        side = shapes["image"][1]
        self.side = None if side < 0 else side
        self.strokes = 2 if "stroke" in shapes else 1
        self.any_batch = shapes["image"][0] < 0  # as no file of version 0.1 has it
        self.styles = _names(self.model.path.with_name(NAMES), shapes["style_weights"][-1])

    def weights_for(self, styles: str | Mapping[str, float], strength: float = 1.0) -> np.ndarray:
        """As `StyleNetwork.weights_for`."""
        return row_weights(self.styles, styles, strength)

    def stylize(
        self,
        image: np.ndarray,
        styles: str | Mapping[str, float],
        strength: float = 1.0,
        masks: Mapping[str, np.ndarray] | None = None,
        stroke: float | None = None,
    ) -> np.ndarray:
        """A picture in a style or a mixture, in the same shape.

        Args:
            image: (H, W, 3) in [0, 1], of at most `LITE_PASS` pixels in a file for any size.
            styles: a style's name, or {name: share}; shares are relative to each other.
            strength: 0 is the photo, 1 the style.
            masks: none, for a file cannot have them; `StyleNetwork.stylize` paints by them.
            stroke: 0 for the finest strokes to 1 for the largest, in a file that takes it; None for
                those between.

        Returns:
            (H, W, 3) float32 in [0, 1].

        Raises:
            ValueError: no picture, style, mixture or stroke; too many pixels; masks.
        """
        if masks is not None:
            raise ValueError("masks are given; only a network itself paints by them, no .tflite")
        image = images.validate(image, "image", images.MIN_SIDE)
        inputs = {"style_weights": self.weights_for(styles, strength)[None]}
        if (stroke := checked_stroke(stroke, self.strokes)) is not None:
            inputs["stroke"] = np.full((1, 1), stroke, np.float32)
        height, width, _ = image.shape
        if self.side is not None and max(height, width) > self.side:
            small = images.resize(image, *images.fitted(height, width, self.side))
            return images.resize(self._painted(small, inputs), height, width)
        if height * width > sizes.LITE_PASS:
            raise ValueError(
                f"image is {width} x {height} pixels; without TensorFlow "
                f"{sizes.LITE_PASS / 1e6:g} million are the most, so use a smaller --size"
            )
        return self._painted(image, inputs)

    def _painted(self, image: np.ndarray, inputs: dict[str, np.ndarray]) -> np.ndarray:
        height, width, _ = image.shape
        # Mirrored, not stretched: the statistics of the picture should be its own.
        after = [self._taken(size) - size for size in (height, width)]
        whole = np.pad(image, ((0, after[0]), (0, after[1]), (0, 0)), "symmetric")
        painted = self.model(image=whole[None], **inputs)["stylized"][0]
        return painted[:height, :width]

    def _taken(self, size: int) -> int:
        """The side that the file takes in place of one of that size."""
        if self.side is not None:
            return self.side
        return size if self.any_batch else max(LEAST_SIDE, size + -size % MULTIPLE)


def _names(file: Path, rows: int) -> tuple[str, ...]:
    if not file.exists():
        raise FileError(file, "there is no such file; keep it beside the .tflite file")
    try:
        with opened(file) as lines:
            # Not splitlines, which takes more signs for the end of one than those that write them.
            names = [line.decode().rstrip("\r\n") for line in lines]
    except UnicodeDecodeError as error:
        raise FileError(file, "it cannot be read as text; export again") from error
    if names[:1] != [PHOTO] or len(names) != rows or not all(map(is_name, names[1:])):
        raise FileError(file, f"it does not name {rows} rows, {PHOTO} first; export again")
    return tuple(names[1:])

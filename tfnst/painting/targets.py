"""Which pictures become which files: one, several, and folders with their trees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tfnst import images
from tfnst.images import kinds

KEPT = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}  # others get .png behind their names


@dataclass(frozen=True)
class Targets:
    """Which pictures become which files.

    Attributes:
        sources: pictures and folders, which are walked.
        output: a file for one picture, and else a folder, in which trees are kept.
        others: files that are read as well.
        pairs: each picture with its file.

    Raises:
        ValueError: names that do not go together, and results that would meet, or overwrite what is
            read.
    """

    sources: Sequence[Path]
    output: Path
    others: Sequence[Path] = ()
    pairs: tuple[tuple[Path, Path], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pairs", tuple(self._pairs()))
        read = {file.resolve(): file for file in (*self.others, *(s for s, _ in self.pairs))}
        written: dict[Path, Path] = {}
        for source, target in self.pairs:
            path = target.resolve()
            if path in read:
                raise ValueError(f"{source} would overwrite {read[path]}; use another --output")
            if path in written:
                raise ValueError(
                    f"{written[path]} and {source} would both become {target}; paint them apart"
                )
            written[path] = source

    @property
    def irregular(self) -> list[Path]:
        """What has a picture's name in the folders and is no regular file, such as a pipe."""
        return kinds.irregular(self.sources)

    @property
    def unread(self) -> dict[str, int]:
        """How many pictures of kinds that are not read lie in the folders, by their endings."""
        return kinds.unread(self.sources)

    @property
    def single(self) -> bool:
        """Whether this is one picture into one file."""
        return len(self.sources) == 1 and not self.sources[0].is_dir() and self._names_file()

    def _names_file(self) -> bool:
        return bool(self.output.suffix) and not self.output.is_dir()

    def _pairs(self) -> Iterator[tuple[Path, Path]]:
        if self.single:
            images.check_target(self.output)
            yield self.sources[0], self.output
            return
        if self._names_file() or self.output.is_file():
            raise ValueError(f"output {str(self.output)!r} is one file; name a folder for several")
        for source in self.sources:
            if not source.is_dir():
                yield source, self.output / self._renamed(Path(source.name))
                continue
            base = self.output / (source.resolve().name if len(self.sources) > 1 else "")
            for file in kinds.pictures_in(source):
                if not self._is_result(file, source):
                    yield file, base / self._renamed(file.relative_to(source))

    def _is_result(self, file: Path, source: Path) -> bool:
        """Whether a file lies in an output folder within the folder that is walked."""
        output = self.output.resolve()
        return source.resolve() in output.parents and output in file.resolve().parents

    def _renamed(self, file: Path) -> Path:
        return file if file.suffix.lower() in KEPT else file.with_name(f"{file.name}.png")

"""Reading ahead and writing behind, on threads of their own, through queues of a few items."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
_PULSE = 0.1  # seconds after which a wait looks up whether there is still something to wait for
_PATIENCE = 10.0  # seconds that a thread has to end what it is at


class Ahead(Generic[T]):
    """The items of an iterator, of which a thread takes a few before they are asked for.

    What the iterator raises is raised where its item would have been.

    Args:
        items: taken on the thread alone.
        room: how many wait at most.
    """

    def __init__(self, items: Iterator[T], room: int) -> None:
        self._items = items
        self._queue: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(room)
        self._stop = threading.Event()
        # Daemon: one that waits for a pipe never ends by itself.
        self._thread = threading.Thread(target=self._fill, daemon=True)
        self._thread.start()

    def _fill(self) -> None:
        ending: BaseException | None = None
        try:
            for item in self._items:
                if not self._offer((item,)):
                    return
        except BaseException as error:
            ending = error
        self._offer(ending)

    def _offer(self, entry: tuple[T] | BaseException | None) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(entry, timeout=_PULSE)
                return True
            except queue.Full:
                continue
        return False

    def __iter__(self) -> Iterator[T]:
        while True:
            try:
                entry = self._queue.get(timeout=_PULSE)
            except queue.Empty:
                continue
            if isinstance(entry, BaseException):
                raise entry
            if entry is None:
                return
            yield entry[0]

    def close(self, patience: float = _PATIENCE) -> bool:
        """End the thread; False if it still waits for an item after so many seconds."""
        self._stop.set()
        self._thread.join(patience)
        return not self._thread.is_alive()


class Behind(Generic[T]):
    """A thread that takes items one after the other, while others are made.

    What it raises is raised by the next `put`, or by `finish`.

    Args:
        take: is called with each item, on the thread.
        room: how many wait at most; `put` then waits too.
    """

    def __init__(self, take: Callable[[T], None], room: int) -> None:
        self._take = take
        self._queue: queue.Queue[tuple[T] | None] = queue.Queue(room)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._empty, daemon=True)
        self._thread.start()

    def _empty(self) -> None:
        try:
            while not self._stop.is_set():
                try:
                    entry = self._queue.get(timeout=_PULSE)
                except queue.Empty:
                    continue
                if entry is None:
                    return
                self._take(entry[0])
        except BaseException as error:
            self._error = error

    def put(self, item: T) -> None:
        """Hand an item over."""
        self._put((item,))

    def _put(self, entry: tuple[T] | None) -> None:
        while True:
            if self._error is not None:
                raise self._error
            try:
                self._queue.put(entry, timeout=_PULSE)
                return
            except queue.Full:
                continue

    def finish(self) -> None:
        """Wait until all items are taken."""
        self._put(None)
        while self._thread.is_alive():
            self._thread.join(_PULSE)
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        """End the thread after the item that it is at."""
        self._stop.set()
        self._thread.join(_PATIENCE)

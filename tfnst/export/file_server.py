"""A server of static files for this machine alone."""

from __future__ import annotations

import http.server
from http import HTTPStatus
from pathlib import Path
from typing import Any

ADDRESS = "127.0.0.1"
# That of the page, and who may show it in a frame, which a page cannot say of itself.
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "img-src 'self' blob: data:; media-src 'self' blob: mediastream:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PATIENCE = 30  # seconds that a connection may be silent
# Opener, embedder and resource policy let a page use threads.
HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
TYPES = {
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".tflite": "application/octet-stream",
    ".webmanifest": "application/manifest+json",
}


class Server(http.server.ThreadingHTTPServer):
    """Serves the files of a folder to this machine alone, and only to pages that came from it.

    Args:
        site: a folder with an `index.html`, such as `studio.write` wrote.
        port: 0 for any that is free.

    Raises:
        ValueError: a port that is taken or not allowed.
    """

    daemon_threads = True

    def __init__(self, site: Path, port: int = 0) -> None:
        self.site = site.resolve()
        try:
            super().__init__((ADDRESS, port), _Handler)
        except OSError as error:
            reason = error.strerror
            raise ValueError(f"port {port} cannot be had ({reason}); use another, or 0") from None
        names = (ADDRESS, "localhost")
        self.names = {f"{name}:{self.server_port}" for name in names}
        if self.server_port == 80:  # which browsers leave out
            self.names |= set(names)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a page that is closed while it loads breaks its connections."""

    @property
    def url(self) -> str:
        """Where to find it."""
        return f"http://{ADDRESS}:{self.server_port}/"


class _Handler(http.server.SimpleHTTPRequestHandler):
    server: Server
    timeout = PATIENCE
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "tfnst", ""
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | TYPES

    def __init__(self, request: Any, address: Any, server: Server) -> None:
        super().__init__(request, address, server, directory=str(server.site))

    def send_head(self) -> Any:
        # A name of somebody else's that leads here would make this their own page.
        if self.headers.get("Host") not in self.server.names:
            self.send_error(HTTPStatus.FORBIDDEN, "this server is for its own machine alone")
            return None
        if not self._file().is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def _file(self) -> Path:
        """What is asked for, no file if it is outside, where links may lead, or hidden."""
        nothing = self.server.site / ".nothing"
        try:
            path = Path(self.translate_path(self.path)).resolve()
        except ValueError:  # a name that none can have
            return nothing
        if not path.is_relative_to(self.server.site):
            return nothing
        path = path / "index.html" if path == self.server.site else path
        hidden = any(part.startswith(".") for part in path.relative_to(self.server.site).parts)
        return nothing if hidden else path

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing, for the library does not print."""

"""Tests of tfnst.export.file_server."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfnst.export import file_server
from tfnst.export.file_server import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    site = tmp_path / "site"
    (site / "deep").mkdir(parents=True)
    (site / "index.html").write_text("<p>the page</p>")
    (site / "deep" / "code.wasm").write_bytes(b"code")
    (site / ".hidden").write_text("hidden")
    (site / "link.txt").symlink_to(tmp_path / "secret.txt")
    (site / "way").symlink_to(tmp_path)
    (tmp_path / "secret.txt").write_text("what is secret")
    with Server(site) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def ask(server: Server, path: str, host: str | None = None, method: str = "GET") -> tuple[int, str]:
    """The status, and type and text of what is there."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    connection.putrequest(method, path, skip_host=True)
    if host != "":
        connection.putheader("Host", host or f"127.0.0.1:{server.server_port}")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.getheader("Cross-Origin-Embedder-Policy") == "require-corp"
    text = answer.read().decode()
    connection.close()
    return answer.status, f"{answer.getheader('Content-Type')} {text}"


def test_files_are_served_with_their_types(server: Server) -> None:
    assert ask(server, "/") == (200, "text/html <p>the page</p>")
    assert ask(server, "/index.html?from=there") == (200, "text/html <p>the page</p>")
    assert ask(server, "/deep/code.wasm") == (200, "application/wasm code")
    assert ask(server, "/deep/code.wasm", method="HEAD") == (200, "application/wasm ")
    assert ask(server, "/", f"localhost:{server.server_port}")[0] == 200
    assert server.url == f"http://127.0.0.1:{server.server_port}/"


@pytest.mark.parametrize(
    "path",
    [
        "/none.txt",
        "/deep",
        "/deep/",
        "/.hidden",
        "/deep/../.hidden",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/deep/../../secret.txt",
        "//secret.txt",
        "/link.txt",
        "/way/secret.txt",
        "/%00",
        "/index.html/",
    ],
)
def test_nothing_else_is(server: Server, path: str) -> None:
    status, text = ask(server, path)
    assert status == 404 and "what is secret" not in text


@pytest.mark.parametrize(
    "host", ["", "evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1"]
)
def test_other_hosts_are_refused(server: Server, host: str) -> None:
    assert ask(server, "/", host)[0] == 403


def test_the_usual_port_needs_no_number(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Browsers leave it out."""
    monkeypatch.setattr(Server, "server_bind", lambda self: setattr(self, "server_port", 80))
    monkeypatch.setattr(Server, "server_activate", lambda self: None)
    with Server(tmp_path, 80) as usual:
        assert {"127.0.0.1", "localhost", "localhost:80"} <= usual.names
    assert "localhost" not in server.names


def test_it_only_reads(server: Server) -> None:
    assert ask(server, "/", method="POST")[0] == 501


def test_it_listens_to_this_machine_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(ValueError, match=f"port {server.server_port} cannot be had"):
        Server(server.site, server.server_port)


def test_the_policy_is_that_of_the_page_and_of_frames(server: Server) -> None:
    page = (Path(__file__).parents[2] / "web" / "index.html").read_text("utf-8")
    told = re.search(r'"Content-Security-Policy"\s+content="([^"]+)"', page)
    assert told is not None and f"{told[1]}; frame-ancestors 'none'" == file_server.POLICY
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert answer.getheader("Content-Security-Policy") == file_server.POLICY
    connection.close()


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: "])
def test_silent_connections_are_closed(
    server: Server, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_server._Handler, "timeout", 0.1)
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=30) as silent:
        silent.sendall(begun)
        assert silent.recv(1) == b""

"""Downloads, from a server on this machine that the tests start."""

from __future__ import annotations

import http.server
import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pooch
import pytest

from neurosim.core.errors import InputError
from neurosim.datasets.download import download, is_offline
from neurosim.datasets.loading import fetch_files, load_files
from neurosim.datasets.records import Download, FileSet

pytest_plugins = ["tests.neurosim.datasets.tiny_sets"]
pytestmark = pytest.mark.usefixtures("bare_machine")
TinySet = tuple[FileSet, dict[str, bytes]]


@contextmanager
def site(blobs: dict[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """The address of a server of ``blobs`` on 127.0.0.1, and the list of what was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            asked.append(name)
            data = blobs.get(name)
            self.send_response(404 if data is None else 200)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/files/", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_set_found_nowhere_is_downloaded_once_and_loaded(idx_set: TinySet, bare_machine: Path) -> None:
    spec, blobs = idx_set
    with site(blobs) as (url, asked):
        data = load_files(spec, base_url=url)
        again = load_files(spec, base_url=url)
    assert sorted(asked) == sorted(blobs)
    assert data.source == again.source == str(bare_machine / "cache" / "mnist")
    assert (data.x_train * 255).round().ravel().tolist() == list(range(36))


def test_another_md5_is_refused_and_leaves_no_file(idx_set: TinySet, bare_machine: Path) -> None:
    spec, blobs = idx_set
    name = spec.downloads[0].name
    with site(blobs | {name: blobs[name][:-1] + b"x"}) as (url, _), pytest.raises(InputError) as error:
        download(spec, base_url=url)
    text = str(error.value)
    assert "\n" not in text
    for word in ("mnist.download: expected", url + name, f"md5:{spec.downloads[0].md5}", "got", "copy"):
        assert word in text
    assert list((bare_machine / "cache" / "mnist").iterdir()) == []


def test_a_file_that_is_not_there_is_one_error(idx_set: TinySet) -> None:
    spec, _ = idx_set
    with site({}) as (url, _), pytest.raises(InputError, match=r"mnist.download: expected http.*404.*copy"):
        download(spec, base_url=url)


def test_no_server_is_one_error(idx_set: TinySet) -> None:
    spec, blobs = idx_set
    with site(blobs) as (url, _):
        pass  # the port is free again, nobody listens
    with pytest.raises(InputError, match=r"mnist.download: expected http.*ConnectionError.*copy") as error:
        download(spec, base_url=url)
    assert "\n" not in str(error.value)


def test_fetch_repairs_a_damaged_file_in_the_cache_and_keeps_the_others(idx_set: TinySet, bare_machine: Path) -> None:
    spec, blobs = idx_set
    with site(blobs) as (url, asked):
        folder = fetch_files(spec, base_url=url)
        name = spec.downloads[2].name
        (folder / name).write_bytes(b"damaged")
        asked.clear()
        with pytest.raises(InputError, match="size"):
            load_files(spec, base_url=url)
        assert fetch_files(spec, base_url=url) == folder
    assert asked == [name]
    assert (folder / name).read_bytes() == blobs[name]


def test_fetch_leaves_a_sound_set_elsewhere_and_reports_a_damaged_one(idx_set: TinySet) -> None:
    spec, blobs = idx_set
    here = Path("data/MNIST/raw")
    here.mkdir(parents=True)
    for name, data in blobs.items():
        (here / name).write_bytes(data)
    with site(blobs) as (url, asked):
        assert fetch_files(spec, base_url=url) == here
        (here / "t10k-labels-idx1-ubyte").write_bytes(b"damaged")
        with pytest.raises(InputError, match=r"mnist.size: expected .*t10k-labels-idx1-ubyte"):
            fetch_files(spec, base_url=url)
    assert asked == []


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_offline_never_asks_the_network(idx_set: TinySet, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, blobs = idx_set
    if how == "variable":
        monkeypatch.setenv("NEUROSIM_OFFLINE", "1")
    offline = True if how == "argument" else None
    with site(blobs) as (url, asked):
        with pytest.raises(InputError, match=r"mnist.files: expected .*got none on this machine"):
            load_files(spec, base_url=url, offline=offline)
        with pytest.raises(InputError, match=r"mnist.files"):
            fetch_files(spec, base_url=url, offline=offline)
    assert asked == []


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_the_argument_goes_before_the_variable(value: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROSIM_OFFLINE", value)
    assert is_offline(None) is expected
    assert is_offline(not expected) is not expected


def test_the_real_layout_of_an_archive_is_downloaded_and_read(cifar_set: TinySet) -> None:
    import hashlib
    import tarfile

    spec, blobs = cifar_set
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for member, blob in blobs.items():
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{member}")
            info.size = len(blob)
            tar.addfile(info, io.BytesIO(blob))
    archive = stream.getvalue()
    name = "cifar-10-binary.tar.gz"
    spec = replace(spec, downloads=(Download(name, hashlib.md5(archive).hexdigest()),))
    with site({name: archive}) as (url, asked):
        data = load_files(spec, base_url=url)
    assert asked == [name]
    assert data.y_train.tolist() == [3, 9, 0, 5]
    assert data.x_test.shape == (3, 3, 32, 32)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_is_drawn_in_a_terminal_only(idx_set: TinySet, terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    spec, blobs = idx_set
    stream = Stream()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(pooch.get_logger(), "handlers", [])  # it holds the standard error of pooch's import
    with site(blobs) as (url, _):
        download(spec, base_url=url)
    assert ("train-images-idx3-ubyte" in stream.getvalue()) is terminal

"""Content of files: every form is read, every kind of damage gives one line that names file and check."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from neurosim.core.errors import InputError
from neurosim.datasets.content import complete, read
from neurosim.datasets.records import FileSet

pytest_plugins = ["tests.neurosim.datasets.tiny_sets"]
TinySet = tuple[FileSet, dict[str, bytes]]
IMAGES = "train-images-idx3-ubyte"


def write(folder: Path, blobs: dict[str, bytes], *, zipped: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in blobs.items():
        (folder / (f"{name}.gz" if zipped else name)).write_bytes(gzip.compress(data) if zipped else data)
    return folder


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def one_line(error: pytest.ExceptionInfo[InputError], *words: str) -> None:
    text = str(error.value)
    assert "\n" not in text
    for word in (*words, "expected", "got", "neurosim data fetch"):
        assert word in text


@pytest.mark.parametrize("zipped", [False, True])
def test_plain_and_gzip_files_give_the_same_content_and_digests(idx_set: TinySet, tmp_path: Path, zipped: bool) -> None:
    spec, blobs = idx_set
    contents = read(spec, write(tmp_path / "x", blobs, zipped=zipped))
    assert {name: content.data for name, content in contents.items()} == blobs
    assert contents[IMAGES].sha256 == hashlib.sha256(blobs[IMAGES]).hexdigest()


def test_another_compression_of_the_same_content_is_accepted(idx_set: TinySet, tmp_path: Path) -> None:
    spec, blobs = idx_set
    folder = write(tmp_path / "x", blobs, zipped=True)
    (folder / f"{IMAGES}.gz").write_bytes(gzip.compress(blobs[IMAGES], compresslevel=0, mtime=12345))
    assert read(spec, folder)[IMAGES].data == blobs[IMAGES]


def test_an_archive_is_read_without_unpacking_it_to_disk(cifar_set: TinySet, tmp_path: Path) -> None:
    spec, blobs = cifar_set
    write_tar(tmp_path / "cifar-10-binary.tar.gz", {"readme.html": b"<p>", **blobs})
    before = sorted(tmp_path.rglob("*"))
    assert {name: content.data for name, content in read(spec, tmp_path).items()} == blobs
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_with_some_of_the_files_is_not_complete(idx_set: TinySet, tmp_path: Path) -> None:
    spec, blobs = idx_set
    folder = write(tmp_path / "x", blobs)
    assert complete(spec, folder)
    (folder / IMAGES).unlink()
    assert not complete(spec, folder)
    with pytest.raises(InputError, match=f"expected {IMAGES}.* in .*x, got no such file"):
        read(spec, folder)


def flip_byte(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (flip_byte, "mnist.sha256"),
        (lambda data: data[:-1], "mnist.size"),
        (lambda data: data + b"x", "mnist.size"),
        (lambda data: b"", "mnist.size"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_changed_content_names_the_file_and_the_check(
    idx_set: TinySet, tmp_path: Path, damage: Callable[[bytes], bytes], check: str, zipped: bool
) -> None:
    spec, blobs = idx_set
    folder = write(tmp_path / "x", blobs | {IMAGES: damage(blobs[IMAGES])}, zipped=zipped)
    with pytest.raises(InputError) as error:
        read(spec, folder)
    one_line(error, check, str(folder / IMAGES))


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-9], lambda data: b"no gzip at all", lambda data: data[:-8] + bytes(8), lambda data: data[:5]],
    ids=["truncated", "another format", "wrong checksum", "header only"],
)
def test_a_broken_gzip_file_is_one_error(idx_set: TinySet, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    spec, blobs = idx_set
    folder = write(tmp_path / "x", blobs, zipped=True)
    path = folder / f"{IMAGES}.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError) as error:
        read(spec, folder)
    one_line(error, "mnist.read", str(path))


def test_a_gzip_bomb_is_refused_after_one_byte_too_many(
    idx_set: TinySet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, blobs = idx_set
    folder = write(tmp_path / "x", blobs, zipped=True)
    (folder / f"{IMAGES}.gz").write_bytes(gzip.compress(bytes(50_000_000)))
    taken = []
    original = gzip.GzipFile.read

    def counting(self: gzip.GzipFile, size: int | None = -1) -> bytes:
        data = original(self, size)
        taken.append(len(data))
        return data

    monkeypatch.setattr(gzip.GzipFile, "read", counting)
    with pytest.raises(InputError) as error:
        read(spec, folder)
    one_line(error, "mnist.size", "got more")
    assert max(taken) == spec.files[0].size + 1


def test_an_archive_bomb_is_refused(cifar_set: TinySet, tmp_path: Path) -> None:
    spec, blobs = cifar_set
    write_tar(tmp_path / "cifar-10-binary.tar.gz", {"padding": bytes(20_000_000), **blobs})
    with pytest.raises(InputError) as error:
        read(spec, tmp_path)
    one_line(error, "cifar10.size", "at most", "cifar-10-binary.tar.gz")


def test_an_archive_member_of_another_size_is_refused(cifar_set: TinySet, tmp_path: Path) -> None:
    spec, blobs = cifar_set
    write_tar(tmp_path / "cifar-10-binary.tar.gz", blobs | {"test_batch.bin": blobs["test_batch.bin"][:-1]})
    with pytest.raises(InputError) as error:
        read(spec, tmp_path)
    one_line(error, "cifar10.size", "test_batch.bin", "9219 bytes", "9218 bytes")


def test_an_archive_without_a_member_or_cut_short_is_refused(cifar_set: TinySet, tmp_path: Path) -> None:
    spec, blobs = cifar_set
    path = tmp_path / "cifar-10-binary.tar.gz"
    write_tar(path, {name: data for name, data in blobs.items() if name != "test_batch.bin"})
    with pytest.raises(InputError) as error:
        read(spec, tmp_path)
    one_line(error, "cifar10.files", "test_batch.bin")
    write_tar(path, blobs)
    for cut in (path.read_bytes()[:-20], b"PK"):
        path.write_bytes(cut)
        with pytest.raises(InputError) as error:
            read(spec, tmp_path)
        one_line(error, "cifar10.read", str(path))


def test_a_link_in_an_archive_is_not_followed(cifar_set: TinySet, tmp_path: Path) -> None:
    spec, blobs = cifar_set
    with tarfile.open(tmp_path / "cifar-10-binary.tar.gz", "w:gz") as tar:
        link = tarfile.TarInfo("test_batch.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        tar.addfile(link)
        for name in ("data_batch_1.bin", "data_batch_2.bin"):
            info = tarfile.TarInfo(name)
            info.size = len(blobs[name])
            tar.addfile(info, io.BytesIO(blobs[name]))
    with pytest.raises(InputError, match="no such member"):
        read(spec, tmp_path)

"""The data sets that consist of files: sizes, digests, addresses, licences.

Digests. Fashion-MNIST: computed from the Debian package's files. MNIST, SVHN (sha256) and CIFAR-10 (md5 of the
unpacked batches): the values on which independent public loaders agree. The md5 of the downloads are those that
torchvision checks.
"""

from __future__ import annotations

from neurosim.datasets import cifar, idx, svhn
from neurosim.datasets.records import DebianPackage, Download, FileSet, FileSpec

_GREY = (28, 28)
_COLOUR = (3, 32, 32)


def _idx_files(n_train: int, n_test: int, sha256: tuple[str, str, str, str]) -> tuple[FileSpec, ...]:
    names = (idx.TRAIN_IMAGES, idx.TRAIN_LABELS, idx.TEST_IMAGES, idx.TEST_LABELS)
    shapes = ((n_train, *_GREY), (n_train,), (n_test, *_GREY), (n_test,))
    return tuple(
        FileSpec(name, idx.idx_size(shape), f"sha256:{digest}")
        for name, shape, digest in zip(names, shapes, sha256, strict=True)
    )


def _idx_downloads(md5: tuple[str, str, str, str]) -> tuple[Download, ...]:
    names = (idx.TRAIN_IMAGES, idx.TRAIN_LABELS, idx.TEST_IMAGES, idx.TEST_LABELS)
    return tuple(Download(f"{name}.gz", digest) for name, digest in zip(names, md5, strict=True))


FASHION_MNIST = FileSet(
    name="fashion-mnist",
    n_train=60_000,
    n_test=10_000,
    sample_shape=_GREY,
    n_classes=10,
    licence="MIT; Xiao, Rasul & Vollgraf (2017), arXiv:1708.07747",
    url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    files=_idx_files(
        60_000,
        10_000,
        (
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    downloads=_idx_downloads(
        (
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        )
    ),
    layouts=("FashionMNIST/raw",),
    parse=idx.parse,
    debian=DebianPackage("dataset-fashion-mnist", "/usr/share/datasets/fashion-mnist"),
)

MNIST = FileSet(
    name="mnist",
    n_train=60_000,
    n_test=10_000,
    sample_shape=_GREY,
    n_classes=10,
    licence="CC BY-SA 3.0 (as commonly stated); LeCun, Bottou, Bengio & Haffner (1998), Proc. IEEE 86:2278",
    url="https://ossci-datasets.s3.amazonaws.com/mnist/",
    files=_idx_files(
        60_000,
        10_000,
        (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    downloads=_idx_downloads(
        (
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c",
        )
    ),
    layouts=("MNIST/raw",),
    parse=idx.parse,
)

CIFAR10 = FileSet(
    name="cifar10",
    n_train=50_000,
    n_test=10_000,
    sample_shape=_COLOUR,
    n_classes=10,
    licence="none stated, citation asked for; Krizhevsky (2009), Learning multiple layers of features from tiny images",
    url="https://www.cs.toronto.edu/~kriz/",
    files=(
        FileSpec("data_batch_1.bin", 30_730_000, "md5:5dd7e06a14cb22eb9f671a540d1b7c25"),
        FileSpec("data_batch_2.bin", 30_730_000, "md5:5ea93a67294ea407fff1d09f752e9692"),
        FileSpec("data_batch_3.bin", 30_730_000, "md5:942cd6a4bcdd0dd3c604fbe906cb4421"),
        FileSpec("data_batch_4.bin", 30_730_000, "md5:ae636b3ba5c66a11e91e8cb52e771fcb"),
        FileSpec("data_batch_5.bin", 30_730_000, "md5:53f37980c15c3d472c316c40844f3f0d"),
        FileSpec("test_batch.bin", 30_730_000, "md5:803d5f7f4d78ea53de84dbe85f74fb6d"),
    ),
    downloads=(Download("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"),),
    layouts=("cifar-10-batches-bin", "."),
    parse=cifar.parse,
    archive="cifar-10-binary.tar.gz",
)

SVHN = FileSet(
    name="svhn",
    n_train=73_257,
    n_test=26_032,
    sample_shape=_COLOUR,
    n_classes=10,
    licence="non-commercial use only; Netzer et al. (2011), Reading digits in natural images",
    url="http://ufldl.stanford.edu/housenumbers/",
    files=(
        FileSpec(
            "train_32x32.mat",
            182_040_794,
            "sha256:435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
        ),
        FileSpec(
            "test_32x32.mat",
            64_275_384,
            "sha256:cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
        ),
    ),
    downloads=(
        Download("train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373"),
        Download("test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3"),
    ),
    layouts=(".",),
    parse=svhn.parse,
)

FILE_SETS = (FASHION_MNIST, MNIST, CIFAR10, SVHN)

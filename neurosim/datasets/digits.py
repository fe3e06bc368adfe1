"""The embedded data set: 1797 handwritten digits of 8 x 8 pixels, with a fixed split.

Optical Recognition of Handwritten Digits, E. Alpaydin & C. Kaynak (1998), UCI Machine Learning Repository,
doi:10.24432/C50P49, licensed CC BY 4.0 by UCI. digits.npz is the repository's test part (13 writers, none of them
in its training part), taken from scikit-learn's copy by runs/make_digits.py: pixel values 0 to 16 and labels,
unchanged, as uint8. Samples with index % 4 == 3 are our test set (449), the others the training set (1348), so
writers are shared by both.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path
from types import MappingProxyType

import numpy as np

from neurosim.core.errors import InputError
from neurosim.datasets.dataset import Dataset, check_limit, scaled
from neurosim.datasets.records import Splits

N_TRAIN, N_TEST, N_CLASSES, SAMPLE_SHAPE = 1348, 449, 10, (8, 8)
LICENCE = "CC BY 4.0; Alpaydin & Kaynak (1998), UCI, doi:10.24432/C50P49 (test part, scikit-learn's copy)"
PATH = Path(__file__).with_name("digits.npz")
_WHITE = 16
_SHA256 = MappingProxyType(
    {
        "images": "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3",
        "labels": "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0",
    }
)


def load_digits(limit: int | None = None, path: Path = PATH) -> Dataset:
    """The digits: samples (8, 8) with values in [0, 1].

    Raises:
        InputError: ``limit`` is out of range, or the file is damaged.
    """
    check_limit("digits", limit, N_TRAIN)
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in _SHA256}
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"digits.file: expected the arrays of {path}, got {error}; reinstall neurosim") from error
    for name, array in arrays.items():
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        if digest != _SHA256[name]:
            raise InputError(f"digits.sha256: expected {_SHA256[name]} for {name}, got {digest}; reinstall neurosim")
    images, labels = arrays["images"], arrays["labels"]
    test = np.arange(len(labels)) % 4 == 3
    splits = Splits(images[~test], labels[~test], images[test], labels[test])
    return Dataset("digits", *scaled(splits, _WHITE, limit), N_CLASSES, "embedded", dict(_SHA256), LICENCE)

"""Write neurosim/datasets/digits.npz from scikit-learn's copy of the UCI digits; run once, by hand.

    python runs/make_digits.py

Needs scikit-learn, which neurosim itself does not. The file holds two uint8 arrays, no pickles: images
(1797, 8, 8) with values 0 to 16, labels (1797,). Zip entries carry a fixed date, so that the same NumPy and
zlib write the same bytes again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

TARGET = Path(__file__).resolve().parent.parent / "neurosim" / "datasets" / "digits.npz"


def main() -> None:
    """Write the file and print its size and the digests that neurosim/datasets/digits.py checks."""
    import hashlib

    from sklearn.datasets import load_digits

    bunch = load_digits()
    images, labels = bunch.images.astype(np.uint8), bunch.target.astype(np.uint8)
    if not (images == bunch.images).all():
        raise SystemExit("the pixels are not whole numbers of 8 bits; scikit-learn's copy has changed")
    np.savez_compressed(TARGET, images=images, labels=labels)
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")
    for name, array in (("images", images), ("labels", labels)):
        print(f"{name} {array.shape} sha256 {hashlib.sha256(array.tobytes()).hexdigest()}")


if __name__ == "__main__":
    main()

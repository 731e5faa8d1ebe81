"""Oversampling of the rare class of training rows (never of rows that anything is measured on)."""

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

Matrix = NDArray[np.float32]


def smote(
    matrix: Matrix, label: NDArray[np.float64], seed: int, neighbours: int = 5
) -> tuple[Matrix, NDArray[np.float64]]:
    """Rows and labels with as many of the rare class (0 or 1) as of the other.

    Each new row lies at random between a rare row and one of its nearest rare neighbours (Chawla et al., "SMOTE:
    Synthetic Minority Over-sampling Technique", 2002). Columns of whole numbers (codes, one-hot, counts) are taken
    from one of the two by a coin instead, since there is nothing between two airports (the idea of SMOTE-NC there).
    imbalanced-learn is not in AWS's images.
    """
    rare = float(label.mean() < 0.5)
    rows = matrix[label == rare]
    wanted = int((label != rare).sum()) - len(rows)
    if wanted <= 0 or len(rows) < 2:
        return matrix, label
    generator = np.random.default_rng(seed)
    scale = rows.std(axis=0)
    scaled = rows / np.where(scale > 0, scale, 1)
    count = min(neighbours, len(rows) - 1)
    nearest = NearestNeighbors(n_neighbors=count + 1).fit(scaled).kneighbors(scaled, return_distance=False)[:, 1:]
    first = generator.integers(len(rows), size=wanted)
    second = nearest[first, generator.integers(count, size=wanted)]
    whole = (rows == np.round(rows)).all(axis=0)
    share = generator.random((wanted, 1), np.float32)
    between = rows[first] + share * (rows[second] - rows[first])
    picked = np.where(generator.random((wanted, 1)) < 0.5, rows[first], rows[second])
    made = np.where(whole, picked, between).astype(np.float32)
    return np.vstack([matrix, made]), np.concatenate([label, np.full(wanted, rare)])

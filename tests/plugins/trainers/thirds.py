"""Images for trainers: three classes that a network learns in a second."""

import numpy as np

from neurosyn.data.dataset import Split


def draw_thirds(count, seed, brighter):
    """Noisy images of 6 × 6 × 2 in which the upper, middle or lower third is brighter by that many grey levels."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 160, (count, 6, 6, 2), dtype=np.uint8)
    labels = rng.integers(0, 3, count, dtype=np.int32)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] += brighter
    return Split(images, labels)

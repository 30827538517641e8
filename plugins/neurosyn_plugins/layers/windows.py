"""Windows that slide over a feature map: the connectivity of every convolution.

Sites are numbered by group, row and column; a site's inputs by row, column and channel within its group. A window that
hangs over the edge of the map has −1 there.
"""

from __future__ import annotations

import numpy as np

from neurosyn.plugins import Connectivity, MapShape, ScenarioError

__all__ = ["LARGEST_LAYER", "slide"]

LARGEST_LAYER = 1 << 26
"""Most neurons, and most inputs over all sites, of one layer: far above what fits on 16 chips, and within memory."""


def slide(inputs: MapShape, *, features: int, kernel: int, stride: int, padding: int, groups: int) -> Connectivity:
    """Return the connectivity of a grouped convolution.

    Parameters
    ----------
    inputs
        Shape of the input map.
    features
        Features of all groups together.
    kernel, stride, padding
        Size of the square window, its step, and the rim of zeros round the map; positions where the window would
        leave that rim are dropped.
    groups
        Number of groups; group g sees the g-th part of the input channels and makes the g-th part of the features.

    Raises
    ------
    ScenarioError
        If the channels or features cannot be divided by the groups, or no window fits.
    """
    if inputs.channels % groups:
        raise ScenarioError(
            f"groups = {groups}: does not divide the {inputs.channels} channels of the input map {inputs}; "
            "choose a divisor"
        )
    if features % groups:
        raise ScenarioError(f"groups = {groups}: does not divide features = {features}; choose a divisor")
    rows = (inputs.height + 2 * padding - kernel) // stride + 1
    columns = (inputs.width + 2 * padding - kernel) // stride + 1
    if rows < 1 or columns < 1:
        raise ScenarioError(
            f"kernel = {kernel}: is larger than the input map {inputs} with padding = {padding}; "
            "choose a smaller kernel or fewer strides before it"
        )
    depth = inputs.channels // groups
    if max(rows * columns * features, rows * columns * groups * kernel * kernel * depth) > LARGEST_LAYER:
        raise ScenarioError(
            f"features = {features} on {rows}×{columns} positions: the layer has more than {LARGEST_LAYER:,} neurons "
            "or connections; choose fewer features or a larger stride"
        )

    # Axes: group, row, column | window row, window column, channel.
    group, row, column = np.ogrid[:groups, :rows, :columns]
    y = (row * stride - padding)[..., None, None, None] + np.arange(kernel)[:, None, None]
    x = (column * stride - padding)[..., None, None, None] + np.arange(kernel)[:, None]
    channel = (group * depth)[..., None, None, None] + np.arange(depth)
    inside = (y >= 0) & (y < inputs.height) & (x >= 0) & (x < inputs.width)
    index = np.where(inside, (y * inputs.width + x) * inputs.channels + channel, -1)

    output = MapShape(rows, columns, features)
    first = (row * columns + column) * features + group * (features // groups)
    outputs = first[..., None] + np.arange(features // groups)
    sites = groups * rows * columns
    return Connectivity(
        output=output,
        inputs=index.reshape(sites, kernel * kernel * depth).astype(np.int32),
        outputs=outputs.reshape(sites, features // groups).astype(np.int32),
        banks=np.repeat(np.arange(groups, dtype=np.int32), rows * columns),
        grid=(groups, rows, columns),
    )

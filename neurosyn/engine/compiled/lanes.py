"""Modules of one direction along a row or column of a chip, a *lane* of the link on its side, without back-pressure.

While packets run straight on, from module to module, they are in a queue of their own that is read and written from end
to end. The queues in which they leave the lane are made at the same time.
"""

# mypy: ignore-errors
# The bodies of the kernels are Numba's language: types are inferred when one is compiled.

from __future__ import annotations

import numpy as np

from neurosyn.engine.compiled.layout import COLUMN, PER_ROUTER, PORTS, code_of, inlined, kernel
from neurosyn.engine.compiled.queues import (
    LANES,
    LONG_AGO,
    NUMBER,
    OF_SERVERS,
    OVERFLOW,
    SCALE,
    SCRATCH,
    SOLVED,
    append,
    merge,
    serve,
)
from neurosyn.engine.fabric.fabric import CORE, EAST, LOCAL, NORTH, SOUTH, WEST

__all__ = ["sweep_lane"]


@kernel
def sweep_lane(layout, slack, space, edge, lane, longest_wait, waited_at):
    """Serve the modules of a lane of the link `edge`.

    Returns `SOLVED` or the server that overflows, and the end of the last cycle.
    """
    begin, end, fill, keys, tags = space.begin, space.end, space.fill, space.keys, space.tags
    side, chip, direction = layout.side, (edge - layout.edges) // 4, (edge - layout.edges) % 4
    x_chip, y_chip = chip % layout.columns * side, chip // layout.columns * side
    along_x, forward = direction in (EAST, WEST), direction in (EAST, NORTH)
    last_end = LONG_AGO
    straight = straight_end = 0
    for number in range(side):
        offset = number if forward else side - 1 - number
        x, y = (offset, lane) if along_x else (lane, offset)
        x_on, y_on = x_chip + x, y_chip + y
        server = PORTS * (y_on * layout.width + x_on) + direction
        fifos = PORTS * server
        if number == 0:
            straight, straight_end = begin[fifos + direction], end[fifos + direction]
        if along_x:
            others, others_end = begin[fifos + CORE], end[fifos + CORE]
        else:
            others, others_end = merge(
                keys,
                tags,
                begin[fifos + EAST],
                end[fifos + EAST],
                begin[fifos + WEST],
                end[fifos + WEST],
                fill[SCRATCH],
            )
            others, others_end = merge(
                keys, tags, others, others_end, begin[fifos + CORE], end[fifos + CORE], fill[SCRATCH + 1]
            )
        # Packets leave a row at their destination's column, and a column at their destination.
        mask = COLUMN if along_x else NUMBER
        if number < side - 1:
            on = fill[SCRATCH + 2 + number % 2]
            x_on, y_on = (x_on + (1 if forward else -1), y_on) if along_x else (x_on, y_on + (1 if forward else -1))
            code = code_of(x_on, y_on)
        else:
            on, code, mask = fill[LANES], -1, NUMBER
        out = fill[SCRATCH] if along_x else fill[OF_SERVERS + LOCAL]
        onward = np.int64(layout.latency) << SCALE | direction
        on_end, out_end, free = serve(
            layout,
            slack,
            keys,
            tags,
            straight,
            straight_end,
            others,
            others_end,
            x,
            y,
            server,
            onward,
            code,
            mask,
            on,
            out,
            longest_wait,
            waited_at,
        )
        if free == OVERFLOW:
            return server, last_end
        last_end = max(last_end, free)
        straight, straight_end = on, on_end
        if number == side - 1:
            buffer = layout.edge_buffers + side * (edge - layout.edges) + lane
            begin[buffer] = on
            end[buffer] = fill[LANES] = on_end
        elif out_end > out:
            router = PER_ROUTER * (y_on * layout.width + x_on) + direction
            if along_x:
                _turn(space, router, code, out, out_end)
            else:
                begin[router + PORTS * LOCAL] = out
                end[router + PORTS * LOCAL] = fill[OF_SERVERS + LOCAL] = out_end
    return SOLVED, last_end


@inlined
def _turn(space, router, code, k, k_end):
    """Put packets that have come to their column into the queues of the modules that they go to there.

    `router` is the router's first buffer of the port where they come in, `code` the router's code.
    """
    begin, end, fill, keys, tags = space.begin, space.end, space.fill, space.keys, space.tags
    for module in (NORTH, SOUTH, LOCAL):
        begin[router + PORTS * module] = fill[OF_SERVERS + module]
    while k < k_end:
        destination = tags[k] >> 32
        module = LOCAL if destination == code else NORTH if destination > code else SOUTH
        append(space, OF_SERVERS + module, keys[k], tags[k])
        k += 1
    for module in (NORTH, SOUTH, LOCAL):
        end[router + PORTS * module] = fill[OF_SERVERS + module]

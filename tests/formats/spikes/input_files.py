"""Input spikes as the bytes of IBM's formats."""

import struct

from neurosyn.formats.ibm.addresses import core_ids
from neurosyn.formats.spikes.header import binary_header


def rows(spikes, program):
    cores = core_ids(program)[spikes.core].tolist()
    return sorted(zip(spikes.tick.tolist(), cores, spikes.axon.tolist(), strict=True))


def to_sfti(spikes, program):
    """Return the text format."""
    head = '{"class":"SpikeWriter","encoding":"TEXT","nscsVersion":"1.4.0"}\n{"version":"sfti1.0"}\n'
    line = '{{"spike":{{"srcTime":{},"destCore":{},"destAxon":{}}}}}\n'
    return (head + "".join(line.format(*row) for row in rows(spikes, program))).encode("ascii")


def to_sfri(spikes, program):
    """Return RAWI3."""
    return binary_header("RAWI3") + b"".join(struct.pack(">III", *row) for row in rows(spikes, program))

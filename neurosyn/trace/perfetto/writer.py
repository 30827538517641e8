"""Writer of Perfetto's trace events: groups of tracks, pieces, instants, counters."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from neurosyn.errors import DataError

__all__ = ["Group", "PerfettoWriter", "require_perfetto"]

_SEQUENCE = 1
_COUNTERS = 6
_PS_PER_NS = 1000


class Group(Enum):
    """Groups of tracks; Perfetto shows them as processes, in this order."""

    RUN = (1, "run")
    CORES = (2, "cores")
    ROUTERS = (3, "routers")
    LINKS = (4, "links")
    HOST = (5, "host")


def require_perfetto(path: Path) -> None:
    """Refuse to write `path` if the package ``perfetto`` is not installed.

    Raises
    ------
    DataError
        If it is not.
    """
    try:
        import perfetto.protos.perfetto.trace.perfetto_trace_pb2
        import perfetto.trace_builder.proto_builder  # noqa: F401
    except ImportError as error:
        raise DataError(
            f"{path}: Perfetto's format needs the package perfetto; pip install 'neurosyn[perfetto]'"
        ) from error


class PerfettoWriter:
    """Writes a Perfetto trace event by event, in the memory of one.

    Events of a track must be written in the order of time. Times are in picoseconds.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    events : int
        Pieces, instants and values written so far.

    Raises
    ------
    DataError
        If the package ``perfetto`` is not installed.
    """

    def __init__(self, path: Path) -> None:
        require_perfetto(path)
        from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as protos
        from perfetto.trace_builder.proto_builder import StreamingTraceProtoBuilder

        self._protos: Any = protos.TrackEvent
        self._stream = path.open("wb")
        self._builder = StreamingTraceProtoBuilder(self._stream)
        self._tracks: dict[tuple[int, str], int] = {}
        self._names: dict[str, int] = {}
        self._arguments: dict[str, int] = {}
        self.events = 0
        packet = self._builder.create_packet()
        packet.trusted_packet_sequence_id = _SEQUENCE
        packet.sequence_flags = protos.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED
        self._builder.write_packet(packet)
        self._needs_state = protos.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
        for group in Group:
            self._group(*group.value)
        self._group(_COUNTERS, "counters")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._stream.close()
        except OSError:
            # The cause may be a full disk, on which closing fails too.
            if error is None:
                raise

    def track(self, group: Group, name: str) -> int:
        """Return the track of that name, which is made when it is first used."""
        return self._track(group.value[0], name)

    def counter(self, name: str, unit: str) -> int:
        """Return a track of values."""
        return self._track(_COUNTERS, name, unit)

    def piece(
        self,
        track: int,
        name: str,
        start_ps: int,
        end_ps: int,
        arguments: dict[str, Any] | None = None,
        *,
        flow: int | None = None,
        flow_ends: bool = False,
    ) -> None:
        """Write a piece of time."""
        packet = self._event(track, start_ps, self._protos.TYPE_SLICE_BEGIN)
        self._describe(packet, name, arguments or {}, flow, flow_ends)
        self._builder.write_packet(packet)
        self._builder.write_packet(self._event(track, end_ps, self._protos.TYPE_SLICE_END))
        self.events += 1

    def instant(self, track: int, name: str, time_ps: int, *, flow: int | None = None) -> None:
        """Write an event without duration."""
        packet = self._event(track, time_ps, self._protos.TYPE_INSTANT)
        self._describe(packet, name, {}, flow, False)
        self._builder.write_packet(packet)
        self.events += 1

    def value(self, track: int, time_ps: int, value: float) -> None:
        """Write the value of a counter from a time on."""
        packet = self._event(track, time_ps, self._protos.TYPE_COUNTER)
        packet.track_event.double_counter_value = value
        self._builder.write_packet(packet)
        self.events += 1

    def _group(self, number: int, name: str) -> None:
        packet = self._builder.create_packet()
        packet.trusted_packet_sequence_id = _SEQUENCE
        packet.track_descriptor.uuid = number
        packet.track_descriptor.process.pid = number
        packet.track_descriptor.process.process_name = name
        self._builder.write_packet(packet)

    def _track(self, group: int, name: str, unit: str | None = None) -> int:
        if (group, name) not in self._tracks:
            uuid = self._tracks[group, name] = 100 + len(self._tracks)
            packet = self._builder.create_packet()
            packet.trusted_packet_sequence_id = _SEQUENCE
            packet.track_descriptor.uuid = uuid
            packet.track_descriptor.parent_uuid = group
            packet.track_descriptor.name = name
            if unit is not None:
                packet.track_descriptor.counter.unit_name = unit
            self._builder.write_packet(packet)
        return self._tracks[group, name]

    def _event(self, track: int, time_ps: int, kind: int) -> Any:
        packet = self._builder.create_packet()
        packet.timestamp = int(time_ps) // _PS_PER_NS
        packet.trusted_packet_sequence_id = _SEQUENCE
        packet.sequence_flags = self._needs_state
        packet.track_event.type = kind
        packet.track_event.track_uuid = track
        return packet

    def _describe(self, packet: Any, name: str, arguments: dict[str, Any], flow: int | None, flow_ends: bool) -> None:
        """Add name and arguments; repeated texts are written once."""
        event = packet.track_event
        if name not in self._names:
            self._names[name] = len(self._names) + 1
            packet.interned_data.event_names.add(iid=self._names[name], name=name)
        event.name_iid = self._names[name]
        for key, value in arguments.items():
            if key not in self._arguments:
                self._arguments[key] = len(self._arguments) + 1
                packet.interned_data.debug_annotation_names.add(iid=self._arguments[key], name=key)
            note = event.debug_annotations.add(name_iid=self._arguments[key])
            if isinstance(value, float):
                note.double_value = value
            else:
                note.int_value = int(value)
        if flow is not None:
            (event.terminating_flow_ids if flow_ends else event.flow_ids).append(flow)

"""Reader of IBM's model files (CPE JSON), which the tools of TrueNorth write.

The file is one JSON object, with comments and a key ``core`` for every core. It is read as a stream, so that a full
chip with crossbars written row by row needs no more memory than the resulting program.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from neurosyn.chip.program import NO_DESTINATION, OUTPUT, Program
from neurosyn.formats.ibm.addresses import FIRST_OUTPUT, pin_of
from neurosyn.formats.ibm.cores import CpeCore, Crossbars, parse_core
from neurosyn.formats.ibm.neuron_types import NEURON_CLASS, NeuronTypes
from neurosyn.formats.json_stream import JsonStream
from neurosyn.formats.value_checks import UnfitError, integer, table
from neurosyn.support.untrusted import open_file

__all__ = ["MAX_NEURONS", "read_cpe"]

MAX_NEURONS = 1 << 24
"""Largest number of neurons, a board of 16 chips; a file with more is rejected as damaged."""
_CORE_SIZE = 256
_MAX_CORE_SIZE = 65_535


def read_cpe(path: Path, progress: Callable[[int, int, str], None] | None = None) -> Program:
    """Read a program from a CPE JSON file.

    Parameters
    ----------
    path
        The file.
    progress
        Called with the bytes read, the size of the file in bytes, and the unit.

    Returns
    -------
    Program
        Cores in ascending order of their numbers in the file; ``about["core_ids"]`` has the numbers.

    Raises
    ------
    DataError
        If the file is missing, damaged, cut short or describes no valid chip; the message gives file, line, core, field
        and reason.
    """
    with open_file(path) as stream:
        return _CpeReader(JsonStream(path, stream), progress).read()


class _CpeReader:
    def __init__(self, stream: JsonStream, progress: Callable[[int, int, str], None] | None) -> None:
        self._stream = stream
        self._progress = progress
        self._model: dict[str, Any] | None = None
        self._announced: int | None = None
        self._crossbars = Crossbars(_CORE_SIZE)
        self._neuron_types = NeuronTypes()
        self._cores: list[CpeCore] = []

    def read(self) -> Program:
        stream = self._stream
        for key in stream.members():
            line = stream.line
            try:
                self._section(key, line)
            except UnfitError as error:
                raise stream.error(f"{error}; repair the file", line=line) from None
        if self._announced is not None and len(self._cores) != self._announced:
            raise stream.error(
                f"the file has {len(self._cores):,} cores, its model announces {self._announced:,}; get a whole file"
            )
        stream.finish()
        return self._program()

    def _section(self, key: str, line: int) -> None:
        stream = self._stream
        if key == "core":
            if self._model is None:
                raise UnfitError("the section 'model' must come before the cores")
            self._cores.append(parse_core(stream.value(), line, self._crossbars, self._neuron_types))
            self._check_size(len(self._cores))
            if self._progress is not None:
                self._progress(*stream.progress(), "bytes")
        elif key == "model":
            if self._model is not None:
                raise UnfitError("the section 'model' occurs twice")
            self._model = table(stream.value(), "model")
            self._read_model(self._model)
        elif key == "neuronTypes":
            self._read_each(self._neuron_types.add)
        elif key == "crossbarTypes":
            if self._model is None:
                raise UnfitError("the section 'model' must come before the crossbar types")
            self._read_each(self._crossbars.add)
        else:
            stream.value()

    def _read_each(self, add: Callable[[Any], None]) -> None:
        for _ in self._stream.elements():
            line = self._stream.line
            try:
                add(self._stream.value())
            except UnfitError as error:
                raise self._stream.error(f"{error}; repair the file", line=line) from None

    def _read_model(self, model: dict[str, Any]) -> None:
        for key, known in (
            ("neuronclass", NEURON_CLASS),
            ("neuronClass", NEURON_CLASS),
            ("crossbarclass", "CrossbarBinary"),
        ):
            if model.get(key, known) != known:
                raise UnfitError(f"model: {key} is {str(model[key])[:40]!r}; only '{known}' is known")
        size = integer(model.get("crossbarSize", _CORE_SIZE), "crossbarSize", 1, _MAX_CORE_SIZE)
        self._crossbars = Crossbars(size)
        if "coreCount" in model:
            self._announced = integer(model["coreCount"], "coreCount", 1, MAX_NEURONS)
            self._check_size(self._announced)

    def _check_size(self, cores: int) -> None:
        if cores * self._crossbars.size > MAX_NEURONS:
            raise UnfitError(
                f"{cores:,} cores of {self._crossbars.size:,} neurons are more than {MAX_NEURONS:,} neurons, the most "
                "that can be simulated"
            )

    def _program(self) -> Program:
        stream = self._stream
        if not self._cores:
            raise stream.error("the file has no cores; is it the right file?")
        cores = sorted(self._cores, key=lambda core: core.id)
        ids = np.array([core.id for core in cores], np.int64)
        twice = np.flatnonzero(np.diff(ids) == 0)
        if len(twice):
            second = cores[int(twice[0]) + 1]
            raise stream.error(f"core {second.id} occurs twice; remove one", line=second.line)
        types = np.empty((len(cores), self._crossbars.size), np.int32)
        for i, core in enumerate(cores):
            try:
                types[i] = self._neuron_types.rows_of(core.types)
            except UnfitError as error:
                raise stream.error(f"core {core.id}: {error}; repair the file", line=core.line) from None
        neuron_types, potentials = self._neuron_types.tables()
        dest_core, dest_axon = self._destinations(cores, ids)
        pins = int(dest_axon[dest_core == OUTPUT].max(initial=-1)) + 1
        return Program(
            axons=self._crossbars.size,
            neurons=self._crossbars.size,
            crossbars=np.stack(self._crossbars.tables),
            crossbar=np.array([core.crossbar.row for core in cores], np.int32),
            axon_types=np.stack([core.crossbar.axon_types for core in cores]),
            neuron_types=neuron_types,
            neuron_type=types,
            initial_potential=potentials[types],
            dest_core=dest_core,
            dest_axon=dest_axon,
            delay=np.stack([core.delay for core in cores]),
            seeds=np.array([core.seed for core in cores], np.uint32),
            input_core=np.empty(0, np.int32),
            input_axon=np.empty(0, np.int32),
            pins=pins,
            pin_class=np.full(pins, -1, np.int32),
            layer_names=("cores",),
            core_layer=np.zeros(len(cores), np.int32),
            activity=np.ones(types.shape, np.float32),
            about={"format": "cpe", "file": stream.path.name, "core_ids": ids.tolist()},
        )

    def _destinations(self, cores: list[CpeCore], ids: np.ndarray[Any, Any]) -> tuple[Any, Any]:
        """Return destinations as core (or `OUTPUT`, `NO_DESTINATION`) and axon (or pin), int32 (C, N) each."""
        core, axon = np.stack([c.dest_core for c in cores]), np.stack([c.dest_axon for c in cores])
        inside = core >= 0
        number = np.searchsorted(ids, core)
        strange = inside & (ids[np.minimum(number, len(ids) - 1)] != core)
        if strange.any():
            where, neuron = (int(i) for i in np.argwhere(strange)[0])
            raise self._stream.error(
                f"core {cores[where].id}: neuron {neuron} sends to core {core[where, neuron]}, which the file does not "
                "have; get a whole file",
                line=cores[where].line,
            )
        output = core <= FIRST_OUTPUT
        return (
            np.where(inside, number, np.where(output, OUTPUT, NO_DESTINATION)).astype(np.int32),
            np.where(output, pin_of(core, axon), axon).astype(np.int32),
        )

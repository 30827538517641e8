"""The CuPy backend: CUDA kernels on one GPU.

Crossbars, parameters and, if the caller takes them from `LoadedProgram.initial_state`, potentials and registers stay on
the device. In a tick the active axons go there, and spikes and synaptic events come back; every copy is written out.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosyn.backend import cuda
from neurosyn.backend.base import Backend, LoadedProgram, StepResult
from neurosyn.chip.crossbar import type_masks
from neurosyn.chip.lfsr import LEAP_BITS, initial_states, jump_tables
from neurosyn.chip.neuron import NeuronParameters
from neurosyn.chip.program import Program, type_table
from neurosyn.chip.stateless import firing_sums
from neurosyn.errors import BackendError
from neurosyn.support.cupy import INSTALL, import_cupy, wrapped_errors

__all__ = ["CupyBackend"]

_FRAME_BYTES = 2**28
"""Of axons and spikes of frames that are on the device together, to bound memory."""


class CupyBackend(Backend):
    """CUDA kernels on the current device of CuPy.

    Raises
    ------
    BackendError
        If CuPy is not installed, or a kernel does not run here.
    """

    name = "cupy"

    def __init__(self) -> None:
        self._cupy = import_cupy("backend cupy")
        remedy = f"it needs an NVIDIA GPU, its driver and NVRTC: {INSTALL}"
        with wrapped_errors("backend cupy: no kernel runs here", remedy):
            self._kernels = self._compile(cuda.options())
            counted = self._probe()
            self.about = self._device()
        if counted != 9:
            raise BackendError(f"backend cupy: a kernel counts {counted} bits in place of 9; use another backend")

    def _compile(self, options: tuple[str, ...]) -> dict[str, Any]:
        module = self._cupy.RawModule(code=cuda.source(), options=options)
        return {name: module.get_function(name) for name in cuda.KERNELS}

    def _probe(self) -> int:
        """Run a kernel, the only proof that kernels run."""
        word = self._cupy.asarray(np.array([0xFF00_0000_0000_0001], np.uint64))
        count = self._cupy.zeros(1, np.int32)
        self._kernels["count_bits"]((1,), (32,), (word, count))
        return int(count.get()[0])

    def _device(self) -> str:
        runtime, device = self._cupy.cuda.runtime, self._cupy.cuda.Device()
        properties = runtime.getDeviceProperties(device.id)
        name, version = properties["name"].decode(), runtime.runtimeGetVersion()
        return (
            f"CuPy {self._cupy.__version__}, CUDA {version // 1000}.{version % 1000 // 10}, {name} "
            f"(sm_{device.compute_capability}, {properties['totalGlobalMem'] / 2**30:.0f} GiB)"
        )

    def load(self, program: Program) -> LoadedProgram:
        """Copy crossbars and parameters to the device."""
        with _device_errors("the program does not fit or cannot be brought to the device"):
            options = cuda.options(program.limits, program.weights)
            kernels = self._kernels if options == cuda.options() else self._compile(options)
            return _CupyProgram(program, self._cupy, kernels)


def _device_errors(what: str) -> AbstractContextManager[None]:
    return wrapped_errors(f"backend cupy: {what}", "use backend 'numba', or simulate fewer cores")


class _CupyProgram(LoadedProgram):
    def __init__(self, program: Program, cupy: Any, kernels: dict[str, Any]) -> None:
        super().__init__(program)
        self._cupy, self._kernels = cupy, kernels
        # Blocks of threads for the neurons of a core.
        self._blocks = -(-program.neurons // cuda.BLOCK)
        masks = type_masks(program.axon_types, program.weights)
        self._crossbars = self._to_device(program.crossbars)
        self._crossbar = self._to_device(program.crossbar)
        self._type_masks = self._to_device(masks)
        used = masks.any(axis=-1) << np.arange(program.weights, dtype=np.uint8)
        self._types_used = self._to_device(used.sum(axis=-1, dtype=np.uint8))
        self._axon_types = self._to_device(program.axon_types)
        self._types = self._to_device(type_table(program.neuron_types))
        self._neuron_type = self._to_device(program.neuron_type)
        self._needed = self._to_device(firing_sums(program)) if self.stateless else None
        self._lay_out_draws()

        shape = (program.cores, program.neurons)
        self._active = cupy.empty((program.cores, program.words), np.uint64)
        self._fired = cupy.empty(shape, np.bool_)
        self._events = cupy.empty(shape, np.uint16)

    def _lay_out_draws(self) -> None:
        """Collect the stochastic cores, and allocate the random numbers that their neurons draw."""
        program = self.program
        rows = np.arange(len(program.neuron_types), dtype=np.int32)
        noisy = NeuronParameters.of_types(program.neuron_types, rows).stochastic
        drawing = np.flatnonzero(noisy[program.neuron_type].any(axis=-1)).astype(np.int32)
        draw_row = np.full(program.cores, -1, np.int32)
        draw_row[drawing] = np.arange(len(drawing), dtype=np.int32)
        # At most a leap for each synapse, one for the leak and, on TrueNorth, three for the threshold.
        of_threshold = -(-program.limits.threshold_bits // LEAP_BITS)
        leaps = program.neurons * (program.axons + 1 + of_threshold) if len(drawing) else 0
        self._stochastic_cores = len(drawing)
        self._drawing = self._to_device(drawing)
        self._draw_row = self._to_device(draw_row)
        self._jumps = self._to_device(jump_tables(leaps))
        self._states = self._cupy.empty((max(1, len(drawing)), program.neurons), np.uint32)

    def _to_device(self, array: NDArray[Any]) -> Any:
        return self._cupy.asarray(np.ascontiguousarray(array))

    def initial_state(self) -> tuple[Any, Any]:
        program = self.program
        return self._to_device(program.initial_potential), self._to_device(initial_states(program.seeds))

    def read(self, state: Any) -> NDArray[Any]:
        host: NDArray[Any] = state.get()
        return host

    def write(self, state: Any, values: NDArray[Any]) -> None:
        state.set(np.ascontiguousarray(values))

    def step(self, active: NDArray[np.uint64], potential: Any, rng: Any) -> StepResult:
        self._check_state(active, potential, rng)
        with _device_errors("a tick failed on the device"):
            v = potential if isinstance(potential, self._cupy.ndarray) else self._to_device(potential)
            registers = rng if isinstance(rng, self._cupy.ndarray) else self._to_device(rng)
            self._active.set(active)
            self._launch_tick(v, registers)
            if v is not potential:
                v.get(out=potential)
            if registers is not rng:
                registers.get(out=rng)
            return StepResult(self._fired.get(), self._events.get())

    def _launch_tick(self, potential: Any, rng: Any) -> None:
        program = self.program
        words, neurons = np.int32(program.words), np.int32(program.neurons)
        if self._stochastic_cores:
            self._kernels["lay_out_draws"](
                (self._stochastic_cores,),
                (cuda.BLOCK,),
                (
                    self._crossbars,
                    self._crossbar,
                    self._type_masks,
                    self._types,
                    self._neuron_type,
                    self._drawing,
                    self._jumps,
                    self._active,
                    rng,
                    self._states,
                    words,
                    neurons,
                ),
            )
        self._kernels["play_tick"](
            (program.cores, self._blocks),
            (cuda.BLOCK,),
            (
                self._crossbars,
                self._crossbar,
                self._type_masks,
                self._axon_types,
                self._types,
                self._neuron_type,
                self._draw_row,
                self._states,
                self._jumps,
                self._active,
                potential,
                self._fired,
                self._events,
                np.int32(program.axons),
                words,
                neurons,
            ),
        )

    def evaluate_frames(
        self, cores: NDArray[np.int32], active: NDArray[np.uint64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        self._check_frames(cores, active)
        spikes = np.empty((*active.shape[:2], -(-self.program.neurons // 64)), np.uint64)
        events = np.empty(active.shape[:2], np.int64)
        bytes_each = active.itemsize * len(cores) * (active.shape[2] + spikes.shape[2] + 1)
        together = max(cuda.FRAMES, _FRAME_BYTES // max(1, bytes_each))
        with _device_errors("frames failed on the device"):
            chosen = self._to_device(cores.astype(np.int32, copy=False))
            for start in range(0, len(active) if len(cores) else 0, together):
                some = slice(start, start + together)
                self._launch_frames(chosen, active[some], spikes[some], events[some])
        return spikes, events

    def _launch_frames(
        self,
        cores: Any,
        active: NDArray[np.uint64],
        spikes: NDArray[np.uint64],
        events: NDArray[np.int64],
    ) -> None:
        frames = len(active)
        spikes_there = self._cupy.empty(spikes.shape, np.uint64)
        events_there = self._cupy.zeros(events.shape, np.uint64)
        self._kernels["evaluate_frames"](
            (len(cores), -(-frames // cuda.FRAMES), self._blocks),
            (cuda.BLOCK,),
            (
                self._crossbars,
                self._crossbar,
                self._type_masks,
                self._types_used,
                self._types,
                self._neuron_type,
                self._needed,
                cores,
                self._to_device(active),
                spikes_there,
                events_there,
                np.int32(frames),
                np.int32(self.program.words),
                np.int32(self.program.neurons),
            ),
        )
        spikes_there.get(out=spikes)
        events_there.get(out=events.view(np.uint64))

"""Comparison of neurosyn with other simulators on the common workload: ``python -m benchmarks.run``.

Every simulator runs the same network in a separate process; the simulators take turns. Counts are asserted: those of
the plain loop equal neurosyn's, the spikes of the others differ by a few percent, as their models do. Times are only
reported, with the limits of the machine in the same run: ``results.json`` and a plot in docs/benchmarks, tables in
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import resource
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.network_file import network_file
from benchmarks.tables import write_page

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
PEERS = tomllib.loads((HERE / "peers.toml").read_text(encoding="utf-8"))
WARM_UP = 10
TOLERANCE = 0.05
"""Largest relative deviation of the spikes of other simulators."""

_NEUROSYN = (sys.executable, "-c", "from neurosyn.cli import main; main()")
_GB = 10**9
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
"""Threads that spin while they wait slow down every simulator on a busy machine, NEST tenfold."""


@dataclass
class Tool:
    """A simulator and its command.

    Attributes
    ----------
    name, title : str
    words : list of str
        The command, without the network; empty if it is not installed.
    largest : int
        Largest number of cores to run.
    reason : str
        Reason of that limit, or of the missing installation.
    """

    name: str
    title: str
    words: list[str] = field(default_factory=list)
    largest: int = sys.maxsize
    reason: str = ""

    def command(self, network: Path, cores: int, ticks: int) -> list[str]:
        """Return the command that measures `ticks` ticks after the warm-up."""
        if self.name.startswith("neurosyn"):
            return [*self.words, "--cores", str(cores), "--ticks", str(ticks + WARM_UP)]
        return [*self.words, str(network), "--ticks", str(ticks), "--warm-up", str(WARM_UP)]


def find_tools(environments: Path) -> list[Tool]:
    """Return all simulators; one that is not installed has a reason in place of a command."""
    bench = [*_NEUROSYN, "bench", "chip", "--repeats", "1", "--json", "--quiet", "--timing"]
    loop = [sys.executable, str(HERE / "peers" / "numba_loop.py")]
    tools = [
        Tool("neurosyn", "neurosyn, function", [*bench, "none"]),
        Tool("neurosyn_timed", "neurosyn, every packet timed", [*bench, "compiled"]),
        Tool("numba_loop", "plain Numba loop", loop),
    ]
    path = environments / "status.json"
    status = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, peer in PEERS.items():
        if peer.get("trains"):
            continue
        installed = status.get(name, {"reason": "not set up; run benchmarks/setup_peers.py"})
        if "reason" in installed:
            tools.append(Tool(name, peer["title"], reason=installed["reason"]))
            continue
        words = [installed["python"], str(HERE / "peers" / peer["script"])]
        tools.append(Tool(name, peer["title"], words, peer.get("largest", sys.maxsize), peer.get("because", "")))
    return tools


def measure(tool: Tool, network: Path, cores: int, ticks: int, memory_gb: float, timeout_s: float) -> dict[str, Any]:
    """Run a simulator once; return its results, or a reason why there are none."""
    if not tool.words or cores > tool.largest:
        return {"reason": tool.reason}

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (int(memory_gb * _GB), resource.RLIM_INFINITY))

    try:
        done = subprocess.run(
            tool.command(network, cores, ticks),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            preexec_fn=limit,
            env={**os.environ, **_ENVIRONMENT},
        )
    except subprocess.TimeoutExpired:
        return {"reason": f"not done after {timeout_s:.0f} s"}
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        killed = f"ended by signal {-done.returncode}" if done.returncode < 0 else f"exit code {done.returncode}"
        message = lines[-1].strip() if lines else killed
        out_of_memory = "MemoryError" in message or "bad_alloc" in message or "allocat" in message
        return {"reason": f"more than {memory_gb:g} GB of memory" if out_of_memory else message}
    out = done.stdout
    if tool.name.startswith("neurosyn"):
        return json.loads(out)
    return json.loads(out.splitlines()[-1])


def check_counts(results: dict[str, list[dict[str, Any]]], ticks: int) -> None:
    """Assert that the simulators have equal counts, as far as their models are equal."""
    ours = results["neurosyn"][0]
    timed = results.get("neurosyn_timed", [{"reason": ""}])[0]
    if "reason" not in timed:
        for name in ("spikes", "synaptic_events", "hops", "collisions"):
            assert timed[name] == ours[name], (name, timed[name], ours[name])
    loop = results["numba_loop"][0]
    for name, count in loop["from_tick_0"].items():
        assert count == ours[name], (name, count, ours[name])
    expected = loop["spikes_per_tick"]
    for name, runs in results.items():
        for run in runs:
            if "spikes_per_tick" in run:
                difference = abs(run["spikes_per_tick"] - expected) / expected
                assert difference < TOLERANCE, (name, run["spikes_per_tick"], expected, ticks)


def measure_limits() -> dict[str, Any]:
    """Return the results of ``neurosyn bench kernel`` on this machine."""
    done = subprocess.run([*_NEUROSYN, "bench", "kernel", "--json", "--quiet"], check=True, capture_output=True)
    return json.loads(done.stdout)


def machine() -> dict[str, Any]:
    """Return a description of the machine."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "model": model,
        "processors": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / _GB, 1),
        "python": platform.python_version(),
        "load_1min": round(os.getloadavg()[0], 2),
    }


def _load(run: dict[str, Any]) -> float | None:
    return run.get("load_1min", run.get("machine", {}).get("load_1min"))


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--cores", type=int, nargs="+", default=[64, 256, 1024, 4096])
    arguments.add_argument("--ticks", type=int, default=50, help="timed ticks; each neuron fires once in 50")
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these of the other simulators")
    arguments.add_argument("--environments", type=Path, default=HERE / ".venv")
    arguments.add_argument("--memory-gb", type=float, default=12.0, help="memory limit of a simulator")
    arguments.add_argument("--timeout-s", type=float, default=900.0)
    arguments.add_argument("--out", type=Path, default=DOCS)
    given = arguments.parse_args()

    tools = find_tools(given.environments)
    if given.only:
        tools = [tool for tool in tools if tool.name in {"neurosyn", "neurosyn_timed", "numba_loop", *given.only}]
    document: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "ticks": given.ticks,
        "repeats": given.repeats,
        "machine": machine(),
        "limits": measure_limits(),
        "tools": {tool.name: tool.title for tool in tools},
        "runs": {},
    }
    loads: list[float] = []
    for cores in given.cores:
        results: dict[str, list[dict[str, Any]]] = {tool.name: [] for tool in tools}
        with network_file(cores) as network:
            for repeat in range(given.repeats):
                for tool in tools:
                    # A simulator that failed once is not run again.
                    if results[tool.name] and "reason" in results[tool.name][-1]:
                        continue
                    run = measure(tool, network, cores, given.ticks, given.memory_gb, given.timeout_s)
                    results[tool.name].append(run)
                    shown = run.get("reason") or f"{run['ms_per_tick']:.4g} ms, {run['peak_rss_gb']:.2f} GB"
                    log(f"{cores:>5} cores, {repeat + 1} of {given.repeats}: {tool.title}: {shown}")
        check_counts(results, given.ticks)
        document["runs"][str(cores)] = results
        loads += [load for runs in results.values() for run in runs if (load := _load(run)) is not None]
        document["load_from"], document["load_to"] = min(loads), max(loads)
        write_page(document, given.out)


if __name__ == "__main__":
    main()

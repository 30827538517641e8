"""Runs whose every byte is kept as a checksum, so that a change of structure can prove that it changes no result.

``python tests/golden/golden.py`` compares the checkout with ``golden.json`` beside it; ``--write`` renews that file,
which is right only when a result is meant to change. All runs go through the command line, so that no module's place
matters.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KEPT = HERE / "golden.json"
PROGRAMS = ROOT / "tests" / "formats" / "data"
TIMINGS = ("none", "compiled", "simpy")

_PROBES = """extends = "{scenario}"
[simulate]
frames = 6
[[probes]]
kind = "raster"
layers = ["layer 15"]
[[probes]]
kind = "fault_injection"
dead_cores = 0.02
flipped_synapses = 0.0001
"""
_CHANGING = {"wall_s", "stand_in_because", "provenance", "program", "model", "out", "trace", "run", "files", "engine"}
"""Keys of a summary that depend on the machine, the folder or the hour."""


def neurosyn(*arguments: object, folder: Path) -> None:
    """Run one command with no data of the user's."""
    env = os.environ | {"NEUROSYN_DATA": str(folder / "data"), "PYTHONWARNINGS": "ignore"}
    (folder / "data").mkdir(exist_ok=True)
    command = [sys.executable, "-c", "from neurosyn.cli import main; main()", *map(str, arguments), "--quiet"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"neurosyn {' '.join(map(str, arguments))}: exit {done.returncode}: {done.stderr[-800:]}")


def _digest_arrays(arrays: dict[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update("\0".join(array.ravel()).encode() if array.dtype == object else array.tobytes())
    return digest.hexdigest()[:16]


def _digest_npz(path: Path) -> str:
    with np.load(path, allow_pickle=False) as arrays:
        return _digest_arrays({name: arrays[name] for name in arrays.files})


def _digest_table(path: Path) -> str:
    table = pq.read_table(path)
    return _digest_arrays({name: table[name].to_numpy() for name in table.column_names})


def _numbers(value: Any) -> Any:
    """Return a summary without what tells of the machine and the hour."""
    if isinstance(value, dict):
        return {key: _numbers(member) for key, member in value.items() if key not in _CHANGING}
    return [_numbers(member) for member in value] if isinstance(value, list) else value


def digests(run: Path) -> dict[str, str]:
    """Return a checksum for each result in a run folder."""
    found: dict[str, str] = {}
    for path in sorted(run.rglob("*")):
        name = str(path.relative_to(run))
        if path.suffix == ".parquet":
            found[name] = _digest_table(path)
        elif path.suffix == ".npz":
            found[name] = _digest_npz(path)
        elif path.name == "summary.json":
            text = json.dumps(_numbers(json.loads(path.read_text())), sort_keys=True)
            found[name] = hashlib.sha256(text.encode()).hexdigest()[:16]
        elif path.suffix in (".csv", ".sfro", ".sfcp"):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return found


def simulated(scenario: str, *settings: str) -> Callable[[Path], dict[str, str]]:
    """Return a case that simulates a shipped scenario's smoke profile with settings changed."""

    def play(folder: Path) -> dict[str, str]:
        changes = [part for setting in settings for part in ("--set", setting)]
        path = ROOT / "scenarios" / f"{scenario}.toml"
        neurosyn("simulate", path, "--profile", "smoke", "--out", folder / "run", *changes, folder=folder)
        return digests(folder / "run")

    return play


def raw(program: str, timing: str, *settings: str) -> Callable[[Path], dict[str, str]]:
    """Return a case that plays a raw program and records all of it."""

    def play(folder: Path) -> dict[str, str]:
        spikes = ["--spikes", PROGRAMS / f"{program}.sfti"] if (PROGRAMS / f"{program}.sfti").exists() else []
        changes = [part for setting in settings for part in ("--set", setting)]
        neurosyn(
            "run", PROGRAMS / f"{program}.json", *spikes, "--ticks", 24, "--timing", timing, *changes,
            "--out", folder / "out.csv", "--trace", folder / "trace", folder=folder,
        )  # fmt: skip
        return {"out.csv": hashlib.sha256((folder / "out.csv").read_bytes()).hexdigest()[:16]} | digests(
            folder / "trace"
        )

    return play


def probed(folder: Path) -> dict[str, str]:
    """Simulate a speech network with probes that watch and disturb it."""
    scenario = folder / "probed.toml"
    scenario.write_text(_PROBES.format(scenario=ROOT / "scenarios" / "vad.toml"), encoding="utf-8")
    neurosyn("simulate", scenario, "--out", folder / "run", folder=folder)
    return digests(folder / "run")


CASES: dict[str, Callable[[Path], dict[str, str]]] = {
    "svhn": simulated("svhn", "simulate.frames=20", "place.kind=row_major"),
    "svhn_board": simulated("svhn", "simulate.frames=3", "chip.chips=[2, 2]", "place.kind=space_filling"),
    "vad": simulated("vad"),
    "probes": probed,
    **{f"grid_{timing}": raw("grid", timing) for timing in TIMINGS},
    **{f"two_cores_{timing}": raw("two_cores", timing, "simulate.tick=20") for timing in TIMINGS},
}


def measure(name: str) -> dict[str, str]:
    """Play a case in a folder of its own and return its checksums."""
    with tempfile.TemporaryDirectory() as folder:
        return CASES[name](Path(folder))


def main() -> None:
    """Compare, or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew golden.json")
    parser.add_argument("cases", nargs="*", choices=[[], *CASES], help="cases; all if none is named")
    arguments = parser.parse_args()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    wrong = 0
    for name in arguments.cases or CASES:
        measured = measure(name)
        differing = sorted(key for key in measured.keys() | kept.get(name, {}).keys()
                           if measured.get(key) != kept.get(name, {}).get(key))  # fmt: skip
        wrong += bool(differing)
        print(f"{name}: {len(measured)} files, {'differing: ' + ', '.join(differing) if differing else 'equal'}")
        kept[name] = measured
    if arguments.write:
        KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    elif wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()

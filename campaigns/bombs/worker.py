"""A process that gives one reader its bombs, one after the other, and prints a line for each."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

from campaigns.bombs.makers import bombs_for
from campaigns.fuzz.readers import READERS, case_folder
from neurosyn.errors import NeurosynError

__all__ = ["main", "read_bomb"]


def _memory_kib(field: str) -> int:
    """Return a line of the kernel's account of this process, in KiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def read_bomb(specimens: Path, scratch: Path, name: str, kind: str) -> dict[str, object]:
    """Let a reader read a bomb; return how that ended, its time and its memory above what was in use before."""
    reader = READERS[name]
    content = (specimens / reader.file).read_bytes()
    with case_folder(specimens, scratch / "whole", reader, content) as folder:
        reader.read(folder)
    outcome: dict[str, object] = {"reader": name, "kind": kind, "outcome": "read"}
    with case_folder(specimens, scratch / "bomb", reader, content) as folder:
        _make(reader.file, folder, kind, text=reader.text)
        # The peak so far is that of making the bomb.
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        baseline, begun = _memory_kib("VmRSS"), time.process_time()
        try:
            reader.read(folder)
        except NeurosynError as error:
            outcome |= {"outcome": "refused" if error.exit_code != 1 else "foreign", "message": str(error)[:200]}
        except Exception as error:
            outcome |= {"outcome": "foreign", "message": f"{type(error).__name__}: {error}"[:200]}
        outcome["s"] = round(time.process_time() - begun, 2)
    outcome |= {"baseline_mb": baseline * 1024 // 10**6}
    return outcome | {"mb": max(0, _memory_kib("VmHWM") - baseline) * 1024 // 10**6}


def _make(file: str, folder: Path, kind: str, *, text: bool) -> None:
    bombs_for(file, text=text)[kind](folder / file)


def main(specimens: str, name: str, *kinds: str) -> None:
    """Read the bombs of a reader; print an outcome for each, and before it which begins."""
    warnings.simplefilter("ignore")
    # A reader without bounds would take the machine's memory.
    resource.setrlimit(resource.RLIMIT_DATA, (6 << 30, 6 << 30))
    with tempfile.TemporaryDirectory() as scratch:
        for kind in kinds:
            print(json.dumps({"begin": kind}), flush=True)
            print(json.dumps(read_bomb(Path(specimens), Path(scratch), name, kind)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Set-up of an environment for each of the other simulators: ``python benchmarks/setup_peers.py [NAME …]``.

A simulator that cannot be installed is skipped; ``status.json`` beside the environments has the reason.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

HERE = Path(__file__).parent
PEERS = tomllib.loads((HERE / "peers.toml").read_text(encoding="utf-8"))
ENVIRONMENTS = HERE / ".venv"

_IMPORT = "import importlib, importlib.metadata as m; importlib.import_module({0!r}); print(m.version({1!r}))"


def set_up(name: str, folder: Path) -> dict[str, str]:
    """Make one environment; return its Python and the version, or the reason of the failure."""
    peer = PEERS[name]
    python = folder / name / "bin" / "python"
    try:
        if not python.exists():
            venv.create(folder / name, with_pip=True)
        _run(python, "-m", "pip", "install", "--quiet", *peer["packages"])
        version = _run(python, "-c", _IMPORT.format(peer["module"], peer["packages"][0])).splitlines()[-1]
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if line.strip()]
        return {"reason": lines[-1] if lines else f"exit code {error.returncode}"}
    except OSError as error:
        return {"reason": str(error)}
    return {"python": str(python), "version": version}


def _run(*words: str | Path) -> str:
    done = subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)
    return done.stdout


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(PEERS)}; all by default")
    arguments.add_argument("--into", type=Path, default=ENVIRONMENTS, help="folder of the environments")
    given = arguments.parse_args()
    unknown = set(given.names) - set(PEERS)
    if unknown:
        arguments.error(f"no such simulator: {', '.join(sorted(unknown))}")
    folder = given.into.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "status.json"
    status = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in given.names or PEERS:
        status[name] = set_up(name, folder)
        print(name, status[name].get("version") or f"skipped: {status[name]['reason']}", file=sys.stderr)
        path.write_text(json.dumps(status, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

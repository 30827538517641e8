"""Results of a campaign: a file of JSON lines, to which every run of the campaign appends."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

__all__ = ["Results"]

_ROOT = Path(__file__).parents[1]


class Results:
    """Results that are kept as they come; a campaign that is run again goes on after them.

    Parameters
    ----------
    path
        The file; made with the first result.

    Attributes
    ----------
    records : list of dict
        All results, those of earlier runs first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._commit = _commit()
        self.records: list[dict[str, Any]] = []
        if not path.exists():
            return
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            try:
                self.records.append(json.loads(line))
            except ValueError:
                if number < len(lines):
                    raise
                # A killed campaign leaves its last line cut short; it is written again.
                path.write_text("".join(f"{whole}\n" for whole in lines[:-1]), encoding="utf-8")

    def add(self, **record: Any) -> None:
        """Append a result, with the commit of the code and the date."""
        record |= {"commit": self._commit, "date": time.strftime("%Y-%m-%d")}
        self.records.append(record)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")

    def of(self, **values: Any) -> list[dict[str, Any]]:
        """Return the results that have all of these values."""
        return [record for record in self.records if values.items() <= record.items()]


def _commit() -> str:
    """Return the commit of the checkout, with ``+`` if files differ from it; "" without Git."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=7", "--exclude=*", "--dirty=+"],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return described.stdout.strip()

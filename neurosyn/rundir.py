"""The run folder: one file for each arrow between the stages, and a record of what is up to date."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import neurosyn
from neurosyn.errors import DataError
from neurosyn.files import sha256_file, write_json
from neurosyn.provenance import code_digest

__all__ = ["RunFolder"]

_RECORD = "stages.json"


class RunFolder:
    """A folder with the outputs of each stage of a run.

    A stage is up to date when its key (a hash of everything that decides its outcome) is the recorded one and its
    output files still have the recorded contents.

    Parameters
    ----------
    path
        The folder; made when the first file is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._record: dict[str, Any] = {}
        try:
            record = json.loads((path / _RECORD).read_text(encoding="utf-8"))
            if isinstance(record, dict):
                self._record = record
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            raise DataError(
                f"{path / _RECORD}: cannot be read ({error}); remove the run folder or choose another"
            ) from error

    model = property(lambda self: self.path / "model.safetensors")
    program = property(lambda self: self.path / "program.npz")
    placement = property(lambda self: self.path / "placement.npz")
    outputs = property(lambda self: self.path / "outputs.npz")
    trace = property(lambda self: self.path / "trace")
    summary = property(lambda self: self.path / "summary.json")
    report = property(lambda self: self.path / "report.html")
    checkpoints = property(lambda self: self.path / "checkpoints")

    @staticmethod
    def key(stage: str, *parts: Any, code: bool = True) -> str:
        """Return the key of a stage from everything that decides its outcome.

        The source code counts too unless `code` is False: training takes too long to be repeated for any change.
        """
        content = json.dumps(
            [stage, code_digest() if code else neurosyn.__version__, *parts], sort_keys=True, default=str
        )
        return hashlib.sha256(content.encode()).hexdigest()

    def up_to_date(self, stage: str, key: str) -> bool:
        """Whether `stage` was finished with this key and its files are unchanged."""
        entry = self._record.get(stage)
        if not isinstance(entry, dict) or entry.get("key") != key:
            return False
        outputs = entry.get("outputs", {})
        return all(
            (self.path / name).is_file() and sha256_file(self.path / name) == digest for name, digest in outputs.items()
        )

    def done(self, stage: str, key: str, outputs: list[Path]) -> None:
        """Record that `stage` is finished; a folder among the outputs stands for all its files."""
        files = [
            file
            for path in outputs
            for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
            if file.is_file()
        ]
        self._record[stage] = {
            "key": key,
            "outputs": {str(file.relative_to(self.path)): sha256_file(file) for file in files},
        }
        write_json(self.path / _RECORD, self._record)

    def forget(self, stage: str) -> None:
        """Drop the record of a stage whose files are about to be replaced."""
        if self._record.pop(stage, None) is not None:
            write_json(self.path / _RECORD, self._record)

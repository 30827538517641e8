"""``neurosyn merge``: shards that were done apart, joined to a run or a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosyn.cli.output import print_json
from neurosyn.cli.parameters import Json, Out, Quiet

__all__ = ["merge"]

Folders = Annotated[
    list[Path],
    typer.Argument(metavar="FOLDER...", help="Folders of `simulate --shard` or `sweep --shard`.", show_default=False),
]


def merge(folders: Folders, out: Out = None, json: Json = False, quiet: Quiet = False) -> None:
    """Join the shards of a run or a sweep: the files are those of the command without --shard.

    The result goes to --out, by default to the first folder. Parts stay where they are; `neurosyn runs clean` removes
    them.
    """
    from neurosyn.run.sharded_stages import ShardedStages
    from neurosyn.run.sweep_shards import is_sweep, merge_sweep

    target = out or folders[0]
    if is_sweep(folders[0]):
        from neurosyn.cli.tables import print_sweep

        sweep = merge_sweep(folders, target)
        if json:
            analysis = sweep.compare()
            print_json(sweep.document | {"comparison": None if analysis is None else analysis.to_dict()})
        else:
            print_sweep(sweep.design_space(), list(sweep.document["over"]))
            typer.echo(f"Sweep folder: {target}; its tables are sweep.csv and report.html there")
        return
    stages = ShardedStages.of_shards(folders, target)
    with stages.progress(quiet=quiet) as progress:
        summary = stages.merge(progress, folders)
    if json:
        print_json(summary)
    else:
        from neurosyn.report.text import print_summary

        print_summary(summary)

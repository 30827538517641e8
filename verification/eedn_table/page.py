"""Page with the table and its explanation, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from neurosyn.support.formatting import MISSING, count, counted, like_whole, number, percent
from verification.eedn_table.published import PUBLISHED, Published
from verification.eedn_table.row import ModelRow, ordered

__all__ = ["PLOT", "markdown_table", "page"]

PLOT = "accuracy_energy.png"
"""Name of the plot, in the folder ``eedn_table`` beside the page."""
_PAPER = "Esser et al. 2016"
_TITLE = """\
# The table of the paper

Eight tasks, each with the one-chip network that ships with neurosyn, simulated core by core and packet by packet on its
test set, beside the row of Esser et al. 2016 (*Convolutional networks for fast, energy-efficient neuromorphic
computing*, PNAS 113:11441). The page is written by

```sh
python -m verification.eedn_table
```

from a clone, with the real data sets if the data folder (`NEUROSYN_DATA`) has them. Finished rows are kept: the same
command continues after an interruption, and adds new rows. `--only NAME` simulates one model, `--frames 50` gives a
quick preview.
"""
_HEAD = (
    "task",
    "data",
    "accuracy, trained",
    "accuracy, on the chip",
    "frames that differ",
    "cores",
    "frames/s",
    "mW",
    "µJ/frame",
    "frames/s/W",
    "zero weights",
    "fan-in",
)
_POWER_HEAD = (
    "model",
    "mW",
    "leakage",
    "row reads",
    "synaptic",
    "network",
    "in and out",
    "frames/s limited by",
    "timed",
)
_WHY_HEAD = (
    "model",
    "neurons that spike in a tick",
    "the paper's power would mean",
    "mW at the paper's frames/s",
    "the paper's mW",
)
_LEGEND = """\
**A stand-in is another data set for the same kind of task. Its accuracy shows how well a network learns and runs here
and cannot be compared with the published one.** *Copy*: the real images, but not in the published form. *Frames that
differ*: an output spike of the chip is not the trained network's. *Zero weights* and *fan-in* (number of non-zero
weights of a neuron with 128 inputs) count every neuron on the chip once; a published fragment of IBM's deployed network
has 45–47 % and 68–70. The paper's accuracy and rate were measured on one board, its power on another.
"""
_POWER_LEGEND = """\
*Limited by*: the part that would be late or overrun with a shorter tick. The tick suits the busiest of the timed
frames; more timed frames can only make it longer.
"""
_REASONS = """\
## Why the numbers differ

No row is tuned separately. Every row uses the scenario's chip at 1.0 V with the same assumed times (each is an option,
listed in every report), the same placer and the same energy model, which [verification.md](verification.md) compares
with the published power of a whole chip.

- **Activity.** In training a filter spikes in about half of the ticks in the mean; the compiler puts its complement on
  the chip where that spikes less often. The table below gives the share of neurons that spike there, and the share
  that would give the paper's power at the paper's rate in this energy model: leakage and row reads per core are as
  simulated, and the rest of the paper's power is divided by the energy of the simulated spikes. Networks that spike
  less also send fewer packets, which shortens the tick if a port or a link limits it. The option `train.sparsity`
  trains for fewer spikes.
- **Frame rate.** All energy but leakage is per frame, so power rises with the rate. The last two columns compare the
  simulated frames, at the paper's rate, with the paper's power.
- **Tick.** The simulated tick is the shortest in which no packet is late and no core overruns, over all events of the
  timed frames. The paper's rates were measured; they vary from 1,249 to 2,526 frames/s for one network, so they depend
  on weights and data, as the simulated ones do. The times of a router, a port and a core are assumed where nothing is
  published.
- **Cores.** The mapping rules are IBM's as far as they are published, and the one-chip network takes exactly the
  paper's cores. The networks for speech are designed for this project, with sizes near the paper's.
- **Accuracy.** Training took minutes to hours on two processors. Stand-ins are easier or harder than the data that they
  replace.
- **Not counted**, as in the paper: the conversion of images into spikes before the chip.
"""


def page(rows: Iterable[ModelRow], missing: Mapping[str, str]) -> str:
    """Return the page in Markdown.

    Parameters
    ----------
    rows
        Rows of the table.
    missing
        Models without a row by name, with the reason.
    """
    rows = ordered(rows)
    parts = [_TITLE, f"![Accuracy against energy per frame](eedn_table/{PLOT})\n", _main_table(rows), _LEGEND]
    if rows:
        parts += ["## Power, and what limits the rate\n", _power_table(rows), _POWER_LEGEND, _REASONS, _why_table(rows)]
    parts += [_missing(rows, missing), _taken(rows)]
    return "\n".join(part for part in parts if part)


def _main_table(rows: Sequence[ModelRow]) -> str:
    body = []
    for task, paper in PUBLISHED.items():
        body.append(_published_cells(paper))
        body += [_cells(row) for row in rows if row.task == task]
    body += [_cells(row) for row in rows if row.published is None]
    return markdown_table(_HEAD, body, left=2)


def _published_cells(paper: Published) -> tuple[str, ...]:
    accuracy = f"{paper.accuracy:.2f} %"
    speed = (count(paper.frames_per_second), f"{paper.power_mw:.1f}", number(paper.energy_uj))
    last = (count(paper.frames_per_second_per_watt), MISSING, MISSING)
    return (f"**{paper.title}**", f"*{_PAPER}*", MISSING, accuracy, MISSING, count(paper.cores), *speed, *last)


def _cells(row: ModelRow) -> tuple[str, ...]:
    """Return the cells of a row; accuracies on data other than the official ones are marked."""
    # Some names of data sets already contain the kind.
    what = row.dataset if row.kind == "official" or row.kind in row.dataset.lower() else f"{row.dataset} ({row.kind})"
    word = "" if row.kind == "official" else f" ({row.kind})"
    frames = counted(row.frames, "frame") if row.all_frames else f"only {count(row.frames)} of the test frames"
    return (
        row.name,
        f"{what}, {frames}",
        percent(row.trained) + word,
        percent(row.on_chip) + word,
        count(row.mismatched),
        count(row.cores),
        count(row.frames_per_second),
        f"{row.power_mw['total']:.1f}",
        number(row.energy_uj),
        count(row.frames_per_second_per_watt),
        percent(row.zero_weights, 1),
        number(row.fan_in, 3),
    )


def _power_table(rows: Sequence[ModelRow]) -> str:
    body = []
    for row in rows:
        power = row.power_mw
        parts = [like_whole(power[part], power["total"]) for part in ("leakage", "memory", "synaptic", "network", "io")]
        limit = (row.limited_by, counted(row.timed_frames, "frame"))
        body.append((row.name, like_whole(power["total"], power["total"]), *parts, *limit))
    return markdown_table(_POWER_HEAD, body)


def _why_table(rows: Sequence[ModelRow]) -> str:
    body = []
    for row in rows:
        paper = row.published
        if paper is not None:
            at_rate = f"{row.power_at(paper.frames_per_second):.1f}"
            implied = percent(row.activity_of_published(), 0)
            body.append((row.name, percent(row.activity, 0), implied, at_rate, f"{paper.power_mw:.1f}"))
    return markdown_table(_WHY_HEAD, body) if body else ""


def _missing(rows: Sequence[ModelRow], missing: Mapping[str, str]) -> str:
    taken = {row.task for row in rows}
    lines = [f"- {name}: {' '.join(why.split())}" for name, why in missing.items()]
    lines += [f"- {paper.title}: no model is in the table" for task, paper in PUBLISHED.items() if task not in taken]
    return "\n".join(["## Not in the table", "", *lines, ""]) if lines else ""


def _taken(rows: Sequence[ModelRow]) -> str:
    if not rows:
        return ""
    days, versions = sorted({row.taken for row in rows}), sorted({row.neurosyn for row in rows})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"Taken on {when} with neurosyn {', '.join(versions)}; [the same as JSON](eedn_table/rows.json).\n"


def markdown_table(head: Sequence[str], body: Iterable[Sequence[str]], left: int = 1, last: int = 0) -> str:
    """Return a table: the first `left` columns and the `last` ones are aligned to the left, the others to the right."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * left + "---:|" * (len(head) - left - last) + "---|" * last]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" for cells in body]
    return "\n".join(lines) + "\n"

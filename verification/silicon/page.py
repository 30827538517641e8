"""Page of the predictions, in Markdown."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence

from neurosyn.chip.energy import EnergyModel, Events
from neurosyn.chip.options import ChipOptions
from neurosyn.support.formatting import count, number, percent
from verification.eedn_table.page import markdown_table
from verification.silicon.fit import HANDSHAKE_PS, Activity, Fit, TaskLoads, log_rms, mean_tick_us
from verification.silicon.measured import LoadsFile
from verification.silicon.published import CARS, LONGEST_EVENT_PS, STEREO_TICK_PS
from verification.silicon.rows import Row, close_count, events_in_tick, packets_in_tick

__all__ = ["FIT_PLOT", "RATIO_PLOT", "page"]

FIT_PLOT, RATIO_PLOT = "fit.png", "ratios.png"
"""Names of the plots, in the folder ``silicon`` beside the page."""

_TITLE = """\
# Published silicon, predicted

What the model predicts for the chips, boards and networks whose rates and powers were published, row by row, with one
setting for all: 1.0 V unless a row says otherwise, the default times, nothing tuned by row. The page is written by

```sh
python -m verification.silicon
```

from a clone. The loads of the shipped models are kept in [a file](silicon/loads.json), so a second run takes seconds;
models that have changed are measured again, with the data sets of the data folder (`NEUROSYN_DATA`). `--boards`
measures the networks on several chips, `--event-time 14320` predicts with another time of a synaptic event.
"""
_ACTIVITY = """\
*Measured*: our network for the task, as its neurons spike on test frames. *Matched*: the same network with all spikes,
synaptic events and packets multiplied by one factor, so that the energy model gives the published power at the
published rate; a core has no more events than synapses. The paper states no activity; matched rows use its power to
predict its rate, so their two ratios are not independent. A reason is given where a ratio is not within 25 % of 1.
"""
_UNDECIDED = """\
## What the data cannot decide

- **Activity and time are one product.** A core's share of a tick is events × time. With the rate alone, half the
  activity and twice the time are the same prediction. The power separates them only as far as the energy model is
  right: its ±8.5 % of the power are {uncertainty} of what spikes consume in these rows.
{mean}
- **A core or a port.** Where the host's port or a link between chips sets the tick, the time of a synaptic event has no
  effect, and a slower port would explain a slow row as well. The rates of the boards' host links are not published.
- **Our networks for speech are not the paper's.** Its layer lists are not published, so the rows of VAD and TIMIT
  compare networks of about equal size.
- **Nothing published states the time.** For a longer one than the handshake: the published operating point of 200 Hz
  and 256 synapses in a tick of 1 ms allows up to {longest} ns [D], and with {handshake} ns every published rate, if a
  core set it, would need more events than the cores of our networks have synapses. Against it: {handshake} ns is a
  published interval of the same family of circuits, with which a fully connected, fully active core fits 1 ms. It
  remains one option away: `--set chip.synaptic_event_time_ps={handshake_ps}`.
"""


def page(tasks: Sequence[TaskLoads], fits: Sequence[Fit], rows: Sequence[Row], loads: LoadsFile, event_ps: int) -> str:
    """Return the page.

    Parameters
    ----------
    tasks
        Tasks of the paper with the loads of our networks.
    fits
        Fits with measured and matched activity; empty with fewer than two tasks.
    rows
        All predicted rows.
    loads
        The loads, for dates and models.
    event_ps
        Time of a synaptic event of the predictions.
    """
    parts = [_TITLE, f"![Predicted over published values](silicon/{RATIO_PLOT})\n", _summary(rows, event_ps)]
    parts += ["## Row by row\n", _ACTIVITY, _rows_table(rows)]
    if not loads.boards:
        parts.append("The networks on several chips have not been measured; `--boards` does.\n")
    if fits:
        parts += [_fit_section(tasks, fits, event_ps), _undecided(tasks, fits)]
    parts += [_check(tasks), _bounds(event_ps), _taken(loads)]
    return "\n".join(part for part in parts if part)


def _summary(rows: Sequence[Row], event_ps: int) -> str:
    tasks = len({row.system for row in rows if row.activity == "measured"})
    close = [close_count([row for row in rows if "chips" not in row.system], a) for a in ("measured", "matched")]
    return (
        _wrapped(
            f"With {event_ps / 1e3:.4g} ns for a synaptic event, rate and power are both within 25 % of the published "
            f"ones for {close[0]} of the {tasks} networks of one chip as our networks spike, and for {close[1]} with "
            "spikes matched to the published power."
        )
        + "\n"
    )


def _rows_table(rows: Iterable[Row]) -> str:
    head = (
        "system",
        "quantity",
        "activity",
        "predicted",
        "published",
        "ratio",
        "sets it, and why it differs",
        "source",
    )
    body = [
        (
            row.system,
            f"{row.quantity}, {row.unit}",
            row.activity,
            number(row.predicted, 4),
            number(row.published, 4),
            f"{row.ratio:.2f}",
            row.reason,
            row.source,
        )
        for row in rows
    ]
    return markdown_table(head, body, left=3, last=2)


def _fit_section(tasks: Sequence[TaskLoads], fits: Sequence[Fit], event_ps: int) -> str:
    head = ("activity", "fitted time", "RMS of ln ratio", "each row left out", "5 % worse from … to")
    body = [
        (
            fit.activity,
            f"{fit.event_ps / 1e3:.1f} ns",
            f"{fit.rms:.2f}",
            f"{min(fit.left_out_ps) / 1e3:.1f} … {max(fit.left_out_ps) / 1e3:.1f} ns, RMS {fit.left_out_rms:.2f}",
            f"{fit.flat_ps[0] / 1e3:.0f} … {fit.flat_ps[1] / 1e3:.0f} ns",
        )
        for fit in fits
    ]
    times = dict.fromkeys((HANDSHAKE_PS, *sorted({fit.event_ps for fit in fits} | {event_ps}), LONGEST_EVENT_PS))
    compared = [
        (
            f"{ps / 1e3:.4g} ns{_name(ps, fits, event_ps)}",
            *(cell for a in _ACTIVITIES for cell in _spread(tasks, ps, a)),
        )
        for ps in times
    ]
    return "\n".join(
        [
            "## One time of a synaptic event, fitted to all rows\n",
            _wrapped(
                "The fit takes the time with the least squares of ln(predicted ÷ published rate) over the rows of the "
                "paper. [D] The other times are the defaults. The default of `chip.synaptic_event_time_ps` is the fit "
                "with measured activity, rounded. The same networks with filters as trained, without complements, "
                "spike in 47 % of the ticks; they gave 36 ns measured and 53 ns matched. Nothing published tells "
                "which of the two the paper's networks resemble, so the time is known to be between 36 and 53 ns "
                "only as far as they resemble ours."
            )
            + "\n",
            f"![Spread of the residuals, and the residuals](silicon/{FIT_PLOT})\n",
            markdown_table(head, body),
            "How well each time predicts (root mean square of ln ratio, and rows within 25 %):\n",
            markdown_table(
                ("time", "rate, measured", "power, measured", "both within 25 %", "rate, matched", "power, matched",
                 "both within 25 %"),
                compared,
            ),
            _residuals(tasks, event_ps),
        ]
    )  # fmt: skip


_ACTIVITIES: tuple[Activity, ...] = ("measured", "matched")


def _name(ps: int, fits: Sequence[Fit], event_ps: int) -> str:
    names = [f"fit, {fit.activity}" for fit in fits if fit.event_ps == ps]
    names += ["handshake [P]"] * (ps == HANDSHAKE_PS) + ["longest allowed [D]"] * (ps == LONGEST_EVENT_PS)
    names += ["of this page"] * (ps == event_ps)
    return f" ({', '.join(names)})" if names else ""


def _spread(tasks: Sequence[TaskLoads], ps: int, activity: Activity) -> tuple[str, str, str]:
    close = sum(
        all(abs(ratio - 1) <= 0.25 for ratio in (task.rate_ratio(ps, activity), task.power_ratio(ps, activity)))
        for task in tasks
    )
    rate = log_rms(tasks, lambda task: task.rate_ratio(ps, activity))
    power = log_rms(tasks, lambda task: task.power_ratio(ps, activity))
    return f"{rate:.2f}", f"{power:.2f}", f"{close} of {len(tasks)}"


def _residuals(tasks: Sequence[TaskLoads], event_ps: int) -> str:
    head = (
        "task", "model", "neurons that spike", "the paper's power means", "events of the busiest core",
        "time that its rate implies, measured", "matched", "ln ratio, measured", "matched",
    )  # fmt: skip
    body = [
        (
            task.paper.title,
            task.model,
            percent(task.loads.activity, 0),
            percent(task.matched_scale * task.loads.activity, 0),
            count(task.loads.busiest_events()),
            *(f"{task.implied_event_ps(activity) / 1e3:.0f} ns" for activity in _ACTIVITIES),
            *(f"{math.log(task.rate_ratio(event_ps, activity)):+.2f}" for activity in _ACTIVITIES),
        )
        for task in tasks
    ]
    return "Residuals of the rates, and the time with which a core alone would take the published tick:\n\n" + (
        markdown_table(head, body, left=2)
    )


def _undecided(tasks: Sequence[TaskLoads], fits: Sequence[Fit]) -> str:
    tick_us, spread = mean_tick_us(tasks)
    best = min(fits, key=lambda fit: fit.rms)
    verdict = "less than" if spread < best.rms else "not less than"
    mean = (
        "- **The rates alone do not show that events matter.** "
        f"One tick of {tick_us:.0f} µs for all rows leaves an RMS of {spread:.2f}, {verdict} the better fit "
        f"({best.rms:.2f}, {best.activity} activity). The fit sets the scale; that a row with more events is a slower "
        "row is the model's statement, and these eight rates neither show nor refute it."
    )
    shares = [
        0.085 * task.paper.power_mw / (task.paper.power_mw - share * idle)
        for task in tasks
        for share in [task.paper.cores / task.loads.cores]
        for idle in [task.loads.power_mw(1e12 / task.paper.frames_per_second, 0.0)]
    ]
    text = _UNDECIDED.replace("{uncertainty}", f"{100 * min(shares):.0f} to {100 * max(shares):.0f} %")
    text = text.replace("{mean}", _wrapped(mean, "  ")).replace("{longest}", f"{LONGEST_EVENT_PS / 1e3:.1f}")
    return text.replace("{handshake}", f"{HANDSHAKE_PS / 1e3:.2f}").replace("{handshake_ps}", str(HANDSHAKE_PS))


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _check(tasks: Sequence[TaskLoads]) -> str:
    errors = []
    for task in tasks:
        loads = task.loads
        if loads.timed_tick_ps is not None and loads.synaptic_event_time_ps is not None:
            limit = loads.limit(ChipOptions(synaptic_event_time_ps=loads.synaptic_event_time_ps))
            errors.append(limit.tick_ps / loads.timed_tick_ps - 1)
    if not errors:
        return ""
    return (
        "## How the ticks are computed\n\n"
        + _wrapped(
            "From counts: the scan of the busiest core and the packets of the busiest port or link, whichever takes "
            "longer. Every packet of the same frames was timed as well; ticks from counts differ from the timed ones "
            f"by {100 * min(errors):+.2f} to {100 * max(errors):+.2f} %. Networks on several chips were counted only."
        )
        + "\n"
    )


def _bounds(event_ps: int) -> str:
    events, packets = events_in_tick(STEREO_TICK_PS, event_ps), packets_in_tick(CARS.tick_ps)
    port_ns = ChipOptions().edge_cycle_ps / 1e3
    low, high = sorted(CARS.power_w)
    rest = {
        volts: watts - EnergyModel(volts).power_mw(Events(1), CARS.chips * 4096, CARS.tick_ps).total * 1e-3
        for volts, watts in CARS.power_w.items()
    }
    parts = (
        f"- **Stereo vision** (Andreopoulos et al. 2018 [S]): up to 2,000 maps/s, so a tick of 0.5 ms. [D] At "
        f"{event_ps / 1e3:.4g} ns a core then has at most {count(events)} synaptic events in a tick.",
        "- **Counting cars** (Shukla et al. 2019 [S]): 16 chips with a tick of 1.75 ms *because of the routing between "
        f"chips*. At {port_ns:.0f} ns per packet that is {count(packets)} packets on the busiest link between two "
        "chips in a tick; the ticks of our networks on four and eight chips are set by these links, too, with loads of "
        "the same order. The network is not published, so the tick cannot be predicted. The power that leakage and row "
        "reads of all cores "
        f"leave is {rest[high]:.2f} W at {high:g} V and {rest[low]:.2f} W at {low:g} V: it grows as the voltage falls, "
        "which no model of switching energy gives, so the two published powers do not describe the same activity or "
        "contain something that is not on the chips.",
        "- **Gestures** (Amir et al. 2017 [S]): the power at rest, 134.3 mW, is predicted by leakage and row reads "
        "alone, with a number of cores that is known from memory only. [M]",
    )
    return "\n".join(["## Systems of which less is known\n", *(_wrapped(part, "  ") for part in parts), ""])


def _taken(loads: LoadsFile) -> str:
    days = sorted({row.taken for row in loads.models.values()} | {row.taken for row in loads.boards.values()})
    if not days:
        return ""
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    models = ", ".join(f"{row.name} ({row.model_sha256[:8]})" for row in loads.models.values())
    return _wrapped(f"Loads taken on {when}. Models, with the first digits of their checksums: {models}.") + "\n"

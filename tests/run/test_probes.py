"""ProbeDispatcher that a scenario names: found, set to work, written, and never the end of a run."""

import json
import tomllib

import numpy as np
import pyarrow.parquet as pq
import pytest

from neurosyn.engine.probes.dispatch import ProbeWarning
from neurosyn.errors import ScenarioError
from neurosyn.scenario.scenario import load_scenario
from neurosyn.scenario.schema import scenario_schema
from tests.runs import simulate_scenario

_OTHER = ("probes", "provenance", "engine", "run")

BROKEN = '''
from dataclasses import replace
import numpy as np
from neurosyn.engine.probes.plugin import Disturbance, ProbePlugin
from neurosyn.registry import plugin

@plugin("probes", "raises")
class Raises(ProbePlugin):
    """Raises where its option says."""

    at: str

    def started(self, info):
        self._fail("started")

    def tick(self, columns):
        self._fail("tick")

    def finished(self):
        self._fail("finished")

    def disturb(self, program, seed):
        self._fail("disturb")

    def results(self):
        self._fail("results")
        return {"at": self.at}

    def tables(self):
        self._fail("tables")
        return {}

    def _fail(self, here):
        if here == self.at:
            raise ZeroDivisionError("as asked")

@plugin("probes", "returns")
class Returns(ProbePlugin):
    """Returns nonsense."""

    what: str

    def disturb(self, program, seed):
        if self.what == "bare program":
            return program
        if self.what == "silent change":
            return Disturbance(replace(program, about={}), ())

    def results(self):
        return {"nan": {"nan": float("nan")}, "set": {"set": {1}}}.get(self.what, {"x": np.int64(3)})

    def tables(self):
        bad = {"a": np.zeros(2), "b": np.zeros(3)}
        return {"ragged": bad} if self.what == "ragged" else {"../out": {}} if self.what == "path" else {}
'''


@pytest.fixture
def simulate(tiny, tiny_run, tmp_path):
    """Simulate the tiny scenario, which is trained, with probes."""

    def run(*probes, plugins=(), overrides=(), folder=tiny_run):
        path = tmp_path / "probed.toml"
        tables = "".join(f"\n[[probes]]\n{probe}\n" for probe in probes)
        names = json.dumps([str(name) for name in plugins])
        path.write_text(f'extends = "{tiny}"\nplugins = {names}\n{tables}', encoding="utf-8")
        return simulate_scenario(path, folder, *overrides)

    return run


def test_results_and_tables_land_in_the_run_folder_and_the_summary_alike_in_every_timing(simulate, tiny_run):
    tables = {}
    for timing in ("none", "simpy", "compiled"):
        summary = simulate(
            'kind = "counter"',
            'kind = "raster"\nname = "first"\nlimit = 40',
            overrides=[f"simulate.timing={timing}", "simulate.timed_frames=3"],
        )
        tables[timing] = pq.read_table(tiny_run / "probes" / "first" / "spikes.parquet")
    counter, raster = summary["probes"]
    assert (counter["name"], counter["kind"], counter["error"]) == ("counter", "counter", None)
    table = pq.read_table(tiny_run / "probes" / counter["files"][1]).to_pydict()
    assert sum(sum(table[layer]) for layer in table if layer != "tick") == counter["results"]["spikes"] > 0
    assert len(table["tick"]) == counter["results"]["ticks"]
    assert json.loads((tiny_run / "probes" / "counter" / "results.json").read_text()) == counter["results"]
    assert raster["results"]["spikes"] == 40
    assert raster["results"]["spikes"] + raster["results"]["not_kept"] == counter["results"]["spikes"]
    page = (tiny_run / "report.html").read_text(encoding="utf-8")
    assert "<h3>counter</h3>" in page
    assert f'<th scope="row">spikes</th><td class="num">{counter["results"]["spikes"]:,}</td>' in page
    assert "deviations" not in summary
    assert tables["none"].equals(tables["simpy"])
    assert tables["compiled"].equals(tables["simpy"])


def test_probes_change_nothing_else_and_an_unprobed_run_forgets_theirs(simulate, tiny_run):
    def numbers(summary):
        return {key: value for key, value in summary.items() if key not in _OTHER}

    plain = simulate()
    probed = simulate('kind = "counter"', 'kind = "raster"')
    assert numbers(probed) == numbers(plain)
    simulate()
    assert not (tiny_run / "probes").exists()


HOOKS = ("started", "tick", "finished", "disturb", "results", "tables")
NONSENSE = {
    "bare program": "it returned Program, not a Disturbance or None",
    "silent change": "it changed the program and does not say how",
    "nan": "not JSON compliant",
    "set": "results hold a set",
    "ragged": "the columns of table ragged are not of one length: a (2,), b (3,)",
    "path": "'../out' is not a name for a table",
}


def test_probes_that_raise_or_return_nonsense_are_warnings_with_their_names_and_the_run_goes_on(simulate, tmp_path):
    file = tmp_path / "broken.py"
    file.write_text(BROKEN, encoding="utf-8")
    raising = [f'kind = "raises"\nname = "in_{hook}"\nat = "{hook}"' for hook in HOOKS]
    returning = [f'kind = "returns"\nname = "x{n}"\nwhat = "{what}"' for n, what in enumerate(NONSENSE)]
    with pytest.warns(ProbeWarning) as caught:
        summary = simulate(*raising, *returning, 'kind = "counter"', plugins=[file])
    *bad, counter = summary["probes"]
    said = [str(warning.message) for warning in caught]
    assert len(said) == len(HOOKS) + len(NONSENSE)
    for hook, probe in zip(HOOKS, bad, strict=False):
        assert probe["error"] == f"ZeroDivisionError in {hook}: as asked"
        assert f"probe in_{hook}: {probe['error']}; it is switched off" in said
    for expected, probe in zip(NONSENSE.values(), bad[len(HOOKS) :], strict=True):
        assert expected in probe["error"]
    assert counter["results"]["spikes"] > 0
    assert summary["mismatched_frames"] == 0
    assert "deviations" not in summary


def test_results_may_hold_numbers_of_numpy(simulate, tmp_path):
    file = tmp_path / "broken.py"
    file.write_text(BROKEN, encoding="utf-8")
    summary = simulate('kind = "returns"\nwhat = "nothing wrong"', plugins=[file])
    assert summary["probes"][0]["results"] == {"x": 3}


def test_faults_are_said_in_every_output(simulate, tiny_run, capsys):
    from neurosyn.report.text import print_summary

    summary = simulate('kind = "fault_injection"\nname = "faults"\ncores = [3]\ndead_neurons = 0.5')
    assert summary["deviations"][0] == "faults: 1 of 16 cores are dead"
    assert summary["mismatched_frames"] > 0
    assert summary["accuracy"] != summary["trained_accuracy"]
    print_summary(summary)
    assert "CHANGED ON PURPOSE: faults: 1 of 16 cores are dead" in capsys.readouterr().out
    assert "Changed on purpose: faults: 1 of 16 cores are dead" in (tiny_run / "report.html").read_text("utf-8")
    assert simulate()["mismatched_frames"] == 0, "the compiled program is as it was"


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ('kind = "conter"', r"probes\[0\].kind: probes: there is no plugin named 'conter'; did you mean 'counter'"),
        ('name = "x"', r"probes\[0\]: has no `kind`"),
        ('kind = "raster"\nlayer = []', r"probes\[0\].layer: unknown key; did you mean 'layers'"),
        ('kind = "counter"\nname = "../x"', "is not a name of at most 60 letters"),
    ],
)
def test_mistakes_have_their_line(tiny, tmp_path, probe, said):
    path = tmp_path / "wrong.toml"
    path.write_text(f'extends = "{tiny}"\n[[probes]]\n{probe}\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match=rf"wrong\.toml:[1-9]: .*{said}"):
        load_scenario(path)


def test_two_probes_of_a_name_and_what_is_no_list_are_refused(tiny, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(f'extends = "{tiny}"\n' + '[[probes]]\nkind = "counter"\n' * 2, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"wrong\.toml:4: probes\[1\]: the name 'counter' is taken"):
        load_scenario(path)
    path.write_text(f'extends = "{tiny}"\n[probes]\nkind = "counter"\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"probes: must be a list of tables; write \[\[probes\]\]"):
        load_scenario(path)


def test_the_resolved_scenario_has_names_and_defaults_and_is_the_same_again(tiny, tmp_path):
    path = tmp_path / "probed.toml"
    path.write_text(f'extends = "{tiny}"\n[[probes]]\nkind = "raster"\n', encoding="utf-8")
    scenario = load_scenario(path)
    again = tmp_path / "again.toml"
    again.write_text(scenario.to_toml(), encoding="utf-8")
    assert tomllib.loads(scenario.to_toml())["probes"] == [
        {"name": "raster", "kind": "raster", "layers": [], "cores": [], "limit": 1_000_000}
    ]
    assert load_scenario(again).resolved == scenario.resolved
    assert "probes" not in load_scenario(tiny).resolved, "the folders of runs without probes keep their names"


def test_schema_knows_probes():
    probes = scenario_schema()["properties"]["probes"]
    assert probes["type"] == "array"
    assert {"counter", "raster", "fault_injection"} <= {choice["title"] for choice in probes["items"]["anyOf"]}


def test_override_gives_probes(tiny):
    scenario = load_scenario(tiny, changes={"probes": [{"kind": "raster", "limit": 5}]})
    assert scenario.resolved["probes"][0]["limit"] == 5


def test_plugin_that_is_no_probe_is_refused(tiny, tmp_path):
    from neurosyn.errors import PluginError

    file = tmp_path / "old.py"
    file.write_text(
        "from neurosyn.engine.probes.probe import Probe\nfrom neurosyn.registry import plugin\n"
        '@plugin("probes", "old")\nclass Old(Probe):\n    pass\n',
        encoding="utf-8",
    )
    with pytest.raises(PluginError, match="does not derive from ProbePlugin"):
        load_scenario(tiny, changes={"plugins": [file], "probes": [{"kind": "old"}]})


def test_nothing_is_called_that_is_not_overridden():
    from neurosyn.engine.probes.dispatch import ProbeDispatcher
    from neurosyn.engine.probes.plugin import ProbePlugin

    class Idle(ProbePlugin):
        pass

    watch = ProbeDispatcher([Idle()])
    assert not watch.wants_ticks
    watch.tick(lambda: pytest.fail("columns were made and no probe reads them"))
    assert np.all(watch.why_off(Idle()) is None)


def test_every_analysis_says_what_was_changed(simulate, tiny_run):
    from neurosyn.analysis.catalogue import analyse_run

    simulate('kind = "fault_injection"\ncores = [3]')
    for name in ("activity", "power", "accuracy", "faults"):
        notes = " ".join(analyse_run(name, tiny_run).notes)
        assert notes.count("fault_injection: 1 of 16 cores are dead") == 1

"""Chip descriptions of scenarios: names, files with lines, changes, and the size of a core in table compile."""

import pytest

from neurosyn.chip.options import ChipOptions
from neurosyn.chip.shipped import TRUENORTH, shipped_text
from neurosyn.compiler.options import CompileOptions
from neurosyn.errors import ScenarioError
from neurosyn.scenario.scenario import load_options, load_scenario

SCENARIO = {"data": {"kind": "synth_digits"}, "network": {"kind": "eedn_tiny"}}


def load(**tables):
    return load_scenario(SCENARIO | tables)


def chip_of(scenario):
    return scenario.options("chip", ChipOptions)


def write(path, *replaced, source="truenorth"):
    text = shipped_text(source).replace(f'name = "{source}"', f'name = "{path.stem}"')
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_default_is_truenorth_with_its_times_and_voltage():
    chip = ChipOptions()
    assert chip.description == TRUENORTH
    sides = {"input_side": "west", "output_side": "east", "host_ports": "side"}
    assert chip.to_table() == {"description": "truenorth"} | sides
    assert ChipOptions.from_table(chip.model_dump(mode="json", exclude_none=True)) == chip


def test_a_named_chip_brings_its_times_and_what_is_given_goes_before(tmp_path):
    chip = chip_of(load(chip={"description": "hypothetical5nm", "hop_latency_ps": 900}))
    assert (chip.voltage, chip.neuron_time_ps, chip.hop_latency_ps, chip.fifo_depth) == (0.7, 20_000, 900, 8)
    assert chip.mesh.side == 32


def test_a_file_is_relative_to_its_scenario_and_goes_into_the_resolved_one(tmp_path):
    write(tmp_path / "mychip.toml", ("axons = 256", "axons = 300"))
    path = tmp_path / "s.toml"
    path.write_text(
        '[data]\nkind = "synth_digits"\n[network]\nkind = "eedn_tiny"\n[chip]\ndescription = "mychip.toml"\n'
    )
    scenario = load_scenario(path)
    assert chip_of(scenario).description.name == "mychip"
    (tmp_path / "resolved.toml").write_text(scenario.to_toml(), encoding="utf-8")
    (tmp_path / "mychip.toml").unlink()
    again = load_scenario(tmp_path / "resolved.toml")
    assert chip_of(again) == chip_of(scenario)
    assert chip_of(again).description.core.axons == 300


def test_every_mistake_in_a_file_is_listed_with_its_line(tmp_path):
    path = write(tmp_path / "bad.toml", ("weight_bits = 9 ", "weight_bits = 99 "), ('tag = "D"', 'tag = "X"'))
    path.write_text(path.read_text().replace("[fifo]", "[fifoo]"))
    with pytest.raises(ScenarioError) as raised:
        load_options(("chip",), {"chip.description": str(path)})
    lines = path.read_text().splitlines()
    for text, key in (("weight_bits = 99", "core.weight_bits"), ('tag = "X"', "time.neuron.tag"), ("[fifoo]", "fifoo")):
        number = next(number for number, line in enumerate(lines, 1) if text in line)
        assert f"{path}:{number}: chip.description.{key}: " in str(raised.value)
    assert "chip.description.fifo: is missing" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("[network]\ndelay_slots = 16\npacket_bits = 20", 5, "network.packet_bits"),
        ("[core]\nneurons = 256\naxons = 4096", 5, "core.axons"),
        ("[network]\nreach = 1000", 4, "network.reach"),
        ("[core]\naxons = 65535\nweight_bits = 16\npotential_bits = 28\n[network]\npacket_bits = 64", 4, "core.axons"),
        ("[voltage]\nrange = [0.6, 1.0]\nnominal = 1.2", 5, "voltage.nominal"),
        ('[assumed]\n"core.color" = "x"', 4, "assumed.core.color"),
        ("[time.hop_latency]\nps = 0", 4, "time.hop_latency.ps"),
    ],
)
def test_mistakes_of_several_keys_together_have_the_line_of_one(text, line, key, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(f'extends = "truenorth"\nname = "mine"\n{text}\n')
    with pytest.raises(ScenarioError) as raised:
        load_options(("chip",), {"chip.description": str(path)})
    assert f"{path}:{line}: chip.description.{key}: " in str(raised.value)


def test_changes_keep_the_base_and_name_the_chip():
    scenario = load(chip={"description": {"extends": "truenorth", "core": {"axons": 512}}})
    chip = chip_of(scenario).description
    assert (chip.name, chip.title) == ("truenorth with core.axons = 512", "TrueNorth, changed")
    changed = load_scenario(
        scenario.resolved, changes={"chip.description.core.axons": 128, "chip.description.network.side": 8}
    )
    assert chip_of(changed).description.name == "truenorth with core.axons = 128, network.side = 8"
    assert chip_of(changed).neuron_time_ps == chip_of(scenario).neuron_time_ps


def test_a_change_of_a_resolved_chip_reaches_its_times():
    scenario = load()
    changed = load_scenario(scenario.resolved, changes={"chip.description.time.neuron.ps": 5_000})
    assert chip_of(changed).neuron_time_ps == 5_000
    assert chip_of(load_scenario(scenario.resolved, changes={"chip.description": "hypothetical5nm"})).voltage == 0.7


def test_the_size_of_a_core_in_table_compile_changes_the_chip():
    scenario = load(compile={"axons": 512, "neurons": 256})
    chip = chip_of(scenario).description
    assert (chip.core.axons, chip.name) == (512, "truenorth with core.axons = 512")
    assert "axons" not in scenario.resolved["compile"]
    options = scenario.options("compile", CompileOptions).for_chip(chip)
    assert (options.axons, options.neurons) == (512, 256)
    assert chip_of(load(compile={"axons": 256})).description == TRUENORTH


def test_a_size_that_contradicts_the_description_is_refused():
    description = {"extends": "truenorth", "core": {"axons": 128}}
    with pytest.raises(ScenarioError, match=r"compile\.axons: is 512, chip\.description\.core\.axons is 128"):
        load(compile={"axons": 512}, chip={"description": description})


@pytest.mark.parametrize(
    ("description", "problem"),
    [
        ("truenorht", "did you mean 'truenorth'"),
        ({"extends": "truenorth", "core": {"axons": 4096}}, r"core.axons: .* needs 34 bits; network.packet_bits is 32"),
        ({"extends": "truenorth", "voltage": {"nominal": 2.0}}, "must lie in the range"),
        ({"extends": "truenorth", "assumed": {"core.color": "x"}}, "no key of core or network"),
        ({"core": {"axons": 512}}, "name: is missing"),
    ],
)
def test_impossible_chips_are_refused(description, problem):
    with pytest.raises(ScenarioError, match=problem):
        load(chip={"description": description})


def test_a_voltage_outside_of_the_range_is_refused():
    with pytest.raises(
        ScenarioError, match=r"voltage is 1\.0 V; Hypothetical chip runs at 0\.5…0\.9 V; set chip\.voltage, e\.g\. 0\.7"
    ):
        load(chip={"description": "hypothetical5nm", "voltage": 1.0})


def test_files_that_extend_each_other_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a.toml").write_text('extends = "b.toml"\n')
    (tmp_path / "b.toml").write_text('extends = "a.toml"\n')
    with pytest.raises(ScenarioError, match="extends itself"):
        load(chip={"description": str(tmp_path / "a.toml")})

"""Mistakes of every kind: one clear message, the right exit code, and nothing half-written."""

import errno
import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from neurosyn.registry import Plugin, registry

SCENARIO, PLUGIN, CHIP, DATA = 2, 3, 4, 5


def assert_refused(outcome, code, *fragments):
    """Check that a command was refused by a message, without results or a traceback."""
    assert outcome.code == code, outcome.err
    assert outcome.out == ""
    for fragment in fragments:
        assert fragment in outcome.err
    assert "Traceback" not in outcome.err
    assert "internal error" not in outcome.err
    assert all(
        line.startswith(("neurosyn: ", "[", "Usage: ", "Try ", "Error: ")) for line in outcome.err.split("\n") if line
    )


def run_process(*arguments, **options):
    """Run a command in a process of its own, for what concerns the whole process."""
    code = "from neurosyn.cli import main; main()"
    command = [sys.executable, "-P", "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


# The command and the scenario.


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("chip.voltag=1", "chip.voltag: unknown key; did you mean 'voltage'?"),
        ("chipp.voltage=1", "chipp: unknown key; did you mean 'chip'?"),
        ("chip.voltage=high", "chip.voltage: should be a valid number, not 'high'"),
        ("chip.voltage=nan", "chip.voltage: "),
        ("chip=3", "chip: must be a table; write [chip]"),
        ("chip.chips=[0,1]", "chip.chips[0]: should be greater than or equal to 1, not 0"),
        ("chip.chips=[100000,100000]", "chip.chips[0]: should be less than or equal to 64"),
        ("chip.hop_latency_ps=1e99", "chip.hop_latency_ps: should be a valid integer"),
        ("chip.hop_latency_ps=99999999999999999999", "chip.hop_latency_ps: should be less than or equal to"),
        ("simulate.backend=opencl", "simulate.backend: should be "),
        ("simulate.timing=exact", "simulate.timing: should be "),
        ("simulate.frames=0", "simulate.frames: should be greater than or equal to 1, not 0"),
        ("simulate.tick=0", 'simulate.tick: must be "auto" or a time in µs'),
        ("train.epochs=2.5", "train.epochs: should be a valid integer, not 2.5"),
        ("train.kind=edn", "train.kind: trainers: there is no plugin named 'edn'; did you mean 'eedn'?"),
        ("data.kind=['svhn']", "data.kind: must be the name of a plugin; one of: archive, "),
        ("data.file=", "data.file: String should have at least 1 character"),
        ("network.layers=[3]", "network.layers[0]: must be a table"),
        ("network.layers=[{kind='readout'}]", "network.layers"),
        ("network.kind=layer", "network.kind: topologies: there is no plugin named 'layer'; did you mean 'layers'?"),
        ("plugins=['/nowhere/mine.py']", "plugins: /nowhere/mine.py: plugin file cannot be read: No such file"),
        ("name=../escape", "name: '../escape' is not a name"),
        (f"name={'x' * 300}", "is not a name of at most 60"),
        ("seed=-1", "seed: -1 is not an integer from 0"),
        ("extends=other.toml", "extends: unknown key"),
        ("name.x=1", "--set name.x: name is not a table"),
    ],
)
def test_wrong_override_is_named_with_its_remedy(override, said, neurosyn, tiny, tmp_path):
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "run", "--set", override)
    assert_refused(outcome, SCENARIO, said)
    assert f"--set {override.partition('=')[0]}: " in outcome.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("override", ["chip", "=3", ".=3", "chip..voltage=1"])
def test_malformed_override_is_refused(override, neurosyn, tiny):
    assert_refused(neurosyn("scenario", "check", tiny, "--set", override), SCENARIO, f"--set {override}: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[network\n", ":1: is not valid TOML"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"", "data: has no `kind`"),
        (b"x=" + b"[" * 5000, "nested too deeply"),
        (b'[network]\nkind = "layers"\nlayers = ' + b"[" * 400 + b"]" * 400, "network"),
        (b"network." + b"a." * 900 + b"b = 1", "network"),
        (b'[train]\nkind = "eedn"\nmodel = 07:32:00\n', ":3: train.model: is a date or a time"),
        (b'[data]\nkind = "archive"\nfile = 1979-05-27\nname = "x"\n[network]\nkind = "eedn_tiny"\nside = 1\n', ":7: "),
    ],
)
def test_damaged_scenario_is_refused(content, said, neurosyn, tmp_path):
    path = tmp_path / "s.toml"
    path.write_bytes(content)
    assert_refused(neurosyn("simulate", path, "--out", tmp_path / "run"), SCENARIO, f"{path}", said)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("simulate", "none.toml"), SCENARIO, "none.toml: cannot be read: No such file or directory"),
        (("simulate", "."), SCENARIO, ".: is not a file that can be read (a folder"),
        (("simulate",), SCENARIO, "no scenario is named"),
        (("simulate", "none.toml", "--jsn"), SCENARIO, "No such option"),
        (("train", "none.toml"), SCENARIO, "cannot be read"),
        (("data", "check", "none.toml"), SCENARIO, "cannot be read"),
        (("data", "info", "svnh"), PLUGIN, "did you mean 'svhn'"),
        (("data", "info", "archive"), SCENARIO, "needs options (file, name); give them with --set KEY=VALUE"),
        (("report", "."), DATA, "holds no finished run (no summary.json, no trace); run `neurosyn simulate` first"),
        (("report", "nowhere"), DATA, "nowhere: holds no finished run"),
        (("trace", "head", ".", "spikes"), DATA, "holds no whole trace"),
        (("trace", "head", "nowhere", "spikes"), DATA, "holds no whole trace"),
        (("trace", "export", ".", "spikes", "x.csv"), DATA, "holds no whole trace"),
        (("plugins", "list", "layer"), PLUGIN, "did you mean 'layers'"),
        (("plugins", "list", "--file", "none.py"), PLUGIN, "none.py: plugin file cannot be read"),
    ],
)
def test_commands_without_what_they_need_are_refused(arguments, code, said, neurosyn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_refused(neurosyn(*arguments), code, said)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def wrong_inputs(tmp_path, monkeypatch):
    """Stand in a folder with things that are not what a command wants."""
    monkeypatch.chdir(tmp_path)
    for name in ("empty", "folder.toml", "empty_summary", "no_summary", "empty_trace/trace"):
        (tmp_path / name).mkdir(parents=True)
    for name, text in {
        "text.txt": "hi",
        "zero.npz": "",
        "empty.json": "{}",
        "empty_summary/summary.json": "{}",
        "no_summary/summary.json": "[]",
        "empty_trace/trace/trace.json": "{}",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")


WRONG = ("nowhere", "text.txt", "folder.toml", "empty_summary", "empty_trace")
OF_A_RUN = (
    ("report",),
    ("explain",),
    ("compare",),
    ("trace", "stats"),
    ("trace", "head", "WRONG", "spikes"),
    ("trace", "diff", "WRONG"),
    *(("analyse", name) for name in ("activity", "traffic", "latency", "power", "hotspots", "accuracy", "faults")),
    ("analyse", "critical-path"),
    ("run", "--ticks", "3"),
    ("models", "info"),
)
OF_A_SCENARIO = (
    *((name,) for name in ("simulate", "train", "compile", "place")),
    ("sweep", "--over", "chip.voltage=1"),
    *(("scenario", name) for name in ("check", "show")),
    ("data", "check"),
)


@pytest.mark.usefixtures("wrong_inputs")
@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_inputs_of_every_command_are_refused_with_a_next_step(wrong, neurosyn):
    for words, code in [*((words, DATA) for words in OF_A_RUN), *((words, SCENARIO) for words in OF_A_SCENARIO)]:
        given = [wrong if word == "WRONG" else word for word in words]
        outcome = neurosyn(*given, *([] if words[-1] == "spikes" else [wrong]))
        assert_refused(outcome, code, wrong)
        assert "Errno" not in outcome.err


@pytest.mark.parametrize(
    "words",
    [("eedn", "--backend", "x"), ("kernel", "--backend", "x"), ("chip", "--timing", "x"), ("load", "--backend")],
)
def test_wrong_options_of_benchmarks_are_refused(words, neurosyn):
    assert_refused(neurosyn("bench", *words), SCENARIO, words[1])


def test_unknown_tables_and_endings_of_a_trace_are_refused(neurosyn, finished_run, tmp_path):
    assert_refused(neurosyn("trace", "head", finished_run, "spike"), DATA, "did you mean 'spikes'")
    outcome = neurosyn("trace", "export", finished_run, "spikes", tmp_path / "spikes.xls")
    assert_refused(outcome, DATA, "cannot export to '.xls'")
    assert list(tmp_path.iterdir()) == []


# Data.


SVHN = '[data]\nkind = "svhn"\n[data.stand_in]\nkind = "synth_digits"\n[network]\nkind = "eedn_tiny"\n'


@pytest.fixture
def mat():
    """A small file in SVHN's format."""
    rng = np.random.default_rng(0)
    return {
        "X": rng.integers(0, 255, (32, 32, 3, 30), dtype=np.uint8),
        "y": rng.integers(1, 11, (30, 1)).astype(np.uint8),
    }


@pytest.mark.parametrize(
    "damage", ["cut in half", "cut in its header", "empty", "garbage", "text", "labels", "foreign"]
)
@pytest.mark.parametrize("split", ["train", "test"])
def test_damaged_mat_file_is_named_before_the_training(damage, split, neurosyn, empty_data, mat, tmp_path):
    for name in ("train", "test"):
        savemat(empty_data / f"{name}_32x32.mat", mat)
    path = empty_data / f"{split}_32x32.mat"
    whole = path.read_bytes()
    if damage == "labels":
        savemat(path, mat | {"y": mat["y"] + 10})
    elif damage == "foreign":
        savemat(path, {"A": np.eye(3)})
    else:
        path.write_bytes(
            {
                "cut in half": whole[: len(whole) // 2],
                "cut in its header": whole[:100],
                "empty": b"",
                "garbage": np.random.default_rng(1).bytes(5000),
                "text": b"MATLAB 5.0 MAT-file, or so it says",
            }[damage]
        )
    scenario = tmp_path / "s.toml"
    scenario.write_text(SVHN, encoding="utf-8")
    outcome = neurosyn("simulate", scenario, "--out", tmp_path / "run", "--set", "train.epochs=1")
    assert_refused(outcome, DATA, f"neurosyn: {path}: ")
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["scenario.toml"]


@pytest.mark.parametrize("size", [0, 100, 20_000])
def test_cut_archive_is_named(size, neurosyn, tiny, bars, tmp_path):
    (tmp_path / "cut.npz").write_bytes(bars.read_bytes()[:size])
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "run", "--set", f"data.file={tmp_path / 'cut.npz'}")
    assert_refused(outcome, DATA, f"{tmp_path / 'cut.npz'}: ")


def test_missing_archive_says_where_to_put_it(neurosyn, tiny, empty_data, tmp_path):
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "run", "--set", "data.file=photos.npz")
    assert_refused(outcome, DATA, f"there is no {empty_data / 'photos.npz'}; put the archive there")


def test_archive_with_an_empty_split_is_refused(neurosyn, tiny, bars, tmp_path):
    arrays = dict(np.load(bars))
    nothing = {
        "test_bytes": np.zeros(0, np.uint8),
        "test_offsets": np.zeros(1, np.int64),
        "test_labels": arrays["test_labels"][:0],
    }
    np.savez(tmp_path / "empty.npz", **arrays | nothing)
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "run", "--set", f"data.file={tmp_path / 'empty.npz'}")
    assert_refused(outcome, DATA, "empty.npz: test_*: 'labels' is int32 (0,); it must be integers (n,), n > 0")


@pytest.mark.parametrize("folder", ["nowhere", "file", "x" * 300])
def test_unreadable_data_folder_is_as_good_as_none(folder, neurosyn, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NEUROSYN_DATA", str(tmp_path / folder))
    scenario = tmp_path / "s.toml"
    scenario.write_text(SVHN, encoding="utf-8")
    outcome = neurosyn(
        "simulate", scenario, "--out", tmp_path / "run", "--set", "data.stand_in={kind='archive', file='x', name='y'}"
    )
    assert_refused(outcome, DATA, str(tmp_path / folder))
    assert neurosyn("data", "list").code == 0


# Models.


@pytest.mark.parametrize("damage", ["cut", "empty", "garbage", "foreign", "flipped", "missing", "folder"])
def test_damaged_model_of_the_scenario_is_named(damage, neurosyn, tiny, finished_run, tmp_path):
    whole = (finished_run / "model.safetensors").read_bytes()
    path = tmp_path / "model.safetensors"
    contents = {
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "garbage": np.random.default_rng(1).bytes(5000),
        "foreign": (2).to_bytes(8, "little") + b"{}",
        "flipped": whole.replace(b"neurosyn-model-1", b"neurosyn-model-9"),
    }
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes(contents[damage])
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "run", "--set", f"train.model={path}")
    assert_refused(outcome, DATA, f"neurosyn: {path}: ")


def test_unknown_shipped_model_names_those_there_are(neurosyn, tiny, tmp_path):
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "run", "--set", "train.model=shipped:svhn")
    assert_refused(outcome, DATA, "shipped:svhn: does not exist", "there are: ")


def test_model_of_another_network_is_a_mistake_of_the_scenario(neurosyn, tiny, finished_run, tmp_path):
    model = f"train.model={finished_run / 'model.safetensors'}"
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "run", "--set", model, "--set", "network.kind=eedn_tiny")
    assert_refused(outcome, SCENARIO, "train.model: model.safetensors holds another network than [network] describes")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ('["row", "column", "neither"]', "was trained for other classes: class 0 is '0', in the scenario's data 'row'"),
        ('["1", "0", "2"]', "was trained for the same classes in another order"),
    ],
)
def test_a_model_for_other_classes_is_refused(neurosyn, finished_run, tiny, tmp_path, classes, message):
    model = f"train.model={finished_run / 'model.safetensors'}"
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "run", "--set", model, "--set", f"data.classes={classes}")
    assert_refused(outcome, SCENARIO, message)


# The chip.


def test_layer_that_does_not_fit_a_core_is_refused_with_limit_value_and_remedy(neurosyn, tiny, tmp_path):
    layers = 'network.layers=[{kind="transduction"},{kind="conv2d",features=9,kernel=12},{kind="readout"}]'
    outcome = neurosyn("compile", tiny, "--out", tmp_path / "run", "--set", layers)
    assert_refused(outcome, CHIP, "layer 2 conv2d-9: a neuron sees 1728 inputs, a core takes 128", "; use more groups")


# Plugins.


MINE = "from neurosyn.registry import plugin\nfrom neurosyn.network.layer import *\nimport numpy as np\n"
LAYER = f'{MINE}@plugin("layers", "mine")\nclass Mine(Layer):\n    """Mine."""\n    features: int = 3\n'
WINDOW = (
    "Connectivity(MapShape(1, 1, 4), np.array([[0, 0]], np.int32), np.arange(4, dtype=np.int32)[None], "
    "np.zeros(1, np.int32), (1, 1, 1))"
)


@pytest.mark.filterwarnings("always")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "import nothing_of_this_name\n",
            "could not be imported: ModuleNotFoundError: No module named 'nothing_of_this_name'",
        ),
        ("def broken(:\n", "could not be imported: SyntaxError"),
        ("import sys\nsys.exit(7)\n", "could not be imported: SystemExit: 7"),
        (
            f'{MINE}@plugin("layers", "mine")\nclass Mine: pass\n',
            "does not derive from Layer or Readout; correct the plugin",
        ),
        (f'{MINE}@plugin("layers", "mine")\ndef mine(): pass\n', "does not derive from Layer or Readout"),
        (LAYER, "Can't instantiate abstract class Mine with abstract method connect"),
        (
            f"{LAYER}    def connect(self, inputs): return inputs.depth\n",
            "plugin layers/mine: AttributeError in connect()",
        ),
        (f"{LAYER}    def connect(self, inputs): return None\n", "it returned NoneType, not a Connectivity"),
        (
            f"{LAYER}    def connect(self, inputs): return {WINDOW}\n",
            "a site sees one input twice; correct its connect()",
        ),
    ],
)
def test_broken_layer_plugin_is_named_with_the_cause(text, said, neurosyn, tiny, tmp_path):
    plugin = tmp_path / "mine.py"
    plugin.write_text(text, encoding="utf-8")
    layers = 'network.layers=[{kind="transduction"},{kind="mine",features=4},{kind="readout"}]'
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "run", "--set", f"plugins=['{plugin}']", "--set", layers)
    assert_refused(outcome, PLUGIN, "mine", said)


@pytest.mark.filterwarnings("always")
def test_mistakes_beside_a_broken_plugin_are_the_scenarios(neurosyn, tiny, tmp_path):
    (tmp_path / "mine.py").write_text("1 / 0\n", encoding="utf-8")
    wrong = ["--set", f"plugins=['{tmp_path / 'mine.py'}']", "--set", "place.kind=mine", "--set", "chip.voltag=1"]
    assert_refused(neurosyn("scenario", "check", tiny, *wrong), SCENARIO, "ZeroDivisionError", "did you mean 'voltage'")


@pytest.fixture
def broken_entry_point():
    """An installed plugin whose module does not exist."""
    entry = EntryPoint("broken", "nothing_of_this_name:Broken", "neurosyn.datasets")
    registry._discover()["datasets"]["broken"] = Plugin("datasets", "broken", "some-package", entry)


def test_broken_installed_plugin_is_listed_as_such_and_refused_where_it_is_named(neurosyn, broken_entry_point, tiny):
    listed = json.loads(neurosyn("plugins", "list", "datasets", "--json").out)
    assert {"name": "broken", "about": "BROKEN: No module named 'nothing_of_this_name'"}.items() <= listed[1].items()
    rows = json.loads(neurosyn("data", "list", "--json").out)["datasets"]
    assert rows[1]["name"] == "BROKEN: No module named 'nothing_of_this_name'"
    assert neurosyn("scenario", "schema").code == 0
    outcome = neurosyn("scenario", "check", tiny, "--set", "data.kind=broken")
    assert_refused(outcome, PLUGIN, "plugin datasets/broken of some-package: cannot be imported: ModuleNotFoundError")


# The file system.


@pytest.mark.parametrize("below", ["", "deeper"])
def test_file_in_the_place_of_the_run_folder(below, neurosyn, tiny, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "file" / below)
    assert_refused(outcome, SCENARIO, "cannot be the run folder, a file is in its way; choose another with --out")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_run_folder_that_cannot_be_made(neurosyn, tiny, tmp_path):
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / ("x" * 300))
    assert_refused(outcome, DATA, "File name too long; check the path")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not stop this user")
def test_run_folder_that_cannot_be_written(neurosyn, tiny, tmp_path):
    (tmp_path / "run").mkdir(mode=0o500)
    outcome = neurosyn("simulate", tiny, "--out", tmp_path / "run")
    assert_refused(outcome, DATA, "run/scenario.toml: Permission denied; change its permissions or choose another")


def test_folders_in_the_place_of_files(neurosyn, tiny, tiny_run):
    assert_refused(neurosyn("report", tiny_run, "--out", tiny_run), DATA, f"{tiny_run}: Is a directory; check the path")
    (tiny_run / "placement.npz").unlink()
    (tiny_run / "placement.npz").mkdir()
    assert_refused(neurosyn("simulate", tiny, "--out", tiny_run), DATA, "placement.npz: Is a directory")


@pytest.mark.usefixtures("tiny_run")  # whose machine code is then on disk: it would not fit either
def test_full_disk_stops_the_run_with_the_name_of_the_file_and_the_rest_goes_on_later(tiny, tmp_path):
    resource = pytest.importorskip("resource")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    run = tmp_path / "full"
    done = run_process("simulate", tiny, "--out", run, preexec_fn=limit)
    assert done.returncode == DATA
    assert done.stdout == ""
    assert f"neurosyn: {run}/checkpoints/checkpoint-" in done.stderr
    assert done.stderr.endswith(".safetensors: File too large; make room and repeat the command\n")
    assert {path.name for path in run.rglob("*") if path.is_file()} == {"scenario.toml", "learning_curve.csv"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_full_disk_behind_a_redirection(tiny):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-P", "-c", "from neurosyn.cli import main; main()", "scenario", "show", str(tiny)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    assert done.returncode == DATA
    assert done.stderr == "neurosyn: No space left on device; make room and repeat the command\n"


# Unforeseen errors.


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ValueError("odd"), 1, "internal error: ValueError: odd; report it with --traceback"),
        (MemoryError(), 1, "out of memory; simulate fewer frames"),
        (OSError(errno.EIO, "Input/output error", "disk"), DATA, "disk: Input/output error"),
        (PermissionError(errno.EACCES, "Permission denied", "disk"), DATA, "disk: Permission denied; change its"),
        (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"), 2, "a path is not UTF-8 text"),
        (OSError("of a library, without a number"), DATA, "of a library, without a number"),
    ],
)
def test_any_other_error_is_one_line(error, code, said, neurosyn, tiny, monkeypatch):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr("neurosyn.scenario.scenario.load_scenario", fail)
    outcome = neurosyn("scenario", "check", tiny)
    assert outcome.code == code
    assert outcome.err.startswith(f"neurosyn: {said}")
    assert outcome.err.count("\n") == 1
    shown = neurosyn("scenario", "check", tiny, "--traceback")
    assert shown.code == code
    assert "Traceback" in shown.err
    assert "in fail" in shown.err


def test_reader_of_a_pipe_may_leave(neurosyn, tiny, monkeypatch):
    def leave(*args, **kwargs):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("neurosyn.scenario.scenario.load_scenario", leave)
    assert neurosyn("scenario", "check", tiny) == (0, "", "")


# Results.


def test_json_is_one_document_with_every_key_and_progress_goes_to_stderr(neurosyn, tiny, tiny_run):
    outcome = neurosyn("simulate", tiny, "--out", tiny_run, "--json")
    assert outcome.code == 0
    document = json.loads(outcome.out)
    keys = (
        "scenario seed accuracy trained_accuracy mismatched_frames cores chips neurons tick_period_us tick_limited_by "
        "frames_per_second latency_us energy_per_frame_uj frames_per_second_per_watt run"
    )
    for key in keys.split():
        assert document[key] is not None, key
    for table, keys in {
        "dataset": "name official frames",
        "power_mw": "total leakage memory synaptic network io",
        "events": "spikes synaptic_events packets hops late_packets",
        "engine": "timing backend wall_s ticks",
    }.items():
        assert set(keys.split()) <= set(document[table]), table
    stages = ["data", "train", "compile", "place", "simulate", "report"]
    assert [line.split()[1] for line in outcome.err.splitlines()] == stages
    quiet = neurosyn("simulate", tiny, "--out", tiny_run, "--json", "--quiet")
    assert (quiet.out, quiet.err) == (outcome.out, "")


@pytest.mark.parametrize("command", ["train", "compile", "place"])
def test_other_commands_too_print_one_document(command, neurosyn, tiny, tiny_run):
    outcome = neurosyn(command, tiny, "--out", tiny_run, "--json")
    assert outcome.code == 0
    assert isinstance(json.loads(outcome.out), dict)
    assert neurosyn(command, tiny, "--out", tiny_run).code == 0


def test_help_imports_nothing_heavy():
    heavy = ["numpy", "numba", "pandas", "scipy", "sklearn", "matplotlib", "pyarrow", "simpy", "cupy"]
    code = (
        "import sys\nfrom neurosyn.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], capture_output=True, text=True, timeout=120, check=True
    )
    assert "simulate" in done.stdout
    assert done.stderr == "[]\n"

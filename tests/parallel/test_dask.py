"""Runs on a Dask cluster of this machine, its workers and its scheduler killed: the bytes of one process."""

import contextlib
import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from neurosyn.errors import DataError, ScenarioError
from tests.parallel.test_runs import SETS, _children, await_progress, results

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.slow


def hold_the_lock(seconds):
    """Keep Python's lock, as compiled code may: no thread of the worker can answer the scheduler."""
    ctypes.PyDLL(None).usleep(int(seconds * 1e6))
    return os.getpid()


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, as a user starts them; ``cluster.restart()`` kills all and starts them again."""

    class Cluster:
        def __init__(self):
            self.file = tmp_path / "scheduler.json"
            self.processes = []
            self.start_scheduler()
            self.workers = [
                self.start("worker", "--nthreads", 1, "--no-dashboard", "--local-directory", tmp_path) for _ in "12"
            ]

        def start(self, what, *words):
            command = [sys.executable, "-m", "distributed.cli.dask_" + what, "--scheduler-file", self.file, *words]
            with (tmp_path / f"{what}.log").open("a") as log:
                process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, start_new_session=True)
            self.processes.append(process)
            return process

        def start_scheduler(self):
            self.file.unlink(missing_ok=True)
            self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard")
            while not self.file.exists():
                time.sleep(0.05)

        def restart(self):
            for process in self.processes:
                _kill_group(process)
            self.processes.clear()
            self.start_scheduler()
            self.workers = [
                self.start("worker", "--nthreads", 1, "--no-dashboard", "--local-directory", tmp_path) for _ in "12"
            ]

    made = Cluster()
    yield made
    for process in made.processes:
        _kill_group(process)


def _kill_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_cluster_of_this_machine_gives_the_run_of_one_process(call, tmp_path):
    call("simulate", "tiny.toml", *SETS, "--out", "run", at="one")
    output = call("simulate", "tiny.toml", *SETS, "--out", "run", "--cluster", "local:2", "--shard-frames", 3, at="two")
    assert "7 of 7 parts by Dask cluster tcp://127.0.0.1:" in output
    assert results(tmp_path / "two" / "run") == results(tmp_path / "one" / "run")


def test_kills_of_workers_and_schedulers_change_nothing(call, start, cluster, tmp_path):
    call("simulate", "tiny.toml", *SETS, "--out", "run", at="one")
    command = ("simulate", "tiny.toml", *SETS, "--out", "run", "--cluster", cluster.file, "--shard-frames", 1)
    rng, killed = random.Random(7), {"worker": 0, "scheduler": 0}
    for _ in range(20):
        process = start(*command, at="two")
        while await_progress(process, tmp_path / "two" / "run"):
            time.sleep(rng.uniform(0, 0.5))
            if killed["worker"] > killed["scheduler"]:
                cluster.restart()
                killed["scheduler"] += 1
                break
            # The nanny starts another worker in its place.
            for child in _children(rng.choice(cluster.workers).pid)[-1:]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                    killed["worker"] += 1
        output, _ = process.communicate(timeout=280)
        if process.returncode == 0:
            break
        assert process.returncode == 5, output
        assert "the same command goes on" in output or "to repeat it alone" in output, output
    assert process.returncode == 0, output
    assert min(killed.values()) >= 1
    assert results(tmp_path / "two" / "run") == results(tmp_path / "one" / "run")


def test_workers_that_cannot_do_the_jobs_are_refused_with_the_reason(call, tmp_path):
    with distributed.LocalCluster(1, threads_per_worker=2, host="127.0.0.1", dashboard_address=None) as two_threads:
        words = ("simulate", "tiny.toml", *SETS, "--out", "run", "--cluster", two_threads.scheduler_address)
        output = call(*words, code=5)
        assert "has 2 threads, and a job needs a process; start workers with --nthreads 1" in output
    with distributed.LocalCluster(1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as other_folder:
        client = distributed.Client(other_folder)
        client.run(_see_no_token)
        words = ("simulate", "tiny.toml", *SETS, "--out", "run", "--cluster", other_folder.scheduler_address)
        assert "is another folder here than where the command runs" in call(*words, code=5)
        client.close()
    assert "no scheduler with workers answers" in call(*words, code=5)
    assert "is no cluster" in call(*words[:-1], "nowhere", code=2)


def _see_no_token():
    from pathlib import Path

    exists = Path.is_file
    Path.is_file = lambda path: path.name != "token" and exists(path)


def test_a_worker_that_is_silent_for_long_is_kept_by_our_settings(tmp_path):
    from neurosyn.parallel.dask import SETTINGS, DaskExecutor

    def outcome(settings):
        import dask

        with (
            dask.config.set({**SETTINGS, **settings}),
            distributed.LocalCluster(1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster,
            distributed.Client(cluster) as client,
        ):
            return client.submit(hold_the_lock, 6, retries=0).exception()

    assert isinstance(outcome({"distributed.scheduler.worker-ttl": "1 s"}), distributed.scheduler.KilledWorker)
    assert outcome({}) is None
    with DaskExecutor("local:1", tmp_path) as executor:
        started = executor._client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.worker_ttl)
        assert started == 3600
        assert executor.workers == 1
        address = executor._client.scheduler.address
    assert address.startswith("tcp://127.0.0.1:")
    assert json.loads((tmp_path / "handshake.json").read_text())["kind"] == "handshake"


def test_clusters_are_told_apart(tmp_path):
    from neurosyn.parallel.dask import DaskExecutor

    with pytest.raises(ScenarioError, match="is no cluster; give local:N"):
        DaskExecutor("locals:2", tmp_path)
    (tmp_path / "scheduler.json").write_text("{}")
    with pytest.raises(DataError, match="no scheduler with workers answers"):
        DaskExecutor("tcp://127.0.0.1:9", tmp_path)


def test_a_cross_validation_on_a_cluster_has_the_scores_of_one_process():
    from joblib import parallel_config
    from sklearn.datasets import load_iris
    from sklearn.model_selection import cross_val_score

    from neurosyn import SpikingClassifier

    X, y = load_iris(return_X_y=True)
    classifier = SpikingClassifier(
        topology={"kind": "dense", "inputs": 24, "hidden": [], "outputs": 60},
        trainer={"kind": "eedn", "epochs": 5, "batch": 20, "parts": 1},
        random_state=0,
    )
    one = cross_val_score(classifier, X, y, cv=3)
    with (
        distributed.LocalCluster(2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster,
        distributed.Client(cluster),
        parallel_config(backend="dask"),
    ):
        assert cross_val_score(classifier, X, y, cv=3).tolist() == one.tolist()


def test_ctrl_c_ends_the_cluster_and_the_command_goes_on(call, start, tmp_path, default_signals):
    call("simulate", "tiny.toml", *SETS, "--out", "run", at="one")
    command = ("simulate", "tiny.toml", *SETS, "--out", "run", "--cluster", "local:2", "--shard-frames", 1)
    process = start(*command, at="two")
    assert await_progress(process, tmp_path / "two" / "run")
    # A terminal sends it to the workers, too.
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert "the same command continues" in output
    assert "of 20 parts by Dask cluster" in call(*command, at="two")
    assert results(tmp_path / "two" / "run") == results(tmp_path / "one" / "run")

"""Executors, against the processes themselves: order, lost workers, failures, cancellation."""

import concurrent.futures as futures
import os
import signal
import time

import pytest

from neurosyn.errors import DataError, ScenarioError
from neurosyn.parallel import dask
from neurosyn.parallel.executor import Executor
from neurosyn.parallel.job import Job, Outcome, read_job
from neurosyn.parallel.local import LocalExecutor
from neurosyn.parallel.running import Workers, error_of, raise_failures, run_jobs
from neurosyn.parallel.worker import run_job


class Scripted(Executor):
    """Jobs end as a script says: an error's text, None for success, an exception for a lost worker."""

    def __init__(self, script, workers=2):
        super().__init__()
        self.script, self.started, self.most = script, [], 0
        self._workers = workers

    @property
    def workers(self):
        return self._workers

    def _start(self, job):
        self.started.append(job.name)
        self.most = max(self.most, self.pending + 1)
        future = futures.Future()
        step = self.script[job.name].pop(0)
        if isinstance(step, BaseException):
            future.set_exception(step)
        else:
            future.set_result(Outcome(job=str(job), error=step, exit_code=0 if step is None else 5).model_dump())
        return future

    def close(self):
        self.closed = True


def test_a_job_that_loses_its_worker_is_run_again_and_fails_after_four(tmp_path):
    lost = ConnectionError("killed")
    script = {"a": [None], "b": [lost, lost, None], "c": [lost] * 4, "d": ["no data"]}
    ended = {}
    with Scripted(script) as executor:
        run_jobs(
            executor, (tmp_path / name for name in "abcd"), lambda job, outcome: ended.update({job.name: outcome}) or ()
        )
    assert executor.closed
    assert {name: executor.started.count(name) for name in "abcd"} == {"a": 1, "b": 3, "c": 4, "d": 1}
    assert ended["a"].error is ended["b"].error is None
    assert ended["c"].error == "4 workers ended in the middle of it, the last: killed"
    assert ended["d"].error == "no data"
    with pytest.raises(DataError) as raised:
        raise_failures([ended["d"], ended["c"]], 4, "parts", tmp_path)
    assert str(raised.value).splitlines()[0] == f"2 of 4 parts failed; all are listed in {tmp_path / 'failures.json'}"
    assert f"neurosyn runs job {tmp_path / 'd'}" in str(raised.value)
    raise_failures([], 4, "parts", tmp_path)
    assert not (tmp_path / "failures.json").exists()


def test_no_more_jobs_are_handed_out_than_workers_need_and_an_end_can_bring_others(tmp_path):
    script = {str(number): [None] for number in range(12)}
    with Scripted(script, workers=2) as executor:
        run_jobs(
            executor,
            (tmp_path / str(number) for number in range(11)),
            lambda job, _: [tmp_path / "11"] if job.name == "0" else (),
        )
    assert sorted(executor.started, key=int) == [str(number) for number in range(12)]
    assert executor.most == 4


def test_the_error_has_the_class_of_its_exit_code():
    for code, cls in ((2, ScenarioError), (5, DataError)):
        error = error_of(Outcome(job="x", error="a: is wrong; correct it", exit_code=code))
        assert type(error) is cls
        assert str(error) == "a: is wrong; correct it"


def test_job_files_of_other_code_or_without_their_folder_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good = Job.of("part", tmp_path, number=3).write(tmp_path / "job.json")
    assert read_job(good).number == 3
    other = Job.of("part", tmp_path).model_copy(update={"code": "0" * 64}).write(tmp_path / "other.json")
    with pytest.raises(DataError, match=r"was written by other code.*install the same version"):
        read_job(other)
    nowhere = Job.of("part", tmp_path / "not" / "here").write(tmp_path / "nowhere.json")
    with pytest.raises(DataError, match=r"is not a folder here.*a folder that all share"):
        read_job(nowhere)
    (tmp_path / "broken.json").write_text('{"kind": "shell"}')
    with pytest.raises(DataError, match="is no job file"):
        read_job(tmp_path / "broken.json")


def test_a_worker_answers_whatever_happens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["pytest"])
    missing = run_job(str(tmp_path / "none.json"))
    assert missing["exit_code"] == 5
    assert "none.json" in missing["error"]
    token = Job.of("handshake", tmp_path, token="abc").write(tmp_path / "handshake.json")
    assert "is another folder here" in run_job(str(token))["error"]
    (tmp_path / "token").write_text("abc")
    assert run_job(str(token))["error"] is None
    gone = Job.of("part", tmp_path, key="0", frames=3).write(tmp_path / "part.json")
    assert "scenario.toml" in run_job(str(gone))["error"]


def test_local_processes_are_replaced_when_they_are_killed_and_end_with_the_executor(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text("abc")
    job = Job.of("handshake", tmp_path, token="abc").write(tmp_path / "handshake.json")
    outcomes = []
    with LocalExecutor(1, tmp_path / "logs") as executor:
        executor.submit(job)
        deadline = time.monotonic() + 120
        while not executor.processes and time.monotonic() < deadline:
            time.sleep(0.01)
        (first,) = executor.processes
        os.kill(first, signal.SIGKILL)
        for _, outcome in executor.as_completed():
            outcomes.append(outcome)
            (second,) = executor.processes
        executor.submit(job)
    assert [outcome.error for outcome in outcomes] == [None]
    assert second != first
    assert outcomes[0].process == second
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)
    # The second job was cancelled, and its file with it.
    assert not job.exists()
    assert "handshake.json begins" in (tmp_path / "logs" / "worker_0.log").read_text()


def test_without_dask_a_cluster_of_this_machine_is_processes_and_others_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(dask, "is_installed", lambda: False)
    lines = []
    with Workers(cluster="local:2").open(tmp_path, lines.append) as executor:
        assert isinstance(executor, LocalExecutor)
        assert executor.workers == 2
    assert "pip install 'neurosyn[cluster]'" in lines[0]
    with pytest.raises(ScenarioError, match=r"pip install 'neurosyn\[cluster\]'"):
        Workers(cluster="tcp://127.0.0.1:1").open(tmp_path, lines.append)


def test_workers_are_chosen_in_one_way():
    assert Workers.of(None, None) is None
    assert Workers.of(3, None) == Workers(3)
    with pytest.raises(ScenarioError, match="give one of them"):
        Workers.of(3, "local:2")
    with pytest.raises(ScenarioError, match="--dashboard"):
        Workers.of(3, None, dashboard=True)

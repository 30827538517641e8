"""Plan of a run on many workers: jobs, a scheduler and a shared file system, as SimPy processes."""

from __future__ import annotations

from dataclasses import dataclass

import simpy

__all__ = ["Costs", "Plan", "plan_run"]


@dataclass(frozen=True)
class Costs:
    """Costs of a part of a run; times in seconds, sizes in bytes.

    Attributes
    ----------
    compute_s
        A worker's own work on a part.
    start_s
        Start of a worker, once: modules, the program, the data.
    read_bytes, write_bytes
        What a worker reads once, and what a part leaves.
    dispatch_s
        The scheduler's and the command's work on a job.
    join_s
        The command's work to join a part.
    files_per_s, bandwidth
        Files and bytes per second that the shared file system takes from all workers together [A].
    files
        Files that a part writes.
    """

    compute_s: float
    start_s: float
    read_bytes: float
    write_bytes: float
    dispatch_s: float
    join_s: float
    files: int
    files_per_s: float
    bandwidth: float


@dataclass(frozen=True)
class Plan:
    """Outcome of a plan: the time of the run, and the share of it in which each part of the cluster was busy."""

    workers: int
    seconds: float
    join_s: float
    worker_busy: float
    scheduler_busy: float
    storage_busy: float

    @property
    def saturated(self) -> str:
        """The part of the cluster that limits the run."""
        shares = {
            "workers": self.worker_busy * (1 - self.join_s / self.seconds),
            "scheduler": self.scheduler_busy,
            "file system": self.storage_busy,
            "joining": self.join_s / self.seconds,
        }
        return max(shares, key=lambda name: shares[name])


def plan_run(costs: Costs, parts: int, workers: int) -> Plan:
    """Simulate a run of `parts` parts on `workers` workers."""
    env = simpy.Environment()
    scheduler, storage = simpy.Resource(env), simpy.Resource(env)
    waiting = list(range(parts))
    busy = {"worker": 0.0, "scheduler": 0.0, "storage": 0.0}

    def use(resource, name, seconds):
        with resource.request() as turn:
            yield turn
            yield env.timeout(seconds)
            busy[name] += seconds

    def work():
        yield from use(storage, "storage", costs.read_bytes / costs.bandwidth)
        yield env.timeout(costs.start_s)
        while waiting:
            waiting.pop()
            yield from use(scheduler, "scheduler", costs.dispatch_s)
            yield env.timeout(costs.compute_s)
            busy["worker"] += costs.compute_s
            yield from use(storage, "storage", costs.files / costs.files_per_s + costs.write_bytes / costs.bandwidth)

    env.run(env.all_of([env.process(work()) for _ in range(workers)]))
    simulated_s, join_s = float(env.now), parts * costs.join_s
    total = simulated_s + join_s
    return Plan(
        workers,
        total,
        join_s,
        busy["worker"] / workers / simulated_s,
        busy["scheduler"] / total,
        busy["storage"] / total,
    )

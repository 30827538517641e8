"""The campaign of equality: commands and ways are drawn by seed, and files are compared byte for byte."""

import random

from campaigns import equality


def test_draws_are_the_same_every_time(specimens):
    first, second = (
        [equality.draw_command(draw, specimens), equality.draw_way(draw)]
        for draw in (random.Random(seed) for seed in (3, 3))
    )
    assert first == second
    commands = {equality.draw_command(random.Random(seed), specimens)[0] for seed in range(8)}
    assert commands == {"run", "simulate"}


def test_two_ways_leave_equal_files(specimens, tmp_path):
    way = {"jobs": 2, "backend": "numba", "timing": "compiled", "threads": 2, "hash": "7"}
    program = equality.commands(specimens)["run"].arguments[1:4]
    short = ["run", *program, "--ticks", "20", "--out", "out.csv", "--trace", "run"]
    plain = equality.run(short, equality._PLAIN, tmp_path / "plain")
    assert plain["exit code"].startswith("0 ")
    assert {"out.csv", "run/packets.parquet", "run/summary.json"} <= plain.keys()
    assert equality.run(short, way, tmp_path / "way") == plain

import tomllib

from neurosyn.scenario.key_lines import key_lines

TEXT = '''\
name = "a"  # [not.a.table]
[data]
kind = "svhn"

[data.stand_in]
kind = "x"
text = """
[not.a.table]
a = 1
"""
list = [
  1,  # ]
  2,
]
after = 3
[[network.layers]]
kind = "conv2d"
[[network.layers]]
"quoted.key" = 1
sub.deep = 2
[network.layers.inner]
x = 1
'''


def test_lines_of_keys_tables_arrays_and_multi_line_values():
    tomllib.loads(TEXT)
    lines = key_lines(TEXT)
    assert lines[("name",)] == 1
    assert lines[("data",)] == 2
    assert lines[("data", "kind")] == 3
    assert lines[("data", "stand_in", "text")] == 7
    assert lines[("data", "stand_in", "list")] == 11
    assert lines[("data", "stand_in", "after")] == 15
    assert lines[("network", "layers", 0, "kind")] == 17
    assert lines[("network", "layers", 1, "quoted.key")] == 19
    assert lines[("network", "layers", 1, "sub", "deep")] == 20
    assert lines[("network", "layers", 1, "inner", "x")] == 22
    assert ("not", "a", "table") not in lines


def test_escaped_quotes_and_brackets_in_strings_do_not_confuse():
    text = 'a = "x \\" [["\nb = \'[\\\'\nc = { d = "]" }\ne = 1\n'
    tomllib.loads(text)
    lines = key_lines(text)
    assert [lines[(key,)] for key in "abce"] == [1, 2, 3, 4]


def test_elements_of_an_array_that_stand_apart_have_lines_of_their_own():
    lines = key_lines("[[probes]]\na = 1\n[chip]\nb = 1\n[[probes]]\na = 2\n")
    assert [lines[("probes", number, "a")] for number in (0, 1)] == [2, 6]
    assert lines[("chip", "b")] == 4


def test_only_line_feeds_end_lines():
    text = 'a = "x\u2028y"\r\nb = 1\r\n'
    tomllib.loads(text)
    assert key_lines(text) == {("a",): 1, ("b",): 2}


def test_tables_in_an_array_have_lines_of_their_own():
    text = 'a = [\n{ k = [{}] }, { k = "{" },\n\n  { k = 1,\n },\n]\nb = { c = { d = 1 } }\n'
    lines = key_lines(text)
    assert [lines[("a", number)] for number in range(3)] == [2, 2, 4]
    assert set(lines) == {("a",), *(("a", number) for number in range(3)), ("b",)}

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosyn.errors import DataError
from neurosyn.formats import json_stream
from neurosyn.formats.json_stream import JsonStream


def stream(text, **options):
    return JsonStream(Path("f.json"), io.BytesIO(text.encode("latin-1")), **options)


def walk(text):
    """Top-level members, and the elements of those that are lists."""
    read = stream(text)
    found = []
    for key in read.members():
        if read.peek() == "[":
            found.append((key, [read.value() for _ in read.elements()]))
        else:
            found.append((key, read.value()))
    read.finish()
    return found


HARD = r"""
/* head ** / */ { /**/ "a" : [1, 22, /* "three" */ 333 ] , "a\\" /*/ "no" /*/ : "/* text \" */", "b\/*": "\\",
"n": -123456 /* * */ , "l": [] , "o" : {} , "e": [ [ ] , { "x" : [true] } ] /* end **/ } /* after */
"""
FOUND = [
    ("a", [1, 22, 333]),
    ("a\\", '/* text " */'),
    ("b/*", "\\"),
    ("n", -123456),
    ("l", []),
    ("o", {}),
    ("e", [[], {"x": [True]}]),
]


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7, 64, 1 << 20])
def test_pieces_of_any_size_give_the_same_values(monkeypatch, chunk):
    monkeypatch.setattr(json_stream, "_CHUNK", chunk)
    assert walk(HARD) == FOUND


TOKENS = st.sampled_from(['"', "\\", "/", "*", "/*", "*/", "a", "\n", " ", '\\"', "\\\\"])


@given(
    comment=st.lists(TOKENS, max_size=8).map("".join), text=st.text('/*"\\ax\n', max_size=12), chunk=st.integers(1, 9)
)
def test_comments_and_strings_are_told_apart(comment, text, chunk):
    while "*/" in comment:
        comment = comment.replace("*/", "")
    value = json.dumps({"k": text})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_CHUNK", chunk)
        # A star right before the end closes the comment all the same; a slash at its beginning does not.
        read = stream(f"/*{comment} */{value}/*{comment} */")
        assert read.value() == {"k": text}
        read.finish()


def test_lines_are_counted_through_comments_and_pieces(monkeypatch):
    monkeypatch.setattr(json_stream, "_CHUNK", 4)
    read = stream('{\n/* one\ntwo */ "a":\n1,\n\n"b": 2}')
    lines = {}
    for key in read.members():
        lines[key] = read.line
        read.value()
    assert lines == {"a": 4, "b": 6}


@pytest.mark.parametrize(
    ("text", "line", "fragment"),
    [
        ("", 1, "cut short"),
        ("[1]", 1, "'[1]' stands where an object should be"),
        ('{"a"', 1, "cut short"),
        ('{"a": 1', 1, "cut short"),
        ('{"a": "x', 1, "not JSON"),
        ('{"a": 1 "b": 2}', 1, "stands where ',' or '}' should be"),
        ('{"a": 1,}', 1, "stands where a key in quotes should be"),
        ('{\n"a": 1} x', 2, "text follows after the end"),
        ('{\n"a": NaN}', 2, "NaN stands where a number should be"),
        ('{\n"a": -Infinity}', 2, "-Infinity stands where a number should be"),
        ('{"a": {"x": 1, "x": 2}}', 1, "the key 'x' twice"),
        ('{"a": 1, /* and so on', 1, "comment is never closed"),
        ('{"a": ' + "[" * 100_000, 1, "nested too deeply"),
        ('{"a": ' + "1" * 5_000 + "}", 1, "Exceeds the limit"),
        ('{"a": [1, 2, }]}', 1, "not JSON"),
        ("{'a': 1}", 1, "stands where a key in quotes should be"),
        ('{"a": 1}}', 1, "text follows"),
    ],
)
def test_damage_has_a_line_and_a_reason(text, line, fragment):
    with pytest.raises(DataError, match=f"^f.json:{line}: ") as caught:
        walk(text)
    assert fragment in str(caught.value)


def test_a_value_without_an_end_is_refused_before_memory_is_gone(monkeypatch):
    monkeypatch.setattr(json_stream, "_CHUNK", 16)
    read = stream('{"a": [' + "1," * 10_000, max_value=1_000)
    next(read.members())
    with pytest.raises(DataError, match="more than 1,000 characters"):
        read.value()
    assert read._stream.tell() < 5_000


def test_a_byte_order_mark_is_passed_over():
    assert stream('\xef\xbb\xbf{"a": 1}').value() == {"a": 1}

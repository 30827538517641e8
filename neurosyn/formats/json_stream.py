"""Streaming reader of JSON: large files in bounded memory, with comments, and with line numbers in errors.

The caller iterates over the outer objects and arrays (`JsonStream.members`, `JsonStream.elements`) and decodes one
value at a time with the decoder of the standard library; only that value has to fit into memory. Duplicate keys of the
outer objects are yielded one after the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from os import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO

from neurosyn.errors import DataError

__all__ = ["JsonStream"]

_CHUNK = 1 << 20
_LONGEST_TOKEN = 1 << 16
"""Longest token in characters: an error further before the end of the buffer is not caused by a missing rest."""
_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_BYTE_ORDER_MARK = "\xef\xbb\xbf"


class JsonStream:
    """A JSON text in a binary file, possibly with ``/* */`` comments, decoded value by value.

    Bytes are decoded as Latin-1; all keys and values of the formats are ASCII.

    Parameters
    ----------
    path
        Path of the file, for errors.
    stream
        The open file.
    max_value
        Largest number of characters of a single decoded value.

    Raises
    ------
    DataError
        By every method; the message gives file, line and reason.
    """

    def __init__(self, path: Path, stream: BinaryIO, *, max_value: int = 32 << 20) -> None:
        self.path = path
        self._stream = stream
        self._size = stream.seek(0, SEEK_END)
        stream.seek(0)
        self._max_value = max_value
        self._decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number).raw_decode
        self._text = ""
        self._at = 0
        self._line = 1
        self._counted = 0
        self._ended = False
        self._held = ""
        self._in_string = False
        self._in_comment = False
        self._fill(_CHUNK)
        if self._text.startswith(_BYTE_ORDER_MARK):
            self._at = len(_BYTE_ORDER_MARK)

    @property
    def line(self) -> int:
        """Line number of the next token, from 1."""
        self._skip_space()
        return self._current_line()

    def progress(self) -> tuple[int, int]:
        """Return the number of bytes read, and the size of the file."""
        return self._stream.tell(), self._size

    def error(self, problem: str, *, line: int | None = None) -> DataError:
        """Return an error with file and line (by default the current one)."""
        return DataError(f"{self.path}:{self._current_line() if line is None else line}: {problem}")

    def peek(self) -> str:
        """Return the next character other than white space, or an empty string at the end."""
        self._skip_space()
        return self._text[self._at : self._at + 1]

    def members(self) -> Iterator[str]:
        """Iterate over an object: yield each key; the caller decodes its value before the next one."""
        self._expect("{", "an object")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise self._unexpected("a key in quotes")
            key = self.value()
            self._expect(":", "':' and a value")
            yield key
            if self._comma_or("}"):
                return

    def elements(self) -> Iterator[int]:
        """Iterate over an array: yield the index of each element; the caller decodes it before the next one."""
        self._expect("[", "a list")
        if self.peek() == "]":
            self._at += 1
            return
        number = 0
        while True:
            yield number
            number += 1
            if self._comma_or("]"):
                return

    def value(self) -> Any:
        """Decode and return the next value. Objects become dicts; a duplicate key is an error."""
        self._skip_space()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._ended or error.pos < len(self._text) - _LONGEST_TOKEN:
                    raise self._syntax_error(error) from None
            except RecursionError:
                raise self.error("is nested too deeply; is it the right file?") from None
            except ValueError as error:
                raise self.error(f"{error}") from None
            else:
                # A number at the end of the buffer may be incomplete.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            have = len(self._text) - self._at
            if have > self._max_value:
                raise self.error(
                    f"a single value has more than {self._max_value:,} characters (or a string or bracket is never "
                    "closed); is it the right file?"
                )
            self._fill(max(_CHUNK, have))

    def finish(self) -> None:
        """Check that nothing follows."""
        if self.peek():
            raise self.error(f"text follows after the end: {self._excerpt()}; remove it or get a whole file")

    def _comma_or(self, close: str) -> bool:
        following = self.peek()
        if following == close:
            self._at += 1
            return True
        if following != ",":
            raise self._unexpected(f"',' or '{close}'")
        self._at += 1
        return False

    def _expect(self, character: str, what: str) -> None:
        if self.peek() != character:
            raise self._unexpected(what)
        self._at += 1

    def _unexpected(self, expected: str) -> DataError:
        if not self.peek():
            return self.error("the file ends in the middle; it is cut short, get a whole one")
        return self.error(f"{self._excerpt()} stands where {expected} should be; repair the file")

    def _syntax_error(self, error: json.JSONDecodeError) -> DataError:
        if not self._text[error.pos :].strip():
            return self.error("the file ends in the middle; it is cut short, get a whole one")
        self._at = error.pos
        return self.error(f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]} ({self._excerpt()}); repair the file")

    def _excerpt(self) -> str:
        return repr(self._text[self._at : self._at + 20])

    def _current_line(self) -> int:
        # Line ends are counted once, however often the line is read.
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _skip_space(self) -> None:
        while True:
            match = _SPACE.match(self._text, self._at)
            assert match is not None
            self._at = match.end()
            if self._at < len(self._text) or self._ended:
                return
            self._fill(_CHUNK)

    def _fill(self, size: int) -> None:
        """Read the next bytes, strip comments, and drop decoded text from the buffer."""
        try:
            read = self._stream.read(size)
        except OSError as error:
            raise DataError(f"{self.path}: cannot be read ({error})") from error
        self._ended = not read
        if self._ended and self._in_comment:
            raise self.error("a comment is never closed; the file is cut short, get a whole one")
        text = self._without_comments(self._held + read.decode("latin-1"))
        self._current_line()
        self._text = self._text[self._at :] + text
        self._at = self._counted = 0

    def _without_comments(self, text: str) -> str:
        """Replace comments by their line ends; a last character that depends on the next chunk is held back."""
        self._held = ""
        pieces = []
        at = 0
        while at < len(text):
            if self._in_comment:
                end = text.find("*/", at)
                self._in_comment = end < 0
                stop = end + 2 if end >= 0 else self._hold(text, "*")
                # The line ends of a comment stay, so that lines are counted.
                pieces.append(" " + "\n" * text.count("\n", at, stop))
                at = stop + len(self._held)
                continue
            start = text.find("/*", at)
            stop = start if start >= 0 else self._hold(text, "/", "\\")
            self._in_string ^= _quotes(text[at:stop]) % 2 == 1
            if start < 0:
                pieces.append(text[at:stop])
                break
            self._in_comment = not self._in_string
            pieces.append(text[at:stop] + (" " if self._in_comment else "/*"))
            at = stop + 2
        return "".join(pieces)

    def _hold(self, text: str, *endings: str) -> int:
        """Hold back the last character if it is one of `endings` (a backslash: unless it is escaped)."""
        last = text[-1]
        if self._ended or last not in endings or (last == "\\" and (len(text) - len(text.rstrip("\\"))) % 2 == 0):
            return len(text)
        self._held = last
        return len(text) - 1


def _quotes(text: str) -> int:
    """Return the number of quotation marks that open or close a string."""
    return (_ESCAPED.sub("", text) if "\\" in text else text).count('"')


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"an object has the key '{twice[:40]}' twice; remove one")
    return members


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} stands where a number should be; repair the file")

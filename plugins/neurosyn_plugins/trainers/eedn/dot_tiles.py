"""Tiles of products of 8-bit integers, as LLVM code inside compiled functions; import it only there (it imports Numba).

Every processor computes the same integers: with AVX-512 VNNI by the instruction made for it, 64 products and sums at a
time; with AVX2 by two; elsewhere in LLVM's general terms.

Activities are unsigned bytes of at most 127, weights and gradients signed ones of at least −127; or the signed operand
is within −1…1 and the unsigned one any byte. So no sum of two products leaves 16 bits, and nothing here saturates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic

__all__ = [
    "COLUMNS",
    "DEPTH",
    "ROWS",
    "STEP",
    "add_words",
    "copy_bytes",
    "copy_words",
    "interleave",
    "product_tile",
    "weight_tile",
]

ROWS, COLUMNS = 8, 32
"""Rows and columns of the tile that `product_tile` computes."""
STEP = 4
"""Inputs that lie side by side, as `product_tile` takes them."""
DEPTH = 64
"""Columns that `weight_tile` takes at a time."""

# To the type checker, what Numba makes of them takes one argument more than it does.
_intrinsic: Any = intrinsic

BYTE, WORD, INT = ir.IntType(8), ir.IntType(16), ir.IntType(32)


def _features() -> set[str]:
    """Return what the processor that Numba compiles for can do."""
    name, chosen = (getattr(config, setting) for setting in ("CPU_NAME", "CPU_FEATURES"))
    if chosen is not None:
        return {feature[1:] for feature in chosen.split(",") if feature.startswith("+")}
    if name is not None and llvm.get_host_cpu_name() != name:
        return set()
    return {name for name, there in llvm.get_host_cpu_features().items() if there}


class _Dot:
    """Adds products of four bytes to each 32-bit lane.

    Attributes
    ----------
    kind
        ``"vnni"``, ``"avx2"`` or ``"general"``.
    lanes
        Of a vector.
    rows, vectors
        Of the block of lanes that fits the registers.
    """

    def __init__(self) -> None:
        features = _features()
        self.kind = "vnni" if {"avx512vnni", "avx512bw"} <= features else "avx2" if "avx2" in features else "general"
        self.lanes = 16 if self.kind == "vnni" else 8
        self.rows, self.vectors = (8, 2) if self.kind == "vnni" else (4, 2)
        self.type = ir.VectorType(INT, self.lanes)
        self.bytes = ir.VectorType(BYTE, 4 * self.lanes)

    def add(self, builder: ir.IRBuilder, total: ir.Value, unsigned: ir.Value, signed: ir.Value) -> ir.Value:
        """Return ``total`` plus the products of vectors of 32-bit lanes."""
        module = builder.module
        if self.kind == "vnni":
            kind = ir.FunctionType(self.type, [self.type] * 3)
            function = _declared(module, kind, "llvm.x86.avx512.vpdpbusd.512")
            return builder.call(function, [total, unsigned, signed])
        one, other = builder.bitcast(unsigned, self.bytes), builder.bitcast(signed, self.bytes)
        if self.kind == "avx2":
            words = ir.VectorType(WORD, 2 * self.lanes)
            pairs = _declared(module, ir.FunctionType(words, [self.bytes] * 2), "llvm.x86.avx2.pmadd.ub.sw")
            fours = _declared(module, ir.FunctionType(self.type, [words] * 2), "llvm.x86.avx2.pmadd.wd")
            ones = ir.Constant(words, [1] * (2 * self.lanes))
            return builder.add(total, builder.call(fours, [builder.call(pairs, [one, other]), ones]))
        wide = ir.VectorType(WORD, 4 * self.lanes)
        products = builder.mul(builder.zext(one, wide), builder.sext(other, wide))
        for offset in range(4):
            chosen = ir.Constant(ir.VectorType(INT, self.lanes), [4 * lane + offset for lane in range(self.lanes)])
            part = builder.shuffle_vector(products, ir.Constant(wide, ir.Undefined), chosen)
            total = builder.add(total, builder.sext(part, self.type))
        return total

    def spread(self, builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
        """Return the vector whose lanes are all `value`."""
        undefined = ir.Constant(self.type, ir.Undefined)
        first = builder.insert_element(undefined, value, INT(0))
        return builder.shuffle_vector(first, undefined, ir.Constant(self.type, [0] * self.lanes))


def _declared(module: ir.Module, kind: ir.FunctionType, name: str) -> ir.Function:
    """Return an instruction's function, declared once in a module."""
    return cgutils.get_or_insert_function(module, kind, name)  # type: ignore[no-untyped-call]


def _load(builder: ir.IRBuilder, address: ir.Value, kind: ir.Type) -> ir.Value:
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=1)


def _store(builder: ir.IRBuilder, address: ir.Value, value: ir.Value) -> None:
    builder.store(value, builder.inttoptr(address, value.type.as_pointer()), align=1)


def _accumulate(
    builder: ir.IRBuilder,
    count: ir.Value,
    totals: Sequence[ir.Value],
    step: Callable[[ir.IRBuilder, ir.Value, list[ir.Value]], list[ir.Value]],
) -> list[ir.Value]:
    """Return the totals after ``count`` ≥ 1 steps."""
    before = builder.block
    body, after = builder.append_basic_block("step"), builder.append_basic_block("stepped")
    builder.branch(body)
    builder.position_at_end(body)
    number = builder.phi(count.type)
    number.add_incoming(count.type(0), before)
    held = [builder.phi(total.type) for total in totals]
    for phi, total in zip(held, totals, strict=True):
        phi.add_incoming(total, before)
    results = step(builder, number, list(held))
    following = builder.add(number, count.type(1))
    number.add_incoming(following, builder.block)
    for phi, result in zip(held, results, strict=True):
        phi.add_incoming(result, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, count), body, after)
    builder.position_at_end(after)
    return results


@_intrinsic
def product_tile(typingctx, weights, row, inputs, out, out_row, steps, start):  # type: ignore[no-untyped-def] # noqa: ARG001
    """Write ``start[r] + Σ_k weights[r, k] · inputs[k, c]`` to ``out[r, c]``, 8 rows and 32 columns of 16 bits.

    All arguments are addresses or numbers of bytes (intp), but for ``steps``: how many times four inputs there are.
    `weights` are signed bytes in rows `row` apart; `inputs` unsigned ones, (steps, 32, 4); `start` eight of 32 bits.
    """

    def generate(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Sequence[ir.Value]) -> Any:
        weights, row, inputs, out, out_row, steps, start = arguments
        dot, size = _Dot(), weights.type
        for first_row in range(0, ROWS, dot.rows):
            rows = range(first_row, first_row + dot.rows)
            row_at = [builder.add(weights, builder.mul(row, size(r))) for r in rows]
            starts = [_load(builder, builder.add(start, size(4 * r)), INT) for r in rows]
            for first in range(0, COLUMNS, dot.lanes * dot.vectors):
                columns = [first + dot.lanes * v for v in range(dot.vectors)]

                def step(
                    builder: ir.IRBuilder,
                    number: ir.Value,
                    totals: list[ir.Value],
                    columns: list[int] = columns,
                    row_at: list[ir.Value] = row_at,
                ) -> list[ir.Value]:
                    at = builder.add(inputs, builder.mul(number, size(4 * COLUMNS)))
                    given = [_load(builder, builder.add(at, size(4 * column)), dot.type) for column in columns]
                    offset = builder.mul(number, size(4))
                    results = []
                    for r, address in enumerate(row_at):
                        weight = dot.spread(builder, _load(builder, builder.add(address, offset), INT))
                        row_totals = totals[r * len(given) : (r + 1) * len(given)]
                        results += [
                            dot.add(builder, total, own, weight) for total, own in zip(row_totals, given, strict=True)
                        ]
                    return results

                begin = [dot.spread(builder, value) for value in starts for _ in columns]
                totals = _accumulate(builder, steps, begin, step)
                narrow = ir.VectorType(WORD, dot.lanes)
                for place, total in enumerate(totals):
                    r, v = divmod(place, len(columns))
                    at = builder.add(out, builder.mul(out_row, size(first_row + r)))
                    _store(builder, builder.add(at, size(2 * columns[v])), builder.trunc(total, narrow))
        return _context.get_dummy_value()

    return types.void(*[types.intp] * 7), generate


@_intrinsic
def weight_tile(typingctx, inputs, row, gradients, gradient_row, out, steps):  # type: ignore[no-untyped-def] # noqa: ARG001
    """Add ``Σ_c inputs[k, c] · gradients[f, c]`` to ``out[k, f]``, 8 × 2 numbers of 32 bits.

    All arguments are addresses or numbers of bytes (intp), but for ``steps``: how many times 64 columns there are.
    `inputs` are unsigned bytes in rows `row` apart, `gradients` signed ones in rows `gradient_row` apart.
    """

    def generate(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Sequence[ir.Value]) -> Any:
        inputs, row, gradients, gradient_row, out, steps = arguments
        dot, size = _Dot(), inputs.type
        length = 4 * dot.lanes
        count = builder.mul(steps, size(DEPTH // length))
        gradient_at = [builder.add(gradients, builder.mul(gradient_row, size(f))) for f in range(2)]
        for first in range(0, ROWS, dot.rows):
            input_at = [builder.add(inputs, builder.mul(row, size(first + k))) for k in range(dot.rows)]

            def step(
                builder: ir.IRBuilder,
                number: ir.Value,
                totals: list[ir.Value],
                input_at: list[ir.Value] = input_at,
            ) -> list[ir.Value]:
                offset = builder.mul(number, size(length))
                own = [_load(builder, builder.add(address, offset), dot.type) for address in gradient_at]
                results = []
                for k, address in enumerate(input_at):
                    given = _load(builder, builder.add(address, offset), dot.type)
                    results += [dot.add(builder, totals[2 * k + f], given, own[f]) for f in range(2)]
                return results

            totals = _accumulate(builder, count, [ir.Constant(dot.type, None)] * (2 * dot.rows), step)
            # Neighbours are added until each lane is the sum of one vector; there are as many vectors as lanes.
            evens = ir.Constant(dot.type, [2 * lane for lane in range(dot.lanes)])
            odds = ir.Constant(dot.type, [2 * lane + 1 for lane in range(dot.lanes)])
            while len(totals) > 1:
                totals = [
                    builder.add(builder.shuffle_vector(one, other, evens), builder.shuffle_vector(one, other, odds))
                    for one, other in zip(totals[::2], totals[1::2], strict=True)
                ]
            at = builder.add(out, size(8 * first))
            _store(builder, at, builder.add(totals[0], _load(builder, at, dot.type)))
        return _context.get_dummy_value()

    return types.void(*[types.intp] * 6), generate


@_intrinsic
def interleave(typingctx, one, two, three, four, out, flip):  # type: ignore[no-untyped-def] # noqa: ARG001
    """Write 32 bytes of each of four addresses side by side, exclusive-ored with those of the 32-bit `flip`."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Sequence[ir.Value]) -> Any:
        *addresses, out, flip = arguments
        rows = [_load(builder, address, ir.VectorType(BYTE, COLUMNS)) for address in addresses]
        pairs = [_join(builder, rows[0], rows[1]), _join(builder, rows[2], rows[3])]
        joined = _join(builder, *pairs)
        order = [row * COLUMNS + column for column in range(COLUMNS) for row in range(STEP)]
        kind = joined.type
        mixed = builder.shuffle_vector(
            joined, ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(INT, len(order)), order)
        )
        words = builder.bitcast(mixed, ir.VectorType(INT, COLUMNS))
        first = builder.insert_element(ir.Constant(words.type, ir.Undefined), flip, INT(0))
        flips = builder.shuffle_vector(first, first, ir.Constant(words.type, [0] * COLUMNS))
        _store(builder, out, builder.xor(words, flips))
        return context.get_dummy_value()

    return types.void(*[types.intp] * 5, types.int32), generate


def _join(builder: ir.IRBuilder, one: ir.Value, other: ir.Value) -> ir.Value:
    """Return a vector that goes on with another."""
    count = one.type.count + other.type.count
    return builder.shuffle_vector(one, other, ir.Constant(ir.VectorType(INT, count), list(range(count))))


@_intrinsic
def copy_bytes(typingctx, source, target):  # type: ignore[no-untyped-def] # noqa: ARG001
    """Copy 32 bytes from one address to another."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Sequence[ir.Value]) -> Any:
        source, target = arguments
        _store(builder, target, _load(builder, source, ir.VectorType(BYTE, COLUMNS)))
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), generate


@_intrinsic
def copy_words(typingctx, source, target):  # type: ignore[no-untyped-def] # noqa: ARG001
    """Copy 32 numbers of 16 bits from one address to another."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Sequence[ir.Value]) -> Any:
        source, target = arguments
        _store(builder, target, _load(builder, source, ir.VectorType(WORD, COLUMNS)))
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), generate


@_intrinsic
def add_words(typingctx, source, target):  # type: ignore[no-untyped-def] # noqa: ARG001
    """Add 32 numbers of 16 bits at one address to as many of 32 bits at another."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Sequence[ir.Value]) -> Any:
        source, target = arguments
        wide = ir.VectorType(INT, COLUMNS)
        added = builder.sext(_load(builder, source, ir.VectorType(WORD, COLUMNS)), wide)
        _store(builder, target, builder.add(_load(builder, target, wide), added))
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), generate

"""Rules as text: `parse("rsi(14) < 30 and close > ema(200).at('4h')")`. Read with `ast`, never evaluated."""

from __future__ import annotations

import ast
import contextlib
import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeAlias

from thebot.errors import IndicatorError, UnknownName
from thebot.indicators.catalogue import outputs_called
from thebot.indicators.expression import (
    LEAVES,
    Expression,
    complement,
    crosses_above,
    crosses_below,
    expression_of,
)
from thebot.indicators.indicator import Indicator, registered

LONGEST_TEXT: Final = 10_000  # characters
_ONE_LINE: Final = str.maketrans("\t\r\n\f", "    ")
_CROSSINGS: Final[dict[str, Callable[..., Expression]]] = {
    "crosses_above": crosses_above,
    "crosses_below": crosses_below,
}
_METHODS: Final = ("at", "shift")
_BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.BitAnd: lambda left, right: left & right,
    ast.BitOr: lambda left, right: left | right,
}
_COMPARED: Final[dict[type[ast.cmpop], Callable[[Expression, Expression], Expression]]] = {
    ast.Lt: lambda left, right: left < right,
    ast.LtE: lambda left, right: left <= right,
    ast.Gt: lambda left, right: left > right,
    ast.GtE: lambda left, right: left >= right,
}


Names: TypeAlias = Mapping[str, int | float | str]
Functions: TypeAlias = Mapping[str, Callable[[Expression], Expression]]


def parse(
    text: str, *, names: Names = MappingProxyType({}), functions: Functions = MappingProxyType({})
) -> Expression:
    """The expression that `text` says: what `repr` gives, or with `and`, `or`, `not` and `30 < x < 70`.

    `names` stand for numbers (the parameters of a strategy), `functions` for what is made of one expression.

    Raises IndicatorError where it cannot be read, UnknownName (naming what is near) for a name that does
    not exist; both with the text and a mark under the character in their notes.

    >>> parse("rsi(14) < 30 and close > ema(200).at('4h')")
    (rsi(14) < 30) & (close > ema(200).at('4h'))
    """
    return expression_of(parse_whole(text, names=names, functions=functions))


def parse_whole(
    text: str, *, names: Names = MappingProxyType({}), functions: Functions = MappingProxyType({})
) -> Expression:
    """As `parse`, but `text` may also be an indicator with several outputs: it then stands for all of them.

    >>> parse_whole("bbands(20, 2)")
    bbands(20, 2)
    """
    if len(text) > LONGEST_TEXT:
        raise IndicatorError(f"A rule of {len(text):,} characters is too long; {LONGEST_TEXT:,} are read.")
    line = text.strip().translate(_ONE_LINE)
    if "#" in line:  # Python would leave out what is behind it
        _unread(line, "a # has no place", line.index("#"))
    try:
        tree = ast.parse(line, mode="eval")
        found = _Reader(line, names, functions).read(tree.body)
        return found if isinstance(found, Indicator) else expression_of(found)
    except SyntaxError as error:
        at = (error.offset or len(line) + 1) - 1  # without a place it is the end that came too soon
        _unread(line, error.msg if error.offset else "something is missing", at, error)
    except (RecursionError, MemoryError, ValueError) as error:
        raise IndicatorError(f"The rule {text[:80]!r}... cannot be read: {error}.") from error


def _unread(text: str, why: str, at: int, error: SyntaxError | None = None) -> NoReturn:
    unread = IndicatorError(
        f"The rule {text!r} cannot be read ({why} at character {at + 1}). "
        "Write it as in: rsi(14) < 30 and close > ema(200).at('4h')"
    )
    _mark(unread, text, at)
    raise unread from error


def _mark(error: Exception, text: str, at: int) -> None:
    """Say where in the text it went wrong, unless that is said already: the innermost place counts."""
    if not getattr(error, "__notes__", ()):
        error.add_note(text)
        error.add_note(" " * at + "^")


class _Reader:
    def __init__(self, text: str, names: Names, functions: Functions) -> None:
        self.text, self.names, self.functions = text, names, functions

    def read(self, node: ast.expr) -> Any:  # noqa: ANN401  (an expression, or a plain number)
        with self.marking(node):
            return self.meaning(node)

    def condition(self, node: ast.expr) -> Expression:
        """What is combined by and, or, not: marked where it is none."""
        with self.marking(node):
            found = expression_of(self.read(node))
            if not found.is_condition:
                complement(found)  # says why it cannot be
            return found

    @contextlib.contextmanager
    def marking(self, node: ast.expr | ast.keyword) -> Iterator[None]:
        """What goes wrong inside is marked at this place."""
        try:
            yield
        except (IndicatorError, UnknownName) as error:
            _mark(error, self.text, self.place(node))
            raise

    def place(self, node: ast.expr | ast.keyword) -> int:
        """The character that a node is about: of an attribute its name, else where it begins."""
        column = node.col_offset  # in bytes
        if isinstance(node, ast.Attribute) and node.end_col_offset is not None:
            column = node.end_col_offset - len(node.attr.encode())
        return len(self.text.encode()[:column].decode())

    def meaning(self, node: ast.expr) -> Any:  # noqa: ANN401  (an expression, or a plain number)
        match node:
            case ast.Constant(value=bool() | str() | bytes() | None | complex()):
                return self.refuse(node)
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.Name(id=name):
                return self.leaf(name)
            case ast.Attribute(value=value, attr=name):
                return self.output(value, name)
            case ast.Call():
                return self.call(node)
            case ast.Compare():
                return self.comparison(node)
            case ast.BoolOp(op=op, values=values):
                joined = operator.and_ if isinstance(op, ast.And) else operator.or_
                return functools.reduce(joined, map(self.condition, values))
            case ast.BinOp(op=op) if type(op) in _BINARY:
                return self.combined(_BINARY[type(op)], node)
            case ast.UnaryOp(op=op, operand=operand):
                return self.unary(op, operand)
            case _:
                return self.refuse(node)

    def combined(self, function: Callable[[Any, Any], Any], node: ast.BinOp) -> Any:  # noqa: ANN401
        if isinstance(node.op, ast.BitAnd | ast.BitOr):
            return function(self.condition(node.left), self.condition(node.right))
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(left, Expression) or isinstance(right, Expression):
            return function(expression_of(left), expression_of(right))
        if isinstance(node.op, ast.Div) and right == 0:
            self.refuse(node)
        return function(left, right)  # of plain numbers: a plain number

    def unary(self, op: ast.unaryop, operand: ast.expr) -> Any:  # noqa: ANN401
        if isinstance(op, ast.Not | ast.Invert):
            return complement(self.condition(operand))
        value = self.value(operand)
        if isinstance(op, ast.UAdd):
            return value
        return -value if isinstance(operand, ast.Constant | ast.Name) else -expression_of(value)

    def value(self, node: ast.expr) -> Any:  # noqa: ANN401  (an expression, or a plain number)
        """What is reckoned with or compared: marked where it is an indicator with several outputs."""
        found = self.read(node)
        with self.marking(node):
            return expression_of(found) if isinstance(found, Expression) else found

    def leaf(self, name: str) -> Any:  # noqa: ANN401  (an expression, or the number that a name stands for)
        if isinstance(self.names.get(name), str):
            raise IndicatorError(f"{name} is the text {self.names[name]!r}, which has no place here.")
        if name in self.names:
            return self.names[name]
        for leaf in LEAVES:
            if name in (leaf.name, repr(leaf)):
                return leaf
        known = registered()
        if name in known or name in _CROSSINGS or name in self.functions:
            raise IndicatorError(f"{name} is written with brackets: {name}(...), in {self.text!r}.")
        near = [*self.names, *(leaf.name for leaf in LEAVES), *sorted(known)]
        raise UnknownName(
            "column, parameter or indicator" if self.names else "column or indicator", name, near
        )

    def output(self, value: ast.expr, name: str) -> Expression:
        whole = self.read(value)
        if isinstance(whole, Indicator) and len(whole.choices) > 1:
            if name not in whole.choices:
                raise UnknownName(f"output of {whole.definition.name}", name, whole.choices)
            found: Expression = getattr(whole, name)
            return found
        raise IndicatorError(f"{whole!r} has no {name!r}: it has one value, in {self.text!r}.")

    def call(self, node: ast.Call) -> Expression:
        arguments = [self.argument(each) for each in node.args]
        named = {each.arg: self.argument(each.value) for each in node.keywords if each.arg}
        if any(isinstance(each, ast.Starred) for each in node.args) or len(named) < len(node.keywords):
            self.refuse(node)
        match node.func:
            case ast.Name(id=name) if name in _CROSSINGS:
                if len(arguments) != 2 or named:
                    raise IndicatorError(
                        f"{name} compares two values: {name}(rsi(14), 30), in {self.text!r}."
                    )
                return _CROSSINGS[name](*arguments)
            case ast.Name(id=name) if name in self.functions:
                if len(arguments) != 1 or named:
                    raise IndicatorError(f"{name} takes one expression: {name}(...), in {self.text!r}.")
                return self.functions[name](expression_of(arguments[0]))
            case ast.Name(id=name):
                return self.indicator(node, name, arguments, named)
            case ast.Attribute(value=value, attr=method):
                owner = expression_of(self.value(value))
                given = [*node.args, *(each.value for each in node.keywords), node.func]
                with self.marking(given[0] if method in _METHODS else node.func):
                    return self.method(owner, method, arguments, named)
            case _:
                return self.refuse(node)

    def indicator(self, node: ast.Call, name: str, arguments: list[Any], named: dict[str, Any]) -> Indicator:
        known = registered()
        if name not in known:
            near = [*known, *_CROSSINGS, *self.functions]
            raise UnknownName("indicator", name, near, outputs_called(name))
        texts = any(isinstance(each, str) for each in [*arguments, *named.values()])
        if texts and not known[name].words:
            raise IndicatorError(f"{name} takes numbers and expressions, not text, in {self.text!r}.")
        try:
            return known[name](*arguments, **named)
        except UnknownName as error:
            for each in node.keywords:
                if each.arg == error.name:
                    _mark(error, self.text, self.place(each))
            raise

    def method(
        self, value: Expression, method: str, arguments: list[Any], named: dict[str, Any]
    ) -> Expression:
        if method not in _METHODS:
            raise UnknownName("method", method, _METHODS)
        names = {"at": "timeframe", "shift": "candles"}
        given = [*arguments, *(each for name, each in named.items() if name == names[method])]
        if len(given) != 1 or len(arguments) + len(named) != 1:
            example = "close.at('4h')" if method == "at" else "close.shift(1)"
            raise IndicatorError(f"{method} takes one argument, as in {example}, in {self.text!r}.")
        if method == "at":
            return value.at(given[0] if isinstance(given[0], str) else repr(given[0]))
        return value.shift(given[0])

    def argument(self, node: ast.expr) -> Any:  # noqa: ANN401  (an expression, a number or a text)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Name) and isinstance(self.names.get(node.id), str):
            return self.names[node.id]
        return self.read(node)

    def comparison(self, node: ast.Compare) -> Expression:
        sides = [self.value(side) for side in (node.left, *node.comparators)]
        whole: Expression | None = None
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if type(op) not in _COMPARED:
                raise IndicatorError(
                    f"{ast.unparse(node)!r} is no comparison that prices can be held to: use < <= > >=."
                )
            # a number on the left changes sides, as in Python: 30 < rsi(14) is rsi(14) > 30
            part = _COMPARED[type(op)](left if isinstance(right, Expression) else expression_of(left), right)
            whole = part if whole is None else whole & part
        return whole if whole is not None else self.refuse(node)

    def refuse(self, node: ast.expr) -> NoReturn:
        raise IndicatorError(
            f"{ast.unparse(node)!r} has no place in a rule ({self.text!r}). There are: columns, indicators, "
            "numbers, + - * /, < <= > >=, and, or, not, crosses_above(a, b), crosses_below(a, b), .at('4h'), "
            ".shift(1)."
        )

"""From the text of a query to what it says, by the grammar in `query.lark`."""

import math
import re
from datetime import timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Transformer
from lark import v_args as arguments_of  # pyright: ignore[reportUnknownVariableType]
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from sandbox.arm.resource_graph import syntax
from sandbox.arm.resource_graph.errors import PARSER_FAILURE, UNSUPPORTED_OPERATOR, Place, QueryError, refused
from sandbox.arm.resource_graph.syntax import Expression, Named, Operator, Pipeline, Query, SortKey, Source
from sandbox.arm.resource_graph.values import to_bool, to_datetime, to_long, to_real, to_timespan

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds", "ms": "milliseconds"}
_ESCAPES = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_DEPTHS = {**dict.fromkeys("([{", 1), **dict.fromkeys(")]}", -1)}
_DEEPEST = 100
_TEXTS = re.compile(r"""@"(?:""|[^"])*"|@'(?:''|[^'])*'|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""")
"""Literal texts, whose brackets close nothing."""
_OPERATORS = (
    "where project project-away project-keep project-rename extend summarize distinct order sort top take limit count "
    "parse mv-expand join union"
)


def parse(text: str) -> Query:
    """Read a query.

    Raises QueryError: ParserFailure where it is not of the grammar, InvalidQueryLanguage for an operator that is not
    modelled.
    """
    if max(accumulate(_DEPTHS.get(one, 0) for one in _TEXTS.sub("", text)), default=0) > _DEEPEST:
        raise refused(f"The query is nested more than {_DEEPEST} brackets deep.")
    try:
        # The callbacks of `_Builder` are called while it is read, so that no nesting is too deep for it.
        return cast("Query", cast("Any", _parser()).parse(text))
    except UnexpectedInput as error:
        raise _failure(text, error) from error


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("query.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_Builder())


def _failure(text: str, error: UnexpectedInput) -> QueryError:
    token = cast("Token", cast("Any", error).token) if isinstance(error, UnexpectedToken) else None
    if token is not None and token.type == "$END":
        lines = text.split("\n")
        place = Place(len(lines), len(lines[-1]), "<EOF>")
        return QueryError(PARSER_FAILURE, "The query ends before it is whole.", place)
    line, column = max(error.line, 1), max(error.column - 1, 0)
    rest = text.split("\n")[line - 1][column:]
    word = re.match(r"[\w-]+|\S", rest)
    found = rest[:1] if token is None else str(token)
    operator = word[0] if word and _follows_pipe(text, line, column) else None
    if operator and operator not in _OPERATORS.split() and operator[0].isalpha():
        return QueryError(
            UNSUPPORTED_OPERATOR,
            f"The operator '{operator}' is not supported. The local Azure has: {', '.join(_OPERATORS.split())}.",
            Place(line, column, operator),
        )
    what = "cannot be read" if isinstance(error, UnexpectedCharacters) else "was not expected"
    message = f"'{found[:40]}' {what} in line {line}, after {column} characters of it."
    return QueryError(PARSER_FAILURE, message, Place(line, column, found[:40]))


def _follows_pipe(text: str, line: int, column: int) -> bool:
    before = [re.sub(r"//.*", "", one) for one in text.split("\n")[: line - 1]]
    return "\n".join([*before, text.split("\n")[line - 1][:column]]).rstrip().endswith("|")


def _place(token: Token) -> Place:
    return Place(token.line or 1, (token.column or 1) - 1, str(token))


def _unquoted(token: str) -> str:
    if token.startswith("@"):
        return token[2:-1].replace(token[1] * 2, token[1])
    return _ESCAPES.sub(_unescaped, token[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    text = chr(int(code, 16)) if code else _ESCAPED.get(found[3], found[3])
    if "\ud800" <= text <= "\udfff":
        raise refused(f"The escape {found[0]} is half of a character.")
    return text


@arguments_of(inline=True)
class _Builder(Transformer[Token, Query]):
    """Makes the data of `syntax` of what the grammar finds; each method is called by the name of its rule."""

    def start(self, *parts: Any) -> Query:
        return Query(tuple(parts[:-1]), parts[-1])

    def let(self, name: syntax.Name, value: Expression) -> tuple[str, Expression]:
        return name.text, value

    def piped(self, source: Source, *operators: Operator) -> Pipeline:
        return Pipeline(source, operators)

    def from_default(self, *operators: Operator) -> Pipeline:
        return Pipeline(None, operators)

    def table(self, name: Token) -> syntax.Name:
        return syntax.Name(str(name), _place(name))

    def where(self, word: Token, condition: Expression) -> Operator:
        return syntax.Where(condition, _place(word))

    def project(self, items: tuple[Named, ...]) -> Operator:
        return syntax.Project(items)

    def extend(self, items: tuple[Named, ...]) -> Operator:
        return syntax.Extend(items)

    def project_away(self, _: Token, patterns: tuple[str, ...]) -> Operator:
        return syntax.Select(keep=False, patterns=patterns)

    def project_keep(self, _: Token, patterns: tuple[str, ...]) -> Operator:
        return syntax.Select(keep=True, patterns=patterns)

    def project_rename(self, _: Token, *names: tuple[str, syntax.Name]) -> Operator:
        return syntax.Rename(names)

    def summarize(self, word: Token, aggregates: tuple[Named, ...] | None, by: tuple[Named, ...] | None) -> Operator:
        return syntax.Summarize(aggregates or (), by or (), _place(word))

    def distinct(self, items: tuple[Named, ...] | Token) -> Operator:
        return syntax.Distinct(() if isinstance(items, Token) else items)

    def order(self, keys: tuple[SortKey, ...]) -> Operator:
        return syntax.Order(keys)

    def top(self, word: Token, number: Expression, keys: tuple[SortKey, ...]) -> Operator:
        return syntax.Take(number, keys, _place(word))

    def take(self, word: Token, number: Expression) -> Operator:
        return syntax.Take(number, (), _place(word))

    def count(self) -> Operator:
        return syntax.Count()

    def parse(self, word: Token, _: Token | None, kind: Token | None, value: Expression, *pattern: Any) -> Operator:
        return syntax.Parse(str(kind or "simple"), value, pattern, _place(word))

    def star_piece(self, word: Token) -> syntax.Star:
        return syntax.Star(_place(word))

    def text_piece(self, text: Token) -> str:
        return _unquoted(text)

    def extraction(self, name: syntax.Name, kind: Token | None) -> syntax.Extraction:
        return syntax.Extraction(name.text, str(kind or "string"), name.place)

    def expand(self, word: Token, _: Token | None, kind: Token | None, *parts: Any) -> Operator:
        limit = parts[-1]
        return syntax.Expand(str(kind or "bag"), parts[:-1], None if limit is None else int(limit, 0), _place(word))

    def join(self, word: Token, kind: Token | None, right: Source, keys: tuple[Expression, ...]) -> Operator:
        return syntax.Join(str(kind or "innerunique"), right, keys, _place(word))

    def union(self, word: Token, kind: Token | None, *legs: Source) -> Operator:
        return syntax.Union(str(kind or "outer"), legs, _place(word))

    def join_kind(self, kind: Token) -> Token:
        return kind

    def named_list(self, *items: Named) -> tuple[Named, ...]:
        return items

    def named(self, name: syntax.Name | None, value: Expression) -> Named:
        return Named(name.text if name else None, value)

    def rename(self, new: syntax.Name, old: syntax.Name) -> tuple[str, syntax.Name]:
        return new.text, old

    def patterns(self, *patterns: str) -> tuple[str, ...]:
        return patterns

    def plain_pattern(self, pattern: Token) -> str:
        return str(pattern)

    def quoted_pattern(self, pattern: Token) -> str:
        return _unquoted(pattern)

    def keys(self, *keys: SortKey) -> tuple[SortKey, ...]:
        return keys

    def key(self, value: Expression, direction: Token | None, nulls: Token | None) -> SortKey:
        descending = direction is None or direction == "desc"
        return SortKey(value, descending, nulls == "first" if nulls else not descending)

    def expansion(self, item: Named, to: Token | None) -> tuple[Named, str | None]:
        return item, None if to is None else str(to)

    def exprs(self, *items: Expression) -> tuple[Expression, ...]:
        return items

    def any_of(self, *terms: Expression) -> Expression:
        return terms[0] if len(terms) == 1 else syntax.AnyOf(terms)

    def all_of(self, *terms: Expression) -> Expression:
        return terms[0] if len(terms) == 1 else syntax.AllOf(terms)

    def binary(self, left: Expression, operator: Token, right: Expression) -> Expression:
        return syntax.Binary(" ".join(operator.split()), left, right, _place(operator))

    def among(self, value: Expression, operator: Token, items: tuple[Expression, ...]) -> Expression:
        return syntax.Among(str(operator), value, items, _place(operator))

    def between(self, value: Expression, operator: Token, low: Expression, high: Expression) -> Expression:
        return syntax.Between(operator.startswith("!"), value, low, high, _place(operator))

    def negative(self, sign: Token, value: Expression) -> Expression:
        return syntax.Negative(value, _place(sign))

    def member(self, base: Expression, key: Token) -> Expression:
        name = str(key) if key.type == "IDENT" else _unquoted(key)
        return syntax.Member(base, syntax.Constant("string", name))

    def element(self, base: Expression, key: Expression) -> Expression:
        return syntax.Member(base, key)

    def column(self, name: syntax.Name) -> Expression:
        return name

    def call(self, name: Token, arguments: tuple[Named, ...] | None) -> Expression:
        return syntax.Call(str(name), arguments or (), _place(name))

    def arguments(self, *arguments: Named) -> tuple[Named, ...]:
        return arguments

    def star(self, word: Token) -> Named:
        return Named(None, syntax.Star(_place(word)))

    def plain_name(self, name: Token) -> syntax.Name:
        return syntax.Name(str(name), _place(name))

    def quoted_name(self, name: Token) -> syntax.Name:
        return syntax.Name(_unquoted(name), _place(name))

    def string(self, text: Token) -> Expression:
        return syntax.Constant("string", _unquoted(text))

    def long(self, text: Token) -> Expression:
        return syntax.Constant("long", _known(text, to_long(str(text))))

    def real(self, text: Token) -> Expression:
        return syntax.Constant("real", float(text))

    def timespan(self, text: Token) -> Expression:
        number, unit = re.fullmatch(r"([\d.]+)(\w+)", text, re.ASCII).groups()  # pyright: ignore[reportOptionalMemberAccess]
        unit = "ms" if unit.startswith(("ms", "mil")) else unit[0]
        try:
            return syntax.Constant("timespan", timedelta(**{_UNITS[unit]: float(number)}))
        except OverflowError:
            return syntax.Constant("timespan", _known(text, None))

    def datetime(self, text: Token) -> Expression:
        return syntax.Constant("datetime", _or_null(text, to_datetime))

    def span(self, text: Token) -> Expression:
        return syntax.Constant("timespan", _or_null(text, to_timespan))

    def typed(self, text: Token) -> Expression:
        kind = text.split("(")[0].strip()
        if kind in ("int", "long"):
            return syntax.Constant("long", _or_null(text, to_long))
        if kind in ("real", "double"):
            return syntax.Constant("real", _or_null(text, to_real))
        return syntax.Constant("bool", _or_null(text, to_bool))

    def true(self, _: Token) -> Expression:
        return syntax.Constant("bool", True)  # noqa: FBT003 (a value, not an option)

    def false(self, _: Token) -> Expression:
        return syntax.Constant("bool", False)  # noqa: FBT003

    def dynamic(self, _: Token, value: Any) -> Expression:
        return syntax.Constant("dynamic", value)

    def json_string(self, text: Token) -> str:
        return _unquoted(text)

    def json_number(self, *parts: Token) -> Any:
        number = to_long("".join(parts)) if parts[-1].type == "LONG" else to_real("".join(parts))
        return _known(parts[-1], None if number in (math.inf, -math.inf) else number)

    def json_true(self, _: Token) -> bool:
        return True

    def json_false(self, _: Token) -> bool:
        return False

    def json_null(self, _: Token) -> None:
        return None

    def json_array(self, *items: Any) -> list[Any]:
        return list(items)

    def json_pair(self, key: Token, value: Any) -> tuple[str, Any]:
        return _unquoted(key), value

    def json_object(self, *pairs: tuple[str, Any] | None) -> dict[str, Any]:
        return dict(pair for pair in pairs if pair)


def _or_null(text: Token, convert: Any) -> Any:
    """Read what stands in the brackets of `datetime(…)` and its like; `null` is none."""
    inner = text[text.index("(") + 1 : -1].strip()
    return None if inner == "null" else _known(text, convert(inner))


def _known(text: Token, value: Any) -> Any:
    if value is None:
        raise refused(f"'{str(text)[:60]}' is no value of its type.", _place(text))
    return value

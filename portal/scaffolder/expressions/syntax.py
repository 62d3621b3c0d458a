"""The syntax tree of a template: frozen expressions and statements, and the errors."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.errors import RenderingError
from portal.scaffolder.expressions.javascript import Value
from portal.scaffolder.expressions.regex import Regex


@dataclass(frozen=True, slots=True)
class Delimiters:
    """What starts an expression, and how blanks around statements are trimmed.

    Args:
        opening: What starts a printed expression.
        trim_blocks: Whether a newline right after a statement is removed.
        lstrip_blocks: Whether blanks between a line's start and a statement are.
    """

    opening: str = "${{"
    trim_blocks: bool = False
    lstrip_blocks: bool = False


#: The delimiters of Backstage's templates.
BACKSTAGE = Delimiters()


class TemplateError(RenderingError):
    """A template cannot be parsed or rendered; the message names line and column."""

    name = "TemplateRenderError"

    def __init__(self, message: str, source: str = "", at: int = 0) -> None:
        self.reason = message
        line = source.count("\n", 0, at) + 1
        column = at - source.rfind("\n", 0, at)
        where = f"Template error at line {line}, column {column}: " if source else ""
        super().__init__(where + message)


class TemplateLimitError(RenderingError):
    """Rendering a template exceeds the limit on steps, time, depth or text."""

    name = "TemplateLimitError"


# --- expressions; ``at`` is the offset in the source, for messages ------------


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    at: int
    value: Value


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression."""

    at: int
    regex: Regex


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """``owner.key`` or ``owner[key]``."""

    at: int
    owner: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class Slice:
    """``owner[start:stop:step]``."""

    at: int
    owner: Expression
    bounds: tuple[Expression | None, Expression | None, Expression | None]


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call, filter or test."""

    positional: tuple[Expression, ...] = ()
    named: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """``callee(arguments)``."""

    at: int
    callee: Expression
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Filter:
    """``value | name(arguments)``."""

    at: int
    value: Expression
    name: str
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Test:
    """``value is name(arguments)``."""

    at: int
    value: Expression
    name: str
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Unary:
    """``not x``, ``-x`` or ``+x``."""

    at: int
    operator: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """``left operator right``."""

    at: int
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Choice:
    """``yes if condition else no``."""

    at: int
    condition: Expression
    yes: Expression
    no: Expression | None


@dataclass(frozen=True, slots=True)
class ArrayLiteral:
    """``[a, b]``."""

    at: int
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ObjectLiteral:
    """``{a: b}``."""

    at: int
    members: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Several:
    """``(a, b)``: the value is that of the last."""

    at: int
    items: tuple[Expression, ...]


Expression = (
    Literal
    | Pattern
    | Name
    | Member
    | Slice
    | Call
    | Filter
    | Test
    | Unary
    | Binary
    | Choice
    | ArrayLiteral
    | ObjectLiteral
    | Several
)


# --- statements ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """Text as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """An expression whose value is printed."""

    at: int
    value: Expression


@dataclass(frozen=True, slots=True)
class If:
    """``if``, ``elif`` and ``else``: the first branch whose condition is true."""

    branches: tuple[tuple[Expression, Body], ...]
    otherwise: Body


@dataclass(frozen=True, slots=True)
class For:
    """``for``: the body once for each item, ``otherwise`` when there is none."""

    targets: tuple[str, ...]
    items: Expression
    body: Body
    otherwise: Body


@dataclass(frozen=True, slots=True)
class Assign:
    """``set``: variables get a value, or the text of a body."""

    targets: tuple[str, ...]
    value: Expression | None
    body: Body = ()


@dataclass(frozen=True, slots=True)
class Macro:
    """``macro``: a body that can be called; ``defaults`` fill the last parameters."""

    at: int
    name: str
    parameters: tuple[str, ...]
    defaults: tuple[tuple[str, Expression], ...]
    body: Body


@dataclass(frozen=True, slots=True)
class CallBlock:
    """``call``: calls a macro, with a body as its ``caller``."""

    at: int
    call: Call
    caller: Macro


@dataclass(frozen=True, slots=True)
class FilterBlock:
    """``filter``: a body whose text goes through a filter."""

    at: int
    name: str
    arguments: Arguments
    body: Body


@dataclass(frozen=True, slots=True)
class Switch:
    """``switch``: the body of the first case that equals the subject."""

    subject: Expression
    cases: tuple[tuple[Expression, Body], ...]
    otherwise: Body


@dataclass(frozen=True, slots=True)
class Block:
    """``block``: a named body, printed in place; there is no inheritance."""

    body: Body


Statement = Text | Output | If | For | Assign | Macro | CallBlock | FilterBlock | Switch | Block
Body = tuple[Statement, ...]

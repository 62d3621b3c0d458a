"""Pieces to statements: the text of a template to a body that can be evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Collection
from typing import NoReturn

from portal.scaffolder.expressions.lexer import Piece
from portal.scaffolder.expressions.lexer import split
from portal.scaffolder.expressions.lexer import tokens
from portal.scaffolder.expressions.parser import ExpressionParser
from portal.scaffolder.expressions.parser import parse_expression
from portal.scaffolder.expressions.syntax import BACKSTAGE
from portal.scaffolder.expressions.syntax import Assign
from portal.scaffolder.expressions.syntax import Block
from portal.scaffolder.expressions.syntax import Body
from portal.scaffolder.expressions.syntax import Call
from portal.scaffolder.expressions.syntax import CallBlock
from portal.scaffolder.expressions.syntax import Delimiters
from portal.scaffolder.expressions.syntax import Expression
from portal.scaffolder.expressions.syntax import FilterBlock
from portal.scaffolder.expressions.syntax import For
from portal.scaffolder.expressions.syntax import If
from portal.scaffolder.expressions.syntax import Macro
from portal.scaffolder.expressions.syntax import Name
from portal.scaffolder.expressions.syntax import Output
from portal.scaffolder.expressions.syntax import Statement
from portal.scaffolder.expressions.syntax import Switch
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.expressions.syntax import TemplateLimitError
from portal.scaffolder.expressions.syntax import Text

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOADING = frozenset({"include", "import", "from", "extends"})
_MIDDLES = frozenset({"elif", "elseif", "else", "case", "default"})
_MAX_DEPTH = 25


def parse_template(source: str, delimiters: Delimiters = BACKSTAGE) -> Body:
    """Return a template's statements.

    Raises:
        TemplateError: When it cannot be read.
    """
    return _StatementParser(source, list(split(source, delimiters))).everything()


class _StatementParser:
    """A recursive-descent parser over the pieces of one template."""

    def __init__(self, source: str, pieces: list[Piece]) -> None:
        self._source = source
        self._pieces = pieces
        self._index = 0
        self._depth = 0
        #: Where the bodies that become values begin, from the outermost one inwards.
        self._captures: list[Piece] = []
        self._statements: dict[str, Callable[[Piece], Statement]] = {
            "if": self._if,
            "for": self._for,
            "set": self._set,
            "macro": self._macro,
            "call": self._call,
            "filter": self._filter,
            "switch": self._switch,
            "block": self._block,
        }

    def everything(self) -> Body:
        """Return the whole template's body."""
        body = self._body(())
        if self._index < len(self._pieces):
            piece = self._pieces[self._index]
            name = self._name(piece)
            self._fail(f'Unexpected "{name}" tag without a matching opening tag', piece.start)
        return body

    def _fail(self, message: str, at: int) -> NoReturn:
        raise TemplateError(message, self._source, at)

    def _name(self, piece: Piece) -> str:
        word = _WORD.match(piece.text)
        return word[0] if word else piece.text.split()[0]

    def _is_ending(self, name: str) -> bool:
        return name in _MIDDLES or (name[:3] == "end" and name[3:] in self._statements)

    def _body(self, endings: Collection[str]) -> Body:
        """Parse up to a tag that ends this body, without consuming that tag.

        Raises:
            TemplateLimitError: When statements are nested too deep.
        """
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise TemplateLimitError("A template's statements are nested too deep")
        body: list[Statement] = []
        while self._index < len(self._pieces):
            piece = self._pieces[self._index]
            if piece.kind == "block":
                name = self._name(piece)
                if name in endings or (not endings and self._is_ending(name)):
                    break
                if self._is_ending(name):
                    self._fail(f'Unexpected "{name}" tag; expected {_listed(endings)}', piece.start)
            self._index += 1
            body.append(self._statement(piece))
        self._depth -= 1
        return tuple(body)

    def _statement(self, piece: Piece) -> Statement:
        if piece.kind == "text":
            return Text(piece.text)
        end = piece.inside + len(piece.text)
        if piece.kind == "output":
            return Output(piece.start, parse_expression(self._source, piece.inside, end))
        name = self._name(piece)
        if name in _LOADING:
            self._fail(f'Unsupported template-loading tag "{name}"', piece.start)
        if name not in self._statements:
            self._fail(f'Unknown template tag "{name}"', piece.start)
        return self._statements[name](piece)

    def _rest(self, piece: Piece, skipped: int) -> Expression:
        end = piece.inside + len(piece.text)
        return parse_expression(self._source, piece.inside + skipped, end)

    def _inside(self, piece: Piece, name: str) -> ExpressionParser:
        start, end = piece.inside + len(name), piece.inside + len(piece.text)
        return ExpressionParser(self._source, tokens(self._source, start, end))

    def _ending(self, opening: Piece, *names: str) -> tuple[Body, Piece, str]:
        """Parse a body and the tag that ends it; return body, tag and the tag's name."""
        body = self._body(names)
        if self._index == len(self._pieces):
            missing = next(name for name in reversed(names) if name.startswith("end"))
            self._fail(f"Missing {missing} tag", opening.start)
        piece = self._pieces[self._index]
        self._index += 1
        return body, piece, self._name(piece)

    def _if(self, piece: Piece) -> Statement:
        branches: list[tuple[Expression, Body]] = []
        condition = self._rest(piece, len("if"))
        while True:
            body, tag, name = self._ending(piece, "elif", "elseif", "else", "endif")
            branches.append((condition, body))
            if name not in ("elif", "elseif"):
                break
            condition = self._rest(tag, len(name))
        otherwise: Body = ()
        if name == "else":
            otherwise, _, _ = self._ending(piece, "endif")
        return If(tuple(branches), otherwise)

    def _for(self, piece: Piece) -> Statement:
        head = re.match(r"for\s+(.*?)\s+in(?![A-Za-z0-9_])", piece.text, re.DOTALL)
        if head is None:
            self._fail("For tag requires an in expression", piece.start)
        targets = self._targets(piece, head.start(1), head.end(1))
        items = self._rest(piece, head.end())
        body, _, name = self._ending(piece, "else", "endfor")
        otherwise: Body = ()
        if name == "else":
            otherwise, _, _ = self._ending(piece, "endfor")
        return For(targets, items, body, otherwise)

    def _targets(self, piece: Piece, start: int, end: int) -> tuple[str, ...]:
        first, last = piece.inside + start, piece.inside + end
        reader = ExpressionParser(self._source, tokens(self._source, first, last))
        names = [reader.name().text]
        while reader.take(","):
            names.append(reader.name().text)
        reader.expect_end()
        return tuple(names)

    def _set(self, piece: Piece) -> Statement:
        head = re.match(r"set([^=]*)=", piece.text, re.DOTALL)
        if head:
            targets = self._targets(piece, head.start(1), head.end(1))
            return Assign(targets, self._rest(piece, head.end()))
        targets = self._targets(piece, len("set"), len(piece.text))
        body = self._captured(piece, "endset")
        return Assign(targets, None, body)

    def _captured(self, opening: Piece, name: str) -> Body:
        self._captures.append(opening)
        body, _, _ = self._ending(opening, name)
        self._captures.pop()
        return body

    def _macro(self, piece: Piece) -> Statement:
        if self._captures:
            around = self._captures[-1]
            message = f"Macro declarations are not supported inside {self._name(around)} captures"
            self._fail(message, around.start)
        reader = self._inside(piece, "macro")
        name = reader.name().text
        reader.expect("(")
        parameters, defaults = self._parameters(reader)
        reader.expect_end()
        body, _, _ = self._ending(piece, "endmacro")
        return Macro(piece.start, name, parameters, defaults, body)

    def _parameters(
        self, reader: ExpressionParser
    ) -> tuple[tuple[str, ...], tuple[tuple[str, Expression], ...]]:
        parameters: list[str] = []
        defaults: list[tuple[str, Expression]] = []
        while not reader.take(")"):
            name = reader.name().text
            if reader.take("="):
                defaults.append((name, reader.expression()))
            else:
                parameters.append(name)
            if not reader.take(",") and reader.token.text != ")":
                reader.fail("Expected )")
        return tuple(parameters), tuple(defaults)

    def _call(self, piece: Piece) -> Statement:
        reader = self._inside(piece, "call")
        parameters, defaults = self._parameters(reader) if reader.take("(") else ((), ())
        call = reader.expression()
        reader.expect_end()
        if not isinstance(call, Call) or not isinstance(call.callee, Name):
            self._fail("Call block requires a function call", piece.start)
        body, _, _ = self._ending(piece, "endcall")
        caller = Macro(piece.start, "caller", parameters, defaults, body)
        return CallBlock(piece.start, call, caller)

    def _filter(self, piece: Piece) -> Statement:
        reader = self._inside(piece, "filter")
        name = reader.name()
        arguments = reader.optional_arguments()
        reader.expect_end()
        body = self._captured(piece, "endfilter")
        return FilterBlock(name.at, name.text, arguments, body)

    def _switch(self, piece: Piece) -> Statement:
        subject = self._rest(piece, len("switch"))
        body, tag, name = self._ending(piece, "case", "default", "endswitch")
        if body:
            self._fail("Switch content must begin with case or default", piece.start)
        cases: list[tuple[Expression, Body]] = []
        while name == "case":
            value = self._rest(tag, len("case"))
            body, tag, name = self._ending(piece, "case", "default", "endswitch")
            cases.append((value, body))
        otherwise: Body = ()
        if name == "default":
            otherwise, _, _ = self._ending(piece, "endswitch")
        return Switch(subject, tuple(cases), otherwise)

    def _block(self, piece: Piece) -> Statement:
        reader = self._inside(piece, "block")
        reader.name()
        reader.expect_end()
        body, _, _ = self._ending(piece, "endblock")
        return Block(body)


def _listed(names: Collection[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    if len(quoted) < 3:
        return " or ".join(quoted)
    return f"{', '.join(quoted[:-1])}, or {quoted[-1]}"

"""Tokens to expressions: a Pratt parser driven by a table of precedence."""

from __future__ import annotations

from typing import NoReturn

from portal.scaffolder.expressions.javascript import number
from portal.scaffolder.expressions.lexer import Token
from portal.scaffolder.expressions.lexer import tokens
from portal.scaffolder.expressions.regex import compile_regex
from portal.scaffolder.expressions.regex_syntax import RegexError
from portal.scaffolder.expressions.syntax import Arguments
from portal.scaffolder.expressions.syntax import ArrayLiteral
from portal.scaffolder.expressions.syntax import Binary
from portal.scaffolder.expressions.syntax import Call
from portal.scaffolder.expressions.syntax import Choice
from portal.scaffolder.expressions.syntax import Expression
from portal.scaffolder.expressions.syntax import Filter
from portal.scaffolder.expressions.syntax import Literal
from portal.scaffolder.expressions.syntax import Member
from portal.scaffolder.expressions.syntax import Name
from portal.scaffolder.expressions.syntax import ObjectLiteral
from portal.scaffolder.expressions.syntax import Pattern
from portal.scaffolder.expressions.syntax import Several
from portal.scaffolder.expressions.syntax import Slice
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.expressions.syntax import TemplateLimitError
from portal.scaffolder.expressions.syntax import Test
from portal.scaffolder.expressions.syntax import Unary

#: Binding power of each operator; all are left-associative.
BINDING = {
    "or": 1,
    "and": 2,
    "in": 4,
    "is": 5,
    **dict.fromkeys(("==", "!=", "===", "!=="), 6),
    **dict.fromkeys(("<", ">", "<=", ">="), 7),
    **dict.fromkeys(("+", "-", "~"), 8),
    **dict.fromkeys(("*", "/", "%"), 9),
    "//": 10,
    "**": 11,
}
_NOT = 3
_CONSTANTS = {"true": True, "false": False, "none": None, "null": None}
#: Names that lead to JavaScript's prototypes; no template needs them.
RESERVED = frozenset({"constructor", "prototype", "__proto__"})
_REGEX_FLAGS = frozenset("gimy")
_MAX_DEPTH = 40
#: Operators of which ``not`` negates the left side only: JavaScript's ``!a == b``.
_WEAKER_THAN_NOT = frozenset(("==", "!=", "===", "!==", "<", ">", "<=", ">=", *"+-~*/%"))


def parse_expression(source: str, start: int, end: int) -> Expression:
    """Return the one expression between two offsets.

    Raises:
        TemplateError: When there is no expression, or more than one.
    """
    parser = ExpressionParser(source, tokens(source, start, end))
    found = parser.expression()
    parser.expect_end()
    return found


class ExpressionParser:
    """Reads expressions from the tokens of one tag."""

    def __init__(self, source: str, found: list[Token]) -> None:
        self._source = source
        self._tokens = found
        self._index = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The next token, not yet consumed."""
        return self._tokens[self._index]

    def take(self, text: str, kind: str = "operator") -> bool:
        """Consume the next token if it is this one; return whether it was."""
        token = self.token
        if token.text != text or token.kind != kind:
            return False
        self._index += 1
        return True

    def fail(self, message: str, at: int | None = None) -> NoReturn:
        """Refuse the template at offset ``at``, by default at the next token.

        Raises:
            TemplateError: Always, with line and column.
        """
        raise TemplateError(message, self._source, self.token.at if at is None else at)

    def expect(self, text: str) -> None:
        """Consume a required operator."""
        if not self.take(text):
            self.fail(f"Expected {text}")

    def expect_end(self) -> None:
        """Refuse any remaining token."""
        if self.token.kind != "end":
            self.fail(f'Expected eof, received "{self.token.text}"')

    def name(self) -> Token:
        """Consume a name and return it."""
        token = self.token
        if token.kind != "name":
            received = "end of input" if token.kind == "end" else f'"{token.text}"'
            self.fail(f"Expected name, received {received}")
        self._index += 1
        return token

    def expression(self) -> Expression:
        """Parse an expression, including ``a if b else c``.

        Raises:
            TemplateLimitError: When expressions are nested too deep.
        """
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise TemplateLimitError("A template's expression is nested too deep")
        value = self._operation(0)
        at = value.at
        if self.take("if", "name"):
            condition = self._operation(0)
            no = self._operation(0) if self.take("else", "name") else None
            value = Choice(at, condition, value, no)
        self._depth -= 1
        return value

    def _operation(self, least: int) -> Expression:
        left = self._prefix(least)
        while (operator := self._operator()) and BINDING[operator] > least:
            if operator == "is":
                left = self._test(left)
                continue
            negative = self.take("not", "name")
            self._index += 1
            right = self._operation(BINDING[operator])
            left = Binary(left.at, operator, left, right)
            if negative:
                left = Unary(left.at, "not", left)
        return left

    def _operator(self) -> str | None:
        token = self.token
        if token.kind == "name" and token.text == "not":
            following = self._tokens[self._index + 1]
            return "in" if (following.kind, following.text) == ("name", "in") else None
        return token.text if token.kind in ("operator", "name") and token.text in BINDING else None

    def _prefix(self, least: int) -> Expression:
        token = self.token
        if self.take("not", "name"):
            if least > _NOT:
                self.fail(f'Expected eof, received "{self.token.text}"')
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                raise TemplateLimitError("A template's expression is nested too deep")
            value = _negated(token.at, self._operation(max(least, _NOT)))
            self._depth -= 1
            return value
        if token.kind == "operator" and token.text in "-+":
            self._index += 1
            if self.token.kind == "operator" and self.token.text in ("-", "+"):
                self.fail(f"Repeated unparenthesized unary {self.token.text} is not supported")
            value = Unary(token.at, token.text, self._postfix(self._primary()))
        else:
            value = self._postfix(self._primary())
        return self._filtered(value)

    def _filtered(self, value: Expression) -> Expression:
        while self.take("|"):
            name, at = self._dotted()
            value = Filter(at, value, name, self.optional_arguments())
        return value

    def _dotted(self) -> tuple[str, int]:
        first = self.name()
        parts = [first.text]
        while self.take("."):
            parts.append(self.name().text)
        return ".".join(parts), first.at

    def _test(self, value: Expression) -> Expression:
        """Parse what follows ``is``: an expression, of which only a name is a test."""
        self._index += 1
        negative = self.take("not", "name")
        asked = self._operation(BINDING["is"])
        if self.token.kind == "name" and self.token.text == "is":
            self.expect_end()
        test = _named_test(value, asked)
        return Unary(asked.at, "not", test) if negative else test

    def optional_arguments(self) -> Arguments:
        """Parse the arguments ``(…)``; without parentheses there are none."""
        return self._arguments() if self.take("(") else Arguments()

    def _arguments(self) -> Arguments:
        positional: list[Expression] = []
        named: list[tuple[str, Expression]] = []
        if self.take(")"):
            return Arguments()
        while True:
            value = self.expression()
            if isinstance(value, Name) and self.take("="):
                named.append((value.name, self.expression()))
            else:
                positional.append(value)
            if self.take(")"):
                return Arguments(tuple(positional), tuple(named))
            if not self.take(","):
                self.fail("Expected )")

    def _postfix(self, value: Expression) -> Expression:
        while True:
            at = self.token.at
            if self.take("."):
                name = self._key()
                self._check_name(name.text, name.at)
                value = Member(name.at, value, Literal(name.at, name.text))
            elif self.take("["):
                value = self._subscript(value, at)
            elif self.take("("):
                value = Call(value.at, value, self._arguments())
            else:
                return value

    def _key(self) -> Token:
        token = self.token
        if token.kind == "word" and "." not in token.text:
            self._index += 1
            return token
        return self.name()

    def _subscript(self, owner: Expression, at: int) -> Expression:
        if self.token.text == "]":
            self.fail("Expected subscript expression", at + 1)
        parts: list[Expression | None] = []
        while True:
            is_open = self.token.kind == "operator" and self.token.text in ":]"
            parts.append(None if is_open else self.expression())
            if len(parts) == 3 or not self.take(":"):
                break
        self.expect("]")
        if len(parts) == 1 and parts[0] is not None:
            key = parts[0]
            return Member(key.at, owner, key)
        start, stop, step = (*parts, None, None)[:3]
        return Slice(at, owner, (start, stop, step))

    def _primary(self) -> Expression:
        token = self.token
        if token.kind == "end":
            self.fail("Unexpected expression token at end of input")
        self._index += 1
        if token.kind == "word" or (token.text == "." and self.token.kind == "number"):
            self.fail("Invalid numeric literal", token.at)
        if token.kind == "string":
            return Literal(token.at, token.text)
        if token.kind == "number":
            return Literal(token.at, number(float(token.text)))
        if token.kind == "regex":
            return self._regex(token)
        if token.kind == "name":
            return self._symbol(token)
        return self._bracketed(token)

    def _symbol(self, token: Token) -> Expression:
        if token.text in _CONSTANTS:
            return Literal(token.at, _CONSTANTS[token.text])
        self._check_name(token.text, token.at)
        return Name(token.at, token.text)

    def _check_name(self, name: str, at: int) -> None:
        if name in RESERVED:
            self.fail(f'Template name "{name}" is reserved', at)

    def _regex(self, token: Token) -> Expression:
        source, _, flags = token.text[2:].rpartition("/")
        if set(flags) - _REGEX_FLAGS or len(set(flags)) < len(flags):
            self.fail("Unsupported regular-expression flag", token.at)
        try:
            return Pattern(token.at, compile_regex(source, flags))
        except RegexError:
            self.fail("Invalid regular-expression literal", token.at)

    def _bracketed(self, token: Token) -> Expression:
        if token.text == "(":
            if self.take(")"):
                self.fail("Parenthesized expression cannot be empty", token.at)
            items = self._items(")")
            return Several(token.at, items)
        if token.text == "[":
            return ArrayLiteral(token.at, () if self.take("]") else self._items("]"))
        if token.text == "{":
            return ObjectLiteral(token.at, () if self.take("}") else self._members())
        return self.fail(f'Unexpected expression token "{token.text}"', token.at)

    def _items(self, closing: str) -> tuple[Expression, ...]:
        items = [self.expression()]
        while self.take(","):
            items.append(self.expression())
        self.expect(closing)
        return tuple(items)

    def _members(self) -> tuple[tuple[str, Expression], ...]:
        members = []
        while True:
            token = self.token
            if token.kind not in ("name", "string"):
                self.fail("Dictionary keys must be strings or names")
            self._check_name(token.text, token.at)
            self._index += 1
            self.expect(":")
            members.append((token.text, self.expression()))
            if not self.take(","):
                self.expect("}")
                return tuple(members)


def _negated(at: int, value: Expression) -> Expression:
    if isinstance(value, Binary) and value.operator in _WEAKER_THAN_NOT:
        return Binary(at, value.operator, _negated(at, value.left), value.right)
    return Unary(at, "not", value)


def _named_test(value: Expression, asked: Expression) -> Expression:
    """Return the test node; an expression that is no name is never true."""
    if isinstance(asked, (Name, Filter)):
        return Test(asked.at, value, asked.name, Arguments())
    if isinstance(asked, Call) and isinstance(asked.callee, Name):
        return Test(asked.at, value, asked.callee.name, asked.arguments)
    if isinstance(asked, Literal) and asked.value in (None, True, False):
        names = {None: "none", True: "true", False: "false"}
        return Test(asked.at, value, names[asked.value], Arguments())
    return Literal(asked.at, False)

"""Regular expressions as JavaScript has them, matched under a budget.

A pattern of a template's author must not occupy a worker for long, and a thread that
runs ``re`` cannot be stopped. So patterns are compiled to a small program, run by a
backtracking loop that counts every step against the budget of the rendering.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from portal.scaffolder.expressions.regex_syntax import Alternatives
from portal.scaffolder.expressions.regex_syntax import Assertion
from portal.scaffolder.expressions.regex_syntax import BackReference
from portal.scaffolder.expressions.regex_syntax import Characters
from portal.scaffolder.expressions.regex_syntax import Group
from portal.scaffolder.expressions.regex_syntax import Look
from portal.scaffolder.expressions.regex_syntax import Node
from portal.scaffolder.expressions.regex_syntax import RegexError
from portal.scaffolder.expressions.regex_syntax import Repeat
from portal.scaffolder.expressions.regex_syntax import Sequence
from portal.scaffolder.expressions.regex_syntax import parse

#: Called with a number of steps taken; raises when the budget is used up.
Charge = Callable[[int], None]
#: Start and end of every group in turn; ``-1`` for a group that did not match.
_Slots = tuple[int, ...]
_Place = tuple[int, _Slots]
Program = tuple[tuple[int, ...], ...]

_MAX_PROGRAM = 20_000
_STRIDE = 512
# A program is a tuple of instructions, each a tuple of numbers; a number of a part is its
# place in ``Regex.parts``. ``ab|c`` becomes
#     0 SAVE 0 · 1 SPLIT 2 5 · 2 CHAR a · 3 CHAR b · 4 SPLIT 6 · 5 CHAR c · 6 SAVE 1 · 7 DONE
# where ``SPLIT 2 5`` goes on at 2 and keeps 5 for when that fails. Numbers instead of objects,
# for the loop of ``_Machine.run``, which takes a step for every character.
(_CHAR, _RUN, _SPLIT, _DONE, _SAVE, _RESET, _MOVED, _AT, _ASSERT, _LOOK, _BACK) = range(11)
_NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Match:
    """A match: its offsets, and the texts of the groups, the whole match first."""

    start: int
    end: int
    groups: tuple[str | None, ...]
    names: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Regex:
    """A compiled pattern: the program, and what its instructions refer to."""

    source: str
    flags: str
    program: Program
    parts: tuple[object, ...]
    groups: int
    slots: int
    names: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return f"/{self.source}/{self.flags}"

    def __deepcopy__(self, _memo: object) -> Regex:
        return self

    def search(self, text: str, start: int, charge: Charge) -> Match | None:
        """Return the first match at or after ``start``.

        Raises:
            Exception: Whatever ``charge`` raises when the budget is used up.
        """
        machine = _Machine(self, text, charge)
        last = start if "y" in self.flags else len(text)
        for position in range(start, last + 1):
            charge(1)
            slots = machine.run(self.program, position, (-1,) * self.slots)
            if slots is not None:
                return self._match(text, slots)
        return None

    def _match(self, text: str, slots: _Slots) -> Match:
        spans = [(slots[2 * group], slots[2 * group + 1]) for group in range(self.groups + 1)]
        found = tuple(None if end < 0 else text[start:end] for start, end in spans)
        return Match(slots[0], slots[1], found, self.names)


@lru_cache(maxsize=256)
def compile_regex(source: str, flags: str = "") -> Regex:
    """Return the compiled pattern.

    Raises:
        RegexError: When it is no valid pattern, or too large a one.
    """
    tree, groups, names = parse(source, unicode="u" in flags)
    compiler = _Compiler(groups, ignore_case="i" in flags, multiline="m" in flags)
    program = compiler.compiled(Group(tree, 0))
    return Regex(
        source, flags, program, tuple(compiler.parts), groups, compiler.slots, tuple(names.items())
    )


def folded(character: str) -> str:
    """Return a character case-folded as ECMA-262's ``Canonicalize`` does."""
    upper = character.upper()
    if len(upper) != 1 or (ord(character) >= 128 > ord(upper)):
        return character
    return upper


class _Compiler:
    """Turns a pattern's tree into a program: a tuple of instructions."""

    def __init__(self, groups: int, *, ignore_case: bool, multiline: bool) -> None:
        self.slots = 2 * (groups + 1)
        self.parts: list[object] = []
        self._ignore_case = ignore_case
        self._multiline = multiline
        self._emit: dict[type, Callable[..., None]] = {
            Characters: self._characters,
            Sequence: self._sequence,
            Alternatives: self._alternatives,
            Group: self._group,
            Repeat: self._repeat,
            Assertion: self._assertion,
            Look: self._look,
            BackReference: self._back_reference,
        }
        self._code: list[tuple[int, ...]] = []

    def compiled(self, node: Node, *ending: tuple[int, ...]) -> Program:
        """Return the program of a tree; ``ending`` holds its last instructions."""
        outer, self._code = self._code, []
        self._add(node)
        self._code += ending
        self._code.append((_DONE,))
        code, self._code = tuple(self._code), outer
        return code

    def _add(self, node: Node) -> None:
        if len(self._code) > _MAX_PROGRAM:
            msg = "pattern is too large"
            raise RegexError(msg)
        self._emit[type(node)](node)

    def _part(self, part: object) -> int:
        self.parts.append(part)
        return len(self.parts) - 1

    def _characters(self, node: Characters) -> None:
        self._code.append((_CHAR, self._part(_Members(node, ignore_case=self._ignore_case))))

    def _sequence(self, node: Sequence) -> None:
        for item in node.items:
            self._add(item)

    def _alternatives(self, node: Alternatives) -> None:
        jumps = []
        for option in node.options[:-1]:
            split = self._reserve()
            self._add(option)
            jumps.append(self._reserve())
            self._code[split] = (_SPLIT, split + 1, len(self._code))
        self._add(node.options[-1])
        for jump in jumps:
            self._code[jump] = (_SPLIT, len(self._code), _NOWHERE)

    def _reserve(self) -> int:
        self._code.append(())
        return len(self._code) - 1

    def _group(self, node: Group) -> None:
        if node.number is None:
            self._add(node.body)
            return
        self._code.append((_SAVE, 2 * node.number))
        self._add(node.body)
        self._code.append((_SAVE, 2 * node.number + 1))

    def _repeat(self, node: Repeat) -> None:
        if isinstance(node.body, Characters) and not node.lazy:
            part = self._part(_Members(node.body, ignore_case=self._ignore_case))
            most = -1 if node.most is None else node.most
            self._code.append((_RUN, part, node.least, most))
            return
        for _ in range(node.least):
            self._iteration(node)
        if node.most is None:
            start = self._reserve()
            self._iteration(node, must_move=True)
            self._code.append((_SPLIT, start, _NOWHERE))
            self._code[start] = self._choice(node, start)
            return
        splits = []
        for _ in range(node.most - node.least):
            splits.append(self._reserve())
            self._iteration(node, must_move=True)
        for split in splits:
            self._code[split] = self._choice(node, split)

    def _choice(self, node: Repeat, split: int) -> tuple[int, ...]:
        inside, after = split + 1, len(self._code)
        return (_SPLIT, after, inside) if node.lazy else (_SPLIT, inside, after)

    def _iteration(self, node: Repeat, *, must_move: bool = False) -> None:
        first, last = node.groups
        if last > first:
            # ECMA-262 empties the groups for each turn: ``(?:(a)|b)*`` on ``ab`` has no group 1.
            self._code.append((_RESET, 2 * first, 2 * last))
        slot = self.slots
        if must_move:
            self.slots += 1
            self._code.append((_SAVE, slot))
        self._add(node.body)
        if must_move:
            # A turn that took no character ends the repetition: ``(a*)*`` would have no end.
            self._code.append((_MOVED, slot))

    def _assertion(self, node: Assertion) -> None:
        kind = {"^": 0, "$": 1, "b": 2, "B": 3}[node.kind]
        self._code.append((_ASSERT, kind + 4 * self._multiline))

    def _look(self, node: Look) -> None:
        slot = self.slots
        self.slots += 1
        program = self.compiled(node.body, *([(_AT, slot)] if node.behind else []))
        behind, negative = int(node.behind), int(node.negative)
        self._code.append((_LOOK, self._part(program), behind, negative, slot))

    def _back_reference(self, node: BackReference) -> None:
        self._code.append((_BACK, node.number, int(self._ignore_case)))


class _Members:
    """The set of characters of a class; membership is cached per character."""

    def __init__(self, node: Characters, *, ignore_case: bool) -> None:
        self._node = node
        self._ignore_case = ignore_case
        self._known: dict[str, bool] = {}

    def __contains__(self, character: str) -> bool:
        known = self._known.get(character)
        if known is None:
            known = self._known[character] = self._is_in(character) != self._node.negative
        return known

    def _is_in(self, character: str) -> bool:
        if self._ignore_case:
            asked = folded(character)
            others = {character, asked, character.lower()}
            return any(self._holds(other) for other in others if folded(other) == asked)
        return self._holds(character)

    def _holds(self, character: str) -> bool:
        if any(low <= character <= high for low, high in self._node.ranges):
            return True
        category = unicodedata.category(character) if self._node.categories else ""
        return any(
            category.startswith(name) != negative for name, negative in self._node.categories
        )


def _is_word(text: str, position: int) -> bool:
    if not 0 <= position < len(text):
        return False
    character = text[position]
    return character == "_" or (character.isascii() and character.isalnum())


_LINE_ENDS = "\n\r\u2028\u2029"


class _Machine:
    """Runs the programs of one pattern on one text."""

    def __init__(self, regex: Regex, text: str, charge: Charge) -> None:
        self._parts = regex.parts
        self._text = text
        self._charge = charge

    def run(  # noqa: C901, PLR0912 - the one hot loop; a call for each step would double its time
        self, program: Program, position: int, slots: _Slots
    ) -> _Slots | None:
        """Return the slots of a match that starts at ``position``.

        The stack holds backtracking points: counter, position, slots and the lowest
        position to backtrack to. Of ``a+b`` on ``aaac``, the run ``aaa`` is one entry,
        shortened by a character at a time, not three entries.
        """
        text, parts, steps, size = self._text, self._parts, 0, len(self._text)
        stack = [(0, position, slots, position)]
        while stack:
            counter, position, slots, lowest = stack.pop()
            if position > lowest:
                stack.append((counter, position - 1, slots, lowest))
            while True:
                steps += 1
                if steps >= _STRIDE:
                    self._charge(steps)
                    steps = 0
                code = program[counter]
                operation = code[0]
                counter += 1
                if operation == _CHAR:
                    if position >= size or text[position] not in parts[code[1]]:  # type: ignore[operator]
                        break
                    position += 1
                elif operation == _SPLIT:
                    counter = code[1]
                    if code[2] != _NOWHERE:
                        stack.append((code[2], position, slots, position))
                elif operation == _RUN:
                    least, end = position + code[2], self._end_of_run(code, position)
                    steps += (end - position) // 4
                    if end < least:
                        break
                    if end > least:
                        stack.append((counter, end - 1, slots, least))
                    position = end
                elif operation == _DONE:
                    return slots
                else:
                    position, slots = self._step(code, position, slots)
                    if position == _NOWHERE:
                        break
        return None

    def _end_of_run(self, code: tuple[int, ...], position: int) -> int:
        members, most = self._parts[code[1]], code[3]
        end = len(self._text) if most < 0 else min(len(self._text), position + most)
        while position < end and self._text[position] in members:  # type: ignore[operator]
            position += 1
        return position

    def _step(self, code: tuple[int, ...], position: int, slots: _Slots) -> _Place:
        """Run an instruction that consumes no character; ``_NOWHERE`` when it fails."""
        operation = code[0]
        if operation == _SAVE:
            return position, _with(slots, code[1], position)
        if operation == _RESET:
            return position, slots[: code[1]] + (-1,) * (code[2] - code[1]) + slots[code[2] :]
        if operation == _LOOK:
            return self._looked(code, position, slots)
        if operation == _BACK:
            return self._repeated(code, position, slots)
        if operation == _ASSERT:
            holds = self._holds(code[1], position)
        else:
            holds = (slots[code[1]] == position) == (operation == _AT)
        return (position if holds else _NOWHERE), slots

    def _holds(self, kind: int, position: int) -> bool:
        multiline, text = kind >= 4, self._text
        kind %= 4
        if kind == 0:
            return position == 0 or (multiline and text[position - 1] in _LINE_ENDS)
        if kind == 1:
            return position == len(text) or (multiline and text[position] in _LINE_ENDS)
        at_edge = _is_word(text, position - 1) != _is_word(text, position)
        return at_edge == (kind == 2)

    def _repeated(self, code: tuple[int, ...], position: int, slots: _Slots) -> _Place:
        start, end = slots[2 * code[1]], slots[2 * code[1] + 1]
        if start < 0 or end < 0:
            return position, slots
        wanted = self._text[start:end]
        given = self._text[position : position + len(wanted)]
        self._charge(1 + len(wanted) // 16)
        if code[2]:
            wanted, given = "".join(map(folded, wanted)), "".join(map(folded, given))
        return (position + len(wanted) if wanted == given else _NOWHERE), slots

    def _looked(self, code: tuple[int, ...], position: int, slots: _Slots) -> _Place:
        program: Program = self._parts[code[1]]  # type: ignore[assignment]
        inner = _with(slots, code[4], position)
        starts = range(position, -1, -1) if code[2] else (position,)
        found = next((end for end in (self.run(program, at, inner) for at in starts) if end), None)
        self._charge(1)
        if code[3]:
            return (position if found is None else _NOWHERE), slots
        return (_NOWHERE, slots) if found is None else (position, found)


def _with(slots: _Slots, index: int, position: int) -> _Slots:
    return (*slots[:index], position, *slots[index + 1 :])

"""Things in a row, separated by commas: arguments, elements, imported names.

One account of where a new thing goes and what becomes of the gaps and comments around it, whatever
bracket the row stands in. This file imports libcst, so only code that changes something imports it.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from ._layout import Space, broken, has_comment, plain, space

Item = cst.Arg | cst.BaseElement | cst.BaseDictElement | cst.ImportAlias


@dataclass(slots=True)
class Row:
    """The inside of a bracket, taken apart.

    Attributes:
        opening: The gap between the bracket and the first item.
        items: The items; every one but the last has a comma, which holds the gap after it.
        tail: The gap between the last item, or its comma, and the closing bracket.
        trailing: Whether the last item has a comma.
    """

    opening: Space
    items: list[Item]
    tail: Space
    trailing: bool

    def insert(self, index: int, item: Item) -> None:
        """Put an item before the one at ``index``, in the layout of the row."""
        if not self.items:
            self._first(item)
        elif index < len(self.items):
            self.items.insert(index, _with_gap(item, self._separator()))
        else:
            self._append(item)

    def remove(self, index: int, drop_comment: bool = False) -> None:
        """Take an item out; comments around it stay, but for that on its line if so wished."""
        last = index == len(self.items) - 1
        after = self.tail if last else _gap(self.items[index])
        before = _gap(self.items[index - 1]) if index else self.opening
        if drop_comment and isinstance(after, cst.ParenthesizedWhitespace):
            first = cst.TrailingWhitespace(newline=after.first_line.newline)
            after = after.with_changes(first_line=first)
        del self.items[index]
        if not self.items:
            kept = has_comment(before) or has_comment(after)
            self.opening = _merge(before, after, after) if kept else space()
            self.tail, self.trailing = space(), False
        elif last:
            self.tail = _merge(before, after, after)
        elif index:
            self.items[index - 1] = _with_gap(self.items[index - 1], _merge(before, after, before))
        else:
            self.opening = _merge(before, after, before)

    def _first(self, item: Item) -> None:
        gap = self.opening if has_comment(self.opening) else self.tail
        self.items.append(item)
        if isinstance(gap, cst.ParenthesizedWhitespace) and has_comment(gap):
            deeper = space(gap.last_line.value + "    ")
            self.opening = gap.with_changes(last_line=deeper)
            self.tail, self.trailing = plain(gap), True
        else:
            self.opening, self.tail = space(), space()

    def _append(self, item: Item) -> None:
        gap = self._separator()
        tail = broken(self.tail)
        if tail is not None and has_comment(tail):
            line = broken(gap)
            indent = line.last_line.value if line else tail.last_line.value + "    "
            gap = tail.with_changes(last_line=space(indent))
            self.tail = plain(tail)
        self.items[-1] = _with_gap(self.items[-1], gap)
        self.items.append(item)

    def _separator(self) -> Space:
        """The gap between two items of this row, without comments."""
        if len(self.items) > 1:
            return plain(_gap(self.items[-2]))
        return plain(self.opening) if broken(self.opening) else space(" ")


def of_call(call: cst.Call) -> Row:
    """The arguments of a call."""
    if not call.args:
        return Row(call.whitespace_before_args, [], space(), False)
    last = call.args[-1]
    comma = isinstance(last.comma, cst.Comma)
    tail = _gap(last) if comma else last.whitespace_after_arg
    return Row(call.whitespace_before_args, list(call.args), tail, comma)


def to_call(call: cst.Call, row: Row) -> cst.Call:
    """The call with the arguments of the row."""
    args = [item.with_changes(whitespace_after_arg=space()) for item in row.items]
    if args and row.trailing:
        args[-1] = _with_gap(args[-1], row.tail)
    elif args:
        end = cst.MaybeSentinel.DEFAULT
        args[-1] = args[-1].with_changes(comma=end, whitespace_after_arg=row.tail)
    return call.with_changes(args=args, whitespace_before_args=row.opening)


def of_list(node: cst.List) -> Row:
    """The elements of a list display."""
    comma = bool(node.elements) and isinstance(node.elements[-1].comma, cst.Comma)
    opening, tail = node.lbracket.whitespace_after, node.rbracket.whitespace_before
    return Row(opening, list(node.elements), tail, comma)


def to_list(node: cst.List, row: Row) -> cst.List:
    """The list with the elements of the row."""
    items = _ended(row, space())
    return node.with_changes(
        elements=items,
        lbracket=node.lbracket.with_changes(whitespace_after=row.opening),
        rbracket=node.rbracket.with_changes(whitespace_before=row.tail),
    )


def of_dict(node: cst.Dict) -> Row:
    """The entries of a dict display."""
    comma = bool(node.elements) and isinstance(node.elements[-1].comma, cst.Comma)
    opening, tail = node.lbrace.whitespace_after, node.rbrace.whitespace_before
    return Row(opening, list(node.elements), tail, comma)


def to_dict(node: cst.Dict, row: Row) -> cst.Dict:
    """The dict with the entries of the row."""
    items = _ended(row, space())
    return node.with_changes(
        elements=items,
        lbrace=node.lbrace.with_changes(whitespace_after=row.opening),
        rbrace=node.rbrace.with_changes(whitespace_before=row.tail),
    )


def of_import(node: cst.Import | cst.ImportFrom) -> Row:
    """The names of an import. Raises TypeError for a star import."""
    names = list(node.names) if not isinstance(node.names, cst.ImportStar) else None
    if names is None:
        raise TypeError("a star import has no names")
    comma = isinstance(names[-1].comma, cst.Comma)
    lpar = node.lpar if isinstance(node, cst.ImportFrom) else None
    rpar = node.rpar if isinstance(node, cst.ImportFrom) else None
    opening: Space = lpar.whitespace_after if lpar else space()
    tail: Space = rpar.whitespace_before if rpar else space()
    return Row(opening, list(names), _gap(names[-1]) if comma else tail, comma)


def to_import(node: cst.Import | cst.ImportFrom, row: Row) -> cst.Import | cst.ImportFrom:
    """The import with the names of the row."""
    names = _ended(row, row.tail)
    if not isinstance(node, cst.ImportFrom) or node.lpar is None or node.rpar is None:
        return node.with_changes(names=names)
    close = space() if row.trailing else row.tail
    return node.with_changes(
        names=names,
        lpar=node.lpar.with_changes(whitespace_after=row.opening),
        rpar=node.rpar.with_changes(whitespace_before=close),
    )


def _ended(row: Row, tail: Space) -> list[Item]:
    """The items, the last with or without its comma."""
    if not row.items:
        return []
    end = row.items[-1]
    bare = end.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return [*row.items[:-1], _with_gap(end, tail) if row.trailing else bare]


def _gap(item: Item) -> Space:
    """The gap after the comma of an item."""
    return item.comma.whitespace_after if isinstance(item.comma, cst.Comma) else space()


def _with_gap(item: Item, gap: Space) -> Item:
    """The item with a comma and this gap after it."""
    comma = item.comma if isinstance(item.comma, cst.Comma) else cst.Comma()
    return item.with_changes(comma=comma.with_changes(whitespace_after=gap))


def _merge(before: Space, after: Space, shape: Space) -> Space:
    """One gap for two, shaped like ``shape``, with the comments of both."""
    if not has_comment(before) and not has_comment(after):
        return shape
    if not has_comment(after) and isinstance(before, cst.ParenthesizedWhitespace):
        end = broken(shape)
        return before.with_changes(last_line=end.last_line) if end else before
    assert isinstance(after, cst.ParenthesizedWhitespace)
    head = broken(before) or after
    first = (
        head.first_line
        if head is before
        else cst.TrailingWhitespace(newline=head.first_line.newline)
    )
    lines = list(head.empty_lines) if head is before else []
    if after.first_line.comment:
        lines.append(
            cst.EmptyLine(
                indent=after.indent, whitespace=head.last_line, comment=after.first_line.comment
            )
        )
    end = broken(shape) or head
    return end.with_changes(first_line=first, empty_lines=[*lines, *after.empty_lines])


def spread(call: cst.Call, indent: str) -> cst.Call:
    """The call with each argument on a line of its own, deeper by one level of indentation."""
    deeper = cst.ParenthesizedWhitespace(indent=True, last_line=space(indent))
    ended = cst.ParenthesizedWhitespace(indent=True)
    args = [arg.with_changes(comma=cst.Comma(whitespace_after=deeper)) for arg in call.args]
    args[-1] = args[-1].with_changes(comma=cst.Comma(whitespace_after=ended))
    return call.with_changes(whitespace_before_args=deeper, args=args)

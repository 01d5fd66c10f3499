"""Rewriting of one call in a file of the candidate's, so that it does what a repair does.

Only what a repair changes is written anew; the rest of the line stays as it is.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from parity.declaring.source_edits import Edit, Place, Written
from parity.diagnosing.call_operands import input_of, is_method, keyword_of, other_of
from parity.diagnosing.operator_rewriting import CannotWriteError, operate
from parity.diagnosing.source_text import Node, Replacement, SourceText

# Arguments of functions that have another name in the constructor of a module.
_IN_MODULES = {"pad": "padding", "mode": "padding_mode"}
# Arguments that a call need not state to have these values.
_DEFAULTS = {"padding": "0", "output_padding": "0", "reduction": '"mean"'}
_SIZES = ("shape", "dims", "size", "repeats")


__all__ = ["CannotWriteError", "places_of", "rewrite"]


def places_of(edit: Edit, written: Written) -> list[Place | None]:
    """Return the places that an edit changes, those first where a module is made."""
    if not written.module:
        return [written.called]
    if edit.following and written.listed:
        return [written.made]
    made = bool(edit.arguments or edit.module or edit.module_renamed)
    around = bool(edit.before or edit.after or edit.exchanged or edit.order or edit.indices)
    around |= bool(edit.given)
    called = around or not made
    return [*([written.made] if made else []), *([written.called] if called else [])]


def rewrite(
    edit: Edit, written: Written, open_file: "dict[str, SourceText]"
) -> Iterator[tuple[str, Replacement]]:
    """Yield what to replace, each with its file.

    Args:
        edit: the repair.
        written: the call.
        open_file: the files by name; what they lack is a KeyError.

    Raises CannotWriteError if it cannot be written there.
    """
    for place in places_of(edit, written):
        if place is None:
            raise CannotWriteError("the call is not in the candidate's own source")
        source = open_file[place.file]
        node = source.find(place)
        if node is None:
            raise CannotWriteError(f"no call found at {place}")
        makes = bool(written.module) and place == written.made
        if makes:
            own = replace(edit, before="", after="", function="", given="", exchanged=None)
            own = replace(own, order=())
        else:
            own = replace(edit, arguments=() if written.module else edit.arguments)
        rewriter = _Rewriter(source, node, written, makes)
        for one in rewriter.rewrite(own):
            yield place.file, one


class _Rewriter:
    """Rewrites one node."""

    def __init__(self, source: SourceText, node: Node, written: Written, makes: bool) -> None:
        self._source, self._node, self._written, self._makes = source, node, written, makes
        self._text: list[Replacement] = []

    def rewrite(self, edit: Edit) -> list[Replacement]:
        """Return the replacements of an edit that concerns this node alone."""
        if not self._replace_whole(edit):
            self._replace_parts(edit)
        return self._text

    def _replace_whole(self, edit: Edit) -> bool:
        """Write another module or expression in place of the node; return whether that is all."""
        if self._makes and edit.module:
            self._put(self._node, self._source.shorten(edit.module))
        elif self._makes and edit.following:
            self._insert(self._source.end(self._node), f", {self._source.shorten(edit.following)}")
        elif edit.whole:
            self._write(edit.whole)
        elif edit.function:
            if not (self._written.first and self._written.last):
                raise CannotWriteError("the call is within a container")
            self._fill(edit.function, self._input(), whole=self._node)
        else:
            return False
        return True

    def _write(self, template: str) -> None:
        """Write a template of the call's operands in place of the call."""
        if not (self._written.first and self._written.last):
            raise CannotWriteError("the call is within a container")
        text = self._source.shorten(template)
        for name, operand in (("{input}", input_of), ("{other}", other_of)):
            if name in text:
                node = operand(self._node, self._written)
                source = self._source.of(node)
                if text.count(name) > 1 and not isinstance(node, ast.Name | ast.Attribute):
                    value = {"{input}": "value", "{other}": "second"}[name]
                    text = f"(lambda {value}: {text.replace(name, value)})({source})"
                text = text.replace(name, source)
        loose = isinstance(ast.parse(text, mode="eval").body, ast.BinOp | ast.UnaryOp | ast.Compare)
        parent = self._source.parents.get(self._node)
        alone = isinstance(parent, ast.Call | ast.stmt | ast.keyword)
        enclosed = alone or self._source.is_enclosed(self._node)
        self._put(self._node, f"({text})" if loose and not enclosed else text)

    def _replace_parts(self, edit: Edit) -> None:
        found = operate(self._source, self._node, edit)
        if found is not None:
            self._text += found
            return
        for name, value in edit.arguments:
            self._argument(name, value)
        renamed = edit.module_renamed if self._makes else edit.renamed
        if renamed:
            self._rename(renamed)
        elif edit.renamed and self._written.module and not self._makes:
            raise CannotWriteError("no module does this")
        if edit.given:
            if not self._written.first:
                raise CannotWriteError("the input is within a container")
            self._put(self._input(), edit.given)
        if edit.exchanged:
            self._exchange(*edit.exchanged)
        if edit.order:
            self._reorder(edit.order)
        if edit.before or edit.after:
            self._around(edit)

    def _input(self) -> ast.expr:
        return input_of(self._node, self._written)

    def _put(self, node: ast.expr, text: str) -> None:
        self._text.append(Replacement(self._source.start(node), self._source.end(node), text))

    def _insert(self, at: int, text: str) -> None:
        self._text.append(Replacement(at, at, text))

    def _argument(self, name: str, value: str) -> None:
        node, written = self._node, self._written
        if not isinstance(node, ast.Call | ast.BinOp):
            raise CannotWriteError("an index or comparison has no arguments")
        if isinstance(node, ast.BinOp):
            given = self._input()
            self._value(node.right if given is node.left else node.left, value)
            return
        names = written.constructor if self._makes else written.parameters
        if self._makes and name not in names:
            name = _IN_MODULES.get(name, name)
            if name not in names and "kwargs" not in names:
                raise CannotWriteError(f"{written.module} has no argument '{name}'")
        if not self._makes and is_method(node, self._written):
            names = names[1:]
        keyword = keyword_of(node, name)
        if keyword is not None:
            self._value(keyword.value, value)
            return
        self._positional(node, name, names.index(name) if name in names else len(node.args), value)

    def _value(self, given: ast.expr, value: str) -> None:
        self._put(given, self._source.shorten(value).replace("{}", self._source.of(given)))

    def _positional(self, node: ast.Call, name: str, place: int, value: str) -> None:
        if name in _SIZES and len(node.args) > place and not self._makes:
            self._sizes(node.args[place:], value)
        elif any(isinstance(argument, ast.Starred) for argument in node.args[: place + 1]):
            raise CannotWriteError("the call's arguments are unpacked from a list")
        elif place < len(node.args):
            self._value(node.args[place], value)
        elif "{}" in value:
            raise CannotWriteError(f"the call has no argument '{name}'")
        elif _DEFAULTS.get(name) != value:
            self._append(node, f"{name}={self._source.shorten(value)}")

    def _sizes(self, given: list[ast.expr], value: str) -> None:
        """Write sizes in place of those given one by one, or of a single list of them."""
        alone = len(given) == 1 and isinstance(given[0], ast.Tuple | ast.List)
        text = f"({value})" if alone else value
        start, end = self._source.start(given[0]), self._source.end(given[-1])
        self._text.append(Replacement(start, end, text))

    def _append(self, node: ast.Call, text: str) -> None:
        """Add an argument behind the last one, before a comma that may follow it."""
        everything = [*node.args, *(keyword.value for keyword in node.keywords)]
        if everything:
            last = max(self._source.end(argument) for argument in everything)
            # A generator or a parenthesised value ends before its own parenthesis.
            rest = self._source.bytes[last : self._source.end(node)].decode()
            closing = re.match(r"\s*\)(?=\s*[,)])", rest)
            self._insert(last + len(closing[0].encode()) if closing else last, f", {text}")
        else:
            self._insert(self._source.end(node) - 1, text)

    def _rename(self, name: str) -> None:
        node = self._node
        if not isinstance(node, ast.Call):
            raise CannotWriteError("an operator has no other name")
        function = node.func
        if isinstance(function, ast.Attribute):
            end = self._source.end(function)
            start = end - len(function.attr.encode())
            self._text.append(Replacement(start, end, name))
            return
        whole = self._source.names.get(getattr(function, "id", ""))
        if whole is None:
            raise CannotWriteError("the function has no name of torch's")
        self._put(function, self._source.shorten(f"{whole.rpartition('.')[0]}.{name}"))

    def _exchange(self, one: int, other: int) -> None:
        node = self._node
        if not isinstance(node, ast.Call):
            raise CannotWriteError("an operator has no sizes")
        sizes = node.args if is_method(node, self._written) else node.args[1:]
        if len(sizes) == 1 and isinstance(sizes[0], ast.Tuple | ast.List):
            sizes = sizes[0].elts
        if len(sizes) < max(one, other) or any(isinstance(s, ast.Starred) for s in sizes):
            raise CannotWriteError("the sizes are not written one by one")
        first, second = sizes[-one], sizes[-other]
        texts = [self._source.plain(size) for size in (first, second)]
        self._put(first, texts[1])
        self._put(second, texts[0])

    def _reorder(self, order: tuple[int, ...]) -> None:
        node = self._node
        elements = node.args[0] if isinstance(node, ast.Call) and node.args else None
        if self._written.parameters[:1] == ("tensors",):
            if not isinstance(elements, ast.Tuple | ast.List) or len(elements.elts) != len(order):
                raise CannotWriteError("the tensors are not written one by one")
            texts = [self._source.plain(element) for element in elements.elts]
            for element, place in zip(elements.elts, order, strict=True):
                self._put(element, texts[place])
            return
        parent = self._source.parents.get(node)
        targets = parent.targets if isinstance(parent, ast.Assign) else []
        if len(targets) == 1 and isinstance(targets[0], ast.Tuple | ast.List):
            names = targets[0].elts
            if len(names) == len(order) and not any(isinstance(n, ast.Starred) for n in names):
                texts = [self._source.plain(name) for name in names]
                for place, name in enumerate(names):
                    self._put(name, texts[order.index(place)])
                return
        if list(order) != list(range(len(order)))[::-1]:
            raise CannotWriteError("the parts are not assigned to names")
        self._around(Edit(after="{call}[::-1]"))

    def _around(self, edit: Edit) -> None:
        given = self._input() if edit.before or "{input}" in edit.after else None
        if edit.before and not self._written.first:
            raise CannotWriteError("the input is within a container")
        if edit.after and not self._written.last:
            raise CannotWriteError("the result is within a container")
        if edit.after:
            template = edit.after
            if given is not None and "{input}" in template:
                if not isinstance(given, ast.Name | ast.Attribute):
                    raise CannotWriteError("the input would be computed twice")
                template = template.replace("{input}", self._source.of(given))
            self._fill(template.replace("{call}", "{input}"), self._node)
        if edit.before and given is not None:
            self._fill(edit.before, given)

    def _fill(self, template: str, given: ast.expr, whole: ast.expr | None = None) -> None:
        """Write a template around an expression, in place of `whole` if that is larger."""
        whole = whole or given
        template = self._source.shorten(template)
        parent = self._source.parents.get(whole)
        loose = isinstance(ast.parse(template.replace("{input}", "_"), mode="eval").body, ast.BinOp)
        alone = isinstance(parent, ast.Call | ast.stmt | ast.keyword)
        if loose and not alone and not self._source.is_enclosed(whole):
            template = f"({template})"
        if template.count("{input}") > 1:
            if not isinstance(given, ast.Name | ast.Attribute):
                argument = template.replace("{input}", "value")
                template = f"(lambda value: {argument})({{input}})"
            else:
                self._put(whole, template.replace("{input}", self._source.of(given)))
                return
        before, _, behind = template.partition("{input}")
        enclosed = before.endswith("(") and behind[:1] in (",", ")")
        if not enclosed and self._source.of(given).startswith("("):
            before, behind = f"{before}(", f"){behind}"
        start, end = (getattr(self._source, name) for name in ("start", "end"))
        self._text.append(Replacement(start(whole), start(given), before))
        self._text.append(Replacement(end(given), end(whole), behind))

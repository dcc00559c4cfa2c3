"""An icicle of FLOPs: namespaces, lines and operations, each as wide as what it spent."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape

from flopscope.report.entries import Entry
from flopscope.report.summary import share

__all__ = ["ICICLE_SCRIPT", "icicle_html"]

_ROW = 24  # pixels
_NARROWEST = 2e-4  # of the whole; narrower cells could not be seen


@dataclass
class _Node:
    kind: str
    name: str
    told: str = ""
    flops: int = 0
    calls: int = 0
    children: dict[tuple[str, str], _Node] = field(default_factory=dict)

    def child(self, kind: str, name: str, told: str) -> _Node:
        return self.children.setdefault((kind, name), _Node(kind, name, told))


def _tree(rows: Iterable[Entry]) -> _Node:
    root = _Node("all", "all operations", "all operations")
    for entry in rows:
        path = [("namespace", name, name) for name in (entry.namespace or "").split(".") if name]
        for place in entry.stack:
            short = f"{place.function}:{place.line}"
            where = f"{place.function}, {os.path.basename(place.file)}:{place.line}"
            path.append(("line", short, where))
        path.append(("operation", entry.op_name, entry.op_name))
        node = root
        for kind, name, told in path:
            node.flops += entry.flops
            node.calls += entry.calls
            node = node.child(kind, name, told)
        node.flops += entry.flops
        node.calls += entry.calls
    return root


def _cells(root: _Node) -> tuple[list[str], int]:
    """The cells, and how many rows there are."""
    parts: list[str] = []
    deepest = 0
    waiting: list[tuple[_Node, float, int]] = [(root, 0.0, 0)]
    while waiting:
        node, left, depth = waiting.pop()
        width = node.flops / root.flops
        if width < _NARROWEST:
            continue
        deepest = max(deepest, depth)
        told = f"{node.told}: {node.flops:,} FLOPs ({share(node.flops, root.flops)}), " + (
            f"{node.calls:,} call{'' if node.calls == 1 else 's'}"
        )
        hue = zlib.crc32(node.name.encode()) % 360
        parts.append(
            f'<button type="button" class="cell {node.kind}" data-x="{left:.6f}" '
            f'data-w="{width:.6f}" style="left:{100 * left:.4f}%;width:{100 * width:.4f}%;'
            f'top:{depth * _ROW}px;--hue:{hue}" title="{escape(told)}">{escape(node.name)}</button>'
        )
        at = left
        for child in sorted(node.children.values(), key=lambda child: (-child.flops, child.name)):
            waiting.append((child, at, depth + 1))
            at += child.flops / root.flops
    return parts, deepest + 1


def icicle_html(rows: Iterable[Entry]) -> str:
    """Return the icicle as HTML; a click on a cell makes it as wide as the page."""
    root = _tree(rows)
    if not root.flops:
        return '<p class="note">No FLOPs were spent.</p>'
    cells, depth = _cells(root)
    return (
        f'<div class="icicle" style="height:{depth * _ROW}px">{"".join(cells)}</div>'
        '<p class="note">As wide as the FLOPs. A click on a cell widens it; one on the top row '
        "shows everything again.</p>"
    )


ICICLE_SCRIPT = """
document.querySelectorAll(".icicle").forEach(function(icicle){
 var cells=Array.from(icicle.querySelectorAll(".cell"));
 cells.forEach(function(cell){cell.addEventListener("click",function(){
  var x=Number(cell.dataset.x),w=Number(cell.dataset.w);
  cells.forEach(function(other){
   var left=(Number(other.dataset.x)-x)/w,width=Number(other.dataset.w)/w;
   var right=Math.min(1,left+width);left=Math.max(0,left);
   other.hidden=right-left<1e-6;
   other.style.left=100*left+"%";other.style.width=100*(right-left)+"%";
  });
 })});
});
"""

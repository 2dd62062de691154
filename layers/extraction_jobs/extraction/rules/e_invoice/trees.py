"""Properties of an object, and the evidence that mirrors them: trees of names, with a proof for each value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Tree = dict[str, Any]
Path = tuple[str, ...]


def put(tree: Tree, path: Path, value: Any) -> None:
    """Set what stands at a path."""
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


def at(tree: Any, path: Path) -> Any:
    """Return what stands at a path, or None."""
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def overlaid(under: Tree, over: Tree) -> Tree:
    """Return a tree with what another has in its place; arrays and proofs are taken whole."""
    result = dict(under)
    for name, branch in over.items():
        below = result.get(name)
        both = isinstance(below, dict) and isinstance(branch, dict) and not _is_proof(branch)
        result[name] = overlaid(below or {}, branch) if both else branch
    return result


def proofs(branch: Any) -> Iterator[Tree]:
    """Yield all proofs in a tree of evidence."""
    if _is_proof(branch):
        yield branch
        return
    for each in branch.values() if isinstance(branch, dict) else branch or ():
        yield from proofs(each)


def _is_proof(branch: Any) -> bool:
    return isinstance(branch, dict) and isinstance(branch.get("confidence_basis"), str)

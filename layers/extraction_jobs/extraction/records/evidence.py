"""An object's properties, and the evidence that mirrors them: trees of names, with a proof for each value."""

from __future__ import annotations

from typing import Any

from extraction.model import ExtractedObject

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


def is_proof(branch: Any) -> bool:
    """Tell the proof of one value."""
    return isinstance(branch, dict) and isinstance(branch.get("confidence_basis"), str)


def proofs(branch: Any) -> list[Tree]:
    """Return all proofs in a tree of evidence."""
    if is_proof(branch):
        return [branch]
    branches = branch.values() if isinstance(branch, dict) else branch or ()
    return [proof for each in branches for proof in proofs(each)]


def proven(type_name: str, properties: Tree, evidence: Tree) -> ExtractedObject | None:
    """Return an object, as sure as its values are on average; None without any."""
    found = proofs(evidence)
    cited = [c for proof in found for c in proof["citations"] if c["start"] is not None]
    if not cited:
        return None
    return ExtractedObject(
        type=type_name,
        properties=properties,
        evidence=evidence,
        confidence=round(sum(proof["confidence"] for proof in found) / len(found), 4),
        start=min(c["start"] for c in cited),
        end=max(c["end"] for c in cited),
    )

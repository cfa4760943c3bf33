"""The node graph of a visual job: read from the API's shape, checked, put in order of execution.

Source of the shapes and limits: AWS Glue "Visual job API", `CodeGenConfigurationNode`.
"""

from __future__ import annotations

import re
from typing import Any

from .nodes import REGISTRY
from .nodes.base import Node, Refused

_NODE_ID = re.compile(r"[A-Za-z0-9_-]*")


class InvalidGraph(ValueError):
    """The graph is malformed: CreateJob and UpdateJob answer InvalidInputException with this text."""


class Graph:
    """Nodes by id. `order` gives them so that inputs come first."""

    def __init__(self, nodes: dict[str, Node]) -> None:
        self.nodes = nodes

    def order(self) -> list[Node]:
        """Nodes with inputs first; among equals the order of the definition. Raises `InvalidGraph` for a cycle."""
        done: dict[str, Node] = {}
        open_ids = list(self.nodes)
        while open_ids:
            ready = [key for key in open_ids if all(source in done for source in self.nodes[key].inputs)]
            if not ready:
                raise InvalidGraph(f"The job graph has a cycle through {_named(self.nodes, open_ids)}.")
            done.update((key, self.nodes[key]) for key in ready)
            open_ids = [key for key in open_ids if key not in done]
        return list(done.values())

    def refused(self) -> list[Node]:
        """Nodes that are not executed here."""
        return [node for node in self.nodes.values() if node.refusal()]


def _named(nodes: dict[str, Node], keys: list[str]) -> str:
    return ", ".join(f"'{nodes[key].name}' ({key})" for key in keys)


def read(definition: dict[str, Any]) -> Graph:
    """The checked graph of a `CodeGenConfigurationNodes` map. Raises `InvalidGraph`."""
    nodes = {key: _node(key, value) for key, value in definition.items()}
    for node in nodes.values():
        _check_inputs(node, nodes)
    graph = Graph(nodes)
    graph.order()
    return graph


def _node(key: str, value: Any) -> Node:
    if not _NODE_ID.fullmatch(key):
        raise InvalidGraph(f"Node id '{key}' does not match the pattern [A-Za-z0-9_-]*.")
    if not isinstance(value, dict) or len(value) != 1:
        count = len(value) if isinstance(value, dict) else 0
        raise InvalidGraph(f"Node {key} must have exactly one node type, it has {count}.")
    kind, settings = next(iter(value.items()))
    node = REGISTRY.get(kind, Refused)(key, kind, settings)
    try:
        node.check()
    except ValueError as problem:
        raise InvalidGraph(f"Node '{node.name}' ({key}, {kind}): {problem}") from None
    return node


def _check_inputs(node: Node, nodes: dict[str, Node]) -> None:
    label = f"Node '{node.name}' ({node.id}, {node.kind})"
    missing = [source for source in node.inputs if source not in nodes]
    if missing:
        raise InvalidGraph(f"{label} has the input {missing[0]}, which is no node of the job.")
    low, high = node.arity
    if not low <= len(node.inputs) <= high:
        raise InvalidGraph(f"{label} needs {_count(low, high)}, it has {len(node.inputs)}.")
    node.sources = [nodes[source] for source in node.inputs]
    targets = [source for source in node.inputs if nodes[source].is_target]
    if targets:
        raise InvalidGraph(f"{label} has the input {targets[0]}, which is a target and gives nothing on.")


def _count(low: int, high: int) -> str:
    if low == high:
        return f"{low} input{'' if low == 1 else 's'}"
    return f"at least {low} inputs" if high > 99 else f"{low} to {high} inputs"

"""The groups of a graph: nodes that one array operation computes together.

    for group in groups(canonical): …       in an order in which they can be computed

Isomorphic nodes are grouped: those of one operation whose operands depend on the same (parameters, the example …). Of
the groups that can be computed next, the one farthest from the root is taken, with all its nodes. Needs no NumPy.
"""

from typing import Any, NamedTuple

from micrograd_paper.matrix.canonical import Applied, Canonical, operands_of
from micrograd_paper.operations import Op


class Group(NamedTuple):
    """Nodes that are computed together, by their places; the operation, None for sums of products; their rank."""

    op: Op | None
    rank: int
    members: list[int]


def key_of(graph: Canonical, i: int) -> tuple[Any, ...]:
    definition = graph.definitions[i]
    if isinstance(definition, Applied):
        return (id(definition.op), graph.ranks[i], *[graph.ranks[x] for x in definition.operands])
    return (None, graph.ranks[i], *definition.parts)


def groups(graph: Canonical) -> list[Group]:
    """The groups, operands before results. Their nodes' distances from the root may differ."""
    users: dict[int, list[int]] = {}
    waiting: dict[int, int] = {}
    ready: dict[tuple[Any, ...], list[int]] = {}
    farthest: dict[tuple[Any, ...], int] = {}

    def add(i: int) -> None:
        key = key_of(graph, i)
        ready.setdefault(key, []).append(i)
        farthest[key] = max(farthest.get(key, 0), graph.distance[i])

    for i, definition in reversed(graph.definitions.items()):
        computed = [x for x in operands_of(definition) if x in graph.definitions]
        waiting[i] = len(computed)
        for x in computed:
            users.setdefault(x, []).append(i)
        if not computed:
            add(i)
    found = []
    while ready:
        key = max(farthest, key=farthest.__getitem__)
        members = ready.pop(key)
        del farthest[key]
        definition = graph.definitions[members[0]]
        op = definition.op if isinstance(definition, Applied) else None
        found.append(Group(op, graph.ranks[members[0]], members))
        for i in members:
            for user in users.get(i, ()):
                waiting[user] -= 1
                if not waiting[user]:
                    add(user)
    return found

"""The algebra of SPARQL (SPARQL 1.1, section 18.2), as far as it is compiled."""

from __future__ import annotations

from dataclasses import dataclass

from kg.terms import Literal, NamedNode


@dataclass(frozen=True)
class Variable:
    """A variable; one whose name begins with `_:` stands for a blank node of a pattern."""

    name: str

    @property
    def is_blank(self) -> bool:
        """Whether it is none that a query can select."""
        return self.name.startswith(("_:", "."))


Constant = NamedNode | Literal
Node = Variable | NamedNode | Literal


# Property paths (18.1.7).


@dataclass(frozen=True)
class Inverse:
    """`^path`."""

    path: Path


@dataclass(frozen=True)
class Sequence:
    """`first / second`."""

    first: Path
    second: Path


@dataclass(frozen=True)
class Alternative:
    """`first | second`. As in the engine, what both lead to is found once."""

    first: Path
    second: Path


@dataclass(frozen=True)
class Repeated:
    """`path+`, and with `zero` `path*`."""

    path: Path
    zero: bool


@dataclass(frozen=True)
class Maybe:
    """`path?`."""

    path: Path


@dataclass(frozen=True)
class Negated:
    """`!(one | other)`: any property but these."""

    properties: tuple[NamedNode, ...]


Path = NamedNode | Inverse | Sequence | Alternative | Repeated | Maybe | Negated


# Expressions (17).


@dataclass(frozen=True)
class Call:
    """A function or an operator with its arguments; its name is in capitals."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Aggregate:
    """A set function; without an argument it counts solutions."""

    name: str
    argument: Expression | None
    distinct: bool
    separator: str = " "


@dataclass(frozen=True)
class Exists:
    """`EXISTS { … }`."""

    pattern: Pattern


Expression = Variable | NamedNode | Literal | Call | Aggregate | Exists


# Patterns (18.2.2).


@dataclass(frozen=True)
class Triple:
    """A triple pattern, or a path pattern."""

    subject: Node
    predicate: Variable | Path
    object: Node


@dataclass(frozen=True)
class Triples:
    """A basic graph pattern; in the graph of that name, or in the default graph."""

    patterns: tuple[Triple, ...]
    graph: Node | None = None


@dataclass(frozen=True)
class Join:
    """Solutions of both."""

    left: Pattern
    right: Pattern


@dataclass(frozen=True)
class Optional:
    """LeftJoin."""

    left: Pattern
    right: Pattern
    condition: Expression | None


@dataclass(frozen=True)
class Union:
    """Solutions of either."""

    left: Pattern
    right: Pattern


@dataclass(frozen=True)
class Minus:
    """Solutions of the one that go with none of the other."""

    left: Pattern
    right: Pattern


@dataclass(frozen=True)
class Filter:
    """Solutions for which the condition is true."""

    condition: Expression
    inner: Pattern


@dataclass(frozen=True)
class Extend:
    """Solutions with one more variable."""

    inner: Pattern
    variable: Variable
    expression: Expression


@dataclass(frozen=True)
class Values:
    """Solutions that are written out."""

    variables: tuple[Variable, ...]
    rows: tuple[tuple[Constant | None, ...], ...]


@dataclass(frozen=True)
class Group:
    """Solutions by keys; each aggregate is bound to a variable."""

    inner: Pattern
    keys: tuple[Variable, ...]
    aggregates: tuple[tuple[Variable, Aggregate], ...]


@dataclass(frozen=True)
class Order:
    """An order of solutions."""

    expression: Expression
    descending: bool


@dataclass(frozen=True)
class Select:
    """A SELECT; without variables it selects all that are visible."""

    inner: Pattern
    variables: tuple[Variable, ...] | None
    distinct: bool
    order: tuple[Order, ...]
    offset: int
    limit: int | None


Pattern = Triples | Join | Optional | Union | Minus | Filter | Extend | Values | Group | Select


@dataclass(frozen=True)
class Query:
    """A query: a SELECT, an ASK for whether its pattern has a solution, or a CONSTRUCT.

    A CONSTRUCT has a `template`, whose variables its SELECT selects.
    `default` and `named` are the graphs of its dataset clauses; None where it has none.
    """

    select: Select
    ask: bool
    default: tuple[NamedNode, ...] | None
    named: tuple[NamedNode, ...] | None
    template: tuple[Triple, ...] | None = None


EMPTY = Triples(())
"""One solution without variables."""

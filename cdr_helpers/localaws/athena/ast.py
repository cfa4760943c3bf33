"""The tree of a Trino statement. One class per kind of expression or relation; `at` is (line, column), from 1."""

from __future__ import annotations

from dataclasses import dataclass, field

Position = tuple[int, int]


@dataclass
class Node:
    """Any part of a statement."""

    at: Position


class Name(str):
    """A name in lower case, as which it is looked up, that knows how it was written: headings of results show that
    (Athena user guide, "Name databases, tables, and columns")."""

    written: str

    def __new__(cls, written: str) -> Name:
        """From the name as written."""
        made = super().__new__(cls, written.lower())
        made.written = written
        return made


@dataclass
class Identifier(Node):
    """A name; all fold to lower case."""

    text: str
    quoted: bool = False


@dataclass
class Literal(Node):
    """`kind`: null, boolean, string, integer, decimal, double, binary."""

    kind: str
    value: str


@dataclass
class TypedLiteral(Node):
    """`DATE '2021-01-01'`, `DECIMAL '1.5'`, `JSON '{}'`."""

    type: TypeName
    value: str


@dataclass
class IntervalLiteral(Node):
    """`INTERVAL '1' DAY`."""

    sign: int
    value: str
    unit: str
    to_unit: str | None = None


@dataclass
class Parameter(Node):
    """`?`, counted from 0."""

    index: int


@dataclass
class Column(Node):
    """`a`, `t.a`, `db.t.a` or a field reached through a row: resolved later."""

    parts: list[Identifier]


@dataclass
class Field(Node):
    """`(expression).name`."""

    base: Node
    name: Identifier


@dataclass
class Subscript(Node):
    """`base[index]`."""

    base: Node
    index: Node


@dataclass
class Unary(Node):
    """`-x`, `NOT x`."""

    op: str
    operand: Node


@dataclass
class Binary(Node):
    """Arithmetic, comparison, `||`, AND, OR, IS DISTINCT FROM."""

    op: str
    left: Node
    right: Node


@dataclass
class Between(Node):
    """`x BETWEEN low AND high`."""

    operand: Node
    low: Node
    high: Node


@dataclass
class InList(Node):
    """`x IN (a, b)`."""

    operand: Node
    items: list[Node]


@dataclass
class InQuery(Node):
    """`x IN (SELECT …)`."""

    operand: Node
    query: Query


@dataclass
class Quantified(Node):
    """`x = ANY (SELECT …)`; quantifier ANY or ALL."""

    op: str
    quantifier: str
    operand: Node
    query: Query


@dataclass
class Like(Node):
    """`x LIKE pattern ESCAPE e`."""

    operand: Node
    pattern: Node
    escape: Node | None


@dataclass
class IsNull(Node):
    """`x IS NULL`."""

    operand: Node


@dataclass
class Exists(Node):
    """`EXISTS (SELECT …)`."""

    query: Query


@dataclass
class ScalarQuery(Node):
    """`(SELECT …)` as a value."""

    query: Query


@dataclass
class Case(Node):
    """Both forms of CASE."""

    operand: Node | None
    whens: list[tuple[Node, Node]]
    default: Node | None


@dataclass
class TypeName(Node):
    """A type as written: name, numbers, nested types, names of row fields."""

    name: str
    numbers: list[int] = field(default_factory=list)
    nested: list[tuple[str | None, TypeName]] = field(default_factory=list)


@dataclass
class Cast(Node):
    """CAST and TRY_CAST."""

    operand: Node
    type: TypeName
    safe: bool


@dataclass
class AtTimeZone(Node):
    """`x AT TIME ZONE zone`."""

    operand: Node
    zone: Node


@dataclass
class Extract(Node):
    """`extract(unit FROM x)`."""

    unit: str
    operand: Node


@dataclass
class RowValue(Node):
    """`(a, b)` or `ROW(a, b)`."""

    items: list[Node]


@dataclass
class ArrayValue(Node):
    """`ARRAY[a, b]`."""

    items: list[Node]


@dataclass
class Lambda(Node):
    """`(x, y) -> body`."""

    names: list[str]
    body: Node


@dataclass
class SortItem(Node):
    """One ORDER BY item."""

    expression: Node
    descending: bool = False
    nulls_first: bool = False


@dataclass
class Window(Node):
    """What stands after OVER, or a named window."""

    base: str | None = None
    partition: list[Node] = field(default_factory=list)
    order: list[SortItem] = field(default_factory=list)
    frame: Frame | None = None


@dataclass
class Frame(Node):
    """ROWS/RANGE/GROUPS BETWEEN start AND end; a bound is (kind, expression or None)."""

    unit: str
    start: tuple[str, Node | None]
    end: tuple[str, Node | None]


@dataclass
class Call(Node):
    """A function call with everything that may follow it."""

    name: str
    args: list[Node]
    distinct: bool = False
    star: bool = False
    order: list[SortItem] = field(default_factory=list)
    filter: Node | None = None
    ignore_nulls: bool = False
    over: Window | None = None
    options: dict[str, str] = field(default_factory=dict)


@dataclass
class Star(Node):
    """`*`, `t.*`, `(row).*` with column aliases."""

    base: Node | None = None
    aliases: list[str] = field(default_factory=list)


@dataclass
class SelectItem(Node):
    """An output column."""

    expression: Node
    alias: str | None = None


@dataclass
class Relation(Node):
    """Anything in FROM."""


@dataclass
class Table(Relation):
    """`catalog.schema.table`; `version` is (TIMESTAMP or VERSION, expression) of `FOR … AS OF`."""

    parts: list[Identifier]
    version: tuple[str, Node] | None = None


@dataclass
class Subquery(Relation):
    """`(SELECT …)` in FROM; lateral ones see the tables to their left."""

    query: Query
    lateral: bool = False


@dataclass
class Unnest(Relation):
    """`UNNEST(a, b) WITH ORDINALITY`."""

    items: list[Node]
    ordinality: bool


@dataclass
class Aliased(Relation):
    """`relation AS name (columns)`."""

    relation: Relation
    name: str
    columns: list[str]


@dataclass
class Sample(Relation):
    """`relation TABLESAMPLE BERNOULLI (p)`."""

    relation: Relation
    method: str
    percent: Node


@dataclass
class Join(Relation):
    """`kind`: CROSS, INNER, LEFT, RIGHT, FULL."""

    kind: str
    left: Relation
    right: Relation
    on: Node | None = None
    using: list[Identifier] | None = None


@dataclass
class GroupBy(Node):
    """Grouping elements: (kind, sets): plain, rollup, cube, sets."""

    elements: list[tuple[str, list[list[Node]]]]
    distinct: bool = False


@dataclass
class Body(Node):
    """What a query's WITH and ORDER BY stand around."""


@dataclass
class Select(Body):
    """SELECT … FROM … WHERE …"""

    items: list[SelectItem | Star]
    distinct: bool = False
    relation: Relation | None = None
    where: Node | None = None
    group: GroupBy | None = None
    having: Node | None = None
    windows: dict[str, Window] = field(default_factory=dict)


@dataclass
class Values(Body):
    """VALUES rows."""

    rows: list[Node]


@dataclass
class SetOperation(Body):
    """UNION, INTERSECT, EXCEPT."""

    op: str
    all: bool
    left: Body
    right: Body


@dataclass
class TableBody(Body):
    """`TABLE name`."""

    table: Table


@dataclass
class WithQuery(Node):
    """One named query of WITH."""

    name: str
    columns: list[str]
    query: Query


@dataclass
class Query(Body):
    """A whole query."""

    body: Body
    ctes: list[WithQuery] = field(default_factory=list)
    recursive: bool = False
    order: list[SortItem] = field(default_factory=list)
    offset: Node | None = None
    limit: Node | None = None
    ties: bool = False

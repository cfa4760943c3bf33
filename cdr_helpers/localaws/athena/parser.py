"""Trino's query grammar by recursive descent. What Trino's grammar lacks (`::`, ILIKE, LIMIT … OFFSET …) is refused.

Source: Trino documentation, "SQL language" and "SELECT"; Athena user guide, "Reserved keywords".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from . import ast, sqljson
from .failures import MalformedQuery, QueryFailure
from .tokens import Token, tokenize

RESERVED = frozenset(
    [
        "ALTER",
        "AND",
        "AS",
        "BETWEEN",
        "BY",
        "CASE",
        "CAST",
        "CONSTRAINT",
        "CREATE",
        "CROSS",
        "CUBE",
        "CURRENT_CATALOG",
        "CURRENT_DATE",
        "CURRENT_PATH",
        "CURRENT_ROLE",
        "CURRENT_SCHEMA",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "CURRENT_USER",
        "DEALLOCATE",
        "DELETE",
        "DESCRIBE",
        "DISTINCT",
        "DROP",
        "ELSE",
        "END",
        "ESCAPE",
        "EXCEPT",
        "EXECUTE",
        "EXISTS",
        "EXTRACT",
        "FALSE",
        "FOR",
        "FROM",
        "FULL",
        "GROUP",
        "GROUPING",
        "HAVING",
        "IN",
        "INNER",
        "INSERT",
        "INTERSECT",
        "INTO",
        "IS",
        "JOIN",
        "JSON_ARRAY",
        "JSON_EXISTS",
        "JSON_OBJECT",
        "JSON_QUERY",
        "JSON_TABLE",
        "JSON_VALUE",
        "LEFT",
        "LIKE",
        "LISTAGG",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "NATURAL",
        "NORMALIZE",
        "NOT",
        "NULL",
        "ON",
        "OR",
        "ORDER",
        "OUTER",
        "PREPARE",
        "RECURSIVE",
        "RIGHT",
        "ROLLUP",
        "SELECT",
        "SKIP",
        "TABLE",
        "THEN",
        "TRIM",
        "TRUE",
        "UESCAPE",
        "UNION",
        "UNNEST",
        "USING",
        "VALUES",
        "WHEN",
        "WHERE",
        "WITH",
    ]
)
VERSIONS = {"TIMESTAMP": "TIMESTAMP", "VERSION": "VERSION", "SYSTEM_TIME": "TIMESTAMP", "SYSTEM_VERSION": "VERSION"}
COMPARISONS = {"=", "<>", "!=", "<", "<=", ">", ">="}
NO_PAREN_CALLS = {
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "CURRENT_USER",
    "CURRENT_CATALOG",
    "CURRENT_SCHEMA",
}
LITERAL_TYPES = frozenset(
    [
        "DATE",
        "TIME",
        "TIMESTAMP",
        "DECIMAL",
        "DOUBLE",
        "REAL",
        "FLOAT",
        "BIGINT",
        "INTEGER",
        "INT",
        "SMALLINT",
        "TINYINT",
        "BOOLEAN",
        "VARCHAR",
        "CHAR",
        "JSON",
        "UUID",
        "IPADDRESS",
        "VARBINARY",
    ]
)
INTERVAL_UNITS = frozenset(["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"])


def parse_query(sql: str) -> ast.Query:
    """The tree of one query. Raises `MalformedQuery` with Trino's kind of message."""
    parser = Parser(sql)
    query = parser.query()
    parser.finish()
    return query


def parse_expression(sql: str) -> ast.Node:
    """The tree of one expression (an execution parameter)."""
    parser = Parser(sql)
    expression = parser.expression()
    parser.finish()
    return expression


class Parser:
    """Reads words from left to right; `self.at` is the next one."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = tokenize(sql)
        self.at = 0
        self.parameters = 0

    # words
    @property
    def token(self) -> Token:
        """The next word."""
        return self.tokens[self.at]

    def ahead(self, count: int = 1) -> Token:
        """The word `count` further on."""
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def refusal(self, expecting: str = "<expression>") -> MalformedQuery:
        """The error at the next word."""
        return MalformedQuery(f"mismatched input '{self.token.text}'. Expecting: {expecting}", self.token.at)

    def fail(self, expecting: str = "<expression>") -> NoReturn:
        """Refuse the next word."""
        raise self.refusal(expecting)

    def advance(self) -> Token:
        """Take the next word."""
        token = self.token
        if token.kind == "backquoted":
            raise MalformedQuery(
                "backquoted identifiers are not supported; use double quotes to quote identifiers", token.at
            )
        self.at += 1
        return token

    def accept(self, *words: str) -> bool:
        """Take the words if they come next, all of them."""
        if all(self.ahead(i).upper == word for i, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Take the words or refuse."""
        for word in words:
            if not self.accept(word):
                self.fail(f"'{word}'")

    def peek(self, *words: str) -> bool:
        """Whether the next word is one of these."""
        return self.token.upper in words and self.token.upper != ""

    def finish(self) -> None:
        """Nothing may follow but one semicolon."""
        self.accept(";")
        if self.token.kind != "end":
            self.fail("<EOF>")

    def name_follows(self) -> bool:
        """Whether the next word can be a name."""
        return self.token.kind == "quoted" or (self.token.kind == "name" and self.token.upper not in RESERVED)

    def alias_follows(self) -> bool:
        """Whether the next word is a name and does not begin the next clause."""
        following = CLAUSE_STARTS.get(self.token.upper)
        return self.name_follows() and not (following and following(self.ahead()))

    def identifier(self) -> ast.Identifier:
        """A name."""
        if self.token.kind == "backquoted":
            self.advance()
        if not self.name_follows():
            self.fail("<identifier>")
        token = self.advance()
        if token.kind == "quoted":
            return ast.Identifier(token.at, ast.Name(token.text[1:-1].replace('""', '"')), True)
        return ast.Identifier(token.at, ast.Name(token.text))

    def qualified(self) -> list[ast.Identifier]:
        """`a.b.c`."""
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        return parts

    def commas(self, one: Callable[[], object]) -> list:
        """One or more, separated by commas."""
        found = [one()]
        while self.accept(","):
            found.append(one())
        return found

    def parenthesised(self, one: Callable[[], object]) -> list:
        """`(one, one)`."""
        self.expect("(")
        found = self.commas(one)
        self.expect(")")
        return found

    def names(self) -> list[str]:
        """`(a, b)`, names only."""
        return [i.text for i in self.parenthesised(self.identifier)]

    # queries
    def query(self) -> ast.Query:
        """A query with its WITH and ORDER BY."""
        at = self.token.at
        ctes: list[ast.WithQuery] = []
        recursive = False
        if self.accept("WITH"):
            recursive = self.accept("RECURSIVE")
            ctes = self.commas(self.with_query)
        query = ast.Query(at, self.set_operation(), ctes, recursive)
        self.tail(query)
        return query

    def with_query(self) -> ast.WithQuery:
        """`name (columns) AS (query)`."""
        at = self.token.at
        name = self.identifier().text
        columns = self.names() if self.peek("(") else []
        self.expect("AS", "(")
        query = self.query()
        self.expect(")")
        return ast.WithQuery(at, name, columns, query)

    def tail(self, query: ast.Query) -> None:
        """ORDER BY, OFFSET, LIMIT or FETCH, in this order."""
        if self.accept("ORDER", "BY"):
            query.order = self.commas(self.sort_item)
        if self.accept("OFFSET"):
            query.offset = self.row_count()
            self.accept("ROW") or self.accept("ROWS")
        if self.accept("LIMIT"):
            query.limit = None if self.accept("ALL") else self.row_count()
        elif self.accept("FETCH"):
            self.fetch(query)

    def row_count(self) -> ast.Node:
        if self.token.kind == "integer":
            token = self.advance()
            return ast.Literal(token.at, "integer", token.text)
        if self.peek("?"):
            return self.parameter()
        raise self.refusal("'?', 'ALL', <integer>")

    def fetch(self, query: ast.Query) -> None:
        """`FETCH FIRST n ROWS ONLY | WITH TIES`."""
        if not (self.accept("FIRST") or self.accept("NEXT")):
            self.fail("'FIRST', 'NEXT'")
        query.limit = ast.Literal(self.token.at, "integer", "1")
        if not self.peek("ROW", "ROWS"):
            query.limit = self.row_count()
        if not (self.accept("ROW") or self.accept("ROWS")):
            self.fail("'ROW', 'ROWS'")
        if self.accept("ONLY"):
            return
        self.expect("WITH", "TIES")
        query.ties = True

    def set_operation(self) -> ast.Body:
        """UNION and EXCEPT, from the left."""
        left = self.intersection()
        while self.peek("UNION", "EXCEPT"):
            token = self.advance()
            every = self.accept("ALL")
            if not every:
                self.accept("DISTINCT")
            left = ast.SetOperation(token.at, token.upper, every, left, self.intersection())
        return left

    def intersection(self) -> ast.Body:
        """INTERSECT binds more tightly."""
        left = self.query_primary()
        while self.peek("INTERSECT"):
            token = self.advance()
            every = self.accept("ALL")
            if not every:
                self.accept("DISTINCT")
            left = ast.SetOperation(token.at, "INTERSECT", every, left, self.query_primary())
        return left

    def query_primary(self) -> ast.Body:
        """SELECT, VALUES, TABLE or a query in parentheses."""
        token = self.token
        if self.accept("SELECT"):
            return self.select(token.at)
        if self.accept("VALUES"):
            return ast.Values(token.at, self.commas(self.expression))
        if self.accept("TABLE"):
            return ast.TableBody(token.at, ast.Table(token.at, self.qualified()))
        if self.accept("("):
            query = self.query()
            self.expect(")")
            return query
        raise self.refusal("'(', 'SELECT', 'TABLE', 'VALUES'")

    def select(self, at: ast.Position) -> ast.Select:
        """The rest of a SELECT."""
        distinct = self.accept("DISTINCT")
        if not distinct:
            self.accept("ALL")
        select = ast.Select(at, self.commas(self.select_item), distinct)
        if self.accept("FROM"):
            select.relation = self.relations()
        if self.accept("WHERE"):
            select.where = self.expression()
        if self.accept("GROUP", "BY"):
            select.group = self.group_by()
        if self.accept("HAVING"):
            select.having = self.expression()
        if self.accept("WINDOW"):
            select.windows = dict(self.commas(self.named_window))
        return select

    def select_item(self) -> ast.SelectItem | ast.Star:
        """An expression with its alias, or a star."""
        at = self.token.at
        if self.accept("*"):
            return ast.Star(at)
        expression = self.expression(star=True)
        if isinstance(expression, ast.Star):
            if self.accept("AS"):
                expression.aliases = self.names()
            return expression
        if self.accept("AS"):
            return ast.SelectItem(at, expression, self.identifier().text)
        return ast.SelectItem(at, expression, self.identifier().text if self.alias_follows() else None)

    def named_window(self) -> tuple[str, ast.Window]:
        name = self.identifier().text
        self.expect("AS", "(")
        return name, self.window_body()

    def group_by(self) -> ast.GroupBy:
        """Grouping elements."""
        at = self.token.at
        distinct = self.accept("DISTINCT")
        if not distinct:
            self.accept("ALL")
        return ast.GroupBy(at, self.commas(self.grouping_element), distinct)

    def grouping_element(self) -> tuple[str, list[list[ast.Node]]]:
        for kind in ("ROLLUP", "CUBE"):
            if self.accept(kind):
                return kind.lower(), self.parenthesised(self.grouping_set)
        if self.accept("GROUPING", "SETS"):
            return "sets", self.parenthesised(self.grouping_set)
        return "plain", [self.grouping_set()]

    def grouping_set(self) -> list[ast.Node]:
        if self.accept("(", ")"):
            return []
        expression = self.expression()
        return expression.items if isinstance(expression, ast.RowValue) else [expression]

    def sort_item(self) -> ast.SortItem:
        """`expression ASC | DESC NULLS FIRST | LAST`."""
        item = ast.SortItem(self.token.at, self.expression())
        item.descending = self.accept("DESC")
        if not item.descending:
            self.accept("ASC")
        if self.accept("NULLS"):
            item.nulls_first = self.accept("FIRST")
            if not item.nulls_first:
                self.expect("LAST")
        return item

    # relations
    def relations(self) -> ast.Relation:
        """FROM's list: commas are cross joins."""
        left = self.joined()
        while self.accept(","):
            left = ast.Join(left.at, "CROSS", left, self.joined())
        return left

    def joined(self) -> ast.Relation:
        """A chain of joins."""
        left = self.sampled()
        while True:
            at = self.token.at
            if self.accept("CROSS", "JOIN"):
                left = ast.Join(at, "CROSS", left, self.sampled())
            elif self.peek("JOIN", "INNER", "LEFT", "RIGHT", "FULL"):
                left = self.conditional_join(left)
            elif self.peek("NATURAL"):
                raise MalformedQuery("Natural join not supported", at)
            else:
                return left

    def conditional_join(self, left: ast.Relation) -> ast.Join:
        at, kind = self.token.at, "INNER"
        if not self.peek("JOIN"):
            kind = self.advance().upper
        if kind != "INNER":
            self.accept("OUTER")
        self.expect("JOIN")
        right = self.joined()
        join = ast.Join(at, kind, left, right)
        if self.accept("USING"):
            join.using = self.parenthesised(self.identifier)
        else:
            self.expect("ON")
            join.on = self.expression()
        return join

    def sampled(self) -> ast.Relation:
        relation = self.aliased()
        if self.peek("MATCH_RECOGNIZE"):
            raise QueryFailure("NOT_SUPPORTED", "MATCH_RECOGNIZE is not supported", self.token.at)
        if self.accept("TABLESAMPLE"):
            method = self.advance().upper
            if method not in ("BERNOULLI", "SYSTEM"):
                self.fail("'BERNOULLI', 'SYSTEM'")
            self.expect("(")
            relation = ast.Sample(relation.at, relation, method, self.expression())
            self.expect(")")
        return relation

    def aliased(self) -> ast.Relation:
        """A relation with its alias and column aliases."""
        relation = self.relation_primary()
        named = self.accept("AS")
        if not named and not self.alias_follows():
            return relation
        name = self.identifier().text
        columns = self.names() if self.peek("(") else []
        return ast.Aliased(relation.at, relation, name, columns)

    def relation_primary(self) -> ast.Relation:
        """A table, a subquery, UNNEST, or a relation in parentheses."""
        at = self.token.at
        if self.accept("LATERAL"):
            self.expect("(")
            query = self.query()
            self.expect(")")
            return ast.Subquery(at, query, True)
        if self.accept("UNNEST"):
            items = self.parenthesised(self.expression)
            return ast.Unnest(at, items, self.accept("WITH", "ORDINALITY"))
        if self.peek("("):
            return self.parenthesised_relation()
        return ast.Table(at, self.qualified(), self.version())

    def version(self) -> tuple[str, ast.Node] | None:
        """`FOR TIMESTAMP AS OF expression` or `FOR VERSION AS OF expression`; also with SYSTEM_TIME, SYSTEM_VERSION."""
        if not self.accept("FOR"):
            return None
        for word, kind in VERSIONS.items():
            if self.accept(word):
                self.expect("AS", "OF")
                return kind, self.expression()
        raise self.refusal(", ".join(f"'{word}'" for word in VERSIONS))

    def parenthesised_relation(self) -> ast.Relation:
        at, mark = self.token.at, self.at
        depth = 0
        while self.ahead(depth).upper == "(":
            depth += 1
        is_query = self.ahead(depth).upper in ("SELECT", "VALUES", "WITH", "TABLE")
        self.expect("(")
        if is_query:
            try:
                query = self.query()
                self.expect(")")
                return ast.Subquery(at, query)
            except MalformedQuery:
                if depth == 1:
                    raise
                self.at = mark + 1
        relation = self.relations()
        self.expect(")")
        return relation

    # expressions
    def expression(self, star: bool = False) -> ast.Node:
        """A boolean expression; with `star`, also `t.*`."""
        left = self.conjunction(star)
        while self.peek("OR"):
            at = self.advance().at
            left = ast.Binary(at, "OR", left, self.conjunction())
        return left

    def conjunction(self, star: bool = False) -> ast.Node:
        left = self.negation(star)
        while self.peek("AND"):
            at = self.advance().at
            left = ast.Binary(at, "AND", left, self.negation())
        return left

    def negation(self, star: bool = False) -> ast.Node:
        at = self.token.at
        if self.accept("NOT"):
            return ast.Unary(at, "NOT", self.negation())
        return self.predicate(star)

    def predicate(self, star: bool = False) -> ast.Node:
        """A value with at most one comparison after it."""
        left = self.concatenation(star)
        if self.token.kind == "op" and self.token.text in COMPARISONS:
            return self.comparison(left)
        at, negated = self.token.at, False
        if self.peek("NOT"):
            if self.ahead().upper not in ("BETWEEN", "IN", "LIKE"):
                self.fail("'BETWEEN', 'IN', 'LIKE'")
            self.advance()
            negated = True
        rule = PREDICATES.get(self.token.upper)
        if rule is None:
            return left
        self.advance()
        found = rule(self, at, left)
        return ast.Unary(at, "NOT", found) if negated else found

    def comparison(self, left: ast.Node) -> ast.Node:
        token = self.advance()
        op = "<>" if token.text == "!=" else token.text
        if self.peek("ALL", "ANY", "SOME") and self.ahead().upper == "(":
            quantifier = "ALL" if self.advance().upper == "ALL" else "ANY"
            self.expect("(")
            query = self.query()
            self.expect(")")
            return ast.Quantified(token.at, op, quantifier, left, query)
        return ast.Binary(token.at, op, left, self.concatenation())

    def between(self, at: ast.Position, left: ast.Node) -> ast.Node:
        low = self.concatenation()
        self.expect("AND")
        return ast.Between(at, left, low, self.concatenation())

    def in_list(self, at: ast.Position, left: ast.Node) -> ast.Node:
        self.expect("(")
        if self.query_follows():
            query = self.query()
            self.expect(")")
            return ast.InQuery(at, left, query)
        items = self.commas(self.expression)
        self.expect(")")
        return ast.InList(at, left, items)

    def like(self, at: ast.Position, left: ast.Node) -> ast.Node:
        pattern = self.concatenation()
        return ast.Like(at, left, pattern, self.concatenation() if self.accept("ESCAPE") else None)

    def is_something(self, at: ast.Position, left: ast.Node) -> ast.Node:
        negated = self.accept("NOT")
        if self.accept("NULL"):
            found: ast.Node = ast.IsNull(at, left)
        elif self.accept("DISTINCT", "FROM"):
            found = ast.Binary(at, "IS DISTINCT FROM", left, self.concatenation())
        else:
            self.fail("'DISTINCT', 'NOT', 'NULL'")
        return ast.Unary(at, "NOT", found) if negated else found

    def query_follows(self) -> bool:
        depth = 0
        while self.ahead(depth).upper == "(":
            depth += 1
        return self.ahead(depth).upper in ("SELECT", "WITH", "VALUES", "TABLE")

    def concatenation(self, star: bool = False) -> ast.Node:
        return self.left_binary(("||",), self.sum, star)

    def sum(self, star: bool = False) -> ast.Node:
        return self.left_binary(("+", "-"), self.product, star)

    def product(self, star: bool = False) -> ast.Node:
        return self.left_binary(("*", "/", "%"), self.unary, star)

    def left_binary(self, ops: tuple[str, ...], operand: Callable[[bool], ast.Node], star: bool) -> ast.Node:
        left = operand(star)
        while self.token.kind == "op" and self.token.text in ops:
            token = self.advance()
            left = ast.Binary(token.at, token.text, left, operand(False))
        return left

    def unary(self, star: bool = False) -> ast.Node:
        token = self.token
        if token.kind == "op" and token.text in ("-", "+"):
            self.advance()
            return ast.Unary(token.at, token.text, self.unary())
        return self.at_zone(star)

    def at_zone(self, star: bool = False) -> ast.Node:
        value = self.postfix(star)
        while self.peek("AT") and self.ahead().upper == "TIME":
            at = self.advance().at
            self.expect("TIME", "ZONE")
            value = ast.AtTimeZone(at, value, self.postfix())
        return value

    def postfix(self, star: bool = False) -> ast.Node:
        """A primary with `[index]`, `.field` or `.*` after it."""
        value = self.primary()
        while True:
            at = self.token.at
            if self.accept("["):
                value = ast.Subscript(at, value, self.concatenation())
                self.expect("]")
            elif self.peek(".") and self.ahead().upper == "*":
                if not star:
                    self.advance()
                    self.fail("<identifier>")
                self.at += 2
                return ast.Star(value.at, value)
            elif self.accept("."):
                value = self.dereference(at, value)
            else:
                return value

    def dereference(self, at: ast.Position, value: ast.Node) -> ast.Node:
        name = self.identifier()
        if isinstance(value, ast.Column):
            return ast.Column(value.at, [*value.parts, name])
        return ast.Field(at, value, name)

    def primary(self) -> ast.Node:
        """Literals, names, calls, everything in parentheses."""
        token = self.token
        literal = LITERALS.get(token.kind)
        if literal:
            self.advance()
            return literal(token)
        if token.upper in SPECIAL_FORMS and self.special_follows(token.upper):
            return SPECIAL_FORMS[token.upper](self)
        if token.upper in LITERAL_TYPES and (typed := self.typed_literal()):
            return typed
        if token.upper == "DOUBLE" and self.ahead().upper == "PRECISION" and self.ahead(2).kind == "string":
            return self.type_literal()
        if self.name_follows() or (token.upper in RESERVED_CALLS and self.ahead().upper == "("):
            return self.name_or_call()
        if token.kind == "backquoted":
            self.advance()
        raise self.refusal()

    def special_follows(self, word: str) -> bool:
        if word in ("ARRAY",):
            return self.ahead().upper in ("[", "(") and self.ahead().upper == "["
        if word == "INTERVAL":
            return self.ahead().kind == "string" or self.ahead().upper in ("+", "-")
        if word in (
            "ROW",
            "EXTRACT",
            "CAST",
            "TRY_CAST",
            "TRIM",
            "POSITION",
            "EXISTS",
            "SUBSTRING",
            "NORMALIZE",
            "LISTAGG",
            "GROUPING",
            "JSON_EXISTS",
            "JSON_VALUE",
            "JSON_QUERY",
            "JSON_OBJECT",
            "JSON_ARRAY",
        ):
            return self.ahead().upper == "("
        return True

    def typed_literal(self) -> ast.Node | None:
        """`DATE '…'`; also `TIMESTAMP WITH TIME ZONE '…'` is none in Trino."""
        if self.ahead().kind != "string":
            return None
        return self.type_literal()

    def type_literal(self) -> ast.Node:
        type_ = self.type_name()
        token = self.advance()
        return ast.TypedLiteral(type_.at, type_, unquote(token.text))

    def name_or_call(self) -> ast.Node:
        token = self.token
        if self.ahead().upper == "->" and token.kind in ("name", "quoted"):
            name = self.identifier().text
            self.advance()
            return ast.Lambda(token.at, [name], self.expression())
        if self.ahead().upper == "(" and token.kind in ("name", "quoted"):
            name = token.text.lower() if token.kind == "name" else token.text[1:-1].lower()
            self.at += 2
            return self.call(token.at, name)
        return ast.Column(token.at, [self.identifier()])

    def call(self, at: ast.Position, name: str) -> ast.Node:
        """The rest of a call, after the opening parenthesis."""
        call = ast.Call(at, name, [])
        if self.accept("*"):
            call.star = True
        elif not self.peek(")"):
            call.distinct = self.accept("DISTINCT")
            if not call.distinct:
                self.accept("ALL")
            call.args = self.commas(self.expression)
            if self.accept("ORDER", "BY"):
                call.order = self.commas(self.sort_item)
        self.expect(")")
        return self.call_tail(call)

    def call_tail(self, call: ast.Call) -> ast.Call:
        """FILTER, IGNORE NULLS, OVER."""
        if self.peek("FILTER") and self.ahead().upper == "(":
            self.at += 2
            self.expect("WHERE")
            call.filter = self.expression()
            self.expect(")")
        if self.accept("IGNORE", "NULLS"):
            call.ignore_nulls = True
        else:
            self.accept("RESPECT", "NULLS")
        if self.accept("OVER"):
            call.over = self.window()
        return call

    def window(self) -> ast.Window:
        at = self.token.at
        if self.accept("("):
            return self.window_body()
        return ast.Window(at, self.identifier().text)

    def window_body(self) -> ast.Window:
        """After `(`: base, PARTITION BY, ORDER BY, frame."""
        window = ast.Window(self.token.at)
        if self.name_follows() and not self.peek("PARTITION", "ROWS", "RANGE", "GROUPS"):
            window.base = self.identifier().text
        if self.accept("PARTITION", "BY"):
            window.partition = self.commas(self.expression)
        if self.accept("ORDER", "BY"):
            window.order = self.commas(self.sort_item)
        if self.peek("ROWS", "RANGE", "GROUPS"):
            window.frame = self.frame()
        self.expect(")")
        return window

    def frame(self) -> ast.Frame:
        token = self.advance()
        if self.accept("BETWEEN"):
            start = self.bound()
            self.expect("AND")
            return ast.Frame(token.at, token.upper, start, self.bound())
        return ast.Frame(token.at, token.upper, self.bound(), ("CURRENT ROW", None))

    def bound(self) -> tuple[str, ast.Node | None]:
        if self.accept("UNBOUNDED"):
            return f"UNBOUNDED {self.direction()}", None
        if self.accept("CURRENT", "ROW"):
            return "CURRENT ROW", None
        value = self.concatenation()
        return self.direction(), value

    def direction(self) -> str:
        if not self.peek("PRECEDING", "FOLLOWING"):
            self.fail("'FOLLOWING', 'PRECEDING'")
        return self.advance().upper

    # special forms
    def parameter(self) -> ast.Node:
        """`?`."""
        token = self.advance()
        self.parameters += 1
        return ast.Parameter(token.at, self.parameters - 1)

    def parentheses(self) -> ast.Node:
        """A lambda, a subquery, a row or an expression in parentheses."""
        at = self.token.at
        names = self.lambda_names()
        if names is not None:
            return ast.Lambda(at, names, self.expression())
        self.expect("(")
        if self.query_follows() and (query := self.try_query()):
            return ast.ScalarQuery(at, query)
        items = self.commas(self.expression)
        self.expect(")")
        return items[0] if len(items) == 1 else ast.RowValue(at, items)

    def try_query(self) -> ast.Query | None:
        mark = self.at
        try:
            query = self.query()
            self.expect(")")
            return query
        except MalformedQuery:
            if not self.tokens[mark].upper == "(":
                raise
            self.at = mark
            return None

    def lambda_names(self) -> list[str] | None:
        """The names of `(a, b) ->`, taken; or None with nothing taken."""
        at = 1
        names: list[str] = []
        while self.ahead(at).kind in ("name", "quoted"):
            names.append(self.ahead(at).text.strip('"').lower())
            at += 1
            if self.ahead(at).upper != ",":
                break
            at += 1
        if self.ahead(at).upper == ")" and self.ahead(at + 1).upper == "->":
            self.at += at + 2
            return names
        return None

    def case(self) -> ast.Node:
        """CASE … END."""
        at = self.advance().at
        operand = None if self.peek("WHEN") else self.expression()
        whens: list[tuple[ast.Node, ast.Node]] = []
        while self.accept("WHEN"):
            condition = self.expression()
            self.expect("THEN")
            whens.append((condition, self.expression()))
        default = self.expression() if self.accept("ELSE") else None
        if not whens:
            self.fail("'WHEN'")
        self.expect("END")
        return ast.Case(at, operand, whens, default)

    def cast(self) -> ast.Node:
        """CAST and TRY_CAST."""
        token = self.advance()
        self.expect("(")
        operand = self.expression()
        self.expect("AS")
        type_ = self.type_name()
        self.expect(")")
        return ast.Cast(token.at, operand, type_, token.upper == "TRY_CAST")

    def type_name(self) -> ast.TypeName:
        """A type: `decimal(10,2)`, `array(bigint)`, `row(a integer)`, `timestamp(3) with time zone`."""
        if self.token.kind != "name":
            self.fail("<type>")
        token = self.advance()
        name = token.text.lower()
        if name == "double":
            self.accept("PRECISION")
        if name == "interval":
            return self.interval_type(token)
        type_ = ast.TypeName(token.at, name)
        if self.accept("("):
            self.type_arguments(type_)
            self.expect(")")
        elif self.accept("<"):
            type_.nested = self.commas(lambda: (None, self.type_name()))
            self.expect(">")
        self.zone_of(type_)
        while self.accept("ARRAY"):
            type_ = ast.TypeName(token.at, "array", [], [(None, type_)])
        return type_

    def interval_type(self, token: Token) -> ast.TypeName:
        unit = self.advance().upper
        self.expect("TO")
        self.advance()
        return ast.TypeName(token.at, "yearmonth" if unit == "YEAR" else "daytime")

    def zone_of(self, type_: ast.TypeName) -> None:
        if type_.name not in ("time", "timestamp"):
            return
        if self.accept("WITH", "TIME", "ZONE"):
            type_.name += "tz"
        else:
            self.accept("WITHOUT", "TIME", "ZONE")

    def type_arguments(self, type_: ast.TypeName) -> None:
        if self.token.kind == "integer":
            type_.numbers = [int(self.number_token().text)]
            while self.accept(","):
                type_.numbers.append(int(self.number_token().text))
        elif type_.name == "row":
            type_.nested = self.commas(self.row_field)
        else:
            type_.nested = self.commas(lambda: (None, self.type_name()))

    def number_token(self) -> Token:
        if self.token.kind != "integer":
            self.fail("<integer>")
        return self.advance()

    def row_field(self) -> tuple[str | None, ast.TypeName]:
        following = self.ahead().upper
        if following in (",", ")") or (
            following == "(" and self.token.upper in (*LITERAL_TYPES, "ARRAY", "MAP", "ROW")
        ):
            return None, self.type_name()
        return self.identifier().text, self.type_name()

    def array(self) -> ast.Node:
        """`ARRAY[…]`."""
        at = self.advance().at
        self.expect("[")
        items = [] if self.peek("]") else self.commas(self.expression)
        self.expect("]")
        return ast.ArrayValue(at, items)

    def row(self) -> ast.Node:
        """`ROW(…)`."""
        at = self.advance().at
        return ast.RowValue(at, self.parenthesised(self.expression))

    def extract(self) -> ast.Node:
        """`EXTRACT(unit FROM x)`."""
        at = self.advance().at
        self.expect("(")
        unit = self.identifier().text
        self.expect("FROM")
        operand = self.concatenation()
        self.expect(")")
        return ast.Extract(at, unit, operand)

    def trim(self) -> ast.Node:
        """`TRIM([LEADING|TRAILING|BOTH] [characters] FROM x)`."""
        at = self.advance().at
        self.expect("(")
        side = self.advance().upper if self.peek("LEADING", "TRAILING", "BOTH") else "BOTH"
        name = {"LEADING": "ltrim", "TRAILING": "rtrim", "BOTH": "trim"}[side]
        if self.accept("FROM"):
            args = [self.expression()]
        else:
            args = [self.expression()]
            if self.accept("FROM"):
                args = [self.expression(), args[0]]
            elif self.accept(","):
                args.append(self.expression())
        self.expect(")")
        return ast.Call(at, name, args)

    def position(self) -> ast.Node:
        """`POSITION(x IN y)`."""
        at = self.advance().at
        self.expect("(")
        needle = self.concatenation()
        self.expect("IN")
        haystack = self.concatenation()
        self.expect(")")
        return ast.Call(at, "strpos", [haystack, needle])

    def substring(self) -> ast.Node:
        """`SUBSTRING(x FROM a FOR b)`, or with commas."""
        at = self.advance().at
        self.expect("(")
        args = [self.expression()]
        if self.accept("FROM"):
            args.append(self.concatenation())
            if self.accept("FOR"):
                args.append(self.concatenation())
        while self.accept(","):
            args.append(self.expression())
        self.expect(")")
        return ast.Call(at, "substring", args)

    def normalize(self) -> ast.Node:
        """`NORMALIZE(x, NFD)`."""
        at = self.advance().at
        self.expect("(")
        call = ast.Call(at, "normalize", [self.concatenation()])
        form = self.advance().upper if self.accept(",") else "NFC"
        call.args.append(ast.Literal(at, "string", form))
        self.expect(")")
        return call

    def listagg(self) -> ast.Node:
        """`LISTAGG(x, separator) WITHIN GROUP (ORDER BY …)`."""
        at = self.advance().at
        self.expect("(")
        call = ast.Call(at, "listagg", [], distinct=self.accept("DISTINCT"))
        call.args = self.commas(self.expression)
        if self.accept("ON", "OVERFLOW"):
            while not self.peek(")"):
                self.advance()
        self.expect(")")
        self.expect("WITHIN", "GROUP", "(", "ORDER", "BY")
        call.order = self.commas(self.sort_item)
        self.expect(")")
        return self.call_tail(call)

    def grouping(self) -> ast.Node:
        """`GROUPING(a, b)`."""
        at = self.advance().at
        return ast.Call(at, "grouping", self.parenthesised(self.expression))

    def exists(self) -> ast.Node:
        """`EXISTS (query)`."""
        at = self.advance().at
        self.expect("(")
        query = self.query()
        self.expect(")")
        return ast.Exists(at, query)

    def interval(self) -> ast.Node:
        """`INTERVAL [sign] '1' DAY [TO SECOND]`."""
        at = self.advance().at
        sign = -1 if self.accept("-") else 1
        self.accept("+")
        if self.token.kind != "string":
            self.fail("<string>")
        value = unquote(self.advance().text)
        unit = self.advance().upper
        if unit not in INTERVAL_UNITS:
            self.at -= 1
            self.fail("'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'")
        to_unit = self.advance().upper if self.accept("TO") else None
        return ast.IntervalLiteral(at, sign, value, unit, to_unit)

    def constant(self) -> ast.Node:
        """NULL, TRUE, FALSE."""
        token = self.advance()
        return ast.Literal(token.at, "null" if token.upper == "NULL" else "boolean", token.upper.lower())

    def no_paren_call(self) -> ast.Node:
        """`current_date` and its like."""
        token = self.advance()
        if self.accept("("):
            while not self.accept(")"):
                self.advance()
        return ast.Call(token.at, token.text.lower(), [])


def unquote(text: str) -> str:
    """The value of a quoted string."""
    return text[1:-1].replace("''", "'")


def unicode_string(text: str) -> str:
    """The value of `U&'\\2603'`."""
    import re

    body = unquote(text[2:])
    return re.sub(r"\\(\+[0-9A-Fa-f]{6}|[0-9A-Fa-f]{4})", lambda m: chr(int(m.group(1).lstrip("+"), 16)), body)


LITERALS: dict[str, Callable[[Token], ast.Node]] = {
    "string": lambda t: ast.Literal(t.at, "string", unquote(t.text)),
    "ustring": lambda t: ast.Literal(t.at, "string", unicode_string(t.text)),
    "binary": lambda t: ast.Literal(t.at, "binary", t.text[2:-1].replace(" ", "")),
    "integer": lambda t: ast.Literal(t.at, "integer", t.text),
    "decimal": lambda t: ast.Literal(t.at, "decimal", t.text),
    "double": lambda t: ast.Literal(t.at, "double", t.text),
}
# words that are no reserved ones but begin a clause: what follows them there
CLAUSE_STARTS: dict[str, Callable[[Token], bool]] = {
    "LIMIT": lambda t: t.kind == "integer" or t.upper in ("ALL", "?"),
    "OFFSET": lambda t: t.kind == "integer" or t.upper == "?",
    "FETCH": lambda t: t.upper in ("FIRST", "NEXT"),
    "WINDOW": lambda t: t.kind in ("name", "quoted") and t.upper not in RESERVED,
    "TABLESAMPLE": lambda t: t.kind == "name",
    "MATCH_RECOGNIZE": lambda t: t.upper == "(",
}
PREDICATES: dict[str, Callable[[Parser, ast.Position, ast.Node], ast.Node]] = {
    "BETWEEN": Parser.between,
    "IN": Parser.in_list,
    "LIKE": Parser.like,
    "IS": Parser.is_something,
}
RESERVED_CALLS = {"NORMALIZE", "LISTAGG"}
SPECIAL_FORMS: dict[str, Callable[[Parser], ast.Node]] = {
    "?": Parser.parameter,
    "(": Parser.parentheses,
    "CASE": Parser.case,
    "CAST": Parser.cast,
    "TRY_CAST": Parser.cast,
    "ARRAY": Parser.array,
    "ROW": Parser.row,
    "EXTRACT": Parser.extract,
    "TRIM": Parser.trim,
    "POSITION": Parser.position,
    "SUBSTRING": Parser.substring,
    "NORMALIZE": Parser.normalize,
    "LISTAGG": Parser.listagg,
    "GROUPING": Parser.grouping,
    "EXISTS": Parser.exists,
    "INTERVAL": Parser.interval,
    "NULL": Parser.constant,
    "TRUE": Parser.constant,
    "FALSE": Parser.constant,
    **dict.fromkeys(NO_PAREN_CALLS, Parser.no_paren_call),
    **dict.fromkeys(sqljson.FORMS, sqljson.parse),
}

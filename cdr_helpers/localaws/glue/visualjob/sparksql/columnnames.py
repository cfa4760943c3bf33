"""What Spark calls a column that has no alias: the expression's text in Spark's own spelling."""

from __future__ import annotations

from sqlglot import exp

_OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.NullSafeEQ: "<=>",
    exp.And: "AND",
    exp.Or: "OR",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.IntDiv: "div",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "^",
}


def of(node: exp.Expr) -> str:
    """The name of a select item."""
    if isinstance(node, (exp.Alias, exp.Column, exp.Identifier)):
        return node.alias_or_name
    if isinstance(node, exp.Dot):
        return node.expression.name
    return _text(node)


def _text(node: exp.Expr) -> str:
    if isinstance(node, exp.Literal):
        return str(node.this)
    if isinstance(node, exp.Column):
        return ".".join(part.name for part in node.parts)
    if isinstance(node, exp.Paren):
        return _text(node.this)
    if isinstance(node, exp.Anonymous):
        return _call(node)
    if isinstance(node, exp.Cast):
        return f"CAST({_text(node.this)} AS {node.to.sql(dialect='spark')})"
    if isinstance(node, exp.Not) and isinstance(node.this, exp.Is):
        return f"({_text(node.this.this)} IS NOT {_text(node.this.expression)})"
    if isinstance(node, exp.Not):
        return f"(NOT {_text(node.this)})"
    if isinstance(node, exp.NEQ):
        return f"(NOT ({_text(node.left)} = {_text(node.right)}))"
    if isinstance(node, exp.Is):
        return f"({_text(node.this)} IS {_text(node.expression)})"
    if isinstance(node, exp.Neg):
        return f"(- {_text(node.this)})" if not isinstance(node.this, exp.Literal) else f"-{_text(node.this)}"
    if isinstance(node, exp.Bracket):
        return f"{_text(node.this)}[{_text(node.expressions[0])}]"
    if type(node) in _OPERATORS and isinstance(node, exp.Binary):
        return f"({_text(node.left)} {_OPERATORS[type(node)]} {_text(node.right)})"
    return node.sql(dialect="spark")


def _call(node: exp.Anonymous) -> str:
    name, given = str(node.this).lower(), list(node.expressions)
    distinct = "DISTINCT " if given and isinstance(given[0], exp.Distinct) else ""
    given = list(given[0].expressions) if distinct else given
    if name == "count" and given and isinstance(given[0], exp.Star):
        return "count(1)"
    if name in ("explode", "explode_outer"):
        return "col"
    return f"{name}({distinct}{', '.join(_text(one) for one in given)})"

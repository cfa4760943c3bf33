"""SparkSQL: a query over the inputs, each under its alias (AWS Glue: "Using a SQL query to transform data")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..frames import Output
from .base import MANY, Node, text

if TYPE_CHECKING:
    from ..execute import Run


class SparkSql(Node):
    """The rows of a Spark SQL query. Its columns are the query's; `OutputSchemas` only tells Glue Studio of them."""

    arity = (1, MANY)
    required = ("SqlQuery", "SqlAliases")
    helpers = ("sql",)

    def check(self) -> None:
        super().check()
        for one in self.settings["SqlAliases"]:
            if not one.get("Alias") or one.get("From") not in self.inputs:
                raise ValueError(f"SqlAliases: {one.get('From')!r} is no input of the node, or has no Alias.")

    def script(self, variables: Sequence[str]) -> str:
        named = dict(zip(self.inputs, variables, strict=True))
        mapping = ", ".join(f"{text(one['Alias'])}: {named[one['From']]}" for one in self.settings["SqlAliases"])
        query = f"SqlQuery_{self.variable}"
        return (
            f"{query} = {text(self.settings['SqlQuery'])}\n"
            f"{self.variable} = sparkSqlQuery(glueContext, query={query}, mapping={{{mapping}}}, "
            f"transformation_ctx={text(self.variable)})"
        )

    def relation(self, run: Run, inputs: Sequence[Output]) -> Output:
        from ..sparksql import translate

        given = {source: self.frame(inputs, at) for at, source in enumerate(self.inputs)}
        frames = {one["Alias"]: given[one["From"]] for one in self.settings["SqlAliases"]}
        try:
            made = translate.query(self.settings["SqlQuery"], frames)
        except translate.SparkSqlError as problem:
            raise self.fail(str(problem)) from None
        return run.view(made.sql, made.columns)

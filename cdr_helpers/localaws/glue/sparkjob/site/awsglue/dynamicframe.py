"""DynamicFrame and DynamicFrameCollection over Spark's DataFrame (AWS Glue: "DynamicFrame class").

Columns have one type each: what Glue reads as a choice of types is read here as the type that holds all of them, so
`resolveChoice` casts and has no choices to resolve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import columns, relational
from .columns import at, chosen
from .readers import DynamicFrameReader as DynamicFrameReader
from .records import Change, Test
from .writers import DynamicFrameWriter as DynamicFrameWriter
from .writers import write_sample

NOT_BUILT = (
    "errorsAsDynamicFrame",
    "errorsCount",
    "stageErrorsCount",
    "assertErrorThreshold",
    "simplify_ddb_json",
    "gluePyWriteDynamicFrame",
    "with_frame_schema",
    "recompute_schema",
)
_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": lambda column, value: column > value,
    "<": lambda column, value: column < value,
    ">=": lambda column, value: column >= value,
    "<=": lambda column, value: column <= value,
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
}


class DynamicFrame:
    """Rows with named columns. `transformation_ctx`, `info` and the thresholds of its methods are taken as Glue takes
    them and change nothing here."""

    def __init__(self, frame: Any, glue_ctx: Any, name: str = "") -> None:
        self._frame, self.glue_ctx, self.name = frame, glue_ctx, name

    def __getattr__(self, name: str) -> Any:
        if name in NOT_BUILT:
            raise NotImplementedError(f"DynamicFrame.{name} is not supported here")
        raise AttributeError(f"'DynamicFrame' object has no attribute '{name}'")

    # from and to Spark
    @classmethod
    def fromDF(cls, dataframe: Any, glue_ctx: Any, name: str = "") -> DynamicFrame:
        """A DataFrame as a DynamicFrame."""
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options: Any = None) -> Any:
        """The rows as a DataFrame."""
        return self._frame

    def _made(self, frame: Any, name: str = "") -> DynamicFrame:
        return DynamicFrame(frame, self.glue_ctx, name or self.name)

    def schema(self) -> Any:
        """Names and types of the columns."""
        return self._frame.schema

    def printSchema(self) -> None:
        """Print the schema as a tree."""
        self._frame.printSchema()

    def show(self, num_rows: int = 20) -> None:
        """Print rows as JSON, one a line."""
        for line in self._frame.limit(num_rows).toJSON().collect():
            print(line)

    def count(self) -> int:
        """The number of rows."""
        return int(self._frame.count())

    def repartition(self, num_partitions: int, *_: Any, **__: Any) -> DynamicFrame:
        """The rows in so many partitions, spread evenly."""
        return self._made(self._frame.repartition(num_partitions))

    def coalesce(self, num_partitions: int, *_: Any, **__: Any) -> DynamicFrame:
        """The rows in at most so many partitions."""
        return self._made(self._frame.coalesce(num_partitions))

    def getNumPartitions(self) -> int:
        """The number of partitions."""
        return int(self._frame.rdd.getNumPartitions())

    # columns
    def _place(self, path: str) -> int:
        """The position of a top-level column that must exist."""
        found = columns.located(self._frame, path)
        if found is None:
            raise ValueError(f"column '{path}' is not in the frame, which has {self._listed()}")
        if found[1]:
            raise ValueError(f"the nested path '{path}' is not supported here; only top-level columns are")
        return found[0]

    def _listed(self) -> str:
        return ", ".join(self._frame.columns) or "none"

    def _kept(self, positions: Iterable[int]) -> DynamicFrame:
        names = self._frame.columns
        return self._made(chosen(self._frame, [(names[index], at(index)) for index in positions]))

    def apply_mapping(
        self, mappings: Sequence[Sequence[str]], case_sensitive: bool = False, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        """Only the mapped columns, cast as Spark casts. A source type that is not the column's own gives NULLs.

        Each mapping is (source, source type, target, target type), or (source, target).
        """
        leaves: list[Leaf] = []
        for entry in mappings:
            if len(entry) not in (2, 4):
                raise ValueError(f"the mapping {tuple(entry)} must have a source, its type, a target and its type")
            source, target = entry[0], entry[2] if len(entry) == 4 else entry[1]
            found = columns.value_at(self._frame, source)
            if found is None:
                raise ValueError(f"column '{source}' is not in the frame, which has {self._listed()}")
            value, kind = found
            if len(entry) == 4:
                value = _mapped(value, kind, columns.spark_type(entry[1]), columns.spark_type(entry[3]))
            leaves.append(Leaf(columns.steps_of(target), value, columns.structs_above(self._frame, source)))
        return self._made(chosen(self._frame, _nested(leaves)), transformation_ctx)

    def select_fields(self, paths: Sequence[str] | str, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        """The named columns, in the frame's order; a path that is not there is no error."""
        listed = [paths] if isinstance(paths, str) else list(paths)
        tree = relational.tree_of(self._frame, listed)
        return self._made(relational.pruned(self._frame, tree, keep=True), transformation_ctx)

    def drop_fields(self, paths: Sequence[str] | str, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        """All columns but the named ones; a path that is not there is no error."""
        listed = [paths] if isinstance(paths, str) else list(paths)
        tree = relational.tree_of(self._frame, listed)
        return self._made(relational.pruned(self._frame, tree, keep=False), transformation_ctx)

    def rename_field(self, oldName: str, newName: str, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        """One column, or member of a struct, under another name."""
        found = columns.located(self._frame, oldName)
        if found is None:
            raise ValueError(f"column '{oldName}' is not in the frame, which has {self._listed()}")
        where, inner = found
        new = columns.steps_of(newName)
        old = [self._frame.columns[where], *inner]
        if [step.lower() for step in old[:-1]] != [step.lower() for step in new[:-1]]:
            raise ValueError(f"moving '{oldName}' to '{newName}', into another struct, is not supported here")
        terms = [(name, at(index)) for index, name in enumerate(self._frame.columns)]
        terms[where] = (new[-1], at(where))
        if inner:
            field = self._frame.schema.fields[where]
            member = columns.member(field.dataType, inner)
            if member is None:
                raise ValueError(f"the nested path '{oldName}' is not in the frame")
            terms[where] = (field.name, relational.renamed(at(where), field.dataType, member[0], new[-1]))
        return self._made(chosen(self._frame, terms), transformation_ctx)

    def split_fields(
        self, paths: Sequence[str], name1: str, name2: str, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrameCollection:
        """Two frames: the named columns, and the others."""
        named = {self._place(path) for path in paths}
        halves = [
            [index for index in range(len(self._frame.columns)) if (index in named) == own] for own in (True, False)
        ]
        frames = {name: self._kept(half) for name, half in zip((name1, name2), halves, strict=True)}
        return DynamicFrameCollection(frames, self.glue_ctx)

    def resolveChoice(
        self,
        specs: Sequence[tuple[str, str]] | None = None,
        choice: str = "",
        database: str | None = None,
        table_name: str | None = None,
        transformation_ctx: str = "",
        **_: Any,
    ) -> DynamicFrame:
        """Casts of columns: `cast:type` and `project:type` in `specs`. Without choices there is nothing else to do;
        `match_catalog` casts to the types of a table."""
        if choice == "match_catalog":
            from .endpoint import ask

            kinds = ask("table", database=database, table=table_name)["columns"]
            specs = [(name, f"cast:{kind}") for name, kind in kinds]
        terms = [(name, at(index)) for index, name in enumerate(self._frame.columns)]
        for path, action in specs or ():
            verb, _mark, kind = action.partition(":")
            if verb not in ("cast", "project", "make_cols", "make_struct"):
                raise ValueError(f"'{action}' of column '{path}' must be cast:, project:, make_cols or make_struct")
            if verb in ("cast", "project") and columns.located(self._frame, path) is not None:
                index = self._place(path)
                terms[index] = (terms[index][0], terms[index][1].cast(columns.spark_type(kind)))
        return self._made(chosen(self._frame, terms), transformation_ctx)

    def drop_null_fields(self, transformation_ctx: str = "") -> DynamicFrame:
        """The columns without those whose type is null."""
        from pyspark.sql.types import NullType

        fields = self._frame.schema.fields
        return self._kept(index for index, field in enumerate(fields) if not isinstance(field.dataType, NullType))

    # rows
    def filter(self, f: Callable[[Any], Any], transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        """The rows for which `f` holds; one for which it raises goes."""
        from pyspark.sql import functions
        from pyspark.sql.types import BooleanType

        plain = columns.numbered(self._frame)
        holds = functions.udf(Test(f, self._frame.columns), BooleanType())
        kept = plain.where(holds(functions.struct(*plain.columns)))
        return self._made(kept.toDF(*self._frame.columns), transformation_ctx)

    def map(self, f: Callable[[Any], Any], transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        """What `f` makes of each row; types are those of the values."""
        session = self.glue_ctx.spark_session
        made = self._frame.rdd.flatMap(Change(f, self._frame.columns)).cache()
        if made.isEmpty():
            return self._made(self._frame.limit(0), transformation_ctx)
        frame = session.createDataFrame(made, samplingRatio=1.0)
        first = [name for name in self._frame.columns if name in frame.columns]
        order = [*first, *(name for name in frame.columns if name not in first)]
        return self._made(frame.select(*map(columns.quoted, order)), transformation_ctx)

    def split_rows(
        self,
        comparison_dict: Mapping[str, Mapping[str, Any]],
        name1: str = "frame1",
        name2: str = "frame2",
        transformation_ctx: str = "",
        **_: Any,
    ) -> DynamicFrameCollection:
        """Two frames: the rows that meet every comparison, and the others."""
        from pyspark.sql import functions

        test = functions.lit(True)
        for path, comparisons in comparison_dict.items():
            for operator, value in comparisons.items():
                if operator not in _OPERATORS:
                    raise ValueError(f"the operator {operator} must be one of {', '.join(_OPERATORS)}")
                test = test & _OPERATORS[operator](at(self._place(path)), value)
        plain, names = columns.numbered(self._frame), self._frame.columns
        holds = functions.coalesce(test, functions.lit(False))
        frames = {name1: plain.where(holds), name2: plain.where(~holds)}
        made = {name: self._made(frame.toDF(*names)) for name, frame in frames.items()}
        return DynamicFrameCollection(made, self.glue_ctx)

    def join(
        self, paths1: Sequence[str], paths2: Sequence[str], frame2: DynamicFrame, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        """Rows side by side whose keys are equal. A name of the second frame that the first has too gets a dot before
        it."""
        from pyspark.sql import functions

        left = self._frame.toDF(*(f"l{index}" for index in range(len(self._frame.columns))))
        right = frame2._frame.toDF(*(f"r{index}" for index in range(len(frame2._frame.columns))))
        if len(paths1) != len(paths2) or not paths1:
            raise ValueError("a join needs as many keys of one frame as of the other, at least one")
        pairs = [(self._place(one), frame2._place(other)) for one, other in zip(paths1, paths2, strict=True)]
        tests = [functions.col(f"l{one}") == functions.col(f"r{other}") for one, other in pairs]
        test = tests[0]
        for more in tests[1:]:
            test = test & more
        own = self._frame.columns
        names = [*own, *(f".{name}" if name in own else name for name in frame2._frame.columns)]
        return self._made(left.join(right, test).toDF(*names), transformation_ctx)

    def union(self, other_frame: DynamicFrame, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        """The rows of both frames; columns are matched by name."""
        return self._made(self._frame.unionByName(other_frame._frame, allowMissingColumns=True), transformation_ctx)

    def mergeDynamicFrame(
        self, stage_dynamic_frame: DynamicFrame, primary_keys: Sequence[str], transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        """The rows whose key is not staged, then all staged rows; columns are matched by name."""
        from pyspark.sql import functions

        staged = stage_dynamic_frame
        old = self._frame.toDF(*(f"l{index}" for index in range(len(self._frame.columns))))
        new = staged._frame.toDF(*(f"r{index}" for index in range(len(staged._frame.columns))))
        test = functions.lit(True)
        for key in primary_keys:
            test = test & (functions.col(f"l{self._place(key)}") == functions.col(f"r{staged._place(key)}"))
        left = old.join(new, test, "left_anti").toDF(*self._frame.columns)
        return self._made(_united(left, staged._frame), transformation_ctx)

    # nested data
    def unnest(self, transformation_ctx: str = "", **_: Any) -> DynamicFrame:
        """Structs as columns, their names joined by dots."""
        return self._made(relational.unnested(self._frame), transformation_ctx)

    def relationalize(
        self, root_table_name: str, staging_path: str = "", options: Any = None, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrameCollection:
        """Flat frames: structs as columns, arrays as frames of their own that refer to the rows by `id`."""
        made = relational.relationalized(self._frame, root_table_name)
        frames = {name: DynamicFrame(frame, self.glue_ctx, name) for name, frame in made.items()}
        return DynamicFrameCollection(frames, self.glue_ctx)

    def unbox(
        self, path: str, format: str, transformation_ctx: str = "", options: Any = None, **given: Any
    ) -> DynamicFrame:
        """A column of JSON texts as structs."""
        from pyspark.sql import functions

        if format != "json":
            raise ValueError(f"the format {format} of unbox is not supported here; json is")
        index = self._place(path)
        texts = columns.numbered(self._frame).select(at(index).alias("value")).where(at(index).isNotNull())
        kind = self.glue_ctx.spark_session.read.json(texts.rdd.map(_first)).schema
        terms = [(name, at(each)) for each, name in enumerate(self._frame.columns)]
        terms[index] = (terms[index][0], functions.from_json(at(index), kind))
        return self._made(chosen(self._frame, terms), transformation_ctx)

    def spigot(
        self, path: str, options: Mapping[str, Any] | None = None, transformation_ctx: str = "", **_: Any
    ) -> DynamicFrame:
        """Write a sample of the rows aside, as JSON: the first `topk`, each with the probability `prob`."""
        given = dict(options or {})
        sample = self._frame
        if given.get("prob") is not None and float(given["prob"]) < 1:
            sample = sample.sample(float(given["prob"]))
        if given.get("topk") is not None:
            sample = sample.limit(int(given["topk"]))
        write_sample(sample, path)
        return self

    def write(
        self,
        connection_type: str,
        connection_options: Mapping[str, Any] | None = None,
        format: str | None = None,
        format_options: Mapping[str, Any] | None = None,
        accumulator_size: int = 0,
    ) -> DynamicFrame:
        """Write the rows to S3."""
        writer = DynamicFrameWriter(self.glue_ctx)
        writer.from_options(self, connection_type, connection_options or {}, format, format_options or {})
        return self


def _first(row: Any) -> Any:
    return row[0]


def _mapped(value: Any, kind: Any, declared: str, wanted: str) -> Any:
    from pyspark.sql import functions

    if not _same(declared, kind.simpleString()):
        return functions.lit(None).cast(wanted)
    return value.cast(wanted)


def _same(declared: str, kind: str) -> bool:
    """Whether the declared source type is the column's. Decimals of any size count as one."""
    if declared == kind or kind == "void":
        return True
    if "<" in kind:
        return declared.split("<")[0] == kind.split("<")[0]
    return declared.startswith("decimal") and kind.startswith("decimal")


@dataclass(frozen=True)
class Leaf:
    """A target's path, its value, and the structs that the value was in, the innermost first."""

    steps: list[str]
    value: Any
    above: list[Any]


def _nested(leaves: Sequence[Leaf]) -> list[tuple[str, Any]]:
    """Leaves as terms of top-level columns. A struct is NULL where those that its members come from all are."""
    from pyspark.sql import functions

    order = list(dict.fromkeys(leaf.steps[0] for leaf in leaves))
    made: list[tuple[str, Any]] = []
    for name in order:
        own = [leaf for leaf in leaves if leaf.steps[0] == name]
        made += [(name, leaf.value) for leaf in own if len(leaf.steps) == 1]
        inner = [Leaf(leaf.steps[1:], leaf.value, leaf.above) for leaf in own if len(leaf.steps) > 1]
        if inner:
            there = functions.lit(False)
            for leaf in inner:
                level = len(leaf.steps) - 1
                there = there | (leaf.above[level].isNotNull() if level < len(leaf.above) else functions.lit(True))
            members = (value.alias(key) for key, value in _nested(inner))
            made.append((name, functions.when(there, functions.struct(*members))))
    return made


def _united(first: Any, second: Any) -> Any:
    """The rows of both under the first's columns, then the second's others; values as the first's types."""
    from pyspark.sql import functions

    names = list(first.columns)
    more = [name for name in second.columns if columns.position(names, name) is None]
    kinds = {field.name: field.dataType for field in (*second.schema.fields, *first.schema.fields)}

    def under(frame: Any) -> Any:
        terms = []
        for name in [*names, *more]:
            index = columns.position(frame.columns, name)
            term = functions.lit(None) if index is None else at(index)
            terms.append((name, term.cast(kinds[name])))
        return chosen(frame, terms)

    return under(first).union(under(second))


class DynamicFrameCollection:
    """Frames under names (AWS Glue: "DynamicFrameCollection class")."""

    def __init__(self, dynamic_frames: Mapping[str, DynamicFrame] | Sequence[DynamicFrame], glue_ctx: Any) -> None:
        named = dynamic_frames if isinstance(dynamic_frames, Mapping) else {one.name: one for one in dynamic_frames}
        self._frames, self._glue_ctx = dict(named), glue_ctx

    def __getitem__(self, key: str) -> DynamicFrame:
        return self._frames[key]

    def __len__(self) -> int:
        return len(self._frames)

    def keys(self) -> Any:
        """The frames' names."""
        return self._frames.keys()

    def values(self) -> Any:
        """The frames."""
        return self._frames.values()

    def items(self) -> Any:
        """Names and frames."""
        return self._frames.items()

    def select(self, key: str, transformation_ctx: str = "") -> DynamicFrame:
        """The frame of a name."""
        return self._frames[key]

    def map(self, callable: Callable[..., DynamicFrame], transformation_ctx: str = "") -> DynamicFrameCollection:
        """What a function makes of each frame; it gets the frame and a context."""
        made = {key: callable(frame, transformation_ctx + key) for key, frame in self._frames.items()}
        return DynamicFrameCollection(made, self._glue_ctx)

    def flatmap(self, f: Callable[..., DynamicFrameCollection], transformation_ctx: str = "") -> DynamicFrameCollection:
        """The frames of the collections that a function makes of each frame, named after both."""
        made = {}
        for key, frame in self._frames.items():
            for inner, each in f(frame, transformation_ctx + key).items():
                made[f"{key}_{inner}"] = each
        return DynamicFrameCollection(made, self._glue_ctx)

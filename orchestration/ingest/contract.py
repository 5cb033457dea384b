"""The raw contract: what a feed's landed Parquet looks like, whatever the bill's dialect.

Belongs here: column and feed declarations. How files become such Parquet is `landing.py`;
what the columns are of each provider is `providers/`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

# Part of every landing id: raise it when the landing writes the same columns differently,
# so that the next ingest rewrites partitions whose files have not changed.
LANDING_VERSION = 5

ColumnType = Literal["string", "decimal", "timestamp", "date", "json"]
FeedKind = Literal["bill", "usage", "drivers", "inventory"]

JsonShape = Literal["object", "loose_object", "labels", "scheme_tags", "credits"]
"""How JSON text arrives. `object`: as JSON. `loose_object`: perhaps without its braces (Azure), as
a list of {Key, Value} (vendors), as `key:k value:v; …` (Alibaba Cloud) or as Python spells a
dictionary (data frames), keys perhaps with spaces around them.
`labels`: a list of {key, value} (Google). `scheme_tags`: an object whose keys lost the colon after
their scheme, `user_team` for `user:team`, or that have one more, `resourceTags/team` (CUR 2.0).
`credits`: a list of credits (Google)."""

KeyStyle = Literal["verbatim", "snake", "scheme"]

# FOCUS asks for 1e-12; 26 digits before the point leave room for sums, and two such
# decimals multiply inside DuckDB's and Spark's 38 digits.
DECIMAL = "DECIMAL(38,12)"

SQL_TYPES: dict[ColumnType, str] = {
    "string": "VARCHAR",
    "decimal": DECIMAL,
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "json": "VARCHAR",
}


@dataclass(frozen=True)
class Column:
    """One column of a raw contract. `json` is canonical JSON text (keys sorted, no spaces)."""

    name: str
    type: ColumnType = "string"
    required: bool = False
    """The file must have this column (or the caller must declare its value)."""
    aliases: tuple[str, ...] = ()
    """Other header spellings, compared after folding case, spaces and punctuation."""
    shape: JsonShape = "object"
    """Only for `json` columns."""
    from_map: tuple[str, str] | None = None
    """(json column, key) that holds the value in files without the column."""
    digits: int = 0
    """Of how many digits each value is; who keeps it as a number loses the zeros it begins with."""


@dataclass(frozen=True)
class Fold:
    """Headers with a prefix that become the keys of one JSON column (one column per tag, say)."""

    column: str
    prefixes: tuple[str, ...]
    """As the files spell them; compared without case."""
    keys: KeyStyle = "verbatim"
    """`snake`: fooBar -> foo_bar. `scheme`: user_team -> user:team, a colon already there stays."""


@dataclass(frozen=True)
class Measure:
    """An amount whose sum is conserved from the bill's text to the landed Parquet."""

    name: str
    column: str
    optional: bool = False
    """Left out of the control totals where the files have no values in it."""
    json_amounts: bool = False
    """The column is a list of objects, each with an `amount`."""


@dataclass(frozen=True)
class Rename:
    """Headers that mean something else when another header is beside them."""

    when: str
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Need:
    """A column that may be absent, but not from a bill that has rows of a certain kind."""

    column: str
    rows: str
    """SQL over the contract's columns: the rows whose conforming reads the column."""
    why: str
    """What would be wrong without it."""
    even_empty: bool = False
    """A column that says nothing in any of the rows is as good as none."""
    unless: str = "count(*) = 0"
    """SQL over all rows of the month, an aggregate: where it is true, nothing is wrong."""


@dataclass(frozen=True)
class Unread:
    """A kind of file that is known, and not read."""

    kind: str
    """`<file> is …`."""
    signature: tuple[tuple[str, ...], ...]
    """A file is of this kind if it has one header of each group (folded spelling)."""
    remedy: str


# Written by the landing beside the contract's own columns, in every feed.
META_COLUMNS: tuple[Column, ...] = (
    Column("x_feed"),
    Column("x_export"),
    Column("x_billing_period"),  # 'YYYY-MM', the landed partition
    Column("x_landing_id"),  # content hash of the landed partition
    Column("x_source_file"),
    Column("x_source_row_number", "decimal"),
    Column("x_extras", "json"),  # values of columns outside the contract
)


@dataclass(frozen=True)
class Feed:
    """One kind of export: its raw contract and how to read the facts the landing needs from it."""

    name: str
    kind: FeedKind
    description: str
    columns: tuple[Column, ...]
    billing_period: str
    """SQL over the contract's columns that gives the period as 'YYYY-MM'."""
    period_columns: tuple[str, ...]
    """The contract columns that `billing_period` reads."""
    amount: str | None
    """Contract column that every row must fill, the first control total; None: rows only."""
    currency: str | None
    """Contract column of the control total's currency; None where the amount is not money."""
    account: str | None
    """Contract column that tells one payer's export from another's."""
    usage: str
    """Contract column whose latest value says how far the data reaches."""
    signature: tuple[tuple[str, ...], ...]
    """A file is of this feed if it has one header of each group (folded spelling)."""
    measures: tuple[Measure, ...] = ()
    sub_account: str | None = None
    """Contract column below the account: the parts that control totals are kept by."""
    payer: str | None = None
    """SQL over the contract's columns: who is invoiced, where `account` alone does not say it."""
    invoice: str | None = None
    """Contract column of the invoice that a row stands on; null before there is one."""
    needs: tuple[Need, ...] = ()
    """Columns that rules cannot do without where there are rows of a kind."""
    folds: tuple[Fold, ...] = ()
    renames: tuple[Rename, ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    """(header, other): the header repeats what is read from the other; left out of `x_extras`."""
    evidence: str | None = None
    """SQL over the contract's columns: rows that tell this feed from one with the same headers."""
    null_texts: tuple[str, ...] = ()
    """Texts that the files write for "no value", beside the empty one."""
    absent_number: str | None = None
    """The text that some writers put for "no value" into a number that may be missing."""
    formatted_numbers: bool = False
    """Numbers may look like "$10,000.00", "€12.50" or "(3.00)"."""
    json_rows: str | None = None
    """SQL that turns one JSON document `{documents}` (column j) into one JSON object j per row."""

    def sql_type(self, column: Column) -> str:
        """The SQL type of a contract column, the same on every engine."""
        return SQL_TYPES[column.type]

    def column(self, name: str) -> Column:
        """The contract column of that name."""
        return self.by_name[name]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The contract's columns by name, in order."""
        return {column.name: column for column in self.columns}

    @cached_property
    def decisive(self) -> frozenset[str]:
        """The columns that say what a row costs, in which currency, whose it is and when."""
        named = (self.amount, self.currency, self.account, *self.period_columns)
        measured = (measure.column for measure in self.measures)
        return frozenset(column for column in (*named, *measured) if column is not None)

    @cached_property
    def contract_version(self) -> str:
        """Changes with the columns and with `LANDING_VERSION`, never with a comment."""
        shape = [
            (c.name, c.type, c.aliases, c.shape, c.from_map, *([c.digits] if c.digits else []))
            for c in self.columns
        ]
        text = repr((LANDING_VERSION, shape, self.billing_period, self.folds, self.renames))
        return f"{LANDING_VERSION}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

"""Hash chains in the operational store: each row holds the hash of itself and of the row before.

Belongs here: adding rows to a chain, and finding the first row that does not hold. Does not belong
here: what the rows say (`decisions.py`, and the executor's journal).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from policies.models import canonical_json, sha256
from policies.store import RESTORE, StoreError, for_reading

# What the first row follows, and the head of an empty chain.
GENESIS = "0" * 64
# Rows fetched at a time while verifying: one may hold a question of megabytes.
FETCHED = 20
# What reading a row raises where somebody wrote what does not belong into it.
UNREADABLE = (ValueError, TypeError, LookupError, sa.exc.DBAPIError)


@dataclass(frozen=True)
class ChainCheck:
    """How far a chain goes, what, if anything, is wrong, and which of the noted heads are in it."""

    entries: int
    head: str
    problem: str | None
    found: frozenset[str] = frozenset()

    @property
    def ok(self) -> bool:
        """Whether every link of the chain holds."""
        return self.problem is None


def head_table(name: str, metadata: sa.MetaData) -> sa.Table:
    """The one row that repeats a chain's last sequence number and hash."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )


@dataclass(frozen=True)
class Chain:
    """A table with the columns `seq`, `prev_hash` and `hash`, and its head: one row that repeats
    the last `seq` and `hash`.

    The head makes writers queue on PostgreSQL, and shows rows cut off the end, which hashes alone
    cannot show. `noun` is what a row is called in messages.
    """

    table: sa.Table
    head: sa.Table
    noun: str

    def append(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows in the connection's transaction, which must see no other writer's."""
        # FOR UPDATE makes writers queue on PostgreSQL; SQLite's transaction already did.
        query = sa.select(self.head.c.seq, self.head.c.hash).with_for_update()
        heads = connection.execute(query).all()
        if len(heads) != 1 or not isinstance(heads[0].seq, int):
            where = self._wrong_head(heads)
            raise StoreError(f"no {self.noun} can be recorded, for {where}; {RESTORE}")
        (last,) = heads
        linked = link(rows, last.seq, last.hash)
        if linked:
            connection.execute(self.table.insert(), linked)
            end = linked[-1]
            connection.execute(self.head.update().values(seq=end["seq"], hash=end["hash"]))

    def verify(
        self, store: sa.Engine, noted: Collection[str] = (), *, since: int = 1
    ) -> ChainCheck:
        """Walk the chain, from its first row or the one numbered `since`, to its end.

        `noted` are heads noted earlier, to be looked for in it.
        """
        seq, last, found = since - 1, GENESIS, {GENESIS} & set(noted)
        with _snapshot(store).connect() as connection:
            try:
                if seq:
                    before = sa.select(self.table.c.hash).where(self.table.c.seq == seq)
                    last = str(connection.scalar(before))
                for row in self._rows(connection, seq):
                    problem = self._broken_link(dict(row), seq + 1, last)
                    if problem:
                        return ChainCheck(seq, last, problem, frozenset(found))
                    seq, last = seq + 1, str(row["hash"])
                    found |= {last} & set(noted)
            except UNREADABLE as error:
                problem = f"{self.noun} {seq + 1} cannot be read ({str(error).splitlines()[0]})"
                return ChainCheck(seq, last, problem, frozenset(found))
            heads = connection.execute(sa.select(self.head.c.seq, self.head.c.hash)).all()
        problem = None
        if [tuple(head) for head in heads] != [(seq, last)]:
            problem = f"the chain ends at {self.noun} {seq}, but {self._wrong_head(heads)}"
        return ChainCheck(seq, last, problem, frozenset(found))

    def _wrong_head(self, heads: Sequence[sa.Row[Any]]) -> str:
        if len(heads) == 1:
            return f"the head in {self.head.name} is at {self.noun} {heads[0].seq}"
        return f"the head in {self.head.name} is {'there more than once' if heads else 'missing'}"

    def _rows(self, connection: sa.Connection, seq: int) -> Iterator[sa.RowMapping]:
        query = sa.select(self.table).order_by(self.table.c.seq)
        several = connection.execution_options(yield_per=FETCHED)
        try:
            for row in several.execute(query.where(self.table.c.seq > seq)).mappings():
                yield row
                seq = row["seq"]
        except UNREADABLE:
            # All that were fetched together are lost: once more from here, one at a time.
            one = connection.execution_options(yield_per=1)
            yield from one.execute(query.where(self.table.c.seq > seq)).mappings()

    def _broken_link(self, row: dict[str, Any], seq: int, last: str) -> str | None:
        (key,) = self.table.primary_key.columns.keys()
        name = f"{self.noun} {seq}" if key == "seq" else f"{self.noun} {seq} ({row[key]})"
        if row["seq"] != seq:
            return f"{self.noun} {seq} is missing (the next one is {row['seq']})"
        if row["prev_hash"] != last:
            return f"{name} does not follow the {self.noun} before it"
        if row.pop("hash") != _hash(row):
            return f"{name} was changed after it was written"
        return None


def link(rows: Sequence[Mapping[str, Any]], seq: int, last: str) -> list[dict[str, Any]]:
    """The rows with `seq`, `prev_hash` and `hash`, following the row numbered `seq`."""
    linked = []
    for row in rows:
        seq += 1
        whole = {**row, "seq": seq, "prev_hash": last}
        last = _hash(whole)
        linked.append(whole | {"hash": last})
    return linked


def _hash(row: Mapping[str, Any]) -> str:
    return sha256(canonical_json({name: _exact(value) for name, value in row.items()}))


def _exact(value: Any) -> Any:
    # One text per moment, whichever database gives it back.
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def _snapshot(store: sa.Engine) -> sa.Engine:
    # Chain and head must be of one moment, or a writer in between looks like tampering.
    reader = for_reading(store)
    if store.dialect.name == "postgresql":
        return reader.execution_options(isolation_level="REPEATABLE READ")
    return reader

// How the tables of the embedded snapshot store came to be. A migration that has been released is never edited.
import type { DatabaseSync } from 'node:sqlite'

const migrations: readonly string[] = [
  `
  -- Raw answers. They outlive their reading, so that a better reader can go over them again.
  create table batch (
    id integer primary key autoincrement,
    account text not null,
    status integer not null,
    body blob not null,
    received_at integer not null,
    state text not null default 'kept' check (state in ('kept', 'read', 'quarantined')),
    -- Why it is quarantined.
    reason text
  ) strict;
  create index batch_unread on batch (id) where state = 'kept';

  create table snapshot (
    -- Digest of account, queue, key and file.
    id text primary key,
    account text not null,
    queue integer not null,
    key text not null,
    file text not null,
    taken_at integer,
    width integer,
    height integer,
    url text,
    received_at integer not null,
    -- taken_at, or received_at where that is null.
    ordered_at integer not null,
    batch_id integer not null references batch (id)
  ) strict, without rowid;
  create index snapshot_of_account on snapshot (account, ordered_at, id);
  create index snapshot_of_stream on snapshot (account, key, ordered_at, id);

  -- Pops that were about to be sent and are not settled.
  create table pop (
    account text primary key,
    count integer not null,
    announced_at integer not null
  ) strict, without rowid;
  `,
  `
  -- Batches as they are now: how many messages were asked for, how many rows could not be read, when a shared store
  -- took them over. Snapshots no longer point at them: those may be in another store, and live longer.
  create table batch_2 (
    id integer primary key autoincrement,
    account text not null,
    asked integer not null,
    status integer not null,
    body blob not null,
    received_at integer not null,
    state text not null default 'kept' check (state in ('kept', 'handed', 'read', 'quarantined')),
    handed_at integer,
    reason text,
    rows integer
  ) strict;
  create table snapshot_2 (
    id text primary key,
    account text not null,
    key text not null,
    taken_at integer,
    width integer,
    height integer,
    url text,
    received_at integer not null,
    ordered_at integer not null
  ) strict, without rowid;
  insert into batch_2 (id, account, asked, status, body, received_at, state, reason)
    select id, account, 100, status, body, received_at, state, reason from batch;
  insert into snapshot_2
    select id, account, key, taken_at, width, height, url, received_at, ordered_at from snapshot;
  drop table snapshot;
  drop table batch;
  alter table batch_2 rename to batch;
  alter table snapshot_2 rename to snapshot;
  create index batch_by_state on batch (account, state, id);
  create index batch_by_age on batch (account, state, received_at);
  create index snapshot_of_account on snapshot (account, ordered_at, id);
  create index snapshot_of_stream on snapshot (account, key, ordered_at, id);

  -- How many snapshots there are, by account: counting a million of them each time would take long.
  create table snapshot_count (account text primary key, count integer not null) strict, without rowid;
  insert into snapshot_count select account, count(*) from snapshot group by account;

  -- Who this is among all that share a store; made up when the file is.
  create table member (name text primary key) strict, without rowid;

  -- What has been counted, by account.
  create table tally (
    account text primary key,
    popped integer not null default 0,
    stored integer not null default 0,
    quarantined integer not null default 0,
    batches_unknown integer not null default 0,
    messages_unknown integer not null default 0
  ) strict, without rowid;
  `,
]

/** Brings the tables up to date, each step whole or not at all. @throws when a newer version wrote the file */
export function migrate(database: DatabaseSync): void {
  const version = readVersion(database)
  if (version > migrations.length)
    throw new Error(
      `the snapshot store was written by a newer version (schema ${version}, this one knows ${migrations.length})`,
    )
  migrations.slice(version).forEach((migration, index) => {
    database.exec(`begin immediate; ${migration}; pragma user_version = ${version + index + 1}; commit`)
  })
}

/** Whether the tables are as this version knows them. */
export function isUpToDate(database: DatabaseSync): boolean {
  return readVersion(database) === migrations.length
}

function readVersion(database: DatabaseSync): number {
  return Number(database.prepare('pragma user_version').get()?.['user_version'])
}

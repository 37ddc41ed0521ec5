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
]

/** Brings the tables up to date, each step whole or not at all. @throws when a newer version wrote the file */
export function migrate(database: DatabaseSync): void {
  const version = Number(database.prepare('pragma user_version').get()?.['user_version'])
  if (version > migrations.length)
    throw new Error(
      `the snapshot store was written by a newer version (schema ${version}, this one knows ${migrations.length})`,
    )
  migrations.slice(version).forEach((migration, index) => {
    database.exec(`begin immediate; ${migration}; pragma user_version = ${version + index + 1}; commit`)
  })
}

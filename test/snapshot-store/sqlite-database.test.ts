import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSqliteBatchStore } from '#snapshot-store/sqlite-batch-store.ts'
import { openSnapshotDatabase } from '#snapshot-store/sqlite-database.ts'
import { createSqlitePopJournal } from '#snapshot-store/sqlite-pop-journal.ts'
import { createSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

/** The tables of the first version, with a snapshot, a batch of every state, and a pop that never came back. */
const FIRST_VERSION = `
  create table batch (
    id integer primary key autoincrement, account text not null, status integer not null, body blob not null,
    received_at integer not null,
    state text not null default 'kept' check (state in ('kept', 'read', 'quarantined')), reason text
  ) strict;
  create index batch_unread on batch (id) where state = 'kept';
  create table snapshot (
    id text primary key, account text not null, queue integer not null, key text not null, file text not null,
    taken_at integer, width integer, height integer, url text, received_at integer not null,
    ordered_at integer not null, batch_id integer not null references batch (id)
  ) strict, without rowid;
  create index snapshot_of_account on snapshot (account, ordered_at, id);
  create index snapshot_of_stream on snapshot (account, key, ordered_at, id);
  create table pop (account text primary key, count integer not null, announced_at integer not null) strict, without rowid;
  insert into batch (account, status, body, received_at, state, reason) values
    ('main', 200, x'00ff', 1, 'kept', null), ('main', 200, x'7b', 2, 'read', null),
    ('main', 502, x'3c', 3, 'quarantined', 'UPSTREAM_RESPONSE');
  insert into snapshot values ('one', 'main', 100, 'room1', 'a.jpg', 7, 1280, 720, 'http://shots.example/a.jpg', 2, 7, 2);
  insert into pop values ('main', 20, 9);
  pragma user_version = 1;
`

describe('the snapshot database', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-database-'))
    file = join(folder, 'snapshots.sqlite')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('takes over everything that the first version wrote', async () => {
    const first = new DatabaseSync(file)
    first.exec(FIRST_VERSION)
    first.close()
    const database = openSnapshotDatabase(file)
    const batches = createSqliteBatchStore(database)
    const range = { from: 0, to: 100 }
    const page = await createSqliteSnapshotStore(database).list({
      ...{ account: 'main', key: null, range, after: null, limit: 10 },
    })
    expect(page.map(({ snapshot }) => snapshot)).toEqual([
      {
        ...{ id: 'one', account: 'main', key: 'room1', takenAt: 7, width: 1280, height: 720, receivedAt: 2 },
        url: 'http://shots.example/a.jpg',
      },
    ])
    expect(await batches.listUnread('main')).toEqual([
      { id: '1', account: 'main', asked: 100, status: 200, body: Buffer.from([0, 255]), receivedAt: 1 },
    ])
    expect((await batches.listKept('main', null, 10)).map(({ id }) => id)).toEqual(['2', '3'])
    expect(await batches.listQuarantined('main', null, 10)).toEqual([
      {
        ...{ id: '3', account: 'main', status: 502, receivedAt: 3, bytes: 1 },
        reason: 'UPSTREAM_RESPONSE',
        rows: null,
      },
    ])
    expect(await createSqlitePopJournal(database, { clock: new FakeClock() }).findAnnounced('main')).toMatchObject({
      count: 20,
    })
    database.close()
  })

  test('refuses a file that a newer version wrote', () => {
    const database = new DatabaseSync(file)
    database.exec('pragma user_version = 4711')
    database.close()
    expect(() => openSnapshotDatabase(file)).toThrow('written by a newer version')
  })

  test('lists through an index, never by reading the table', () => {
    openSnapshotDatabase(file).close()
    const database = new DatabaseSync(file)
    const plans = ['account = ?', 'account = ? and key = ?'].flatMap((filter) =>
      database
        .prepare(
          `explain query plan select id from snapshot where ${filter} and ordered_at >= ? and ordered_at < ? order by ordered_at desc, id desc`,
        )
        .all()
        .map((row) => String(row['detail'])),
    )
    database.close()
    expect(plans).toHaveLength(2)
    for (const plan of plans) expect(plan).toMatch(/^SEARCH snapshot USING (?:COVERING )?INDEX/)
  })
})

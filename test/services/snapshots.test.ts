import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SnapshotMessage } from '#model/snapshot.ts'
import { createServices } from '#services/create-services.ts'
import type { ConnectedAccount } from '#services/provider-registry.ts'
import type { BatchStore } from '#snapshot-store/batch-store.ts'
import type { SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import { createSqliteBatchStore } from '#snapshot-store/sqlite-batch-store.ts'
import { openSnapshotDatabase, type SnapshotDatabase } from '#snapshot-store/sqlite-database.ts'
import { createSqlitePopJournal } from '#snapshot-store/sqlite-pop-journal.ts'
import { createSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
import { createAsk, createFakeAccount, toServiceOptions } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const clock = new FakeClock()
let folder: string
let database: SnapshotDatabase
let store: SnapshotStore
let batches: BatchStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-snapshots-'))
  database = openSnapshotDatabase(join(folder, 'snapshots.sqlite'))
  store = createSqliteSnapshotStore(database)
  batches = createSqliteBatchStore(database)
})
afterEach(async () => {
  database.close()
  await rm(folder, { recursive: true, force: true })
})

const toMessage = (key: string, index: number): SnapshotMessage => ({
  key,
  file: `${index}.jpg`,
  takenAt: clock.now() - index * 10_000,
  width: 300,
  height: 168,
  url: null,
})

async function collect(messages: readonly SnapshotMessage[]) {
  await store.add({ account: 'main', receivedAt: clock.now(), messages })
  return createOver(createFakeAccount({ popSnapshots: async () => ({ messages: [], rowCount: 0 }) }))
}

const createOver = (account: ConnectedAccount) =>
  createServices({ ...toServiceOptions(clock, [account], store), batchStore: batches })

describe('snapshots', () => {
  it('pages newest first, each once, while new ones come in', async () => {
    const services = await collect(Array.from({ length: 25 }, (_, index) => toMessage('room1', index)))
    const seen: string[] = []
    let after: string | undefined
    for (let guard = 0; guard < 20; guard += 1) {
      const page = await services.listAccountSnapshots('main', { first: 7, after }, createAsk(clock))
      seen.push(...page.items.map(({ item }) => item.id))
      await store.add({ account: 'main', receivedAt: clock.now(), messages: [toMessage('room1', -1 - guard)] })
      if (!page.hasNextPage) break
      after = page.items.at(-1)?.cursor
    }
    expect(seen).toHaveLength(25)
    expect(new Set(seen).size).toBe(25)
  })

  it('gives those of one stream, taken in a range', async () => {
    const services = await collect([
      toMessage('room1', 0),
      toMessage('room2', 1),
      toMessage('room1', 2),
      toMessage('room1', 9),
    ])
    const page = await services.listSnapshots(
      { account: 'main', key: 'room1' },
      { from: clock.now() - 20_000, to: clock.now() },
      createAsk(clock),
    )
    expect(page.items.map(({ item }) => item.takenAt)).toEqual([clock.now() - 20_000])
  })

  it('shows a stream whose key no caller could ask for beside the others', async () => {
    const odd = 'x'.repeat(600)
    const services = await collect([toMessage(odd, 0), toMessage('room1', 1)])
    const page = await services.listAccountSnapshots('main', {}, createAsk(clock))
    expect(page.items.map(({ item }) => item.stream.key)).toEqual([odd, 'room1'])
  })

  it('refuses a provider that has no queue', async () => {
    const services = createOver(createFakeAccount({}))
    await expect(services.listAccountSnapshots('main', {}, createAsk(clock))).rejects.toMatchObject({
      code: 'CAPABILITY_UNSUPPORTED',
    })
    await expect(services.listQuarantinedSnapshots('main', null, createAsk(clock))).rejects.toMatchObject({
      code: 'CAPABILITY_UNSUPPORTED',
    })
  })
})

describe('what could not be read', () => {
  /** Keeps answers of which nothing, or not all, could be read. */
  async function setAside(...rows: readonly (number | null)[]) {
    const journal = createSqlitePopJournal(database, { clock })
    for (const count of rows) {
      const batch = { account: 'main', asked: 10, status: 200, body: Buffer.from('secret'), receivedAt: clock.now() }
      const id = await journal.keep(batch)
      const reason = count === null ? 'UPSTREAM_RESPONSE' : 'ROWS'
      await batches.finish({ id, account: 'main' }, { kind: 'quarantined', reason, rows: count })
    }
  }

  it('is listed newest first, whole answers and single rows alike', async () => {
    const services = await collect([])
    await setAside(null, 2)
    const { value, fetchedAt } = await services.listQuarantinedSnapshots('main', null, createAsk(clock))
    expect(value.map(({ reason, rows, bytes }) => [reason, rows, bytes])).toEqual([
      ['ROWS', 2, 6],
      ['UPSTREAM_RESPONSE', null, 6],
    ])
    expect(fetchedAt).toBe(clock.now())
  })

  it('is as long as asked for, 50 unless said', async () => {
    const services = await collect([])
    await setAside(...Array.from({ length: 60 }, () => 1))
    const count = async (first?: number) =>
      (await services.listQuarantinedSnapshots('main', first, createAsk(clock))).value.length
    expect([await count(), await count(3), await count(300)]).toEqual([50, 3, 60])
    await expect(count(301)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(count(0)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })

  it('is for ops alone, who find no account that they may not see', async () => {
    const services = await collect([])
    const reader = createAsk(clock, { caller: { name: 'web', role: 'reader', accounts: 'all' } })
    const guest = createAsk(clock, { caller: { name: 'guest', role: 'ops', accounts: new Set(['other']) } })
    for (const account of ['main', 'nowhere'])
      await expect(services.listQuarantinedSnapshots(account, 1, reader)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(services.listQuarantinedSnapshots('main', 1, guest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SnapshotMessage } from '#model/snapshot.ts'
import { openSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
import { createAsk, createFakeAccount, createTestServices } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const clock = new FakeClock()
let folder: string
let store: ReturnType<typeof openSqliteSnapshotStore>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-snapshots-'))
  store = openSqliteSnapshotStore({ file: join(folder, 'snapshots.sqlite'), clock })
})
afterEach(async () => {
  await store.close()
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
  const batch = await store.keep({ account: 'main', status: 200, body: Buffer.from('{}'), receivedAt: clock.now() })
  await store.add(batch, messages)
  const account = createFakeAccount({ popSnapshots: async () => ({ messages: [], rowCount: 0 }) })
  return createTestServices(clock, [account], store)
}

describe('snapshots', () => {
  it('pages newest first, each once, while new ones come in', async () => {
    const services = await collect(Array.from({ length: 25 }, (_, index) => toMessage('room1', index)))
    const seen: string[] = []
    let after: string | undefined
    for (let guard = 0; guard < 20; guard += 1) {
      const page = await services.listAccountSnapshots('main', { first: 7, after }, createAsk(clock))
      seen.push(...page.items.map(({ item }) => item.id))
      const batch = await store.keep({ account: 'main', status: 200, body: Buffer.from('{}'), receivedAt: clock.now() })
      await store.add(batch, [toMessage('room1', -1 - guard)])
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
    const services = createTestServices(clock, [createFakeAccount({})], store)
    await expect(services.listAccountSnapshots('main', {}, createAsk(clock))).rejects.toMatchObject({
      code: 'CAPABILITY_UNSUPPORTED',
    })
  })
})

// The same commands where the stores are those that replicas share.
import { Writable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { SnapshotBatch } from '#contract/capability.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import type { FleetLink } from '#fleet/fleet-link.ts'
import { systemClock } from '#model/clock.ts'
import { UpstreamError } from '#model/errors.ts'
import type { ReadOutcome, SharedBatchStore } from '#snapshot-store/batch-store.ts'
import { createRedisBatchStore } from '#snapshot-store/redis-batch-store.ts'
import { createRedisSnapshotStore } from '#snapshot-store/redis-snapshot-store.ts'
import { openLink, patient } from '#test/support/open-link.ts'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'
import { runSnapshotCommand, type SnapshotCommandOptions } from '../../src/commands/snapshots.ts'

const prefix = 'weir-test'
let redis: TestRedis
let link: FleetLink
let gateway: SharedBatchStore
beforeAll(async () => {
  redis = await startRedis()
  link = await openLink(redis.url, prefix, patient)
  gateway = createRedisBatchStore({ link, prefix, member: 'gateway' })
})
afterAll(async () => {
  await link?.close()
  await redis?.close()
})
beforeEach(() => redis.flush())

function read(raw: RawAnswer): SnapshotBatch {
  const text = raw.body.toString()
  if (text === '<html>') throw new UpstreamError('UPSTREAM_RESPONSE', 'the answer is not JSON')
  const message = { key: 'room1', takenAt: null, width: null, height: null, url: null }
  return { messages: text.split(' ').map((file) => ({ ...message, file })), rowCount: text.split(' ').length }
}

/** Hands a batch over and says what came of it, as a gateway does. */
async function keep(body: string, outcome: ReadOutcome): Promise<string> {
  const receivedAt = Date.UTC(2026, 10, 21)
  const raw = { account: 'main', asked: 10, status: 200, body: Buffer.from(body), receivedAt }
  await gateway.receive(`gateway:${body}`, raw)
  const [batch] = await gateway.listUnread('main')
  if (!batch) throw new Error('the batch is not there')
  await gateway.finish(batch, outcome)
  return batch.id
}

async function run(command: SnapshotCommandOptions['command']) {
  let text = ''
  const out = new Writable({
    write(chunk, _encoding, taken) {
      text += String(chunk)
      taken()
    },
  })
  const outcome = await runSnapshotCommand({
    command,
    config: {
      sandbox: false,
      accounts: ['main', 'other'].map((name) => ({
        name,
        provider: 'tencent',
        settings: {},
        quota: { limit: 300, windowSeconds: 300, guardMs: 2000, outageReserve: 0.05, interfaces: {} },
        snapshots: { collect: name === 'main', pollSeconds: 10, keepDays: 30, keepCount: 1000 },
      })),
    },
    openStores: async () => ({
      batches: createRedisBatchStore({ link, prefix, member: 'command' }),
      snapshots: createRedisSnapshotStore({ link, prefix }),
      close: async () => undefined,
    }),
    findReader: () => read,
    out,
    progress: { write: () => undefined },
    clock: systemClock,
  })
  return { ...outcome, lines: text.split('\n').filter((line) => line !== '') }
}

test('a replay reads what replicas have kept, releases what can be read now, and stores nothing twice', async () => {
  await keep('1.jpg 2.jpg', { kind: 'read' })
  await keep('3.jpg', { kind: 'quarantined', reason: 'ROWS', rows: 1 })
  const never = await keep('<html>', { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null })
  const replay = { name: 'replay-snapshots', accounts: [] } as const
  expect((await run(replay)).text).toBe(
    'read 3 batches again: 3 rows, 3 new snapshots, 1 out of quarantine, 1 still not to be read whole',
  )
  expect((await run(replay)).text).toContain('3 batches again: 3 rows, 0 new snapshots, 0 out of quarantine')
  expect((await run({ name: 'export-snapshots', accounts: [], from: null, to: null })).lines).toHaveLength(3)
  const { lines } = await run({ name: 'list-quarantine', accounts: [], body: null })
  expect(lines.map((line) => JSON.parse(line).id)).toEqual([never])
  expect((await run({ name: 'list-quarantine', accounts: [], body: never })).lines).toEqual(['<html>'])
})

test('what has been looked at is forgotten in all replicas', async () => {
  const id = await keep('<html>', { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null })
  const forget = { name: 'forget-quarantined', accounts: [], id } as const
  expect(await run(forget)).toEqual({ exitCode: 0, text: `forgot batch ${id} of main`, lines: [] })
  expect(await gateway.listQuarantined('main', null, 10)).toEqual([])
  expect(await run(forget)).toMatchObject({ exitCode: 2, text: `no batch ${id} is kept of main` })
})

test('names one account of several that have a batch of that id', async () => {
  const accounts = ['main', 'other']
  for (const account of accounts) {
    await redis.command('XADD', `${prefix}:{${account}}:snapshots:v1:batches`, '5-0', 'body', account)
    for (const batch of await gateway.listUnread(account))
      await gateway.finish(batch, { kind: 'quarantined', reason: 'ROWS', rows: 1 })
  }
  const unclear = { exitCode: 2, text: 'there is a batch 5-0 of each of main, other; name one with --account' }
  expect(await run({ name: 'list-quarantine', accounts, body: '5-0' })).toEqual({ ...unclear, lines: [] })
  expect(await run({ name: 'forget-quarantined', accounts, id: '5-0' })).toEqual({ ...unclear, lines: [] })
  const named = await run({ name: 'forget-quarantined', accounts: ['other'], id: '5-0' })
  expect(named.text).toBe('forgot batch 5-0 of other')
  expect((await run({ name: 'list-quarantine', accounts, body: '5-0' })).lines).toEqual(['main'])
})

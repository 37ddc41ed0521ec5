// The commands over real stores, as beside a gateway that is running.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SnapshotBatch } from '#contract/capability.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { LinkDownError } from '#fleet/fleet-link.ts'
import { UpstreamError } from '#model/errors.ts'
import type { SnapshotMessage } from '#model/snapshot.ts'
import type { BatchStore, ReadOutcome } from '#snapshot-store/batch-store.ts'
import type { PopJournal } from '#snapshot-store/pop-journal.ts'
import type { SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import { createSqliteBatchStore } from '#snapshot-store/sqlite-batch-store.ts'
import { openSnapshotDatabase, type SnapshotDatabase } from '#snapshot-store/sqlite-database.ts'
import { createSqlitePopJournal } from '#snapshot-store/sqlite-pop-journal.ts'
import { createSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { type OpenStores, runSnapshotCommand, type SnapshotCommandOptions } from '../../src/commands/snapshots.ts'
import type { AccountConfig } from '../../src/config.ts'

const clock = new FakeClock()
let folder: string
let database: SnapshotDatabase
let gateway: { snapshots: SnapshotStore; batches: BatchStore; journal: PopJournal }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-snapshots-'))
  database = openSnapshotDatabase(join(folder, 'snapshots.sqlite'))
  gateway = {
    snapshots: createSqliteSnapshotStore(database),
    batches: createSqliteBatchStore(database),
    journal: createSqlitePopJournal(database, { clock }),
  }
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

const toAccount = (name: string, collect: boolean | null): AccountConfig => ({
  name,
  provider: 'tencent',
  settings: {},
  quota: { limit: 300, windowSeconds: 300, guardMs: 2000, outageReserve: 0.05, interfaces: {} },
  snapshots: collect === null ? null : { collect, pollSeconds: 10, keepDays: 30, keepCount: 1000 },
})
const accounts = [toAccount('main', true), toAccount('idle', false), toAccount('other', null)]

/** A connection of its own to the same file, as another process has it. */
async function openStores(): Promise<OpenStores> {
  const own = openSnapshotDatabase(join(folder, 'snapshots.sqlite'))
  return {
    snapshots: createSqliteSnapshotStore(own),
    batches: createSqliteBatchStore(own),
    close: async () => own.close(),
  }
}

/** Reads a list of file names; empty ones are rows that it cannot read. */
function read(raw: RawAnswer): SnapshotBatch {
  const text = raw.body.toString()
  if (!text.startsWith('[')) throw new UpstreamError('UPSTREAM_RESPONSE', 'the answer is not JSON')
  const files: unknown = JSON.parse(text)
  const names = Array.isArray(files) ? files.map(String) : []
  return { messages: names.filter((name) => name !== '').map((name) => toMessage(name)), rowCount: names.length }
}

const toMessage = (file: string, takenAt: number | null = null): SnapshotMessage => ({
  key: 'room1',
  file,
  takenAt,
  width: 300,
  height: 168,
  url: `http://shots.example.com/${file}`,
})

/** Keeps a batch as a gateway does, with what came of it. */
async function keep(body: string, outcome: ReadOutcome, account = 'main'): Promise<string> {
  const batch = { account, asked: 10, status: 200, body: Buffer.from(body), receivedAt: clock.now() }
  const id = await gateway.journal.keep(batch)
  if (outcome.kind === 'read')
    await gateway.snapshots.add({ ...batch, messages: read({ ...batch, headers: {} }).messages })
  await gateway.batches.finish({ id, account }, outcome)
  return id
}

async function run(command: SnapshotCommandOptions['command'], overrides: Partial<SnapshotCommandOptions> = {}) {
  const chunks: Buffer[] = []
  const out = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, taken) {
      chunks.push(chunk)
      setImmediate(taken)
    },
  })
  const shown: string[] = []
  const outcome = await runSnapshotCommand({
    command,
    config: { sandbox: false, accounts },
    openStores,
    findReader: (account) => (account === 'other' ? undefined : read),
    out,
    progress: { write: (text) => shown.push(text) },
    clock,
    ...overrides,
  })
  const text = Buffer.concat(chunks).toString()
  const lines = () =>
    text.split('\n').flatMap((line): Record<string, unknown>[] => (line === '' ? [] : [JSON.parse(line)]))
  return { ...outcome, text, lines, shown }
}

const exportAll = { name: 'export-snapshots', accounts: [], from: null, to: null } as const
const replay = { name: 'replay-snapshots', accounts: [] } as const
const quarantine = { name: 'list-quarantine', accounts: [], body: null } as const
const forget = { name: 'forget-quarantined', accounts: [], id: '1' } as const
const unreadable: ReadOutcome = { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null }

describe('snapshots export', () => {
  test('writes every snapshot once, newest first, with the names of the contract', async () => {
    const messages = Array.from({ length: 1203 }, (_, index) => toMessage(`${index}.jpg`, clock.now() - index * 1000))
    await gateway.snapshots.add({ account: 'main', receivedAt: clock.now(), messages })
    const { exitCode, text, lines } = await run(exportAll)
    expect(exitCode).toBe(0)
    expect(lines().map(({ takenAt }) => takenAt)).toEqual(
      messages.map(({ takenAt }) => new Date(takenAt ?? 0).toISOString()),
    )
    expect(JSON.parse(text.slice(0, text.indexOf('\n')))).toEqual({
      id: expect.any(String),
      account: 'main',
      key: 'room1',
      takenAt: '2026-11-21T04:00:00.000Z',
      width: 300,
      height: 168,
      url: 'http://shots.example.com/0.jpg',
      receivedAt: '2026-11-21T04:00:00.000Z',
    })
  })

  test('keeps to the range and to the accounts', async () => {
    const messages = [0, 1, 2, 3].map((index) => toMessage(`${index}.jpg`, clock.now() - index * 1000))
    await gateway.snapshots.add({ account: 'main', receivedAt: clock.now(), messages })
    await gateway.snapshots.add({ account: 'idle', receivedAt: clock.now(), messages: [toMessage('idle.jpg')] })
    const range = { from: clock.now() - 2000, to: clock.now() }
    const inRange = await run({ ...exportAll, ...range })
    expect(inRange.lines().map(({ url }) => url)).toEqual(
      [1, 2].map((index) => `http://shots.example.com/${index}.jpg`),
    )
    const named = await run({ ...exportAll, accounts: ['idle', 'main', 'idle'] })
    expect(named.lines().map(({ account }) => account)).toEqual(['idle', 'main', 'main', 'main', 'main'])
  })

  test('shows how far it is: a terminal often, a file seldom, and nothing but numbers', async () => {
    const messages = Array.from({ length: 600 }, (_, index) => toMessage(`${index}.jpg`))
    await gateway.snapshots.add({ account: 'main', receivedAt: clock.now(), messages })
    expect((await run(exportAll)).shown).toEqual([])
    const shown: string[] = []
    let atMs = 0
    const ticking = { monotonicMs: () => (atMs += 300) }
    await run(exportAll, { clock: ticking, progress: { isTTY: true, write: (text) => shown.push(text) } })
    expect(shown).toEqual(['\r500 snapshots', '\r600 snapshots', '\r\u001b[K'])
  })

  test('stops quietly when nobody reads any more', async () => {
    await gateway.snapshots.add({ account: 'main', receivedAt: clock.now(), messages: [toMessage('1.jpg')] })
    const child = spawn('true', { stdio: ['pipe', 'ignore', 'ignore'] })
    await once(child, 'exit')
    const { exitCode, text } = await runSnapshotCommand({
      command: exportAll,
      config: { sandbox: false, accounts },
      openStores,
      findReader: () => read,
      out: child.stdin,
      progress: { write: () => undefined },
      clock,
    })
    expect([exitCode, text]).toEqual([0, '0 snapshots written; nobody reads any further'])
  })
})

describe('snapshots quarantine', () => {
  test('lists what could not be read, newest first, without any of its content', async () => {
    const first = await keep('<html>', { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null })
    await keep('["read.jpg"]', { kind: 'read' })
    const second = await keep('["a.jpg",""]', { kind: 'quarantined', reason: 'ROWS', rows: 1 })
    const { exitCode, lines, text } = await run(quarantine)
    expect(exitCode).toBe(0)
    const shared = { account: 'main', receivedAt: '2026-11-21T04:00:00.000Z', status: 200 }
    expect(lines()).toEqual([
      { ...shared, id: second, bytes: 12, reason: 'ROWS', rows: 1 },
      { ...shared, id: first, bytes: 6, reason: 'UPSTREAM_RESPONSE', rows: null },
    ])
    expect(text).not.toContain('html')
  })

  test('gives the bytes of one batch, and nothing else', async () => {
    for (let index = 0; index < 25; index += 1) await keep(`["${index}.jpg"]`, { kind: 'read' })
    const id = await keep('\u0000<html>', { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null })
    const { exitCode, text, shown } = await run({ ...quarantine, body: id })
    expect([exitCode, text, shown]).toEqual([0, '\u0000<html>', []])
  })

  test('has no batch of another id', async () => {
    await keep('<html>', { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null }, 'idle')
    const missing = await runOnly({ ...quarantine, body: '1' })
    expect(missing).toEqual({ exitCode: 2, text: 'no batch 1 is kept of main' })
  })

  test('lists much in pages, and everything that is there all the while once', async () => {
    const ids: string[] = []
    for (let index = 0; index < 450; index += 1) ids.push(await keep('<html>', unreadable))
    const limits: number[] = []
    const { lines } = await run(quarantine, {
      openStores: async () => {
        const stores = await openStores()
        const listQuarantined: BatchStore['listQuarantined'] = async (account, after, limit) => {
          limits.push(limit)
          const page = await stores.batches.listQuarantined(account, after, limit)
          // The last of a page, which is the place of the next one, and another one before it.
          for (const { id } of [page.at(-1), page.at(0)].flatMap((note) => note ?? []))
            await gateway.batches.forget('main', id)
          return page
        }
        return { ...stores, batches: { ...stores.batches, listQuarantined } }
      },
    })
    expect(lines().map(({ id }) => id)).toEqual(ids.toReversed())
    expect(limits).toEqual([200, 200, 200, 200])
  })

  test('forgets one that somebody has looked at, and writes nothing', async () => {
    const kept = await keep('<html>', unreadable)
    const id = await keep('<html>', unreadable)
    const { exitCode, text, shown } = await run({ ...forget, id })
    expect([exitCode, text, shown]).toEqual([0, '', []])
    expect((await run(quarantine)).lines().map((line) => line['id'])).toEqual([kept])
    expect(await runOnly({ ...forget, id })).toEqual({ exitCode: 2, text: `no batch ${id} is kept of main` })
    expect(await runOnly({ ...forget, id: kept })).toEqual({ exitCode: 0, text: `forgot batch ${kept} of main` })
  })

  test('forgets none that was read, nor one of an account that was not named', async () => {
    const id = await keep('["1.jpg"]', { kind: 'read' })
    const text = `batch ${id} of main is not in quarantine: nothing forgotten`
    expect(await runOnly({ ...forget, id })).toEqual({ exitCode: 2, text })
    const idle = await keep('<html>', unreadable, 'idle')
    expect(await runOnly({ ...forget, id: idle })).toMatchObject({ exitCode: 2 })
    expect(await runOnly({ ...forget, id: idle, accounts: ['main', 'idle'] })).toMatchObject({ exitCode: 0 })
    expect((await run(replay)).lines().map((line) => line['id'])).toEqual([id])
  })
})

/** The outcome alone. */
async function runOnly(command: SnapshotCommandOptions['command'], overrides: Partial<SnapshotCommandOptions> = {}) {
  return runSnapshotCommand({
    command,
    config: { sandbox: false, accounts },
    openStores,
    findReader: () => read,
    out: new Writable({ write: (_chunk, _encoding, taken) => taken() }),
    progress: { write: () => undefined },
    clock,
    ...overrides,
  })
}

describe('snapshots replay', () => {
  test('reads everything that is kept again, and stores nothing twice', async () => {
    const ids = [await keep('["1.jpg","2.jpg"]', { kind: 'read' }), await keep('["3.jpg"]', { kind: 'read' })]
    const { exitCode, lines } = await run(replay)
    expect(exitCode).toBe(0)
    const line = { account: 'main', new: 0, unreadable: 0, reason: null }
    expect(lines()).toEqual([
      { ...line, id: ids[0], rows: 2 },
      { ...line, id: ids[1], rows: 1 },
    ])
  })

  test('releases what can be read now, and leaves what cannot', async () => {
    const released = await keep('["1.jpg"]', { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null })
    const partly = await keep('["2.jpg",""]', { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null })
    const never = await keep('<html>', { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null })
    const { lines } = await run(replay)
    expect(lines()).toEqual([
      { id: released, account: 'main', rows: 1, new: 1, unreadable: 0, reason: null },
      { id: partly, account: 'main', rows: 2, new: 1, unreadable: 1, reason: 'ROWS' },
      { id: never, account: 'main', rows: null, new: 0, unreadable: null, reason: 'UPSTREAM_RESPONSE' },
    ])
    const left = await gateway.batches.listQuarantined('main', null, 10)
    expect(left.map(({ id, reason, rows }) => [id, reason, rows])).toEqual([
      [never, 'UPSTREAM_RESPONSE', null],
      [partly, 'ROWS', 1],
    ])
    expect((await runOnly(replay)).text).toBe(
      'read 3 batches again: 3 rows, 0 new snapshots, 0 out of quarantine, 2 still not to be read whole',
    )
  })

  test('brings back what the store has lost, with the time at which it was received', async () => {
    await keep('["1.jpg"]', { kind: 'read' })
    const receivedAt = clock.now()
    await gateway.snapshots.prune('main', { before: receivedAt + 1, keepCount: 10 })
    await clock.advance(60_000)
    const { lines } = await run(replay)
    expect(lines()).toMatchObject([{ new: 1 }])
    const range = { from: 0, to: 9e15 }
    const listed = await gateway.snapshots.list({ account: 'main', key: null, range, after: null, limit: 10 })
    expect(listed.map(({ snapshot }) => snapshot.receivedAt)).toEqual([receivedAt])
  })

  test('looks at more batches in quarantine than one call tells of', async () => {
    const ids: string[] = []
    for (let index = 0; index < 250; index += 1) ids.push(await keep(`["${index}.jpg"]`, unreadable))
    expect((await runOnly(replay)).text).toContain('250 new snapshots, 250 out of quarantine')
    expect(await gateway.batches.listQuarantined('main', null, 10)).toEqual([])
  })

  test('leaves unread batches to the gateway', async () => {
    await gateway.journal.keep({ account: 'main', asked: 10, status: 200, body: Buffer.from('[]'), receivedAt: 1 })
    expect((await run(replay)).lines()).toEqual([])
    expect(await gateway.batches.countUnread('main')).toBe(1)
  })
})

describe('every command', () => {
  test.each([exportAll, quarantine, forget, replay])(
    '$name refuses what there is not, before anything is opened',
    async (command) => {
      const openNothing = { openStores: () => Promise.reject(new Error('opened')) }
      expect(await runOnly({ ...command, accounts: ['mian'] }, openNothing)).toEqual({
        exitCode: 2,
        text: 'no account with snapshots is called mian; there are main, idle',
      })
      expect(await runOnly({ ...command, accounts: ['other'] }, openNothing)).toMatchObject({ exitCode: 2 })
      const idle = { sandbox: false, accounts: [toAccount('idle', false)] }
      expect(await runOnly(command, { ...openNothing, config: idle })).toMatchObject({ exitCode: 2 })
      const sandbox = { sandbox: true, accounts: [] }
      expect(await runOnly(command, { ...openNothing, config: sandbox })).toMatchObject({ exitCode: 1 })
    },
  )

  test.each([exportAll, quarantine, replay])('$name says in words that a store is out of reach', async (command) => {
    const down = { openStores: () => Promise.reject(new LinkDownError('silent')) }
    const { exitCode, text } = await runOnly(command, down)
    expect([exitCode, text]).toEqual([1, expect.stringMatching(/^redis is out of reach: 0 \w+ written$/)])
  })

  test('forget-quarantined does not say whether it has when a store is out of reach', async () => {
    const down = { openStores: () => Promise.reject(new LinkDownError('silent')) }
    expect(await runOnly(forget, down)).toEqual({ exitCode: 1, text: 'redis is out of reach' })
  })

  test('says in words that the file is no database', async () => {
    const spoilt = join(folder, 'spoilt.sqlite')
    const { writeFileSync } = await import('node:fs')
    writeFileSync(spoilt, 'x'.repeat(5000))
    const { exitCode, text } = await runOnly(exportAll, {
      openStores: async () => {
        openSnapshotDatabase(spoilt)
        return openStores()
      },
    })
    expect([exitCode, text]).toEqual([1, expect.stringContaining('the snapshot file cannot be used')])
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSqliteBatchStore } from '#snapshot-store/sqlite-batch-store.ts'
import { openSnapshotDatabase, type SnapshotDatabase } from '#snapshot-store/sqlite-database.ts'
import { createSqlitePopJournal } from '#snapshot-store/sqlite-pop-journal.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const clock = new FakeClock()
let folder: string
let file: string
let database: SnapshotDatabase
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-journal-'))
  file = join(folder, 'snapshots.sqlite')
  database = openSnapshotDatabase(file)
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

const toBatch = (body: string, account = 'main') => ({
  account,
  asked: 10,
  status: 200,
  body: Buffer.from(body),
  receivedAt: 5,
})

function reopen(): void {
  database.close()
  database = openSnapshotDatabase(file)
}

describe('the journal of pops', () => {
  test('has everything it said it kept after its process was killed', async () => {
    const script = `
      import { openSnapshotDatabase } from '#snapshot-store/sqlite-database.ts'
      import { createSqlitePopJournal } from '#snapshot-store/sqlite-pop-journal.ts'
      const journal = createSqlitePopJournal(openSnapshotDatabase(process.argv[1]), { clock: { now: Date.now } })
      await journal.announce('main', 10)
      for (;;) {
        const id = await journal.keep({ account: 'other', asked: 1, status: 200, body: Buffer.from('x'), receivedAt: 1 })
        await new Promise((resolve) => process.stdout.write(id + '\\n', resolve))
      }`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    for await (const chunk of child.stdout) {
      output += String(chunk)
      if (output.split('\n').length > 20) break
    }
    const ended = child.exitCode === null ? once(child, 'exit') : undefined
    child.kill('SIGKILL')
    await ended

    const said = output.split('\n').slice(0, -1)
    reopen()
    const journal = createSqlitePopJournal(database, { clock })
    const kept = (await journal.listReceived('other')).map(({ id }) => id)
    expect(kept).toEqual(expect.arrayContaining(said))
    expect(said.length).toBeGreaterThanOrEqual(20)
    expect(await journal.findAnnounced('main')).toMatchObject({ count: 10 })
  })

  test('knows an announced pop until its answer is kept, or it is settled, or counted', async () => {
    const journal = createSqlitePopJournal(database, { clock })
    await journal.announce('main', 40)
    reopen()
    const again = createSqlitePopJournal(database, { clock })
    expect(await again.findAnnounced('main')).toEqual({ count: 40, announcedAt: clock.now() })
    await expect(again.announce('main', 10)).rejects.toThrow()
    await again.keep(toBatch('{}'))
    expect(await again.findAnnounced('main')).toBeNull()
    await again.announce('main', 20)
    await again.settle('main')
    expect(await again.findAnnounced('main')).toBeNull()
    await again.announce('main', 30)
    await again.countUnknown('main', 30)
    expect(await again.findAnnounced('main')).toBeNull()
    expect(await again.readTally('main')).toMatchObject({ batchesUnknown: 1, messagesUnknown: 30 })
  })

  test('adds up what is counted, by account, over restarts', async () => {
    const journal = createSqlitePopJournal(database, { clock })
    await journal.count('main', { popped: 10, stored: 8 })
    await journal.countUnknown('main', 100)
    reopen()
    const again = createSqlitePopJournal(database, { clock })
    await again.count('main', { popped: 5, quarantined: 1 })
    expect(await again.readTally('main')).toEqual({
      popped: 15,
      stored: 8,
      quarantined: 1,
      batchesUnknown: 1,
      messagesUnknown: 100,
    })
    expect(await again.readTally('other')).toMatchObject({ popped: 0, messagesUnknown: 0 })
  })

  test('refuses a pop when the disk is nearly full', async () => {
    const journal = createSqlitePopJournal(database, { clock, minFreeBytes: Number.MAX_SAFE_INTEGER })
    await expect(journal.announce('main', 10)).rejects.toThrow('bytes left')
    expect(await journal.findAnnounced('main')).toBeNull()
  })

  test('refuses a pop while too much of the account is unread', async () => {
    const journal = createSqlitePopJournal(database, { clock, maxUnreadBytes: 8 })
    await journal.keep(toBatch('12345678'))
    await expect(journal.announce('main', 10)).rejects.toThrow('have not been read yet')
    await journal.announce('other', 10)
    const [unread] = await journal.listReceived('main')
    await createSqliteBatchStore(database).finish({ id: unread?.id ?? '', account: 'main' }, { kind: 'read' })
    await journal.announce('main', 10)
  })

  test('tells of what is to be handed over until it is, and again when it is called back', async () => {
    const journal = createSqlitePopJournal(database, { clock })
    const id = await journal.keep(toBatch('first'))
    await journal.keep(toBatch('of another', 'other'))
    expect(await journal.listReceived('main')).toEqual([{ ...toBatch('first'), id }])
    await journal.handOver({ id })
    expect(await journal.listReceived('main')).toEqual([])
    await journal.recall('main', clock.now() + 1)
    expect(await journal.listReceived('main')).toEqual([])
    await journal.recall('main', clock.now())
    expect((await journal.listReceived('main')).map((batch) => batch.id)).toEqual([id])
    await journal.handOver({ id })
    expect(await journal.prune('main', clock.now() + 1)).toBe(1)
    await journal.recall('main', 0)
    expect(await journal.listReceived('main')).toEqual([])
  })

  test('keeps its name', () => {
    const { member } = database
    expect(member).toMatch(/^[0-9a-f-]{13}$/)
    reopen()
    expect(database.member).toBe(member)
  })
})

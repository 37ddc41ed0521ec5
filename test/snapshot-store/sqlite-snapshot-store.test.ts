import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '#model/clock.ts'
import { openSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
import { describeSnapshotStore } from '#test/contract/snapshot-store-kit.ts'

describeSnapshotStore('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-store-'))
  return {
    open: async () => openSqliteSnapshotStore({ file: join(folder, 'snapshots.sqlite'), clock: systemClock }),
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  }
})

describe('the SQLite snapshot store', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-store-'))
    file = join(folder, 'snapshots.sqlite')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('has everything it said it kept after its process was killed', async () => {
    const script = `
      import { openSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
      const store = openSqliteSnapshotStore({ file: process.argv[1], clock: { now: Date.now } })
      await store.announce('main', 10)
      for (;;) {
        const id = await store.keep({ account: 'other', status: 200, body: Buffer.from('x'), receivedAt: 1 })
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

    const said = output.split('\n').slice(0, -1).map(Number)
    const store = openSqliteSnapshotStore({ file, clock: systemClock })
    const kept = (await store.listUnread()).map(({ id }) => id)
    expect(kept).toEqual(expect.arrayContaining(said))
    expect(said.length).toBeGreaterThanOrEqual(20)
    expect(await store.findAnnounced('main')).toMatchObject({ count: 10 })
    await store.close()
  })

  test('refuses a pop when the disk is nearly full', async () => {
    const store = openSqliteSnapshotStore({ file, clock: systemClock, minFreeBytes: Number.MAX_SAFE_INTEGER })
    await expect(store.announce('main', 10)).rejects.toThrow('bytes left')
    expect(await store.findAnnounced('main')).toBeNull()
    await store.close()
  })

  test('refuses a file that a newer version wrote', () => {
    const database = new DatabaseSync(file)
    database.exec('pragma user_version = 4711')
    database.close()
    expect(() => openSqliteSnapshotStore({ file, clock: systemClock })).toThrow('written by a newer version')
  })

  test('lists through an index, never by reading the table', async () => {
    const store = openSqliteSnapshotStore({ file, clock: systemClock })
    await store.close()
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

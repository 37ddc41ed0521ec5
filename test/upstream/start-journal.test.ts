import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '#test/support/fake-clock.ts'
import { toLimits, toQuotaAsk } from '#test/support/test-quota.ts'
import { createMemoryLedger } from '#upstream/memory-ledger.ts'
import { createQuota } from '#upstream/quota-queue.ts'
import { openStartJournal } from '#upstream/start-journal.ts'

let folder: string
let errors: unknown[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-starts-'))
  errors = []
})
afterEach(() => rmSync(folder, { recursive: true }))

const limits = toLimits({
  limit: 2,
  windowSeconds: 10,
  guardMs: 1000,
  interfaces: { a: { limit: 1, windowSeconds: 10 } },
})
const ask = (clock: FakeClock) => toQuotaAsk(clock.monotonicMs())

/** A process: its own steady clock, begun at that instant, on the same file. */
function startProcess(now: number) {
  const clock = new FakeClock(now)
  const journal = openStartJournal({
    path: join(folder, 'deep', 'main.log'),
    limits,
    clock,
    onError: (error) => errors.push(error),
  })
  return { clock, journal, quota: createQuota({ ledger: createMemoryLedger(limits, clock, journal), clock }) }
}

describe('a quota with a journal', () => {
  it('knows after a restart what was used up before', async () => {
    const before = startProcess(1_000_000)
    await before.quota.take('b', ask(before.clock))
    await before.clock.advance(3000)
    await before.quota.take('b', ask(before.clock))

    const after = startProcess(1_005_000)
    expect(await after.quota.read()).toMatchObject({ used: 2, remaining: 0, nextFreeAt: 1_011_000 })
    await after.clock.advance(6000)
    await after.quota.take('b', ask(after.clock))
    await expect(after.quota.take('b', ask(after.clock))).rejects.toMatchObject({ retryAfterMs: 3000 })
  })

  it('keeps the limits of single operations too', async () => {
    const before = startProcess(1_000_000)
    await before.quota.take('a', ask(before.clock))
    const after = startProcess(1_001_000)
    await expect(after.quota.take('a', ask(after.clock))).rejects.toMatchObject({ retryAfterMs: 10_000 })
    await after.quota.take('b', ask(after.clock))
  })

  it('counts starts from the future as just now: the wall clock was set back', async () => {
    const before = startProcess(2_000_000)
    await before.quota.take('b', ask(before.clock))
    const after = startProcess(1_000_000)
    expect(await after.quota.read()).toMatchObject({ used: 1 })
    await after.clock.advance(11_000)
    expect(await after.quota.read()).toMatchObject({ used: 0 })
  })
})

describe('a start journal', () => {
  it('forgets what is of no use any more', async () => {
    const before = startProcess(1_000_000)
    await before.quota.take('b', ask(before.clock))
    const after = startProcess(1_011_000)
    expect(after.journal.readPast()).toEqual([])
    expect(readFileSync(join(folder, 'deep', 'main.log'), 'utf8')).toBe('')
  })

  it('reads past a line that was cut short', () => {
    const { journal } = startProcess(1_000_000)
    journal.record({ operation: 'b c', at: 1_000_000 })
    appendFileSync(join(folder, 'deep', 'main.log'), '10000')
    expect(startProcess(1_000_001).journal.readPast()).toEqual([{ operation: 'b c', at: 1_000_000 }])
  })

  it('counts a start whose name was cut in the middle of an encoded letter', () => {
    startProcess(1_000_000)
    appendFileSync(join(folder, 'deep', 'main.log'), '1000000 report%2Fdomain%2')
    expect(startProcess(1_000_001).journal.readPast()).toEqual([{ operation: 'report%2Fdomain%2', at: 1_000_000 }])
  })

  it('tells what a start is called where it is shared, and whether it was granted there', () => {
    const starts = [
      { operation: 'b', at: 1_000_000, id: 'r1 7/é', isShared: true },
      { operation: 'b', at: 1_000_000, id: 'r1-8', isShared: false },
      { operation: 'b', at: 1_000_001 },
    ]
    const { journal } = startProcess(1_000_000)
    for (const start of starts) journal.record(start)
    expect(startProcess(1_000_001).journal.readPast()).toEqual(starts)
  })

  it.each([
    ['an instant that is none', 'x1000000 b'],
    ['more words than a start has', '1000000 b r1-8 shared x'],
    ['a blank at its beginning', ' 1000000 b'],
    ['no name', '1000000 '],
  ])('reads past a line with %s', (_, line) => {
    startProcess(1_000_000)
    appendFileSync(join(folder, 'deep', 'main.log'), `${line}\n`)
    expect(startProcess(1_000_001).journal.readPast()).toEqual([])
  })

  it('takes a start whose shared name was cut short for one of this process alone', () => {
    startProcess(1_000_000)
    appendFileSync(join(folder, 'deep', 'main.log'), '1000000 b r1-8')
    expect(startProcess(1_000_001).journal.readPast()).toEqual([{ operation: 'b', at: 1_000_000 }])
  })

  it('keeps a start for the widest window that counts it, and not longer', () => {
    const path = join(folder, 'wide.log')
    const wide = toLimits({
      limit: 2,
      windowSeconds: 10,
      guardMs: 0,
      interfaces: { a: { limit: 1, windowSeconds: 100 }, b: { limit: 1, windowSeconds: 1 } },
    })
    const open = (now: number) =>
      openStartJournal({ path, limits: wide, clock: new FakeClock(now), onError: (error) => errors.push(error) })
    const journal = open(1_000_000)
    journal.record({ operation: 'a', at: 1_000_000 })
    expect(open(1_099_999).readPast()).toHaveLength(1)
    expect(open(1_100_000).readPast()).toHaveLength(0)
  })

  it('writes nothing once it is closed, and closing it again does nothing', () => {
    const { journal } = startProcess(1_000_000)
    journal.record({ operation: 'b', at: 1_000_000 })
    journal.close()
    journal.close()
    journal.record({ operation: 'b', at: 1_000_000 })
    expect(readFileSync(join(folder, 'deep', 'main.log'), 'utf8')).toBe('1000000 b\n')
    expect(errors).toEqual([])
  })

  it('is not opened over a file that cannot be read', () => {
    mkdirSync(join(folder, 'deep', 'main.log'), { recursive: true })
    expect(() => startProcess(1_000_000)).toThrow('EISDIR')
  })

  it('is written anew after ten thousand records, not before, and its old file is let go', () => {
    const { clock, journal } = startProcess(1_000_000)
    const path = join(folder, 'deep', 'main.log')
    const openFiles = () => readdirSync('/proc/self/fd').length
    const before = existsSync('/proc/self/fd') ? openFiles() : 0
    for (let count = 0; count < 9999; count += 1) journal.record({ operation: 'b', at: clock.now() - 20_000 })
    expect(readFileSync(path, 'utf8')).not.toBe('')
    journal.record({ operation: 'b', at: clock.now() - 20_000 })
    expect(readFileSync(path, 'utf8')).toBe('')
    if (existsSync('/proc/self/fd')) expect(openFiles()).toBe(before)
  })

  it('does not grow for ever', () => {
    const { clock, journal } = startProcess(1_000_000)
    for (let count = 0; count < 10_000; count += 1) journal.record({ operation: 'b', at: clock.now() - 20_000 })
    journal.record({ operation: 'b', at: clock.now() })
    expect(readFileSync(join(folder, 'deep', 'main.log'), 'utf8')).toBe('1000000 b\n')
    expect(errors).toEqual([])
  })

  it('says once that it cannot be written, and refuses no call for it', async () => {
    const { clock, journal, quota } = startProcess(1_000_000)
    for (let count = 0; count < 9999; count += 1) journal.record({ operation: 'x', at: clock.now() - 20_000 })
    rmSync(join(folder, 'deep'), { recursive: true })
    await quota.take('b', ask(clock))
    await quota.take('b', ask(clock))
    expect(errors).toHaveLength(1)
  })
})

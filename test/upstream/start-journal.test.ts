import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
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

import { describe, expect, test } from 'vitest'
import { MAX_WAITING_BYTES, PING_EVERY_MS, PONG_WITHIN_MS, SocketPulse, STALLED_MS } from '#graphql/socket-pulse.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

/** A pulse over a line that the test moves, looked at every second. */
function start() {
  const clock = new FakeClock()
  const line = { leftBytes: 0, isWaiting: false }
  const pings: (() => void)[] = []
  const pulse = new SocketPulse({
    ping: (hasLeft) => void pings.push(hasLeft),
    readLine: () => ({ ...line }),
    clock,
    messagesPerSecond: 50,
  })
  return {
    line,
    pings,
    pulse,
    /** Lets seconds pass, in each of which so much leaves. @returns the first trouble and when it was seen */
    pass: async (seconds: number, bytesASecond = 0, waitingBytes = 0) => {
      for (let second = 1; second <= seconds; second += 1) {
        await clock.advance(1000)
        line.leftBytes += bytesASecond
        const trouble = pulse.check(waitingBytes)
        if (trouble) return `${trouble} after ${second} s`
      }
      return undefined
    },
  }
}

describe('a client for which something waits', () => {
  test('is stalled when it takes nothing for 30 s, and not while it takes a little', async () => {
    const { line, pass } = start()
    line.isWaiting = true
    expect(await pass(60)).toBe(`stalled after ${STALLED_MS / 1000} s`)
    const other = start()
    other.line.isWaiting = true
    expect(await other.pass(600, 100)).toBeUndefined()
    expect(await other.pass(60, 1)).toMatch(/^stalled/)
  })

  test('has to take more when very much waits', async () => {
    const { line, pass } = start()
    line.isWaiting = true
    expect(await pass(600, 50_000, MAX_WAITING_BYTES + 1)).toBeUndefined()
    expect(await pass(60, 1000, MAX_WAITING_BYTES + 1)).toMatch(/^stalled/)
  })
})

describe('a sign of life', () => {
  test('is asked for after 15 s, and late 10 s after that', async () => {
    const { pings, pass } = start()
    expect(await pass(PING_EVERY_MS / 1000)).toBeUndefined()
    expect(pings).toHaveLength(1)
    expect(await pass(60)).toBeUndefined()
    pings[0]?.()
    expect(await pass(60)).toBe(`silent after ${PONG_WITHIN_MS / 1000} s`)
  })

  test('is not late before what was sent ahead of it could be read', async () => {
    const { line, pings, pass } = start()
    line.leftBytes = 6 * 1024 * 1024
    await pass(PING_EVERY_MS / 1000)
    pings[0]?.()
    expect(await pass(150)).toBeUndefined()
    expect(await pass(60)).toMatch(/^silent/)
  })

  test('is given by who takes bytes, and for a while after the last', async () => {
    const { line, pings, pass } = start()
    line.isWaiting = true
    await pass(20, 5000)
    pings[0]?.()
    expect(await pass(300, 5000)).toBeUndefined()
    line.isWaiting = false
    expect(await pass(60)).toBeUndefined()
    expect(await pass(60)).toMatch(/^silent/)
  })

  test('is not given by a few bytes that the system takes for a client that is gone', async () => {
    const { pings, pass } = start()
    await pass(PING_EVERY_MS / 1000, 1000)
    pings[0]?.()
    expect(await pass(60, 1000)).toMatch(/^silent after 1[01] s$/)
  })
})

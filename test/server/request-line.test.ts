import { describe, expect, it } from 'vitest'
import { RequestLine } from '../../src/server/request-line.ts'

/** A loop driven by hand, in which only what a test does takes time. */
function createLoop() {
  let nowMs = 0
  let ends: (() => void)[] = []
  const lines: object[] = []
  const line = new RequestLine(
    {
      now: () => nowMs,
      onTurnEnd: (callback) => {
        calls += 1
        ends.push(callback)
      },
    },
    { warn: (fields) => void lines.push(fields) },
  )
  let calls = 0
  const done: number[] = []
  let asked = 0
  /** A turn in which so many requests come. @returns what became of them in this turn, and how long it took */
  const turn = (requests: number, costMs: number, refusalMs = 0) => {
    const since = nowMs
    const [doneBefore, refusedBefore] = [done.length, refused]
    for (let index = 0; index < requests; index += 1) {
      const id = asked
      asked += 1
      line.offer(
        () => {
          done.push(id)
          nowMs += costMs
        },
        () => {
          refused += 1
          nowMs += refusalMs
        },
      )
    }
    const over = ends
    ends = []
    for (const end of over) end()
    return { done: done.length - doneBefore, refused: refused - refusedBefore, tookMs: nowMs - since }
  }
  let refused = 0
  const rest = (ms: number) => {
    nowMs += ms
  }
  return { line, turn, rest, done, lines, countCalls: () => calls }
}

/** A loop to which so many requests come in every turn, for long enough to be used to it. */
function createBusyLoop(requests: number, costMs: number, refusalMs = 0) {
  const loop = createLoop()
  for (let index = 0; index < 1000; index += 1) loop.turn(requests, costMs, refusalMs)
  return loop
}

describe('the line of requests', () => {
  it('is passed at once while there is little to do', () => {
    const { turn, rest, done } = createLoop()
    for (let index = 0; index < 20; index += 1) {
      expect(turn(3, 1)).toEqual({ done: 3, refused: 0, tookMs: 3 })
      rest(10)
    }
    expect(done).toEqual([...done].sort((one, other) => one - other))
  })

  it('asks to be called once a turn while nobody waits, and for no turn in which nobody comes', () => {
    const { turn, rest, countCalls } = createLoop()
    for (let index = 0; index < 20; index += 1) {
      turn(index % 2 === 0 ? 3 : 0, 0.1)
      rest(10)
    }
    expect(countCalls()).toBe(10)
  })

  it('keeps turns short when many come at once, and works on all of them in their order', () => {
    const { turn, done } = createLoop()
    turn(4, 1)
    expect(turn(300, 1).tookMs).toBeLessThan(20)
    for (let index = 0; index < 150; index += 1) expect(turn(0, 1).tookMs).toBeLessThan(20)
    expect(done).toEqual(Array.from({ length: 304 }, (_, id) => id))
  })

  it('refuses at once what of a burst would wait for more than three seconds', () => {
    const { line, turn } = createBusyLoop(1, 1)
    const { refused } = turn(10_000, 1)
    expect(refused).toBeGreaterThan(6800)
    expect(refused).toBeLessThan(7200)
    expect(line.countRefused()).toBe(refused)
  })

  it('counts who may not come past it either', () => {
    const { line, turn } = createBusyLoop(1, 1)
    turn(10_000, 1)
    while (line.admits())
      line.offer(
        () => undefined,
        () => undefined,
      )
    const refused = line.countRefused()
    expect([line.admits(), line.admits()]).toEqual([false, false])
    expect(line.countRefused()).toBe(refused + 2)
  })

  it('refuses nobody while as many come as can be worked on', () => {
    const { turn } = createBusyLoop(4, 1)
    for (let index = 0; index < 500; index += 1) expect(turn(4, 1).refused).toBe(0)
  })

  it('refuses just what does not fit when more come for long, and lets nobody wait long', () => {
    const { turn } = createBusyLoop(20, 1)
    const turns = Array.from({ length: 500 }, () => turn(20, 1))
    const sum = (pick: (one: (typeof turns)[number]) => number) => turns.reduce((total, one) => total + pick(one), 0)
    // All the time there is goes into work.
    expect(sum(({ done }) => done)).toBe(sum(({ tookMs }) => tookMs))
    expect(sum(({ refused }) => refused)).toBe(500 * 20 - sum(({ done }) => done))
    expect(Math.max(...turns.map(({ tookMs }) => tookMs))).toBeLessThan(10)
  })

  it('works on one request in every turn, however long each takes', () => {
    const { turn } = createBusyLoop(5, 200)
    for (let index = 0; index < 10; index += 1) expect(turn(5, 200).done).toBe(1)
  })

  it('works for longer in a turn the longer refusals take, so that they do not become the work', () => {
    const { turn } = createBusyLoop(100, 1, 0.1)
    const turns = Array.from({ length: 200 }, () => turn(100, 1, 0.1))
    const worked = turns.reduce((total, { done }) => total + done, 0)
    const took = turns.reduce((total, { tookMs }) => total + tookMs, 0)
    expect(worked / took).toBeGreaterThan(0.5)
    expect(Math.max(...turns.map(({ tookMs }) => tookMs))).toBeLessThan(40)
  })

  it('is passed by everybody again as soon as fewer come', () => {
    const { turn, line, rest } = createBusyLoop(20, 1)
    for (let index = 0; index < 400; index += 1) turn(0, 1)
    rest(5)
    expect(line.admits()).toBe(true)
    expect(turn(3, 1)).toEqual({ done: 3, refused: 0, tookMs: 3 })
  })

  it.each([2000, 4000, 20_000])('refuses nobody because the machine stopped the process for %i ms', (stoppedMs) => {
    const { turn } = createBusyLoop(1, 0.3)
    turn(1, stoppedMs)
    expect(turn(500, 0.3).refused).toBe(0)
    for (let index = 0; index < 200; index += 1) expect(turn(3, 0.3).refused).toBe(0)
  })

  it('refuses nobody of a burst because the process has just begun and its first requests are slow', () => {
    const { turn } = createLoop()
    for (const costMs of [150, 50, 40, 20, 20, 10, 10, 10, 5, 5]) turn(1, costMs)
    expect(turn(1000, 1).refused).toBe(0)
    for (let index = 0; index < 100; index += 1) expect(turn(1, 1).refused).toBe(0)
  })

  it('refuses of a burst what does not fit once many turns agree that requests take long', () => {
    const { turn } = createBusyLoop(1, 0.3)
    for (let index = 0; index < 200; index += 1) turn(1, 10)
    const { refused } = turn(1000, 10)
    expect(refused).toBeGreaterThan(650)
    expect(refused).toBeLessThan(750)
  })

  it('tells of refusals at once, and then how many there were every ten seconds', () => {
    const { turn, lines } = createBusyLoop(20, 1)
    expect(lines).toHaveLength(1)
    for (let index = 0; index < 5000; index += 1) turn(20, 1)
    expect(lines).toHaveLength(3)
    expect(lines[1]).toMatchObject({ refused: expect.any(Number) })
  })
})

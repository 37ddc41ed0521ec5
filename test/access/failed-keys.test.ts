import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFailedKeys, type FailedKeys, WrongCredentialError } from '#access/failed-keys.ts'
import { type ErrorCode, GatewayError } from '#model/errors.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'

const LIMIT = 10
const HERE = '10.0.0.1'

function openRig(perMinute = LIMIT) {
  const clock = new FakeClock()
  const failedKeys = createFailedKeys<string>({ perMinute, clock })
  let checks = 0
  const check = (isRight: boolean) => () => {
    checks += 1
    if (!isRight) throw new WrongCredentialError('wrong')
    return 'in'
  }
  return {
    clock,
    failedKeys,
    countChecks: () => checks,
    right: (credential: string, address = HERE) => outcomeOf(failedKeys.guard(address, credential, check(true))),
    wrong: (credential: string, address = HERE) => outcomeOf(failedKeys.guard(address, credential, check(false))),
  }
}

async function outcomeOf(act: Promise<unknown>): Promise<ErrorCode | 'in'> {
  try {
    await act
    return 'in'
  } catch (error) {
    if (error instanceof GatewayError) return error.code
    throw error
  }
}

async function findRefusal(failedKeys: FailedKeys<string>): Promise<GatewayError> {
  try {
    await failedKeys.guard(HERE, 'new', () => 'in')
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('the count of wrong keys', () => {
  test('lets an address be wrong so often in a minute, then refuses without a look, and says how long', async () => {
    const rig = openRig()
    for (let guess = 0; guess < LIMIT; guess += 1) {
      expect(await rig.wrong(`guess-${guess}`)).toBe('UNAUTHENTICATED')
      await rig.clock.advance(1000)
    }
    expect(rig.countChecks()).toBe(LIMIT)
    expect(await rig.wrong('one-more')).toBe('RATE_LIMITED')
    expect(await rig.right('a-right-one')).toBe('RATE_LIMITED')
    expect(rig.countChecks()).toBe(LIMIT)
    expect(await findRefusal(rig.failedKeys)).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 50_000 })

    await rig.clock.advance(50_000)
    expect(await rig.right('a-right-one')).toBe('in')
    expect(await rig.wrong('one-more')).toBe('UNAUTHENTICATED')
    expect(await rig.wrong('one-more')).toBe('RATE_LIMITED')
  })

  test('still listens to whom was right from there before, and to nobody else with that key', async () => {
    const rig = openRig()
    expect(await rig.right('worker', '10.0.0.2')).toBe('in')
    expect(await rig.right('worker')).toBe('in')
    for (let guess = 0; guess < LIMIT; guess += 1) await rig.wrong(`guess-${guess}`)
    for (let guess = 0; guess < LIMIT; guess += 1) await rig.wrong(`guess-${guess}`, '10.0.0.3')
    expect(await rig.right('worker')).toBe('in')
    expect(await rig.right('worker', '10.0.0.2')).toBe('in')
    expect(await rig.right('worker', '10.0.0.3')).toBe('RATE_LIMITED')
    expect(await rig.right('other')).toBe('RATE_LIMITED')
  })

  test('no longer trusts what was right and is not any more', async () => {
    const rig = openRig(1)
    await rig.right('withdrawn')
    expect(await rig.wrong('withdrawn')).toBe('UNAUTHENTICATED')
    expect(await rig.wrong('withdrawn')).toBe('RATE_LIMITED')
  })

  test('recalls what the last check found, from wherever it was asked for before', async () => {
    const { failedKeys } = openRig()
    for (const value of ['first', 'second']) {
      await failedKeys.guard(HERE, 'worker', () => value)
      expect(failedKeys.recall(HERE, 'worker')).toBe(value)
      expect(failedKeys.recall(HERE, 'worker')).toBe(value)
    }
  })

  test('recalls what was right from that network, for as long as it is', async () => {
    const { failedKeys, right, wrong } = openRig()
    expect(failedKeys.recall(HERE, 'worker')).toBeUndefined()
    await right('worker')
    await wrong('guess')
    expect(failedKeys.recall(HERE, 'worker')).toBe('in')
    expect(failedKeys.recall('::ffff:10.0.0.1', 'worker')).toBe('in')
    for (const [address, credential] of [
      ['10.0.0.2', 'worker'],
      [HERE, 'guess'],
      [HERE, 'work'],
      ['nobody', `${HERE} worker`],
    ] as const)
      expect(failedKeys.recall(address, credential)).toBeUndefined()
    await wrong('worker')
    for (const address of [HERE, '::ffff:10.0.0.1']) expect(failedKeys.recall(address, 'worker')).toBeUndefined()
  })

  test('does not count refusals that are no guesses', async () => {
    const { failedKeys } = openRig(1)
    const expired = () => Promise.reject(new GatewayError('UNAUTHENTICATED', 'the token has run out'))
    for (let time = 0; time < 5; time += 1)
      expect(await outcomeOf(failedKeys.guard(HERE, 'old', expired))).toBe('UNAUTHENTICATED')
  })

  test('counts a whole IPv6 /64 as one', async () => {
    const rig = openRig(1)
    expect(await rig.wrong('guess', '2001:db8::1')).toBe('UNAUTHENTICATED')
    expect(await rig.wrong('guess', '2001:db8::2')).toBe('RATE_LIMITED')
    expect(await rig.wrong('guess', '2001:db8:0:1::1')).toBe('UNAUTHENTICATED')
  })

  test('gives a hundred at the same time no more tries than one after the other', async () => {
    const { failedKeys } = openRig()
    let checks = 0
    const outcomes = Array.from({ length: 100 }, (_, guess) =>
      outcomeOf(
        failedKeys.guard(HERE, `guess-${guess}`, async () => {
          checks += 1
          await settle()
          throw new WrongCredentialError('wrong')
        }),
      ),
    )
    expect((await Promise.all(outcomes)).filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(LIMIT)
    expect(checks).toBe(LIMIT)
  })

  test('lets a hundred in at the same time who are all right', async () => {
    const { failedKeys } = openRig()
    let most = 0
    let now = 0
    const outcomes = Array.from({ length: 100 }, (_, client) =>
      outcomeOf(
        failedKeys.guard(HERE, `client-${client}`, async () => {
          now += 1
          most = Math.max(most, now)
          await Promise.resolve()
          now -= 1
          return 'in'
        }),
      ),
    )
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['in']))
    expect(most).toBe(LIMIT)
  })

  test('runs so many checks at a time for a holder who was right before, and makes others wait for none of them', async () => {
    const { failedKeys, wrong } = openRig()
    const findHolder = (token: string) => token.split(' ')[0]
    await failedKeys.guard(HERE, 'ann 1', () => 'in', findHolder)
    await failedKeys.guard(HERE, 'bob 1', () => 'in', findHolder)
    for (let guess = 0; guess < LIMIT; guess += 1) await wrong(`guess-${guess}`)
    let most = 0
    let now = 0
    const held = Promise.withResolvers<void>()
    const forged = Array.from({ length: 50 }, (_, time) =>
      outcomeOf(
        failedKeys.guard(
          HERE,
          `ann forged-${time}`,
          async () => {
            now += 1
            most = Math.max(most, now)
            await held.promise
            now -= 1
            throw new WrongCredentialError('wrong')
          },
          findHolder,
        ),
      ),
    )
    expect(await outcomeOf(failedKeys.guard(HERE, 'bob 2', () => 'in', findHolder))).toBe('in')
    expect(await outcomeOf(failedKeys.guard(HERE, 'eve 1', () => 'in', findHolder))).toBe('RATE_LIMITED')
    held.resolve()
    expect(new Set(await Promise.all(forged))).toEqual(new Set(['UNAUTHENTICATED']))
    expect(most).toBe(LIMIT)
    expect(await outcomeOf(failedKeys.guard(HERE, 'ann 2', () => 'in', findHolder))).toBe('in')
    expect(await outcomeOf(failedKeys.guard('10.0.0.2', 'ann 2', () => 'in', findHolder))).toBe('in')
  })

  test('counts what is wrong of a holder who was right before against everybody else', async () => {
    const { failedKeys, right } = openRig(1)
    const guard = (token: string, check: () => string) => outcomeOf(failedKeys.guard(HERE, token, check, () => 'ann'))
    expect(await guard('genuine', () => 'in')).toBe('in')
    const fail = () => {
      throw new WrongCredentialError('wrong')
    }
    for (let time = 0; time < 5; time += 1) expect(await guard('forged', fail)).toBe('UNAUTHENTICATED')
    expect(await right('other')).toBe('RATE_LIMITED')
  })

  test('never takes more wrong keys than said in any minute, nor refuses before there were as many', async () => {
    const step = fc.record({
      pauseMs: fc.integer({ min: 0, max: 20_000 }),
      tries: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 20 }), async (limit, steps) => {
        const rig = openRig(limit)
        const wrongAtMs: number[] = []
        let serial = 0
        for (const { pauseMs, tries } of steps) {
          await rig.clock.advance(pauseMs)
          const nowMs = rig.clock.monotonicMs()
          const lately = () => wrongAtMs.filter((atMs) => atMs > nowMs - 60_000).length
          const before = lately()
          const codes = await Promise.all(
            tries.map((isRight) => {
              serial += 1
              return isRight ? rig.right(`key-${serial}`) : rig.wrong(`key-${serial}`)
            }),
          )
          for (const code of codes) if (code === 'UNAUTHENTICATED') wrongAtMs.push(nowMs)
          expect(lately()).toBeLessThanOrEqual(limit)
          if (codes.includes('RATE_LIMITED')) expect(lately()).toBe(limit)
          if (before === limit) expect(new Set(codes)).toEqual(new Set(['RATE_LIMITED']))
        }
      }),
      { numRuns: 60 },
    )
  })
})

import { describe, expect, test } from 'vitest'
import { createKeySet } from '#access/key-set.ts'
import { KeySetError, type KeySetTrouble, type PublicKey } from '#access/key-set-source.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { refusalOf } from '#test/support/refusal.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const first: PublicKey = { kty: 'EC', kid: 'first', crv: 'P-256', x: 'x', y: 'y' }
const second: PublicKey = { ...first, kid: 'second' }

/** A set whose issuer does what it is told to, at once or when it is told to. */
function openRig() {
  const clock = new FakeClock()
  const troubles: (KeySetTrouble | undefined)[] = []
  let asked = 0
  let next: () => Promise<readonly PublicKey[]> = async () => [first]
  const keySet = createKeySet({
    read: () => {
      asked += 1
      return next()
    },
    clock,
    onTrouble: (trouble) => troubles.push(trouble),
  })
  return {
    clock,
    keySet,
    troubles,
    asked: () => asked,
    serve: (...keys: readonly PublicKey[]) => {
      next = async () => keys
    },
    fail: (trouble: KeySetTrouble) => {
      next = () => Promise.reject(new KeySetError(trouble))
    },
    hang: () => {
      const held = Promise.withResolvers<readonly PublicKey[]>()
      next = () => held.promise
      return held
    },
    kids: () => keySet.find.jwks().keys.map(({ kid }) => kid),
  }
}

describe('the keys of an issuer', () => {
  test('are read when they are first needed, once for all who wait', async () => {
    const rig = openRig()
    expect(rig.asked()).toBe(0)
    await Promise.all([rig.keySet.prepare(), rig.keySet.prepare(), rig.keySet.prepare()])
    await rig.keySet.prepare()
    expect(rig.asked()).toBe(1)
    expect(rig.kids()).toEqual(['first'])
    expect(rig.troubles).toEqual([])
  })

  test('are read again after ten minutes, and those that were withdrawn are gone', async () => {
    const rig = openRig()
    await rig.keySet.prepare()
    const generation = rig.keySet.generation()
    await rig.clock.advance(10 * MINUTE_MS - 1)
    await rig.keySet.prepare()
    expect(rig.asked()).toBe(1)
    await rig.clock.advance(1)
    await rig.keySet.prepare()
    expect(rig.asked()).toBe(2)
    expect(rig.keySet.generation()).toBe(generation)
    rig.serve(second)
    await rig.clock.advance(10 * MINUTE_MS)
    await rig.keySet.prepare()
    await rig.clock.advance(0)
    expect(rig.kids()).toEqual(['second'])
    expect(rig.keySet.generation()).toBe(generation + 1)
  })

  test('are ready while nobody has to wait for them, and a look has them read again in time', async () => {
    const rig = openRig()
    await rig.keySet.prepare()
    await rig.clock.advance(10 * MINUTE_MS - 1)
    expect(rig.keySet.isReady()).toBe(true)
    expect(rig.asked()).toBe(1)
    await rig.clock.advance(1)
    expect([rig.keySet.isReady(), rig.keySet.isReady()]).toEqual([true, true])
    expect(rig.asked()).toBe(2)
    await rig.clock.advance(20 * MINUTE_MS)
    expect(rig.keySet.isReady()).toBe(false)
    await rig.clock.advance(0)
    expect(rig.keySet.isReady()).toBe(true)
  })

  test('are ready while the issuer is away, until they are of no use any more', async () => {
    const rig = openRig()
    expect(rig.keySet.isReady()).toBe(false)
    await rig.clock.advance(0)
    expect(rig.keySet.isReady()).toBe(true)
    rig.fail('UNREACHABLE')
    await rig.clock.advance(10 * MINUTE_MS)
    expect(rig.keySet.isReady()).toBe(true)
    await rig.clock.advance(24 * HOUR_MS - 10 * MINUTE_MS - 1)
    expect(rig.keySet.isReady()).toBe(true)
    await rig.clock.advance(1)
    expect(rig.keySet.isReady()).toBe(false)
    await refusalOf(rig.keySet.prepare())
    expect(rig.kids()).toEqual([])
  })

  test('are asked for at once when a token names another, then not again for ten seconds', async () => {
    const rig = openRig()
    await rig.keySet.prepare()
    const generation = rig.keySet.generation()
    rig.serve(first, second)
    expect(await rig.keySet.renew(generation)).toBe('unknown')
    await rig.clock.advance(10_000)
    const renewals = Array.from({ length: 100 }, () => rig.keySet.renew(generation))
    expect(new Set(await Promise.all(renewals))).toEqual(new Set(['changed']))
    expect(rig.asked()).toBe(2)
    for (let second = 0; second < 10; second += 1) {
      expect(await rig.keySet.renew(rig.keySet.generation())).toBe('unknown')
      await rig.clock.advance(999)
    }
    expect(rig.asked()).toBe(2)
    // Who has missed a change need not ask.
    await rig.clock.advance(10_000)
    expect(await rig.keySet.renew(generation)).toBe('changed')
    expect(rig.asked()).toBe(2)
  })

  test('are the same only for whom the issuer was asked: what was being read already may have been too old', async () => {
    const rig = openRig()
    await rig.keySet.prepare()
    await rig.clock.advance(10_000)
    const renewals = [1, 2, 3].map(() => rig.keySet.renew(rig.keySet.generation()))
    expect(await Promise.all(renewals)).toEqual(['same', 'unknown', 'unknown'])
    expect(rig.keySet.pauseLeftMs()).toBe(10_000)
    expect(rig.asked()).toBe(2)
  })

  test('are read again behind whoever needs them while those that are known are in use', async () => {
    const rig = openRig()
    await rig.keySet.prepare()
    await rig.clock.advance(10 * MINUTE_MS)
    const held = rig.hang()
    await Promise.all([rig.keySet.prepare(), rig.keySet.prepare()])
    expect(rig.kids()).toEqual(['first'])
    expect(rig.asked()).toBe(2)
    held.resolve([second])
    await rig.clock.advance(0)
    expect(rig.kids()).toEqual(['second'])
  })

  test('that nobody needed for long are waited for, as long as the issuer was there the last time', async () => {
    const rig = openRig()
    await rig.keySet.prepare()
    await rig.clock.advance(20 * MINUTE_MS)
    const held = rig.hang()
    let isPrepared = false
    const preparing = rig.keySet.prepare().then(() => {
      isPrepared = true
    })
    await rig.clock.advance(1000)
    expect(isPrepared).toBe(false)
    held.resolve([second])
    await preparing
    expect(rig.kids()).toEqual(['second'])
  })

  test('stay of use for a day while the issuer is away, and nobody waits for it', async () => {
    const rig = openRig()
    await rig.keySet.prepare()
    rig.fail('UNREACHABLE')
    await rig.clock.advance(10 * MINUTE_MS)
    await rig.keySet.prepare()
    expect(rig.troubles).toEqual(['UNREACHABLE'])
    await rig.clock.advance(23 * HOUR_MS)
    const held = rig.hang()
    await rig.keySet.prepare()
    expect(rig.kids()).toEqual(['first'])
    held.reject(new KeySetError('TIMEOUT'))
    await rig.clock.advance(0)
    expect(rig.troubles).toEqual(['UNREACHABLE', 'TIMEOUT'])

    rig.fail('TIMEOUT')
    await rig.clock.advance(HOUR_MS)
    expect((await refusalOf(rig.keySet.prepare())).code).toBe('ACCESS_UNAVAILABLE')
    expect(rig.kids()).toEqual([])
    rig.serve(first)
    await rig.clock.advance(10_000)
    await rig.keySet.prepare()
    expect(rig.kids()).toEqual(['first'])
    expect(rig.troubles).toEqual(['UNREACHABLE', 'TIMEOUT', undefined])
  })

  test('that are not known yet cannot be had while the issuer is away, which is asked every ten seconds', async () => {
    const rig = openRig()
    rig.fail('STATUS')
    const refusals = await Promise.all([refusalOf(rig.keySet.prepare()), refusalOf(rig.keySet.prepare())])
    expect(refusals).toEqual([
      expect.objectContaining({ code: 'ACCESS_UNAVAILABLE', retryAfterMs: 10_000, retryable: true }),
      expect.objectContaining({ code: 'ACCESS_UNAVAILABLE' }),
    ])
    await rig.clock.advance(4000)
    expect((await refusalOf(rig.keySet.prepare())).retryAfterMs).toBe(6000)
    expect(rig.asked()).toBe(1)
    await rig.clock.advance(6000)
    await refusalOf(rig.keySet.prepare())
    expect(rig.asked()).toBe(2)
    expect(rig.troubles).toEqual(['STATUS'])
  })

  test('may be others by now when the issuer is away: that is not known', async () => {
    const rig = openRig()
    await rig.keySet.prepare()
    await rig.clock.advance(10_000)
    rig.fail('TIMEOUT')
    expect(await rig.keySet.renew(rig.keySet.generation())).toBe('unknown')
    expect(await rig.keySet.renew(rig.keySet.generation())).toBe('unknown')
    expect(rig.asked()).toBe(2)
  })

  test('make no trouble when they are given up on purpose', async () => {
    const rig = openRig()
    const held = rig.hang()
    const waiting = refusalOf(rig.keySet.prepare())
    rig.keySet.close()
    held.reject(new KeySetError('UNREACHABLE'))
    await waiting
    expect(rig.troubles).toEqual([])
  })
})

import { afterEach, describe, expect, test } from 'vitest'
import { codeOf, refusalOf } from '#test/support/refusal.ts'
import { createSigningKey, signToken } from '#test/support/token-issuer.ts'
import { closeRigs, HOUR_SECONDS, openRig, TOLERANCE_SECONDS } from './token-rig.ts'

const AUDIENCE = 'weir'
const first = await createSigningKey('first')
const second = await createSigningKey('second')

afterEach(closeRigs)

describe('tokens mode', () => {
  test('knows the holder of a token', async () => {
    const { show, claims, nowSeconds } = await openRig([first])
    expect(await show(await signToken(first, claims))).toEqual({
      name: 'ann',
      role: 'reader',
      accounts: new Set(['a']),
      expiresAtMs: (nowSeconds + HOUR_SECONDS + TOLERANCE_SECONDS) * 1000,
    })
  })

  test('takes a token from a connection_init payload', async () => {
    const { authenticator, claims } = await openRig([first])
    const authorization = `Bearer ${await signToken(first, claims)}`
    const request = { headers: {}, payload: { authorization }, address: '10.0.0.1' }
    expect((await authenticator.authenticate(request)).name).toBe('ann')
  })

  test('takes one of several audiences', async () => {
    const { show, claims } = await openRig([first])
    expect((await show(await signToken(first, { ...claims, aud: ['other', AUDIENCE] }))).name).toBe('ann')
  })

  test.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://login.example.com' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'other' }],
    ['other audiences', { aud: ['other', 'weir2'] }],
    ['no audience', { aud: undefined }],
    ['no end', { exp: undefined }],
    ['an end that is no number', { exp: '4102444800' }],
    ['a beginning that is no number', { nbf: 'now' }],
  ])('refuses a token with %s', async (_, change) => {
    const { show, claims } = await openRig([first])
    const refusal = await refusalOf(show(await signToken(first, { ...claims, ...change })))
    expect(refusal.code).toBe('UNAUTHENTICATED')
    expect(refusal.message).toContain(`claim "${Object.keys(change).join()}"`)
  })

  test('refuses a token without a role, and one that does not say who holds it', async () => {
    const { show, claims } = await openRig([first])
    for (const change of [{ weir_role: undefined }, { weir_role: 'guest' }, { sub: undefined }]) {
      const token = await signToken(first, { ...claims, ...change })
      expect(await codeOf(show(token))).toBe('FORBIDDEN')
      expect(await codeOf(show(token))).toBe('FORBIDDEN')
    }
  })

  test('takes a token as long after its end as clocks may differ, and not a moment longer', async () => {
    const { show, claims, clock, nowSeconds } = await openRig([first])
    const token = await signToken(first, { ...claims, exp: nowSeconds - TOLERANCE_SECONDS + 1 })
    expect((await show(token)).expiresAtMs).toBe((nowSeconds + 1) * 1000)
    await clock.advance(999)
    expect((await show(token)).name).toBe('ann')
    await clock.advance(1)
    expect((await refusalOf(show(token))).message).toContain('run out')
  })

  test('takes a token as long before its beginning as clocks may differ', async () => {
    const { show, claims, nowSeconds } = await openRig([first])
    const begins = (seconds: number) => signToken(first, { ...claims, nbf: nowSeconds + seconds })
    expect((await show(await begins(TOLERANCE_SECONDS))).name).toBe('ann')
    expect((await refusalOf(show(await begins(TOLERANCE_SECONDS + 1)))).message).toContain('not good yet')
  })

  test('does not take what is out of its time for a guess', async () => {
    const { show, claims, nowSeconds } = await openRig([first])
    const old = await signToken(first, { ...claims, exp: nowSeconds - HOUR_SECONDS })
    const early = await signToken(first, { ...claims, nbf: nowSeconds + HOUR_SECONDS })
    for (let time = 0; time < 20; time += 1) {
      expect(await codeOf(show(old))).toBe('UNAUTHENTICATED')
      expect(await codeOf(show(early))).toBe('UNAUTHENTICATED')
    }
    expect((await show(await signToken(first, claims))).name).toBe('ann')
  })

  test('throttles forged tokens, and listens to a token that was right before', async () => {
    const { show, claims } = await openRig([first])
    const genuine = await signToken(first, claims)
    await show(genuine)
    const forged = await signToken({ ...second, id: 'first' }, { ...claims, sub: 'mallory' })
    for (let time = 0; time < 10; time += 1) expect(await codeOf(show(forged))).toBe('UNAUTHENTICATED')
    expect(await codeOf(show(forged))).toBe('RATE_LIMITED')
    expect(await codeOf(show(await signToken(first, { ...claims, sub: 'new' })))).toBe('RATE_LIMITED')
    expect((await show(genuine)).name).toBe('ann')
    expect(await codeOf(show(forged, '10.0.0.2'))).toBe('UNAUTHENTICATED')
  })

  test('lets holders renew their tokens while a neighbour sends a thousand that are wrong', async () => {
    const { show, claims } = await openRig([first])
    for (const sub of ['ann', 'bob']) await show(await signToken(first, { ...claims, sub }))
    const forged = [
      'garbage',
      await signToken({ ...second, id: 'first' }, { ...claims, sub: 'mallory' }),
      // Whoever says to be another is believed no sooner, and nobody has to pay for it.
      await signToken({ ...second, id: 'first' }, claims),
    ]
    const codes = await Promise.all(Array.from({ length: 1000 }, (_, time) => codeOf(show(`${forged[time % 3]}`))))
    expect(new Set(codes)).toEqual(new Set(['UNAUTHENTICATED', 'RATE_LIMITED']))
    expect(codes.filter((code, time) => time % 3 < 2 && code === 'UNAUTHENTICATED').length).toBeLessThanOrEqual(10)
    for (const sub of ['ann', 'bob'])
      expect((await show(await signToken(first, { ...claims, sub, jti: 'renewed' }))).name).toBe(sub)
    expect(await codeOf(show(await signToken(first, { ...claims, sub: 'new' })))).toBe('RATE_LIMITED')
    expect(await codeOf(show(await signToken(first, { ...claims, weir_role: 'ops', sub: undefined })))).toBe(
      'RATE_LIMITED',
    )
    expect((await show(await signToken(first, { ...claims, sub: 'new' }), '10.0.0.2')).name).toBe('new')
  })

  test('lets hundreds in whose first tokens come at the same time', async () => {
    const { show, claims, server } = await openRig([first])
    const tokens = await Promise.all(
      Array.from({ length: 200 }, (_, sub) => signToken(first, { ...claims, sub: `${sub}` })),
    )
    const callers = await Promise.all(tokens.map((token) => show(token)))
    expect(callers.map(({ name }) => name)).toEqual(tokens.map((_, sub) => `${sub}`))
    expect(server.asked()).toBe(1)
  })

  test('says nothing of the token it refuses', async () => {
    const { show, claims } = await openRig([first])
    const token = await signToken(second, { ...claims, sub: 'canary' })
    const refusal = await refusalOf(show(token))
    const shown = JSON.stringify({ ...refusal, message: refusal.message, stack: refusal.stack, cause: refusal.cause })
    for (const part of [...token.split('.'), 'canary']) expect(shown).not.toContain(part)
  })
})

describe('a token that was looked at before', () => {
  test('is good again when the clock was wrong', async () => {
    const { show, claims, clock } = await openRig([first])
    const token = await signToken(first, claims)
    clock.stepWall(2 * HOUR_SECONDS * 1000)
    expect(await codeOf(show(token))).toBe('UNAUTHENTICATED')
    expect(await codeOf(show(token))).toBe('UNAUTHENTICATED')
    clock.stepWall(-2 * HOUR_SECONDS * 1000)
    expect((await show(token)).name).toBe('ann')
  })

  test('has the same caller', async () => {
    const { show, claims } = await openRig([first])
    const token = await signToken(first, claims)
    expect(await show(token)).toBe(await show(token))
  })
})

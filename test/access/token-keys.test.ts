import { createPublicKey } from 'node:crypto'
import { base64url, SignJWT } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import { codeOf, refusalOf } from '#test/support/refusal.ts'
import { createSigningKey, signToken } from '#test/support/token-issuer.ts'
import { closeRigs, HOUR_SECONDS, openRig, openServer } from './token-rig.ts'

const first = await createSigningKey('first')
const second = await createSigningKey('second')
const rsa = await createSigningKey('rsa', 'RS256')
const nameless = await createSigningKey(undefined)
const otherNameless = await createSigningKey(undefined)

afterEach(closeRigs)

describe('signatures', () => {
  test('are taken of every algorithm in the settings', async () => {
    const edwards = await createSigningKey('edwards', 'EdDSA')
    const { show, claims } = await openRig([first, rsa, edwards])
    for (const key of [first, rsa, edwards]) expect((await show(await signToken(key, claims))).name).toBe('ann')
  })

  test('are not taken of another algorithm, although the key is known', async () => {
    const { show, claims } = await openRig([first, rsa], { algorithms: ['RS256'] })
    expect(await codeOf(show(await signToken(first, claims)))).toBe('UNAUTHENTICATED')
    expect((await show(await signToken(rsa, claims))).name).toBe('ann')
  })

  test('cannot be left out', async () => {
    const { show, claims } = await openRig([first])
    const payload = base64url.encode(JSON.stringify(claims))
    for (const alg of ['none', 'None', '', undefined]) {
      const header = base64url.encode(JSON.stringify({ alg, kid: 'first' }))
      expect(await codeOf(show(`${header}.${payload}.`))).toBe('UNAUTHENTICATED')
      expect(await codeOf(show(`${header}.${payload}`))).toBe('UNAUTHENTICATED')
    }
  })

  test('cannot be made with the public key as a shared secret', async () => {
    const { show, claims } = await openRig([rsa])
    const publicKey = createPublicKey({ key: { ...rsa.jwk }, format: 'jwk' })
    const secrets = [
      publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      publicKey.export({ format: 'der', type: 'spki' }).toString('latin1'),
      JSON.stringify(rsa.jwk),
      rsa.jwk.n ?? '',
    ]
    for (const secret of secrets) {
      const header = { alg: 'HS256', kid: 'rsa' }
      const token = await new SignJWT(claims).setProtectedHeader(header).sign(Buffer.from(secret, 'latin1'))
      expect(await codeOf(show(token))).toBe('UNAUTHENTICATED')
    }
  })

  test('are not believed for a key that the token brings along, and nobody is asked for it', async () => {
    const { show, claims } = await openRig([first])
    const elsewhere = await openServer(second)
    for (const header of [{ jwk: second.jwk }, { jku: elsewhere.url }, { x5u: elsewhere.url }]) {
      const token = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'first', ...header })
      expect(await codeOf(show(await token.sign(second.privateKey)))).toBe('UNAUTHENTICATED')
    }
    expect(elsewhere.asked()).toBe(0)
  })

  test('are not taken over changed claims', async () => {
    const { show, claims } = await openRig([first])
    const [header, , signature] = (await signToken(first, claims)).split('.')
    const payload = base64url.encode(JSON.stringify({ ...claims, weir_role: 'ops' }))
    expect(await codeOf(show(`${header}.${payload}.${signature}`))).toBe('UNAUTHENTICATED')
  })

  test.each(['x', 'a.b.c', '..', '{}', 'e30.e30.e30', 'a.b.c.d.e'])('are not looked for in %j', async (token) => {
    expect(await codeOf((await openRig([first])).show(token))).toBe('UNAUTHENTICATED')
  })

  test('are not looked for in what is longer than 8 KiB', async () => {
    const { show, claims } = await openRig([first])
    const spare = 8 * 1024 - (await signToken(first, { ...claims, pad: '' })).length
    const long = await signToken(first, { ...claims, pad: 'x'.repeat(Math.floor((spare * 3) / 4) - 2) })
    expect(long.length).toBeGreaterThan(8 * 1024 - 8)
    expect((await show(long)).name).toBe('ann')
    const longer = await signToken(first, { ...claims, pad: 'x'.repeat(spare) })
    expect((await refusalOf(show(longer))).message).toContain('too long')
  })
})

describe('keys of the issuer', () => {
  test('may change: a token of a new one is taken at once, one of a key that is gone no more', async () => {
    const { show, claims, clock, server } = await openRig([first])
    const old = await signToken(first, claims)
    expect((await show(old)).name).toBe('ann')
    await clock.advance(60_000)
    server.serve(second)
    expect((await show(await signToken(second, claims))).name).toBe('ann')
    expect(await codeOf(show(old))).toBe('ACCESS_UNAVAILABLE')
    await clock.advance(10_000)
    expect(await codeOf(show(old))).toBe('UNAUTHENTICATED')
  })

  test('may change a moment after they were read: tokens of the new one have to wait, and are no guesses', async () => {
    const { show, claims, clock, server } = await openRig([first])
    await show(await signToken(first, claims))
    server.serve(first, second)
    await clock.advance(3000)
    for (let client = 0; client < 30; client += 1) {
      const token = await signToken(second, { ...claims, sub: `client-${client}` })
      expect(await refusalOf(show(token))).toMatchObject({ code: 'ACCESS_UNAVAILABLE', retryAfterMs: 7000 })
    }
    expect((await show(await signToken(first, { ...claims, sub: 'bob' }))).name).toBe('bob')
    expect(server.asked()).toBe(1)
    await clock.advance(7000)
    expect((await show(await signToken(second, { ...claims, sub: 'client-0' }))).name).toBe('client-0')
    expect(server.asked()).toBe(2)
  })

  test('are asked for once in ten seconds when tokens name keys that never were, and others are not held up', async () => {
    const { show, claims, clock, server } = await openRig([first])
    await show(await signToken(first, claims))
    await clock.advance(60_000)
    const codes: string[] = []
    for (let time = 0; time < 100; time += 1)
      codes.push(await codeOf(show(await signToken({ ...first, id: `made-up-${time}` }, claims))))
    expect(codes.slice(0, 2)).toEqual(['UNAUTHENTICATED', 'ACCESS_UNAVAILABLE'])
    expect(new Set(codes.slice(1))).toEqual(new Set(['ACCESS_UNAVAILABLE']))
    expect((await show(await signToken(first, { ...claims, sub: 'bob' }))).name).toBe('bob')
    expect(server.asked()).toBe(2)
  })

  test('that an issuer does not give while it hangs hold up nobody whose key is known', async () => {
    const { show, claims, clock, server } = await openRig([first])
    await show(await signToken(first, claims))
    await clock.advance(60_000)
    server.answer(() => undefined)
    const made = await signToken({ ...first, id: 'made-up' }, claims)
    const waiting = Array.from({ length: 50 }, () => codeOf(show(made)))
    expect((await show(await signToken(first, { ...claims, sub: 'bob' }))).name).toBe('bob')
    await clock.advance(3000)
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['ACCESS_UNAVAILABLE']))
    await clock.advance(10 * 60_000)
    expect((await show(await signToken(first, { ...claims, sub: 'eve' }))).name).toBe('eve')
  })

  test('need no names, even when there are several', async () => {
    const { show, claims } = await openRig([nameless, otherNameless, first])
    for (const key of [nameless, otherNameless, { ...first, id: undefined }])
      expect((await show(await signToken(key, claims))).name).toBe('ann')
    const stranger = await createSigningKey(undefined)
    expect(await codeOf(show(await signToken(stranger, claims)))).toBe('UNAUTHENTICATED')
    const old = await signToken(nameless, { ...claims, exp: 1 })
    expect((await refusalOf(show(old))).message).toContain('run out')
  })

  test('without names may change too', async () => {
    const { show, claims, clock, server } = await openRig([nameless])
    await show(await signToken(nameless, claims))
    await clock.advance(60_000)
    server.serve(otherNameless)
    expect((await show(await signToken(otherNameless, claims))).name).toBe('ann')
  })

  test('stay of use while the issuer is away', async () => {
    const { show, claims, clock, server, nowSeconds } = await openRig([first])
    const longLived = { ...claims, exp: nowSeconds + 48 * HOUR_SECONDS }
    const token = await signToken(first, longLived)
    await show(token)
    await server.close()
    await clock.advance(23 * HOUR_SECONDS * 1000)
    expect((await show(token)).name).toBe('ann')
    expect((await show(await signToken(first, { ...longLived, sub: 'bob' }))).name).toBe('bob')
    await clock.advance(HOUR_SECONDS * 1000)
    expect(await codeOf(show(token))).toBe('ACCESS_UNAVAILABLE')
  })

  test('that cannot be had make nobody a guesser', async () => {
    const { show, claims, server, clock } = await openRig([first])
    server.answer((response) => response.writeHead(503).end())
    const token = await signToken(first, claims)
    for (let time = 0; time < 20; time += 1)
      expect(await refusalOf(show(token))).toMatchObject({ code: 'ACCESS_UNAVAILABLE', retryAfterMs: 10_000 })
    expect(server.asked()).toBe(1)
    server.serve(first)
    await clock.advance(10_000)
    expect((await show(token)).name).toBe('ann')

    // A new key is named and cannot be had: nobody knows whether the token is genuine.
    await clock.advance(10_000)
    server.answer((response) => response.writeHead(503).end())
    expect(await codeOf(show(await signToken(second, claims)))).toBe('ACCESS_UNAVAILABLE')
    expect(await codeOf(show(await signToken(nameless, claims)))).toBe('UNAUTHENTICATED')
    expect((await show(token)).name).toBe('ann')
  })

  test('that are redirected to are not fetched', async () => {
    const { show, claims, server } = await openRig([first])
    const elsewhere = await openServer(first)
    server.answer((response) => response.writeHead(302, { location: elsewhere.url }).end())
    expect(await codeOf(show(await signToken(first, claims)))).toBe('ACCESS_UNAVAILABLE')
    expect(elsewhere.asked()).toBe(0)
  })
})

import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { type AccessHeaders, type AccessSettings, createAuthenticator } from '#access/authenticator.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { codeOf } from '#test/support/refusal.ts'
import { createSigningKey, signToken } from '#test/support/token-issuer.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { closeRigs, HOUR_SECONDS, openRig, TOLERANCE_SECONDS } from './token-rig.ts'

const first = await createSigningKey('first')
const second = await createSigningKey('second')

const HERE = '10.0.0.1'
const ELSEWHERE = '10.0.0.2'
const toDigest = (key: string) => createHash('sha256').update(key).digest('hex')

const keyed: AccessSettings = {
  mode: 'keys',
  keys: [
    { name: 'web', sha256: toDigest('web-key'), role: 'reader', accounts: ['a'] },
    { name: 'team', sha256: toDigest('team-key'), role: 'ops', accounts: 'all' },
  ],
}

function openGate(access: AccessSettings, failedKeysPerMinute = 3) {
  const authenticator = createAuthenticator(access, { clock: new FakeClock(), failedKeysPerMinute })
  const toRequest = (headers: AccessHeaders, address: string) => ({ headers, address })
  return {
    authenticator,
    show: (headers: AccessHeaders, address = HERE) => authenticator.authenticate(toRequest(headers, address)),
    recognize: (headers: AccessHeaders, address = HERE) => authenticator.recognize(toRequest(headers, address)),
  }
}

describe('open mode', () => {
  test('recognizes everybody as the same anonymous caller', async () => {
    const { show, recognize } = openGate({ mode: 'open', role: 'reader' })
    expect(recognize({})).toBe(await show({}))
    expect(recognize({ 'x-api-key': ['a', 'b'] })).toBe(await show({}))
  })
})

describe('a key', () => {
  test('is recognized where it was right before, in either header, and is the same caller', async () => {
    const { show, recognize } = openGate(keyed)
    expect(recognize({ 'x-api-key': 'web-key' })).toBeUndefined()
    const web = await show({ 'x-api-key': 'web-key' })
    expect(recognize({ 'x-api-key': 'web-key' })).toBe(web)
    expect(recognize({ authorization: 'Bearer web-key' })).toBe(web)
    expect(recognize({ authorization: 'Bearer web-key', 'x-api-key': 'web-key' })).toBe(web)
    expect(recognize({ 'x-api-key': 'team-key' })).toBeUndefined()
    expect(await show({ 'x-api-key': 'team-key' })).toMatchObject({ name: 'team' })
    expect(recognize({ 'x-api-key': 'team-key' })).toMatchObject({ name: 'team' })
  })

  test('is not recognized from another network, but from all of its own', async () => {
    const { show, recognize } = openGate(keyed)
    await show({ 'x-api-key': 'web-key' }, '2001:db8::1')
    expect(recognize({ 'x-api-key': 'web-key' }, '2001:db8::2')).toMatchObject({ name: 'web' })
    expect(recognize({ 'x-api-key': 'web-key' }, '2001:db8:0:1::1')).toBeUndefined()
    expect(recognize({ 'x-api-key': 'web-key' }, HERE)).toBeUndefined()
  })

  test.each<[string, AccessHeaders]>([
    ['no key', {}],
    ['a wrong key', { 'x-api-key': 'web-kez' }],
    ['the beginning of the key', { 'x-api-key': 'web-ke' }],
    ['the key and more', { 'x-api-key': 'web-key2' }],
    ['the digest of the key', { 'x-api-key': toDigest('web-key') }],
    ['the key in another scheme', { authorization: 'Basic web-key' }],
    ['another key beside it', { authorization: 'Bearer web-key', 'x-api-key': 'other' }],
    ['the key of somebody else beside it', { authorization: 'Bearer web-key', 'x-api-key': 'team-key' }],
    ['what is too long', { 'x-api-key': 'web-key'.padEnd(9000, 'x') }],
    ['a network and a key that make the same text', { 'x-api-key': ` ${HERE} web-key` }],
  ])('is not recognized in %s', async (_, headers) => {
    const { show, recognize } = openGate(keyed)
    await show({ 'x-api-key': 'web-key' })
    await show({ 'x-api-key': 'team-key' })
    expect(recognize(headers)).toBeUndefined()
  })

  test('is not recognized beside what a connection brings of its own', async () => {
    const { authenticator, show } = openGate(keyed)
    await show({ 'x-api-key': 'web-key' })
    const request = { headers: { 'x-api-key': 'web-key' }, address: HERE }
    for (const payload of [null, {}, { apiKey: 'team-key' }])
      expect(authenticator.recognize({ ...request, payload })).toBeUndefined()
  })

  test('is guessed no faster for it: a look tells nothing, uses up no try, and gives none back', async () => {
    const { show, recognize } = openGate(keyed, 3)
    await show({ 'x-api-key': 'web-key' })
    for (let guess = 0; guess < 100; guess += 1) expect(recognize({ 'x-api-key': `guess-${guess}` })).toBeUndefined()
    expect(recognize({ 'x-api-key': 'team-key' })).toBeUndefined()
    for (let guess = 0; guess < 3; guess += 1) {
      expect(await codeOf(show({ 'x-api-key': `guess-${guess}` }))).toBe('UNAUTHENTICATED')
      expect(recognize({ 'x-api-key': 'web-key' })).toMatchObject({ name: 'web' })
    }
    expect(await codeOf(show({ 'x-api-key': 'team-key' }))).toBe('RATE_LIMITED')
    expect(recognize({ 'x-api-key': 'team-key' })).toBeUndefined()
    expect(recognize({ 'x-api-key': 'web-key' })).toMatchObject({ name: 'web' })
    expect(recognize({ 'x-api-key': 'web-key' }, ELSEWHERE)).toBeUndefined()
  })
})

describe('a token', () => {
  afterEach(closeRigs)

  async function openTokenRig() {
    const rig = await openRig([first])
    const recognize = (token: string, address = HERE) =>
      rig.authenticator.recognize({ headers: { authorization: `Bearer ${token}` }, address })
    return { ...rig, recognize }
  }

  test('is recognized where it was right before, until it runs out', async () => {
    const { show, recognize, claims, clock, nowSeconds } = await openTokenRig()
    const token = await signToken(first, { ...claims, exp: nowSeconds + 1 })
    expect(recognize(token)).toBeUndefined()
    const ann = await show(token)
    expect(recognize(token)).toBe(ann)
    expect(recognize(token, ELSEWHERE)).toBeUndefined()
    await clock.advance((TOLERANCE_SECONDS + 1) * 1000 - 1)
    expect(recognize(token)).toBe(ann)
    await clock.advance(1)
    expect(recognize(token)).toBeUndefined()
    expect(await codeOf(show(token))).toBe('UNAUTHENTICATED')
    expect(recognize(token)).toBeUndefined()
  })

  test('is not recognized by another of the same holder, nor by one that is not good', async () => {
    const { show, recognize, claims } = await openTokenRig()
    await show(await signToken(first, claims))
    expect(recognize(await signToken(first, { ...claims, jti: 'renewed' }))).toBeUndefined()
    const useless = await signToken(first, { ...claims, weir_role: 'guest' })
    const forged = await signToken({ ...second, id: 'first' }, claims)
    for (const token of [useless, forged]) {
      await codeOf(show(token))
      expect(recognize(token)).toBeUndefined()
    }
  })

  test('is not recognized once the keys of its issuer have changed, and no more where its own is gone', async () => {
    const { show, recognize, claims, server, clock } = await openTokenRig()
    const token = await signToken(first, claims)
    const ann = await show(token)
    server.serve(first, second)
    await clock.advance(10_000)
    await show(await signToken(second, { ...claims, sub: 'bob' }))
    expect(recognize(token)).toBeUndefined()
    expect(await show(token)).toEqual(ann)
    expect(recognize(token)).toEqual(ann)
    server.serve(second)
    await clock.advance(10_000)
    await codeOf(show(await signToken(await createSigningKey('third'), claims)))
    expect(recognize(token)).toBeUndefined()
    await codeOf(show(token))
    expect(recognize(token)).toBeUndefined()
  })

  test('has the keys of its issuer read again in time, so that a withdrawn one is forgotten', async () => {
    const { recognize, show, claims, server, clock } = await openTokenRig()
    const token = await signToken(first, { ...claims, exp: Math.floor(clock.now() / 1000) + 2 * HOUR_SECONDS })
    await show(token)
    server.serve(second)
    await clock.advance(10 * 60_000)
    expect(recognize(token)).toMatchObject({ name: 'ann' })
    await waitUntil('the key is forgotten', async () => recognize(token) === undefined)
    expect(server.asked()).toBe(2)
  })
})

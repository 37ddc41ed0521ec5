import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type AccessHeaders, type AccessSettings, createAuthenticator } from '#access/authenticator.ts'
import { maySee } from '#model/caller.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { refusalOf } from '#test/support/refusal.ts'

const toDigest = (key: string) => createHash('sha256').update(key).digest('hex')

const WEB_KEY = 'key-of-the-web-page'

function openGate(access: AccessSettings, failedKeysPerMinute = 10) {
  const authenticator = createAuthenticator(access, { clock: new FakeClock(), failedKeysPerMinute })
  return (headers: AccessHeaders, payload?: unknown, address = '10.0.0.1') =>
    authenticator.authenticate({ headers, payload, address })
}

const team = { name: 'team', sha256: toDigest('team-key'), role: 'ops', accounts: 'all' } as const

const keyed: AccessSettings = {
  mode: 'keys',
  keys: [{ name: 'web', sha256: toDigest(WEB_KEY), role: 'reader', accounts: ['a', 'b'] }, team],
}

describe('open mode', () => {
  test.each(['ops', 'reader'] as const)('takes everybody for the same anonymous %s', async (role) => {
    const open = openGate({ mode: 'open', role })
    expect(await open({})).toEqual({ name: 'anonymous', role, accounts: 'all' })
    expect((await open({ 'x-api-key': 'whatever' }, { apiKey: 'other' })).name).toBe('anonymous')
  })
})

describe('keys mode', () => {
  test('knows a key from either header', async () => {
    const show = openGate(keyed)
    expect((await show({ authorization: `Bearer ${WEB_KEY}` })).name).toBe('web')
    expect(await show({ authorization: 'bearer team-key' })).toMatchObject({ name: 'team', role: 'ops' })
    expect(await show({ 'x-api-key': WEB_KEY })).toMatchObject({ name: 'web', role: 'reader' })
  })

  test('shows the holder only the accounts of the key', async () => {
    const show = openGate(keyed)
    const web = await show({ 'x-api-key': WEB_KEY })
    expect([maySee(web, 'a'), maySee(web, 'b'), maySee(web, 'c')]).toEqual([true, true, false])
    expect(maySee(await show({ 'x-api-key': 'team-key' }), 'c')).toBe(true)
  })

  test.each<[string, AccessHeaders]>([
    ['no key', {}],
    ['an unknown key', { 'x-api-key': 'web' }],
    ['an empty key', { 'x-api-key': '' }],
    ['a digest instead of a key', { 'x-api-key': toDigest('team-key') }],
    ['a key in another scheme', { authorization: `Basic ${WEB_KEY}` }],
    ['a bare key', { authorization: WEB_KEY }],
    ['two words after the scheme', { authorization: `Bearer ${WEB_KEY} team-key` }],
    ['two different keys', { authorization: `Bearer ${WEB_KEY}`, 'x-api-key': 'team-key' }],
    ['two different keys in one repeated header', { 'x-api-key': [WEB_KEY, 'team-key'] }],
    ['two keys joined into one header', { 'x-api-key': `${WEB_KEY}, team-key` }],
    ['a key with more behind it', { 'x-api-key': WEB_KEY.padEnd(9000, 'x') }],
  ])('refuses %s', async (_, headers) => {
    const refusal = await refusalOf(openGate(keyed)(headers))
    expect(refusal.code).toBe('UNAUTHENTICATED')
    expect(refusal.message).not.toContain(WEB_KEY)
    expect(refusal.message).not.toContain('team-key')
  })

  test('takes the same key in both headers, and leaves other schemes to whom they belong', async () => {
    const show = openGate(keyed)
    expect((await show({ authorization: `Bearer ${WEB_KEY}`, 'x-api-key': WEB_KEY })).name).toBe('web')
    expect((await show({ authorization: 'Basic cHJveHk6cHJveHk=', 'x-api-key': WEB_KEY })).name).toBe('web')
  })

  test('knows a key from a connection_init payload', async () => {
    const show = openGate(keyed)
    expect((await show({}, { apiKey: WEB_KEY })).name).toBe('web')
    expect((await show({}, { authorization: `Bearer ${WEB_KEY}` })).name).toBe('web')
    expect((await show({ 'x-api-key': WEB_KEY }, undefined)).name).toBe('web')
  })

  test('knows a key beyond ASCII from a header, whose bytes Node reads as Latin-1, and from a payload', async () => {
    const asHeader = (text: string) => Buffer.from(text).toString('latin1')
    for (const key of ['schlüssel-à-é', '钥匙', '🔑']) {
      const show = openGate({ mode: 'keys', keys: [{ ...team, sha256: toDigest(key) }] })
      expect((await show({ 'x-api-key': asHeader(key) })).name).toBe('team')
      expect((await show({ authorization: `Bearer ${asHeader(key)}` })).name).toBe('team')
      expect((await show({ 'x-api-key': asHeader(key) }, { apiKey: key })).name).toBe('team')
    }
    // Sent as Latin-1: no UTF-8, and the same text.
    const show = openGate({ mode: 'keys', keys: [{ ...team, sha256: toDigest('schlüssel') }] })
    expect((await show({ 'x-api-key': 'schlüssel' })).name).toBe('team')
    expect((await refusalOf(show({ 'x-api-key': '钥匙' }))).code).toBe('UNAUTHENTICATED')
  })

  test('knows a key beyond ASCII that came over a socket', async () => {
    const key = 'schlüssel-钥匙-à'
    const show = openGate({ mode: 'keys', keys: [{ ...team, sha256: toDigest(key) }] })
    const server = createServer((request, response) => {
      void show(request.headers).then(
        ({ name }) => response.end(name),
        () => response.end('refused'),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    for (const header of ['X-API-Key: ', 'Authorization: Bearer ']) {
      const socket = connect(port, '127.0.0.1')
      socket.end(`GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header}${key}\r\n\r\n`)
      expect(String(Buffer.concat(await socket.toArray()))).toContain('team')
    }
  })

  test.each([null, undefined, 'text', 7, [], { apiKey: 7 }, { apiKey: ['x'] }, { APIKEY: WEB_KEY }])(
    'refuses the payload %j',
    async (payload) => {
      expect((await refusalOf(openGate(keyed)({}, payload))).code).toBe('UNAUTHENTICATED')
    },
  )

  test('refuses a payload whose key differs from that of the upgrade request', async () => {
    const act = openGate(keyed)({ 'x-api-key': 'team-key' }, { apiKey: WEB_KEY })
    expect((await refusalOf(act)).message).toContain('two different keys')
  })
})

describe('guessing', () => {
  test('ends for an address after some wrong keys, but not for who was let in from there before', async () => {
    const show = openGate(keyed, 3)
    await show({ 'x-api-key': WEB_KEY })
    for (let guess = 0; guess < 3; guess += 1)
      expect((await refusalOf(show({ 'x-api-key': `guess-${guess}` }))).code).toBe('UNAUTHENTICATED')
    const refusal = await refusalOf(show({ 'x-api-key': 'team-key' }))
    expect(refusal).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 60_000 })
    expect((await show({ 'x-api-key': WEB_KEY })).name).toBe('web')
    expect((await show({ 'x-api-key': 'team-key' }, undefined, '10.0.0.2')).name).toBe('team')
  })

  test('is not what sends nothing, or two keys at once', async () => {
    const show = openGate(keyed, 1)
    for (let time = 0; time < 20; time += 1) {
      expect((await refusalOf(show({}))).code).toBe('UNAUTHENTICATED')
      expect((await refusalOf(show({ 'x-api-key': ['a', 'b'] }))).code).toBe('UNAUTHENTICATED')
    }
    expect((await show({ 'x-api-key': WEB_KEY })).name).toBe('web')
  })

  test('gains nothing from a hundred tries at the same time', async () => {
    const show = openGate(keyed, 5)
    const tries = Array.from({ length: 100 }, (_, guess) => refusalOf(show({}, { apiKey: `guess-${guess}` })))
    const codes = (await Promise.all(tries)).map(({ code }) => code)
    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(5)
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(95)
  })
})

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type AccessHeaders, createAuthenticator } from '#access/authenticator.ts'
import { maySee } from '#model/caller.ts'
import { GatewayError } from '#model/errors.ts'

const toDigest = (key: string) => createHash('sha256').update(key).digest('hex')

const guarded = createAuthenticator({
  mode: 'keys',
  keys: [
    { name: 'web', sha256: toDigest('key of the web page'.replaceAll(' ', '-')), role: 'reader', accounts: ['a', 'b'] },
    { name: 'team', sha256: toDigest('team-key'), role: 'ops', accounts: 'all' },
  ],
})
const WEB_KEY = 'key-of-the-web-page'

function findRefusal(act: () => unknown): GatewayError {
  try {
    act()
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('open mode', () => {
  const open = createAuthenticator({ mode: 'open' })

  test('takes everybody for the same anonymous operator', () => {
    expect(open.authenticate({})).toEqual({ name: 'anonymous', role: 'ops', accounts: 'all' })
    expect(open.authenticate({ 'x-api-key': 'whatever' }).name).toBe('anonymous')
    expect(open.authenticateConnection({}, null).name).toBe('anonymous')
  })
})

describe('keys mode', () => {
  test('knows a key from either header', () => {
    expect(guarded.authenticate({ authorization: `Bearer ${WEB_KEY}` }).name).toBe('web')
    expect(guarded.authenticate({ authorization: 'bearer team-key' })).toMatchObject({ name: 'team', role: 'ops' })
    expect(guarded.authenticate({ 'x-api-key': WEB_KEY })).toMatchObject({ name: 'web', role: 'reader' })
  })

  test('shows the holder only the accounts of the key', () => {
    const web = guarded.authenticate({ 'x-api-key': WEB_KEY })
    expect([maySee(web, 'a'), maySee(web, 'b'), maySee(web, 'c')]).toEqual([true, true, false])
    expect(maySee(guarded.authenticate({ 'x-api-key': 'team-key' }), 'c')).toBe(true)
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
  ])('refuses %s', (_, headers) => {
    const refusal = findRefusal(() => guarded.authenticate(headers))
    expect(refusal.code).toBe('UNAUTHENTICATED')
    expect(refusal.message).not.toContain(WEB_KEY)
    expect(refusal.message).not.toContain('team-key')
  })

  test('takes the same key in both headers, and leaves other schemes to whom they belong', () => {
    expect(guarded.authenticate({ authorization: `Bearer ${WEB_KEY}`, 'x-api-key': WEB_KEY }).name).toBe('web')
    expect(guarded.authenticate({ authorization: 'Basic cHJveHk6cHJveHk=', 'x-api-key': WEB_KEY }).name).toBe('web')
  })

  test('knows a key from a connection_init payload', () => {
    expect(guarded.authenticateConnection({}, { apiKey: WEB_KEY }).name).toBe('web')
    expect(guarded.authenticateConnection({}, { authorization: `Bearer ${WEB_KEY}` }).name).toBe('web')
    expect(guarded.authenticateConnection({ 'x-api-key': WEB_KEY }, undefined).name).toBe('web')
  })

  test.each([null, undefined, 'text', 7, [], { apiKey: 7 }, { apiKey: ['x'] }, { APIKEY: WEB_KEY }])(
    'refuses the payload %j',
    (payload) => {
      expect(findRefusal(() => guarded.authenticateConnection({}, payload)).code).toBe('UNAUTHENTICATED')
    },
  )

  test('refuses a payload whose key differs from that of the upgrade request', () => {
    const act = () => guarded.authenticateConnection({ 'x-api-key': 'team-key' }, { apiKey: WEB_KEY })
    expect(findRefusal(act).message).toContain('two different keys')
  })
})

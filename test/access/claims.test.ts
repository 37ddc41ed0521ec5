import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readHolder } from '#access/claims.ts'

const settings = {
  claims: { name: 'sub', role: 'weir_role', accounts: 'weir_accounts' },
  roles: { reader: 'reader', ops: 'ops', 'live-admin': 'ops' },
} as const

const genuine = { sub: 'ann', weir_role: 'reader', weir_accounts: ['a', 'b'] }

function findName(sub: unknown): string {
  const holder = readHolder({ ...genuine, sub }, settings)
  if ('refusal' in holder) throw new Error(holder.refusal)
  return holder.caller.name
}

describe('claims', () => {
  test('say who, what and where', () => {
    expect(readHolder(genuine, settings)).toEqual({
      caller: { name: 'ann', role: 'reader', accounts: new Set(['a', 'b']) },
    })
  })

  test.each<[unknown, unknown]>([
    ['ops', 'ops'],
    ['live-admin', 'ops'],
    [['guest', 'reader'], 'reader'],
    [['reader', 'live-admin'], 'ops'],
    [['ops', 7, null, {}], 'ops'],
  ])('of role %j make the role %j', (weir_role, role) => {
    expect(readHolder({ ...genuine, weir_role }, settings)).toMatchObject({ caller: { role } })
  })

  test.each([
    undefined,
    null,
    '',
    'guest',
    'OPS',
    'reader ops',
    [],
    [['ops']],
    7,
    { ops: true },
    'constructor',
    '__proto__',
  ])('of role %j give nothing', (weir_role) => {
    expect(readHolder({ ...genuine, weir_role }, settings)).toEqual({ refusal: expect.stringContaining('weir_role') })
  })

  test.each<[unknown, unknown]>([
    ['a', new Set(['a'])],
    [' a  b\tc ', new Set(['a', 'b', 'c'])],
    ['a *', 'all'],
    [['*'], 'all'],
    [['a b', 'c'], new Set(['a b', 'c'])],
    [['a', 7, null, ['*'], {}], new Set(['a'])],
    ['', new Set()],
    [[], new Set()],
    [undefined, new Set()],
    [null, new Set()],
    [true, new Set()],
    [{ a: true, '*': true }, new Set()],
  ])('with the accounts %j show %j', (weir_accounts, accounts) => {
    expect(readHolder({ ...genuine, weir_accounts }, settings)).toMatchObject({ caller: { accounts } })
  })

  test('show all accounts where the settings ask for no such claim', () => {
    const open = { ...settings, claims: { ...settings.claims, accounts: null } }
    expect(readHolder(genuine, open)).toMatchObject({ caller: { accounts: 'all' } })
  })

  test('are found by their very name first, and by dots through objects', () => {
    const dotted = { ...settings, claims: { ...settings.claims, role: 'resource_access.my.client.roles' } }
    const inside = {
      ...genuine,
      resource_access: { 'my.client': { roles: ['ops'] }, my: { client: { roles: 'ops' } } },
    }
    expect(readHolder(inside, dotted)).toMatchObject({ caller: { role: 'ops' } })
    const named = { ...inside, 'resource_access.my.client.roles': 'reader' }
    expect(readHolder(named, dotted)).toMatchObject({ caller: { role: 'reader' } })
    const web = { ...settings, claims: { ...settings.claims, role: 'https://example.com/role' } }
    expect(readHolder({ ...genuine, 'https://example.com/role': 'ops' }, web)).toMatchObject({
      caller: { role: 'ops' },
    })
  })

  test.each([
    '__proto__',
    'constructor',
    'toString',
    '__proto__.role',
    'constructor.name',
    'sub.length',
    'list.length',
  ])('are never what every object has: %s', (role) => {
    const roles = { Object: 'ops', '3': 'ops', '1': 'ops' } as const
    const claims = { ...genuine, list: ['ops'] }
    expect(readHolder(claims, { claims: { ...settings.claims, role }, roles })).toHaveProperty('refusal')
  })

  test('named __proto__ are read like any other, and change nothing', () => {
    const claims: object = JSON.parse('{"sub":"ann","__proto__":{"weir_role":"ops","polluted":true}}')
    expect(readHolder(claims, settings)).toHaveProperty('refusal')
    const inside = { ...settings, claims: { ...settings.claims, role: '__proto__.weir_role' } }
    expect(readHolder(claims, inside)).toMatchObject({ caller: { role: 'ops' } })
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

describe('the name of a holder', () => {
  test.each(['ann', 'ann@example.com', 'auth0|5f7c8ec7', 'urn:uuid:0-1', 'A'.repeat(64)])(
    'is %s as it stands',
    (sub) => {
      expect(findName(sub)).toBe(sub)
    },
  )

  test.each(['', undefined, null, true, {}, ['ann'], 1.5])('is never made of %j', (sub) => {
    expect(readHolder({ ...genuine, sub }, settings)).toEqual({ refusal: expect.stringContaining('"sub"') })
  })

  test.each([
    'ann smith',
    'x\r\n{"level":60}',
    'анна',
    'A'.repeat(65),
    'anonymous',
    'other',
    'snapshot-collector',
    'a~b',
    7,
    '\u001b[31m',
  ])('is made harmless and stays its own: %j', (sub) => {
    expect(findName(sub)).toMatch(/^[A-Za-z0-9._@|:-]{1,47}~[A-Za-z0-9_-]{16}$/)
    expect(findName(sub)).toBe(findName(sub))
  })

  test('tells a number from its digits, and lone surrogates from each other', () => {
    expect(new Set([findName(7), findName('7'), findName('\ud800'), findName('\ud801')]).size).toBe(4)
  })

  test('is never that of another', () => {
    const codes = (code: fc.Arbitrary<number>) =>
      fc.array(code, { minLength: 1, maxLength: 80 }).map((units) => String.fromCharCode(...units))
    // Any unit of UTF-16, lone surrogates too, and names that differ little.
    const text = fc.oneof(codes(fc.integer({ min: 0, max: 0xffff })), codes(fc.constantFrom(...Buffer.from('a_~ -'))))
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(findName(one) === findName(other)).toBe(one === other)
        expect(findName(findName(one)) === findName(other)).toBe(findName(one) === other)
        expect(findName(one)).toMatch(/^[A-Za-z0-9._@|:~-]{1,64}$/)
      }),
      { numRuns: 200 },
    )
  })
})

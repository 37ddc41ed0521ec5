import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkPlanted } from '#test/support/planted-project.ts'
import { findSecrets } from '../../scripts/checks/secrets.ts'

const project = join(import.meta.dirname, '..', '..')
/** Put together here, or this file would be the first to be found. */
const glue = (...parts: readonly string[]) => parts.join('')

const hexKey = glue('9b1f7c2e', 'd4a85036', 'e7b2c91d', '48f6a05c')

const check = (files: Readonly<Record<string, string>>) => checkPlanted(files, findSecrets)

test('this project holds no secret', async () => {
  expect(await findSecrets(project)).toEqual([])
})

describe('finds', () => {
  test.each([
    ['the id of a cloud key by itself', glue('id: AKIA', 'Q3EGRZY7XKLMNP2W'), 'aws-key-id'],
    ['the id of a key of Tencent Cloud', glue('AKID', 'z8krbsJ5yKBZQpn74WFkmLPx3gnPhESA'), 'tencent-key-id'],
    [
      'a private key in one string of code',
      glue("const key = '-----BEGIN ", "RSA PRIVATE KEY-----\\nMIIEvQIBADAN\\n'"),
      'private-key',
    ],
    ['a password in an address', glue('redis://:', 'c0rrect-horse@cache.weir.live:6379'), 'address-with-password'],
    ['the key of a provider in settings', `    apiKey: ${hexKey}`, 'named-key'],
    ['the key of a provider in code', `const options = { apiKey: '${hexKey}' }`, 'named-key'],
    [
      'a token',
      glue('eyJhbGciOiJIUzI1NiJ9', '.eyJzdWIiOiIxMjM0NTY3ODkwIn0', '.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P'),
      'json-web-token',
    ],
  ])('%s, and does not repeat it', async (_, text, rule) => {
    expect(await check({ 'src/settings.txt': `first\n${text}\n` })).toEqual([
      `src/settings.txt:2 looks like a secret (${rule})`,
    ])
  })

  test('what secretlint knows', async () => {
    const text = glue('AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI', '/K7MDENG/bPxRfiCYzzHj8kLmQq')
    expect(await check({ 'deploy.env': text })).toContain('deploy.env:1 looks like a secret (secretlint-aws)')
  })
})

describe('lets pass', () => {
  test.each([
    ['a variable in an address', 'redis://:${REDIS_PASSWORD}@cache.weir.live:6379'],
    ['a name that is reserved for examples', 'https://user:password@id.example/keys'],
    ['this machine', 'redis://:secret-word@127.0.0.1:6379'],
    ['a digest that is no key', `sha256: ${hexKey}${hexKey}`],
    ['letters over and over', "apiKey: 'f00dfeedf00dfeedf00dfeedf00dfeed'"],
    ['a row of digits', "apiKey: '0123456789abcdef0123456789abcdef'"],
  ])('%s', async (_, text) => {
    expect(await check({ 'docs/page.md': text })).toEqual([])
  })
})

describe('what is allowed', () => {
  const allowance = (contains: string) =>
    JSON.stringify({
      comment: '',
      allowed: [{ file: 'a.yaml', rule: 'named-key', contains, because: 'opens a door that is painted on a wall' }],
    })

  test('is let through', async () => {
    const files = { 'a.yaml': `apiKey: ${hexKey}`, 'security/secrets.json': allowance(hexKey.slice(0, 12)) }
    expect(await check(files)).toEqual([])
  })

  test('is that line and no other of the file', async () => {
    const other = hexKey.split('').toReversed().join('')
    const text = `apiKey: ${hexKey}\napiKey: ${other}`
    expect(await check({ 'a.yaml': text, 'security/secrets.json': allowance(hexKey.slice(0, 12)) })).toEqual([
      'a.yaml:2 looks like a secret (named-key)',
    ])
  })

  test('is a problem once it is gone', async () => {
    expect(await check({ 'a.yaml': 'nothing', 'security/secrets.json': allowance(hexKey.slice(0, 12)) })).toEqual([
      'a.yaml has no such named-key any more: take it off the allowed',
    ])
  })
})

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkPlanted } from '#test/support/planted-project.ts'
import { findSlowExpressions } from '../../scripts/checks/regular-expressions.ts'

const project = join(import.meta.dirname, '..', '..')
const check = (files: Readonly<Record<string, string>>) => checkPlanted(files, findSlowExpressions)
const review = (expression: string) =>
  JSON.stringify({
    comment: '',
    reviewed: [{ file: 'src/a.ts', expression, because: 'the text is never longer than ten characters' }],
  })

test('this project has no expression that a text can make slow', { timeout: 120_000 }, async () => {
  expect(await findSlowExpressions(project)).toEqual([])
})

describe('finds an expression', () => {
  test('whose time doubles with each character', async () => {
    expect(await check({ 'src/a.ts': 'export const a = /^(a+)+$/\n' })).toEqual([
      expect.stringMatching(/^src\/a\.ts: \/\^\(a\+\)\+\$\/ can be made slow: exponential, by /),
    ])
  })

  test('whose time grows with the square of the text', async () => {
    expect(await check({ 'web/a.tsx': 'export const A = () => <b>{/\\s*,\\s*/.test("")}</b>\n' })).toEqual([
      expect.stringMatching(/can be made slow: 2nd degree polynomial/),
    ])
  })

  test.each(["new RegExp('^(a+)+$')", "RegExp('^(a+)+$', 'u')", 'new globalThis.RegExp(`^(a+)+$`)'])(
    'written as %s',
    async (text) => {
      expect(await check({ 'sandbox/a.ts': `export const a = ${text}\n` })).toHaveLength(1)
    },
  )
})

test('takes none from a text or a comment', async () => {
  expect(await check({ 'src/a.ts': "// /^(a+)+$/\nexport const a = '/^(a+)+$/'\n" })).toEqual([])
})

describe('a reviewed expression', () => {
  test('is let through', async () => {
    const files = { 'src/a.ts': 'export const a = /\\/+$/\n', 'security/regular-expressions.json': review('/\\/+$/') }
    expect(await check(files)).toEqual([])
  })

  test('is let through in that file only', async () => {
    const text = 'export const a = /\\/+$/\n'
    const files = { 'src/a.ts': text, 'src/b.ts': text, 'security/regular-expressions.json': review('/\\/+$/') }
    expect(await check(files)).toEqual([expect.stringMatching(/^src\/b\.ts: /)])
  })

  test('is found all the same when no bound can excuse it', async () => {
    const files = {
      'src/a.ts': 'export const a = /^(a+)+$/\n',
      'security/regular-expressions.json': review('/^(a+)+$/'),
    }
    expect(await check(files)).toEqual([expect.stringMatching(/exponential/)])
  })

  test('is a problem once it is gone', async () => {
    const files = { 'src/a.ts': 'export const a = 1\n', 'security/regular-expressions.json': review('/\\/+$/') }
    expect(await check(files)).toEqual(['src/a.ts has no /\\/+$/ any more: take it off the reviewed'])
  })
})

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const FOLDER = resolve(import.meta.dirname, '../../sandbox')

function importsOf(file: string): string[] {
  const text = readFileSync(join(FOLDER, file), 'utf8')
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
}

test('imports nothing but itself and what Node brings, so that no misreading of a protocol is shared', () => {
  const files = globSync('**/*.ts', { cwd: FOLDER })
  expect(files.length).toBeGreaterThan(20)
  for (const file of files) {
    for (const name of importsOf(file)) {
      const isInside = name.startsWith('.') && !relative(FOLDER, resolve(FOLDER, dirname(file), name)).startsWith('..')
      expect(isInside || name.startsWith('node:'), `${file} imports ${name}`).toBe(true)
    }
  }
})

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findForbiddenLicences, findLicenceProblems, type LicencePolicy } from '../../scripts/checks/licences.ts'
import type { LockFile } from '../../scripts/checks/lock-file.ts'

const project = join(import.meta.dirname, '..', '..')

test('every package of this project may be used for what it is used for', async () => {
  expect(await findLicenceProblems(project)).toEqual([])
})

describe('a licence', () => {
  const policy: LicencePolicy = {
    comment: '',
    shipped: ['MIT', 'Apache-2.0'],
    tools: ['MPL-2.0'],
    exceptions: { odd: { licence: 'Odd-1.0', because: 'the author was asked and agreed' } },
  }
  const check = (license: string | undefined, shipped = true, name = 'thing') => {
    const entry = {
      version: '1.0.0',
      link: false,
      inBundle: false,
      hasInstallScript: false,
      optional: false,
      dev: !shipped,
    }
    const needs = { dependencies: {}, optionalDependencies: {} }
    const path = `node_modules/${name}`
    const lockFile: LockFile = { lockfileVersion: 3, packages: { [path]: { ...entry, ...needs, license } } }
    const { exceptions, ...rest } = policy
    const used = name === 'odd' ? exceptions : {}
    return findForbiddenLicences(lockFile, new Set(shipped ? [path] : []), { ...rest, exceptions: used })
  }

  test.each(['MIT', '(MIT OR GPL-3.0-only)', 'MIT AND Apache-2.0', 'GPL-2.0-only OR MIT AND Apache-2.0'])(
    'lets %s pass',
    (license) => {
      expect(check(license)).toEqual([])
    },
  )

  test.each(['GPL-3.0-only', 'MIT AND GPL-3.0-only', 'SEE LICENSE IN FILE', '(MIT OR A) AND (MIT OR B)', 'MPL-2.0'])(
    'stops %s',
    (license) => {
      expect(check(license)).toEqual([
        `node_modules/thing has the licence ${license}, which is not allowed for what is shipped`,
      ])
    },
  )

  test('may be another for a tool', () => {
    expect(check('MPL-2.0', false)).toEqual([])
    expect(check('GPL-3.0-only', false)).toHaveLength(1)
  })

  test('has to be there', () => {
    expect(check(undefined)).toEqual(['node_modules/thing names no licence'])
  })

  test('may be excepted by name, as long as it is that one and needed', () => {
    expect(check('Odd-1.0', true, 'odd')).toEqual([])
    expect(check('Odd-2.0', true, 'odd')).toHaveLength(2)
  })
})

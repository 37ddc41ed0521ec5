import { describe, expect, test } from 'vitest'
import {
  type Floors,
  findLooseVersions,
  findOddPackages,
  findOldVersions,
  type LockFile,
} from '../../scripts/checks/lock-file.ts'

type Entry = LockFile['packages'][string]

const sound: Entry = {
  version: '1.0.0',
  integrity: 'sha512-x',
  link: false,
  inBundle: false,
  hasInstallScript: false,
  optional: false,
}
const lockFile = (packages: Record<string, Partial<Entry>>): LockFile => ({
  packages: Object.fromEntries(Object.entries(packages).map(([path, entry]) => [path, { ...sound, ...entry }])),
})

describe('versions in package.json', () => {
  const manifest = (version: string) => ({
    name: 'weir',
    dependencies: { thing: version },
    devDependencies: {},
    optionalDependencies: {},
  })

  test.each(['^1.2.3', '~1.2.3', '1.2', '*', 'latest', 'https://example.com/thing.tgz'])('refuses %s', (version) => {
    expect(findLooseVersions(manifest(version))).toEqual([`weir asks for thing "${version}"; write one exact version`])
  })

  test.each(['1.2.3', '1.2.3-rc.1'])('takes %s', (version) => {
    expect(findLooseVersions(manifest(version))).toEqual([])
  })
})

describe('packages in the lock file', () => {
  test('name no address: each machine has a registry of its own', () => {
    const problems = findOddPackages(
      lockFile({ 'node_modules/a': { resolved: 'https://mirror.example.com/a-1.0.0.tgz' }, 'node_modules/b': {} }),
    )
    expect(problems).toEqual([expect.stringMatching(/^node_modules\/a names an address/)])
  })

  test('have a checksum, but for the ones that are folders of this project', () => {
    const problems = findOddPackages(
      lockFile({
        'node_modules/a': { integrity: undefined },
        'node_modules/@weir/web': { integrity: undefined, link: true, resolved: 'web' },
        web: { integrity: undefined },
      }),
    )
    expect(problems).toEqual(['node_modules/a has no checksum'])
  })

  test('run no script that nobody read', () => {
    const problems = findOddPackages(lockFile({ 'node_modules/a': { hasInstallScript: true } }))
    expect(problems).toEqual(['node_modules/a runs a script when it is installed'])
  })
})

describe('floors', () => {
  const floors: Floors = {
    comment: '',
    reviewed: '2026-11-21',
    floors: {
      thing: [
        { version: '6.29.1', because: 'hole six' },
        { version: '8.12.2', because: 'hole eight' },
      ],
    },
  }
  const check = (version: string, path = 'node_modules/thing') =>
    findOldVersions(lockFile({ [path]: { version } }), floors)

  test.each(['6.29.1', '6.30.0', '8.12.2', '8.12.10', '9.0.0'])('let %s pass', (version) => {
    expect(check(version)).toEqual([])
  })

  test.each(['6.29.0', '6.9.9', '8.12.1', '8.2.9', '8.12.2-rc.1', '7.99.0', '5.0.0'])('stop %s', (version) => {
    expect(check(version)).toHaveLength(1)
  })

  test('hold for copies deep inside other packages, and say why', () => {
    expect(check('8.12.1', 'node_modules/other/node_modules/thing')).toEqual([
      'node_modules/other/node_modules/thing is 8.12.1; needed is 6.29.1 or 8.12.2 or later: hole eight',
    ])
  })
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkPlanted } from '#test/support/planted-project.ts'
import {
  type Floors,
  findLockFileProblems,
  findLooseVersions,
  findOddPackages,
  findOldVersions,
  type LockFile,
} from '../../scripts/checks/lock-file.ts'

type Entry = LockFile['packages'][string]

const sound: Entry = {
  version: '1.0.0',
  integrity: `sha512-${'x'.repeat(86)}==`,
  license: 'MIT',
  dev: false,
  link: false,
  inBundle: false,
  hasInstallScript: false,
  optional: false,
  dependencies: {},
  optionalDependencies: {},
}
const lockFile = (packages: Record<string, Partial<Entry>>): LockFile => ({
  lockfileVersion: 3,
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

  test.each([
    ['a weak checksum', `sha1-${'x'.repeat(27)}=`],
    ['several', `sha512-${'x'.repeat(86)}== sha1-${'x'.repeat(27)}=`],
    ['half of one', 'sha512-x'],
  ])('have one strong checksum, not %s', (_, integrity) => {
    expect(findOddPackages(lockFile({ 'node_modules/a': { integrity } }))).toEqual([
      'node_modules/a has a checksum other than one SHA-512',
    ])
  })

  test('are what their name says', () => {
    expect(findOddPackages(lockFile({ 'node_modules/fastify': { name: 'fastlfy' } }))).toEqual([
      'node_modules/fastify is fastlfy by another name',
    ])
  })

  test.each(['git+ssh://git@code.example/a.git', 'https://a.example/a.tgz', 'npm:other@1.0.0', 'file:../a', 'owner/a'])(
    'are not taken from %s',
    (from) => {
      expect(findOddPackages(lockFile({ 'node_modules/b': { dependencies: { a: from } } }))).toEqual([
        `node_modules/b takes a from "${from}" instead of the registry`,
      ])
    },
  )

  test('have a version and are not hidden in others', () => {
    expect(findOddPackages(lockFile({ 'node_modules/a': { version: undefined } }))).toEqual([
      'node_modules/a has no version',
    ])
    expect(findOddPackages(lockFile({ 'node_modules/a/node_modules/b': { inBundle: true } }))).toHaveLength(1)
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

describe('the lock file of this project', () => {
  const project = join(import.meta.dirname, '..', '..')
  const files = { 'package.json': undefined, 'web/package.json': undefined, 'security/floors.json': undefined }

  test('is as it promises', async () => {
    expect(await findLockFileProblems(project)).toEqual([])
  })

  test('turns red with an old undici in it', async () => {
    const text = await readFile(join(project, 'package-lock.json'), 'utf8')
    const old = text.replace(/("node_modules\/undici": \{\s*"version": )"[^"]*"/, '$1"8.12.1"')
    expect(old).not.toBe(text)
    expect(await checkPlanted({ ...files, 'package-lock.json': old }, findLockFileProblems)).toEqual([
      expect.stringMatching(/^node_modules\/undici is 8\.12\.1; needed is .*CVE-2026-109924/),
    ])
  })
})

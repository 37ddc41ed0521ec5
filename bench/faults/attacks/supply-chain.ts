// S20: the project's own checks find nothing in the tree, and find one planted thing of each kind. Nothing here starts a
// gateway, and nothing needs a network.
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findImportProblems } from '../../../scripts/checks/import-rules.ts'
import { findLicenceProblems } from '../../../scripts/checks/licences.ts'
import { findLockFileProblems } from '../../../scripts/checks/lock-file.ts'
import { findSlowExpressions } from '../../../scripts/checks/regular-expressions.ts'
import { findSecrets } from '../../../scripts/checks/secrets.ts'
import { findForbiddenCode } from '../../../scripts/checks/source-rules.ts'
import { projectFolder } from '../../../scripts/checks/tool.ts'
import type { FaultCase } from '../fault-case.ts'

type Check = (folder: string) => Promise<readonly string[]>

const checks: Readonly<Record<string, Check>> = {
  lockFile: findLockFileProblems,
  secrets: findSecrets,
  expressions: findSlowExpressions,
  sourceRules: findForbiddenCode,
  licences: findLicenceProblems,
  imports: findImportProblems,
}

/** A violation, the check that must see it, and what its problem must name. */
interface Planted {
  readonly what: string
  readonly check: Check
  readonly names: RegExp
  /** File of the project that is changed, or a new one. */
  readonly file: string
  readonly change: (text: string) => string
}

const editLock = (edit: (packages: Record<string, Record<string, unknown>>) => void) => (text: string) => {
  const lock: { packages: Record<string, Record<string, unknown>> } = JSON.parse(text)
  edit(lock.packages)
  return JSON.stringify(lock)
}
const setPackage = (name: string, field: string, value: unknown) =>
  editLock((packages) => {
    const found = packages[`node_modules/${name}`]
    if (found === undefined) throw new Error(`the lock file has no ${name}`)
    found[field] = value
  })
/** Put together here, so that no check of this very file finds them. */
const secret = ['AKIA', 'ZZZZQQQQWWWW4444'].join('')
const secretKey = ['wJalrXUtnFEMI/K7MDENG/', 'bPxRfiCYzzzzzzzzzz'].join('')
const slow = ['^(a', '+)+$'].join('')

const planted: readonly Planted[] = [
  {
    what: 'an old undici',
    check: findLockFileProblems,
    names: /undici/,
    file: 'package-lock.json',
    change: setPackage('undici', 'version', '6.0.0'),
  },
  {
    what: 'an old ws',
    check: findLockFileProblems,
    names: /ws/,
    file: 'package-lock.json',
    change: setPackage('ws', 'version', '8.0.0'),
  },
  {
    what: 'a package from elsewhere',
    check: findLockFileProblems,
    names: /fastify/,
    file: 'package-lock.json',
    change: setPackage('fastify', 'resolved', 'http://evil.example/fastify.tgz'),
  },
  {
    what: 'a package without a checksum',
    check: findLockFileProblems,
    names: /fastify/,
    file: 'package-lock.json',
    change: setPackage('fastify', 'integrity', undefined),
  },
  {
    what: 'a loose version',
    check: findLockFileProblems,
    names: /fastify/,
    file: 'package.json',
    change: (text) => text.replace(/"fastify": "/, '"fastify": "^'),
  },
  {
    what: 'a secret',
    check: findSecrets,
    names: /planted/,
    file: 'src/planted.ts',
    change: () => `export const id = '${secret}'\nexport const aws_secret_access_key = '${secretKey}'\n`,
  },
  {
    what: 'a slow expression',
    check: findSlowExpressions,
    names: /planted/,
    file: 'src/planted.ts',
    change: () => `export const slow = /${slow}/\n`,
  },
  {
    what: 'a way out of its own',
    check: findForbiddenCode,
    names: /planted/,
    file: 'src/services/planted.ts',
    change: () => "export const ask = () => fetch('https://example.com')\n",
  },
  {
    what: 'code out of a text',
    check: findForbiddenCode,
    names: /planted/,
    file: 'src/services/planted.ts',
    change: () => 'export const run = (text: string) => eval(text)\n',
  },
  {
    what: 'a licence that is not allowed',
    check: findLicenceProblems,
    names: /undici/,
    file: 'package-lock.json',
    change: setPackage('undici', 'license', 'AGPL-3.0-only'),
  },
]

/** What the checks need to look at a folder at all. */
const COPIED = [
  'security',
  'package.json',
  'package-lock.json',
  'web/package.json',
  'tsconfig.json',
  '.gitignore',
  '.node-version',
]

/** S20. */
export const supplyChain: FaultCase = {
  name: 'S20',
  title: 'what the project is made of',
  part: 'attacks',
  isQuick: true,
  needsRedis: false,
  queue: 'supply chain',
  run: async ({ judgement, onEnd, isQuick }) => {
    // The quick set is a part of `npm run check`, which has just run these itself.
    if (!isQuick)
      for (const [name, check] of Object.entries(checks)) {
        const problems = await check(projectFolder)
        judgement.equals(name, problems.slice(0, 2).join('; ') || 'nothing', 'nothing')
      }
    const folder = await mkdtemp(join(tmpdir(), 'weir-planted-'))
    onEnd(() => rm(folder, { recursive: true, force: true }))
    for (const name of COPIED)
      await cp(join(projectFolder, name), join(folder, name), {
        recursive: true,
        filter: (path) => !/node_modules|\/dist(\/|$)/.test(path),
      }).catch(() => undefined)
    await symlink(join(projectFolder, 'node_modules'), join(folder, 'node_modules'))
    const missed: string[] = []
    for (const one of planted) {
      const problems = await plant(folder, one)
      if (!problems.some((problem) => one.names.test(problem)))
        missed.push(`${one.what} (${problems[0] ?? 'nothing found'})`)
    }
    judgement.note('planted', planted.length)
    judgement.equals('notFound', missed.join(', ') || 'none', 'none')
    await judgeContainer(judgement)
  },
}

/** Puts one thing in, looks, and takes it out again. */
async function plant(folder: string, { file, change, check }: Planted): Promise<readonly string[]> {
  const path = join(folder, file)
  const before = await readFile(path, 'utf8').catch(() => undefined)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, change(before ?? ''))
  try {
    return await check(folder)
  } finally {
    if (before === undefined) await rm(path)
    else await writeFile(path, before)
  }
}

/** The container runs as nobody in particular, and needs to write nowhere but to its data. */
async function judgeContainer(judgement: Parameters<FaultCase['run']>[0]['judgement']): Promise<void> {
  const image = await readFile(join(projectFolder, 'Dockerfile'), 'utf8')
  const user =
    image
      .match(/^USER\s+(\S+)/gm)
      ?.at(-1)
      ?.split(/\s+/)[1] ?? 'root'
  judgement.equals('containerUserIsRoot', /^(root|0)(:|$)/.test(user), false)
  const chart = await readFile(join(projectFolder, 'helm', 'weir', 'templates', '_pod.tpl'), 'utf8')
  judgement.equals('containerFilesAreReadOnly', /readOnlyRootFilesystem:\s*true/.test(chart), true)
  judgement.equals('containerCannotGainRights', /allowPrivilegeEscalation:\s*false/.test(chart), true)
}

// Whether every package may be used for what it is used for (security/licences.json).
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type LockFile, readLockFile, toName } from './lock-file.ts'
import { listShippedPackages } from './shipped-packages.ts'

const policyShape = z.strictObject({
  comment: z.string(),
  shipped: z.array(z.string()),
  tools: z.array(z.string()),
  exceptions: z.record(z.string(), z.strictObject({ licence: z.string(), because: z.string().min(20) })),
})

/** Licences, by their SPDX names. */
export type LicencePolicy = z.output<typeof policyShape>

/** Every package of the project below `folder` whose licence is missing or not allowed, and exceptions of none. */
export async function findLicenceProblems(folder: string): Promise<readonly string[]> {
  const policy: unknown = JSON.parse(await readFile(join(folder, 'security/licences.json'), 'utf8'))
  const lockFile = await readLockFile(folder)
  return findForbiddenLicences(lockFile, await listShippedPackages(folder, lockFile), policyShape.parse(policy))
}

/** @param shipped paths of the lock file; what is allowed for tools is not for these */
export function findForbiddenLicences(
  lockFile: LockFile,
  shipped: ReadonlySet<string>,
  policy: LicencePolicy,
): readonly string[] {
  const unused = new Set(Object.keys(policy.exceptions))
  const problems: string[] = []
  for (const [path, { license, link }] of Object.entries(lockFile.packages)) {
    if (!path.includes('node_modules/') || link) continue
    const name = toName(path)
    const exception = Object.hasOwn(policy.exceptions, name) ? policy.exceptions[name] : undefined
    if (exception && exception.licence === (license ?? 'none')) unused.delete(name)
    else {
      const allowed = new Set(shipped.has(path) ? policy.shipped : [...policy.shipped, ...policy.tools])
      if (license === undefined) problems.push(`${path} names no licence`)
      else if (!isAllowed(license, allowed))
        problems.push(
          `${path} has the licence ${license}, which is not allowed for what is ${shipped.has(path) ? 'shipped' : 'a tool'}`,
        )
    }
  }
  return [
    ...problems,
    ...[...unused].map((name) => `no package ${name} needs its exception from the licences any more`),
  ]
}

/** `A OR B` asks for one of them, `A AND B` for both; `AND` binds tighter. Brackets are taken for the outermost only. */
function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const bare = expression.trim().replace(/^\(([^()]*)\)$/, '$1')
  if (/[()]/.test(bare)) return false
  return bare.split(' OR ').some((choice) => choice.split(' AND ').every((name) => allowed.has(name.trim())))
}

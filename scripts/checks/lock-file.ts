// What package.json and the lock file promise: exact versions, checked contents, no addresses, no install
// scripts, and nothing older than the versions that fixed a known hole (security/floors.json).
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const dependencies = z.record(z.string(), z.string()).default({})

const manifestShape = z.object({
  name: z.string(),
  dependencies,
  devDependencies: dependencies,
  optionalDependencies: dependencies,
})

const lockFileShape = z.object({
  packages: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().default(false),
      inBundle: z.boolean().default(false),
      hasInstallScript: z.boolean().default(false),
      optional: z.boolean().default(false),
    }),
  ),
})

const floorsShape = z.strictObject({
  comment: z.string(),
  reviewed: z.iso.date(),
  floors: z.record(z.string(), z.array(z.strictObject({ version: z.string(), because: z.string() })).min(1)),
})

/** A package.json, as far as the rules look at it. */
export type Manifest = z.output<typeof manifestShape>
/** A package-lock.json, as far as the rules look at it. */
export type LockFile = z.output<typeof lockFileShape>
/** Package → oldest good version of each major line, with the reason. */
export type Floors = z.output<typeof floorsShape>

/**
 * Packages whose install script was read. It looks for the prebuilt part of this system, which the lock file brings,
 * and package.json keeps npm from running it (`allowScripts`).
 */
const reviewedInstallScripts: ReadonlySet<string> = new Set(['node_modules/@swc/core'])

/** Every breach in the project below `folder`. */
export async function findLockFileProblems(folder: string): Promise<readonly string[]> {
  const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(folder, path), 'utf8'))
  const manifests = await Promise.all(['package.json', 'web/package.json'].map(read))
  const lockFile = lockFileShape.parse(await read('package-lock.json'))
  return [
    ...manifests.flatMap((manifest) => findLooseVersions(manifestShape.parse(manifest))),
    ...findOddPackages(lockFile),
    ...findOldVersions(lockFile, floorsShape.parse(await read('security/floors.json'))),
  ]
}

/** Dependencies that are asked for by anything but one exact version. */
export function findLooseVersions(manifest: Manifest): readonly string[] {
  const asked = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  return Object.entries(asked)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${manifest.name} asks for ${name} "${version}"; write one exact version`)
}

/** Packages with an address, without a checksum, or with an install script that would run. */
export function findOddPackages(lockFile: LockFile): readonly string[] {
  const problems: string[] = []
  for (const [path, entry] of Object.entries(lockFile.packages)) {
    if (!path.includes('node_modules/') || entry.link || entry.inBundle) continue
    // Each machine has a registry of its own; the checksum makes sure that all of them bring the same.
    if (entry.resolved !== undefined)
      problems.push(`${path} names an address; .npmrc has omit-lockfile-registry-resolved, was it overridden?`)
    if (entry.integrity === undefined) problems.push(`${path} has no checksum`)
    // Optional ones work without their script, and are not installed on most systems.
    if (entry.hasInstallScript && !entry.optional && !reviewedInstallScripts.has(path))
      problems.push(`${path} runs a script when it is installed`)
  }
  return problems
}

/** Packages older than the floor of their major line, or of a line that was never fixed. */
export function findOldVersions(lockFile: LockFile, floors: Floors): readonly string[] {
  const problems: string[] = []
  for (const [path, entry] of Object.entries(lockFile.packages)) {
    const name = entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const lines = Object.hasOwn(floors.floors, name) ? floors.floors[name] : undefined
    if (!lines || entry.version === undefined) continue
    const version = entry.version
    const [major] = toNumbers(version)
    const line = lines.find((candidate) => toNumbers(candidate.version)[0] === major)
    const newest = Math.max(...lines.map((candidate) => toNumbers(candidate.version)[0]))
    if (line ? isOlder(version, line.version) : major < newest)
      problems.push(
        `${path} is ${version}; needed is ${lines.map((candidate) => candidate.version).join(' or ')} or later: ${(line ?? lines[0])?.because ?? 'see the floors'}`,
      )
  }
  return problems
}

function toNumbers(version: string): readonly [major: number, minor: number, patch: number] {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []
  return [Number(major), Number(minor), Number(patch)]
}

function isOlder(version: string, floor: string): boolean {
  const have = toNumbers(version)
  const need = toNumbers(floor)
  const index = have.findIndex((part, place) => part !== need[place])
  // A pre-release comes before the version it leads to.
  if (index === -1) return version.includes('-') && !floor.includes('-')
  return (have[index] ?? 0) < (need[index] ?? 0)
}

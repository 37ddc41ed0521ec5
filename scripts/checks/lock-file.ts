// What package.json and the lock file promise: exact versions from the registry, each under its own name, checked
// contents, no addresses, no install scripts, and nothing older than what fixed a known hole (security/floors.json).
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
  // In older ones not every package has a checksum.
  lockfileVersion: z.literal(3),
  packages: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().default(false),
      license: z.string().optional(),
      dev: z.boolean().default(false),
      inBundle: z.boolean().default(false),
      hasInstallScript: z.boolean().default(false),
      optional: z.boolean().default(false),
      dependencies,
      optionalDependencies: dependencies,
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

/** The lock file of the project below `folder`. @throws ZodError when it is none, or of an old kind */
export async function readLockFile(folder: string): Promise<LockFile> {
  return lockFileShape.parse(JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')))
}

/** Every breach in the project below `folder`. */
export async function findLockFileProblems(folder: string): Promise<readonly string[]> {
  const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(folder, path), 'utf8'))
  const manifests = await Promise.all(['package.json', 'web/package.json'].map(read))
  const lockFile = await readLockFile(folder)
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

/** Packages with an address, another's name, no good checksum, or an install script that would run. */
export function findOddPackages(lockFile: LockFile): readonly string[] {
  const problems: string[] = []
  for (const [path, entry] of Object.entries(lockFile.packages)) {
    // Whatever it is wanted by: what does not come from the registry is not what others of that name are.
    for (const [wanted, from] of Object.entries({ ...entry.dependencies, ...entry.optionalDependencies }))
      if (/^(?:npm|file|link|git[\w+]*|https?|ssh|github|gitlab|bitbucket):|^[\w.-]+\//.test(from))
        problems.push(`${path || 'package.json'} takes ${wanted} from "${from}" instead of the registry`)
    if (!path.includes('node_modules/') || entry.link) continue
    if (entry.inBundle) problems.push(`${path} is brought along by another package, without a checksum`)
    if (entry.inBundle) continue
    if (entry.name !== undefined && entry.name !== toName(path))
      problems.push(`${path} is ${entry.name} by another name`)
    if (!/^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(entry.version ?? '')) problems.push(`${path} has no version`)
    // Each machine has a registry of its own; the checksum makes sure that all of them bring the same.
    if (entry.resolved !== undefined)
      problems.push(`${path} names an address; .npmrc has omit-lockfile-registry-resolved, was it overridden?`)
    if (entry.integrity === undefined) problems.push(`${path} has no checksum`)
    // Of several, npm would take any that it knows.
    else if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(entry.integrity))
      problems.push(`${path} has a checksum other than one SHA-512`)
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
    const name = entry.name ?? toName(path)
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

/** Name of the package that lies at a path of the lock file. */
export function toName(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
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

// What leaves this house: the packages that run in the gateway, and those that are bundled into its pages.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { LockFile } from './lock-file.ts'

const pagesShape = z.object({ devDependencies: z.record(z.string(), z.string()) })

/** Of what the pages are made with, the tools: they stay. */
const isTool = (name: string) => name === 'vite' || name.startsWith('@types/')

/** Paths of the lock file whose packages are shipped; what only some systems install is among them. */
export async function listShippedPackages(folder: string, lockFile: LockFile): Promise<ReadonlySet<string>> {
  const entries = Object.entries(lockFile.packages)
  const running = entries.filter(([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link)
  const shipped = new Set(running.map(([path]) => path))
  const bundled = await listBundledPackages(folder)
  for (const path of listWithDependencies(lockFile, 'web', bundled)) shipped.add(path)
  return shipped
}

/** Paths of the packages with these names, as `from` finds them, and of all that they ask for. */
export function listWithDependencies(lockFile: LockFile, from: string, names: readonly string[]): readonly string[] {
  const paths = new Set(names.map((name) => findPackage(lockFile, from, name)).filter((path) => path !== undefined))
  // A set that grows while it is walked is walked to its end.
  for (const path of paths)
    for (const name of Object.keys(lockFile.packages[path]?.dependencies ?? {})) {
      const next = findPackage(lockFile, path, name)
      if (next !== undefined) paths.add(next)
    }
  return [...paths]
}

/** Names of what the pages ask for themselves, to be bundled. */
export async function listBundledPackages(folder: string): Promise<readonly string[]> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'web/package.json'), 'utf8'))
  return Object.keys(pagesShape.parse(manifest).devDependencies).filter((name) => !isTool(name))
}

/** Where Node would find `name` from a package that lies at `from`; `from` is empty for the project itself. */
export function findPackage(lockFile: LockFile, from: string, name: string): string | undefined {
  for (let folder: string | undefined = from; folder !== undefined; ) {
    const path: string = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (Object.hasOwn(lockFile.packages, path)) return path
    const end: number = folder.lastIndexOf('/node_modules/')
    folder = end >= 0 ? folder.slice(0, end) : folder === '' ? undefined : ''
  }
  return undefined
}

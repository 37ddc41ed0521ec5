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
  const queue = bundled.map((name) => findPackage(lockFile, 'web', name)).filter((path) => path !== undefined)
  for (const path of queue) {
    if (shipped.has(path) && lockFile.packages[path]?.dev !== true) continue
    shipped.add(path)
    for (const name of Object.keys(lockFile.packages[path]?.dependencies ?? {})) {
      const next = findPackage(lockFile, path, name)
      if (next !== undefined && !queue.includes(next)) queue.push(next)
    }
  }
  return shipped
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

// `npm run --silent sbom > weir.cdx.json`: what is shipped, as a bill of materials (CycloneDX 1.5). Made from the lock
// file, so that it is the same on every machine. npm's own knows nothing of what is bundled into the pages.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type LockFile, readLockFile, toName } from './checks/lock-file.ts'
import { findPackage, listBundledPackages, listShippedPackages } from './checks/shipped-packages.ts'
import { projectFolder } from './checks/tool.ts'

const manifestShape = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  description: z.string(),
  dependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
})

/** One package of it. */
interface Component {
  readonly type: 'application' | 'library'
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly description?: string
  /** Optional: installed only where it fits the system. */
  readonly scope?: 'required' | 'optional'
  readonly hashes?: readonly { readonly alg: 'SHA-512'; readonly content: string }[]
  readonly licenses: readonly [{ readonly expression: string }]
}

/** A bill of materials, as CycloneDX 1.5 writes it. */
export interface BillOfMaterials {
  readonly bomFormat: 'CycloneDX'
  readonly specVersion: '1.5'
  readonly version: 1
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

/** That of the project below `folder`. */
export async function createBillOfMaterials(folder: string): Promise<BillOfMaterials> {
  const text: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const { name, version, license, description, ...manifest } = manifestShape.parse(text)
  const lockFile = await readLockFile(folder)
  const shipped = await listShippedPackages(folder, lockFile)
  const toRef = (path: string) => `${toName(path)}@${lockFile.packages[path]?.version}`
  const listNeeds = (path: string, names: readonly string[]) => {
    const found = names.map((wanted) => findPackage(lockFile, path, wanted))
    return [
      ...new Set(found.filter((at) => at !== undefined && shipped.has(at)).map((at) => toRef(at ?? ''))),
    ].toSorted()
  }
  const components = new Map<string, Component>()
  const dependencies = new Map<string, readonly string[]>()
  // A package that lies in several places is one component.
  for (const path of [...shipped].toSorted()) {
    components.set(toRef(path), toComponent(path, lockFile))
    const { dependencies: needs = {}, optionalDependencies = {} } = lockFile.packages[path] ?? {}
    dependencies.set(toRef(path), listNeeds(path, [...Object.keys(needs), ...Object.keys(optionalDependencies)]))
  }
  const own = `${name}@${version}`
  const asked = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies)]
  const ofPages = await listBundledPackages(folder)
  dependencies.set(own, [...new Set([...listNeeds('', asked), ...listNeeds('web', ofPages)])].toSorted())
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        ...{ type: 'application', 'bom-ref': own, name, version, description },
        purl: toPurl(name, version),
        licenses: [{ expression: license }],
      },
    },
    components: [...components.values()],
    dependencies: [...dependencies].map(([ref, dependsOn]) => ({ ref, dependsOn })),
  }
}

function toComponent(path: string, lockFile: LockFile): Component {
  const { version = '', integrity, license = 'NOASSERTION', optional } = lockFile.packages[path] ?? {}
  const name = toName(path)
  const hash = integrity === undefined ? '' : Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
  return {
    type: 'library',
    'bom-ref': `${name}@${version}`,
    name,
    version,
    purl: toPurl(name, version),
    scope: optional ? 'optional' : 'required',
    ...(hash === '' ? {} : { hashes: [{ alg: 'SHA-512', content: hash }] }),
    licenses: [{ expression: license }],
  }
}

function toPurl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}

if (import.meta.main) console.log(JSON.stringify(await createBillOfMaterials(projectFolder), null, 2))

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type BillOfMaterials, createBillOfMaterials } from '../../scripts/sbom.ts'

const project = join(import.meta.dirname, '..', '..')
const manifestShape = z.object({ dependencies: z.record(z.string(), z.string()) })

let bill: BillOfMaterials
beforeAll(async () => {
  bill = await createBillOfMaterials(project)
})

const names = () => new Set(bill.components.map(({ name }) => name))

describe('the bill of materials', () => {
  test('names every dependency of the gateway, in its version', () => {
    const { dependencies } = manifestShape.parse(JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')))
    const refs = new Set(bill.components.map((component) => component['bom-ref']))
    for (const [name, version] of Object.entries(dependencies)) expect(refs).toContain(`${name}@${version}`)
  })

  test('names what is bundled into the pages, as the bundler lists it', () => {
    const pages = ['graphiql', 'console'].map((page) => join(project, 'web/dist', page, 'licenses.md'))
    const licences = pages.map((path) => readFileSync(path, 'utf8')).join('\n')
    const bundled = [...licences.matchAll(/^## (\S+) - (\S+)/gm)].map(([, name, version]) => `${name}@${version}`)
    expect(bundled).toContainEqual(expect.stringMatching(/^uplot@/))
    expect(bundled.length).toBeGreaterThan(50)
    const refs = new Set(bill.components.map((component) => component['bom-ref']))
    expect(bundled.filter((ref) => !refs.has(ref))).toEqual([])
  })

  test('names no tool', () => {
    for (const tool of ['vitest', 'typescript', 'vite', '@biomejs/biome', 'recheck', 'secretlint'])
      expect(names()).not.toContain(tool)
  })

  test('says of each package what it is: where it comes from, its checksum, its licence', () => {
    const shape = z.object({
      type: z.literal('library'),
      purl: z.string().regex(/^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+/),
      hashes: z.tuple([z.object({ alg: z.literal('SHA-512'), content: z.string().regex(/^[0-9a-f]{128}$/) })]),
      licenses: z.tuple([z.object({ expression: z.string().min(1) })]),
    })
    for (const component of bill.components)
      expect([component.name, shape.safeParse(component).error]).toEqual([component.name, undefined])
  })

  test('names each once, and leads from each only to what it names', () => {
    const refs = bill.components.map((component) => component['bom-ref'])
    expect(new Set(refs).size).toBe(refs.length)
    const known = new Set([...refs, bill.metadata.component['bom-ref']])
    expect(new Set(bill.dependencies.map(({ ref }) => ref))).toEqual(known)
    for (const { dependsOn } of bill.dependencies) for (const ref of dependsOn) expect(known).toContain(ref)
  })

  test('is the same each time, and names nothing of this machine', async () => {
    expect(await createBillOfMaterials(project)).toEqual(bill)
    expect(JSON.stringify(bill)).not.toContain(project)
    expect(JSON.stringify(bill)).not.toMatch(/https?:/)
  })
})

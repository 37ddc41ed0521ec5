import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openFleetMemory } from '#upstream/fleet-memory.ts'

let folder: string
let names = 0
const errors: unknown[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-memory-'))
  errors.length = 0
})
afterEach(() => rm(folder, { recursive: true }))

function open(path = join(folder, 'quota/main.fleet.json')) {
  return openFleetMemory({ path, createName: () => `name${names++}`, onError: (error) => errors.push(error) })
}

describe('what a process remembers of its fleet', () => {
  it('is its name, from the first start on', () => {
    const { member } = open()
    expect(open().member).toBe(member)
    expect(open(join(folder, 'other.json')).member).not.toBe(member)
  })

  it('is whom it last shared which log with', async () => {
    open().remember({ server: 's', epoch: 'e1', roster: ['a', 'b'] })
    expect(open()).toMatchObject({ server: 's', epoch: 'e1', roster: ['a', 'b'] })
    expect(await readdir(join(folder, 'quota'))).toEqual(['main.fleet.json'])
  })

  it('is nothing when the file holds something else', async () => {
    for (const text of ['', '{', '[]', '{"member":1,"epoch":""}', '{"member":"","epoch":""}']) {
      const path = join(folder, 'broken.json')
      await writeFile(path, text)
      expect(open(path)).toMatchObject({ member: expect.stringMatching(/^name/), epoch: '', roster: [] })
    }
  })

  it('is kept in the process when the file cannot be written', async () => {
    await writeFile(join(folder, 'file'), '')
    const memory = open(join(folder, 'file', 'x.json'))
    expect(memory.member).toMatch(/^name/)
    expect(errors).toHaveLength(1)
  })
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDataDirectory } from '#src/data-directory.ts'

let folder: string
let child: ChildProcess | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-data-'))
})
afterEach(() => {
  child?.kill('SIGKILL')
  child = undefined
  rmSync(folder, { recursive: true, force: true })
})

/** A second process that opens the folder, prints what came of it and stays. */
async function openInAnotherProcess(path: string): Promise<string> {
  const script = `
    import { openDataDirectory } from '#src/data-directory.ts'
    try {
      openDataDirectory(process.argv[1])
      process.stdout.write('held')
      setInterval(() => {}, 60_000)
    } catch (error) {
      process.stdout.write(error.message)
    }`
  child = spawn(process.execPath, ['--input-type=module', '--eval', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.stdout === null) throw new Error('the second process has no output')
  const [output]: unknown[] = await once(child.stdout, 'data')
  return String(output)
}

describe('data directory', () => {
  test('is created for this user alone', () => {
    const path = join(folder, 'deep', 'data')
    openDataDirectory(path).release()
    expect(statSync(path).mode & 0o777).toBe(0o700)
  })

  test('is refused to a second opening, by name, until it is released', () => {
    const held = openDataDirectory(folder)
    expect(() => openDataDirectory(folder)).toThrow(`the data directory ${folder} is in use by another process`)
    held.release()
    openDataDirectory(folder).release()
  })

  test('is refused to a second process', async () => {
    const held = openDataDirectory(folder)
    expect(await openInAnotherProcess(folder)).toContain(`the data directory ${folder} is in use`)
    held.release()
  })

  test('is free again when its process is killed', async () => {
    expect(await openInAnotherProcess(folder)).toBe('held')
    expect(() => openDataDirectory(folder)).toThrow('is in use by another process')
    if (child === undefined) throw new Error('there is no second process')
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    openDataDirectory(folder).release()
  })

  test('says what is wrong when the path is no folder', () => {
    const path = join(folder, 'file')
    writeFileSync(path, '')
    expect(() => openDataDirectory(path)).toThrow(`the data directory ${path} cannot be opened: EEXIST`)
  })
})

// Which files a check looks at.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Folders that hold what others wrote or what is made anew, wherever they stand. */
const foreignFolders: ReadonlySet<string> = new Set(['node_modules', '.git', 'dist'])

/**
 * Every file of the project below `folder`, named from there with slashes, in alphabetical order: those that git
 * knows, and those it would. Without git (an unpacked archive, a folder made by a test), all but the foreign ones.
 */
export async function listProjectFiles(folder: string): Promise<readonly string[]> {
  if (!existsSync(join(folder, '.git'))) return (await walk(folder, '')).toSorted()
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { stdout } = await run('git', words, { cwd: folder, maxBuffer: 16 * 1024 * 1024 })
  // A file that was removed is known until that is committed, and one that is being merged is listed several times.
  const paths = new Set(stdout.split('\0').filter((path) => path !== '' && existsSync(join(folder, path))))
  return [...paths].toSorted()
}

async function walk(folder: string, below: string): Promise<readonly string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true })
  const paths = entries.map(async (entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) return foreignFolders.has(entry.name) ? [] : walk(folder, path)
    return entry.isFile() ? [path] : []
  })
  return (await Promise.all(paths)).flat()
}

// What lies below a folder: every file by what it is and holds, so that two folders can be compared.
import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** A file, a folder or a link. */
export interface TreeEntry {
  readonly bytes: number
  /** Of its kind, rights, owners and contents: everything but its times. */
  readonly digest: string
}

/** Everything by its path from the folder, which begins with a slash. */
export type FileTree = ReadonlyMap<string, TreeEntry>

/** Reads it. Nothing of it may change meanwhile. */
export async function readFileTree(folder: string): Promise<FileTree> {
  const tree = new Map<string, TreeEntry>()
  // Not by a listing that looks below folders by itself: it goes through links, and out of the folder.
  async function read(inside: string): Promise<void> {
    for (const name of (await readdir(join(folder, inside))).toSorted()) {
      const path = `${inside}/${name}`
      const about = await lstat(folder + path)
      tree.set(path, await toEntry(folder + path, about))
      if (about.isDirectory()) await read(path)
    }
  }
  await read('')
  return tree
}

async function toEntry(path: string, about: Stats): Promise<TreeEntry> {
  const { mode, uid, gid } = about
  const holds = about.isFile() ? await readFile(path) : about.isSymbolicLink() ? await readlink(path) : ''
  const digest = createHash('sha256').update(`${mode} ${uid} ${gid}\n`).update(holds).digest('hex')
  return { digest, bytes: about.isFile() ? about.size : 0 }
}

/** Paths that are in one of two only, or are not the same in both. */
export function listDifferences(one: FileTree, other: FileTree): readonly string[] {
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((path) => one.get(path)?.digest !== other.get(path)?.digest)
    .toSorted()
}

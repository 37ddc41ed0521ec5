// A folder that is a project as far as a check looks, with something planted in it.
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const project = join(import.meta.dirname, '..', '..')

/**
 * What a check says of a project that holds these files and nothing else. The folder is gone afterwards.
 * @param files path → text; undefined: as it is in this project
 */
export async function checkPlanted(
  files: Readonly<Record<string, string | undefined>>,
  check: (folder: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-planted-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      if (text === undefined) await cp(join(project, path), join(folder, path))
      else await writeFile(join(folder, path), text)
    }
    return await check(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

// Programs the tests need besides Node: found on the PATH.
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** The first of `names` that is on the PATH, as a whole path. */
export async function findProgram(...names: readonly string[]): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const name of names)
    for (const folder of folders) if (await isExecutable(join(folder, name))) return join(folder, name)
  return undefined
}

/** Whether that path is a program this user may run. */
export function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

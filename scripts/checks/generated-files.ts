// Whether the files that are made from others were made from them as they are now.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generatedFiles } from '../generate.ts'

/** Every generated file below `folder` that `npm run generate` would change. */
export async function findStaleFiles(folder: string): Promise<readonly string[]> {
  const checked = generatedFiles.map(async ({ path, generate }) => {
    const kept = await readFile(join(folder, path), 'utf8').catch(() => '')
    try {
      return kept === (await generate(kept)) ? [] : [`${path} is not what its sources give; run "npm run generate"`]
    } catch (error) {
      return [`${path} cannot be made: ${error instanceof Error ? error.message : String(error)}`]
    }
  })
  return (await Promise.all(checked)).flat()
}

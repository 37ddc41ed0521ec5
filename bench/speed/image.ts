// Weir as its image runs it: what `npm run build` makes, started with the words of the Dockerfile.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { build } from '../../scripts/build.ts'

const dockerfile = new URL('../../Dockerfile', import.meta.url)
const wordsShape = z.tuple([z.literal('node')], z.string())

/** A built program. */
export interface Image {
  /** Words behind `node`: its flags, and the program. */
  readonly words: readonly string[]
}

/** Builds into `folder`, which is emptied first. */
export async function buildImage(folder: string): Promise<Image> {
  await build(folder)
  const [, ...words] = readStartWords(await readFile(dockerfile, 'utf8'))
  return { words: words.map((word) => (word.startsWith('-') ? word : join(folder, word))) }
}

/** What a Dockerfile starts, as its last `CMD` has it. @throws Error when that is not `node` with words */
export function readStartWords(text: string): readonly string[] {
  const command = text.match(/^CMD (\[.*\])$/gm)?.at(-1)
  if (command === undefined) throw new Error('the Dockerfile starts nothing')
  return wordsShape.parse(JSON.parse(command.slice('CMD '.length)))
}

// Holds the code to the layer table of .dependency-cruiser.mjs.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cruise } from 'dependency-cruiser'
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'

const folders = ['src', 'sandbox', 'scripts', 'test', 'bench', 'examples', 'web']

/** Every breach of the import rules below `folder`, the project's folder or a copy of it. */
export async function findImportProblems(folder: string): Promise<readonly string[]> {
  const options = await extractOptions(join(folder, '.dependency-cruiser.mjs'))
  const present = folders.filter((name) => existsSync(join(folder, name)))
  const { output } = await cruise(present, { ...options, baseDir: folder, validate: true }).catch((error: unknown) => {
    // Its parser's walker does not know every statement that the parser does.
    if (String(error).includes('UsingDeclaration'))
      throw new Error('the cruiser cannot read "using" declarations: write try and finally', { cause: error })
    throw error
  })
  if (typeof output === 'string') throw new Error('the cruiser answered with text instead of a result')
  const { totalCruised, violations } = output.summary
  // A cruiser that cannot parse finds no module and would be content with that.
  if (totalCruised === 0) return ['no module was found: is @swc/core installed for this platform?']
  return violations.map(({ rule, from, to, cycle }) => {
    const way = cycle ? [from, ...cycle.map((step) => step.name)].join(' → ') : `${from} → ${to}`
    return `${rule.name}: ${way}`
  })
}

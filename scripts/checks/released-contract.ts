// Whether what was promised with the last release still holds, or the version says that it may not.
import { mayBreak } from '../contract/changes.ts'
import { findChanges, readContract, readReleased, readVersion } from '../contract/contract.ts'

/**
 * Every change of the project below `folder` that breaks the released contract, unless its version allows that.
 * @param readOpenApi gives the document as it is now; this project's own when left out
 */
export async function findBrokenPromises(
  folder: string,
  readOpenApi?: () => Promise<string>,
): Promise<readonly string[]> {
  const released = await readReleased(folder)
  if (!released) return ['released/ holds no contract to hold this one against; run "node scripts/contract.ts keep"']
  const version = await readVersion(folder)
  if (mayBreak(released.version, version)) return []
  const { breaking } = findChanges(released.contract, await readContract(folder, readOpenApi))
  if (breaking.length === 0) return []
  return [
    ...breaking,
    `Version ${version} may not break what ${released.version} promised: mend it, or raise the version.`,
  ]
}

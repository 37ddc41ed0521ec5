// `node scripts/contract.ts`: what has changed since the last release of the public contract, also what breaks nothing
// and may surprise. `… keep` writes the contract down as that of the version in package.json: done at a release.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectFolder } from './checks/tool.ts'
import { findChanges, readContract, readReleased, readVersion, writeReleased } from './contract/contract.ts'

/** Whether the changelog has a day for a version, after which what it promised is no longer ours to change. */
async function isOut(version: string): Promise<boolean> {
  const changelog = await readFile(join(projectFolder, 'CHANGELOG.md'), 'utf8')
  return changelog.split('\n').some((line) => line.startsWith(`## [${version}] - `) && /\d{4}-\d\d-\d\d$/.test(line))
}

async function keep(): Promise<void> {
  const version = await readVersion(projectFolder)
  const released = await readReleased(projectFolder)
  if (released?.version === version && (await isOut(version))) {
    console.error(`${version} is out: what it promised stays as it is. Raise the version in package.json first.`)
    process.exitCode = 1
    return
  }
  await writeReleased(projectFolder, version, await readContract(projectFolder))
  console.log(`wrote released/${version}`)
}

async function compare(): Promise<void> {
  const released = await readReleased(projectFolder)
  if (!released) {
    console.log('nothing was released yet')
    return
  }
  const { breaking, dangerous } = findChanges(released.contract, await readContract(projectFolder))
  console.log(`since ${released.version}:`)
  for (const line of breaking) console.log(`  BREAKS  ${line}`)
  for (const line of dangerous) console.log(`  may surprise  ${line}`)
  if (breaking.length + dangerous.length === 0) console.log('  nothing that breaks or surprises')
}

await (process.argv[2] === 'keep' ? keep() : compare())

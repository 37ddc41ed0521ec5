// The browser of the browser tests: the one that is there, or one that the system's package manager brings.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'
import { canInstallPackages, installPackage } from './apt-get.ts'
import { findProgram, isExecutable } from './find-program.ts'

const remedy =
  'Chromium is missing: install it (on Debian "apt-get install chromium"), or name its binary in CHROMIUM_PATH'

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A page that is taken for hidden draws no frames, and nothing on it ever stands still enough to be clicked.
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
]

const findInstalled = () => findProgram('chromium', 'chromium-browser', 'google-chrome')

/**
 * The path of a Chromium: `CHROMIUM_PATH`, one on the PATH, or, as root on Debian or Ubuntu, one that is installed now.
 * Allow for minutes on a fresh machine. @throws Error with one sentence that says how to get one
 */
export async function findChromium(): Promise<string> {
  const named = process.env['CHROMIUM_PATH']
  if (named !== undefined && named !== '') {
    if (await isExecutable(named)) return named
    throw new Error('CHROMIUM_PATH names no program that can be run; name the binary of a Chromium, or unset it')
  }
  const present = await findInstalled()
  if (present !== undefined) return present
  if (!(await canInstallPackages())) throw new Error(remedy)
  await installPackage('chromium', async () => (await findInstalled()) !== undefined).catch((error: unknown) => {
    throw new Error(`${remedy}; apt-get could not`, { cause: error })
  })
  const installed = await findInstalled()
  if (installed === undefined) throw new Error(remedy)
  return installed
}

/** A headless browser. */
export interface Browser {
  readonly context: BrowserContext
  /** Ends it and removes its profile. */
  readonly close: () => Promise<void>
}

/** Starts a headless browser with a profile of its own. Whoever starts one closes it. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = await findChromium()
  const profile = await mkdtemp(join(tmpdir(), 'weir-chromium-'))
  const removeProfile = () => rm(profile, { recursive: true, force: true, maxRetries: 5 })
  try {
    const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: flags })
    return { context, close: () => context.close().finally(removeProfile) }
  } catch (error) {
    await removeProfile()
    throw error
  }
}

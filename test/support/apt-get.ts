// Brings a package of Debian or Ubuntu onto a fresh machine, for tests that need a real program.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { isExecutable } from './find-program.ts'
import { withFolderLock } from './folder-lock.ts'

const run = promisify(execFile)
const program = '/usr/bin/apt-get'

/** Whether this machine and user can install packages unattended. */
export async function canInstallPackages(): Promise<boolean> {
  return process.getuid?.() === 0 && (await isExecutable(program))
}

/**
 * Installs a package unless `isThere` by the time it is its turn: test files run side by side, and only one of them
 * may install. Says so in one line. @throws Error when apt-get fails
 */
export function installPackage(name: string, isThere: () => Promise<boolean>): Promise<void> {
  return withFolderLock('weir-apt-get', async () => {
    if (await isThere()) return
    process.stderr.write(`${name} is missing: installing it with apt-get for the tests\n`)
    await aptGet('update')
    await aptGet('install', '--no-install-recommends', name)
  })
}

async function aptGet(...words: readonly string[]): Promise<void> {
  await run(program, ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', ...words], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 * 1024 * 1024,
  })
}

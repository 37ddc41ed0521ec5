// The Redis of the tests: the one that is there, one that the system's package manager brings, or one in a container.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { canInstallPackages, installPackage } from './apt-get.ts'
import { findProgram } from './find-program.ts'
import { withFolderLock } from './folder-lock.ts'

const run = promisify(execFile)

const remedy =
  'Redis is missing: put redis-server 7 or valkey-server 8 on the PATH (on Debian "apt-get install redis-server"), start Docker or Podman, or name a running one in REDIS_URL for the tests that can share it'

const image = 'redis:7'

/** A way to run a Redis server: a program of this machine, or an image for a container engine. */
export type RedisProgram = { readonly path: string } | { readonly engine: string; readonly image: string }

// On Debian the server is in redis-tools under its other name, without the service that redis-server would start.
// Upstream the three are one program too, which looks at the name it is called by.
const findInstalled = () => findProgram('redis-server', 'valkey-server', 'redis-check-rdb', 'valkey-check-rdb')

/**
 * A Redis or Valkey server: on the PATH, or, as root on Debian or Ubuntu, one that is installed now, or, on Linux, one
 * from a container engine that runs. Allow for minutes on a fresh machine.
 * @param canInstall whether packages can be installed here
 * @throws Error with one sentence that says how to get one
 */
export async function findRedisProgram(canInstall = canInstallPackages): Promise<RedisProgram> {
  const present = await findInstalled()
  if (present !== undefined) return { path: present }
  let cause: unknown
  if (await canInstall()) {
    await installPackage('redis-tools', async () => (await findInstalled()) !== undefined).catch((error: unknown) => {
      cause = error
    })
    const installed = await findInstalled()
    if (installed !== undefined) return { path: installed }
  }
  // Elsewhere a container does not share the machine's network, which members of a cluster need to find each other.
  const engine = process.platform === 'linux' ? await findEngine() : undefined
  if (engine === undefined) throw new Error(remedy, { cause })
  await pullImage(engine).catch((error: unknown) => {
    throw new Error(`${remedy}; ${engine} could not bring it`, { cause: error })
  })
  return { engine, image }
}

/** A container engine that answers: the program alone is often there with nothing behind it. */
async function findEngine(): Promise<string | undefined> {
  for (const name of ['docker', 'podman']) {
    const engine = await findProgram(name)
    if (engine !== undefined && (await succeeds(engine, 'version'))) return engine
  }
  return undefined
}

/** Brings the image unless it is there. */
function pullImage(engine: string): Promise<void> {
  return withFolderLock('weir-redis-image', async () => {
    if (await succeeds(engine, 'image', 'inspect', image)) return
    process.stderr.write(`redis-server is missing: pulling the image ${image} for the tests\n`)
    await run(engine, ['pull', '--quiet', image])
  })
}

function succeeds(program: string, ...words: readonly string[]): Promise<boolean> {
  return run(program, words).then(
    () => true,
    () => false,
  )
}

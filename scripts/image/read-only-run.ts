// Runs a command of an image the way a cluster does that trusts nobody: as the image's own user, without any of root's
// rights, over a root that cannot be written. Only /data and /tmp can.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageConfig } from './buildah.ts'

/** Mounts as seen by this one process, then becomes the command. $1: the root, $2: the data, $3: the settings. */
const script = `
root=$1 data=$2 settings=$3
shift 3
mount --bind "$root" "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"
mount --bind "$data" "$root/data"
mount --bind "$settings" "$root/etc/weir"
mount -o remount,bind,ro "$root/etc/weir"
mount -o remount,bind,ro "$root"
exec chroot "$root" "$@"
`

/** What is run. */
export interface ReadOnlyRun {
  /** A folder with everything that is in the image. */
  readonly root: string
  readonly config: ImageConfig
  /** Becomes /data. The image's user must be able to write it. */
  readonly data: string
  /** Becomes /etc/weir. */
  readonly settings: string
  /** Beside the image's own. */
  readonly environment: Readonly<Record<string, string>>
  /** What is run instead of what the image runs. */
  readonly command?: readonly string[]
}

/** Makes the places that everything is mounted at, as whoever runs images does. */
export async function preparePlaces(root: string): Promise<void> {
  for (const path of ['proc', 'dev', 'tmp', 'etc/weir']) await mkdir(join(root, path), { recursive: true })
}

/** Starts it. The process is the command itself, so that signals reach it. */
export function startReadOnly({ root, config, data, settings, environment, command }: ReadOnlyRun): ChildProcess {
  const [user = '', group = user] = config.User.split(':')
  const drop = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--clear-groups']
  const variables = [...config.Env, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)]
  const words = [
    ...['setpriv', `--reuid=${user}`, `--regid=${group}`, ...drop],
    ...['env', '--ignore-environment', `--chdir=${config.WorkingDir}`, ...variables],
    ...(config.Entrypoint ?? []),
    ...(command ?? config.Cmd),
  ]
  return spawn('unshare', ['--mount', 'sh', '-euc', script, 'sh', root, data, settings, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

// A stand-in for the image that the Dockerfile builds on, for a machine that reaches no registry of images: a minimal
// Debian from its packages, the Node of this project's own packages, and npm. What the real one has beside them the
// Dockerfile uses none of.
import { chmod, copyFile, cp, mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { projectFolder } from '../checks/tool.ts'
import type { Buildah } from './buildah.ts'
import { runProgram } from './program.ts'

/** What the image of Node starts everything with. */
const entrypoint = `#!/bin/sh
set -e
if [ "\${1#-}" != "\${1}" ] || [ -z "$(command -v "\${1}")" ] || { [ -f "\${1}" ] && ! [ -x "\${1}" ]; }; then
  set -- node "$@"
fi
exec "$@"
`
/** As images of Debian leave them out. */
const unneeded = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*']

/** The one image that the Dockerfile names. @throws Error when it names several */
export async function readBaseName(): Promise<string> {
  const text = await readFile(join(projectFolder, 'Dockerfile'), 'utf8')
  const names = new Set([...text.matchAll(/^FROM (\S+)/gm)].map(([, name = '']) => name))
  const [name] = names
  if (name === undefined || names.size > 1) throw new Error(`the Dockerfile names ${names.size} base images`)
  return name
}

/** Makes the stand-in, and calls it what the Dockerfile calls its base. @param folder a place to work in */
export async function createBaseImage(buildah: Buildah, folder: string): Promise<void> {
  const name = await readBaseName()
  const [, version, suite] = /^node:(\d+\.\d+\.\d+)-(\w+)-slim$/.exec(name) ?? []
  if (version === undefined || suite === undefined) throw new Error(`no stand-in is known for ${name}`)
  const root = join(folder, 'root')
  await mkdir(folder, { recursive: true })
  const leftOut = unneeded.map((path) => `--dpkgopt=path-exclude=${path}`)
  await runProgram(['mmdebstrap', '--variant=minbase', ...leftOut, suite, root])
  await addNode(root, version)
  const container = (await buildah.run('from', 'scratch')).trim()
  await buildah.run('add', '--quiet', container, root, '/')
  const config = { env: `NODE_VERSION=${version}`, entrypoint: '["docker-entrypoint.sh"]', cmd: '["node"]' }
  const words = Object.entries(config).flatMap(([key, value]) => [`--${key}`, value])
  await buildah.run(
    'config',
    ...words,
    '--env',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    container,
  )
  await buildah.run('commit', '--quiet', '--rm', container, `docker.io/library/${name}`)
}

async function addNode(root: string, version: string): Promise<void> {
  const own = join(projectFolder, `node_modules/node-linux-${process.arch}/bin/node`)
  const found = (await runProgram([own, '--version'])).trim()
  if (found !== `v${version}`) throw new Error(`the Dockerfile wants Node ${version}, the packages hold ${found}`)
  const local = join(root, 'usr/local')
  await mkdir(join(local, 'lib/node_modules'), { recursive: true })
  await copyFile(own, join(local, 'bin/node'))
  await chmod(join(local, 'bin/node'), 0o755)
  const npm = dirname(dirname(await realpath((await runProgram(['which', 'npm'])).trim())))
  await cp(npm, join(local, 'lib/node_modules/npm'), { recursive: true })
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'))
  await writeFile(join(local, 'bin/docker-entrypoint.sh'), entrypoint, { mode: 0o755 })
}

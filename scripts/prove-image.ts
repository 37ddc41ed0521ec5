// `node scripts/prove-image.ts [folder]`, as root: builds the unchanged Dockerfile of a clean clone (or of a folder) twice with
// buildah over a stand-in for its base image, and runs the result as a cluster would. Run by hand: docs/image.md.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { projectFolder } from './checks/tool.ts'
import { createBaseImage, readBaseName } from './image/base-image.ts'
import { type Buildah, openBuildah } from './image/buildah.ts'
import { type FileTree, listDifferences, readFileTree } from './image/file-tree.ts'
import { runProgram } from './image/program.ts'
import { tryImage } from './image/try-image.ts'

/** What the layers of the image hold, by where it lies; the first that fits. */
const parts: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: 'compile cache', pattern: /^\/app\/node_modules\/\.cache\// },
  { name: 'packages', pattern: /^\/app\/node_modules\// },
  { name: 'program', pattern: /^\/app\/app\// },
  { name: 'web pages', pattern: /^\/app\/web\// },
  { name: 'licences, schema, manifest', pattern: /^\/app\// },
  { name: 'user and folders', pattern: /^/ },
]
const MEGABYTE = 1_000_000

const place = await mkdtemp(join(tmpdir(), 'weir-image-'))
const buildah = await openBuildah(join(place, 'store'))
try {
  if (process.getuid?.() !== 0) throw new Error('it mounts folders: run it as root')
  await prove(buildah)
} catch (error) {
  console.error(`prove-image: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  await buildah.close()
  await rm(place, { recursive: true, force: true })
}

async function prove(store: Buildah): Promise<void> {
  tell('a stand-in for the base image')
  await createBaseImage(store, join(place, 'base'))
  const base = await readFileTree(await store.mount(await readBaseName()))
  const source = await takeSource()
  tell('the image, twice')
  const images = await Promise.all(
    ['weir:first', 'weir:second'].map(async (name) => {
      // Each from a folder of its own: where it is built must not show.
      const folder = join(place, name.replace(':', '-'))
      await cp(source.folder, folder, { recursive: true })
      await buildImage(store, folder, name, source)
      const root = await store.mount(name)
      return { digest: (await store.inspect(name)).digest, root, tree: await readFileTree(root) }
    }),
  )
  const [first, second] = images
  if (!first || !second) throw new Error('there are no two images')
  tellParts(base, first.tree)
  const all = listDifferences(first.tree, second.tree)
  for (const path of all.slice(0, 20)) console.log(`  not the same in both: ${path}`)
  // Which functions are in it depends on what had time to run.
  const different = all.filter((path) => !path.startsWith('/app/node_modules/.cache/'))
  if (different.length > 0) throw new Error(`${different.length} files are not the same in both images`)
  const isSame = first.digest === second.digest
  // The digest holds how an image was made as well, and was seen to differ where no file does.
  if (all.length === 0) tell(isSame ? `both images are ${first.digest}` : 'all files are alike, the digests are not')
  else tell(`alike but for ${all.length} files of the compile cache`)
  const config = await store.inspect('weir:first')
  for (const fact of await tryImage({ root: first.root, config, place })) console.log(`  ${fact}`)
  const left = listDifferences(first.tree, await readFileTree(first.root)).filter((path) => path !== '/etc/weir')
  if (left.length > 0) throw new Error(`the root has changed: ${left.slice(0, 5).join(', ')}`)
  console.log('  nothing was written outside of /data and /tmp')
}

/** What is built, and which commit it is. */
interface Source {
  readonly folder: string
  readonly revision: string
  /** Of the commit, seconds. */
  readonly committedAt: number
}

async function takeSource(): Promise<Source> {
  const given = process.argv[2] === undefined ? undefined : resolve(process.argv[2])
  const folder = given ?? join(place, 'clone')
  if (given === undefined) await runProgram(['git', 'clone', '--quiet', projectFolder, folder])
  const told = await runProgram(['git', 'log', '-1', '--format=%H %ct'], { folder })
  const [revision = '', committedAt = ''] = told.trim().split(' ')
  return { folder, revision, committedAt: Number(committedAt) }
}

/**
 * Builds with nothing but the files of a folder. npm has the settings of this user, keeps its downloads where they are,
 * and trusts whom it trusts here: between here and the registry there may be somebody with a certificate of his own.
 */
async function buildImage(store: Buildah, folder: string, name: string, source: Source): Promise<void> {
  const [settings = '', cache = '', authorities = ''] = await Promise.all(
    ['userconfig', 'cache', 'cafile'].map(readNpmSetting),
  )
  const further = process.env['NODE_EXTRA_CA_CERTS'] ?? ''
  const trusted = (await isFile(authorities)) ? authorities : further
  await mkdir(cache, { recursive: true })
  const isTrusting = await isFile(trusted)
  const own = await readFile(settings, 'utf8').catch(() => '')
  const npmrc = `${folder}.npmrc`
  await writeFile(npmrc, `${own}\n${isTrusting ? 'cafile=/root/trusted.pem\n' : ''}`)
  const volumes = [
    `${cache}:/root/.npm`,
    `${npmrc}:/root/.npmrc:ro`,
    ...(isTrusting ? [`${trusted}:/root/trusted.pem:ro`] : []),
  ]
  const created = new Date(source.committedAt * 1000).toISOString().replace('.000', '')
  const facts = { SOURCE: 'https://example.com/weir', REVISION: source.revision, CREATED: created }
  await store.run(
    'build',
    // The health check is Docker's: the other format has no room for it.
    ...['--isolation', 'chroot', '--pull-never', '--format', 'docker', '--tag', name],
    ...['--timestamp', String(source.committedAt)],
    ...Object.entries(facts).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
    ...volumes.flatMap((volume) => ['--volume', volume]),
    folder,
  )
}

async function readNpmSetting(name: string): Promise<string> {
  return (await runProgram(['npm', 'config', 'get', name])).trim()
}

async function isFile(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  )
}

function tellParts(base: FileTree, image: FileTree): void {
  const sizes = new Map(parts.map(({ name }) => [name, 0]))
  for (const path of listDifferences(base, image)) {
    const part = parts.find(({ pattern }) => pattern.test(path))?.name ?? ''
    sizes.set(part, (sizes.get(part) ?? 0) + (image.get(path)?.bytes ?? 0))
  }
  const sum = [...sizes.values()].reduce((total, bytes) => total + bytes, 0)
  const rows = [...sizes, ['its own layers', sum] as const].map(
    ([name, bytes]) => `| ${name} | ${(bytes / MEGABYTE).toFixed(2)} MB |`,
  )
  console.log(['| What | Size |', '| --- | --- |', ...rows].join('\n'))
}

function tell(text: string): void {
  console.log(`${(performance.now() / 1000).toFixed(0)} s: ${text}`)
}

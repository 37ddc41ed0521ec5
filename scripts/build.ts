// `npm run build [folder]`: what a machine that only runs Weir needs, in one folder (dist when left out): the program as
// a few files instead of a thousand modules, which loads in half the time; the few packages that look for files of their
// own, whole; the schema, the pages, and the licences of everything that is inside. Nothing else has to be there but Node.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { z } from 'zod'
import { type LockFile, readLockFile, toName } from './checks/lock-file.ts'
import { listShippedPackages, listWithDependencies } from './checks/shipped-packages.ts'
import { projectFolder } from './checks/tool.ts'

/** Packages that read files beside their code while they run, and what they share with the program: it would be loaded twice. */
const wholePackages = ['@fastify/static', '@fastify/swagger-ui', 'yaml']
const manifestShape = z.object({ name: z.string(), version: z.string(), license: z.string() })
const licenceNames = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i

/** Builds into `folder`, which is emptied first. The pages must have been built. */
export async function build(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'app'), { recursive: true })
  await bundle(join(folder, 'app'))
  await cp(join(projectFolder, 'src/upstream/starts.lua'), join(folder, 'app/starts.lua'))
  for (const path of ['schema.graphql', 'LICENSE', 'web/dist'])
    await cp(join(projectFolder, path), join(folder, path), { recursive: true })
  const text: unknown = JSON.parse(await readFile(join(projectFolder, 'package.json'), 'utf8'))
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ ...manifestShape.parse(text), type: 'module' })}\n`)
  const lockFile = await readLockFile(projectFolder)
  for (const path of listWholePackages(lockFile))
    await cp(join(projectFolder, path), join(folder, path), { recursive: true })
  await writeFile(join(folder, 'THIRD-PARTY-LICENCES.txt'), await collectLicences(lockFile))
}

async function bundle(folder: string): Promise<void> {
  const input = await rolldown({
    input: join(projectFolder, 'src/main.ts'),
    cwd: projectFolder,
    platform: 'node',
    external: (id) => wholePackages.includes(id),
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(message)
    },
  })
  try {
    // Names stay what they are: stack traces are read by people. Comments and spaces would be held in memory.
    const minify = { mangle: false, compress: true, codegen: { removeWhitespace: true } } as const
    const { output } = await input.generate({ format: 'esm', minify, chunkFileNames: '[name].js', comments: false })
    for (const file of output)
      await writeFile(join(folder, file.fileName), file.type === 'chunk' ? toAscii(file.code) : file.source)
  } finally {
    await input.close()
  }
}

/** A text of other letters than Latin ones is held in memory with two bytes for each. */
function toAscii(code: string): string {
  // What is escaped already would become the escape of a backslash.
  if (/\\[^\0-~]/.test(code)) throw new Error('a backslash stands before a letter beyond ASCII')
  return code.replaceAll(/[^\0-~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Where the packages lie that are taken whole, and all that they ask for. */
function listWholePackages(lockFile: LockFile): readonly string[] {
  const paths = listWithDependencies(lockFile, '', wholePackages)
  // What lies below another one comes with it.
  return paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)))
}

/** The licence of every package that is shipped, as its own files have it. */
async function collectLicences(lockFile: LockFile): Promise<string> {
  const parts: string[] = []
  for (const path of [...(await listShippedPackages(projectFolder, lockFile))].toSorted()) {
    const files = await readdir(join(projectFolder, path)).catch(() => [])
    // Optional is what only some systems have: Node itself, which comes from elsewhere then.
    if (files.length === 0 || lockFile.packages[path]?.optional) continue
    const texts = await Promise.all(
      files
        .filter((name) => licenceNames.test(name))
        .toSorted()
        .map((name) => readFile(join(projectFolder, path, name), 'utf8')),
    )
    const { version, license } = lockFile.packages[path] ?? {}
    parts.push([`${toName(path)} ${version} (${license})`, ...texts.map((licence) => licence.trim())].join('\n\n'))
  }
  return `${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

if (import.meta.main) await build(resolve(process.argv[2] ?? join(projectFolder, 'dist')))

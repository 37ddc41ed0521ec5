import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

const run = promisify(execFile)
const project = join(import.meta.dirname, '..', '..')

/** Files of the project, from its folder: those git knows, and those it would. */
let files: readonly string[]

beforeAll(async () => {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { stdout } = await run('git', words, { cwd: project, maxBuffer: 16 * 1024 * 1024 })
  files = stdout.split('\0').filter((path) => path !== '' && existsSync(join(project, path)))
})

const read = (path: string) => readFile(join(project, path), 'utf8')
const isGenerated = (path: string) => path === 'src/graphql/generated.ts'

describe('source files', () => {
  const sources = () => files.filter((path) => /^(src|sandbox|web)\/.*\.tsx?$/.test(path) && !isGenerated(path))

  test('are short: none above 300 lines, nine of ten not above 250', async () => {
    const lengths = await Promise.all(
      sources().map(async (path) => ({ path, lines: (await read(path)).trimEnd().split('\n').length })),
    )
    expect(lengths.length).toBeGreaterThan(0)
    expect(lengths.filter(({ lines }) => lines > 300)).toEqual([])
    const sorted = lengths.map(({ lines }) => lines).toSorted((one, other) => one - other)
    expect(sorted[Math.floor(sorted.length * 0.9)]).toBeLessThanOrEqual(250)
  })

  test('are named in kebab-case, after what they hold', () => {
    const names = sources().map((path) => path.slice(path.lastIndexOf('/') + 1).replace(/(\.d|\.config)?\.tsx?$/, ''))
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([])
    expect(names.filter((name) => /^(utils?|helpers?|common|misc|manager)$/.test(name))).toEqual([])
  })

  test('leave nothing for later', async () => {
    const marked = await Promise.all(
      sources().map(async (path) => (/\b(TODO|FIXME|XXX|HACK)\b/.test(await read(path)) ? [path] : [])),
    )
    expect(marked.flat()).toEqual([])
  })

  test('read the environment in one place', async () => {
    const readers = await Promise.all(
      files
        // Where the process begins it is said that this is production, before anything that asks is loaded.
        .filter((path) => /^src\/.*\.ts$/.test(path) && !['src/config.ts', 'src/main.ts'].includes(path))
        .map(async (path) => (/\bprocess\.env\b/.test(await read(path)) ? [path] : [])),
    )
    expect(readers.flat()).toEqual([])
  })
})

describe('pages', () => {
  const manifestShape = z.object({ scripts: z.record(z.string(), z.string()) })
  const pages = () => files.filter((path) => path.endsWith('.md') && !path.startsWith('web/dist/'))

  test('name only npm scripts that there are', async () => {
    const { scripts } = manifestShape.parse(JSON.parse(await read('package.json')))
    const unknown = await Promise.all(
      pages().map(async (path) => {
        const named = (await read(path)).matchAll(/\bnpm (?:run (?:--silent )?([a-z][\w:-]*)|(start|test)\b)/g)
        return [...named]
          .map(([, runnable, lifecycle]) => runnable ?? lifecycle ?? '')
          .filter((name) => !Object.hasOwn(scripts, name))
          .map((name) => `${path}: npm run ${name}`)
      }),
    )
    expect(unknown.flat()).toEqual([])
  })

  test('link only to files that there are', async () => {
    const broken = await Promise.all(
      pages().map(async (path) => {
        const targets = [...(await read(path)).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)]
        return targets
          .map(([, target = '']) => target)
          .filter((target) => !existsSync(join(project, dirname(path), decodeURI(target))))
          .map((target) => `${path} → ${target}`)
      }),
    )
    expect(broken.flat()).toEqual([])
  })
})

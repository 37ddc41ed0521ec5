// The pages keep their word: what they tell a reader to type is typed, and answers as they show.
// `sh` and `graphql` blocks are done in order, in a fresh checkout, over the gateway that `npm start` makes there; a block
// with a file's name is that file. Blocks marked `no-run` need what a test has not, such as a cluster or a real account.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareAnswer, compareJson, readBlocks, readSteps } from '#test/support/page-blocks.ts'
import { runPage, type StartedGateway, startGatewayOfPages } from '#test/support/page-runner.ts'
import { listProjectFiles } from '../../scripts/checks/project-files.ts'

const project = join(import.meta.dirname, '..', '..')
const allPages = (await listProjectFiles(project))
  .filter((path) => path === 'README.md' || /^docs\/.*\.md$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(project, path), 'utf8') }))
const pages = allPages.filter(({ text }) => readSteps(text).length > 0)

// What they are told to type is typed by a shell.
describe.skipIf(process.platform === 'win32')('what the pages say', { timeout: 120_000, concurrent: true }, () => {
  let gateway: StartedGateway
  beforeAll(async () => {
    gateway = await startGatewayOfPages()
  })
  afterAll(() => gateway?.close())

  for (const { path, text } of pages) {
    const steps = readSteps(text)
    const leftOut = steps.filter(({ block }) => block.words.includes('no-run')).length
    it(`${path}: ${steps.length - leftOut} blocks (${leftOut} left out)`, async () => {
      expect((await runPage(text, gateway)).problems).toEqual([])
    })
  }
})

it('no page and no example hands a key to a program among its arguments, which everybody can read', async () => {
  const scripts = (await listProjectFiles(project)).filter((path) => /^examples\/.*\.(sh|md)$/.test(path))
  const texts = scripts.map((path) => ({ path, text: readFileSync(join(project, path), 'utf8') }))
  const told = [...allPages, ...texts].flatMap(({ path, text }) =>
    [
      ...text.matchAll(/(-H|--header) ?"(authorization|x-api-key):[^"]*\$[^"]*"|--from-literal|redis-cli .*-[ua] .*/gi),
    ].map(([words]) => `${path}: ${words}`),
  )
  expect(told).toEqual([])
})

/** What a heading is called in an address, as code hosts have it. */
function toAnchors(page: string): readonly string[] {
  const headings = [...page.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)]
  return headings.map(([, text = '']) =>
    text
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

describe('links of the pages', () => {
  it('lead to headings that there are', () => {
    const broken = allPages.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)].flatMap(([, target = '', anchor = '']) => {
        const page = readFileSync(join(project, target === '' ? path : join(dirname(path), target)), 'utf8')
        return toAnchors(page).includes(anchor) ? [] : [`${path} → ${target}#${anchor}`]
      }),
    )
    expect(broken).toEqual([])
  })

  it('lead from the table of contents to every page', () => {
    const contents = readFileSync(join(project, 'docs/README.md'), 'utf8')
    const missing = allPages.filter(({ path }) => {
      const name = path.replace('docs/', '')
      return /^[\w-]+\.md$/.test(name) && name !== 'README.md' && !contents.includes(`(${name})`)
    })
    expect(missing.map(({ path }) => path)).toEqual([])
  })
})

describe('the README', () => {
  it('begins with what starts the gateway, and shows an answer', () => {
    const steps = readSteps(readFileSync(join(project, 'README.md'), 'utf8'))
    expect(steps[0]?.block.text).toBe('npm ci && npm start\n')
    expect(steps[1]?.shown?.language).toBe('json')
  })
})

describe('a page that does not keep its word', () => {
  const gateway = { address: 'http://127.0.0.1:9', sandbox: 'http://127.0.0.1:9', close: async () => undefined }
  const page = (...blocks: readonly string[]) => blocks.map((block) => `\`\`\`${block}\n\`\`\`\n`).join('\nWords.\n\n')
  const problemsOf = async (...blocks: readonly string[]) => (await runPage(page(...blocks), gateway)).problems

  it('is told of a command that fails, with its line', async () => {
    expect(await problemsOf('sh\ntrue', 'sh\necho no; false')).toEqual([
      expect.stringMatching(/^line 7: ended with 1: no/),
    ])
  })

  it('is told of one that should fail and does not', async () => {
    expect(await problemsOf('sh fails\ntrue')).toHaveLength(1)
    expect(await problemsOf('sh fails\nfalse')).toEqual([])
  })

  it('is told of an answer that has another shape', async () => {
    const shown = 'json\n{ "name": "x" }'
    expect(await problemsOf(`sh\necho '{"name":1}'`, shown)).toHaveLength(1)
    expect(await problemsOf(`sh\necho '{"name":"y"}'`, shown)).toEqual([])
  })

  it('has its files written, and what is left out is left out', async () => {
    const blocks = ['yaml some.yaml\nname: x', 'sh\ngrep -q x some.yaml', 'sh no-run\nfalse']
    expect(await runPage(page(...blocks), gateway)).toEqual({ problems: [], done: 2, leftOut: 1 })
  })

  it('is told of settings that a gateway cannot start with', async () => {
    const problems = await problemsOf('yaml weir.yaml\nserver: { prot: 1 }', 'sh\nnpm start')
    expect(problems).toEqual([expect.stringMatching(/the gateway has ended.*prot/s)])
  })
})

describe('an answer is as shown', () => {
  it('when names and kinds are the same', () => {
    expect(compareJson({ at: '2026-11-21T10:00:00Z', n: 1 }, { at: '2027-01-01T00:00:00Z', n: 2 })).toEqual([])
    expect(compareJson({ n: 1 }, { n: null })).toEqual(['$.n: is null'])
    expect(compareJson({ n: 1 }, { m: 1 })).toEqual(['$.m: is there and not shown', '$.n: is shown and not there'])
  })

  it('when codes are the very same', () => {
    expect(compareJson({ code: 'NOT_FOUND' }, { code: 'FORBIDDEN' })).toEqual(['$.code: is "FORBIDDEN"'])
  })

  it('when of a list what is shown is like what is there, and something is where something is shown', () => {
    expect(compareJson([{ n: 1 }], [{ n: 1 }, { n: 2 }])).toEqual([])
    expect(compareJson([{ n: 1 }, { n: 2 }], [{ n: 1 }])).toEqual([])
    expect(compareJson([{ n: 1 }], [])).toEqual(['$: has 0 items'])
    expect(compareJson([], [1])).toEqual(['$: has 1 items'])
  })

  it('to the letter where the page says so', () => {
    const [block] = readBlocks('```json exact\n{ "n": 1 }\n```\n')
    expect(block && compareAnswer(block, '{"n":1}')).toEqual([])
    expect(block && compareAnswer(block, '{"n":2}')).toEqual(['$: is {"n":2}'])
  })

  it('when the columns are the same, and the lines are there in their order', () => {
    const [csv, text] = readBlocks('```csv\na,b\n1,2\n```\n\n```text\nHTTP/1.1 200 OK\netag: W/"a1"\nage: …\n```\n')
    expect(csv && compareAnswer(csv, 'a,b\r\n3,4\r\n5,6\r\n')).toEqual([])
    expect(csv && compareAnswer(csv, 'a,c\r\n3,4\r\n')).toEqual(['the columns are a,c'])
    expect(text && compareAnswer(text, 'HTTP/1.1 200 OK\r\nx: y\r\nETag: W/"b2"\r\nAge: 5\r\n')).toEqual([])
    expect(text && compareAnswer(text, 'HTTP/1.1 200 OK\r\nAge: 5\r\n')).toEqual([
      'there is no line like "etag: W/"a1""',
    ])
  })
})

// The README keeps its word: its commands exist, its requests work, its answers have the shape it shows.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Gateway, type Json, startGateway } from '#test/support/gateway.ts'

const readme = readFileSync('README.md', 'utf8')
const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text = '']) => ({ language, text }))
const shell = blocks.filter((block) => block.language === 'sh').map((block) => block.text)

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

/** Names and kinds of an answer, without its values. */
function shapeOf(value: Json): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  if (value === null || typeof value !== 'object') return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shapeOf(field)]))
}

describe('README', () => {
  it('shows commands that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
    const named = shell.flatMap((text) =>
      [...text.matchAll(/npm (?:run )?(start|test|sandbox|check)/g)].map(([, name]) => name ?? ''),
    )
    expect(named).toContain('start')
    expect(named).toContain('test')
    for (const name of named) expect(Object.keys(scripts)).toContain(name)
  })

  it('shows a first query whose answer has the shape it shows', async () => {
    const request = /-d '(\{[\s\S]*?\})'/.exec(shell.join('\n'))?.[1] ?? ''
    const shown = JSON.parse(blocks.find((block) => block.language === 'json')?.text ?? '')
    const response = await fetch(`${gateway.address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: request,
    })
    expect(shapeOf(await response.json())).toEqual(shapeOf(shown))
  })

  it('shows REST requests that answer', async () => {
    const hour = { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date().toISOString() }
    const address = /"http:\/\/127\.0\.0\.1:4000(\/v1[^"]*)"|http:\/\/127\.0\.0\.1:4000(\/v1\S*)/g
    const paths = [...shell.join('\n').matchAll(address)].map(([, quoted, bare = '']) => quoted ?? bare)
    expect(paths.length).toBe(2)
    for (const path of paths) {
      const filled = path.replace(/from=\$\([^)]*\)/, `from=${hour.from}`).replace(/to=\$\([^)]*\)/, `to=${hour.to}`)
      const response = await gateway.get(filled, { accept: 'text/csv, application/json' })
      expect(response.status, filled).toBe(200)
    }
  })

  it('links to files that are there', () => {
    for (const [, target = ''] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g))
      expect(() => readFileSync(target), target).not.toThrow(/ENOENT/)
  })
})

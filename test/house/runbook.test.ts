// The runbook keeps its word: its queries are understood, its questions are answered, its log lines are written.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { findMistakes, readKnownMetrics } from '#test/support/known-metrics.ts'
import { readCommandLine } from '../../src/config/command-line.ts'

const folder = 'docs/runbook'
const rules = readFileSync('helm/weir/rules/weir.rules.yaml', 'utf8')
const alerts = [...new Set([...rules.matchAll(/alert: (\w+)/g)].map(([, name = '']) => name))].toSorted()
const pages = readdirSync(folder).map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }))
const pagesOfAlerts = pages.filter(({ file }) => file !== 'README.md')
const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(join('src', path), 'utf8'))
  .join('\n')
const isWritten = (line: string) => source.includes(`'${line}'`) || source.includes(`"${line}"`)
const known = readKnownMetrics()

const listBlocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, block = '']) => block.trim())

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway?.close())

test('every alert has a page, every page an alert, and the table lists them', () => {
  expect(pagesOfAlerts.map(({ file }) => file.replace('.md', '')).toSorted()).toEqual(alerts)
  const table = readFileSync(join(folder, 'README.md'), 'utf8')
  const listed = [...table.matchAll(/^\| \[(\w+)\]\((\w+)\.md\) \|/gm)]
  for (const [, name, target] of listed) expect(target).toBe(name)
  expect(listed.map(([, name]) => name).toSorted()).toEqual(alerts)
})

test.each(pagesOfAlerts)('$file answers the same questions in the same order', ({ file, text }) => {
  expect(text).toMatch(new RegExp(`^# ${file.replace('.md', '')}\n`))
  expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual([
    'What it means',
    'What users notice',
    'How to look',
    'Likely causes',
    'What to do',
    'Over when',
    'Do not',
  ])
})

test.each(pagesOfAlerts)('$file explains every reason of its alert', ({ file, text }) => {
  const own = rules.split('- alert: ').filter((rule) => rule.startsWith(`${file.replace('.md', '')}\n`))
  expect(own.length).toBeGreaterThan(0)
  for (const [, reason] of own.join('').matchAll(/^ +reason: (\w+)$/gm))
    expect(text).toMatch(new RegExp(`["\`]${reason}["\`]`))
})

describe.each(pages)('$file', ({ text }) => {
  test('asks Prometheus for what there is', () => {
    expect(listBlocks(text, 'promql').flatMap((expr) => findMistakes(expr, known))).toEqual([])
    for (const [name] of text.matchAll(/\bweir_\w+/g)) expect([...known.keys()]).toContain(name)
  })

  test('asks Weir for what it answers', async () => {
    for (const question of listBlocks(text, 'graphql')) {
      const { data, errors } = await gateway.query(question)
      expect([question, errors]).toEqual([question, undefined])
      expect(Object.values(data)).not.toContain(null)
    }
    for (const [, path = ''] of text.matchAll(/`GET (\/v1[^`]*)`/g))
      expect([path, (await gateway.get(path.replace('{account}', 'tencent-main'))).status]).toEqual([path, 200])
  })

  test('shows commands that are understood', () => {
    for (const [, words = ''] of text.matchAll(/node src\/main\.ts ([^>`\n]+)/g))
      expect([words, readCommandLine(words.trim().split(' ')).problems]).toEqual([words, []])
  })

  test('quotes log lines that are written', () => {
    const [, ...sections] = text.split(/^In the log|In the log:/m)
    const spans = sections.flatMap((section) => [...(section.split('\n## ')[0] ?? '').matchAll(/`([^`]+)`/g)])
    // Names of fields and levels are one word each.
    const lines = spans.flatMap(([, span = '']) => (span.includes(' ') ? [span] : []))
    for (const line of lines) expect([line, isWritten(line)]).toEqual([line, true])
  })

  test('links to what is there', () => {
    for (const [, target = '', anchor] of text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
      const linked = readFileSync(join(folder, target), 'utf8')
      const headings = [...linked.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      )
      if (anchor !== undefined) expect(headings).toContain(anchor)
    }
  })
})

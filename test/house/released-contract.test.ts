// A promise that was released is kept: breaking it without a version that says so turns the check red.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkPlanted } from '#test/support/planted-project.ts'
import { findBrokenPromises } from '../../scripts/checks/released-contract.ts'
import { compareVersions, mayBreak } from '../../scripts/contract/changes.ts'
import { findNameChanges, listMetrics, listSettings } from '../../scripts/contract/name-changes.ts'
import { findRestChanges } from '../../scripts/contract/rest-changes.ts'

const schema = `
type Query { stream(key: String!): Stream  streams: [Stream!] }
type Stream { key: String!  state: State }
enum State { LIVE OFFLINE }
`
const settings =
  '## `server`\n\n| Setting | Allowed | Default | Meaning |\n|---|---|---|---|\n| `port` | a number | `4000` | Port. |\n'
const metrics = '| `weir_quota_used` | gauge | `account` | Used. |\n'

/** A document with one operation. */
function toDocument({ query = {}, item = {}, required = ['key'] }: Record<string, object | string[]> = {}) {
  const Stream = {
    type: 'object',
    properties: { key: { type: 'string' }, state: { enum: ['LIVE', 'OFFLINE'] }, ...item },
    required,
  }
  const answer = {
    type: 'object',
    properties: { items: { type: 'array', items: { $ref: '#/components/schemas/Stream' } } },
  }
  return {
    paths: {
      '/v1/streams': {
        get: {
          parameters: [{ name: 'first', in: 'query', schema: { type: 'integer' }, ...query }],
          responses: { 200: { content: { 'application/json': { schema: answer } } } },
        },
      },
    },
    components: { schemas: { Stream } },
  }
}

/** The same with one more parameter, which may be left out. */
function withParameter(schema: object) {
  const document = toDocument()
  document.paths['/v1/streams'].get.parameters.push({ name: 'more', in: 'query', schema: { type: 'array', ...schema } })
  return document
}

/** What the check says of a project of this version that has changed. */
function check(version: string, changed: Readonly<Record<string, string>> = {}, document: object = toDocument()) {
  const files = {
    'package.json': JSON.stringify({ version }),
    'schema.graphql': schema,
    'docs/configuration.md': settings,
    'docs/metrics.md': metrics,
    'released/0.9.0/schema.graphql': 'type Query { old: Int }',
    'released/0.10.0/schema.graphql': schema,
    'released/0.10.0/openapi.json': JSON.stringify(toDocument()),
    'released/0.10.0/settings.txt': 'server.port\n',
    'released/0.10.0/metrics.txt': 'weir_quota_used gauge account\n',
    ...changed,
  }
  return checkPlanted(files, (folder) => findBrokenPromises(folder, async () => JSON.stringify(document)))
}

const lastLine = 'Version 0.10.1 may not break what 0.10.0 promised: mend it, or raise the version.'

describe('the check', () => {
  test('is content with what was released, held against the newest of it', async () => {
    expect(await check('0.10.0')).toEqual([])
  })

  test('is content with what is added', async () => {
    const grown = { 'schema.graphql': schema.replace('state: State', 'state: State  since: String') }
    expect(await check('0.10.1', grown, toDocument({ item: { since: { type: 'string' } } }))).toEqual([])
  })

  test('refuses a field that is gone from the schema', async () => {
    const shrunk = { 'schema.graphql': schema.replace('state: State', '').replace(/enum.*/, '') }
    expect(await check('0.10.1', shrunk)).toEqual([
      'schema: State was removed.',
      'schema: Stream.state was removed.',
      lastLine,
    ])
  })

  test('refuses a route, a setting and a metric that are gone', async () => {
    const gone = { 'docs/configuration.md': '', 'docs/metrics.md': '' }
    const problems = await check('0.10.1', gone, { paths: {}, components: { schemas: {} } })
    expect(problems).toContain('REST: GET /v1/streams was removed.')
    expect(problems).toContain('setting server.port was removed.')
    expect(problems).toContain('metric weir_quota_used was removed.')
  })

  test('lets a version that says so break it', async () => {
    const shrunk = { 'schema.graphql': 'type Query { other: Int }' }
    expect(await check('0.11.0', shrunk)).toEqual([])
    expect(await check('1.0.0', shrunk)).toEqual([])
    expect(await check('0.10.9', shrunk)).not.toEqual([])
  })

  test('is not content with nothing to hold it against', async () => {
    const none = await checkPlanted({ 'package.json': '{"version":"1.0.0"}' }, (folder) => findBrokenPromises(folder))
    expect(none).toEqual([expect.stringContaining('node scripts/contract.ts keep')])
  })

  test('knows the contract of this project', async () => {
    const project = join(import.meta.dirname, '..', '..')
    const names = listSettings(await readFile(join(project, 'docs/configuration.md'), 'utf8'))
    expect(names).toEqual(expect.arrayContaining(['dataDirectory', 'server.port', 'accounts[].name required']))
    expect(names).toContain('accounts[tencent].credentials.apiKey required')
    expect(listMetrics(await readFile(join(project, 'docs/metrics.md'), 'utf8')).length).toBeGreaterThan(20)
  })
})

describe('REST breaks with', () => {
  const breaksOf = (now: object) => findRestChanges(toDocument(), now).breaking

  test('a parameter that has to be sent, or takes less', () => {
    expect(breaksOf(toDocument({ query: { required: true } }))).toEqual([
      'REST: GET /v1/streams query:first has to be sent now.',
    ])
    expect(breaksOf(toDocument({ query: { schema: { type: 'string' } } }))).toEqual([
      'REST: GET /v1/streams query:first may not be integer any more.',
    ])
  })

  test('no new parameter that may be left out, whatever it is made of', () => {
    expect(breaksOf(withParameter({ type: 'array', items: { type: 'string' } }))).toEqual([])
    const range = { type: 'object', properties: { from: { type: 'string' } }, required: ['from'] }
    expect(breaksOf(withParameter(range))).toEqual([])
  })

  test('a new parameter that has to be sent, under another name', () => {
    expect(breaksOf(toDocument({ query: { name: 'size', required: true } }))).toEqual([
      'REST: GET /v1/streams query:first was removed.',
      'REST: GET /v1/streams query:size is new and has to be sent.',
    ])
  })

  test('a field of an answer that may be null, or be left out', () => {
    const place = 'GET /v1/streams 200:application/json.items[].key'
    expect(breaksOf(toDocument({ item: { key: { type: ['string', 'null'] } } }))).toEqual([
      `REST: ${place} may be null now.`,
    ])
    expect(breaksOf(toDocument({ item: { key: { anyOf: [{ type: 'string' }, { type: 'null' }] } } }))).toEqual([
      `REST: ${place} may be null now.`,
    ])
    expect(breaksOf(toDocument({ required: [] }))).toEqual([`REST: ${place} may be left out now.`])
  })

  test('not a word that an answer did not have, which is told all the same', () => {
    const { breaking, dangerous } = findRestChanges(
      toDocument(),
      toDocument({ item: { state: { enum: ['LIVE', 'OFFLINE', 'LATE'] } } }),
    )
    expect(breaking).toEqual([])
    expect(dangerous).toEqual(['REST: GET /v1/streams 200:application/json.items[].state may be "LATE" now.'])
  })
})

describe('names break with', () => {
  const breaksOf = (released: string[], current: string[]) => findNameChanges('setting', released, current).breaking

  test('what is required of those who have what it belongs to', () => {
    expect(breaksOf(['server.port'], ['server.port', 'server.name required'])).toEqual([
      'setting server.name is new and required.',
    ])
    expect(breaksOf(['server.port'], ['server.port required'])).toEqual(['setting server.port is required now.'])
    expect(breaksOf(['server.port'], ['server.port', 'tracing.endpoint required'])).toEqual([])
  })

  test('a label that is gone, and another type', () => {
    expect(breaksOf(['weir_x counter account code'], ['weir_x gauge account'])).toEqual([
      'setting weir_x is not counter any more.',
      'setting weir_x is not code any more.',
    ])
    expect(breaksOf(['weir_x counter account'], ['weir_x counter account code'])).toEqual([])
  })
})

test('versions are told apart by number', () => {
  expect(['0.10.0', '0.9.0', '1.0.0'].toSorted(compareVersions)).toEqual(['0.9.0', '0.10.0', '1.0.0'])
  expect([mayBreak('1.2.0', '1.3.0'), mayBreak('1.2.0', '2.0.0'), mayBreak('0.1.0', '0.1.1')]).toEqual([
    false,
    true,
    false,
  ])
})

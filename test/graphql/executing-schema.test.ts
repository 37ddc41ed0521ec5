import fc from 'fast-check'
import fastify from 'fastify'
import { execute, type GraphQLSchema, parse, specifiedRules, validate } from 'graphql'
import mercurius from 'mercurius'
import { beforeAll, describe, expect, test } from 'vitest'
import { createContext } from '#graphql/context.ts'
import { createExecutor, type Executor } from '#graphql/executing-schema.ts'
import { resolvers } from '#graphql/resolvers/index.ts'
import { bindSubscriptions } from '#graphql/resolvers/subscription.ts'
import type { PlaySample, PushSample } from '#model/sample.ts'
import { createRowWriter } from '#rows/row-writer.ts'
import type { SampleSlice } from '#services/views.ts'
import { FakeServices, fetchedAt } from '#test/support/fake-services.ts'
import { createAsk, schemaText } from './harness.ts'

let schema: GraphQLSchema
let executor: Executor

beforeAll(async () => {
  const app = fastify()
  await app.register(mercurius, { schema: schemaText, resolvers, routes: false, cache: false })
  schema = app.graphql.schema
  bindSubscriptions(schema)
  executor = createExecutor({ text: schemaText, schema, rows: createRowWriter({ maxBytes: 100_000 }) })
})

/** Cuts a history into kept pieces of three, of which the first and the last are wanted in part. */
function toSlices<Item>(items: readonly Item[]): readonly SampleSlice<Item>[] {
  return Array.from({ length: Math.ceil(items.length / 3) }, (_, piece) => {
    const wanted = items.slice(3 * piece, 3 * piece + 3)
    const around = items.slice(0, 1)
    const samples = Object.freeze([...around, ...wanted, ...around])
    return { samples, begin: around.length, end: around.length + wanted.length }
  })
}

/** Use cases whose histories come in pieces. */
class SlicedServices extends FakeServices {
  override async listPushSamples(...asked: Parameters<FakeServices['listPushSamples']>) {
    const series = await super.listPushSamples(...asked)
    return { ...series, slices: toSlices(series.items) }
  }
  override async listAccountPlaySamples(...asked: Parameters<FakeServices['listAccountPlaySamples']>) {
    const series = await super.listAccountPlaySamples(...asked)
    return { ...series, slices: toSlices(series.items) }
  }
}

/** The same operation both ways, as text. */
async function carryOut(query: string, services: FakeServices, variableValues: Record<string, unknown> = {}) {
  const document = parse(query)
  const rules = specifiedRules.filter(({ name }) => !name.startsWith('NoUnused'))
  expect(validate(schema, document, rules)).toEqual([])
  const operation = { document, variableValues }
  const told = await executor.execute({ ...operation, schema: executor.schema }, createContext(services, createAsk()))
  const plain = await execute({ ...operation, schema, contextValue: createContext(services, createAsk()) })
  return { told: executor.write(told).toString(), plain: JSON.stringify(plain) }
}

const directive = fc.constantFrom(
  ...['', '', '', '', ' @include(if: $yes)', ' @skip(if: $yes)', ' @include(if: $no)', ' @skip(if: $no)'],
  ...[' @skip(if: false)', ' @include(if: true)', ' @skip(if: $no) @include(if: $yes)'],
)

/** Selections of a row's fields: aliases, repeats, fragments in fragments. */
function selectionOf(typeName: string, fields: readonly string[]): fc.Arbitrary<string> {
  const field = fc
    .tuple(fc.constantFrom('', '', 'x_', '__'), fc.constantFrom('__typename', ...fields), directive)
    .map(([prefix, name, only]) => `${prefix ? `${prefix}${name}: ` : ''}${name}${only}`)
  const { selection } = fc.letrec<{ selection: string; item: string }>((tie) => ({
    item: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      { weight: 4, arbitrary: field },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom('Bits', 'More'), directive)
          .map(([name, only]) => `...${typeName}${name}${only}`),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom('', ` on ${typeName}`), directive, tie('selection'))
          .map(([on, only, inner]) => `...${on}${only} { ${inner} }`),
      },
    ),
    selection: fc.array(tie('item'), { minLength: 1, maxLength: 5 }).map((items) => items.join(' ')),
  }))
  return selection
}

const pushFields = ['observedAt', 'frameRate', 'bitrateBitsPerSecond', 'clientIp', 'serverIp']
const playFields = ['observedAt', 'bandwidthBitsPerSecond', 'onlineViewers', 'trafficBytes']
const [pushSelection, playSelection] = [selectionOf('PushSample', pushFields), selectionOf('PlaySample', playFields)]

const beside = fc.constantFrom(
  '',
  'from',
  'missing { code from }',
  '__typename',
  'stale fetchedAt',
  'samples { __typename }',
)
const seriesOf = (selection: fc.Arbitrary<string>) =>
  fc
    .tuple(beside, fc.constantFrom('', 'rows: '), selection, directive, beside, fc.option(selection))
    .map(([before, alias, rows, only, after, again]) => {
      const twice = again === null ? '' : `${alias}samples { ${again} }`
      return `{ to ${before} ${alias}samples${only} { ${rows} } ${after} ${twice} }`
    })

const RANGE = 'from: "2026-11-21T03:00:00Z", to: "2026-11-21T05:00:00Z"'
const queries = fc
  .tuple(seriesOf(pushSelection), seriesOf(playSelection), seriesOf(playSelection), pushSelection, playSelection)
  .map(
    ([push, play, accountPlay, pushBits, playBits]) => `query($yes: Boolean!, $no: Boolean!) {
      node(id: "s1.WyJtYWluIiwiYSJd") { id ... on Stream { pushSamples(${RANGE}) ${push} } }
      stream(account: "main", key: "a") {
        live { push { ...PushSampleMore } }
        pushSamples(${RANGE}) { samples { observedAt } ...Series }
        late: playSamples(${RANGE}) ${play}
      }
      account(name: "main") { name playSamples(${RANGE}) ${accountPlay} }
    }
    fragment Series on PushSampleSeries { other: samples { ...PushSampleBits } }
    fragment PushSampleBits on PushSample { ...PushSampleMore frameRate }
    fragment PushSampleMore on PushSample { ${pushBits.replaceAll(/\.\.\.PushSample(?:Bits|More)/g, 'clientIp')} }
    fragment PlaySampleBits on PlaySample { trafficBytes ...PlaySampleMore }
    fragment PlaySampleMore on PlaySample { ${playBits.replaceAll(/\.\.\.PlaySample(?:Bits|More)/g, 'observedAt')} }`,
  )

const text = fc.oneof(fc.constantFrom(null, '', '203.0.113.7', '"\\', '\u2028', '\ud800', '日本😀'), fc.string())
const measure = fc.oneof(
  fc.constantFrom(null, 0, 2 ** 53, 29.97),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
)
const observedAt = fc.integer({ min: fetchedAt - 3_600_000, max: fetchedAt + 3_599_999 })
const histories = fc.record({
  pushSamples: fc.array(
    fc.record<PushSample>({
      observedAt,
      frameRate: measure,
      bitrateBitsPerSecond: measure,
      clientIp: text,
      serverIp: text,
    }),
    { maxLength: 8 },
  ),
  playSamples: fc.array(
    fc.record<PlaySample>({
      ...{ observedAt, bandwidthBitsPerSecond: measure, trafficBytes: measure },
      // Now and then more than the field can carry.
      onlineViewers: fc.oneof({ weight: 20, arbitrary: fc.nat() }, { weight: 1, arbitrary: fc.constant(2 ** 31) }),
    }),
    { maxLength: 8 },
  ),
})

const createServices = ({
  pushSamples,
  playSamples,
}: {
  pushSamples: readonly PushSample[]
  playSamples: readonly PlaySample[]
}) =>
  new SlicedServices({
    main: {
      playSamples,
      streams: {
        a: {
          ...{ pushSamples, playSamples },
          live: {
            ...{ onlineViewers: 1, bandwidthBitsPerSecond: 2 },
            push: { frameRate: 25, bitrateBitsPerSecond: null, clientIp: 'a', serverIp: null },
          },
        },
      },
    },
  })

test('whatever is asked of histories is answered byte for byte as the public schema answers it', async () => {
  await fc.assert(
    fc.asyncProperty(queries, histories, async (query, history) => {
      const { told, plain } = await carryOut(query, createServices(history), { yes: true, no: false })
      expect(told).toBe(plain)
    }),
    { numRuns: 500 },
  )
}, 60_000)

const playSample = { observedAt: fetchedAt, bandwidthBitsPerSecond: 1, onlineViewers: 7, trafficBytes: 2 }
const pushSample = { observedAt: fetchedAt, frameRate: 25, bitrateBitsPerSecond: 1, clientIp: 'a', serverIp: 'b' }
const playQuery = `{ account(name: "main") { playSamples(${RANGE}) { samples { onlineViewers trafficBytes } } } }`

test('the rows of an ordinary answer are no objects while it is put together', async () => {
  const services = createServices({ pushSamples: [], playSamples: [playSample] })
  const operation = { schema: executor.schema, document: parse(playQuery) }
  const { data } = await executor.execute(operation, createContext(services, createAsk()))
  const series: unknown = JSON.parse(JSON.stringify(data))
  expect(series).toEqual({ account: { playSamples: { samples: [{ onlineViewers: 7, trafficBytes: 2 }] } } })
  expect(data).not.toEqual(series)
})

describe('what rows cannot tell is told as the public schema tells it', () => {
  test('viewers beyond what an Int can carry are an error of their field', async () => {
    const samples = [playSample, { ...playSample, onlineViewers: 2 ** 31 }]
    const { told, plain } = await carryOut(playQuery, createServices({ pushSamples: [], playSamples: samples }))
    expect(told).toBe(plain)
    expect(JSON.parse(told)).toMatchObject({
      errors: [{ path: ['account', 'playSamples', 'samples', 1, 'onlineViewers'] }],
      data: { account: { playSamples: { samples: [{ onlineViewers: 7 }, { onlineViewers: null, trafficBytes: 2 }] } } },
    })
  })

  test('a directive without its argument is an error of the first row, where there is one', async () => {
    const query = `query($maybe: Boolean = true) { stream(account: "main", key: "a") {
      pushSamples(${RANGE}) { samples { frameRate @include(if: $maybe) } } } }`
    for (const pushSamples of [[], [pushSample]]) {
      const { told, plain } = await carryOut(query, createServices({ pushSamples, playSamples: [] }), { maybe: null })
      expect(told).toBe(plain)
      expect('errors' in JSON.parse(told)).toBe(pushSamples.length > 0)
    }
  })
})

test.each([7, 2 ** 31])(
  'rows count towards the size of an answer, once, also with %i viewers',
  async (onlineViewers) => {
    const services = createServices({
      pushSamples: [pushSample],
      playSamples: [playSample, { ...playSample, onlineViewers }],
    })
    const context = createContext(services, createAsk())
    await executor.execute({ schema: executor.schema, document: parse(playQuery) }, context)
    expect(() => context.answerSize.count(200_000 - 2)).not.toThrow()
    expect(() => context.answerSize.count(1)).toThrow('200000 items')
  },
)

test('more rows than an answer may hold are an error of their history', async () => {
  const pushSamples = Array.from({ length: 200_001 }, () => pushSample)
  const query = `{ stream(account: "main", key: "a") { pushSamples(${RANGE}) { samples { frameRate } } } }`
  const { told, plain } = await carryOut(query, createServices({ pushSamples, playSamples: [] }))
  expect(told).toBe(plain)
  expect(told).toContain('200000 items')
})

test('every resolver of the public schema is the same in the twin, but for the rows', () => {
  const others: string[] = []
  for (const [name, type] of Object.entries(schema.getTypeMap())) {
    if (name.startsWith('__') || !('getFields' in type)) continue
    const twin = executor.schema.getType(name)
    if (!twin || !('getFields' in twin)) throw new Error(`the twin has no ${name}`)
    const twinFields = Object.entries(twin.getFields())
    expect(twinFields.map(([field]) => field)).toEqual(Object.keys(type.getFields()))
    for (const [field, { type: fieldType, ...definition }] of Object.entries(type.getFields())) {
      const other = twin.getFields()[field]
      const resolverOf = (one: object | undefined) =>
        one && ['resolve', 'subscribe'].map((key) => Reflect.get(one, key))
      const isSame =
        String(other?.type) === String(fieldType) &&
        JSON.stringify(resolverOf(other)?.map(String)) === JSON.stringify(resolverOf(definition)?.map(String))
      if (!isSame) others.push(`${name}.${field}`)
    }
  }
  expect(others).toEqual(['PushSampleSeries.samples', 'PlaySampleSeries.samples'])
})

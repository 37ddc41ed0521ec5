// The rules that the OpenAPI document keeps.
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { errorTable } from '#model/errors.ts'
import { openApiTags } from '#rest/openapi.ts'
import { accountListSchema, accountSchema } from '#rest/schemas/account.ts'
import { collectorSchema } from '#rest/schemas/collector.ts'
import { playSampleSeriesSchema } from '#rest/schemas/play-sample.ts'
import { problemSchema } from '#rest/schemas/problem.ts'
import { pushSampleSeriesSchema } from '#rest/schemas/push-sample.ts'
import { pushSessionSeriesSchema, streamPushSessionsListSchema } from '#rest/schemas/push-session.ts'
import { recordingListSchema } from '#rest/schemas/recording.ts'
import { quarantinedBatchListSchema, snapshotListSchema } from '#rest/schemas/snapshot.ts'
import { liveStreamListSchema, streamSchema } from '#rest/schemas/stream.ts'
import { buildRestApp } from './rest-app.ts'

/** The parts of a document that the rules are about. */
const mediaSchema = z.object({
  schema: z.looseObject({}),
  example: z.unknown().optional(),
  examples: z.unknown().optional(),
})
const parameterSchema = z.object({
  name: z.string(),
  in: z.string(),
  description: z.string().min(5),
  schema: z.looseObject({}),
  example: z.unknown().optional(),
  examples: z.unknown().optional(),
})
const operationSchema = z.object({
  operationId: z.string(),
  summary: z.string().min(5),
  description: z.string().min(20),
  tags: z.array(z.string()).length(1),
  parameters: z.array(parameterSchema).default([]),
  requestBody: z.object({ content: z.record(z.string(), mediaSchema) }).optional(),
  responses: z.record(
    z.string(),
    z.object({
      description: z.string().min(5),
      headers: z.record(z.string(), z.object({ description: z.string() })).optional(),
      content: z.record(z.string(), mediaSchema).optional(),
    }),
  ),
})
/** A property says itself what it is, or leaves it to the named schema it refers to, which always does. */
const propertySchema = z.looseObject({ description: z.string().min(5) }).or(z.strictObject({ $ref: z.string() }))
const namedSchema = z.looseObject({
  description: z.string().min(5),
  properties: z.record(z.string(), propertySchema),
})
const documentSchema = z.object({
  openapi: z.literal('3.1.0'),
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({
    schemas: z.record(z.string(), namedSchema),
    securitySchemes: z.record(z.string(), z.unknown()),
  }),
  security: z.array(z.record(z.string(), z.array(z.string()))),
})

const answers: Readonly<Record<string, z.ZodObject>> = {
  listAccounts: accountListSchema,
  getAccount: accountSchema,
  getCollector: collectorSchema,
  listLiveStreams: liveStreamListSchema,
  listAccountLiveStreams: liveStreamListSchema,
  getStream: streamSchema,
  listPushSamples: pushSampleSeriesSchema,
  listPlaySamples: playSampleSeriesSchema,
  listAccountPlaySamples: playSampleSeriesSchema,
  listPushSessions: pushSessionSeriesSchema,
  listManyPushSessions: streamPushSessionsListSchema,
  listRecordings: recordingListSchema,
  listSnapshots: snapshotListSchema,
  listAccountSnapshots: snapshotListSchema,
  listQuarantinedSnapshots: quarantinedBatchListSchema,
}

async function readDocument() {
  const { app } = await buildRestApp()
  const response = await app.inject('/openapi.json')
  expect(response.headers['content-type']).toContain('application/json')
  const raw = z.record(z.string(), z.unknown()).parse(response.json())
  const document = documentSchema.parse(raw)
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )
  /** Those whose answer has an end. */
  const finite = operations.filter(({ path }) => !path.endsWith('/events'))
  return { raw, document, operations, finite }
}

test('is valid OpenAPI 3.1', async () => {
  const { raw } = await readDocument()
  expect(await new Validator().validate(structuredClone(raw))).toEqual({ valid: true })
})

test('describes every route of the contract, and nothing else', async () => {
  const { operations } = await readDocument()
  expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
    [
      'get /v1/accounts',
      'get /v1/accounts/{account}',
      'get /v1/accounts/{account}/collector',
      'get /v1/accounts/{account}/live-streams',
      'get /v1/accounts/{account}/play-samples',
      'get /v1/accounts/{account}/snapshots',
      'get /v1/accounts/{account}/snapshots/quarantine',
      'get /v1/live-streams',
      'post /v1/accounts/{account}/push-sessions',
      ...['', '/push-samples', '/play-samples', '/push-sessions', '/recordings', '/snapshots', '/events'].flatMap(
        (suffix) => [`get /v1/accounts/{account}/streams/{key}${suffix}`, `get /v1/streams/{id}${suffix}`],
      ),
    ].sort(),
  )
})

describe('every operation', () => {
  test('has a name of its own and a known tag', async () => {
    const { operations } = await readDocument()
    const names = operations.map(({ operationId }) => operationId)
    expect(new Set(names).size).toBe(names.length)
    const tags = openApiTags.map(({ name }) => name)
    for (const operation of operations) expect(tags).toContain(operation.tags[0])
    expect(new Set(operations.flatMap((operation) => operation.tags))).toEqual(new Set(tags))
  })

  test('shows an answer that its schema takes', async () => {
    const { finite } = await readDocument()
    for (const { operationId, responses } of finite) {
      const schema = answers[operationId.replace(/ById$/, '')]
      const example = responses['200']?.content?.['application/json']?.example
      expect([operationId, schema?.strict().safeParse(example).error]).toEqual([operationId, undefined])
    }
  })

  test('shows a value for every argument', async () => {
    const { operations } = await readDocument()
    for (const { operationId, parameters, requestBody } of operations) {
      for (const { name, example, examples } of parameters)
        expect([operationId, name, example ?? examples]).not.toContain(undefined)
      for (const media of Object.values(requestBody?.content ?? {}))
        expect(media.example ?? media.examples).toBeDefined()
    }
  })

  test('takes exactly the parameters of its path', async () => {
    const { operations } = await readDocument()
    for (const { path, parameters } of operations)
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      )
  })

  test('describes every status of the error table with a problem', async () => {
    const { operations } = await readDocument()
    for (const { responses } of operations)
      for (const { status } of Object.values(errorTable)) {
        const media = responses[String(status)]?.content?.['application/problem+json']
        expect(media?.schema).toEqual({ $ref: '#/components/schemas/Problem' })
        expect(problemSchema.parse(media?.example).status).toBe(status)
      }
  })

  test('describes the headers of its answer', async () => {
    const { finite } = await readDocument()
    for (const { responses } of finite)
      expect(Object.keys(responses['200']?.headers ?? {})).toEqual(
        expect.arrayContaining(['Cache-Control', 'Age', 'ETag', 'X-Upstream-Calls', 'Weir-Stale']),
      )
  })

  test('offers CSV where it is given', async () => {
    const { operations } = await readDocument()
    for (const { path, responses } of operations)
      expect([path, 'text/csv' in (responses['200']?.content ?? {})]).toEqual([path, /samples|sessions/.test(path)])
  })
})

test('an operation of events shows them as they come', async () => {
  const { operations } = await readDocument()
  const events = operations.filter(({ path }) => path.endsWith('/events'))
  expect(events).toHaveLength(2)
  for (const { responses, parameters } of events) {
    const media = responses['200']?.content?.['text/event-stream']
    expect(media?.example).toMatch(/^retry: \d+\n\n(id: \S+\nevent: \w+\ndata: \{.*\}\n\n){2}$/)
    expect(Object.keys(responses['200']?.headers ?? {})).toContain('Cache-Control')
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'Last-Event-ID', in: 'header' }))
  }
})

describe('named schemas', () => {
  test('are all used', async () => {
    const { raw, document } = await readDocument()
    const text = JSON.stringify(raw)
    for (const name of Object.keys(document.components.schemas))
      expect([name, text.includes(`"#/components/schemas/${name}"`)]).toEqual([name, true])
  })

  test('are all there', async () => {
    const { raw, document } = await readDocument()
    for (const [, name = ''] of JSON.stringify(raw).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(document.components.schemas).toHaveProperty(name)
  })

  test('leave room for fields of later versions', async () => {
    const { document } = await readDocument()
    expect(JSON.stringify(document.components.schemas)).not.toContain('additionalProperties')
  })
})

test('names both ways to send a key', async () => {
  const { document } = await readDocument()
  expect(document.components.securitySchemes).toMatchObject({
    bearer: { type: 'http', scheme: 'bearer' },
    apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  })
  expect(document.security).toEqual([{ bearer: [] }, { apiKey: [] }])
  expect(document.info.version).toBe('1.2.3')
})

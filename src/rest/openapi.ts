// The OpenAPI document: what all operations share, and how a route definition becomes one of them.
import type { FastifyDynamicSwaggerOptions, SwaggerTransform, SwaggerTransformObject } from '@fastify/swagger'
import { createJsonSchemaTransformObject, jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type ErrorCode, errorTable, GatewayError } from '#model/errors.ts'
import type { RouteDefinition } from './route-definition.ts'
import { errorCodes } from './schemas/fields.ts'
import { problemSchema, toProblem } from './schemas/problem.ts'

/** The chapters of the document. */
export const openApiTags = [
  { name: 'Accounts', description: 'Configured credential sets, their quota and their health.' },
  { name: 'Live', description: 'What is live now, over one account or all of them.' },
  { name: 'Streams', description: 'One stream: its state and what is measured of it now.' },
  { name: 'History', description: 'Samples and sessions in a half-open range, as JSON or CSV.' },
  { name: 'Files', description: 'Recorded files and collected screenshots.' },
  { name: 'Events', description: 'What happens, as it happens.' },
]

/** Options of the document. @param serverUrl where clients reach the gateway; the document's own origin when left out */
export function toOpenApiOptions(version: string, serverUrl: string | undefined): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Weir',
        version,
        description:
          'One API over many live-streaming CDN accounts. Times are RFC 3339 UTC, ranges are half-open `[from, to)`, units are in the names; a value not measured is null, a measured 0 is 0. The same use cases stand at `/graphql`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: serverUrl ?? '/', description: 'This gateway' }],
      tags: openApiTags,
      security: [{ bearer: [] }, { apiKey: [] }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A key of this gateway. Not needed in open mode.' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The same key, in its own header.' },
        },
      },
    },
    transformObject: keepUsedSchemas,
  }
}

/** Answers may grow: what generated clients read must not refuse a field that a later version adds. */
const toNamedSchemas = createJsonSchemaTransformObject({
  zodToJsonConfig: {
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  },
})

/** Emits the named schemas that an operation leads to, and no others. */
const keepUsedSchemas: SwaggerTransformObject = (document) => {
  const whole = toNamedSchemas(document)
  if (!('components' in whole) || !whole.components?.schemas) return whole
  const { schemas } = whole.components
  const used = new Set<string>()
  const follow = (part: unknown) => {
    for (const [, name = ''] of JSON.stringify(part ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue
      used.add(name)
      follow(schemas[name])
    }
  }
  follow(whole.paths)
  for (const name of Object.keys(schemas)) if (!used.has(name)) delete schemas[name]
  return whole
}

/** Makes the operation of a route. */
export function toOperation<Path extends z.ZodObject, Query extends z.ZodObject, Answer extends z.ZodObject>(
  definition: Pick<
    RouteDefinition<Path, Query, Answer>,
    | 'method'
    | 'path'
    | 'query'
    | 'body'
    | 'answer'
    | 'csv'
    | 'operationId'
    | 'tag'
    | 'summary'
    | 'description'
    | 'example'
  >,
): SwaggerTransform {
  return ({ url, route, schema: _none, ...document }) => {
    const { path, query, body, answer, csv, operationId, tag, summary, description, example } = definition
    const schema = { params: path, querystring: query, ...(body ? { body } : {}) }
    const described = jsonSchemaTransform({ schema, url, route, ...document }).schema
    const readOnly = definition.method !== 'POST'
    return {
      url,
      schema: {
        ...described,
        operationId,
        tags: [tag],
        summary,
        description,
        response: {
          200: {
            description: answer.description ?? summary,
            headers: csv ? { ...answerHeaders, 'Weir-Missing': missingHeader } : answerHeaders,
            content: {
              'application/json': { schema: toReference(answer), example },
              ...(csv
                ? { 'text/csv': { schema: { type: 'string', description: `Columns: ${csv.columns.join(', ')}` } } }
                : {}),
            },
          },
          ...(readOnly ? { 304: { description: 'What the client has is still the answer.', type: 'null' } } : {}),
          ...problemResponses,
          ...(readOnly ? {} : bodyProblemResponses),
        },
      },
    }
  }
}

/** Makes the operation of a route that streams events. */
export function toEventOperation(definition: {
  readonly path: z.ZodObject
  readonly query: z.ZodObject
  readonly headers: z.ZodObject
  readonly operationId: string
  readonly summary: string
  readonly description: string
  /** What `data` of each event is. */
  readonly data: string
  /** The stream, as text. */
  readonly example: string
}): SwaggerTransform {
  return ({ url, route, schema: _none, ...document }) => {
    const { path, query, headers, data, example, ...words } = definition
    const schema = { params: path, querystring: query, headers }
    return {
      url,
      schema: {
        ...jsonSchemaTransform({ schema, url, route, ...document }).schema,
        ...words,
        tags: ['Events'],
        response: {
          200: {
            description: 'Events as they happen, until one of the two leaves.',
            headers: eventHeaders,
            content: {
              'text/event-stream': {
                schema: { type: 'string', description: data },
                example,
              },
            },
          },
          ...problemResponses,
        },
      },
    }
  }
}

function toReference(schema: z.ZodType) {
  return { $ref: `#/components/schemas/${z.globalRegistry.get(schema)?.id}` }
}

const answerHeaders = {
  'Cache-Control': {
    type: 'string',
    description: '`private, max-age=` seconds until new data can exist, or `no-store` where a part failed or is stale.',
  },
  Age: { type: 'integer', description: 'Seconds since the oldest part was fetched from the provider.' },
  ETag: { type: 'string', description: 'Covers the data, not its age. Send it back as `If-None-Match`.' },
  'X-Upstream-Calls': { type: 'integer', description: 'Provider calls started for this request.' },
  'RateLimit-Policy': { type: 'string', description: "The client's own limit, when there is one: quota and window." },
  RateLimit: { type: 'string', description: 'What is left of it, and when it begins anew.' },
  'Weir-Stale': { type: 'string', enum: ['true', 'false'], description: 'Whether a part is past its life.' },
}

const eventHeaders = {
  'Cache-Control': { type: 'string', enum: ['no-store'], description: 'Events are for those who watch.' },
  'X-Upstream-Calls': answerHeaders['X-Upstream-Calls'],
  'RateLimit-Policy': answerHeaders['RateLimit-Policy'],
  RateLimit: answerHeaders.RateLimit,
}

const missingHeader = { type: 'integer', description: 'How many pieces of the range could not be had.' }

const retryAfterHeader = { type: 'integer', description: 'Seconds after which the same question may succeed.' }

/** One response per status that any operation may answer, with the codes behind it. */
const problemResponses = Object.fromEntries(
  [...Map.groupBy(errorCodes, (code) => errorTable[code].status)].map(([status, codes]) => [
    status,
    toProblemResponse(status, codes),
  ]),
)

const bodyProblemResponses = {
  413: toProblemResponse(413, ['INVALID_INPUT'], 'The body is larger than 64 KiB.'),
  415: toProblemResponse(415, ['INVALID_INPUT'], 'The body is not `application/json`.'),
}

function toProblemResponse(status: number, codes: readonly ErrorCode[], when?: string) {
  const [first = 'INTERNAL'] = codes
  return {
    description: codes.map((code) => `\`${code}\`: ${when ?? errorTable[code].when}`).join(' '),
    ...(status === 429 || status === 503 ? { headers: { 'Retry-After': retryAfterHeader } } : {}),
    content: {
      'application/problem+json': {
        schema: toReference(problemSchema),
        example: toProblem(new GatewayError(first, when ?? errorTable[first].when), status, 'req-1'),
      },
    },
  }
}

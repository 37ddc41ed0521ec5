// A collector of traces on loopback: takes OTLP in its JSON form over HTTP, as any collector does.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { waitUntil } from './wait-until.ts'

const valueShape = z.union([
  z.object({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
  z.object({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
  z.object({ intValue: z.coerce.number() }).transform(({ intValue }) => intValue),
  z.object({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
])
const attributesShape = z
  .array(z.object({ key: z.string(), value: valueShape }))
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])))
const spanShape = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  /** 1 internal, 2 server, 3 client. */
  kind: z.int(),
  attributes: attributesShape,
  /** 2 failed. */
  status: z.object({ code: z.int().optional(), message: z.string().optional() }).default({}),
  events: z.array(z.unknown()).default([]),
  links: z.array(z.object({ spanId: z.string() })).default([]),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
})
const bodyShape = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: attributesShape }),
      scopeSpans: z.array(z.object({ spans: z.array(spanShape) })),
    }),
  ),
})

/** A span as it arrived. */
export type CollectedSpan = z.output<typeof spanShape>

/** The collector of a test. */
export interface TraceCollector {
  /** Base address, for `tracing.endpoint`. */
  readonly url: string
  readonly spans: readonly CollectedSpan[]
  /** Attributes of whoever sent the last of them. */
  readonly resource: Readonly<Record<string, unknown>>
  /** Everything that arrived, head and body, as text. */
  readonly text: string
  /** Waits for a span of that name. */
  find(name: string): Promise<CollectedSpan>
  close(): Promise<void>
}

/** Starts one. @param answer how requests are answered once they are read; 200 when left out */
export async function startTraceCollector(answer: number | 'never' = 200): Promise<TraceCollector> {
  const spans: CollectedSpan[] = []
  let resource: Readonly<Record<string, unknown>> = {}
  let text = ''
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString()
      text += `${request.method} ${request.url} ${JSON.stringify(request.headers)}\n${body}\n`
      if (answer === 'never') return
      for (const sent of bodyShape.parse(JSON.parse(body)).resourceSpans) {
        resource = sent.resource.attributes
        spans.push(...sent.scopeSpans.flatMap((scope) => scope.spans))
      }
      response.writeHead(answer, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    get resource() {
      return resource
    },
    get text() {
      return text
    },
    find: async (name) => {
      await waitUntil(`span ${name} has arrived`, async () => spans.some((span) => span.name === name))
      const found = spans.find((span) => span.name === name)
      if (!found) throw new Error(`no span ${name} has arrived`)
      return found
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

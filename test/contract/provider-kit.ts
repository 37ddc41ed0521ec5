// What every provider promises, whatever it speaks.
import fc from 'fast-check'
import { describe, expect, it, type TestContext } from 'vitest'
import type { z } from 'zod'
import type { Ask } from '#contract/ask.ts'
import { type CapabilityName, type CapabilityTable, isSupported, refusalOf } from '#contract/capability.ts'
import type { Provider } from '#contract/provider.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { GatewayError } from '#model/errors.ts'
import { findKeyProblem } from '#model/stream.ts'
import { FakeUpstream, type SeenRequest, toRaw } from '#test/support/fake-upstream.ts'
import { toAsk } from '#test/support/upstream-client.ts'

/** What the kit must know of a provider to put it to the test. */
export interface ProviderHarness<Settings extends z.ZodObject> {
  /** Built in or not: its id may be any. */
  readonly provider: Provider<Settings, string>
  /** The least an operator has to write. */
  readonly settings: z.input<Settings> & object
  /** What must not be found in any request. */
  readonly secret: string
  /** Endpoint → every operation it may be asked for. */
  readonly operations: Readonly<Record<string, readonly string[]>>
  /** A key this provider can have, around a name that may be anything without a slash. */
  readonly toKey: (name: string) => string
  /** A good answer to a request, as JSON. */
  readonly answer: (request: SeenRequest) => unknown
  /** Places in a request where a key may stand, with the key put together again. */
  readonly findKeys: (request: SeenRequest) => readonly string[]
}

const day = Date.UTC(2021, 7, 31, 16)
const range = { from: day, to: day + 7_200_000 }

/** One question per capability; undefined where the provider refuses. */
const questions: Readonly<
  Record<CapabilityName, (table: CapabilityTable, key: string, ask: Ask) => Promise<unknown> | undefined>
> = {
  listLiveStreams: ({ listLiveStreams: operation }, _key, ask) =>
    isSupported(operation) ? operation({ domain: null, page: 1, size: 10 }, ask) : undefined,
  getLiveReading: ({ getLiveReading: operation }, key, ask) =>
    isSupported(operation) ? operation({ key }, ask) : undefined,
  getStreamStatus: ({ getStreamStatus: operation }, key, ask) =>
    isSupported(operation) ? operation({ key }, ask) : undefined,
  listPushSamples: ({ listPushSamples: operation }, key, ask) =>
    isSupported(operation) ? operation({ key, ...range }, ask) : undefined,
  listPlaySamples: ({ listPlaySamples: operation }, key, ask) =>
    isSupported(operation) ? operation({ key, domain: null, ...range }, ask) : undefined,
  listPushSessions: ({ listPushSessions: operation }, key, ask) =>
    isSupported(operation) ? operation({ keys: [key], firstDay: day, lastDay: day + 86_400_000 }, ask) : undefined,
  listRecordings: ({ listRecordings: operation }, key, ask) =>
    isSupported(operation) ? operation({ key, page: 1, size: 10 }, ask) : undefined,
  popSnapshots: ({ popSnapshots: operation }, _key, ask) =>
    isSupported(operation) ? operation({ count: 10, keep: async () => undefined }, ask) : undefined,
}

const capabilityNames: readonly CapabilityName[] = [
  'listLiveStreams',
  'getLiveReading',
  'getStreamStatus',
  'listPushSamples',
  'listPlaySamples',
  'listPushSessions',
  'listRecordings',
  'popSnapshots',
]

/** Asked about the account, so that no key stands in the request. */
const withoutKey: ReadonlySet<CapabilityName> = new Set(['listLiveStreams', 'popSnapshots'])

const MARKER = 'WORDS-OF-THE-PROVIDER'
const deep: unknown = JSON.parse(`${'[{"a":'.repeat(2000)}1${'}]'.repeat(2000)}`)

/** Everything that a field should not hold. */
const hostile: readonly unknown[] = [
  ...[null, '', ' ', [], {}, [[]], [null], [{}], 0, -1, 1.5, 1e308, -1e308, 1e16, true, false, deep],
  ...[
    MARKER,
    'NaN',
    '-5',
    '1e999',
    '0x10',
    '9007199254740993001',
    '2016-02-30 10:00:00',
    'javascript:alert(1)',
    '\ud800',
  ],
  JSON.parse(`{"__proto__":{"ret":0,"code":"0"},"constructor":{"prototype":1},"toString":"${MARKER}","length":-1}`),
  [JSON.parse(`{"__proto__":"${MARKER}","hasOwnProperty":1}`), MARKER, 5],
]

/** Keys that break a request which is put together carelessly. */
const nastyNames = [
  'a&b=c',
  'a=b',
  'a+b',
  'a#b',
  'a@b',
  ' a b ',
  '%2e%2e',
  '"\\',
  '中文 🎥',
  '&interface=Live_Tape_Start',
  '123',
]

/** Declares the tests for one provider. */
export function describeProvider<Settings extends z.ZodObject>(harness: ProviderHarness<Settings>): void {
  const { provider } = harness

  function connect(answer: RawAnswer | ((request: SeenRequest) => RawAnswer)) {
    const upstream = new FakeUpstream(answer)
    return { upstream, connection: provider.connect(upstream.call, provider.settings.parse(harness.settings)) }
  }

  const answerWell = (request: SeenRequest) => toRaw(harness.answer(request))

  /** Puts a question; skips the test where the provider has no such call. */
  function put(name: CapabilityName, table: CapabilityTable, context: TestContext, key = harness.toKey('room1')) {
    const answer = questions[name](table, key, toAsk())
    return answer ?? context.skip(refusalOf(table[name])?.unsupported)
  }

  describe(`provider contract: ${provider.id}`, () => {
    it('answers every capability with an operation or a reason in words', () => {
      const { capabilities } = connect(answerWell).connection
      expect(Object.keys(capabilities).sort()).toEqual([...capabilityNames].sort())
      for (const name of capabilityNames) {
        const refusal = refusalOf(capabilities[name])
        if (refusal) expect(refusal.unsupported).toMatch(/\w+ \w+ \w+/)
      }
    })

    it('tells facts exactly of what it can do', () => {
      const { capabilities, facts, readSnapshotBatch } = connect(answerWell).connection
      expect(facts.pushSamples !== null).toBe(isSupported(capabilities.listPushSamples))
      expect(facts.playSamples !== null).toBe(isSupported(capabilities.listPlaySamples))
      expect(facts.pushSessions !== null).toBe(isSupported(capabilities.listPushSessions))
      expect(facts.livePageSize > 0).toBe(isSupported(capabilities.listLiveStreams))
      expect(facts.recordingPageSize > 0).toBe(isSupported(capabilities.listRecordings))
      expect(readSnapshotBatch !== null).toBe(isSupported(capabilities.popSnapshots))
    })

    it('sends nothing by being connected', () => {
      expect(connect(answerWell).upstream.requests).toEqual([])
    })

    it('describes every setting and refuses those it does not know', () => {
      expect(provider.settings.safeParse({ ...harness.settings, surprise: 1 }).success).toBe(false)
      for (const [name, setting] of Object.entries<z.ZodType>(provider.settings.shape))
        expect(setting.description, name).toMatch(/\w+ \w+/)
    })

    it('has an address for every endpoint it asks', () => {
      const settings: Readonly<Record<string, unknown>> = provider.settings.parse(harness.settings)
      expect(Object.keys(settings['endpoints'] ?? {}).sort()).toEqual(Object.keys(harness.operations).sort())
    })

    it('takes its own keys apart', () => {
      for (const name of nastyNames) {
        const key = harness.toKey(name)
        expect(findKeyProblem(key)).toBeUndefined()
        expect(provider.readKey(key)).toMatchObject({ name: expect.stringContaining(name) })
      }
    })

    describe.each(capabilityNames)('%s', (name) => {
      it('is one call to a listed endpoint and operation, without the secret', async (context) => {
        const { upstream, connection } = connect(answerWell)
        await put(name, connection.capabilities, context)
        expect(upstream.requests).toHaveLength(1)
        for (const request of upstream.requests) {
          expect(harness.operations[request.endpoint]).toContain(request.operation)
          expect(JSON.stringify(request)).not.toContain(harness.secret)
        }
        expect(upstream.consuming).toHaveLength(name === 'popSnapshots' ? 1 : 0)
      })

      it('carries any key byte for byte in one place, in a call that is otherwise the same', async (context) => {
        if (withoutKey.has(name)) return context.skip('it is asked about the account, without a key')
        for (const nasty of nastyNames) {
          const { upstream, connection } = connect(answerWell)
          const key = harness.toKey(nasty)
          await put(name, connection.capabilities, context, key)
          const [request] = upstream.requests
          if (!request) throw new Error('nothing was sent')
          expect(harness.findKeys(request).filter((found) => found === key)).toHaveLength(1)
          expect(harness.operations[request.endpoint]).toContain(request.operation)
        }
        return undefined
      })

      it('survives a hostile value in any place of a good answer', async (context) => {
        const { upstream, connection } = connect(answerWell)
        await put(name, connection.capabilities, context)
        const [request] = upstream.requests
        if (!request) throw new Error('nothing was sent')
        const good = harness.answer(request)
        for (const path of listPaths(good))
          for (const value of hostile)
            await expectSound(name, connectTo(toRaw(toText(withValue(good, path, value)))), context)
      })

      it('survives any JSON, any text and any bytes under any status', async (context) => {
        await put(name, connect(answerWell).connection.capabilities, context)
        const bodies = fc.oneof(
          fc.json(),
          fc.string(),
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        )
        const statuses = fc.constantFrom(200, 200, 204, 302, 400, 401, 403, 404, 429, 500, 503)
        await fc.assert(
          fc.asyncProperty(bodies, statuses, async (body, status) => {
            await expectSound(name, connectTo({ ...toRaw('', status), body: Buffer.from(body) }), context)
          }),
        )
      })
    })
  })

  function connectTo(raw: RawAnswer): CapabilityTable {
    return connect(raw).connection.capabilities
  }

  /** It is answered with sound numbers, or refused with an error of ours that quotes nothing. */
  async function expectSound(name: CapabilityName, table: CapabilityTable, context: TestContext): Promise<void> {
    try {
      const answer: unknown = await put(name, table, context)
      const odd = listNumbers(answer).filter(
        (number) => !Number.isFinite(number) || number < 0 || Object.is(number, -0),
      )
      expect(odd).toEqual([])
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      expect(`${error.message} ${error.providerCode}`).not.toContain(MARKER)
    }
  }
}

type Path = readonly (string | number)[]

/** Every place in a JSON value, the whole first. */
function listPaths(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const steps = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : Object.entries(value)
  return steps.length === 0 ? [path] : [path, ...entries.flatMap(([step, item]) => listPaths(item, [...path, step]))]
}

/** The same JSON value with one place changed. */
function withValue(value: unknown, [step, ...rest]: Path, replacement: unknown): unknown {
  if (step === undefined) return replacement
  if (Array.isArray(value))
    return value.map((item, index) => (index === step ? withValue(item, rest, replacement) : item))
  const entries = Object.entries(value ?? {})
  return Object.fromEntries(
    entries.map(([name, item]) => [name, name === step ? withValue(item, rest, replacement) : item]),
  )
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? ''
}

function listNumbers(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(listNumbers) : []
}

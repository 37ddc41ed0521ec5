// A Tencent account of the tests.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Capabilities, CapabilityName } from '#contract/capability.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { tencent } from '#providers/tencent/provider.ts'
import { FakeUpstream, requireSupported, type SeenRequest, toRaw } from '#test/support/fake-upstream.ts'
import { toAsk } from '#test/support/upstream-client.ts'

/** A recorded answer, parsed. */
export function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8'))
}

/** A success with that content. */
export function toOk(output: unknown): RawAnswer {
  return toRaw({ ret: 0, message: 'query data successfully', output })
}

/** An account that gets one answer for everything it asks, and every operation it has. */
export function connectTencent(answer: RawAnswer | ((request: SeenRequest) => RawAnswer), settings: object = {}) {
  const upstream = new FakeUpstream(answer)
  const parsed = tencent.settings.parse({ credentials: { appId: 1_250_000_000, apiKey: 'key' }, ...settings })
  const connection = tencent.connect(upstream.call, parsed)
  const ask = toAsk()
  const get = <Name extends CapabilityName>(name: Name) =>
    requireSupported<Capabilities[Name]>(connection.capabilities[name])
  return { upstream, connection, ask, get }
}

/** Bounds of a history question. */
export const range = { from: Date.parse('2016-01-20T08:00:00Z'), to: Date.parse('2016-01-20T10:00:00Z') }

// A ChinaNetCenter account of the tests.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { chinanetcenter } from '#providers/chinanetcenter/provider.ts'
import { FakeUpstream, requireSupported, toRaw } from '#test/support/fake-upstream.ts'
import { toAsk } from '#test/support/upstream-client.ts'

/** A recorded answer, parsed. */
export function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8'))
}

/** A success with that content. */
export function toOk(data: unknown): RawAnswer {
  return toRaw({ code: '0', message: 'success', data })
}

/** An account that gets one answer for everything it asks, and its one operation. */
export function connectChinanetcenter(answer: RawAnswer, settings: object = {}) {
  const upstream = new FakeUpstream(answer)
  const parsed = chinanetcenter.settings.parse({ credentials: { username: 'user', apiKey: 'key' }, ...settings })
  const connection = chinanetcenter.connect(upstream.call, parsed)
  return { upstream, connection, ask: toAsk(), list: requireSupported(connection.capabilities.listPushSessions) }
}

/** Midnight in UTC+8 of a date. */
export function toDay(date: string): number {
  return Date.parse(`${date}T00:00:00+08:00`)
}

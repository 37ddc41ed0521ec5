// The one report of ChinaNetCenter that is asked: push durations of streams ("query the push duration of several
// domains and streams"). It knows nothing of signatures, pacing or repeats.
import type { Ask } from '#contract/ask.ts'
import type { Capabilities, PushSessionReport } from '#contract/capability.ts'
import { fieldOf, isNothing, parseJson, toObject, toRows, toText } from '#contract/payload.ts'
import type { RawAnswer, UpstreamCall, UpstreamRequest } from '#contract/upstream-call.ts'
import { InvalidInputError } from '#model/errors.ts'
import type { PushSession } from '#model/push-session.ts'
import type { Instant } from '#model/time-range.ts'
import {
  fromDay,
  type ReportKey,
  readKey,
  toDomainIdentity,
  toOrdered,
  toPushSession,
  toStreamPart,
} from './convert.ts'
import { malformed, toRefusalError } from './errors.ts'
import type { ChinanetcenterSettings } from './settings.ts'

const DAY_MS = 86_400_000

/** A stream that is asked for. */
interface AskedStream extends ReportKey {
  readonly key: string
}

/** What was told of one domain: its streams, without the domain, and their pushes. */
type ToldDomain = Map<string, PushSession[]>

/** Everything one answer tells. */
interface Report {
  /** By `toDomainIdentity`; null when the whole answer is "nothing found", which leaves no domain out. */
  readonly domains: ReadonlyMap<string, ToldDomain> | null
  readonly unreadableRows: number
}

/** Name of the one call. */
export const OPERATION = 'report/domain/stream/duration'

/** Asks for the pushes of many streams in whole days. */
export function createListPushSessions(
  call: UpstreamCall,
  settings: ChinanetcenterSettings,
): Capabilities['listPushSessions'] {
  return async ({ keys, firstDay, lastDay }, ask) => {
    const streams = keys.map(toAskedStream)
    // The last day must lie after the first, as the page has it; what is told of the day too many is left out again.
    const isStretched = firstDay === lastDay && !settings.allowSingleDay
    const report = await call(buildRequest(streams, firstDay, isStretched ? lastDay + DAY_MS : lastDay), ask)
    note(ask, report)
    const wantedTo = lastDay + DAY_MS
    if (!isStretched) return toAnswer(streams, report, Number.POSITIVE_INFINITY, wantedTo)
    return toAnswer(streams, report, wantedTo, wantedTo + DAY_MS)
  }
}

function toAskedStream(key: string): AskedStream {
  const parts = readKey(key)
  if ('problem' in parts) throw new InvalidInputError('keys', parts.problem)
  return { key, ...parts }
}

function buildRequest(streams: readonly AskedStream[], dateFrom: Instant, dateTo: Instant): UpstreamRequest<Report> {
  const byDomain = Map.groupBy(streams, ({ domain }) => domain)
  const domainStream = [...byDomain].map(([domain, members]) => ({
    domain,
    stream: [...new Set(members.map(toAskedPart))],
  }))
  return {
    endpoint: 'reports',
    operation: OPERATION,
    method: 'POST',
    path: '/api/report/domain/stream/duration',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-Time-Zone': 'GMT+08:00' },
    body: JSON.stringify({ dateFrom: fromDay(dateFrom), dateTo: fromDay(dateTo), domainStream }),
    read: readReport,
  }
}

function toAskedPart({ app, name }: AskedStream): string {
  return `${app}/${name}`
}

function readReport(raw: RawAnswer): Report {
  const envelope = toObject(parseJson(raw.body))
  const code = envelope === undefined ? null : (toText(fieldOf(envelope, 'code'))?.trim() ?? null)
  const isGood = raw.status >= 200 && raw.status <= 299
  if (!isGood || envelope === undefined || code !== '0') throw toRefusalError(raw, envelope, code)
  const data = fieldOf(envelope, 'data')
  // A list that lacks a domain has left it out; no list at all leaves out nothing.
  if (!Array.isArray(data) && isNothing(data)) return { domains: null, unreadableRows: 0 }
  return readDomains(listOf(data, 'data'))
}

function readDomains(rows: readonly unknown[]): Report {
  const domains = new Map<string, ToldDomain>()
  let unreadableRows = 0
  for (const row of rows) {
    const fields = toObject(row)
    const domain = fields === undefined ? null : toText(fieldOf(fields, 'domain'))
    if (fields === undefined || domain === null) {
      if (!isNothing(row)) throw malformed('of an unknown shape: an entry of "data" names no domain')
      continue
    }
    const identity = toDomainIdentity(domain)
    const told = domains.get(identity) ?? new Map<string, PushSession[]>()
    domains.set(identity, told)
    for (const stream of listOf(fieldOf(fields, 'streamList'), 'streamList')) {
      const { name, pushes, unreadable } = readStream(stream, domain)
      unreadableRows += unreadable
      if (name !== null) told.set(name, [...(told.get(name) ?? []), ...pushes])
    }
  }
  return { domains, unreadableRows }
}

function readStream(row: unknown, domain: string) {
  const fields = toObject(row) ?? {}
  const text = toText(fieldOf(fields, 'stream'))
  if (text === null) return { name: null, pushes: [], unreadable: 1 }
  const rows = listOf(fieldOf(fields, 'durationDetailList'), 'durationDetailList')
  const pushes = rows.map((detail) => toPushSession(toObject(detail) ?? {})).filter((push) => push !== undefined)
  return { name: toStreamPart(text, domain), pushes, unreadable: rows.length - pushes.length }
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const rows = toRows(value)
  if (rows === undefined) throw malformed(`of an unknown shape: "${name}" is no list`)
  return rows
}

/** Takes out of the report what was wanted. @param before pushes that begin at or after it are left out */
function toAnswer(
  streams: readonly AskedStream[],
  { domains }: Report,
  before: Instant,
  askedTo: Instant,
): PushSessionReport {
  const isDropped = ({ domain }: AskedStream) => domains !== null && !domains.has(toDomainIdentity(domain))
  return {
    streams: streams
      .filter((stream) => !isDropped(stream))
      .map((stream) => {
        const pushes = domains?.get(toDomainIdentity(stream.domain))?.get(toAskedPart(stream)) ?? []
        return { key: stream.key, sessions: toOrdered(pushes.filter(({ startedAt }) => startedAt < before)) }
      }),
    askedTo,
    droppedDomains: [...new Set(streams.filter(isDropped).map(({ domain }) => domain))],
  }
}

/** Counts the rows that could not be read; the answer stands without them. */
function note(ask: Ask, { unreadableRows }: Report): void {
  ask.meter.unreadableRows += unreadableRows
}

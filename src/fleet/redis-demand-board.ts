// A board that all replicas share, over a sorted set in Redis: what each of them wants, and until when it counts. Who
// still wants something says so again and again, so what a dead replica wanted ends by itself.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '#model/clock.ts'
import { type Bell, collectNames } from './bell.ts'
import { type DemandBoard, Wishes } from './demand-board.ts'
import { FleetCommandError, type FleetLink, type FleetScript } from './fleet-link.ts'
import type { LinkLog } from './link-record.ts'

/** What it works with. */
export interface RedisDemandBoardOptions {
  readonly link: Pick<FleetLink, 'evaluate'>
  /** Says at once that something has changed. */
  readonly bell: Bell
  readonly clock: Clock
  /** Begins every key. */
  readonly prefix: string
  readonly log: LinkLog
}

/** How long an entry counts, by the clock of the server, in milliseconds. */
const COUNTS_MS = 15_000
/** How often it is said again, in milliseconds. */
const RENEW_EVERY_MS = 5000
/** How soon it is said again after that failed, in milliseconds. */
const RETRY_EVERY_MS = 1000
/** Topics that one command writes. */
const TOPICS_PER_COMMAND = 500

/** Values: for how long they count, how many entries are written, those entries, then those that are removed. */
const write: FleetScript = {
  name: 'demand_write',
  lua: `
    local time = redis.call('TIME')
    local ends = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
    local last = 2 + ARGV[2]
    for at = 3, #ARGV do
      if at <= last then redis.call('ZADD', KEYS[1], ends, ARGV[at]) else redis.call('ZREM', KEYS[1], ARGV[at]) end
    end
    return redis.call('PEXPIRE', KEYS[1], ARGV[1])`,
}

/** Topics of everybody but the one who asks. Value: who that is. */
const list: FleetScript = {
  name: 'demand_list',
  lua: `
    local time = redis.call('TIME')
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
    local topics, known = {}, {}
    for _, entry in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
      local at = string.find(entry, '\\n', 1, true) or #entry
      local topic = string.sub(entry, at + 1)
      if string.sub(entry, 1, at - 1) ~= ARGV[1] and not known[topic] then
        known[topic] = true
        topics[#topics + 1] = topic
      end
    end
    return topics`,
}

const topicsShape = z.array(z.string())

/** The board of one replica. What it wants while Redis is away is known to the others soon after. */
export function createRedisDemandBoard({ link, bell, clock, prefix, log }: RedisDemandBoardOptions): DemandBoard {
  const self = randomUUID()
  /** Topics that somebody here began or ceased to want, by scope. */
  const changed = new Map<string, Set<string>>()
  /** Scopes of which everything is to be said again. */
  const due = new Set<string>()
  /** Scopes of which others do not know everything. */
  const failed = new Set<string>()
  const writings = new Map<string, Promise<void>>()
  const stops = new Set<() => void>()
  let renewing: AbortController | undefined
  let isRefused = false
  let isClosed = false
  const toKey = (scope: string) => `${prefix}:{${scope}}:demand`
  const toRing = (scope: string) => `demand:${scope}`

  const changedScopes = collectNames((scopes) => {
    for (const scope of scopes) startWriting(scope)
  })
  const wishes = new Wishes((scope, topic) => {
    const topics = changed.get(scope) ?? new Set()
    changed.set(scope, topics.add(topic))
    changedScopes.add(scope)
    if (wishes.listScopes().length > 0) renewing ??= startRenewing()
    else endRenewing()
  })

  function startRenewing(): AbortController {
    const started = new AbortController()
    void keepRenewing(started.signal)
    return started
  }

  function endRenewing(): void {
    renewing?.abort()
    renewing = undefined
  }

  async function keepRenewing(signal: AbortSignal): Promise<void> {
    let renewedAtMs = clock.monotonicMs()
    while (!signal.aborted) {
      await clock.delay(RETRY_EVERY_MS, signal).catch(() => undefined)
      if (signal.aborted) return
      const isTime = clock.monotonicMs() - renewedAtMs >= RENEW_EVERY_MS
      if (isTime) renewedAtMs = clock.monotonicMs()
      for (const scope of isTime ? wishes.listScopes() : [...failed]) {
        due.add(scope)
        startWriting(scope)
      }
    }
  }

  /** Commands of a scope go one behind the other. */
  function startWriting(scope: string): void {
    if (!writings.has(scope)) writings.set(scope, writeAll(scope))
  }

  async function writeAll(scope: string): Promise<void> {
    // Nothing here happens before the promise of it is kept.
    await Promise.resolve()
    for (let news = changed.get(scope); news || due.has(scope); news = changed.get(scope)) {
      const topics = [...new Set([...(news ?? []), ...(due.has(scope) ? wishes.list(scope) : [])])]
      changed.delete(scope)
      due.delete(scope)
      const hadFailed = failed.has(scope)
      const isWritten = await writeTopics(scope, topics)
      // Whoever listens here is told in any case.
      if (news || (hadFailed && isWritten)) bell.ring(toRing(scope))
    }
    writings.delete(scope)
  }

  /** @returns whether others know of them now */
  async function writeTopics(scope: string, topics: readonly string[]): Promise<boolean> {
    try {
      for (let at = 0; at < topics.length; at += TOPICS_PER_COMMAND) {
        const some = topics.slice(at, at + TOPICS_PER_COMMAND)
        const wanted = some.filter((topic) => wishes.has(scope, topic))
        const others = some.filter((topic) => !wishes.has(scope, topic))
        const entries = [...wanted, ...others].map((topic) => `${self}\n${topic}`)
        await link.evaluate(write, [toKey(scope)], [COUNTS_MS, wanted.length, ...entries])
      }
      failed.delete(scope)
      if (isRefused) log.info({ use: 'demand' }, 'Redis takes again what is wanted here')
      isRefused = false
      return true
    } catch (error) {
      // What is not wanted any more ends by itself.
      if (wishes.list(scope).length > 0) failed.add(scope)
      else failed.delete(scope)
      if (error instanceof FleetCommandError && !isRefused) {
        isRefused = true
        const fields = { use: 'demand', scope, code: error.code }
        log.warn(fields, 'Redis refuses what is wanted here: other replicas do not know of it')
      }
      return false
    }
  }

  return {
    want: (scope, topic) => (isClosed ? () => undefined : wishes.add(scope, topic)),
    async list(scope) {
      const others = await link
        .evaluate(list, [toKey(scope)], [self])
        .then((answer) => topicsShape.parse(answer))
        .catch(() => [])
      return [...new Set([...wishes.list(scope), ...others])]
    },
    listOwn: (scope) => wishes.list(scope),
    onChange(scope, listener) {
      if (isClosed) return () => undefined
      const stopListening = bell.listen(toRing(scope), listener)
      const stop = () => {
        stops.delete(stop)
        stopListening()
      }
      stops.add(stop)
      return stop
    },
    async close() {
      isClosed = true
      for (const stop of [...stops]) stop()
      wishes.clear()
      changedScopes.take()
      await Promise.all(writings.values())
    },
  }
}

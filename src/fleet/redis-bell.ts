// A bell that all replicas hear, over a channel in Redis. It is rung over the link that everything goes over, and heard
// over a connection of its own, which is there only while somebody listens.
import { randomUUID } from 'node:crypto'
import type { Clock } from '#model/clock.ts'
import { type Bell, collectNames, Listeners } from './bell.ts'
import { FleetCommandError, type FleetLink, type FleetScript } from './fleet-link.ts'
import type { LinkLog } from './link-record.ts'
import { readRedisAddress } from './redis-address.ts'
import { openRedisSubscription, type RedisSubscription } from './redis-subscription.ts'

/** What it works with. */
export interface RedisBellOptions {
  readonly link: Pick<FleetLink, 'evaluate'>
  /** As in the settings: see `readRedisAddress`. */
  readonly url: string
  /** Begins the channel. */
  readonly prefix: string
  readonly clock: Clock
  readonly log: LinkLog
}

/** Names that one command rings. */
const NAMES_PER_COMMAND = 100

/** Values: the channel and the messages. The key only says where: what is published anywhere is told everywhere. */
const publish: FleetScript = {
  name: 'bell_ring',
  lua: `
    for at = 2, #ARGV do redis.call('PUBLISH', ARGV[1], ARGV[at]) end
    return 1`,
}

/**
 * A bell over Redis. Rings are lost while Redis is away; when it can be heard again all who listen are called once.
 * @throws TypeError when the url is none; says nothing of it
 */
export function createRedisBell({ link, url, prefix, clock, log }: RedisBellOptions): Bell {
  const { address, problem } = readRedisAddress(url)
  if (address === undefined) throw new TypeError(`the address of Redis ${problem}`)
  const channel = `${prefix}:bell`
  /** Begins every message: the rings of this process come back too, and have been heard. */
  const self = randomUUID()
  const listeners = new Listeners()
  const unsent = new Set<string>()
  const closings = new Set<Promise<void>>()
  let sending: Promise<void> | undefined
  let subscription: RedisSubscription | undefined
  let isDeaf = false
  let isRefused = false
  let isClosed = false

  const rung = collectNames((names) => {
    for (const name of names) {
      listeners.call(name)
      unsent.add(name)
    }
    sending ??= sendAll()
  })
  const heard = collectNames((names) => {
    for (const name of names) listeners.call(name)
  })

  /** What is rung while it is under way goes afterwards, once. */
  async function sendAll(): Promise<void> {
    while (unsent.size > 0) {
      const names = [...unsent].slice(0, NAMES_PER_COMMAND)
      for (const name of names) unsent.delete(name)
      const values = [channel, ...names.map((name) => `${self} ${name}`)]
      try {
        await link.evaluate(publish, [`${prefix}:{bell}`], values)
        isRefused = false
      } catch (error) {
        // Those who did not hear it look by themselves.
        if (!(error instanceof FleetCommandError) || isRefused) continue
        isRefused = true
        log.warn(
          { use: 'bell', reason: error.code },
          'Redis refuses what tells other replicas at once: they look for it',
        )
      }
    }
    sending = undefined
  }

  function open(to: NonNullable<typeof address>): RedisSubscription {
    return openRedisSubscription({
      address: to,
      channel,
      clock,
      onMessage: (message) => {
        const at = message.indexOf(' ')
        const name = message.slice(at + 1)
        if (message.slice(0, at) !== self && listeners.has(name)) heard.add(name)
      },
      onHeard: () => {
        if (isDeaf) log.info({ use: 'bell' }, 'news of other replicas is heard at once again')
        isDeaf = false
        listeners.callAll()
      },
      onDeaf: (reason) => {
        if (!isDeaf) log.warn({ use: 'bell', reason }, 'news of other replicas is not heard at once, but looked for')
        isDeaf = true
      },
    })
  }

  function endSubscription(): void {
    const closing = subscription?.close()
    subscription = undefined
    if (!closing) return
    closings.add(closing)
    void closing.then(() => closings.delete(closing))
  }

  return {
    ring(name) {
      if (!isClosed) rung.add(name)
    },
    listen(name, listener) {
      if (isClosed) return () => undefined
      const remove = listeners.add(name, listener)
      subscription ??= open(address)
      return () => {
        remove()
        if (listeners.size === 0) endSubscription()
      }
    },
    async close() {
      isClosed = true
      listeners.clear()
      rung.take()
      endSubscription()
      await Promise.all([sending, ...closings])
    },
  }
}

// A server of a model: its keys are real, in a real Redis, where the real script works on them; its time, its name and
// its failures are the model's.
import type { Redis } from 'ioredis'
import type { FleetLink, FleetScript, LinkHealth, LinkState } from '#fleet/fleet-link.ts'
import { LinkDownError } from '#fleet/fleet-link.ts'
import type { VirtualTime } from './virtual-time.ts'

/** A command that waits at a frozen server. */
type Waiting = () => Promise<unknown>

const TIMEOUT_MS = 200
const PROBE_MS = 250

/** The script as it is, but with the model's time and server name handed in behind the other arguments. */
export function toVirtualScript(script: FleetScript): FleetScript {
  const lua = script.lua
    .replace("redis.call('TIME')", '{ ARGV[#ARGV - 2], ARGV[#ARGV - 1] }')
    .replace("redis.pcall('INFO', 'server')", "'run_id:' .. ARGV[#ARGV]")
  if (lua.includes("'TIME'") || lua.includes("'INFO'"))
    throw new Error('the script asks the server for its time elsewhere')
  return { ...script, lua }
}

/** One logical server: one at a time answers, whatever stands in for it. */
export class VirtualServer {
  health: 'up' | 'frozen' | 'down' = 'up'
  /** Whether anybody has spoken with it since its clock last stepped. */
  isStepSeen = true
  private clockMs = 1_800_000_000_000
  private readonly redis: Redis
  private readonly time: VirtualTime
  private readonly namespace: string
  private generation = 0
  private server = 0
  private readonly waiting: Waiting[] = []
  private readonly links = new Set<VirtualLink>()
  private readonly used = new Set<string>()
  private readonly shas = new Map<string, string>()

  constructor(redis: Redis, time: VirtualTime, namespace: string) {
    this.redis = redis
    this.time = time
    this.namespace = namespace
  }

  /** A connection to it. */
  connect(): VirtualLink {
    const link = new VirtualLink(this, this.time)
    this.links.add(link)
    return link
  }

  /** Runs a script now. */
  execute(script: FleetScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    this.isStepSeen = true
    const nowMs = this.clockMs + this.time.nowMs
    const named = keys.map((key) => this.nameOf(key))
    for (const key of keys) this.used.add(key)
    const words = [...values, Math.floor(nowMs / 1000), (nowMs % 1000) * 1000, `server${this.server}`]
    return this.time.watch(this.evaluate(script, named, words))
  }

  /** Stops answering; what is sent waits. */
  freeze(): void {
    if (this.health === 'up') this.health = 'frozen'
  }

  /** Goes on, with what was sent to it. */
  async resume(): Promise<void> {
    if (this.health !== 'frozen') return
    this.health = 'up'
    for (const command of this.waiting.splice(0)) await command().catch(() => undefined)
  }

  /** Is gone. */
  kill(): void {
    this.health = 'down'
    this.waiting.length = 0
    for (const link of this.links) link.cut()
  }

  /** Is there again, as another process. */
  async start(isEmpty: boolean): Promise<void> {
    if (this.health !== 'down') return
    if (isEmpty) await this.flush()
    this.server += 1
    this.health = 'up'
  }

  /** Forgets all. */
  async flush(): Promise<void> {
    if (this.used.size > 0) await this.time.watch(this.redis.del(...[...this.used].map((key) => this.nameOf(key))))
  }

  /** Loses one key, as a server does that is short of memory. */
  async evict(ending: string): Promise<void> {
    for (const key of this.used) if (key.endsWith(ending)) await this.time.watch(this.redis.del(this.nameOf(key)))
  }

  /** Its copy elsewhere has everything that is here now. */
  async copy(): Promise<void> {
    for (const key of this.used)
      await this.time.watch(
        this.redis.del(this.nameOf(key, 1)).then(() => this.redis.copy(this.nameOf(key), this.nameOf(key, 1))),
      )
  }

  /** The copy takes over, with whatever it has, and with its own clock. */
  async failOver(clockStepMs: number): Promise<void> {
    this.kill()
    this.generation += 1
    this.stepClock(clockStepMs)
    this.server += 1
    this.health = 'up'
    await this.copy()
  }

  /** Its clock is set. */
  stepClock(byMs: number): void {
    this.clockMs += byMs
    if (byMs !== 0) this.isStepSeen = false
  }

  private nameOf(key: string, ahead = 0): string {
    return `${this.namespace}:${this.generation + ahead}:${key}`
  }

  private async evaluate(script: FleetScript, keys: readonly string[], words: readonly (string | number)[]) {
    let sha = this.shas.get(script.lua)
    if (sha === undefined) {
      sha = String(await this.redis.script('LOAD', script.lua))
      this.shas.set(script.lua, sha)
    }
    return this.redis.evalsha(sha, keys.length, ...keys, ...words)
  }

  /** Leaves a command with a frozen server. */
  queue(command: Waiting): void {
    this.waiting.push(command)
  }
}

/** One process's way to the server. */
export class VirtualLink implements Pick<FleetLink, 'state' | 'onChange' | 'evaluate'> {
  /** Nothing gets through, or only the way there. */
  partition: 'none' | 'both' | 'back' = 'none'
  private readonly server: VirtualServer
  private readonly time: VirtualTime
  private readonly listeners = new Set<() => void>()
  private readonly stop = new AbortController()
  private current: LinkState = { health: 'silent', connection: 0, sinceMs: 0, confirmedAtMs: 0 }
  private connections = 0
  /** What the process's own steady clock is ahead by. */
  steadyOffsetMs = 0

  constructor(server: VirtualServer, time: VirtualTime) {
    this.server = server
    this.time = time
  }

  /** Begins to look for the server. */
  open(steadyOffsetMs: number): void {
    this.steadyOffsetMs = steadyOffsetMs
    this.current = { health: 'silent', connection: 0, sinceMs: this.ownMs, confirmedAtMs: this.ownMs }
    void this.probeForEver()
  }

  state(): LinkState {
    return this.current
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  async evaluate(script: FleetScript, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    if (this.current.health !== 'up') throw new LinkDownError('down')
    const { connection } = this.current
    const work = () => this.server.execute(script, keys, values)
    if (this.partition === 'none' && this.server.health === 'up') {
      const reply = await work()
      if (this.current.connection !== connection) throw new LinkDownError('cut')
      return reply
    }
    // Either it waits at the server, or it is carried out and nobody hears of it, or it never arrives.
    if (this.server.health === 'frozen' && this.partition !== 'both') this.server.queue(work)
    else if (this.partition === 'back' && this.server.health === 'up') await work().catch(() => undefined)
    await this.time.delay(TIMEOUT_MS, this.stop.signal).catch(() => undefined)
    this.become('silent')
    throw new LinkDownError('no answer')
  }

  /** The socket is gone. */
  cut(): void {
    if (this.current.health === 'up') this.become('silent')
  }

  /** Ends it without a word, as the death of its process does. */
  close(): void {
    this.stop.abort()
    this.listeners.clear()
    this.current = { ...this.current, health: 'silent' }
  }

  private get ownMs(): number {
    return this.time.nowMs + this.steadyOffsetMs
  }

  private async probeForEver(): Promise<void> {
    while (!this.stop.signal.aborted) {
      if (this.current.health !== 'up') {
        if (this.partition !== 'none' || this.server.health === 'frozen') this.become('silent')
        else this.become(this.server.health === 'up' ? 'up' : 'refused')
      }
      await this.time.delay(PROBE_MS, this.stop.signal).catch(() => undefined)
    }
  }

  private become(health: LinkHealth): void {
    const nowMs = this.ownMs
    if (health === this.current.health) {
      this.current = { ...this.current, confirmedAtMs: nowMs }
      return
    }
    if (health === 'up') this.connections += 1
    this.current = { health, connection: this.connections, sinceMs: nowMs, confirmedAtMs: nowMs }
    for (const listener of [...this.listeners]) listener()
  }
}

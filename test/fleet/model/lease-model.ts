// Contenders for one lease and a server in virtual time: whatever a schedule does to them, who believes to hold it when
// is written down.
import type { Redis } from 'ioredis'
import { type FleetLink, type FleetScript, LinkDownError } from '#fleet/fleet-link.ts'
import type { Lease, LeaseTerms } from '#fleet/lease.ts'
import type { RedisLeaseOptions } from '#fleet/redis-lease.ts'
import { toVirtualScript, VirtualServer } from '#test/upstream/model/virtual-server.ts'
import { VirtualTime } from '#test/upstream/model/virtual-time.ts'

/** Something that happens. `member` is taken modulo the number of members. */
export type LeaseEvent =
  | { readonly kind: 'freeze' | 'kill' | 'startEmpty' | 'serve' | 'flush' | 'copy' | 'wait' }
  | { readonly kind: 'failOver' | 'stepClock'; readonly stepMs: number }
  | {
      readonly kind: 'cut' | 'cutBack' | 'halt' | 'mend' | 'crash' | 'restart' | 'giveUp'
      readonly member: number
    }

/** What happens, and when: each so long after the one before. */
export interface LeaseSchedule {
  readonly terms: LeaseTerms
  readonly members: number
  readonly events: readonly { readonly afterMs: number; readonly event: LeaseEvent }[]
  /** In [0, 1): how slow commands, and how late beats are. */
  readonly lateness: readonly number[]
  /** Longest way of a command, or of its answer, in milliseconds. */
  readonly networkMs: number
}

/** A half-open time in which somebody believes to hold the lease. */
interface Belief {
  readonly member: number
  readonly fromMs: number
  readonly untilMs: number
}

/** What came of it. */
export interface LeaseOutcome {
  /** Times in which two believed to hold it. */
  readonly overlaps: readonly Omit<Belief, 'member'>[]
  /** When the server lost something. */
  readonly lossesMs: readonly number[]
  /** How often nothing had happened for so long that somebody must hold it, and whether nobody did. */
  readonly quietTimes: number
  readonly quietTimesUnheld: number
}

/** Makes a contender, or one that has a fault. */
export type OpenLease = (options: RedisLeaseOptions) => Lease

/** Longest delay of a beat. */
const LATE_MS = 100
/** How much longer than the terms say somebody else takes to have the lease of one who is gone: links come back first. */
const LATER_MS = 3000

/** Plays a schedule. @param distort changes the scripts, to show that this is noticed */
export async function playLease(
  redis: Redis,
  namespace: string,
  schedule: LeaseSchedule,
  openLease: OpenLease,
  distort: (lua: string) => string = (lua) => lua,
): Promise<LeaseOutcome> {
  const { leaseMs, beatMs } = schedule.terms
  const replacedWithinMs = leaseMs + 2 * beatMs + LATER_MS
  const time = new VirtualTime()
  const server = new VirtualServer(redis, time, namespace)
  const lossesMs: number[] = []
  let late = 0
  const lateness = () => schedule.lateness[late++ % schedule.lateness.length] ?? 0
  const members = Array.from({ length: schedule.members }, (_, index) => openMember(index))
  let quietTimes = 0
  let quietTimesUnheld = 0

  function openMember(index: number) {
    const skewMs = 1000 * index
    // Steady clocks go apart, by less than a lease allows for.
    const rate = 1 + (index - 1) * 0.004
    const link = server.connect()
    const beliefs: { readonly atMs: number; readonly untilMs: number }[] = []
    let isAlive = true
    let halted = Promise.withResolvers<void>()
    halted.resolve()

    const evaluate: FleetLink['evaluate'] = async (script, keys, values) => {
      const { connection } = link.state()
      await time.delay(lateness() * schedule.networkMs)
      await halted.promise
      if (link.state().connection !== connection) throw new LinkDownError('cut')
      const answer = link.evaluate(toVirtualScript(toDistorted(script)), keys, values)
      // Rejections are heard of as late as answers.
      await answer.catch(() => undefined)
      await time.delay(lateness() * schedule.networkMs)
      await halted.promise
      return answer
    }
    const toDistorted = (script: FleetScript) => ({ ...script, lua: distort(script.lua) })
    const clock = { monotonicMs: () => time.nowMs * rate + skewMs }
    const name = { scope: 'account', key: 'pop' }
    const way = { state: () => link.state(), evaluate }
    const lease = openLease({ link: way, clock, prefix: 'p', name, holder: 'm', terms: schedule.terms })
    const note = () => beliefs.push({ atMs: time.nowMs, untilMs: isAlive ? (lease.heldUntilMs - skewMs) / rate : -1 })

    async function beat() {
      while (isAlive) {
        await halted.promise
        await lease.hold()
        note()
        await time.delay(beatMs + lateness() * LATE_MS)
      }
    }

    link.open(skewMs)
    void beat()
    return {
      link,
      isHalted: false,
      beliefs,
      isAlive: () => isAlive,
      halt() {
        if (this.isHalted) return
        this.isHalted = true
        halted = Promise.withResolvers<void>()
      },
      wake() {
        this.isHalted = false
        halted.resolve()
      },
      crash() {
        isAlive = false
        this.wake()
        link.close()
        note()
      },
      giveUp() {
        if (this.isHalted || !isAlive) return
        void lease.release()
        note()
      },
      isWell() {
        return isAlive && !this.isHalted && link.partition === 'none'
      },
      believes: () => (beliefs.at(-1)?.untilMs ?? -1) > time.nowMs,
    }
  }

  async function play(event: LeaseEvent): Promise<void> {
    const index = 'member' in event ? event.member % members.length : 0
    const member = members[index]
    if (!member) return
    switch (event.kind) {
      case 'wait':
        return
      case 'freeze':
      case 'kill':
      case 'copy':
        return server[event.kind]()
      case 'serve':
        await server.resume()
        return server.start(false)
      case 'startEmpty':
        if (server.health === 'down') lossesMs.push(time.nowMs)
        return server.start(true)
      case 'flush':
        lossesMs.push(time.nowMs)
        return server.flush()
      case 'failOver':
        lossesMs.push(time.nowMs)
        return server.failOver(event.stepMs)
      case 'stepClock':
        return server.stepClock(event.stepMs)
      case 'cut':
        member.link.partition = 'both'
        return
      case 'cutBack':
        member.link.partition = 'back'
        return
      case 'mend':
        member.link.partition = 'none'
        return member.wake()
      case 'restart':
        member.crash()
        gone.push(member.beliefs)
        members[index] = openMember(index)
        return
      case 'halt':
      case 'crash':
      case 'giveUp':
        member[event.kind]()
    }
  }

  const gone: (typeof members)[number]['beliefs'][] = []
  for (const { afterMs, event } of [...schedule.events, { afterMs: 0, event: { kind: 'wait' } as const }]) {
    await time.runUntil(time.nowMs + afterMs)
    const well = members.filter((member) => member.isWell())
    if (afterMs >= replacedWithinMs && server.health === 'up' && well.length > 0) {
      quietTimes += 1
      if (!well.some((member) => member.believes())) quietTimesUnheld += 1
    }
    await play(event)
  }
  for (const member of members) if (member.isAlive()) member.crash()
  await time.runUntil(time.nowMs + beatMs + LATE_MS)
  await server.flush()
  await time.settle()
  // One that was restarted is somebody else.
  const all = [...gone, ...members.map(({ beliefs }) => beliefs)]
  return { overlaps: findOverlaps(all.flatMap(toBeliefs)), lossesMs, quietTimes, quietTimesUnheld }
}

/** What was believed each time holds until the next. */
function toBeliefs(notes: readonly { readonly atMs: number; readonly untilMs: number }[], member: number): Belief[] {
  return notes.flatMap(({ atMs, untilMs }, index) => {
    const endMs = Math.min(untilMs, notes[index + 1]?.atMs ?? Number.POSITIVE_INFINITY)
    return endMs > atMs ? [{ member, fromMs: atMs, untilMs: endMs }] : []
  })
}

function findOverlaps(beliefs: readonly Belief[]): Omit<Belief, 'member'>[] {
  return beliefs.flatMap((one, index) =>
    beliefs.slice(index + 1).flatMap((other) => {
      const fromMs = Math.max(one.fromMs, other.fromMs)
      const untilMs = Math.min(one.untilMs, other.untilMs)
      return one.member !== other.member && untilMs > fromMs ? [{ fromMs, untilMs }] : []
    }),
  )
}

// Many subscribers over several replicas, who come back at another one when theirs is gone.
import { setTimeout as delay } from 'node:timers/promises'
import { steadyNow } from '../faults/rig/steady-clock.ts'
import { type Face, type Sighting, type Subscription, subscribe } from './subscription.ts'

/** A subscriber before it begins. */
export interface Seat {
  readonly key: string
  readonly face: Face
  /** The replica it comes to first, from 0. */
  readonly replica: number
}

/** From a subscriber's coming to its going. */
export interface Session {
  /** Whether it told which event it had heard last, and so is to miss nothing. */
  readonly isResumed: boolean
  /** In order of arrival. The first one may be what was known already. */
  readonly sightings: readonly Sighting[]
}

/** What became of a subscriber: one session unless it lost its replica. */
export interface Viewing {
  readonly key: string
  readonly sessions: readonly Session[]
}

/** An audience that is there. */
export interface Audience {
  readonly viewings: readonly Viewing[]
  /** What was said that is no sample, and refusals, the first few. */
  readonly complaints: readonly string[]
  /** All leave. */
  close(): Promise<void>
}

/** So many come at a time: a listener's queue is short. */
const AT_ONCE = 50
const AGAIN_MS = 200
const OPEN_LIMIT_MS = 60_000
const KEPT_COMPLAINTS = 5

/**
 * Has all come, and waits until each has been let in.
 * @param findUrl where a replica listens now; undefined while it is gone
 * @throws Error when one is not let in
 */
export async function openAudience(
  seats: readonly Seat[],
  findUrl: (replica: number) => string | undefined,
  replicas: number,
): Promise<Audience> {
  const complaints: string[] = []
  const complain = (what: string) => {
    if (complaints.length < KEPT_COMPLAINTS) complaints.push(what)
  }
  let isOver = false
  const watching = new Set<Subscription>()

  const enter = async ({ key, face }: Seat, replica: number, sessions: Session[], after: string | null) => {
    const url = findUrl(replica)
    if (url === undefined) throw new Error('the replica is gone')
    let place = after
    const sightings: Sighting[] = []
    const hear = (sighting: Sighting, heardPlace: string | null) => {
      place = heardPlace ?? place
      sightings.push(sighting)
    }
    const subscription = await subscribe({ url, face, key, after, hear, complain })
    sessions.push({ isResumed: after !== null, sightings })
    watching.add(subscription)
    // All may have left while this one was being let in.
    if (isOver) subscription.close()
    return { ended: subscription.ended.then(() => watching.delete(subscription)), lastPlace: () => place }
  }

  /** Tries one replica after the other until one lets it in. */
  const comeBack = async (seat: Seat, sessions: Session[], lost: number, after: string | null) => {
    const giveUpAtMs = performance.now() + OPEN_LIMIT_MS
    for (let replica = (lost + 1) % replicas; !isOver; replica = (replica + 1) % replicas) {
      try {
        return { ...(await enter(seat, replica, sessions, after)), replica }
      } catch (error) {
        if (performance.now() > giveUpAtMs) throw error
        await delay(AGAIN_MS)
      }
    }
    return undefined
  }

  const stay = async (seat: Seat, sessions: Session[], first: Awaited<ReturnType<typeof enter>>) => {
    let session: Awaited<ReturnType<typeof comeBack>> = { ...first, replica: seat.replica }
    while (session !== undefined) {
      await session.ended
      if (isOver) return
      session = await comeBack(seat, sessions, session.replica, session.lastPlace())
    }
  }

  const viewings: Viewing[] = []
  const staying: Promise<void>[] = []
  const close = async () => {
    isOver = true
    for (const subscription of watching) subscription.close()
    await Promise.all(staying)
  }
  const admit = async (seat: Seat) => {
    const sessions: Session[] = []
    viewings.push({ key: seat.key, sessions })
    const first = await enter(seat, seat.replica, sessions, null)
    staying.push(stay(seat, sessions, first).catch((error: unknown) => complain(String(error))))
  }
  try {
    for (let index = 0; index < seats.length; index += AT_ONCE)
      await Promise.all(seats.slice(index, index + AT_ONCE).map(admit))
  } catch (error) {
    await close()
    throw error
  }
  return { viewings, complaints, close }
}

/** Waits for so long. @returns the instants of its begin and its end, of `steadyNow` */
export async function spend(ms: number): Promise<{ readonly fromMs: number; readonly toMs: number }> {
  const fromMs = steadyNow()
  await delay(ms)
  return { fromMs, toMs: steadyNow() }
}

// What Prometheus is told. What happens is counted in a registry that lasts as long as the process; what stands
// somewhere is read when Prometheus asks, so that nobody has to keep it up to date. A part that cannot be read leaves a
// gap of its own and nothing else. Labels are names out of the settings and the code, for what clients make up has no end;
// but for names of clients, which tokens may make up too: of those no more than so many are told apart.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Registry } from 'prom-client'
import type { Clock } from '#model/clock.ts'

/** One time that Prometheus asks. */
export interface Scrape {
  /** For the numbers of this time. Nothing of another time is in it. */
  readonly registry: Registry
  /** Whose numbers are wanted. Those of others are left out, whoever puts them in, and need not be read. */
  readonly maySee: (account: string) => boolean
  /** What is read, or undefined where that fails or takes too long. Never rejects. @param subject for the log */
  tryReading<Value>(subject: object, read: () => Promise<Value>): Promise<Value | undefined>
}

/** Numbers that are read when they are asked for. */
export interface ReadingGroup {
  /** Puts metrics into the scrape's registry. Waits for nothing but `tryReading`. */
  read(scrape: Scrape): void | Promise<void>
}

/** What is known of a metric whatever its numbers are. */
export interface MetricDescription {
  readonly name: string
  /** In the words of Prometheus: `counter`, `gauge`, `histogram`. */
  readonly type: string
  readonly help: string
  readonly labels: readonly string[]
}

/** The metrics of one process. */
export interface Metrics {
  /** Media type of the text. */
  readonly contentType: string
  /** Counters and histograms of what happens. A series with the label `account` is shown to who may see that account. */
  readonly registry: Registry
  /** Adds numbers that are read. */
  addReadings(group: ReadingGroup): void
  /** The text that Prometheus reads. Never rejects for want of a reading. @param maySee whose numbers it may hold */
  render(maySee: (account: string) => boolean): Promise<string>
  /** Every metric that there is, by name. */
  describe(): Promise<readonly MetricDescription[]>
}

/** What metrics need. */
export interface MetricsOptions {
  readonly clock: Pick<Clock, 'delay'>
  /** Told of what could not be read. */
  readonly log: { warn(details: object, message: string): void }
}

/** How long a reading may take. Prometheus gives up after 10 s. */
const READING_MS = 2000

/** Characters that are written in one turn of the event loop: a millisecond or so, and that of the longest metric. */
const TURN_LENGTH = 16 * 1024

/**
 * The account of a sample, whatever labels stand before it. Labels are taken whole, one after the other: a value that
 * looks like a label is none.
 */
const accountOfSample = /^\w+\{(?:(?!account=)\w+="(?:[^"\\]|\\.)*",)*account="((?:[^"\\]|\\.)*)"/

/** Builds metrics without any numbers. Nothing of it is shared with other parts of the process. */
export function createMetrics({ clock, log }: MetricsOptions): Metrics {
  const registry = new Registry()
  const groups: ReadingGroup[] = []

  async function tryReading<Value>(subject: object, read: () => Promise<Value>): Promise<Value | undefined> {
    const answered = new AbortController()
    const givenUp = clock.delay(READING_MS, answered.signal).then(() => {
      throw new Error('there was no answer in time')
    })
    try {
      return await Promise.race([read(), givenUp])
    } catch (error) {
      log.warn({ ...subject, err: error }, 'a metric could not be read')
      return undefined
    } finally {
      answered.abort()
      givenUp.catch(() => undefined)
    }
  }

  /** What all groups say now, in a registry of its own: no scrape sees half of another. */
  async function readGroups(maySee: Scrape['maySee']): Promise<Registry> {
    const scrape: Scrape = { registry: new Registry(), maySee, tryReading }
    const readGroup = async (group: ReadingGroup) => group.read(scrape)
    await Promise.all(
      groups.map((group) =>
        readGroup(group).catch((error: unknown) => log.warn({ err: error }, 'a group of metrics could not be read')),
      ),
    )
    return scrape.registry
  }

  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    registry,
    addReadings(group) {
      groups.push(group)
    },
    async render(maySee) {
      const read = await readGroups(maySee)
      return (await toText(registry, maySee)) + (await toText(read, maySee))
    },
    async describe() {
      const read = await readGroups(() => false)
      return [...registry.getMetricsAsArray(), ...read.getMetricsAsArray()]
        .map((metric) => ({
          name: metric.name,
          type: String(metric.type),
          help: metric.help,
          // Every metric of the package has them; its types do not say so.
          labels: 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [],
        }))
        .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    },
  }
}

/** What a registry holds as text, as far as it may be seen. Others get their turn while it is written. */
async function toText(registry: Registry, maySee: (account: string) => boolean): Promise<string> {
  let text = ''
  let inTurn = 0
  for (const { name } of registry.getMetricsAsArray()) {
    const written = await registry.getSingleMetricAsString(name)
    text += `${withoutHidden(written, maySee)}\n\n`
    inTurn += written.length
    if (inTurn < TURN_LENGTH) continue
    inTurn = 0
    await nextTurn()
  }
  return text
}

/** The text without the samples of accounts that may not be seen. */
function withoutHidden(text: string, maySee: (account: string) => boolean): string {
  const decided = new Map<string, boolean>()
  const isShown = (line: string) => {
    const account = accountOfSample.exec(line)?.[1]
    if (account === undefined) return true
    const known = decided.get(account)
    if (known !== undefined) return known
    const isSeen = maySee(account)
    decided.set(account, isSeen)
    return isSeen
  }
  return text.split('\n').filter(isShown).join('\n')
}

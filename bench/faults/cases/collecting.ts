// What the cases of the screenshot queue have in common: accounts that collect, and waiting for their pops.
import { setTimeout as delay } from 'node:timers/promises'
import type { Judgement } from '../judgement.ts'
import type { FleetAccount } from '../rig/fleet.ts'
import { countDuplicates, type ListedSnapshot } from '../rig/snapshots.ts'
import type { Upstream } from '../rig/upstream-process.ts'

/** The provider's name of a pop. */
export const POP = 'Live_Queue_Get'

const POLL_MS = 5

/** An account that collects as briskly as the settings allow. */
export function collecting(name: string): FleetAccount {
  return {
    name,
    provider: 'tencent',
    quota: { limit: 300, windowSeconds: 5 },
    settings: { snapshots: { collect: true, pollSeconds: 1 } },
  }
}

/** Waits until it is so. @param what ends the sentence "waited in vain until …"  @throws Error when it takes longer */
export async function waitFor(what: string, isSo: () => Promise<boolean>, limitMs: number): Promise<void> {
  const giveUpAtMs = performance.now() + limitMs
  while (!(await isSo())) {
    if (performance.now() > giveUpAtMs) throw new Error(`waited in vain until ${what}`)
    await delay(POLL_MS)
  }
}

/** Waits until so many pops have arrived in all. */
export function waitForPops(upstream: Upstream, count: number, limitMs: number): Promise<void> {
  return waitFor(`${count} pops had arrived`, async () => (await upstream.queue()).pops >= count, limitMs)
}

/** Fails with each message that is listed twice, or that nobody took. */
export function judgeListing(judgement: Judgement, items: readonly ListedSnapshot[], taken: ReadonlySet<string>): void {
  judgement.note('listed', items.length)
  judgement.equals('duplicates', countDuplicates(items), 0)
  judgement.equals('listedButNeverTaken', items.filter(({ url }) => !taken.has(url)).length, 0)
}

// Waiting for programs that do not say when they are done.
import { setTimeout as delay } from 'node:timers/promises'

const WITHIN_MS = 15_000
const POLL_MS = 20

/**
 * Asks again and again until `isSo`; a question that fails is a no. `what` ends the sentence "waited in vain until …".
 * @throws Error after `withinMs`
 */
export async function waitUntil(what: string, isSo: () => Promise<boolean>, withinMs = WITHIN_MS): Promise<void> {
  const giveUpAt = performance.now() + withinMs
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain until ${what}`)
    await delay(POLL_MS)
  }
}

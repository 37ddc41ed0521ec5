// Callers by the keys that the settings list.
import { hash, timingSafeEqual } from 'node:crypto'
import type { Caller } from '#model/caller.ts'
import { WrongCredentialError } from './failed-keys.ts'
import type { AccessKey } from './settings.ts'

/**
 * Builds what finds the caller behind a key.
 * @param isSame compares two digests, and takes as long whether they differ early, late or not at all
 * @returns throws WrongCredentialError when the key is not known
 */
export function createKeyRing(
  keys: readonly AccessKey[],
  isSame: (one: Buffer, other: Buffer) => boolean = timingSafeEqual,
): (key: string) => Caller {
  const entries = keys.map((key) => ({
    digest: Buffer.from(key.sha256, 'hex'),
    caller: Object.freeze<Caller>({
      name: key.name,
      role: key.role,
      accounts: key.accounts === 'all' ? 'all' : new Set(key.accounts),
    }),
  }))
  return (key) => {
    const digest = hash('sha256', key, 'buffer')
    // Every entry is compared, so that the time taken tells nothing about which one matched.
    const [match] = entries.filter((entry) => isSame(entry.digest, digest))
    if (!match) throw new WrongCredentialError('the key is not known')
    return match.caller
  }
}

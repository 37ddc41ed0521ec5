// What makes a snapshot the same snapshot, in every store.
import { createHash } from 'node:crypto'

/** The provider's number of the queue that announces screenshots, the only one that is collected. */
export const SCREENSHOT_QUEUE = 100

/** The id of a snapshot: a digest of its identity, so that a message read twice is stored once. */
export function toSnapshotId(identity: {
  readonly account: string
  readonly queue: number
  readonly key: string
  readonly file: string
}): string {
  const parts = JSON.stringify([identity.account, identity.queue, identity.key, identity.file])
  return createHash('sha256').update(parts).digest('base64url').slice(0, 27)
}

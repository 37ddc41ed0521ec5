// What a cache tells of its reads. Called on the way of every answer: cheap, and never throwing.

/** Where an entry was found: in this process, where replicas share what they keep, or nowhere. */
export type CacheTier = 'memory' | 'redis' | 'none'

/** Told of reads. */
export interface CacheObserver {
  /** So many entries were looked for and found there, fresh or not. @param count ≥ 1 */
  read(tier: CacheTier, count: number): void
}

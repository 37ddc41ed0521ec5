// What becomes of the memory that the settings grant to the cache.

/** Bytes for each of those that keep something; together no more than was granted. */
export interface MemoryShares {
  /** What providers answered. */
  readonly values: number
  /** Whole answers, as they were sent. */
  readonly answers: number
  /** Rows of samples, as they are written into answers. */
  readonly rows: number
}

/** Shares `cache.maxBytes`. */
export function toMemoryShares(maxBytes: number): MemoryShares {
  return { values: (maxBytes * 5) / 8, answers: maxBytes / 4, rows: maxBytes / 8 }
}

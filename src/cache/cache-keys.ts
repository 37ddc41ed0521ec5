// Names under which answers are kept and shared.

/** What an answer is of: provider, account, operation, arguments, in a fixed order. */
export type CacheKeyParts = readonly (string | number | null)[]

/**
 * One text per list of parts: different lists never give the same text, whatever characters their parts hold, and
 * the text survives UTF-8 (a lone surrogate is escaped, not replaced).
 * @throws RangeError for a number that is not finite, which JSON cannot tell from null
 */
export function toCacheKey(parts: CacheKeyParts): string {
  for (const part of parts)
    if (typeof part === 'number' && !Number.isFinite(part)) throw new RangeError('a part of a cache key is not finite')
  return JSON.stringify(parts)
}

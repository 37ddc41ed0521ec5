// What is remembered of so many clients or credentials at a time.
import { LRUCache } from 'lru-cache'

/** A map that forgets what was used longest ago. */
type BoundedMap<Value extends NonNullable<unknown>> = Pick<LRUCache<string, Value>, 'get' | 'set' | 'delete' | 'size'>

/**
 * An empty map. It is bounded as if by size, every entry being 1: bound by number, the library takes room for all of
 * them at once, 22 bytes each, and hardly anybody ever has so many.
 * @param most entries, ≥ 1
 */
export function createBoundedMap<Value extends NonNullable<unknown>>(most: number): BoundedMap<Value> {
  return new LRUCache<string, Value>({ maxSize: most, sizeCalculation: () => 1 })
}

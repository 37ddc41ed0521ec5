// Documents that clients have had kept by their digest. Each caller has a shelf of its own, so that nobody is answered
// with, or learns of, what another one asks; all shelves together are bounded.
import { LRUCache } from 'lru-cache'

/** Most documents that are kept for a caller, and most bytes of them. */
const MAX_DOCUMENTS = 100
const MAX_CALLER_BYTES = 256 * 1024
/** Most bytes of all callers together; whoever has asked longest ago loses theirs as a whole. */
const MAX_BYTES = 16 * 1024 * 1024
/** What a shelf and what a document take beside their text. */
const BYTES_PER_SHELF = 8 * 1024
const BYTES_PER_DOCUMENT = 400

/** Kept as bytes: a text may be cut out of a longer one, which it would keep along, and take two bytes a letter. */
type Shelf = LRUCache<string, Buffer>

/** Keeps documents by caller and digest; what is asked for least lately goes first. */
export class AutomaticOperations {
  private readonly shelves = new LRUCache<string, Shelf>({ maxSize: MAX_BYTES })

  /** The caller's document of that digest. */
  find(caller: string, digest: string): string | undefined {
    return this.shelves.get(caller)?.get(digest)?.toString()
  }

  /** Keeps a document for that caller alone. The text must be one that UTF-8 can write. */
  keep(caller: string, digest: string, text: string): void {
    const shelf = this.shelves.get(caller) ?? createShelf()
    if (shelf.has(digest)) return
    shelf.set(digest, Buffer.from(text))
    // A size is taken when an entry is put in, not when it grows.
    this.shelves.delete(caller)
    this.shelves.set(caller, shelf, { size: BYTES_PER_SHELF + shelf.calculatedSize })
  }
}

function createShelf(): Shelf {
  return new LRUCache({
    max: MAX_DOCUMENTS,
    maxSize: MAX_CALLER_BYTES,
    sizeCalculation: (text) => BYTES_PER_DOCUMENT + text.length,
  })
}

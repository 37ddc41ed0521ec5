// Values that are asked for in one turn of the event loop, read by one command: of a small one the command costs more than
// the value does.

/** Values in the order of their keys; null for one that is not there. */
type ReadAll = (keys: readonly string[]) => Promise<readonly (Buffer | null)[]>

/** Whoever waits for one value. */
interface Reader {
  readonly resolve: (value: Buffer | null) => void
  readonly reject: (error: unknown) => void
}

/** Redis does nothing else meanwhile. */
const MOST_TOGETHER = 32
/** Longer ones, on average, are read one by one: the first is worked on while the next comes. */
const LONG_BYTES = 16 * 1024

/** Gathers reads. */
export class RedisReads {
  private readonly readAll: ReadAll
  private keys: string[] = []
  private readers: Reader[] = []
  /** Whether values are taken to be too long to be read together: those that came last were. */
  private areLong = false

  constructor(readAll: ReadAll) {
    this.readAll = readAll
  }

  /** Reads one value now, or together with others. @param isGathering whether `leave` is about to be called */
  read(key: string, isGathering: boolean): Promise<Buffer | null> {
    if (isGathering && !this.areLong)
      return new Promise((resolve, reject) => {
        this.keys.push(key)
        this.readers.push({ resolve, reject })
      })
    return this.readAll([key]).then(([value = null]) => {
      this.areLong = (value?.length ?? 0) > LONG_BYTES
      return value
    })
  }

  /** Has what was gathered read. @returns how many values that are */
  leave(): number {
    const { keys, readers } = this
    if (keys.length === 0) return 0
    this.keys = []
    this.readers = []
    for (let from = 0; from < keys.length; from += MOST_TOGETHER)
      this.send(keys.slice(from, from + MOST_TOGETHER), readers.slice(from, from + MOST_TOGETHER))
    return keys.length
  }

  private send(keys: readonly string[], readers: readonly Reader[]): void {
    this.readAll(keys).then(
      (values) => {
        let bytes = 0
        for (const [index, { resolve }] of readers.entries()) {
          const value = values[index] ?? null
          bytes += value?.length ?? 0
          resolve(value)
        }
        this.areLong = bytes > readers.length * LONG_BYTES
      },
      (error: unknown) => {
        for (const { reject } of readers) reject(error)
      },
    )
  }
}

// Many who look for one entry at the same time find the same bytes: they are read once for all of them.
import { type DecodedValue, decodeValue, type EntryHead } from './entry-codec.ts'

/** What those who look for one entry share. */
interface Reading {
  lookers: number
  /** What was read last, and its value. */
  bytes: Buffer | undefined
  value: DecodedValue | Promise<DecodedValue>
}

/** Remembers what was read under a key for as long as somebody looks for it. */
export class SharedReadings {
  private readonly readings = new Map<string, Reading>()

  /** Somebody begins to look. Whoever enters leaves. */
  enter(key: string): void {
    const reading = this.readings.get(key)
    if (reading) reading.lookers += 1
    else this.readings.set(key, { lookers: 1, bytes: undefined, value: undefined })
  }

  /** Has the value, or does not want it any more. */
  leave(key: string): void {
    const reading = this.readings.get(key)
    if (reading === undefined) return
    reading.lookers -= 1
    if (reading.lookers === 0) this.readings.delete(key)
  }

  /** The value in some bytes whose head could be read, for one who has entered. As `decodeValue`. */
  read(key: string, bytes: Buffer, head: EntryHead): DecodedValue | Promise<DecodedValue> {
    const reading = this.readings.get(key)
    if (reading?.bytes?.equals(bytes)) return reading.value
    const value = decodeValue(bytes, head)
    if (reading) {
      reading.bytes = bytes
      reading.value = value
    }
    return value
  }
}

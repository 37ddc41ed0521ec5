// JSON written as bytes, value by value: what rows hold is short, and mostly digits, for which making a text of each
// and then bytes of all takes several times as long.
import { Buffer } from 'node:buffer'
import { FOREVER, type Instant, toIsoTime } from '#model/time-range.ts'

/** Bytes to begin with, and most that are held on to between two uses. */
const FIRST_BYTES = 64 * 1024
const HELD_BYTES = 1024 * 1024
const DAY_MS = 86_400_000
const MAX_INT = 2 ** 31 - 1
const QUOTE = 0x22
const BACKSLASH = 0x5c
const ZERO = 0x30
const POINT = 0x2e
const COLON = 0x3a
const Z = 0x5a

const NULL = Buffer.from('null')

/** Takes values as JSON.stringify writes them. What cannot be written is `refused`, and everything with it. */
export class JsonBytes {
  /** How many bytes there are. */
  length = 0
  /** Whether a value was none that its kind can be: what has been written is no good then. */
  refused = false
  private bytes = Buffer.allocUnsafe(FIRST_BYTES)
  /** The day that times were last of, and how they begin: `2026-11-21T`. */
  private day = Number.NaN
  private dayText: Uint8Array = NULL

  /** Begins anew. */
  begin(): void {
    if (this.bytes.length > HELD_BYTES) this.bytes = Buffer.allocUnsafe(FIRST_BYTES)
    this.length = 0
    this.refused = false
  }

  /** What has been written since the beginning: a copy that holds on to nothing else. */
  take(): Buffer {
    const taken = Buffer.allocUnsafeSlow(this.length)
    this.bytes.copy(taken, 0, 0, this.length)
    return taken
  }

  /** Writes JSON, or a part of it, as it is. */
  raw(json: Uint8Array): void {
    this.reserve(json.length)
    this.bytes.set(json, this.length)
    this.length += json.length
  }

  /** Writes a finite number. */
  number(value: number | null): void {
    if (value === null) this.raw(NULL)
    else if (value >= 0 && Number.isSafeInteger(value)) this.digits(value)
    else if (!Number.isFinite(value)) this.refused = true
    else if (!this.thousandths(value)) this.ascii(String(value))
  }

  /** Writes a whole number as GraphQL knows it: of at most 31 bits. */
  count(value: number | null): void {
    if (value !== null && !(Number.isInteger(value) && Math.abs(value) <= MAX_INT)) this.refused = true
    else this.number(value)
  }

  /** Writes a time as `toIsoTime` does. */
  time(instant: Instant): void {
    if (!(Math.abs(instant) <= FOREVER && Number.isInteger(instant))) {
      this.refused = true
      return
    }
    const day = Math.floor(instant / DAY_MS)
    if (day !== this.day) this.turnTo(day)
    this.reserve(this.dayText.length + 15)
    this.bytes[this.length++] = QUOTE
    this.raw(this.dayText)
    const { bytes, length: at } = this
    const ms = instant - day * DAY_MS
    const seconds = Math.floor(ms / 1000)
    const minutes = Math.floor(seconds / 60)
    this.length = at + 14
    writeTwo(bytes, at, Math.floor(minutes / 60))
    bytes[at + 2] = COLON
    writeTwo(bytes, at + 3, minutes % 60)
    bytes[at + 5] = COLON
    writeTwo(bytes, at + 6, seconds % 60)
    bytes[at + 8] = POINT
    bytes[at + 9] = ZERO + Math.floor((ms % 1000) / 100)
    writeTwo(bytes, at + 10, ms % 100)
    bytes[at + 12] = Z
    bytes[at + 13] = QUOTE
  }

  /** Writes a text. */
  text(value: string | null): void {
    if (value === null) this.raw(NULL)
    else if (typeof value !== 'string') this.refused = true
    else if (!this.plain(value)) {
      const json = JSON.stringify(value)
      this.reserve(json.length * 3)
      this.length += this.bytes.write(json, this.length)
    }
  }

  /** Writes a text in which nothing is escaped; one in which anything might be is left to others. */
  private plain(value: string): boolean {
    this.reserve(value.length + 2)
    const { bytes } = this
    let at = this.length
    bytes[at++] = QUOTE
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index)
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false
      bytes[at++] = code
    }
    bytes[at++] = QUOTE
    this.length = at
    return true
  }

  private ascii(text: string): void {
    this.reserve(text.length)
    for (let index = 0; index < text.length; index += 1) this.bytes[this.length++] = text.charCodeAt(index)
  }

  /**
   * Writes what has at most three decimals, as rates that were measured do, in a fraction of the time that finding the
   * shortest text of any number takes. Of at most 15 digits no two decimals are the same number, so it is that text.
   */
  private thousandths(value: number): boolean {
    const whole = Math.floor(value)
    const thousandths = Math.round(value * 1000)
    if (!(value > 0 && thousandths < 1e15 && thousandths / 1000 === value)) return false
    this.digits(whole)
    const rest = thousandths - whole * 1000
    const places = rest % 100 === 0 ? 1 : rest % 10 === 0 ? 2 : 3
    this.bytes[this.length++] = POINT
    this.places(Math.trunc(rest / 10 ** (3 - places)), places)
    return true
  }

  /** Writes a whole number from 0 to 2^53 - 1. */
  private digits(value: number): void {
    this.reserve(20)
    if (value < 1e9) {
      let places = 1
      for (let bound = 10; bound <= value; bound *= 10) places += 1
      this.places(value, places)
      return
    }
    const upper = Math.floor(value / 1e9)
    this.digits(upper)
    this.places(value - upper * 1e9, 9)
  }

  /** Writes so many last digits of a number below 10^9. */
  private places(value: number, places: number): void {
    const { bytes } = this
    let rest = value
    for (let at = this.length + places - 1; at >= this.length; at -= 1) {
      // It has fewer than 32 bits, and this is the fast way to cut it.
      const tens = (rest / 10) | 0
      bytes[at] = ZERO + rest - tens * 10
      rest = tens
    }
    this.length += places
  }

  private turnTo(day: number): void {
    const time = toIsoTime(day * DAY_MS)
    this.dayText = Buffer.from(time.slice(0, time.indexOf('T') + 1))
    this.day = day
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.length + more))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }
}

function writeTwo(bytes: Uint8Array, at: number, value: number): void {
  const tens = (value / 10) | 0
  bytes[at] = ZERO + tens
  bytes[at + 1] = ZERO + value - tens * 10
}

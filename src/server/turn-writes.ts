// Writes put together at the end of a turn of the event loop. A write between two reads of other sockets costs half as
// much again as the same writes in a row; where there is nobody else to read from, waiting for the end would be all that
// comes of it.

/** So many turns in a row with one write each, and there is nobody else. */
const LONELY_TURNS = 8
/** Then every so many writes it is looked whether that is still so. */
const LOOK_EVERY = 32

/** Writes of one kind. */
export class TurnWrites<Item> {
  private readonly write: (item: Item) => void
  private waiting: Item[] = []
  private lonelyTurns = 0
  private atOnce = 0

  /** @param write writes one; called later, or from within `add` */
  constructor(write: (item: Item) => void) {
    this.write = write
  }

  /** Has an item written, in this turn or at its end. */
  add(item: Item): void {
    const isAlone = this.lonelyTurns >= LONELY_TURNS && this.waiting.length === 0
    if (isAlone && this.atOnce < LOOK_EVERY) {
      this.atOnce += 1
      this.write(item)
      return
    }
    if (this.waiting.length === 0) setImmediate(this.writeAll)
    this.waiting.push(item)
  }

  private readonly writeAll = (): void => {
    const items = this.waiting
    this.waiting = []
    this.atOnce = 0
    this.lonelyTurns = items.length === 1 ? this.lonelyTurns + 1 : 0
    for (const item of items) this.write(item)
  }
}

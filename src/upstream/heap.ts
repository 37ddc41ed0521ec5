/** Keeps the first of many at hand. */
export class Heap<Item> {
  private readonly isBefore: (one: Item, other: Item) => boolean
  private readonly items: Item[] = []

  /** @param isBefore must not change its mind about two items while they are in */
  constructor(isBefore: (one: Item, other: Item) => boolean) {
    this.isBefore = isBefore
  }

  /** The first; undefined when there is none. */
  get first(): Item | undefined {
    return this.items[0]
  }

  /** Puts one in. */
  push(item: Item): void {
    let index = this.items.length
    this.items.push(item)
    while (index > 0) {
      const above = (index - 1) >> 1
      if (!this.swapIfBefore(index, above)) return
      index = above
    }
  }

  /** Takes the first out. */
  pop(): Item | undefined {
    const { first } = this
    const last = this.items.pop()
    if (last === undefined || this.items.length === 0) return first
    this.items[0] = last
    for (let index = 0; ; ) {
      const left = 2 * index + 1
      const [one, other] = [this.items[left], this.items[left + 1]]
      if (one === undefined) return first
      const below = other !== undefined && this.isBefore(other, one) ? left + 1 : left
      if (!this.swapIfBefore(below, index)) return first
      index = below
    }
  }

  private swapIfBefore(below: number, above: number): boolean {
    const [one, other] = [this.items[below], this.items[above]]
    if (one === undefined || other === undefined || !this.isBefore(one, other)) return false
    this.items[below] = other
    this.items[above] = one
    return true
  }
}

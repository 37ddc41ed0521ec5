// Where something begins in what is in order.

/**
 * The index of the first item that is not before a place in the order, by bisection; the length when all are.
 * @param isBefore true for the items up to some place, false from there on
 */
export function findFirstIndex<Item>(items: readonly Item[], isBefore: (item: Item) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = items[middle]
    if (item !== undefined && isBefore(item)) low = middle + 1
    else high = middle
  }
  return low
}

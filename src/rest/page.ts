// A page of a list, as an answer.
import type { Page } from '#model/page.ts'
import type { Freshness } from '#services/views.ts'
import { toFreshnessFields } from './schemas/fields.ts'

/** The fields of a page, with its items turned into what is shown. */
export function toPageFields<Item, Shown>(page: Page<Item> & Freshness, toShown: (item: Item) => Shown) {
  return {
    items: page.items.map(({ item }) => toShown(item)),
    nextCursor: page.hasNextPage ? (page.items.at(-1)?.cursor ?? null) : null,
    totalCount: page.totalCount,
    ...toFreshnessFields(page),
  }
}

// Where the page is. Everything that a view depends on stands in the hash: an address that is copied shows the same to
// others, and any host that serves files can serve the page.
import { type ReadonlySignal, signal } from '@preact/signals'

/** A page and what it was asked to show. */
export type Route =
  | { readonly page: 'overview' | 'streams' | 'collector' | 'unknown'; readonly search: URLSearchParams }
  | { readonly page: 'stream'; readonly account: string; readonly key: string; readonly search: URLSearchParams }

/** Pages that are reached without naming a stream. */
export type PageName = 'overview' | 'streams' | 'collector'

/** Parts of the hash's query; null, undefined and the empty text are left out. */
export type Search = Readonly<Record<string, string | null | undefined>>

const shown = signal<Route>({ page: 'unknown', search: new URLSearchParams() })

/** What the hash names now. */
export const route: ReadonlySignal<Route> = shown

const paths: Readonly<Record<PageName, string>> = { overview: '#/', streams: '#/streams', collector: '#/collector' }

/** Reads a hash: `#/streams/tencent-main/8888_room1?last=6h`. */
export function readRoute(hash: string): Route {
  const [path = '', query = ''] = splitOnce(hash.replace(/^#/, ''), '?')
  const search = new URLSearchParams(query)
  const parts = path.split('/').filter((part) => part !== '')
  const [page, account, key, more] = parts
  if (page === undefined) return { page: 'overview', search }
  if ((page === 'streams' || page === 'collector') && account === undefined) return { page, search }
  if (page === 'streams' && account !== undefined && key !== undefined && more === undefined) {
    const names = [account, key].map(decode)
    const [accountName, streamKey] = names
    if (accountName !== undefined && streamKey !== undefined)
      return { page: 'stream', account: accountName, key: streamKey, search }
  }
  return { page: 'unknown', search }
}

/** The hash of a page. */
export function hrefTo(page: PageName, search: Search = {}): string {
  return `${paths[page]}${toQuery(search)}`
}

/** The hash of a stream's page. */
export function hrefToStream(account: string, key: string, search: Search = {}): string {
  return `#/streams/${encodeURIComponent(account)}/${encodeURIComponent(key)}${toQuery(search)}`
}

/**
 * Changes what the present page is asked to show.
 *
 * @param changes null removes
 * @param how `push`: the way back leads to what was shown before; `replace`: it does not, as while somebody types
 */
export function changeSearch(changes: Readonly<Record<string, string | null>>, how: 'push' | 'replace'): void {
  const [path = ''] = splitOnce(location.hash, '?')
  const search = new URLSearchParams(shown.value.search)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') search.delete(name)
    else search.set(name, value)
  }
  const query = search.toString()
  const hash = `${path === '' ? '#/' : path}${query === '' ? '' : `?${query}`}`
  if (hash === location.hash) return
  if (how === 'push') history.pushState(null, '', hash)
  else history.replaceState(null, '', hash)
  shown.value = readRoute(hash)
}

/** Follows the address bar from now on. */
export function followRoute(): void {
  const look = () => {
    shown.value = readRoute(location.hash)
  }
  look()
  // Both happen when somebody edits the address; what is shown is the same after either.
  addEventListener('hashchange', look)
  addEventListener('popstate', look)
}

function toQuery(search: Search): string {
  const given = Object.entries(search).filter((entry): entry is [string, string] => !isLeftOut(entry[1]))
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

function isLeftOut(value: string | null | undefined): boolean {
  return value === null || value === undefined || value === ''
}

function splitOnce(text: string, mark: string): readonly [string, string] {
  const place = text.indexOf(mark)
  return place < 0 ? [text, ''] : [text.slice(0, place), text.slice(place + mark.length)]
}

/** Undefined for what is no percent-encoding: somebody has cut the address short. */
function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

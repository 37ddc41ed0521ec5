// Whether a browser asks, on behalf of a page. No page can keep its browser from saying so.
import type { AccessHeaders } from './credentials.ts'

/** Headers that only browsers send. */
const browserHeaders = ['origin', 'referer', 'cookie', 'sec-fetch-site', 'sec-fetch-dest', 'sec-fetch-user'] as const

/** Whether the headers, names in lower case, are those of a browser. */
export function isFromBrowser(headers: AccessHeaders): boolean {
  return browserHeaders.some((name) => headers[name] !== undefined) || /^mozilla\//i.test(String(headers['user-agent']))
}

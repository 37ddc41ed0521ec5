// Keeps pages of other sites from a WebSocket: browsers open one to anywhere, without the leave that CORS asks for.

/**
 * Whether who opens a WebSocket is no browser, or shows a page that may: one of the host it asks, or of a listed origin.
 * @param origin the header of that name
 * @param host the host that was asked, with its port unless it is the scheme's own
 * @param allowed origins of the settings; `*` stands for all
 */
export function isOwnOrigin(origin: string | undefined, host: string, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true
  if (!URL.canParse(origin)) return false
  const page = new URL(origin)
  const asked = `${page.protocol}//${host}`
  // As the browser writes it: without the scheme's own port, in lower case.
  return URL.canParse(asked) && page.host !== '' && new URL(asked).host === page.host
}

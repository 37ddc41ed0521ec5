// Addresses that a provider gives. They lead out of the gateway, and are only ever links.

/** The address, and the end of its path; undefined for what a browser must not open. */
export function findAddress(text: string | null): { readonly href: string; readonly name: string } | undefined {
  if (text === null || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  return { href: url.href, name: toName(url) }
}

const LONGEST_NAME = 24

function toName({ pathname, host }: URL): string {
  const parts = pathname.split('/').filter((part) => part !== '')
  // The last alone may be the same for all, as `f0.mp4`.
  const name = parts.length === 0 ? host : parts.slice(-2).join('/')
  return name.length <= LONGEST_NAME ? name : `…${name.slice(-LONGEST_NAME)}`
}

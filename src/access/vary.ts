// What an answer depends on besides its address: caches on the way must not give one client what another was told.

/** An answer that is being put together, as far as this is about it. */
export interface VaryingReply {
  getHeader(name: string): unknown
  header(name: string, value: string): unknown
}

/** Adds names of request headers to `Vary`, without losing what other layers put there. */
export function addVary(reply: VaryingReply, names: readonly string[]): void {
  const present = String(reply.getHeader('vary') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const known = new Set(present.map((name) => name.toLowerCase()))
  if (known.has('*')) return
  reply.header('vary', [...present, ...names.filter((name) => !known.has(name.toLowerCase()))].join(', '))
}

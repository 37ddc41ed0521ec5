// Bytes that are kept for long.

/** Less than this beside the bytes is not worth a copy. */
const SMALL_BYTES = 1024

/**
 * The same bytes in memory of about their own size. A short Buffer is often a piece of a far longer one (of the pool, of
 * what came over a socket), all of which would stay as long as the piece does.
 */
export function toOwnBytes(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength - bytes.length <= Math.max(SMALL_BYTES, bytes.length / 8)) return bytes
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}

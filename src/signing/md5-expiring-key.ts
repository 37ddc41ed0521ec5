// The scheme of Tencent's legacy live interface ("API calling overview"): a digest over key and expiry, nothing else.
import { createHash } from 'node:crypto'
import type { Signer } from '#contract/signer.ts'

/**
 * Adds the account's id under `idParameter`, `t` (UNIX seconds after which the request is void) and
 * `sign` = hex MD5 of secret and `t`. Neither the call nor its parameters are covered by it: whoever sees the
 * address can alter and repeat it until `t`, so keep `ttlSeconds` short and the address out of every log.
 */
export const signMd5ExpiringKey: Signer = (request, { credential, now, ttlSeconds }) => {
  const expiry = String(Math.floor(now / 1000 + ttlSeconds))
  const sign = createHash('md5')
    .update(credential.secret + expiry)
    .digest('hex')
  const { idParameter } = request
  return {
    ...request,
    query: [
      ...(idParameter === undefined ? [] : [[idParameter, credential.id] as const]),
      ...request.query,
      ['t', expiry],
      ['sign', sign],
    ],
  }
}

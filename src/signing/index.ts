// The built-in signature schemes. Pure functions; they see a secret and hand on only what is made from it.
import type { Signer, SignerName } from '#contract/signer.ts'
import { signHmacSha1Basic } from './hmac-sha1-basic.ts'
import { signMd5ExpiringKey } from './md5-expiring-key.ts'

/** Name → scheme. */
export const signers: Readonly<Record<SignerName, Signer>> = {
  'md5-expiring-key': signMd5ExpiringKey,
  'hmac-sha1-basic': signHmacSha1Basic,
}

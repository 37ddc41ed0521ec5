// The API-key scheme of ChinaNetCenter and CDNetworks: Basic credentials whose password is a digest of the date.
import { createHmac } from 'node:crypto'
import type { Signer } from '#contract/signer.ts'

/**
 * Adds `Date` and `Authorization: Basic base64(id:password)`, the password being the base64 of HMAC-SHA1 over that
 * very date. Neither address nor body is covered by it, so it belongs on https only.
 */
export const signHmacSha1Basic: Signer = (request, { credential, now }) => {
  // ECMAScript fixes this text, names of days and months included, whatever the host's locale and zone.
  const date = new Date(now).toUTCString()
  const password = createHmac('sha1', credential.secret).update(date).digest('base64')
  const pair = Buffer.from(`${credential.id}:${password}`).toString('base64')
  return { ...request, headers: { ...request.headers, Date: date, Authorization: `Basic ${pair}` } }
}

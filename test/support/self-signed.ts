// Certificates of our own making for loopback servers, built by hand so that no key lies in the repository and no
// tool is needed.
import { generateKeyPairSync, sign } from 'node:crypto'

/** A key and the certificate it signed for itself, as PEM. */
export interface SelfSigned {
  readonly key: string
  readonly cert: string
}

/** Object identifiers, as their bytes in hex. */
const ECDSA_WITH_SHA256 = '2a8648ce3d040302'
const COMMON_NAME = '550403'
const SUBJECT_ALT_NAME = '551d11'

/** A certificate for one host name that is valid between the two instants. */
export function createSelfSigned(host: string, notBefore: number, notAfter: number): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const algorithm = der(0x30, der(0x06, Buffer.from(ECDSA_WITH_SHA256, 'hex')))
  const name = der(0x30, der(0x31, der(0x30, der(0x06, Buffer.from(COMMON_NAME, 'hex')), der(0x0c, Buffer.from(host)))))
  const alternativeNames = der(0x30, der(0x82, Buffer.from(host)))
  const extension = der(0x30, der(0x06, Buffer.from(SUBJECT_ALT_NAME, 'hex')), der(0x04, alternativeNames))
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    algorithm,
    name,
    der(0x30, toUtcTime(notBefore), toUtcTime(notAfter)),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, der(0x30, extension)),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)])
  const lines =
    der(0x30, body, algorithm, der(0x03, signature))
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  }
}

/** A value in DER: tag, length, contents. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const value = Buffer.concat(contents)
  const size = value.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), value])
}

function toUtcTime(instant: number): Buffer {
  const digits = new Date(instant).toISOString().replace(/[-:T]/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`))
}

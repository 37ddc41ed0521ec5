// An issuer of tokens on a real socket: signs whatever it is told to, and serves its keys as it is told to.
import { createServer, type ServerResponse } from 'node:http'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** A key pair that tokens are signed with. */
export interface SigningKey {
  readonly algorithm: string
  /** Undefined: neither the key set nor the tokens name the key. */
  readonly id: string | undefined
  readonly privateKey: CryptoKey
  /** As the key set shows it. */
  readonly jwk: JWK
}

/** Makes a key pair. */
export async function createSigningKey(id: string | undefined, algorithm = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm)
  const jwk = { ...(await exportJWK(publicKey)), use: 'sig', ...(id !== undefined && { kid: id }) }
  return { algorithm, id, privateKey, jwk }
}

/** A token of those claims, and no others. */
export function signToken(key: SigningKey, claims: Readonly<Record<string, unknown>>): Promise<string> {
  const header = { alg: key.algorithm, ...(key.id !== undefined && { kid: key.id }) }
  return new SignJWT({ ...claims }).setProtectedHeader(header).sign(key.privateKey)
}

/** Where keys are read. */
export interface KeySetServer {
  readonly url: string
  /** How often it was asked. */
  readonly asked: () => number
  /** From now on every question is answered so. */
  readonly answer: (how: (response: ServerResponse) => void) => void
  /** From now on these are the keys. */
  readonly serve: (...keys: readonly SigningKey[]) => void
  /** Nobody listens any more; `url` stays refused. */
  readonly close: () => Promise<void>
}

/** Starts a server on loopback. Whoever starts one closes it. */
export async function startKeySetServer(...keys: readonly SigningKey[]): Promise<KeySetServer> {
  let asked = 0
  let current = toAnswer(keys)
  const server = createServer((_, response) => {
    asked += 1
    current(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}/jwks.json`,
    asked: () => asked,
    answer: (how) => {
      current = how
    },
    serve: (...some) => {
      current = toAnswer(some)
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function toAnswer(keys: readonly SigningKey[]): (response: ServerResponse) => void {
  const body = JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })
  return (response) => response.setHeader('content-type', 'application/jwk-set+json').end(body)
}

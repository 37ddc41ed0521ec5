// Reads the keys of the issuer over HTTP: from the one address in the settings, in bounded time and size.
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { z } from 'zod'
import type { Clock } from '#model/clock.ts'

const DEADLINE_MS = 3000
const MAX_BYTES = 64 * 1024

/**
 * Why the keys could not be read. `UNREACHABLE`: no connection, or one that broke off; `TIMEOUT`: not all of it within
 * 3 s; `STATUS`: an answer other than 200, redirects included; `ENCODED`: compressed although that was not asked for;
 * `TOO_LARGE`: more than 64 KiB; `MALFORMED`: no JWK Set.
 */
export type KeySetTrouble = 'UNREACHABLE' | 'TIMEOUT' | 'STATUS' | 'ENCODED' | 'TOO_LARGE' | 'MALFORMED'

/** The keys could not be read. Nothing of the answer is in it. */
export class KeySetError extends Error {
  override readonly name = 'KeySetError'
  readonly trouble: KeySetTrouble

  constructor(trouble: KeySetTrouble) {
    super(`the keys of the issuer could not be read (${trouble})`)
    this.trouble = trouble
  }
}

/** A public key, with what tells which tokens it is for. What else an issuer writes there is of no use here. */
const publicKey = z.object({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  kid: z.string().exactOptional(),
  use: z.string().exactOptional(),
  key_ops: z.array(z.string()).exactOptional(),
  alg: z.string().exactOptional(),
  n: z.string().exactOptional(),
  e: z.string().exactOptional(),
  crv: z.string().exactOptional(),
  x: z.string().exactOptional(),
  y: z.string().exactOptional(),
})

const keySet = z.object({ keys: z.array(z.unknown()) })

/** A key as RFC 7517 writes it. */
export type PublicKey = z.infer<typeof publicKey>

/**
 * Reads the JWK Set at an address. Entries that are no public key are left out, as RFC 7517 wants it.
 * @throws KeySetError for whatever reason
 */
export async function readKeySet(url: URL, clock: Clock, closing: AbortSignal): Promise<readonly PublicKey[]> {
  const late = new AbortController()
  const done = new AbortController()
  clock.delay(DEADLINE_MS, done.signal).then(
    () => late.abort(),
    () => undefined,
  )
  try {
    return parseKeySet(await readBody(url, AbortSignal.any([late.signal, closing])))
  } catch (error) {
    if (late.signal.aborted) throw new KeySetError('TIMEOUT')
    throw error instanceof KeySetError ? error : new KeySetError('UNREACHABLE')
  } finally {
    done.abort()
  }
}

async function readBody(url: URL, signal: AbortSignal): Promise<Buffer> {
  const begun = Promise.withResolvers<IncomingMessage>()
  const begin = url.protocol === 'https:' ? requestHttps : requestHttp
  const request = begin(url, {
    // No connection is kept: it would be used once in ten minutes.
    agent: false,
    signal,
    headers: { accept: 'application/jwk-set+json, application/json', 'accept-encoding': 'identity' },
  })
  request.on('response', begun.resolve)
  request.on('error', begun.reject)
  request.end()
  try {
    const response = await begun.promise
    // Also 3xx: what is elsewhere was not configured.
    if (response.statusCode !== 200) throw new KeySetError('STATUS')
    if ((response.headers['content-encoding'] ?? 'identity') !== 'identity') throw new KeySetError('ENCODED')
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of response) {
      if (!Buffer.isBuffer(chunk)) throw new KeySetError('MALFORMED')
      bytes += chunk.length
      if (bytes > MAX_BYTES) throw new KeySetError('TOO_LARGE')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } finally {
    request.destroy()
  }
}

function parseKeySet(body: Buffer): readonly PublicKey[] {
  try {
    const { keys } = keySet.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)))
    return keys.map((key) => publicKey.safeParse(key).data).filter((key) => key !== undefined)
  } catch {
    throw new KeySetError('MALFORMED')
  }
}

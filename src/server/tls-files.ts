// TLS of the gateway's own: the certificate and its key come from files, and files that are renewed are read again
// while the process runs. What is in them is never repeated in a message.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Clock } from '#model/clock.ts'

/** Where the two files are. */
export interface TlsPaths {
  /** PEM of the certificate and of those it leans on. */
  readonly certificateFile: string
  /** PEM of its private key. */
  readonly keyFile: string
}

/** What a TLS server is made with, and again when the files change. */
export interface TlsContext {
  readonly cert: string
  readonly key: string
  readonly minVersion: 'TLSv1.2'
  readonly honorCipherOrder: true
}

/** The files cannot be used; the message names the setting and the path and says why. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError'
}

/** What takes a new certificate: a server of `node:https`. */
export interface CertificateHolder {
  setSecureContext(context: TlsContext): void
}

/** Where it is said that the files changed. */
export interface TlsLog {
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** How often the files are looked at, in milliseconds: what changes is served within a minute. */
export const TLS_LOOK_MS = 30_000

/** The files of a certificate and its key, as they were when they were last good. */
export class TlsFiles {
  private readonly paths: TlsPaths
  private seen: string
  private last: TlsContext

  /** Reads both. @throws TlsFilesError when one cannot be read, or they do not belong together */
  constructor(paths: TlsPaths) {
    this.paths = paths
    this.seen = this.fingerprint()
    this.last = read(paths)
  }

  /** The newest pair that was good. */
  get context(): TlsContext {
    return this.last
  }

  /**
   * Hands `holder` every new pair until `closed` aborts. A pair that cannot be used is told of once, and the one
   * before goes on being served.
   */
  async renew(holder: CertificateHolder, clock: Pick<Clock, 'delay'>, log: TlsLog, closed: AbortSignal): Promise<void> {
    while (!closed.aborted) {
      await clock.delay(TLS_LOOK_MS, closed).catch(() => undefined)
      if (closed.aborted) return
      const fingerprint = this.fingerprint()
      if (fingerprint === this.seen) continue
      // Taken before the files are read: what is written meanwhile is seen at the next look.
      this.seen = fingerprint
      try {
        const context = read(this.paths)
        holder.setSecureContext(context)
        this.last = context
        log.info({ validTo: new X509Certificate(context.cert).validTo }, 'the TLS certificate was read again')
      } catch (error) {
        log.error({ err: error }, 'the new TLS certificate cannot be used; the old one is served on')
      }
    }
  }

  /** Changes whenever one of the files is written, replaced, taken away, or put out of reach. */
  private fingerprint(): string {
    return [this.paths.certificateFile, this.paths.keyFile].map(toFingerprint).join(' ')
  }
}

function toFingerprint(path: string): string {
  try {
    const { mtimeMs, ino, size } = statSync(path)
    return `${mtimeMs}/${ino}/${size}`
  } catch (error) {
    // What that means is said by who reads the file.
    return toReason(error)
  }
}

function read({ certificateFile, keyFile }: TlsPaths): TlsContext {
  const certificateProblem = (problem: string) =>
    new TlsFilesError(`server.tls.certificateFile: ${certificateFile} ${problem}`)
  const keyProblem = (problem: string) => new TlsFilesError(`server.tls.keyFile: ${keyFile} ${problem}`)
  const cert = tryTo(
    () => readFileSync(certificateFile, 'utf8'),
    (reason) => certificateProblem(`cannot be read (${reason})`),
  )
  const key = tryTo(
    () => readFileSync(keyFile, 'utf8'),
    (reason) => keyProblem(`cannot be read (${reason})`),
  )
  const certificate = tryTo(
    () => new X509Certificate(cert),
    () => certificateProblem('holds no certificate in PEM'),
  )
  const privateKey = tryTo(
    () => createPrivateKey(key),
    () => keyProblem('holds no private key in PEM without a passphrase'),
  )
  if (!certificate.checkPrivateKey(privateKey))
    throw keyProblem(`is not the key of the certificate in ${certificateFile}`)
  const context = { cert, key, minVersion: 'TLSv1.2', honorCipherOrder: true } as const
  // Keys too short and digests too weak are refused here and not at the first client.
  tryTo(
    () => createSecureContext(context),
    (reason) => certificateProblem(`is refused by TLS (${reason})`),
  )
  return context
}

/** @param toProblem gets the error's code alone: messages of the library may quote what they read */
function tryTo<Value>(act: () => Value, toProblem: (reason: string) => TlsFilesError): Value {
  try {
    return act()
  } catch (error) {
    throw toProblem(toReason(error))
  }
}

function toReason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
}

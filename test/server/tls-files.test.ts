import { mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeClock, settle } from '#test/support/fake-clock.ts'
import { createQuietServer } from '#test/support/quiet-server.ts'
import { createSelfSigned } from '#test/support/self-signed.ts'
import { TLS_LOOK_MS, TlsFiles, TlsFilesError } from '../../src/server/tls-files.ts'

const HOUR_MS = 3_600_000

let folder: string
let app: FastifyInstance | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-tls-'))
})
afterEach(async () => {
  await app?.close()
  app = undefined
  rmSync(folder, { recursive: true, force: true })
})

const paths = () => ({ certificateFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') })
const createPair = (host = 'weir.test') => createSelfSigned(host, Date.now() - HOUR_MS, Date.now() + HOUR_MS)

/** Writes the files so that their times differ, however fast the test is. */
let written = 0
function write({ cert, key }: { cert: string; key: string }): void {
  const { certificateFile, keyFile } = paths()
  writeFileSync(certificateFile, cert)
  writeFileSync(keyFile, key)
  written += 1
  for (const path of [certificateFile, keyFile]) utimesSync(path, statSync(path).atime, new Date(1e12 + written * 1000))
}

function refusalOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(TlsFilesError)
    return error instanceof Error ? error.message : ''
  }
  throw new Error('it was taken')
}

async function serve(clock = new FakeClock()) {
  const lines: string[] = []
  const tls = new TlsFiles(paths())
  const server = await createQuietServer({
    log: pino({ level: 'info' }, { write: (line) => void lines.push(line) }),
    tls,
    clock,
  })
  app = server
  server.get('/', async (request) => ({ protocol: request.protocol }))
  const address = await server.listen({ port: 0, host: '127.0.0.1' })
  return { server, clock, lines, address, port: Number(new URL(address).port) }
}

/** The host that the served certificate is for, and what else the handshake and an answer say. */
function ask(port: number, options: { maxVersion?: 'TLSv1.1' | 'TLSv1.2' } = {}) {
  return new Promise<{ host: string; protocol: string | null; answer: string }>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1', ...options })
    socket.on('error', reject)
    socket.on('secureConnect', () => {
      const host = String(socket.getPeerCertificate().subject.CN)
      const protocol = socket.getProtocol()
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk
      })
      socket.on('close', () => resolve({ host, protocol, answer }))
      socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    })
  })
}

describe('the TLS files', () => {
  it('are refused with setting and path when one is missing or cannot be read', () => {
    write(createPair())
    rmSync(paths().keyFile)
    expect(refusalOf(() => new TlsFiles(paths()))).toBe(
      `server.tls.keyFile: ${paths().keyFile} cannot be read (ENOENT)`,
    )
    rmSync(paths().certificateFile)
    expect(refusalOf(() => new TlsFiles(paths()))).toBe(
      `server.tls.certificateFile: ${paths().certificateFile} cannot be read (ENOENT)`,
    )
    expect(refusalOf(() => new TlsFiles({ ...paths(), certificateFile: folder }))).toContain('(EISDIR)')
  })

  it('are refused in the same words when their links lead nowhere', () => {
    write(createPair())
    rmSync(paths().keyFile)
    symlinkSync(paths().keyFile, paths().keyFile)
    expect(refusalOf(() => new TlsFiles(paths()))).toContain('cannot be read (ELOOP)')
  })

  it('are refused when they hold something else, which is not repeated', () => {
    const { cert, key } = createPair()
    write({ cert: 'hunter2', key })
    expect(refusalOf(() => new TlsFiles(paths()))).toMatch(
      /^server\.tls\.certificateFile: .+ holds no certificate in PEM$/,
    )
    write({ cert, key: 'hunter2' })
    expect(refusalOf(() => new TlsFiles(paths()))).toMatch(/^server\.tls\.keyFile: .+ holds no private key/)
    write({ cert: key, key })
    const mistaken = refusalOf(() => new TlsFiles(paths()))
    expect(mistaken).toContain('holds no certificate')
    expect(mistaken).not.toContain(key.split('\n')[1])
  })

  it('are refused when they do not belong together', () => {
    write({ cert: createPair().cert, key: createPair().key })
    expect(refusalOf(() => new TlsFiles(paths()))).toBe(
      `server.tls.keyFile: ${paths().keyFile} is not the key of the certificate in ${paths().certificateFile}`,
    )
  })
})

describe('a server with TLS of its own', () => {
  it('speaks 1.2 and later, and tells browsers to come by nothing else', async () => {
    write(createPair())
    const { port, address } = await serve()
    expect(address).toMatch(/^https:/)
    const newest = await ask(port)
    expect(newest).toMatchObject({ host: 'weir.test', protocol: 'TLSv1.3' })
    expect(newest.answer).toContain('{"protocol":"https"}')
    expect(newest.answer).toMatch(/strict-transport-security: max-age=15768000\r\n/i)
    expect(await ask(port, { maxVersion: 'TLSv1.2' })).toMatchObject({ protocol: 'TLSv1.2' })
    await expect(ask(port, { maxVersion: 'TLSv1.1' })).rejects.toThrow()
  })

  it('serves a new certificate without a restart', async () => {
    write(createPair('old.test'))
    const { port, clock, lines } = await serve()
    expect((await ask(port)).host).toBe('old.test')
    write(createPair('new.test'))
    expect((await ask(port)).host).toBe('old.test')
    await clock.advance(TLS_LOOK_MS)
    expect(await ask(port)).toMatchObject({ host: 'new.test', protocol: 'TLSv1.3' })
    await expect(ask(port, { maxVersion: 'TLSv1.1' })).rejects.toThrow()
    expect(lines.filter((line) => line.includes('was read again'))).toHaveLength(1)
  })

  it('follows links that are turned to other files', async () => {
    write(createPair('old.test'))
    const { certificateFile, keyFile } = paths()
    const next = createPair('new.test')
    const { port, clock } = await serve()
    writeFileSync(join(folder, 'next.crt'), next.cert)
    writeFileSync(join(folder, 'next.key'), next.key)
    rmSync(certificateFile)
    rmSync(keyFile)
    symlinkSync('next.crt', certificateFile)
    symlinkSync('next.key', keyFile)
    await clock.advance(TLS_LOOK_MS)
    expect((await ask(port)).host).toBe('new.test')
  })

  it('keeps the old certificate when the new files are bad, and says so once', async () => {
    write(createPair('old.test'))
    const { port, clock, lines } = await serve()
    write({ cert: createPair('half.test').cert, key: createPair().key })
    await clock.advance(TLS_LOOK_MS * 5)
    expect((await ask(port)).host).toBe('old.test')
    const told = lines.filter((line) => line.includes('cannot be used'))
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('server.tls.keyFile')
    write(createPair('new.test'))
    await clock.advance(TLS_LOOK_MS)
    expect((await ask(port)).host).toBe('new.test')
  })

  it('keeps the old certificate when the new files are out of reach, and says so once', async () => {
    write(createPair('old.test'))
    const { port, clock, lines } = await serve()
    rmSync(paths().keyFile)
    symlinkSync(paths().keyFile, paths().keyFile)
    await clock.advance(TLS_LOOK_MS * 5)
    expect((await ask(port)).host).toBe('old.test')
    const told = lines.filter((line) => line.includes('cannot be used'))
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('ELOOP')
    rmSync(paths().keyFile)
    write(createPair('new.test'))
    await clock.advance(TLS_LOOK_MS)
    expect((await ask(port)).host).toBe('new.test')
  })

  it('looks at nothing any more once it is closed', async () => {
    write(createPair())
    const { server, clock } = await serve()
    expect(clock.waiting).toBe(1)
    await server.close()
    await settle()
    expect(clock.waiting).toBe(0)
  })

  it('closes at once although a client never finished its handshake', async () => {
    write(createPair())
    const { server, clock, port } = await serve()
    const { connect: connectPlain } = await import('node:net')
    const silent = connectPlain(port, '127.0.0.1')
    const ended = new Promise<void>((resolve) => silent.on('error', () => undefined).on('close', () => resolve()))
    await new Promise((resolve) => server.server.once('connection', resolve))
    await clock.advance(2000)
    await server.close()
    await ended
  })
})

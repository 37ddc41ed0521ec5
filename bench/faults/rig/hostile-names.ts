// Lookups that go wrong, inside a replica: the machine's resolver is nobody's to break.
import { spawn, spawnSync } from 'node:child_process'
import dns from 'node:dns'
import { close, mkdtempSync, open } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostileNames } from './inside-protocol.ts'

const systemLookup = dns.lookup

/**
 * Replaces the process's lookup for these names; all others go to the system. A slow one holds one of the few threads
 * that lookups and files share for all of its time, as the system's resolver does.
 */
export function spoilNames(names: HostileNames): void {
  const holdThread = createThreadHolder()
  const lookup = (host: string, options: dns.LookupAllOptions, done: (...words: unknown[]) => void): void => {
    const fate = names[host]
    if (fate === undefined) Reflect.apply(systemLookup, dns, [host, options, done])
    else if (typeof fate === 'string')
      setImmediate(() => done(Object.assign(new Error(`getaddrinfo ${fate}`), { code: fate, syscall: 'getaddrinfo' })))
    else
      holdThread(fate, () => {
        if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
        else done(null, '127.0.0.1', 4)
      })
  }
  Object.assign(dns, { lookup })
  syncBuiltinESMExports()
}

/** Opening a pipe that nobody writes to takes until somebody does; whoever does must not be this process, which may end. */
const OPEN_LATER = 'sleep "$1"; exec 3<> "$2"; sleep 1; rm "$2"; rmdir "$(dirname "$2")"'

/** Holds a thread of the pool. */
function createThreadHolder(): (ms: number, done: () => void) => void {
  const folder = mkdtempSync(join(tmpdir(), 'weir-names-'))
  let last = 0
  return (ms, done) => {
    last += 1
    const path = join(folder, String(last))
    if (spawnSync('mkfifo', [path]).status !== 0) throw new Error('there is no mkfifo to hold a thread with')
    spawn('sh', ['-c', OPEN_LATER, 'sh', String(ms / 1000), path], { detached: true, stdio: 'ignore' }).unref()
    open(path, 'r', (error, file) => {
      if (error === null) close(file)
      done()
    })
  }
}

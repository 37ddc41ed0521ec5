// A Redis server as a process that tests can stop, wake and kill, and that never outlives them.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import type { RedisProgram } from './redis-program.ts'

const run = promisify(execFile)

type Signal = 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'

/** A server that was started. What tests do to it, it is not asked. */
export interface RedisProcess {
  readonly hasEnded: () => boolean
  /** Stops it where it stands. */
  readonly freeze: () => Promise<void>
  /** Lets it go on. */
  readonly resume: () => Promise<void>
  /** Kills it, frozen or not, and waits for its end. */
  readonly kill: () => Promise<void>
}

/** A folder for one server, and one server at a time in it. */
export interface RedisHome {
  /** The whole path. Files of the server go here. */
  readonly folder: string
  /** Starts the server with those words, in that folder. */
  readonly run: (...words: readonly string[]) => Promise<RedisProcess>
  /** The last lines the servers have written, for messages. */
  readonly lastLines: () => Promise<string>
  /** Kills the server that runs and removes the folder. May be called again. @throws Error when it cannot */
  readonly close: () => Promise<void>
}

/**
 * Reads the ids of servers as they start, an empty line when one has ended; kills the last one and removes the folder
 * as soon as nobody writes any more. $1 is the folder, the words after it kill what is named in the last one.
 */
const guardScript = `
PATH=$PATH:/usr/bin:/bin
folder=$1; shift; server=
while read -r line; do server=$line; done
[ -z "$server" ] || "$@" "$server" >/dev/null 2>&1
rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }`

/** Makes the folder, and a guard that cleans up after this process even when it is killed. */
export async function createRedisHome(program: RedisProgram): Promise<RedisHome> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-redis-'))
  const killWords = 'path' in program ? ['kill', '-9'] : [program.engine, 'rm', '--force']
  // In a session of its own, or Ctrl-C would end the guard before there is something to guard against.
  const guard = spawn('/bin/sh', ['-c', guardScript, 'redis-guard', folder, ...killWords], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const guardEnded = once(guard, 'exit')
  guard.unref()
  const output = join(folder, 'output.log')
  return {
    folder,
    run: async (...words) => {
      const file = await open(output, 'a')
      try {
        const stdio: Stdio = ['ignore', file.fd, file.fd]
        const started =
          'path' in program
            ? startProgram(program.path, words, folder, stdio)
            : startContainer(program, words, folder, stdio)
        guard.stdin.write(`${started.id}\n`)
        // Its id may soon be another's.
        started.child.once('exit', () => guard.stdin.writable && guard.stdin.write('\n'))
        return processOf(started)
      } finally {
        await file.close()
      }
    },
    lastLines: async () => (await readFile(output, 'utf8')).trimEnd().split('\n').slice(-5).join('\n'),
    close: async () => {
      guard.ref()
      guard.stdin.end()
      const [code] = await guardEnded
      if (code !== 0) throw new Error(`the files of a Redis could not be removed: ${folder}`)
    },
  }
}

interface Started {
  readonly child: ChildProcess
  /** What the guard's words for killing take. */
  readonly id: string
  readonly signal: (signal: Signal) => Promise<void>
}

function processOf({ child, signal }: Started): RedisProcess {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  // Whoever forgets to close a server can end all the same: the guard sees to the rest.
  child.unref()
  return {
    hasEnded,
    freeze: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    kill: async () => {
      if (hasEnded()) return
      child.ref()
      const ended = once(child, 'exit')
      await signal('SIGKILL')
      await ended
    },
  }
}

type Stdio = ['ignore', number, number]

function startProgram(path: string, words: readonly string[], folder: string, stdio: Stdio): Started {
  const argv0 = basename(path).replace('check-rdb', 'server')
  const child = spawn(path, words, { argv0, cwd: folder, stdio })
  return {
    child,
    id: String(child.pid ?? ''),
    signal: async (signal) => {
      child.kill(signal)
    },
  }
}

/** The container shares network and folder with the machine, so that the server cannot tell the difference. */
function startContainer(
  { engine, image }: { readonly engine: string; readonly image: string },
  words: readonly string[],
  folder: string,
  stdio: Stdio,
): Started {
  const name = `weir-redis-${randomUUID()}`
  // Its files are to be this user's. Whom Podman calls root is the user who started it.
  const user = basename(engine) === 'podman' ? '0:0' : `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
  const place = ['--network', 'host', '--volume', `${folder}:${folder}`, '--workdir', folder, '--user', user]
  const child = spawn(
    engine,
    ['run', '--rm', '--name', name, ...place, '--entrypoint', 'redis-server', image, ...words],
    { stdio },
  )
  return {
    child,
    id: name,
    signal: async (signal) => {
      await run(engine, ['kill', '--signal', signal, name])
    },
  }
}

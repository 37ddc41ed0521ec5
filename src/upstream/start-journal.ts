// Starts of calls on disk, so that a restarted process knows what its predecessor has used up. Written before a call
// leaves, but not synced: it survives the process, not a power cut.
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '#model/clock.ts'
import type { Instant } from '#model/time-range.ts'
import { type QuotaLimits, toSpanMs } from './quota.ts'

/** A start as another process can understand it. */
export interface PastStart {
  /** The provider's name of the call. */
  readonly operation: string
  readonly at: Instant
  /** Name of the start in a log that several processes share. */
  readonly id?: string | undefined
  /** Whether it was granted by that log, and not by this process alone. */
  readonly isShared?: boolean | undefined
}

/** Remembers starts. */
export interface StartJournal {
  /** Starts that may still count, in the order they were recorded. */
  readPast(): readonly PastStart[]
  /** Writes a start down. Never throws: a call is not refused because a disk is full. */
  record(start: PastStart): void
  close(): void
}

/** What a journal is opened with. */
export interface StartJournalOptions {
  /** Its file; made if missing, with its folder. Belongs to one process. */
  readonly path: string
  /** Limits of the quota it serves: a start is of use for the widest of their windows. */
  readonly limits: QuotaLimits
  readonly clock: Clock
  /** Told once when the journal cannot be written any more. */
  readonly onError: (error: unknown) => void
}

/** Records after which the file is written anew without what has become useless. */
const REWRITE_AFTER = 10_000

/** Opens a journal. @throws the file system's error when the file can be neither read nor made */
export function openStartJournal(options: StartJournalOptions): StartJournal {
  const { path, clock, limits } = options
  const windows = [limits, ...Object.values(limits.interfaces)]
  const keepMs = Math.max(...windows.map(({ windowSeconds }) => toSpanMs(limits, windowSeconds)))
  mkdirSync(dirname(path), { recursive: true })
  let file = rewrite()
  let records = 0
  let isBroken = false

  function readPast(): PastStart[] {
    const oldest = clock.now() - keepMs
    return readLines(path)
      .map(fromLine)
      .filter((start) => start !== undefined)
      .filter(({ at }) => at > oldest)
  }

  /** Leaves only what is of use, by way of a second file: at no moment is there none. */
  function rewrite(): number {
    const next = `${path}.next`
    writeFileSync(next, readPast().map(toLine).join(''))
    renameSync(next, path)
    return openSync(path, 'a')
  }

  return {
    readPast,
    record(start) {
      if (isBroken) return
      try {
        writeSync(file, toLine(start))
        records += 1
        if (records < REWRITE_AFTER) return
        records = 0
        closeSync(file)
        file = rewrite()
      } catch (error) {
        isBroken = true
        options.onError(error)
      }
    },
    close() {
      if (isBroken) return
      isBroken = true
      closeSync(file)
    },
  }
}

function toLine({ operation, at, id, isShared }: PastStart): string {
  const shared = id === undefined ? '' : ` ${encodeURIComponent(id)} ${isShared ? 'shared' : 'alone'}`
  return `${at} ${encodeURIComponent(operation)}${shared}\n`
}

/** A line that was cut short before its instant was whole is no start; one cut in the name still is one. */
function fromLine(line: string): PastStart | undefined {
  const [, at, operation, id, kind] = /^(\d+) (\S+)(?: (\S+)(?: (\w+))?)?$/.exec(line) ?? []
  if (at === undefined || operation === undefined) return undefined
  const start = { at: Number(at), operation: decode(operation) }
  // One whose line was cut short is taken for a start of another name: counted twice rather than not at all.
  return id === undefined || kind === undefined ? start : { ...start, id: decode(id), isShared: kind === 'shared' }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

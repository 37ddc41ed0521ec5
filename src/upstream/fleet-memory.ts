// What a process must remember over a restart to be recognised by the others: its name, and whom it last shared the
// log of starts with.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** What is remembered. */
export interface FleetAcquaintance {
  /** Where the log stands that was last shared, in a form that tells no secret; empty before the first. */
  readonly server: string
  /** The log that was last shared; empty before the first. */
  readonly epoch: string
  /** The other members that were alive then. */
  readonly roster: readonly string[]
}

/** Remembers it. */
export interface FleetMemory extends FleetAcquaintance {
  /** Name of this member, unique. */
  readonly member: string
  /** Remembers from now on. Never throws: without it a restart is a stranger's first start, which is safe. */
  remember(acquaintance: FleetAcquaintance): void
}

/** What a memory is opened with. */
export interface FleetMemoryOptions {
  /** Its file; made if missing, with its folder. Belongs to one process. */
  readonly path: string
  /** A new name. */
  readonly createName: () => string
  /** Told when the file cannot be written. */
  readonly onError: (error: unknown) => void
}

/** Opens a memory. What cannot be read is as good as not there. */
export function openFleetMemory(options: FleetMemoryOptions): FleetMemory {
  const { path, createName, onError } = options
  const known = read(path)
  const member = known?.member ?? createName()
  const memory: FleetMemory = {
    member,
    server: known?.server ?? '',
    epoch: known?.epoch ?? '',
    roster: known?.roster ?? [],
    remember({ server, epoch, roster }) {
      try {
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(`${path}.next`, JSON.stringify({ member, server, epoch, roster }))
        renameSync(`${path}.next`, path)
      } catch (error) {
        onError(error)
      }
    },
  }
  if (known === undefined) memory.remember(memory)
  return memory
}

function read(path: string): (FleetAcquaintance & { readonly member: string }) | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value !== 'object' || value === null || !('member' in value) || !('epoch' in value)) return undefined
    const { member, epoch } = value
    const server = 'server' in value ? String(value.server) : ''
    const roster = 'roster' in value && Array.isArray(value.roster) ? value.roster.map(String) : []
    return typeof member === 'string' && member !== '' && typeof epoch === 'string'
      ? { member, server, epoch, roster }
      : undefined
  } catch {
    return undefined
  }
}

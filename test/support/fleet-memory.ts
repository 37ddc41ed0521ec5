// What a replica remembers over a restart, in memory: the test decides whether the next one has it.
import type { FleetAcquaintance, FleetMemory } from '#upstream/fleet-memory.ts'

/** A memory that knows nothing but its own name. */
export function createFleetMemory(member: string): FleetMemory {
  let known: FleetAcquaintance = { server: '', epoch: '', roster: [] }
  return {
    member,
    get server() {
      return known.server
    },
    get epoch() {
      return known.epoch
    },
    get roster() {
      return known.roster
    },
    remember: (acquaintance) => {
      known = acquaintance
    },
  }
}

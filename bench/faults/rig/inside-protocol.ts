// What the rig and the eyes inside a replica say to each other.
import { z } from 'zod'

/** Environment variable: how far a replica's wall clock starts ahead, milliseconds. Without it, it cannot be shifted. */
export const CLOCK_SHIFT_VARIABLE = 'WEIR_FAULTS_CLOCK_SHIFT_MS'

/**
 * Environment variable: names that the system resolver gives no ordinary answer for, as `HostileNames`. Without it,
 * the resolver is left alone.
 */
export const NAMES_VARIABLE = 'WEIR_FAULTS_NAMES'

/** Host names and what becomes of a lookup: it fails in this way, or takes so many milliseconds and finds 127.0.0.1. */
export type HostileNames = z.infer<typeof hostileNamesSchema>
/** Checks what a replica is started with. */
export const hostileNamesSchema = z.record(z.string(), z.union([z.enum(['ENOTFOUND', 'EAI_AGAIN']), z.number().min(0)]))

/** An order to a replica. Every one is answered with a report. */
export type InsideOrder = z.infer<typeof insideOrderSchema>
/** Checks what arrives in a replica. */
export const insideOrderSchema = z.object({
  /** Number of the reply. */
  id: z.int(),
  /** Sets the wall clock this far ahead of the machine's, milliseconds, negative for behind. */
  shiftClockMs: z.number().optional(),
  /** Whether the event loop's delay is measured anew from here. */
  isNewPeriod: z.boolean().optional(),
  /** Whether what is not needed is cleared away before anything is counted. */
  isSwept: z.boolean().optional(),
})

/** How a replica is doing inside. */
export type InsideReport = z.infer<typeof reportSchema>
const reportSchema = z.object({
  rssBytes: z.number(),
  heapBytes: z.number(),
  /** Files, sockets and pipes that it has open; -1 where that cannot be told. */
  openFiles: z.int(),
  /** How late the event loop was, milliseconds, in the period measured. */
  loopDelayP99Ms: z.number(),
  loopDelayMaxMs: z.number(),
  /** What stands in the prototype of objects, arrays or functions and did not when the process began. */
  strangeNames: z.array(z.string()),
  /** Where connections were tried to, as `address:port`, each once, and names that were looked up for one. */
  connectedTo: z.array(z.string()),
})

/** Checks what comes back. */
export const insideReplySchema = z.object({ id: z.int(), report: reportSchema })

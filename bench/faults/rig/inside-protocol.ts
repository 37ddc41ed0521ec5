// What the rig and the eyes inside a replica say to each other.
import { z } from 'zod'

/** Environment variable: how far a replica's wall clock starts ahead, milliseconds. Without it, it cannot be shifted. */
export const CLOCK_SHIFT_VARIABLE = 'WEIR_FAULTS_CLOCK_SHIFT_MS'

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
})

/** How a replica is doing inside. */
export type InsideReport = z.infer<typeof reportSchema>
const reportSchema = z.object({
  rssBytes: z.number(),
  heapBytes: z.number(),
  /** How late the event loop was, milliseconds, in the period measured. */
  loopDelayP99Ms: z.number(),
})

/** Checks what comes back. */
export const insideReplySchema = z.object({ id: z.int(), report: reportSchema })

// What the live bench consists of.

/** Parts of the live bench. */
export const liveParts = ['fan-out', 'latency', 'memory'] as const
/** A part of the live bench. */
export type LivePart = (typeof liveParts)[number]

// What a stream of events carries.
import { errorTable, type GatewayError } from '#model/errors.ts'
import type { SnapshotView } from '#services/services.ts'
import { RETRY_MS, type ServerSentEvent, toEventText } from '../event-stream.ts'
import { exampleSnapshot } from './examples.ts'
import { toProblem } from './problem.ts'
import { toSnapshot } from './snapshot.ts'

/** A screenshot that was collected. */
export function toSnapshotEvent(snapshot: SnapshotView): ServerSentEvent {
  return { id: snapshot.id, event: 'snapshot', data: toSnapshot(snapshot) }
}

/** Why no more events come. It is no place in the list of them. */
export function toProblemEvent(error: GatewayError, requestId: string): ServerSentEvent {
  return { event: 'problem', data: toProblem(error, errorTable[error.code].status, requestId) }
}

/** A stream as it comes, with one event. */
export const exampleEvents = `retry: ${RETRY_MS}\n\n${toEventText({
  id: exampleSnapshot.id,
  event: 'snapshot',
  data: exampleSnapshot,
})}`

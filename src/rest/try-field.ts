// One failed part must not take the others with it.
import type { z } from 'zod'
import { GatewayError } from '#model/errors.ts'
import type { fieldFailureSchema } from './schemas/fields.ts'

/** A part that was had, or why not. */
export interface TriedField<Answer> {
  readonly answer: Answer | null
  readonly failures: z.output<typeof fieldFailureSchema>[]
}

/**
 * Waits for a part. @param fields those that are null when it fails
 * @throws what is no GatewayError: a caller that left, or a fault of ours
 */
export async function tryField<Answer>(fields: readonly string[], part: Promise<Answer>): Promise<TriedField<Answer>> {
  try {
    return { answer: await part, failures: [] }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    const { code, message } = error
    return { answer: null, failures: fields.map((field) => ({ field, code, message })) }
  }
}

// What became of an act that has to be refused.
import { type ErrorCode, GatewayError } from '#model/errors.ts'

/** What was refused. @throws Error when nothing was, and whatever is no error for clients */
export async function refusalOf(act: Promise<unknown>): Promise<GatewayError> {
  try {
    await act
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** The code of what was refused. @throws Error as `refusalOf` does */
export const codeOf = async (act: Promise<unknown>): Promise<ErrorCode> => (await refusalOf(act)).code

// What a kept answer is the answer to, for whoever counts. It stands among the kept headers under names of our own, so
// that it goes where the answer goes, and is never sent.
import type { AnsweredRequest } from '#contract/answered-request.ts'

/** What was asked. */
export type Asked = Pick<AnsweredRequest, 'operation' | 'operationName'>

const OPERATION = 'weir-kept-operation'
const OPERATION_NAME = 'weir-kept-operation-name'
const unknownAsked: Asked = { operation: 'unknown', operationName: null }

/** The headers that say so: name, value, name, value. */
export function toAskedHeaders({ operation, operationName }: Asked): readonly string[] {
  return operationName === null ? [OPERATION, operation] : [OPERATION, operation, OPERATION_NAME, operationName]
}

/** Takes them out again. What comes from elsewhere and is nothing of ours is `unknown`. */
export function splitAsked(headers: readonly string[]): { readonly sent: readonly string[]; readonly asked: Asked } {
  const sent: string[] = []
  let asked = unknownAsked
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    if (name === OPERATION) asked = /^[\w+:]{1,200}$/.test(value) ? { ...asked, operation: value } : asked
    else if (name === OPERATION_NAME) asked = /^\w{1,60}$/.test(value) ? { ...asked, operationName: value } : asked
    else sent.push(name, value)
  }
  return { sent, asked }
}

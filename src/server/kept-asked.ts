// What a kept answer is the answer to, and what it saves, for whoever counts. It stands among the kept headers under names of our own, so
// that it goes where the answer goes, and is never sent.
import type { AnsweredRequest } from '#contract/answered-request.ts'
import type { SavedCalls } from '#contract/ask.ts'

/** What was asked. */
export interface Asked extends Pick<AnsweredRequest, 'operation' | 'operationName'> {
  /** Provider calls that the answer stands in for each time it is sent. */
  readonly saved: readonly SavedCalls[]
}

const OPERATION = 'weir-kept-operation'
const OPERATION_NAME = 'weir-kept-operation-name'
const SAVED = 'weir-kept-saved'
const MOST_SAVED = 20
const unknownAsked: Asked = { operation: 'unknown', operationName: null, saved: [] }

/** The headers that say so: name, value, name, value. */
export function toAskedHeaders({ operation, operationName, saved }: Asked): readonly string[] {
  const savings = saved.map(({ account, operation: of, calls }) => `${account}/${of}/${calls}`).join(' ')
  return [
    ...[OPERATION, operation],
    ...(operationName === null ? [] : [OPERATION_NAME, operationName]),
    ...(savings === '' ? [] : [SAVED, savings]),
  ]
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
    else if (name === SAVED) asked = { ...asked, saved: readSavings(value) }
    else sent.push(name, value)
  }
  return { sent, asked }
}

function readSavings(text: string): readonly SavedCalls[] {
  const savings: SavedCalls[] = []
  for (const word of text.split(' ', MOST_SAVED)) {
    const [, account, operation, calls] = /^([\w.-]{1,100})\/([a-zA-Z]{1,40})\/(\d{1,6})$/.exec(word) ?? []
    if (account !== undefined && operation !== undefined) savings.push({ account, operation, calls: Number(calls) })
  }
  return savings
}

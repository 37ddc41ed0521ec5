import { describe, expect, it } from 'vitest'
import { type AnswerShapeParts, toAnswerShape } from '#src/front-parts.ts'
import { account, loadText } from '#test/support/settings-source.ts'

const settings = `accounts: [ ${account} ]`
const parts: AnswerShapeParts = { schema: 'type Query', registered: { digest: 'one' }, version: '1.0.0' }
const shape = (text = settings, change: Partial<AnswerShapeParts> = {}) =>
  toAnswerShape(loadText(text), { ...parts, ...change })

describe('replicas send each other what they have answered', () => {
  it.each([
    ['its port', `server: { port: 4001 }\n${settings}`],
    ['the limits of its clients', `limits: { requestsPerMinute: 5 }\n${settings}`],
    ['its log', `log: { level: error }\n${settings}`],
  ])('where one of them differs in %s', (_name, text) => {
    expect(shape(text)).toBe(shape())
  })

  it.each([
    ['the program', settings, { version: '1.0.1' }],
    ['the schema', settings, { schema: 'type Query { a: Int }' }],
    ['what registered names stand for', settings, { registered: { digest: 'two' } }],
    ['whether anything is registered', settings, { registered: undefined }],
    ['what one operation may cost', `queries: { maxProviderCalls: 5 }\n${settings}`, {}],
    ['whose pages may call', `server: { cors: { origins: ["https://a.example"] } }\n${settings}`, {}],
    ['its accounts', `accounts: [ ${account.replace('main', 'other')} ]`, {}],
  ])('but not where one of them differs in %s', (_name, text, change) => {
    expect(shape(text, change)).not.toBe(shape())
  })
})

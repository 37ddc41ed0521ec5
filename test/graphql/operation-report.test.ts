import { GraphQLError, GraphQLObjectType, GraphQLSchema, GraphQLString, OperationTypeNode, parse } from 'graphql'
import { expect, test } from 'vitest'
import type { AnsweredRequest, RequestFacts } from '#contract/answered-request.ts'
import { Meter } from '#contract/ask.ts'
import { answerOperation, toAnswerErrors } from '#graphql/operation-answers.ts'
import { listenFor, OperationReport } from '#graphql/operation-report.ts'
import type { ErrorCode } from '#model/errors.ts'
import { createAsk } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { FakeServices } from '#test/support/fake-services.ts'

const { QUERY, SUBSCRIPTION } = OperationTypeNode

function create(type: OperationTypeNode) {
  const told: AnsweredRequest[] = []
  const report = new OperationReport({
    observer: { answered: (request) => void told.push(request) },
    clock: new FakeClock(),
    client: 'web',
    requestId: 'r1-1',
  })
  report.name({ label: 'snapshot', name: undefined, type })
  return { report, told }
}

test.each<[string, OperationTypeNode, ErrorCode | undefined, boolean, AnsweredRequest['code']]>([
  ['a query that was answered', QUERY, undefined, false, 'OK'],
  ['a query that failed', QUERY, 'NOT_FOUND', false, 'NOT_FOUND'],
  ['a query whose client left', QUERY, undefined, true, 'CLIENT_LEFT'],
  ['a subscription whose client has had enough', SUBSCRIPTION, undefined, true, 'OK'],
  ['a subscription that had an error before', SUBSCRIPTION, 'UPSTREAM_TIMEOUT', true, 'UPSTREAM_TIMEOUT'],
  ['a subscription that an error has ended', SUBSCRIPTION, 'RATE_LIMITED', false, 'RATE_LIMITED'],
])('%s', (_what, type, failure, hasLeft, code) => {
  const { report, told } = create(type)
  report.fail(failure)
  report.end(hasLeft)
  expect(told).toMatchObject([{ code }])
})

test('what a subscription fails with because its client ended it is no error', () => {
  const { report, told } = create(SUBSCRIPTION)
  const log = { error: () => undefined }
  toAnswerErrors(new Error('the wait was over'), 'r1-1', log, report, AbortSignal.abort())
  report.end(true)
  expect(told).toMatchObject([{ code: 'OK' }])
})

test('nor is what its last event fails with for that', async () => {
  const { report, told } = create(SUBSCRIPTION)
  const ending = new AbortController()
  const ask = createAsk(new FakeClock(), { signal: ending.signal })
  async function* tick() {
    yield 1
  }
  const fields = { tick: { type: GraphQLString, subscribe: tick } }
  const query = new GraphQLObjectType({ name: 'Query', fields })
  const subscription = new GraphQLObjectType({ name: 'Subscription', fields })
  const operation = {
    ...{ schema: new GraphQLSchema({ query, subscription }), document: parse('subscription { tick }') },
    ...{ type: SUBSCRIPTION, label: 'tick', name: undefined, readsData: true },
  }
  const operations = {
    prepare: () => operation,
    write: () => Buffer.alloc(0),
    execute: async () => {
      ending.abort()
      return { errors: [new GraphQLError('the wait was over')] }
    },
  }
  const log = { error: () => undefined }
  const answers = answerOperation({ operations, services: new FakeServices(), renewAsk: () => ask }, operation, {
    ...{ ask, report, requestId: 'r1-1', log },
    countRequest: async () => undefined,
  })
  for await (const answer of answers) expect(answer).toHaveProperty('errors')
  report.end(true)
  expect(told).toMatchObject([{ code: 'OK' }])
})

test('an operation that came by a request is noted with it: all it costs, and its first error', () => {
  const request = {}
  const facts: RequestFacts = {}
  const listener = listenFor(request, (noted, more) => {
    expect(noted).toBe(request)
    Object.assign(facts, more)
  })
  listener.name({ label: 'subscription:snapshot', name: 'wall wall', type: SUBSCRIPTION })
  expect(facts).toMatchObject({ operation: 'subscription:snapshot', operationName: 'wallwall', isLasting: true })
  for (const calls of [2, 3]) {
    const meter = new Meter()
    listener.count(meter)
    Object.assign(meter, { calls, cached: 1 })
  }
  expect(facts.meter).toMatchObject({ calls: 5, cached: 2, coalesced: 0 })
  listener.fail(undefined)
  expect(facts.code).toBeUndefined()
  listener.fail('NOT_FOUND')
  listener.fail('RATE_LIMITED')
  expect(facts.code).toBe('NOT_FOUND')
})

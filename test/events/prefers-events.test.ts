import { expect, test } from 'vitest'
import { prefersEvents, takesEvents } from '#events/prefers-events.ts'

test.each([
  ['text/event-stream', true],
  ['Text/Event-Stream', true],
  ['text/event-stream, multipart/mixed', true],
  ['text/event-stream;q=0.9, application/json;q=0.5', true],
  ['*/*, text/event-stream', true],
  // What some clients send with each of their queries.
  ['application/graphql-response+json, application/json, text/event-stream, multipart/mixed', false],
  ['application/json, text/event-stream;q=0.5', false],
  ['text/event-stream;q=0', false],
  ['*/*', false],
  ['', false],
])('of "%s" events are what the client likes best: %s', (accept, expected) => {
  expect(prefersEvents({ accept })).toBe(expected)
})

test('who says nothing wants none', () => {
  expect(prefersEvents({})).toBe(false)
  expect(takesEvents({})).toBe(false)
})

test.each([
  ['application/json, text/event-stream', true],
  ['application/json, Text/Event-Stream;q=0.1', true],
  ['application/json, text/event-stream;q=0', false],
  ['*/*, text/event-stream;q=0', false],
  // Who cannot read them would wait for their end.
  ['*/*', false],
])('with "%s" events are among what a client takes: %s', (accept, expected) => {
  expect(takesEvents({ accept })).toBe(expected)
})

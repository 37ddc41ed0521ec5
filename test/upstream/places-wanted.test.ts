import { describe, expect, it } from 'vitest'
import type { Lane } from '#contract/ask.ts'
import type { FleetLimit } from '#upstream/fleet-plans.ts'
import { PlacesWanted } from '#upstream/places-wanted.ts'
import type { TimedWish, WaitingCalls } from '#upstream/start-ledger.ts'
import type { StartsView } from '#upstream/starts-view.ts'

const TAPE = 'Live_Tape_GetFilelist'
const TAPE_CAPACITY = 3

const limit: FleetLimit = { spanMs: 1250, parts: { capacity: TAPE_CAPACITY, reservePart: 0, wholePart: 1 } }

const open = () => new PlacesWanted(new Map([[TAPE, limit]]))

function toCalls(count: number, lastDeadlineAtMs: number, operation = 'a', lane: Lane = 'interactive'): WaitingCalls {
  return { wish: { operation, lane }, count, lastDeadlineAtMs }
}

function toWish(waitsUntilMs: number | undefined, operation = 'a', lane: Lane = 'interactive'): TimedWish {
  return { operation, lane, ...(waitsUntilMs === undefined ? {} : { waitsUntilMs }) }
}

/** A log in which the interface has made so many starts. */
function toView(tapes: number): StartsView {
  const line = { own: [], next: 0 }
  return {
    atMs: 0,
    isOpen: true,
    opensAtMs: 0,
    pausedUntilMs: Number.NEGATIVE_INFINITY,
    changesAtMs: Number.POSITIVE_INFINITY,
    logs: [
      { used: tapes, expiries: [] },
      { used: tapes, expiries: [] },
    ],
    lines: { interactive: line, background: line },
    roster: undefined,
  }
}

const nobody = { count: 0, untilMs: 0 }

describe('the places a process wants', () => {
  it('are as many as calls wait, by lane, for as long as the most patient one does', () => {
    const places = open()
    places.want([toCalls(2, 500), toCalls(3, 900, 'b'), toCalls(4, 700, 'a', 'background')], toView(0))
    expect(places.tell()).toEqual({
      interactive: { count: 5, untilMs: 900 },
      background: { count: 4, untilMs: 700 },
    })
  })

  it('are none when nobody waits', () => {
    const places = open()
    expect(places.isAny()).toBe(false)
    places.want([toCalls(1, 500)], toView(0))
    expect(places.isAny()).toBe(true)
    places.want([], toView(0))
    expect(places.isAny()).toBe(false)
    expect(places.tell()).toEqual({ interactive: nobody, background: nobody })
  })

  it('are no more than an interface with a limit of its own has starts left', () => {
    const places = open()
    places.want([toCalls(5, 500, TAPE), toCalls(1, 400)], toView(1))
    expect(places.tell().interactive).toEqual({ count: TAPE_CAPACITY - 1 + 1, untilMs: 500 })
    places.want([toCalls(5, 500, TAPE)], toView(TAPE_CAPACITY))
    expect(places.tell().interactive).toEqual(nobody)
  })

  it('are as many as the interface allows where nothing is known of the log', () => {
    const places = open()
    places.want([toCalls(5, 500, TAPE)], undefined)
    expect(places.tell().interactive.count).toBe(TAPE_CAPACITY)
  })

  it('have to be told when others are wanted than the log knows of', () => {
    const places = open()
    expect(places.isTold()).toBe(true)
    places.want([toCalls(2, 500)], toView(0))
    expect(places.isTold()).toBe(false)
    places.tell()
    expect(places.isTold()).toBe(true)
    places.want([toCalls(2, 500, 'a', 'background')], toView(0))
    expect(places.isTold()).toBe(false)
  })

  it('last as long as the patience of those that ask for a start at the same time', () => {
    const places = open()
    places.want([toCalls(2, 500)], toView(0))
    expect(places.tell([toWish(800), toWish(undefined, 'a', 'background')])).toEqual({
      interactive: { count: 2, untilMs: 800 },
      background: nobody,
    })
  })

  it('grow by those that have got no start, and need not be told of them', () => {
    const places = open()
    const wishes = [toWish(800), toWish(900), toWish(undefined), toWish(700, TAPE)]
    places.begin(wishes, toView(0))
    places.tell(wishes)
    places.hear(wishes, wishes.slice(1), toView(TAPE_CAPACITY))
    expect(places.isTold()).toBe(true)
    expect(places.tell().interactive).toEqual({ count: 1, untilMs: 900 })
  })

  it('are kept for those whose starts are on their way, whatever is said before them', () => {
    const places = open()
    const wishes = [toWish(800), toWish(900), toWish(undefined)]
    places.want([toCalls(1, 500)], toView(0))
    places.begin(wishes, toView(0))
    expect(places.tell().interactive).toEqual({ count: 3, untilMs: 900 })
    expect(places.tell(wishes).interactive).toEqual({ count: 1, untilMs: 900 })
    places.hear(wishes, [], toView(0))
    expect(places.tell().interactive).toEqual({ count: 1, untilMs: 500 })
  })

  it('are not kept when there was no answer', () => {
    const places = open()
    const wishes = [toWish(800)]
    places.begin(wishes, undefined)
    places.end(wishes)
    expect(places.tell().interactive).toEqual(nobody)
  })
})

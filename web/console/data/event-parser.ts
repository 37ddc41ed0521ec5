// Server-sent events out of text as it comes. See the HTML standard, "Parsing an event stream".

/** One event. */
export interface ParsedEvent {
  /** Its type; `message` where none was named. */
  readonly event: string
  readonly data: string
  /** The place in the stream after it; empty where none was told yet. */
  readonly lastEventId: string
}

/** Puts events together. */
export interface EventParser {
  /** Takes the next piece of text. @returns the events that it completes */
  push(text: string): readonly ParsedEvent[]
  /** How long to wait before coming back, in milliseconds, if the stream has said so. */
  readonly retryMs: number | undefined
}

/** Makes a parser for one connection. @param lastEventId the place from which it goes on */
export function createEventParser(lastEventId = ''): EventParser {
  let rest = ''
  let place = lastEventId
  let event = ''
  let data: string[] = []
  let retryMs: number | undefined

  function take(line: string): ParsedEvent | undefined {
    if (line === '') {
      const parsed = { event: event === '' ? 'message' : event, data: data.join('\n'), lastEventId: place }
      const isEvent = data.length > 0
      event = ''
      data = []
      return isEvent ? parsed : undefined
    }
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'data') data.push(value)
    else if (name === 'event') event = value
    else if (name === 'id' && !value.includes('\0')) place = value
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) retryMs = Number(value)
    // A line that begins with a colon is a comment: it says that somebody is still there.
    return undefined
  }

  return {
    push(text) {
      rest += text
      // A return at the very end may be the first half of a line end.
      const isHalf = rest.endsWith('\r')
      const lines = (isHalf ? rest.slice(0, -1) : rest).split(/\r\n|\n|\r/)
      rest = (lines.pop() ?? '') + (isHalf ? '\r' : '')
      return lines.map(take).filter((parsed) => parsed !== undefined)
    },
    get retryMs() {
      return retryMs
    },
  }
}

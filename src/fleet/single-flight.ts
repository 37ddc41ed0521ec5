// One answer for identical questions in flight.

/** Work that leaves its result where every process can find it. */
export interface SharedWork<Value> {
  /**
   * Does it, unless somebody has left the result since this caller looked for it.
   * @param recalled what `recall` says now that nobody else is at it
   */
  readonly run: (recalled: Promise<Value | undefined>) => Promise<Value>
  /** The result that another process has left; undefined when it is not to be found, or not good enough. */
  readonly recall: () => Promise<Value | undefined>
  /**
   * Resolves, once `run` has, when its result is where `recall` finds it in every process: nobody who has the result
   * waits for that, and everybody else does. Never rejects. Left out: it is there as soon as `run` resolves.
   */
  readonly left?: () => Promise<unknown>
}

/** Shares one piece of work between all who ask for it while it runs. */
export interface SingleFlight {
  /**
   * Joins the work running under `key`, or starts it. The work goes on when a caller leaves; only that
   * caller's wait ends, with its signal's reason. When the work fails, all who share it get the same error.
   * @returns the result, and whether somebody else's work gave it
   */
  run<Value>(
    flight: FlightName,
    work: SharedWork<Value>,
    signal: AbortSignal,
  ): Promise<{ readonly value: Value; readonly shared: boolean }>
}

/** What a piece of work is known by. */
export interface FlightName {
  /** What it is done on: an account. */
  readonly scope: string
  /** Tells it from all other work, of other scopes too. */
  readonly key: string
}

/** Shares work between the callers of this process. Nothing is kept once the work has settled. */
export function createProcessSingleFlight(): SingleFlight {
  const flights = new Map<string, Promise<unknown>>()

  function start<Value>(key: string, work: SharedWork<Value>): Promise<Value> {
    const flight = new Promise<Value>((resolve) => resolve(work.run(work.recall())))
    flights.set(key, flight)
    // Also keeps a failure nobody waits for any more from being reported as unhandled.
    const forget = () => flights.delete(key)
    flight.then(forget, forget)
    return flight
  }

  return {
    async run<Value>({ key }: FlightName, work: SharedWork<Value>, signal: AbortSignal) {
      signal.throwIfAborted()
      // A key stands for one kind of value; who shares a key shares its type.
      const running = flights.get(key) as Promise<Value> | undefined
      const value = await waitFor(running ?? start(key, work), signal)
      return { value, shared: running !== undefined }
    },
  }
}

/** Waits for the work until the signal aborts, and leaves no listener behind. */
function waitFor<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const done = () => signal.removeEventListener('abort', onAbort)
    work.then(
      (value) => {
        done()
        resolve(value)
      },
      (error) => {
        done()
        reject(error)
      },
    )
  })
}

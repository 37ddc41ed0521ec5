// What a process does that is asked for more than it can do: it works on as much of it as it can, and refuses the rest
// at once.
//
// Everything that comes in one turn of the event loop is worked on in that turn, unless somebody keeps it apart; and
// Node accepts one new connection a turn, however many wait. So a few hundred busy clients make turns so long that
// nobody else gets in, not even who watches over the process. Therefore requests stand in line here beyond a few
// milliseconds of work a turn. How long the line takes is known from how long the last ones took; who would stand in it
// too long is refused. So the share that is refused is just what does not fit, without a rate to guess.

/** Where the loop stands. */
export interface EventLoop {
  /** Milliseconds on a clock that never steps. */
  now(): number
  /** Calls back once, when everything of the current turn has been done. */
  onTurnEnd(callback: () => void): void
}

/** The loop of this process. */
export const eventLoop: EventLoop = {
  now: () => performance.now(),
  onTurnEnd: (callback) => void setImmediate(callback),
}

/**
 * How long the line may be, in milliseconds of work, when it has not been empty for `PATIENCE_MS`. Who stands in it is
 * answered late, but well before his deadline; who is refused knows it at once either way.
 */
const LONGEST_MS = 1000
/** The same before: a burst that is worked off is no overload. */
const LONGEST_BURST_MS = 3000
const PATIENCE_MS = 1000
/** How long a turn works on those in line: at least, and at most. */
const LEAST_WORK_MS = 4
const MOST_WORK_MS = 30
/** In between, so many times as long as the rest of a turn that refuses: refusals must not become the work. */
const WORK_PER_REFUSAL = 4
/** How much the last one counts in what is taken to be usual. */
const LAST_TURN_WEIGHT = 0.2
/** The same of one longer than usual, in what a burst is judged by: a few dozen turns have to agree to refuse one. */
const LONGER_TURN_WEIGHT = 0.02
/** What a request is taken to cost before any was seen, in milliseconds. */
const FIRST_REQUEST_MS = 0.5
/**
 * A turn counts as so many times as long as usual at most, and a request as that many milliseconds: the machine may
 * have stopped the process, or its code may not have been compiled. That requests take long only several turns tell.
 */
const MOST_TIMES_USUAL = 4
const MOST_REQUEST_MS = 20
const LEAST_USUAL_MS = 0.05
/** Least time between two lines in the log. */
const SILENCE_MS = 10_000

/** Told when requests were refused. */
export interface OverloadLog {
  warn(fields: object, message: string): void
}

/** The requests that a process works on, one after the other. */
export class RequestLine {
  private readonly loop: EventLoop
  private readonly log: OverloadLog
  private readonly onWorkDue = () => this.workOnSome()
  private readonly onEndDue = () => this.endTurn()
  /** Those that wait, the first at `next`. */
  private waiting: (() => void)[] = []
  private next = 0
  private isTurnSeen = false
  /** Whether the end of the turn comes apart from the work on those in line: there is somebody in it. */
  private isEndDue = false
  private turnSince = 0
  /** When the turn began to work on those in line. */
  private workSince = 0
  private passedInTurn = 0
  private calledInTurn = 0
  private refusedInTurn = 0
  /** How long one request takes, as long as it waits for nothing. */
  private requestMs = FIRST_REQUEST_MS
  /** From one to the next, with everything between them. */
  private stepMs = FIRST_REQUEST_MS
  /** The same, as far as it is beyond doubt. */
  private provenStepMs = FIRST_REQUEST_MS
  private workMs = LEAST_WORK_MS
  private emptyAt: number
  private refused = 0
  private refusedSoFar = 0
  private toldAt: number | undefined

  constructor(loop: EventLoop, log: OverloadLog) {
    this.loop = loop
    this.log = log
    this.emptyAt = loop.now()
  }

  /** Calls one of the two: `work` now or when it is its turn, or `refuse` now. */
  offer(work: () => void, refuse: () => void): void {
    const now = this.loop.now()
    if (!this.isTurnSeen) this.beginTurn(now)
    if (this.length === 0 && now - this.turnSince < this.workMs) {
      this.emptyAt = now
      this.passedInTurn += 1
      work()
    } else if (this.isFull()) {
      this.countRefusal()
      refuse()
    } else {
      this.waiting.push(work)
      this.expectEnd()
    }
  }

  /** Whether somebody may come who will not stand in line: a WebSocket. Who may not counts as refused. */
  admits(): boolean {
    if (!this.isFull()) return true
    this.countRefusal()
    return false
  }

  /** Whether a request that comes now would be refused. */
  private isFull(): boolean {
    const isStanding = this.loop.now() - this.emptyAt >= PATIENCE_MS
    return isStanding ? this.length * this.stepMs > LONGEST_MS : this.length * this.provenStepMs > LONGEST_BURST_MS
  }

  /** How many requests were refused so far. */
  countRefused(): number {
    return this.refusedSoFar
  }

  private countRefusal(): void {
    this.refusedInTurn += 1
    this.refusedSoFar += 1
  }

  private get length(): number {
    return this.waiting.length - this.next
  }

  private beginTurn(now: number): void {
    this.isTurnSeen = true
    this.turnSince = now
    this.loop.onTurnEnd(this.onWorkDue)
    if (this.length > 0) this.expectEnd()
  }

  /** What those in line have begun goes on after their calls: how long all of it took is seen by who comes next. */
  private expectEnd(): void {
    if (this.isEndDue) return
    this.isEndDue = true
    this.loop.onTurnEnd(this.onEndDue)
  }

  private workOnSome(): void {
    if (!this.isEndDue) {
      this.endTurn()
      return
    }
    this.workSince = this.loop.now()
    const count = Math.min(this.length, Math.max(1, Math.floor(this.workMs / Math.max(this.requestMs, 0.01))))
    const some = this.waiting.slice(this.next, this.next + count)
    this.next += count
    this.calledInTurn = count
    for (const work of some) work()
  }

  /** Learns from the turn, and goes on with another while somebody waits. */
  private endTurn(): void {
    const now = this.loop.now()
    this.learn(now)
    this.tell(now)
    this.passedInTurn = 0
    this.calledInTurn = 0
    this.refusedInTurn = 0
    this.isTurnSeen = false
    this.isEndDue = false
    if (this.length === 0) {
      if (this.next > 0) this.emptyAt = now
      this.waiting = []
      this.next = 0
      return
    }
    if (this.next > 1000) {
      this.waiting = this.waiting.slice(this.next)
      this.next = 0
    }
    this.beginTurn(now)
  }

  private learn(now: number): void {
    const called = this.calledInTurn
    const passed = this.passedInTurn
    if (called > 0) this.requestMs = learnCost(this.requestMs, (now - this.workSince) / called)
    else if (passed > 0) this.requestMs = learnCost(this.requestMs, (now - this.turnSince) / passed)
    if (called + passed > 0) {
      const stepMs = (now - this.turnSince) / (called + passed)
      this.stepMs = learnCost(this.stepMs, stepMs)
      const weight = stepMs > this.provenStepMs ? LONGER_TURN_WEIGHT : LAST_TURN_WEIGHT
      this.provenStepMs = learnCost(this.provenStepMs, stepMs, weight)
    }
    const payingMs = this.refusedInTurn > 0 ? (this.workSince - this.turnSince) * WORK_PER_REFUSAL : 0
    this.workMs = mix(this.workMs, Math.min(MOST_WORK_MS, Math.max(LEAST_WORK_MS, payingMs)))
  }

  private tell(now: number): void {
    this.refused += this.refusedInTurn
    const isDue = this.toldAt === undefined || now - this.toldAt >= SILENCE_MS
    if (this.refused === 0 || !isDue) return
    this.toldAt = now
    this.log.warn({ refused: this.refused }, 'there is more to do than can be done: requests are refused')
    this.refused = 0
  }
}

/** What a request is taken to cost after another turn. A cost near nothing must not take long to grow from. */
function learnCost(usual: number, last: number, weight = LAST_TURN_WEIGHT): number {
  return mix(usual, Math.min(last, MOST_TIMES_USUAL * Math.max(usual, LEAST_USUAL_MS), MOST_REQUEST_MS), weight)
}

/** What is taken to be usual after another one. */
function mix(usual: number, last: number, weight = LAST_TURN_WEIGHT): number {
  return usual + weight * (last - usual)
}

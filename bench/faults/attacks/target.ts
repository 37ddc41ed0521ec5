// What is attacked, as the cases see it: a process behind an address. The same cases run against the gateway and against
// a stock server, so nothing here says what either is made of.
import type { Judgement } from '../judgement.ts'
import type { InsideReport } from '../rig/inside-protocol.ts'

/** A process under attack. */
export interface Target {
  /** Where it listens, without a trailing slash. */
  readonly url: string
  readonly port: number
  /** Whether its refusals have a code and a status of their own; else any answer without data is one. */
  readonly hasCodes: boolean
  /** What an ordinary caller, who may see everything and is no operator, sends along. */
  readonly caller: Readonly<Record<string, string>>
  /** Looks inside. @param isNewPeriod whether to measure the event loop's delay anew from here */
  inspect(isNewPeriod?: boolean): Promise<InsideReport>
  /** The same after everything that nobody needs was cleared away. */
  inspectSwept(): Promise<InsideReport>
  /** Every line that it wrote so far. */
  readonly lines: readonly string[]
  /** How it ended; undefined while it runs. */
  end(): string | undefined
  /** Tells it to stop. */
  stop(): void
  /** Provider calls that it made so far. */
  countCalls(): Promise<number>
}

/** What an attack works with. */
export interface Attack<Attacked extends Target = Target> {
  readonly target: Attacked
  readonly judgement: Judgement
  /** Whether a shorter form will do. */
  readonly isQuick: boolean
  /** Has something closed when the case is over, whatever became of it; the last first. */
  onEnd(close: () => Promise<void>): void
}

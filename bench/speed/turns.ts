// Everybody under every load, in rounds: what each turn gave, and what is made of it.
import { type Spread, toRatios, toSpread } from '../comparison.ts'
import type { ContenderName } from './contenders.ts'
import type { LoadName } from './questions.ts'

/** One who is measured, under one load. */
export interface Cell {
  readonly contender: ContenderName
  readonly load: LoadName
}

/** What one turn gave. */
export interface Turn {
  readonly requestsPerSecond: number
  /** Processor time of the server per answer, microseconds. */
  readonly cpuMicros: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** A figure of a turn. */
export type TurnFigure = keyof Turn

/** Turns of all cells, round by round. */
export class Turns {
  private readonly turns = new Map<string, Turn[]>()
  private readonly reasons = new Map<string, string>()

  /** Notes a turn. */
  add(cell: Cell, turn: Turn): void {
    const name = toName(cell)
    this.turns.set(name, [...(this.turns.get(name) ?? []), turn])
  }

  /** Notes why a cell has no figures; those it has are forgotten, as half of them would be compared with all of another's. */
  fail(cell: Cell, reason: string): void {
    this.reasons.set(toName(cell), reason)
    this.turns.delete(toName(cell))
  }

  /** Why a cell has no figures; undefined when it has. */
  reasonOf(cell: Cell): string | undefined {
    return this.reasons.get(toName(cell)) ?? (this.turns.has(toName(cell)) ? undefined : 'it was not run')
  }

  /** Middle and ends of a figure. @throws RangeError when the cell has none */
  spread(cell: Cell, figure: TurnFigure): Spread {
    return toSpread(this.list(cell, figure))
  }

  /** One cell to another, round by round. @throws RangeError when one of them has no figures */
  ratio(one: Cell, other: Cell, figure: TurnFigure): Spread {
    return toSpread(toRatios(this.list(one, figure), this.list(other, figure)))
  }

  private list(cell: Cell, figure: TurnFigure): readonly number[] {
    return (this.turns.get(toName(cell)) ?? []).map((turn) => turn[figure])
  }
}

/** What a cell is called. */
export const toName = ({ contender, load }: Cell) => `${contender} ${load}`

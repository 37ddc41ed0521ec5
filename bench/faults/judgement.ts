// What a case measured, and what it was held to.
import { rounded } from './figures/percentiles.ts'

/** A measured thing. */
export type Figure = number | string | boolean

/** Collects the figures of one case. A figure that is no number fails whatever limit it has. */
export class Judgement {
  private readonly isTimed: boolean

  /**
   * @param isTimed whether times are judged: beside other work they say more of the machine than of the gateway, and
   * are only noted
   */
  constructor(isTimed = true) {
    this.isTimed = isTimed
  }

  readonly figures: Record<string, Figure> = {}
  /** What a figure of the same name was held to, in words. */
  readonly limits: Record<string, string> = {}
  /** Names of the figures that are beyond their limit. */
  readonly missed: string[] = []

  /** A figure that is worth knowing and held to nothing. */
  note(name: string, value: Figure): void {
    this.figures[name] = typeof value === 'number' ? rounded(value, 3) : value
  }

  /** A figure that must not be above its limit. */
  atMost(name: string, value: number, limit: number): void {
    this.hold(name, value, `<= ${rounded(limit, 3)}`, value <= limit)
  }

  /** A figure that must not be below its limit. */
  atLeast(name: string, value: number, limit: number): void {
    this.hold(name, value, `>= ${rounded(limit, 3)}`, value >= limit)
  }

  /** A time, in milliseconds, that must not be above its limit. */
  takesAtMost(name: string, valueMs: number, limitMs: number): void {
    if (this.isTimed) this.atMost(name, valueMs, limitMs)
    else this.note(name, valueMs)
  }

  /** A number of things that come of taking too long and of nothing else; must not be above its limit. */
  lateAtMost(name: string, value: number, limit: number): void {
    this.takesAtMost(name, value, limit)
  }

  /** A part of what was possible in some time that must not be below its limit. */
  reaches(name: string, value: number, limit: number): void {
    if (this.isTimed) this.atLeast(name, value, limit)
    else this.note(name, value)
  }

  /** A figure that must be exactly this. */
  equals(name: string, value: Figure, limit: Figure): void {
    this.hold(name, value, `= ${limit}`, value === limit)
  }

  private hold(name: string, value: Figure, limit: string, isGood: boolean): void {
    this.note(name, value)
    this.limits[name] = limit
    if (!isGood) this.missed.push(name)
  }
}

// The cases of the screenshot queue, in the order of docs/reliability.md.
import type { FaultCase } from '../fault-case.ts'
import { collectorKilled } from './collector-killed.ts'
import { collectorLease } from './collector-lease.ts'
import { hostileAnswers } from './hostile-answers.ts'

/** All of them. */
export const snapshotCases: readonly FaultCase[] = [collectorKilled, hostileAnswers, collectorLease]

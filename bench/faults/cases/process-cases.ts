// The cases of a process's own life: its start, its end, too much to do. In the order of docs/reliability.md.
import type { FaultCase } from '../fault-case.ts'
import { badStart } from './bad-start.ts'
import { balancedRestart } from './balanced-restart.ts'
import { overload } from './overload.ts'
import { rollingRestart } from './rolling-restart.ts'
import { soak } from './soak.ts'

/** All of them. */
export const processCases: readonly FaultCase[] = [rollingRestart, balancedRestart, overload, badStart, soak]

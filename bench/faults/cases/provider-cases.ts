// The cases of providers that fail or lie to those who ask, in the order of docs/reliability.md.
import type { FaultCase } from '../fault-case.ts'
import { brokenWays } from './broken-ways.ts'
import { hangingUpstream } from './hanging-upstream.ts'
import { spoiltAnswers } from './spoilt-answers.ts'

/** All of them. */
export const providerCases: readonly FaultCase[] = [hangingUpstream, brokenWays, spoiltAnswers]

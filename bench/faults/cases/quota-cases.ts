// The cases of the shared quota and the shared cache, in the order of docs/reliability.md.
import type { FaultCase } from '../fault-case.ts'
import { anyWindow } from './any-window.ts'
import { failingUpstream } from './failing-upstream.ts'
import { fairShare } from './fair-share.ts'
import { oneQuestion } from './one-question.ts'
import { partition } from './partition.ts'
import { redisFailover } from './redis-failover.ts'
import { redisFrozen } from './redis-frozen.ts'
import { redisKilled } from './redis-killed.ts'
import { redisSlow } from './redis-slow.ts'
import { skewedClock } from './skewed-clock.ts'
import { throttledUpstream } from './throttled-upstream.ts'

/** All of them. */
export const quotaCases: readonly FaultCase[] = [
  anyWindow,
  fairShare,
  redisFrozen,
  redisKilled,
  redisFailover,
  redisSlow,
  failingUpstream,
  throttledUpstream,
  oneQuestion,
  skewedClock,
  partition,
]

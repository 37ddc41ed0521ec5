// What R16 asks of a replica, of a single server: told to stop, it ends soon, and nobody who had asked goes without.
import { setTimeout as delay } from 'node:timers/promises'
import { steadyNow } from '../rig/steady-clock.ts'
import { sendGoodTraffic } from './good-traffic.ts'
import { introduceSocket } from './operation-socket.ts'
import type { Attack } from './target.ts'

const SOCKETS = 50
const END_LIMIT_MS = 25_000
const GOOD_CODES = [1001, 1012]

/** R16, as far as one server alone can be put to it. */
export async function attackStop({ target, judgement, onEnd }: Attack): Promise<void> {
  const good = sendGoodTraffic(target, '/v1/accounts', 5)
  onEnd(good.stop)
  await delay(1500)
  const codes: number[] = []
  for (let index = 0; index < SOCKETS; index += 1) {
    const socket = await introduceSocket(target)
    socket.once('close', (code) => codes.push(code))
  }
  const fromMs = steadyNow()
  target.stop()
  while (target.end() === undefined && steadyNow() - fromMs < END_LIMIT_MS) await delay(20)
  judgement.takesAtMost('endedAfterMs', steadyNow() - fromMs, END_LIMIT_MS)
  judgement.equals('end', target.end() ?? 'none', 'ended with 0')
  // Whoever asks after the last listener is gone is another replica's.
  const refused = good.replies(fromMs - 50, fromMs).filter(({ status }) => status !== 200).length
  judgement.equals('requestsFailed', refused, 0)
  judgement.equals(
    'socketsClosedOtherwise',
    codes.filter((code) => !GOOD_CODES.includes(code)).length + SOCKETS - codes.length,
    0,
  )
}

// S12, the last way in: hashes of Redis that hold names of the language, put there by somebody who shares the server.
import { startRedis, type TestRedis } from '../../../test/support/redis-server.ts'
import { startGateway } from './gateway.ts'
import type { Attack } from './target.ts'
import { openWays } from './ways.ts'

const MARK = 'polluted'
const ODD_NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '']
const ODD_VALUES = [`{"${MARK}":1}`, `{"__proto__":{"${MARK}":1}}`, '1e400', '\ud800', '']

/** Spoils every hash that a gateway keeps, and asks it everything again. */
export async function attackStore({ judgement, onEnd }: Pick<Attack, 'judgement' | 'onEnd'>): Promise<void> {
  const redis = await startRedis()
  onEnd(redis.close)
  const gateway = await startGateway({ settings: { redis: { url: redis.url } } })
  onEnd(gateway.close)
  const ways = openWays(gateway, { isPatient: true })
  const ask = () =>
    Promise.all(
      [
        '{accounts{name quota{used remaining} health{state}}}',
        '{liveStreams(first:3){nodes{key state} failures{code}}}',
        '{account(name:"left"){snapshots(first:3){nodes{id}} liveTotals{streamCount}}}',
        '{stream(account:"left",key:"8888_room1"){state live{onlineViewers} recordings(first:3){nodes{id}}}}',
      ].map((query) => ways.post({ query })),
    )
  gateway.sandbox.snapshots.fill(20)
  await ask()
  const spoilt = await spoilHashes(redis)
  const answers = [...(await ask()), ...(await ask())]
  await ways.close()
  const bad = answers.filter(
    ({ status, codes, text }) => status !== 200 || codes.includes('INTERNAL') || text.includes(MARK),
  )
  judgement.note('hashesSpoilt', spoilt)
  judgement.equals('badAnswersOverStore', bad[0]?.text.slice(0, 200) ?? 'none', 'none')
  const { strangeNames } = await gateway.inspect()
  judgement.equals('touchedPrototypesOverStore', strangeNames.join() || 'none', 'none')
}

/** Puts odd names into every hash. @returns how many there are */
async function spoilHashes(redis: TestRedis): Promise<number> {
  const keys = await redis.command('KEYS', '*')
  let spoilt = 0
  for (const key of Array.isArray(keys) ? keys.map(String) : []) {
    if ((await redis.command('TYPE', key)) !== 'hash') continue
    spoilt += 1
    for (const [index, name] of ODD_NAMES.entries())
      await redis.command('HSET', key, name, ODD_VALUES[index % ODD_VALUES.length] ?? '')
  }
  return spoilt
}

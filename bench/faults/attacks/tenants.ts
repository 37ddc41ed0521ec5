// S16: two clients, each with accounts of its own at providers that answer by account and key, so that an answer tells
// whose it is. Nobody may ever read what is the other's, however alike the names are.
import { createHash } from 'node:crypto'
import { type Behaviour, toAnswer } from '../../../test/support/hostile-upstream.ts'
import { createRandom } from '../rig/seeded-random.ts'
import { judgeAbsence } from './absence.ts'
import { leftTenant, operator, rightTenant, toDigest, toKey } from './clients.ts'
import { type Gateway, type GatewaySetup, UNCOUNTED } from './gateway.ts'
import type { Attack } from './target.ts'
import { openWays } from './ways.ts'

const SEED = 16
/** Fields of one operation. */
const AT_A_TIME = 25
const SIDE_BY_SIDE = 8

/** Names that differ in a separator, in case, or in where the account ends and the key begins. */
const leftAccounts = ['a', 'a.b', 'a-b', 'Tenant', 'x1']
const rightAccounts = ['A', 'a.b.c', 'a_b', 'tenant', 'x']
const pieces = [
  ':',
  '::',
  '/',
  '.',
  '-',
  '_',
  '|',
  ' ',
  '%2F',
  '%3A',
  '%',
  '\\',
  '{a}',
  'a',
  'A',
  'b',
  'c',
  '1',
  'é',
  'e\u0301',
  'K',
  '\u212a',
  'ſ',
  's',
  'İ',
  'i\u0307',
  'ß',
  'ss',
  'ﬁ',
  'fi',
  '\u200b',
  '\ufeff',
  '0',
  '00',
  'true',
  'null',
  '__proto__',
]

/** A gateway of two clients over a provider that each case makes up. */
export function toTenantsSetup(): GatewaySetup {
  const toKeySetting = (client: typeof leftTenant, accounts: readonly string[] | undefined, role: string) => ({
    name: client.name,
    sha256: toDigest(toKey(client)),
    role,
    ...(accounts && { accounts }),
  })
  return {
    settings: {
      access: {
        mode: 'keys',
        keys: [
          toKeySetting(leftTenant, leftAccounts, 'reader'),
          toKeySetting(rightTenant, rightAccounts, 'reader'),
          toKeySetting(operator, undefined, 'ops'),
        ],
      },
      limits: { requestsPerMinute: null },
    },
    accounts: (_sandbox, hostile) =>
      [...leftAccounts, ...rightAccounts].map((name) => ({
        name,
        provider: 'tencent',
        quota: UNCOUNTED,
        credentials: { appId: 1, apiKey: 'k'.repeat(32) },
        endpoints: { statistics: `${hostile.url}/of/${name}`, control: `${hostile.url}/of/${name}` },
      })),
    caller: operator.headers,
  }
}

/** S16. */
export async function attackTenants({ target, judgement, isQuick }: Attack<Gateway>): Promise<void> {
  target.hostile.behave(answerByAccount)
  const pairs = listPairs(isQuick ? 300 : 10_000)
  const tenants = { left: leftTenant.headers, right: rightTenant.headers }
  const wrong: string[] = []
  let answered = 0
  // Twice: what is kept must be as much one's own as what is asked for.
  for (let round = 0; round < 2; round += 1)
    for (const [tenant, caller] of Object.entries(tenants)) {
      const ways = openWays({ url: target.url, caller }, { isPatient: true })
      const batches = Array.from({ length: Math.ceil(pairs.length / AT_A_TIME) }, (_, index) =>
        pairs.slice(index * AT_A_TIME, (index + 1) * AT_A_TIME),
      )
      for (let from = 0; from < batches.length; from += SIDE_BY_SIDE)
        await Promise.all(
          batches.slice(from, from + SIDE_BY_SIDE).map(async (batch) => {
            const { text } = await ways.post(toQuestion(batch))
            const { data }: { data?: Record<string, { recordings: { nodes: { id: string }[] } | null } | null> } =
              JSON.parse(text)
            for (const [index, { account, key }] of batch.entries()) {
              const isOwn = (tenant === 'left' ? leftAccounts : rightAccounts).includes(account)
              const ids = data?.[`f${index}`]?.recordings?.nodes.map(({ id }) => id)
              if (isOwn && ids?.join() === toAnswerId(account, key)) answered += 1
              else if (isOwn || (data?.[`f${index}`] ?? null) !== null)
                wrong.push(`${tenant} asked ${account} for ${JSON.stringify(key)}: ${text.slice(0, 100)}`)
            }
          }),
        )
      await ways.close()
    }
  judgement.note('pairs', pairs.length)
  judgement.note('ownAnswers', answered)
  judgement.equals('ownAnswersMissing', pairs.length * 2 - answered, 0)
  judgement.note('examples', wrong.slice(0, 3).join(' | ') || 'none')
  judgement.equals('crossReadsAndCollisions', wrong.length, 0)
  await judgeAbsence({ target, judgement }, rightAccounts)
}

interface Pair {
  readonly account: string
  readonly key: string
}

/** By chance: for each key as many accounts as may take it for their own. */
function listPairs(count: number): readonly Pair[] {
  const random = createRandom(SEED)
  const accounts = [...leftAccounts, ...rightAccounts]
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]
  const pairs = new Map<string, Pair>()
  while (pairs.size < count) {
    const key = Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(pieces) ?? '').join('')
    if (key === '.' || key === '..') continue
    for (let index = 0; index < 4 && pairs.size < count; index += 1) {
      const account = pick(accounts) ?? 'a'
      pairs.set(JSON.stringify([account, key]), { account, key })
    }
  }
  return [...pairs.values()]
}

function toQuestion(batch: readonly Pair[]) {
  const fields = batch.map(
    (_, index) => `f${index}:stream(account:$a${index},key:$k${index}){recordings(first:1){nodes{id}}}`,
  )
  const parameters = batch.map((_, index) => `$a${index}:String!,$k${index}:String!`)
  const variables = Object.fromEntries(
    batch.flatMap(({ account, key }, index) => [
      [`a${index}`, account],
      [`k${index}`, key],
    ]),
  )
  return { query: `query(${parameters.join()}){${fields.join(' ')}}`, variables }
}

/** A file whose id tells whom it was given to. */
const answerByAccount: Behaviour = (socket, { target }) => {
  const url = new URL(target, 'http://provider.example')
  const account = url.pathname.slice('/of/'.length)
  const key = url.searchParams.get('Param.s.channel_id') ?? ''
  const output = [
    {
      all_count: 1,
      file_list: [
        { file_id: toAnswerId(account, key), start_time: '2026-01-01 00:00:00', end_time: '2026-01-01 00:01:00' },
      ],
    },
  ]
  socket.write(toAnswer(JSON.stringify({ ret: 0, message: '', output })))
}

function toAnswerId(account: string, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([account, key]))
    .digest('hex')
    .slice(0, 20)
}

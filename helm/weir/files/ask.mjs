// What `helm test` runs: whether the gateway behind the Service is ready, and whether it answers a GraphQL question.
// WEIR_URL is where it is. WEIR_KEY is a key of a client; without one, being told that a key is needed is the answer.
const address = process.env.WEIR_URL
const key = process.env.WEIR_KEY

const say = (text) => process.stdout.write(`${text}\n`)

async function ask(path, options) {
  const answer = await fetch(new URL(path, address), { ...options, signal: AbortSignal.timeout(10_000) })
  return { status: answer.status, body: await answer.json() }
}

const ready = await ask('/readyz')
if (ready.status !== 200) throw new Error(`/readyz answered ${ready.status}`)
say('/readyz: 200')

const { status, body } = await ask('/graphql', {
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
  body: JSON.stringify({ query: '{ accounts { name provider health { state } } }' }),
})
const code = body.errors?.[0]?.extensions?.code
if (!key && status === 401 && code === 'UNAUTHENTICATED') say('/graphql: wants a key, as it should')
else if (body.data?.accounts) say(`/graphql: ${body.data.accounts.length} accounts`)
else throw new Error(`/graphql answered ${status}${code ? ` (${code})` : ''}`)

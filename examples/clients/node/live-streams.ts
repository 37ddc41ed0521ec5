// Prints all live streams, page by page. Arguments: names of accounts; all that can list when left out.
import { type LiveStreamsData, liveStreamsDocument } from './documents.ts'
import { ask, readOptions } from './weir.ts'

const PAGE = 100
const accounts = process.argv.slice(2)
const options = readOptions()

type Stream = LiveStreamsData['liveStreams'] extends infer List ? NonNullable<List> : never

let after: string | null = null
do {
  const { liveStreams }: LiveStreamsData = await ask(options, liveStreamsDocument, {
    accounts: accounts.length === 0 ? null : accounts,
    first: PAGE,
    after,
  })
  if (liveStreams === null) break
  print(liveStreams)
  after = liveStreams.pageInfo.hasNextPage ? liveStreams.pageInfo.endCursor : null
} while (after !== null)

function print({ nodes, failures }: Stream): void {
  for (const { key, account, live } of nodes)
    process.stdout.write(`${account.name}\t${key}\t${live?.onlineViewers ?? 'not measured'}\n`)
  for (const { account, code, message } of failures) process.stderr.write(`${account}: ${code} ${message}\n`)
}

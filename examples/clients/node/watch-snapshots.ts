// Prints each snapshot of an account as it is collected, until it is told to stop. Argument: the account.
import { createClient } from 'graphql-ws'
import { type SnapshotsData, snapshotsDocument } from './documents.ts'
import { readOptions } from './weir.ts'

const [account = 'tencent-main'] = process.argv.slice(2)
const { url, key } = readOptions()

const client = createClient({
  url: `${url.replace(/^http/, 'ws')}/graphql`,
  // A key travels in the first message: browsers cannot set headers of a WebSocket, and this works everywhere.
  ...(key !== undefined && { connectionParams: { apiKey: key } }),
  // A gateway that is restarted says goodbye with 1012; a few seconds later, at other times for each client, it is asked again.
  retryAttempts: Number.POSITIVE_INFINITY,
  retryWait: (retries) =>
    new Promise((resolve) => setTimeout(resolve, Math.min(30_000, 500 * 2 ** retries) * (0.5 + Math.random() / 2))),
})
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

for await (const { data, errors } of client.iterate<SnapshotsData>({
  query: snapshotsDocument.text,
  variables: { account },
})) {
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '))
  if (data?.snapshot)
    process.stdout.write(`${data.snapshot.takenAt}\t${data.snapshot.stream.key}\t${data.snapshot.url}\n`)
}

function stop(): void {
  void client.dispose()
}

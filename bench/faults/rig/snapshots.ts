// What a gateway says of its collected snapshots.
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

const pageSchema = z.object({
  items: z.array(z.object({ id: z.string(), url: z.string() })),
  nextCursor: z.string().nullable(),
})
const PAGE_SIZE = 300
const TIMEOUT_MS = 10_000
const AGAIN_MS = 200

/** A listed snapshot. */
export type ListedSnapshot = z.infer<typeof pageSchema>['items'][number]

/** Every snapshot of an account, page after page. @param url of the gateway  @throws Error when it does not list them */
export async function listSnapshots(url: string, account: string): Promise<readonly ListedSnapshot[]> {
  const items: ListedSnapshot[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const after: string = cursor === '' ? `first=${PAGE_SIZE}` : `after=${encodeURIComponent(cursor)}`
    const text = await read(`${url}/v1/accounts/${account}/snapshots?${after}`)
    const page = pageSchema.parse(JSON.parse(text))
    items.push(...page.items)
    cursor = page.nextCursor
  }
  return items
}

/** Snapshots that are listed more than once, by id or by file. */
export function countDuplicates(items: readonly ListedSnapshot[]): number {
  const distinct = Math.min(new Set(items.map(({ id }) => id)).size, new Set(items.map(({ url }) => url)).size)
  return items.length - distinct
}

/** One figure of `/metrics` for an account; undefined when it is not there, or the gateway does not answer. */
export async function readMetric(url: string, name: string, account: string): Promise<number | undefined> {
  const lines = (await read(`${url}/metrics`).catch(() => '')).split('\n')
  const line = lines.find((text) => text.startsWith(`${name}{`) && text.includes(`account="${account}"`))
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
}

async function read(address: string): Promise<string> {
  const giveUpAtMs = performance.now() + TIMEOUT_MS
  let answer = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  let text = await answer.text()
  // What is counted here is not how soon it was told.
  while (text.includes('"OVERLOADED"') && performance.now() < giveUpAtMs) {
    await delay(AGAIN_MS)
    answer = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    text = await answer.text()
  }
  if (!answer.ok)
    throw new Error(`${new URL(address).pathname} was answered with ${answer.status}: ${text.slice(0, 200)}`)
  return text
}

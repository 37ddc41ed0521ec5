// Subscribers that do no harm: every snapshot must reach each of them once, whatever others do meanwhile.
import { setTimeout as delay } from 'node:timers/promises'
import { leftTenant } from './clients.ts'
import type { Gateway } from './gateway.ts'
import { introduceSocket, readMessage } from './operation-socket.ts'

const WATCHERS = 5
const PUSH_EVERY_MS = 200
const LAST_LIMIT_MS = 15_000

/** What became of the events. */
export interface WatchResult {
  readonly sent: number
  /** Of all watchers together. */
  readonly lost: number
  readonly repeated: number
}

/** Begins to watch, and to put snapshots into the provider's queue. */
export async function watchSnapshots(target: Gateway): Promise<{ end(): Promise<WatchResult> }> {
  const seen: string[][] = []
  for (let index = 0; index < WATCHERS; index += 1) {
    const urls: string[] = []
    seen.push(urls)
    const socket = await introduceSocket({ url: target.url, caller: leftTenant.headers })
    socket.on('message', (data) => {
      const url = /"url":"([^"]+)"/.exec(JSON.stringify(readMessage(data).payload ?? ''))?.[1]
      if (url !== undefined) urls.push(url)
    })
    socket.send(
      JSON.stringify({
        id: 'watch',
        type: 'subscribe',
        payload: { query: 'subscription{snapshot(account:"left"){url}}' },
      }),
    )
  }
  // Whoever has not begun to listen yet has nothing to lose.
  await delay(300)
  const sent: string[] = []
  const push = setInterval(() => {
    const url = `https://pictures.example.com/watch-${sent.length}.jpg`
    sent.push(url)
    target.sandbox.pushSnapshot({
      stream_id: 'watched',
      pic_url: url,
      pic_full_url: url,
      create_time: Math.floor(Date.now() / 1000),
    })
  }, PUSH_EVERY_MS)
  return {
    end: async () => {
      clearInterval(push)
      const giveUpAtMs = performance.now() + LAST_LIMIT_MS
      while (seen.some((urls) => new Set(urls).size < sent.length) && performance.now() < giveUpAtMs) await delay(50)
      return {
        sent: sent.length,
        lost: seen.reduce((sum, urls) => sum + sent.filter((url) => !urls.includes(url)).length, 0),
        repeated: seen.reduce((sum, urls) => sum + urls.length - new Set(urls).size, 0),
      }
    },
  }
}

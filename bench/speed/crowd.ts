// Many clients who ask the same at the same moment.
import { Agent, request } from 'undici'
import { questionHeaders } from './rig.ts'

/** What became of one moment. */
export interface Crowd {
  /** Milliseconds until the first of them was answered. */
  readonly firstMs: number
  /** Milliseconds until all were. */
  readonly allMs: number
}

/** A crowd with its connections open. */
export interface OpenCrowd {
  /** Has all ask this at once, shared out over the servers. @throws Error when one is not answered with 200 */
  ask(body: string): Promise<Crowd>
  close(): Promise<void>
}

/** Opens a connection for each. @param urls of the servers' GraphQL */
export async function openCrowd(urls: readonly string[], size: number): Promise<OpenCrowd> {
  const dispatcher = new Agent({ connections: Math.ceil(size / urls.length), pipelining: 1 })
  const post = async (url: string, body: string) => {
    const answer = await request(url, { method: 'POST', headers: questionHeaders, body, dispatcher })
    const text = await answer.body.text()
    if (answer.statusCode !== 200 || /"errors":\[/.test(text))
      throw new Error(`${answer.statusCode} ${text.slice(0, 200)}`)
  }
  const everybody = Array.from({ length: size }, (_, place) => urls[place % urls.length] ?? '')
  await Promise.all(everybody.map((url) => post(url, JSON.stringify({ query: '{ __typename }' }))))
  return {
    ask: async (body) => {
      const startedAtMs = performance.now()
      let firstMs = Number.POSITIVE_INFINITY
      await Promise.all(
        everybody.map(async (url) => {
          await post(url, body)
          firstMs = Math.min(firstMs, performance.now() - startedAtMs)
        }),
      )
      return { firstMs, allMs: performance.now() - startedAtMs }
    },
    close: () => dispatcher.destroy(),
  }
}

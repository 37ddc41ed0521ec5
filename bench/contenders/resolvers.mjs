// Resolvers over the provider, for every gateway that is put together by hand.
import { getLive, listLive, listPlay, listPush } from './provider.mjs'

const LIVE_SECONDS = 5
const HISTORY_SECONDS = 300

/**
 * @param remember takes a question's name, its arguments, seconds of life and what fetches it; gives what was fetched,
 * or what it kept
 */
export function createResolvers(remember) {
  const series =
    (name, list) =>
    async (stream, { from, to }) => {
      const range = { from, to }
      const samples = await remember(name, { key: stream.key, ...range }, HISTORY_SECONDS, () =>
        list(stream.key, range),
      )
      return { ...range, samples, missing: [], fetchedAt: to, stale: false }
    }
  return {
    Query: {
      stream: (_root, { key }) => ({ id: key, key }),
      account: (_root, { name }) => ({ name }),
    },
    Stream: {
      live: (stream) => stream.live ?? remember('live', { key: stream.key }, LIVE_SECONDS, () => getLive(stream.key)),
      playSamples: series('play', listPlay),
      pushSamples: series('push', listPush),
    },
    Account: {
      liveStreams: async (_account, { first }) => ({
        nodes: await remember('list', { first }, LIVE_SECONDS, () => listLive(first)),
      }),
    },
  }
}

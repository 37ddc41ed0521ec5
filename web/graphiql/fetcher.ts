import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit'
import { toAuthorization } from './api-key.ts'

/**
 * Builds the function GraphiQL asks the gateway with.
 *
 * @param onAnswer told after every answer whether the server refused this very key (or its absence) with a 401
 */
export function buildFetcher(apiKey: string, onAnswer: (refused: boolean) => void): Fetcher {
  return createGraphiQLFetcher({
    url: '/graphql',
    headers: toAuthorization(apiKey),
    subscriptionUrl: toSocketUrl(location.href),
    // Browsers cannot set headers there.
    wsConnectionParams: toAuthorization(apiKey),
    enableIncrementalDelivery: false,
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      onAnswer(response.status === 401)
      return isJson(response) ? response : toGraphQLError(response)
    },
  })
}

function toSocketUrl(page: string): string {
  const url = new URL('/graphql', page)
  url.protocol = url.protocol.replace('http', 'ws')
  return url.href
}

function isJson(response: Response): boolean {
  return /\bjson\b/.test(response.headers.get('content-type') ?? '')
}

// A proxy in front of the gateway answers in HTML; its status says more than the JSON parser's complaint would.
function toGraphQLError(response: Response): Response {
  const message = `The server answered ${response.status} ${response.statusText}`.trim()
  return Response.json({ errors: [{ message }] })
}

// The same data as plain JSON, for a gateway that speaks to nothing else than HTTP.
import { createServer } from 'node:http'
import { options } from './options.mjs'
import { account, stream } from './static-data.mjs'

const bodies = new Map([
  ['/stream', JSON.stringify(stream)],
  ['/live', JSON.stringify(stream.live)],
  ['/play', JSON.stringify(stream.playSamples)],
  ['/push', JSON.stringify(stream.pushSamples)],
  ['/list', JSON.stringify(account.liveStreams)],
])
createServer((request, response) => {
  const body = bodies.get(request.url.split('?')[0])
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(body)
}).listen(options.port, '127.0.0.1')

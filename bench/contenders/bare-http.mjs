// The floor: node:http reads the request's body and writes bytes that it was given. The path says which.
import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import { options, readAnswer, shapes } from './options.mjs'

const bodies = new Map(shapes.map((shape) => [`/${shape}`, readAnswer(shape)]))
const packed = gzipSync(readAnswer('q4'))
bodies.set('/q4-gzip', readAnswer('q4'))

createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const isPacked = request.url === '/q4-gzip' && request.headers['accept-encoding'] === 'gzip'
    const body = isPacked ? packed : bodies.get(request.url)
    if (body === undefined) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': body.length,
      ...(isPacked && { 'content-encoding': 'gzip' }),
    })
    response.end(body)
  })
}).listen(options.port, '127.0.0.1')

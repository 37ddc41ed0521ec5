import { z } from 'zod'
import { chinanetcenter } from '#providers/chinanetcenter/provider.ts'
import { describeProvider } from '#test/contract/provider-kit.ts'
import { readFixture } from './connect.ts'

const body = z.object({ domainStream: z.array(z.object({ domain: z.string(), stream: z.array(z.string()) })) })

describeProvider({
  provider: chinanetcenter,
  settings: { credentials: { username: 'user', apiKey: 'kit-secret' } },
  secret: 'kit-secret',
  operations: { reports: ['report/domain/stream/duration'] },
  toKey: (name) => `push.example.com/live/${name}`,
  answer: () => readFixture('report'),
  findKeys: (request) =>
    body
      .parse(JSON.parse(request.body ?? ''))
      .domainStream.flatMap(({ domain, stream }) => stream.map((part) => `${domain}/${part}`)),
})

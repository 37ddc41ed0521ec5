import { describe, expect, it } from 'vitest'
import { chinanetcenter } from '#providers/chinanetcenter/provider.ts'
import { connectChinanetcenter, toOk } from './connect.ts'

describe('settings', () => {
  const credentials = { username: 'user', apiKey: 'key' }

  it('have the documented defaults', () => {
    expect(chinanetcenter.settings.parse({ credentials })).toEqual({
      credentials,
      endpoints: { reports: 'https://open.chinanetcenter.com' },
      maxDomainsPerCall: 1,
      allowSingleDay: false,
    })
  })

  it('bound the domains of one call, which services are told', () => {
    const { connection } = connectChinanetcenter(toOk([]), { maxDomainsPerCall: 20 })
    expect(connection.facts.pushSessions).toEqual({
      utcOffsetMs: 28_800_000,
      retentionDays: 180,
      maxDaysPerCall: 31,
      maxDomainsPerCall: 20,
    })
  })

  it.each([
    [{ credentials: { username: 'a:b', apiKey: 'key' } }, 'a user name with a colon, which Basic cannot carry'],
    [{ credentials: { username: '', apiKey: 'key' } }, 'no user name'],
    [{ credentials: { username: 'user', apiKey: 'a key' } }, 'a key with a blank'],
    [{ credentials, maxDomainsPerCall: 0 }, 'no domain at all'],
    [{ credentials, maxDomainsPerCall: 101 }, 'too many domains'],
    [{ credentials, endpoints: { reports: 'https://a:b@c.example' } }, 'user information'],
    [{ credentials, signatureTtlSeconds: 60 }, 'a life of signatures, which have none here'],
  ])('refuse %j: %s', (settings: object, _reason: string) => {
    expect(chinanetcenter.settings.safeParse(settings).success).toBe(false)
  })
})

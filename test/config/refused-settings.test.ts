import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatProblems, loadConfig } from '#src/config.ts'
import { contractText, DIGEST, SECRET } from '#test/support/contract-settings.ts'
import { account, accounts, findProblems, loadText, toSource } from '#test/support/settings-source.ts'

describe('what is refused', () => {
  test('lists every problem at once', () => {
    const text = `
server: { port: 70000, hots: 0.0.0.0 }
cache: { maxBytes: lots }
access: { mode: key }
accuonts: []
accounts:
  - { name: "a/b", provider: tencent, credentials: { appId: x } }
  - { name: b, provider: tencnet }
  - { name: b, provider: chinanetcenter, credentials: { username: u, apiKey: k }, maxDomainPerCall: 2 }
  - 7`
    expect(
      findProblems(text)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual([
      'access.mode',
      'accounts[0].credentials.apiKey',
      'accounts[0].credentials.appId',
      'accounts[0].name',
      'accounts[1].provider',
      'accounts[2]',
      'accounts[2].name',
      'accounts[3]',
      'cache.maxBytes',
      'file',
      'server',
      'server.port',
    ])
  })

  test('suggests the name that was meant', () => {
    expect(findProblems(`server: { hots: x }\n${accounts}`)).toEqual([
      {
        path: 'server',
        problem: 'has an unknown setting "hots"',
        allowed: 'host, port, cors, trustProxy, drainSeconds, tls',
        remedy: 'did you mean "host"?',
      },
    ])
    expect(findProblems(`accounts: [ { nam: x, ${account.slice(1)} ]`)).toMatchObject([
      { path: 'accounts[0]', remedy: 'did you mean "name"?' },
    ])
  })

  test('refuses a limit of a call that the provider does not have', () => {
    const quota = 'quota: { interfaces: { Get_LiveStats: { limit: 5, windowSeconds: 1 } } }'
    expect(findProblems(`accounts: [ { ${quota}, ${account.slice(1)} ]`)).toMatchObject([
      { path: 'accounts[0].quota.interfaces.Get_LiveStats', remedy: 'did you mean "Get_LiveStat"?' },
    ])
  })

  test('says what is allowed', () => {
    const find = (text: string) => findProblems(`${text}\n${accounts}`)[0]
    expect(find('access: { mode: key }')).toMatchObject({ problem: 'is "key"', allowed: 'one of open, keys, jwt' })
    expect(find('limits: { requestsPerMinute: 0 }')?.allowed).toBe('a whole number from 1 to 10000000, or null')
    expect(find('server: { host: "http://x" }')?.allowed).toBe('an IP address (without brackets) or a host name')
    expect(find('server: { cors: { origins: ["https://a.example/path"] } }')).toMatchObject({
      path: 'server.cors.origins[0]',
      problem: 'is no origin',
    })
    expect(find('redis: { url: "redis://a,b" }')).toMatchObject({
      path: 'redis.url',
      problem: 'names several hosts without "+sentinel" or "+cluster"',
      allowed: expect.stringContaining('redis+cluster://'),
    })
    expect(find('redis: { url: "redis://a", prefix: "a:b" }')).toMatchObject({
      path: 'redis.prefix',
      allowed: '1 to 32 letters, digits, ".", "_" and "-"',
    })
    expect(find('redis: { url: "redis://a", maxReplicas: 0 }')).toMatchObject({
      path: 'redis.maxReplicas',
      allowed: 'a whole number from 1 to 100',
    })
    expect(find('queries: 7')?.allowed).toBe('a mapping of maxDepth, maxAliases, maxProviderCalls, persisted')
  })

  test('never repeats what may be a secret', () => {
    const secrets = ['hunter2-hunter2', SECRET]
    const faults = [
      `redis: { url: "http://:${secrets[0]}@redis" }\n${accounts}`,
      `redis: { url: "redis://${secrets[0]}@redis" }\n${accounts}`,
      `redis: { url: "redis+sentinel://:x@redis/main?sentinelPasswort=${secrets[0]}" }\n${accounts}`,
      `redis: { url: "redis+cluster://:%${secrets[0]}@redis" }\n${accounts}`,
      `access: { keys: [ { name: web, sha256: ${secrets[0]} } ] }\n${accounts}`,
      `access: { keys: ${SECRET} }\n${accounts}`,
      `accounts: [ { name: a, provider: tencent, credentials: { appId: ${SECRET}, apiKey: [ ${SECRET} ] } } ]`,
      `accounts: [ { name: a, provider: tencent, credentials: { ${SECRET} } } ]`,
      `accounts: [ { name: a, provider: tencent, credentials: ${SECRET} } ]`,
      `accounts: [ { name: a, provider: tencent, credentials: { ${secrets[0]} } } ]`,
      `accounts: [ { name: a, provider: tencent, endpoints: { control: "ftp://u:${SECRET}@h" } } ]`,
      `accounts: [ { name: a, provider: tencent, credentials: { apiKey: @${SECRET} } } ]`,
      `accounts: [ { name: a, provider: tencent, credentials: { apiKey: "${SECRET} } } ]`,
      `accounts: [ { name: a, provider: tencent, credentials: { apiKey: *${SECRET} } } ]`,
      `accounts: [ { name: a, provider: tencent, credentials: { apiKey: |${SECRET}\n x } } ]`,
    ]
    for (const fault of faults) {
      const text = formatProblems(findProblems(fault), 'weir.yaml')
      expect(text).toContain('problem')
      for (const secret of secrets) expect(text).not.toContain(secret)
    }
    const text = formatProblems(findProblems(contractText, { TENCENT_API_KEY: 'short', CNC_API_KEY: '' }), null)
    expect(text).toContain('accounts[0].credentials.apiKey')
    expect(text).toContain('accounts[1].credentials.apiKey')
    expect(text).not.toContain('short')
  })

  test('refuses a file that is no mapping, repeats a setting, or is several documents', () => {
    expect(findProblems('- 1')).toMatchObject([{ path: 'file', problem: 'does not hold a mapping of settings' }])
    expect(findProblems('log: {}\nlog: {}')).toMatchObject([
      { path: 'line 2, column 1', problem: 'repeats a setting that already stands in the same mapping' },
    ])
    expect(findProblems('{"log": {}, "log": {}}')).toHaveLength(1)
    expect(findProblems('log: {}\n---\nlog: {}')).toHaveLength(1)
    expect(findProblems('a: { b: ${X} }')).toHaveLength(1)
  })

  test('refuses anchors that multiply without end', () => {
    const names = [...'abcdefgh']
    const lines = names.map((name, index) => {
      const item = index === 0 ? 'x' : `*${names[index - 1]}`
      return `${name}: &${name} [${Array<string>(9).fill(item).join(',')}]`
    })
    expect(findProblems(lines.join('\n'))).toMatchObject([{ path: 'file' }])
  })

  test('refuses a name out of the prototype chain', () => {
    expect(findProblems(`__proto__: { mode: open }\n${accounts}`)).toMatchObject([{ path: 'file' }])
    expect(findProblems(`server: { constructor: 1 }\n${accounts}`)).toMatchObject([{ path: 'server' }])
  })

  test('refuses a file without accounts, an empty one too', () => {
    expect(findProblems('')).toMatchObject([{ path: 'accounts', problem: 'is missing' }])
    expect(findProblems('accounts: []')).toMatchObject([
      { path: 'accounts', allowed: 'a list of at least one account' },
    ])
  })

  test('refuses a named file that is not there or cannot be read', () => {
    expect(() => loadConfig(toSource({}, { WEIR_CONFIG: 'other.yaml' }))).toThrow('/srv/weir/other.yaml')
    const unreadable = () => {
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
    }
    expect(() => loadConfig({ ...toSource({}), readFile: unreadable })).toThrow('cannot be read (EACCES)')
  })

  test('refuses an unknown argument', () => {
    expect(() => loadConfig({ ...toSource({}), arguments: ['--chek'] })).toThrow('--check-config')
    expect(loadConfig({ ...toSource({}), arguments: ['--check-config'] }).sandbox).toBe(true)
  })

  test('whatever stands in the file, it is loaded or refused in words', () => {
    const anything = fc.jsonValue({ maxDepth: 3 })
    const setting = fc.constantFrom('server', 'redis', 'access', 'limits', 'cache', 'log', 'accounts', 'dataDirectory')
    const account = fc.dictionary(
      fc.constantFrom('name', 'provider', 'credentials', 'quota', 'snapshots', 'x'),
      anything,
    )
    const tencent = account.map((settings) => ({ ...settings, provider: 'tencent' }))
    const settings = fc.record({
      rest: fc.dictionary(setting, anything),
      accounts: fc.oneof(anything, fc.array(tencent, { maxLength: 3 })),
    })
    fc.assert(
      fc.property(settings, ({ rest, accounts: list }) => {
        const problems = findProblems(JSON.stringify({ accounts: list, ...rest }))
        for (const { path, problem } of problems) expect(path.length * problem.length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })

  test('gives a text for the terminal without a stack', () => {
    const text = formatProblems(findProblems(`server: { port: x }\n${accounts}`), '/srv/weir/weir.yaml')
    expect(text).toBe(
      [
        'The settings in /srv/weir/weir.yaml have one problem:',
        '  server.port is "x"',
        '    allowed: a whole number from 0 to 65535',
        '    remedy:  correct it, or remove it for the default, 4000',
      ].join('\n'),
    )
  })
})

describe('access', () => {
  test.each(['0.0.0.0', '::', '192.168.1.1', 'gateway.example.com', '127.1'])(
    'listening on %s without keys is refused unless open is written out',
    (host) => {
      expect(findProblems(`server: { host: "${host}" }\n${accounts}`)).toMatchObject([{ path: 'access.mode' }])
      expect(loadText(`server: { host: "${host}" }\naccess: { mode: open }\n${accounts}`).access).toEqual({
        mode: 'open',
        role: 'reader',
      })
      expect(() => loadConfig(toSource({}, { HOST: host }))).toThrow('access.mode')
    },
  )

  test.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost', '::ffff:127.0.0.1'])('is open on %s by default', (host) => {
    expect(loadText(`server: { host: "${host}" }\n${accounts}`).access).toEqual({ mode: 'open', role: 'ops' })
  })

  test('refuses keys mode without keys and open mode with keys', () => {
    expect(findProblems(`access: { mode: keys }\n${accounts}`)).toMatchObject([{ path: 'access.keys' }])
    expect(
      findProblems(`access: { mode: open, keys: [ { name: web, sha256: ${DIGEST} } ] }\n${accounts}`),
    ).toMatchObject([{ path: 'access.mode' }])
  })

  const jwt = 'jwt: { issuer: https://id.example, audience: weir, jwksUrl: "https://id.example/keys" }'

  test('refuses jwt mode without an issuer, an issuer in open mode, and tokens beside keys', () => {
    const find = (access: string) => findProblems(`access: { ${access} }\n${accounts}`).map(({ path }) => path)
    expect(find('mode: jwt')).toEqual(['access.jwt'])
    expect(find(`mode: open, ${jwt}`)).toEqual(['access.mode'])
    expect(find(`${jwt}, keys: [ { name: web, sha256: ${DIGEST} } ]`)).toEqual(['access'])
    expect(find(`mode: keys, ${jwt}`)).toEqual(['access'])
    expect(find(jwt)).toEqual([])
  })

  test.each([
    'http://id.example/keys',
    'https://user:secret@id.example/keys',
    'file:///etc/keys',
    'http://127.0.0.1.example.com/keys',
    'http://169.254.169.254/keys',
    'keys',
  ])('refuses keys of tokens from %s', (address) => {
    const access = `access: { ${jwt.replace('https://id.example/keys', address)} }`
    const problems = findProblems(`${access}\n${accounts}`)
    expect(problems).toMatchObject([{ path: 'access.jwt.jwksUrl', problem: 'is no such address' }])
    expect(JSON.stringify(problems)).not.toContain('secret')
  })

  test('takes keys of tokens from this machine without TLS', () => {
    for (const host of ['localhost:1', '127.0.0.1:1', '[::1]:1'])
      expect(
        findProblems(`access: { ${jwt.replace('https://id.example/keys', `http://${host}/keys`)} }\n${accounts}`),
      ).toEqual([])
  })

  test('takes no signature that a client could forge', () => {
    for (const algorithm of ['HS256', 'none'])
      expect(
        findProblems(`access: { ${jwt.replace(' }', `, algorithms: [${algorithm}] }`)} }\n${accounts}`),
      ).toMatchObject([{ path: 'access.jwt.algorithms[0]' }])
  })

  test('refuses keys that repeat each other, name no account, or are the digest of nothing', () => {
    const empty = createHash('sha256').update('').digest('hex')
    const text = `
access:
  keys:
    - { name: web, sha256: ${DIGEST}, accounts: [ main, mian ] }
    - { name: web, sha256: ${DIGEST} }
    - { name: anonymous, sha256: ${empty} }
${accounts}`
    expect(findProblems(text).map(({ path }) => path)).toEqual([
      'access.keys[0].accounts[1]',
      'access.keys[1].name',
      'access.keys[1].sha256',
      'access.keys[2].name',
      'access.keys[2].sha256',
    ])
  })

  test.each(['anonymous', 'other', 'snapshot-collector'])(
    'refuses a key called as somebody else is told of: %s',
    (name) => {
      expect(findProblems(`access: { keys: [ { name: ${name}, sha256: ${DIGEST} } ] }\n${accounts}`)).toMatchObject([
        {
          path: 'access.keys[0].name',
          problem: expect.stringContaining(`is "${name}", as `),
          allowed: 'any other name',
        },
      ])
    },
  )

  test('refuses to carry out only registered operations where there are none', () => {
    const find = (persisted: string) => findProblems(`queries: { persisted: { ${persisted} } }\n${accounts}`)
    expect(find('only: true')).toMatchObject([{ path: 'queries.persisted.directory' }])
    expect(find('only: true, directory: operations')).toEqual([])
    expect(loadText(`queries: { persisted: { directory: operations } }\n${accounts}`).queries.persisted).toEqual({
      directory: '/srv/weir/operations',
      only: false,
      automatic: true,
    })
  })

  test('refuses two accounts of one name', () => {
    expect(findProblems(`accounts: [ ${account}, ${account} ]`)).toMatchObject([
      { path: 'accounts[1].name', problem: 'is the same as accounts[0].name' },
    ])
  })
})

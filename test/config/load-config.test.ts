import { describe, expect, test } from 'vitest'
import { providers } from '#providers/index.ts'
import { loadConfig } from '#src/config.ts'
import { contractEnvironment, contractText, DIGEST, SECRET } from '#test/support/contract-settings.ts'
import { fakeChinanetcenter, fakeTencent } from '#test/support/fake-provider.ts'
import { account, accounts, findProblems, loadText, toSource } from '#test/support/settings-source.ts'

describe('what is loaded', () => {
  test.each([
    ['the real providers', providers],
    ['other ones', [fakeTencent, fakeChinanetcenter]],
  ])('takes the settings of the public contract to the letter with %s', (_, own) => {
    const config = loadConfig({
      ...toSource({ '/srv/weir/weir.yaml': contractText }, contractEnvironment),
      providers: own,
    })
    expect(config).toMatchObject({
      sandbox: false,
      file: '/srv/weir/weir.yaml',
      server: { host: '127.0.0.1', port: 4000, cors: { origins: [] }, trustProxy: [] },
      redis: { url: 'redis://127.0.0.1:6379', prefix: 'weir', maxReplicas: 3 },
      dataDirectory: '/srv/weir/data',
      access: { mode: 'keys', keys: [{ name: 'web', sha256: DIGEST, role: 'reader', accounts: ['tencent-main'] }] },
      limits: { requestsPerMinute: null },
      queries: { maxDepth: 10, maxAliases: 30, maxProviderCalls: 60 },
      upstream: { deadlineMs: 10_000, maxResponseBytes: 8_388_608 },
      cache: {
        maxBytes: 134_217_728,
        maxStaleSeconds: 3600,
        maxKeepSeconds: 2_592_000,
        staleWhileRevalidateSeconds: 0,
        closedAfterSeconds: 300,
        closedDayAfterSeconds: 21_600,
      },
      log: { level: 'info' },
    })
    expect(config.accounts).toMatchObject([
      {
        name: 'tencent-main',
        provider: 'tencent',
        settings: {
          credentials: { appId: 1250000000, apiKey: SECRET },
          endpoints: { control: 'http://fcgi.video.qcloud.com/common_access' },
        },
        quota: { limit: 300, windowSeconds: 300, guardMs: 2000, outageReserve: 0.05, interfaces: {} },
        snapshots: { collect: true, pollSeconds: 10, keepDays: 30, keepCount: 1_000_000 },
      },
      { name: 'cnc-main', provider: 'chinanetcenter', settings: { maxDomainsPerCall: 1 }, snapshots: null },
    ])
  })

  test('reads the same settings from JSON', () => {
    const json = JSON.stringify(
      { accounts: [{ name: 'a', provider: 'chinanetcenter', credentials: { username: 'u', apiKey: 'k' } }] },
      null,
      '\t',
    )
    const config = loadConfig(toSource({ '/etc/weir.json': json }, { WEIR_CONFIG: '/etc/weir.json' }))
    expect(config.accounts[0]?.settings).toEqual({
      credentials: { username: 'u', apiKey: 'k' },
      endpoints: { reports: 'https://reports.example.com' },
      maxDomainsPerCall: 1,
    })
  })

  test('is the sandbox with every default when there is no file at all', () => {
    const config = loadConfig(toSource({}))
    expect(config).toMatchObject({
      sandbox: true,
      file: null,
      server: { host: '127.0.0.1', port: 4000 },
      redis: null,
      access: { mode: 'open' },
      limits: { requestsPerMinute: null },
      accounts: [],
    })
  })

  test('is frozen through and through', () => {
    const config = loadText(contractText, contractEnvironment)
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen))
    expect(isFrozen(config)).toBe(true)
  })

  test('limits clients to 600 requests a minute when keys are asked for and nothing else is said', () => {
    const config = loadText(`access: { keys: [ { name: web, sha256: ${DIGEST} } ] }\n${accounts}`)
    expect(config.limits.requestsPerMinute).toBe(600)
    expect(config.access).toEqual({
      mode: 'keys',
      keys: [{ name: 'web', sha256: DIGEST, role: 'reader', accounts: 'all' }],
    })
  })

  test('takes a digest in capitals', () => {
    const config = loadText(`access: { keys: [ { name: web, sha256: ${DIGEST.toUpperCase()} } ] }\n${accounts}`)
    expect(config.access).toMatchObject({ keys: [{ sha256: DIGEST }] })
  })

  test('keeps the guard that is written, and computes it from the window otherwise', () => {
    const withQuota = (quota: string) =>
      loadText(`accounts: [ { ...${account.slice(1)} ]`.replace('{ ...', `{ quota: ${quota}, `))
    expect(withQuota('{ guardMs: 0 }').accounts[0]?.quota.guardMs).toBe(0)
    expect(withQuota('{ windowSeconds: 5 }').accounts[0]?.quota.guardMs).toBe(250)
    expect(
      withQuota('{ interfaces: { Get_LiveStat: { limit: 5, windowSeconds: 1 } } }').accounts[0]?.quota.interfaces,
    ).toEqual({
      Get_LiveStat: { limit: 5, windowSeconds: 1 },
    })
  })
})

describe('the environment', () => {
  test('overrides host, port, Redis address and log level', () => {
    const config = loadText(`server: { port: 1 }\n${accounts}`, {
      HOST: '::1',
      PORT: '4100',
      REDIS_URL: 'redis://:password@redis:6379',
      LOG_LEVEL: 'debug',
    })
    expect(config).toMatchObject({
      server: { host: '::1', port: 4100 },
      redis: { url: 'redis://:password@redis:6379' },
      log: { level: 'debug' },
    })
  })

  test('switches tracing on by the variable that every program of OpenTelemetry reads', () => {
    expect(loadText(accounts).tracing).toEqual({ endpoint: null, sampleRatio: 1 })
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }
    expect(loadText(accounts, environment).tracing).toEqual({ endpoint: 'http://collector:4318', sampleRatio: 1 })
    expect(loadText(`tracing: { sampleRatio: 0.1 }\n${accounts}`, environment).tracing.sampleRatio).toBe(0.1)
  })

  test.each(['collector:4318', 'ftp://collector', 'http://user:password@collector', 'http://collector/?key=1'])(
    'refuses %s as the address of a collector, and does not say it',
    (endpoint) => {
      const load = () => loadText(`tracing: { endpoint: "${endpoint}" }\n${accounts}`)
      expect(load).toThrow(/tracing\.endpoint/)
      expect(load).not.toThrow(/password/)
    },
  )

  test('overrides the Redis address alone', () => {
    const redis = 'redis: { url: "redis://a", prefix: weir-2, maxReplicas: 12 }'
    expect(loadText(`${redis}\n${accounts}`, { REDIS_URL: 'redis+sentinel://b,c/main' }).redis).toEqual({
      url: 'redis+sentinel://b,c/main',
      prefix: 'weir-2',
      maxReplicas: 12,
    })
  })

  test('counts an empty override as none', () => {
    expect(loadText(accounts, { PORT: '', REDIS_URL: '' })).toMatchObject({ server: { port: 4000 }, redis: null })
  })

  test('fills a variable into a number and a boolean as well as into text', () => {
    const text = `
accounts:
  - name: main
    provider: tencent
    credentials: { appId: "\${APP_ID}", apiKey: "\${KEY}" }
    endpoints: { control: "http://\${CONTROL}/common_access" }
    snapshots: { collect: "\${COLLECT}" }`
    const config = loadText(text, {
      APP_ID: '1250000000',
      KEY: '12345678',
      COLLECT: 'true',
      CONTROL: 'control.example.org',
    })
    expect(config.accounts[0]).toMatchObject({
      settings: {
        credentials: { appId: 1250000000, apiKey: '12345678' },
        endpoints: { control: 'http://control.example.org/common_access' },
      },
      snapshots: { collect: true },
    })
  })

  test('leaves an escaped variable as it is written', () => {
    expect(loadText(`dataDirectory: "/srv/$\${HOME}"\n${accounts}`).dataDirectory).toBe('/srv/${HOME}')
  })

  test('names the variable that is missing and the path that wants it, once', () => {
    expect(findProblems(contractText, { CNC_API_KEY: 'x' })).toEqual([
      {
        path: 'accounts[0].credentials.apiKey',
        problem: 'takes ${TENCENT_API_KEY} from the environment, where no TENCENT_API_KEY is set',
        allowed: null,
        remedy: 'set the environment variable TENCENT_API_KEY',
      },
    ])
  })

  test('refuses a "${" that begins no variable', () => {
    expect(findProblems(`dataDirectory: "\${not a name}"\n${accounts}`)).toMatchObject([{ path: 'dataDirectory' }])
    expect(findProblems(`dataDirectory: "\${OPEN"\n${accounts}`)).toMatchObject([{ path: 'dataDirectory' }])
  })

  test('says that a faulty value came from a variable, without repeating it', () => {
    const [problem] = findProblems(accounts, { PORT: 'seventy' })
    expect(problem).toEqual({
      path: 'server.port',
      problem: 'is not allowed (taken from PORT in the environment)',
      allowed: 'a whole number from 0 to 65535',
      remedy: 'correct it, or remove it for the default, 4000',
    })
  })
})

// Settings files that exist only in a test.
import { ConfigError, type ConfigProblem, type ConfigSource, loadConfig } from '#src/config.ts'
import { SECRET } from '#test/support/contract-settings.ts'
import { fakeChinanetcenter, fakeTencent } from '#test/support/fake-provider.ts'

/** A source whose working directory holds `files`. */
export function toSource(files: Record<string, string>, environment: Record<string, string> = {}): ConfigSource {
  return {
    environment,
    workingDirectory: '/srv/weir',
    readFile: (path) => files[path],
    providers: [fakeTencent, fakeChinanetcenter],
  }
}

/** The settings of a file with this text. */
export function loadText(text: string, environment: Record<string, string> = {}) {
  return loadConfig(toSource({ '/srv/weir/weir.yaml': text }, environment))
}

/** What is wrong with such a file; nothing when it is accepted. */
export function findProblems(text: string, environment: Record<string, string> = {}): readonly ConfigProblem[] {
  try {
    loadText(text, environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

/** An account that nothing is wrong with. */
export const account = `{ name: main, provider: tencent, credentials: { appId: 1250000000, apiKey: ${SECRET} } }`

/** The least a file must hold. */
export const accounts = `accounts: [ ${account} ]`

// Who may import whom: downwards only, never in a circle. This table is the one place where the layers stand;
// `npm run check` holds the code to it and docs/architecture.md shows it.

/**
 * Folder (or file) of src → what of src it may import, besides itself. What a row does not name is forbidden.
 * `main.ts` and `app.ts` put everything together and may import everything.
 */
export const layers = {
  'config.ts': ['config', 'providers/index.ts', 'access', 'upstream', 'contract', 'model'],
  // An address of Redis is checked by those who read it, and connects to nothing.
  config: ['providers/index.ts', 'fleet/redis-address.ts', 'access', 'upstream', 'contract', 'model'],
  // Commands end: each builds the little that it needs.
  commands: ['config.ts', 'config/command-line.ts', 'snapshot-store', 'fleet', 'contract', 'model'],
  graphql: ['services', 'answers', 'rows', 'events', 'access', 'cache', 'fleet', 'contract', 'model'],
  rest: ['services', 'answers', 'rows', 'events', 'access', 'cache', 'fleet', 'contract', 'model'],
  server: ['services', 'answers', 'events', 'access', 'cache', 'fleet', 'telemetry', 'contract', 'model'],
  // The collector makes durable what it pops before anything else happens to it.
  workers: ['snapshot-store', 'services', 'access', 'cache', 'fleet', 'contract', 'model'],
  'data-directory.ts': ['model'],
  // Whole answers, as bytes: whose they are and what they say is not known here.
  answers: ['fleet', 'model'],
  // Server-sent events, for both faces.
  events: ['access', 'model'],
  // Rows of samples as JSON.
  rows: ['services', 'model'],
  access: ['model'],
  services: ['contract', 'cache', 'snapshot-store', 'fleet', 'model'],
  providers: ['contract', 'model'],
  upstream: ['signing', 'fleet', 'contract', 'model'],
  signing: ['contract', 'model'],
  cache: ['model'],
  'snapshot-store': ['model'],
  fleet: ['model'],
  // Of the contract its types: what is told, in the words of those who tell it.
  telemetry: ['contract', 'model'],
  contract: ['model'],
  model: [],
}

/** Files that know every layer: the process, what it is put together from, and what of that the replicas share. */
export const compositionRoots = [
  'main.ts',
  'run.ts',
  'app.ts',
  'replicas.ts',
  'snapshot-parts.ts',
  'live-parts.ts',
  'telemetry-parts.ts',
  'access-parts.ts',
  'account-parts.ts',
  'front-parts.ts',
  'health-parts.ts',
  'named-files.ts',
  'command-parts.ts',
]

/** A path of src as a regular expression: a folder with all that is in it, or one file. */
const inSource = (name) => `^src/${name.replaceAll('.', '\\.')}${name.endsWith('.ts') ? '$' : '/'}`

const layerRules = Object.entries(layers).map(([name, allowed]) => ({
  name: `layer-${name.replace(/\.ts$/, '')}`,
  comment: `src/${name} may import ${allowed.length === 0 ? 'nothing' : allowed.join(', ')} of src`,
  severity: 'error',
  from: { path: inSource(name) },
  to: { path: '^src/', pathNot: [name, ...allowed].map(inSource) },
}))

const unlisted = {
  name: 'layer-unlisted',
  comment: 'a file of src stands in the layer table, itself or with its folder',
  severity: 'error',
  from: { path: '^src/', pathNot: [...Object.keys(layers), ...compositionRoots].map(inSource) },
  to: {},
}

const otherRules = [
  {
    name: 'no-circles',
    comment: 'two files that import each other are one file, or hide a third',
    from: {},
    to: { circular: true },
  },
  {
    name: 'provider-siblings',
    comment: 'a provider knows no other provider; what two share belongs to the contract, at the third',
    from: { path: '^src/providers/([^/]+)/' },
    to: { path: '^src/providers/', pathNot: '^src/providers/$1/' },
  },
  {
    name: 'composition-root-on-top',
    comment: 'nothing below knows how it is put together',
    from: { path: '^src/', pathNot: compositionRoots.map(inSource) },
    to: { path: compositionRoots.map(inSource) },
  },
  {
    name: 'sandbox-apart',
    comment: 'the sandbox shares no code with src, so that a misreading of a protocol cannot hide in both',
    from: { path: '^sandbox/' },
    to: { path: '^(src|test|web|scripts|bench|examples)/' },
  },
  {
    name: 'web-apart',
    comment: 'web is a workspace of its own: it imports nothing of the gateway',
    from: { path: '^web/' },
    to: { path: '^(src|sandbox|test|scripts|bench|examples)/' },
  },
  {
    name: 'nobody-imports-web',
    comment: 'the gateway serves what web builds, it does not import it; only tests of its own do',
    from: { pathNot: '^(web|test/web)/' },
    to: { path: '^web/' },
  },
  {
    name: 'source-imports-source',
    comment: 'what runs in production imports no test, script, benchmark or example; only the roots start the sandbox',
    from: { path: '^src/' },
    to: { path: '^(test|scripts|bench|examples)/' },
  },
  {
    name: 'sandbox-from-roots-only',
    comment: 'only the composition roots start the sandbox',
    from: { path: '^src/', pathNot: compositionRoots.map(inSource) },
    to: { path: '^sandbox/' },
  },
  {
    name: 'examples-use-the-contract',
    comment: 'an example may use what a provider may use',
    from: { path: '^examples/providers/' },
    to: { path: '^(src|sandbox|test|scripts)/', pathNot: '^src/(contract|model)/' },
  },
  {
    name: 'faults-from-outside',
    comment:
      'the fault scorecard judges whole processes: it knows their addresses and settings, never their code; the checks of the code are judged too',
    from: { path: '^bench/faults/' },
    to: { path: '^(src|web|scripts|examples)/', pathNot: '^scripts/checks/' },
  },
  {
    name: 'one-way-out',
    comment: 'the HTTP client belongs to upstream: every provider call goes through its deadline, quota and signature',
    from: { path: '^src/', pathNot: ['^src/upstream/', ...compositionRoots.map(inSource)] },
    to: { path: '^(node_modules/)?undici(/|$)' },
  },
  {
    name: 'one-way-to-redis',
    comment: 'the Redis client belongs to fleet: every command goes through the link, with its timeout and its breaker',
    from: { path: '^src/', pathNot: '^src/fleet/' },
    to: { path: '^(node_modules/)?ioredis(/|$)' },
  },
  {
    name: 'plain-model',
    comment: 'the model is plain words: no package, and of node only the pure parts',
    from: { path: '^src/model/' },
    to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional'] },
  },
  {
    name: 'no-development-packages',
    comment: 'the image holds no development dependency',
    from: { path: '^(src|sandbox)/' },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'] },
  },
  { name: 'resolvable', comment: 'an import leads somewhere', from: {}, to: { couldNotResolve: true } },
]

export default {
  forbidden: [...layerRules, unlisted, ...otherRules.map((rule) => ({ severity: 'error', ...rule }))],
  options: {
    // TypeScript 7 has no interface that the cruiser could parse with: without swc it finds no module and passes.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: '(^|/)node_modules/' },
    // What the speed bench runs beside Weir has packages of its own, which are there after its first run only.
    exclude: { path: '(^|/)(dist|fixtures)/|^bench/contenders/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
}

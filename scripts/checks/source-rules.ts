// What code may not do, where the import rules cannot say it: they see files, these see calls.
import { isNode, readTrees, type SyntaxNode, toDottedName, toWord, walkTree } from './syntax-tree.ts'

/** A rule about single pieces of syntax. */
interface SourceRule {
  readonly name: string
  /** What to do instead, or why it is forbidden. */
  readonly because: string
  /** Files it holds for. */
  readonly paths: RegExp
  /** Files among them that may. */
  readonly except?: RegExp
  /** Every breach that begins at this piece: what was written, in short. */
  readonly find: (node: SyntaxNode) => readonly string[]
}

const networkModules = /^(?:node:)?(?:net|tls|http|https|http2|dgram|dns|dns\/promises)$/
/** What of them opens no connection. */
const harmlessNames: ReadonlySet<string> = new Set([
  ...['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress', 'Socket'],
  ...['STATUS_CODES', 'METHODS', 'maxHeaderSize', 'validateHeaderName', 'validateHeaderValue'],
  ...['createServer', 'Server', 'ServerResponse', 'IncomingMessage', 'createSecureContext', 'rootCertificates'],
])
const textRunners = /^(?:node:)?(?:vm|child_process|cluster|inspector|repl|wasi)$/

const sourceRules: readonly SourceRule[] = [
  {
    name: 'one-way-out',
    because:
      'calls leave by src/upstream (providers), src/fleet (Redis), the reader of public keys in src/access and the sender of traces in src/telemetry',
    paths: /^src\//,
    except: /^src\/(?:(?:upstream|fleet)\/|access\/key-set-source\.ts$|telemetry\/tracing\.ts$)/,
    find: (node) => {
      const called = toCalled(node)
      if (
        called !== undefined &&
        /^(?:fetch|Socket|WebSocket|EventSource|XMLHttpRequest|createRemoteJWKSet)$/.test(called)
      )
        return [called]
      // Handed on, it is called elsewhere.
      if ([...toParts(node)].some((part) => toDottedName(part) === 'fetch')) return ['fetch']
      return listImports(node, networkModules).filter((name) => !harmlessNames.has(name))
    },
  },
  {
    name: 'no-code-from-text',
    because: 'nothing that was text becomes code, and nothing starts another program',
    paths: /^(?:src|sandbox)\//,
    find: (node) => {
      const called = toCalled(node)
      if (called !== undefined && /^(?:eval|Function|createRequire|require)$/.test(called)) return [called]
      if (node.type === 'CallExpression' && isNode(node['callee']) && node['callee'].type === 'Import')
        return isText(toArguments(node)[0]) ? [] : ['import(…)']
      return listImports(node, textRunners)
    },
  },
  {
    name: 'certificates-are-checked',
    because: 'a certificate that is not checked is no protection',
    paths: /^(?:src|sandbox|web|helm)\//,
    find: (node) => {
      const [name, value] = toAssigned(node)
      const isOff = name === 'rejectUnauthorized' && isNode(value) && value['value'] === false
      return isOff || toWord(node) === 'NODE_TLS_REJECT_UNAUTHORIZED' ? [`${name ?? toWord(node)}`] : []
    },
  },
  {
    name: 'json-is-parsed-by-a-shape',
    because: 'what JSON.parse gives is unknown until a shape has been found in it',
    paths: /^(?:src|sandbox|scripts)\//,
    find: (node) => {
      const isCast = node.type === 'TsAsExpression' || node.type === 'TsTypeAssertion'
      const isRead = node.type === 'MemberExpression'
      if (
        (isCast && !isUnknown(node['typeAnnotation']) && isJson(node['expression'])) ||
        (isRead && isJson(node['object']))
      )
        return ['JSON.parse']
      if (node.type !== 'VariableDeclarator' || !isJson(node['init']) || !isNode(node['id'])) return []
      const annotation = node['id']['typeAnnotation']
      return isNode(annotation) && isUnknown(annotation['typeAnnotation']) ? [] : ['JSON.parse']
    },
  },
  {
    name: 'keys-of-redis-have-owners',
    because: 'a key is put together where it is owned, so that no two things can share one',
    paths: /^src\//,
    except: /^src\/(?:fleet\/|cache\/redis-cache\.ts|snapshot-store\/redis-store-link\.ts|replicas\.ts)/,
    find: (node) => {
      if (node.type !== 'TemplateLiteral' || !Array.isArray(node['quasis'])) return []
      // All keys have a hash tag: what is asked together lies together.
      const texts: unknown[] = node['quasis'].map((part: unknown) => (isNode(part) ? part['cooked'] : ''))
      return texts.slice(0, -1).some((text) => /:\{$/.test(String(text))) ? ['a key with a hash tag'] : []
    },
  },
  {
    name: 'no-markup-from-text',
    because: 'text that becomes markup can carry a script',
    paths: /^(?:src|web)\//,
    find: (node) => {
      const name = node.type === 'JSXAttribute' ? toWord(node['name']) : toAssigned(node)[0]
      const called = toCalled(node)
      if (called !== undefined && /(?:^document\.write(?:ln)?|\.insertAdjacentHTML)$/.test(called)) return [called]
      return name !== undefined && /^(?:innerHTML|outerHTML|srcdoc|dangerouslySetInnerHTML)$/.test(name) ? [name] : []
    },
  },
]

/** Every breach of the rules above in the code of `folder`. */
export async function findForbiddenCode(folder: string): Promise<readonly string[]> {
  const trees = await readTrees(folder, (path) => sourceRules.some((rule) => rule.paths.test(path)))
  const problems: string[] = []
  for (const { path, root } of trees) {
    const rules = sourceRules.filter((rule) => rule.paths.test(path) && rule.except?.test(path) !== true)
    for (const node of walkTree(root))
      for (const { name, because, find } of rules)
        for (const written of find(node)) problems.push(`${name}: ${path} has ${written}; ${because}`)
  }
  return problems
}

/** Name of what is called or made by this piece. */
function toCalled(node: SyntaxNode): string | undefined {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined
  return toDottedName(node['callee'])
}

function toArguments(node: SyntaxNode): readonly unknown[] {
  const given = node['arguments']
  if (!Array.isArray(given)) return []
  return given.map((argument: unknown) =>
    typeof argument === 'object' && argument !== null && 'expression' in argument ? argument.expression : undefined,
  )
}

/** Names that an import brings of matching modules, types left out; `*` for all of one. */
function listImports(node: SyntaxNode, modules: RegExp): readonly string[] {
  const isDynamic = node.type === 'CallExpression' && isNode(node['callee']) && node['callee'].type === 'Import'
  if (isDynamic) return modules.test(toWord(toArguments(node)[0]) ?? '') ? ['*'] : []
  if (node.type === 'ExportAllDeclaration') return modules.test(toWord(node['source']) ?? '') ? ['*'] : []
  const isStatic = node.type === 'ImportDeclaration' || node.type === 'ExportNamedDeclaration'
  if (!isStatic || node['typeOnly'] === true || !modules.test(toWord(node['source']) ?? '')) return []
  const specifiers: unknown[] = Array.isArray(node['specifiers']) ? node['specifiers'] : []
  return specifiers.flatMap((specifier) => {
    if (!isNode(specifier) || specifier['isTypeOnly'] === true) return []
    if (specifier.type !== 'ImportSpecifier' && specifier.type !== 'ExportSpecifier') return ['*']
    return [toWord(specifier['imported']) ?? toWord(specifier['orig']) ?? toWord(specifier['local']) ?? '*']
  })
}

/** Values that are passed, set or returned by this piece. */
function* toParts(node: SyntaxNode): Generator<unknown> {
  yield* toArguments(node)
  for (const part of ['init', 'value', 'right', 'argument']) yield node[part]
}

/** What is set by this piece, be it a field of an object or an assignment: the last word of its name, and the value. */
function toAssigned(node: SyntaxNode): readonly [name: string | undefined, value: unknown] {
  if (node.type === 'KeyValueProperty') return [toWord(node['key']), node['value']]
  if (node.type !== 'AssignmentExpression') return [undefined, undefined]
  const { left, right } = node
  if (!isNode(left) || left.type !== 'MemberExpression') return [undefined, undefined]
  const property = left['property']
  return [toWord(isNode(property) && property.type === 'Computed' ? property['expression'] : property), right]
}

function isText(value: unknown): boolean {
  return isNode(value) && value.type === 'StringLiteral'
}

function isJson(value: unknown): boolean {
  if (!isNode(value)) return false
  if (value.type === 'ParenthesisExpression') return isJson(value['expression'])
  return value.type === 'CallExpression' && toDottedName(value['callee']) === 'JSON.parse'
}

function isUnknown(type: unknown): boolean {
  return isNode(type) && type.type === 'TsKeywordType' && type['kind'] === 'unknown'
}

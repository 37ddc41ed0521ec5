// Secrets that would be published with the code: what secretlint knows, and what it lets pass. A line that only looks
// like one stands in security/secrets.json, with the reason. What was found is never repeated: a log is read by many.
import { readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { runSecretLint } from 'secretlint'
import { z } from 'zod'
import { listProjectFiles } from './project-files.ts'

const allowedShape = z.strictObject({
  comment: z.string(),
  allowed: z.array(
    z.strictObject({
      file: z.string(),
      rule: z.string(),
      /** Part of each line meant, so that another secret in the same file is not let through. */
      contains: z.string().min(8),
      because: z.string().min(20),
    }),
  ),
})

const reportShape = z.array(
  z.object({
    filePath: z.string(),
    /** Left out for pictures and the like, which are not looked through. */
    sourceContent: z.string().default(''),
    messages: z.array(z.object({ ruleId: z.string(), loc: z.object({ start: z.object({ line: z.number().int() }) }) })),
  }),
)

/** A place that looks like a secret. */
interface Finding {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** Name of the rule that found it, as in security/secrets.json. */
  readonly rule: string
  /** All of the line. */
  readonly text: string
}

/** What secretlint lets pass: looked for in single lines. The first group is what makes it a secret, if not all of it. */
const ownRules: readonly { readonly rule: string; readonly pattern: RegExp }[] = [
  { rule: 'aws-key-id', pattern: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/ },
  { rule: 'tencent-key-id', pattern: /\bAKID[A-Za-z0-9]{32}\b/ },
  // In code a key is often one string, its line ends written as \n.
  { rule: 'private-key', pattern: /-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/ },
  { rule: 'json-web-token', pattern: /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,2000}\.[\w-]{10,2000}/ },
  {
    rule: 'address-with-password',
    // What leads to this machine, or to a name that is reserved for examples, opens nothing.
    pattern:
      /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/'"`]{0,64}:[^\s@/'"`${}<>[\]*]{6,128}@(?!(?:[\w-]{1,63}\.){0,4}(?:localhost|example|test|invalid|example\.(?:com|net|org))\b|127\.|\[::1\]|[\w-]{1,63}(?:[:/'"`,]|$))/i,
  },
  {
    rule: 'named-key',
    pattern:
      /(?:key|secret|token|passw(?:or)?d|credential)s?['"]?\s{0,3}(?::|=>?)\s{0,3}['"`]?([0-9a-f]{32,128}|[A-Za-z0-9+/_-]{40,128}={0,2})(?![\w+/-])/i,
  },
]

const preset = '@secretlint/secretlint-rule-preset-recommend'
/** The lock file is checked by itself, and holds a checksum of 88 characters for every package. */
const isSkipped = (path: string) => path === 'package-lock.json'

/** Every line below `folder` that looks like a secret and is not allowed, and every allowance of one that is gone. */
export async function findSecrets(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'security/secrets.json'), 'utf8').catch(() => undefined)
  const allowed = text === undefined ? [] : allowedShape.parse(JSON.parse(text)).allowed
  const files = (await listProjectFiles(folder)).filter((path) => !isSkipped(path))
  const found = (await Promise.all([findKnown(folder, files), findOwn(folder, files)])).flat()
  const used = new Set<object>()
  const problems = found.flatMap(({ file, line, rule, text: where }) => {
    const allowance = allowed.find(
      (candidate) => candidate.file === file && candidate.rule === rule && where.includes(candidate.contains),
    )
    if (allowance) used.add(allowance)
    return allowance ? [] : [`${file}:${line} looks like a secret (${rule})`]
  })
  const gone = allowed.filter((allowance) => !used.has(allowance))
  return [...problems, ...gone.map(({ file, rule }) => `${file} has no such ${rule} any more: take it off the allowed`)]
}

async function findKnown(folder: string, files: readonly string[]): Promise<readonly Finding[]> {
  if (files.length === 0) return []
  const { stdout } = await runSecretLint({
    cliOptions: { cwd: folder, filePathOrGlobList: [...files], noGlob: true },
    engineOptions: {
      cwd: folder,
      formatter: 'json',
      color: false,
      maskSecrets: true,
      configFileJSON: { rules: [{ id: preset }] },
    },
  })
  const report = reportShape.parse(JSON.parse(stdout ?? '[]'))
  return report.flatMap(({ filePath, sourceContent, messages }) =>
    messages.map(({ ruleId, loc: { start } }) => ({
      file: relative(folder, filePath).replaceAll(sep, '/'),
      line: start.line,
      rule: ruleId.replace('@secretlint/secretlint-rule-', 'secretlint-'),
      text: sourceContent.split('\n')[start.line - 1] ?? '',
    })),
  )
}

async function findOwn(folder: string, files: readonly string[]): Promise<readonly Finding[]> {
  const found = files.map(async (file) => {
    const bytes = await readFile(join(folder, file))
    // Pictures and the like: nobody writes a key into one by mistake.
    if (bytes.includes(0)) return []
    return bytes
      .toString()
      .split('\n')
      .flatMap((text, index) =>
        ownRules
          .filter(({ pattern }) => isSecret(pattern.exec(text)))
          .map(({ rule }) => ({ file, line: index + 1, rule, text })),
      )
  })
  return (await Promise.all(found)).flat()
}

/** Whether a match is more than a row of keys on a keyboard, or a few letters over and over. */
function isSecret(match: RegExpExecArray | null): boolean {
  if (!match) return false
  const value = match[1]
  return value === undefined || (new Set(value).size > 8 && !/0123456789|1234567890/.test(value))
}

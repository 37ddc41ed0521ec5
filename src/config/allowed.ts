// What a schema allows, in words. Used for refusals and for the documentation alike, so that the two agree.
import { z } from 'zod'

/** JSON Schema of what stands in the settings file. */
export type FileSchema = z.core.JSONSchema.JSONSchema

/** The schema of what an operator writes, as data. */
export function toFileSchema(schema: z.ZodType): FileSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}

/** The schema at a path below; undefined where nothing is described. */
export function findSchema(schema: FileSchema, path: readonly PropertyKey[]): FileSchema | undefined {
  const [step, ...rest] = path
  if (step === undefined) return schema
  const options = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  for (const option of options) {
    const next =
      typeof step === 'number' ? option.items : (option.properties?.[String(step)] ?? option.additionalProperties)
    if (typeof next === 'object' && !Array.isArray(next)) return findSchema(next, rest)
  }
  return undefined
}

/** Names a mapping may have at a path; empty where any name goes. */
export function listNames(schema: FileSchema | undefined): readonly string[] {
  if (!schema) return []
  return [schema, ...(schema.anyOf ?? [])].flatMap((option) => Object.keys(option.properties ?? {}))
}

/** What a schema allows: `a whole number from 0 to 65535`. */
export function toAllowedText(schema: FileSchema): string {
  const own = schema['allowed']
  if (typeof own === 'string') return own
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return choices.map(toAllowedText).join(', or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return `one of ${schema.enum.join(', ')}`
  switch (schema.type) {
    case 'integer':
      return `a whole number${toBoundsText(schema)}`
    case 'number':
      return `a number${toBoundsText(schema)}`
    case 'boolean':
      return 'true or false'
    case 'null':
      return 'null'
    case 'array':
      return isSchema(schema.items) ? `a list; each: ${toAllowedText(schema.items)}` : 'a list'
    case 'object':
      return listNames(schema).length > 0 ? `a mapping of ${listNames(schema).join(', ')}` : 'a mapping'
    default:
      return toTextText(schema)
  }
}

function toBoundsText({ minimum, maximum }: FileSchema): string {
  // Whole numbers carry the bounds of exact arithmetic, which tell an operator nothing.
  const low = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`
  if (low !== undefined) return `, ${low} or more`
  return high === undefined ? '' : `, ${high} or less`
}

function toTextText({ format, minLength, maxLength }: FileSchema): string {
  if (format === 'uri') return 'an address beginning with "http://" or "https://"'
  if (minLength !== undefined && maxLength !== undefined) return `text of ${minLength} to ${maxLength} characters`
  if (maxLength !== undefined) return `text of at most ${maxLength} characters`
  if (minLength === undefined || minLength === 0) return 'text'
  return minLength === 1 ? 'text that is not empty' : `text of at least ${minLength} characters`
}

function isSchema(items: FileSchema['items']): items is FileSchema {
  return typeof items === 'object' && !Array.isArray(items)
}

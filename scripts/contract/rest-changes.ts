// Changes of the REST face, by its OpenAPI document. A document is laid out flat, one line for each thing that a client
// sends or reads, so that two of them can be held against each other name by name.
import { z } from 'zod'
import type { Changes } from './changes.ts'

/** A thing with a name: an operation, what is sent with it, or what is read of its answer. */
interface Thing {
  /** Whose word it is: a client may be asked for more only where it need not send, and be given less nowhere. */
  readonly side: 'sent' | 'read'
  readonly isRequired: boolean
  /** What it may be: `string`, `null`, or one of the words of an enum in quotes. */
  readonly kinds: ReadonlySet<string>
}

const schemaShape = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
})
const contentShape = z.record(z.string(), z.object({ schema: z.unknown() }))
const operationShape = z.object({
  parameters: z
    .array(z.object({ name: z.string(), in: z.string(), required: z.boolean().default(false), schema: z.unknown() }))
    .default([]),
  requestBody: z.object({ required: z.boolean().default(false), content: contentShape }).optional(),
  responses: z.record(z.string(), z.object({ content: contentShape.optional() })),
})
const documentShape = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationShape)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})

/** What became of a document. @param released and current parsed JSON */
export function findRestChanges(released: unknown, current: unknown): Changes {
  const before = listThings(documentShape.parse(released))
  const after = listThings(documentShape.parse(current))
  const breaking: string[] = []
  const dangerous: string[] = []
  for (const [name, thing] of before) {
    const now = after.get(name)
    if (!now) breaking.push(`REST: ${name} was removed.`)
    else {
      breaking.push(...compareThings(name, thing, now))
      if (thing.side === 'read')
        dangerous.push(
          ...[...now.kinds]
            .filter((kind) => isWord(kind) && !thing.kinds.has(kind))
            .map((kind) => `REST: ${name} may be ${kind} now.`),
        )
    }
  }
  for (const [name, thing] of after)
    if (!before.has(name) && thing.side === 'sent' && thing.isRequired && hasParent(name, before))
      breaking.push(`REST: ${name} is new and has to be sent.`)
  return { breaking, dangerous }
}

function compareThings(name: string, before: Thing, now: Thing): readonly string[] {
  if (before.side === 'sent') {
    const refused = [...before.kinds].filter((kind) => !now.kinds.has(kind))
    return [
      ...refused.map((kind) => `REST: ${name} may not be ${kind} any more.`),
      ...(now.isRequired && !before.isRequired ? [`REST: ${name} has to be sent now.`] : []),
    ]
  }
  const added = [...now.kinds].filter((kind) => !before.kinds.has(kind) && !isWord(kind))
  return [
    ...added.map((kind) => `REST: ${name} may be ${kind} now.`),
    ...(before.isRequired && !now.isRequired ? [`REST: ${name} may be left out now.`] : []),
  ]
}

/** A word of an enum: answers may have new ones, with which clients are told to live. */
function isWord(kind: string): boolean {
  return kind.startsWith('"')
}

/** Whether what holds the thing was there: what is required within something new asks nothing of anybody. */
function hasParent(name: string, things: ReadonlyMap<string, Thing>): boolean {
  const start = name.lastIndexOf(' ')
  const inner = Math.max(name.lastIndexOf('.'), name.endsWith('[]') ? name.length - 2 : 0)
  return things.has(name.slice(0, Math.max(start, inner)))
}

function listThings({ paths, components }: z.output<typeof documentShape>): ReadonlyMap<string, Thing> {
  const things = new Map<string, Thing>()

  function add(name: string, thing: Thing): void {
    const known = things.get(name)
    things.set(name, known ? { ...known, kinds: new Set([...known.kinds, ...thing.kinds]) } : thing)
  }

  /** Lays a schema out below `name`. @param within the named schemas that it stands in, which may hold themselves */
  function lay(name: string, schema: unknown, place: Omit<Thing, 'kinds'>, within: readonly string[] = []): void {
    const { $ref, type, enum: words, const: word, ...rest } = schemaShape.parse(schema ?? {})
    if ($ref !== undefined) {
      const referred = $ref.replace('#/components/schemas/', '')
      if (!within.includes(referred)) lay(name, components.schemas[referred], place, [...within, referred])
      return
    }
    const listed = words ?? (word === undefined ? undefined : [word])
    const kinds = listed?.map((value) => JSON.stringify(value)) ?? (type === undefined ? [] : [type].flat())
    add(name, { ...place, kinds: new Set(kinds) })
    for (const part of [rest.anyOf, rest.oneOf, rest.allOf].flatMap((parts) => parts ?? []))
      lay(name, part, place, within)
    if (rest.items !== undefined) lay(`${name}[]`, rest.items, { ...place, isRequired: true }, within)
    for (const [property, below] of Object.entries(rest.properties ?? {}))
      lay(`${name}.${property}`, below, { ...place, isRequired: rest.required?.includes(property) ?? false }, within)
  }

  for (const [path, methods] of Object.entries(paths))
    for (const [method, { parameters, requestBody, responses }] of Object.entries(methods)) {
      const operation = `${method.toUpperCase()} ${path}`
      add(operation, { side: 'sent', isRequired: false, kinds: new Set() })
      for (const { name, in: where, required, schema } of parameters)
        lay(`${operation} ${where}:${name}`, schema, { side: 'sent', isRequired: required })
      for (const [type, { schema }] of Object.entries(requestBody?.content ?? {}))
        lay(`${operation} body:${type}`, schema, { side: 'sent', isRequired: requestBody?.required ?? false })
      for (const [status, { content }] of Object.entries(responses))
        for (const [type, { schema }] of Object.entries(content ?? { none: { schema: {} } }))
          lay(`${operation} ${status}:${type}`, schema, { side: 'read', isRequired: true })
    }
  return things
}

// Documents by chance, always the same for a seed: about as many that may be executed as there are others.
import { createRandom } from '../rig/seeded-random.ts'

/** A generated question. */
export interface GeneratedQuestion {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly operationName?: string
}

/** Fields that need no provider and say the same whenever they are asked. */
const leaves = {
  Query: ['__typename'],
  Account: ['name', 'provider', '__typename', 'capabilities{capability supported}', 'quota{limit windowSeconds}'],
  Stream: ['id', 'key', 'domain', 'app', 'name', '__typename'],
} as const
type TypeName = keyof typeof leaves
/** Fields that lead on. */
const ways: Readonly<Record<TypeName, readonly (readonly [field: string, type: TypeName])[]>> = {
  Query: [
    ['accounts', 'Account'],
    ['accounts(names:["left","nobody"])', 'Account'],
    ['account(name:"left")', 'Account'],
    ['account(name:"nobody")', 'Account'],
    ['stream(account:"right",key:"k")', 'Stream'],
    ['stream(account:"right",key:"")', 'Stream'],
  ],
  Account: [],
  Stream: [['account', 'Account']],
}
/** What makes a document wrong, each in its own way. */
const flaws: readonly ((query: string) => string)[] = [
  (query) => query.replace('{', '{acount '),
  (query) => query.slice(0, -1),
  (query) => `${query}}`,
  (query) => query.replace('{', '{__schema{queryType{name}} '),
  (query) => query.replace('{', '{account '),
  (query) => query.replace('{', '{account(name:7){name} '),
  (query) => query.replace('{', '{...Missing '),
  (query) => query.replace('{', '{__typename @unknown '),
  (query) => query.replace('{', `{${'{a'.repeat(12).slice(1)}${'}'.repeat(11)} `),
  (query) => query.replace('{', `{${Array.from({ length: 31 }, (_, index) => `x${index}:__typename`).join(' ')} `),
  (query) => query.replace('{', '{liveStreams(first:300){nodes{recordings(first:300){nodes{id}}}} '),
  (query) => `${query} query Other{__typename}`,
  (query) => `mutation${query}`,
  (query) => query.replace('{', '{node(id:"x",id:"y"){id} '),
  (query) => query.replaceAll('{', '{ ...on Query '),
]

/** So many, no two alike. */
export function generateQuestions(count: number, seed: number): readonly GeneratedQuestion[] {
  const random = createRandom(seed)
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]
  const questions = new Map<string, GeneratedQuestion>()

  function writeFields(type: TypeName, levels: number): string {
    const fields: string[] = []
    const wanted = 1 + Math.floor(random() * 4)
    for (let index = 0; index < wanted; index += 1) {
      const alias = random() < 0.3 ? `a${Math.floor(random() * 1000)}:` : ''
      const directive = random() < 0.15 ? ` @${pick(['include(if:true)', 'skip(if:false)', 'include(if:$yes)'])}` : ''
      const way = levels > 0 && random() < 0.7 ? pick(ways[type]) : undefined
      if (way === undefined) fields.push(writeLeaf(type, alias, directive))
      else fields.push(`${alias || `w${index}:`}${way[0]}${directive}{${writeFields(way[1], levels - 1)}}`)
    }
    const text = fields.join(' ')
    return random() < 0.2 ? `...on ${type}{${text}}` : text
  }
  function writeLeaf(type: TypeName, alias: string, directive: string): string {
    const leaf = pick<string>(leaves[type]) ?? '__typename'
    return leaf.includes('{') ? alias + leaf : alias + leaf + directive
  }

  while (questions.size < count) {
    const name = `Q${questions.size}`
    const fields = `{${writeFields('Query', 3)}}`
    const needs = fields.includes('$yes')
    const whole = `query ${name}${needs ? '($yes:Boolean!)' : ''}${fields}`
    const flaw = random() < 0.5 ? pick(flaws) : undefined
    const query = flaw === undefined ? whole : flaw(whole)
    // Now and then a variable is not what it should be.
    const yes = random() < 0.1 ? 'yes' : true
    questions.set(query, {
      query,
      ...(needs && { variables: { yes } }),
      ...(random() < 0.1 && { operationName: random() < 0.5 ? name : 'Nobody' }),
    })
  }
  return [...questions.values()]
}

import { FAULT_KINDS, type Fault, MALFORMED_VARIANTS, RESET_POINTS, TYPE_VARIANTS } from './faults.ts'

type FieldCheck = (value: unknown) => string | undefined

const text: FieldCheck = (value) => (typeof value === 'string' ? undefined : 'must be a text')
const textOrNumber: FieldCheck = (value) => (typeof value === 'number' ? undefined : text(value))
const yesOrNo: FieldCheck = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false')

function oneOf(allowed: readonly string[]): FieldCheck {
  return (value) => (allowed.some((one) => one === value) ? undefined : `must be one of ${allowed.join(', ')}`)
}

function count(least: number, most = Number.MAX_SAFE_INTEGER): FieldCheck {
  return (value) =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `must be a whole number ${least}..${most}`
}

const FIELDS: Readonly<Record<keyof Fault, FieldCheck>> = {
  kind: oneOf(FAULT_KINDS),
  provider: oneOf(['tencent', 'chinanetcenter']),
  role: oneOf(['statistics', 'control', 'reports']),
  interface: text,
  stream: text,
  nth: count(1),
  skip: count(0),
  probability: (value) =>
    typeof value === 'number' && value > 0 && value <= 1 ? undefined : 'must be above 0, up to 1',
  times: count(1),
  at: oneOf(RESET_POINTS),
  delayMs: count(0),
  intervalMs: count(0),
  chunkBytes: count(1),
  bytes: count(0, 512 * 1024 * 1024),
  status: count(200, 599),
  code: textOrNumber,
  message: text,
  retryAfter: textOrNumber,
  variant: oneOf([...TYPE_VARIANTS, ...MALFORMED_VARIANTS]),
  location: text,
  takesEffect: yesOrNo,
}

/** Checks that a value is a fault that can be carried out. Throws TypeError naming the field and what it allows. */
export function checkFault(value: unknown): Fault {
  if (typeof value !== 'object' || value === null) throw new TypeError('a fault must be an object')
  const fault = value as Fault
  for (const [name, given] of Object.entries(value)) {
    const check = Object.hasOwn(FIELDS, name) ? FIELDS[name as keyof Fault] : undefined
    if (check === undefined) throw new TypeError(`a fault has no field ${name}`)
    const problem = given === undefined ? undefined : check(given)
    if (problem !== undefined) throw new TypeError(`${name} ${problem}`)
  }
  if (fault.kind === undefined) throw new TypeError(`kind must be one of ${FAULT_KINDS.join(', ')}`)
  const variants: readonly string[] = fault.kind === 'malformed' ? MALFORMED_VARIANTS : TYPE_VARIANTS
  if (fault.variant !== undefined && !variants.includes(fault.variant)) {
    throw new TypeError(`variant of ${fault.kind} must be one of ${variants.join(', ')}`)
  }
  if (fault.at === 'connect' && (fault.interface !== undefined || fault.stream !== undefined)) {
    throw new TypeError('a reset at connect strikes before any interface or stream is known')
  }
  return fault
}

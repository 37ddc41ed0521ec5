import type { Answer } from '../answer.ts'

/** Tencent's two hosts, each with its own envelope and its own numbers. */
export type TencentRole = 'statistics' | 'control'

/** The `ret` that comes with the access layer's texts. The vendor documents the texts only; this number is invented. */
export const ACCESS_RET = 9001

const SUCCESS_TEXT = { statistics: 'query data successfully', control: 'return successfully!' }

/** A business answer: HTTP 200 whatever `ret` says; the control host repeats `ret` and `message` under second names. */
export function toAnswer(role: TencentRole, ret: number | string, message: string, output?: unknown): Answer {
  const twins = role === 'control' ? { retcode: ret, errmsg: message } : {}
  const body = output === undefined ? { ret, ...twins, message } : { ret, ...twins, message, output }
  return {
    status: 200,
    // The vendor does not document the type; the control side is known to label JSON as text.
    contentType: role === 'control' ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8',
    body,
    verdict: 'answered',
    code: String(ret),
  }
}

/** A success with the host's documented text. */
export function toSuccess(role: TencentRole, output: unknown): Answer {
  return toAnswer(role, 0, SUCCESS_TEXT[role], output)
}

/** A refusal of the call by the business or the access layer. */
export function toRefusal(role: TencentRole, ret: number, message: string): Answer {
  return { ...toAnswer(role, ret, message), verdict: 'refused' }
}

/** A refusal below the business layer, with an HTTP status and a line of text. */
export function toHttpRefusal(status: number, text: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n`, verdict: 'refused', code: '' }
}

import { Problem } from '../protocol/types'
import type { Code } from '../store/api'
import { Failed } from '../store/failure'

/** What the worker is told where the server refuses, by the code of its problem. Whatever is not here is a program that
 * does not keep to the protocol, on either side. */
const codes: Record<string, Code> = {
  unauthorized: 'enrol-again', token_reused: 'enrol-again', code_invalid: 'code-refused',
  busy: 'busy', too_many_requests: 'busy', storage_full: 'busy', internal: 'busy',
}

/** The server does not answer as the protocol says. */
export const protocolBroken = (how: string): Failed => new Failed('protocol', `the server does not answer as it should: ${how}`)

/** Makes what the app is told of whatever a sync failed with. */
export function failureFrom(err: unknown): unknown {
  return err instanceof Problem ? new Failed(codes[err.code] ?? 'protocol', err.message) : err
}

export const hasCode = (err: unknown, code: string): err is Problem => err instanceof Problem && err.code === code

import type { Code, Failure } from './api'

/** A Failed is a Failure inside the store: it is thrown, and crosses to the app as plain data. */
export class Failed extends Error {
  constructor(readonly code: Code, detail: string, readonly more: { field?: string; until?: number } = {}) {
    super(detail)
  }

  get failure(): Failure {
    return { code: this.code, detail: this.message, ...this.more }
  }
}

/** Gives what crosses to the app of whatever was thrown. What nobody foresaw is an internal error; its text stays here. */
export function failureOf(e: unknown): Failure {
  if (e instanceof Failed) return e.failure
  return { code: 'internal', detail: e instanceof Error ? `${e.name}: ${e.message}` : 'something unknown was thrown' }
}

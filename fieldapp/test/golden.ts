// Where the tests find what every implementation of the contract is held to.

import { webcrypto } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { env } from 'node:process'

globalThis.crypto ??= webcrypto // Node.js 18 has it, and not by that name

const testdata = env['SATCHEL_TESTDATA'] ?? '../syncproto/testdata'

export const golden = (path: string): string => readFileSync(`${testdata}/${path}`, 'utf8')

export const frames = (prefix: string): string[] =>
  readdirSync(`${testdata}/frames`).filter((name) => name.startsWith(prefix) && name.endsWith('.jsonl'))

export const cases = <T>(path: string): T[] => (JSON.parse(golden(path)) as { cases: T[] }).cases

/** A stream of a text, in chunks of so many bytes. */
export async function* stream(text: string, chunk = 1000): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let i = 0; i < bytes.length; i += chunk) yield bytes.subarray(i, i + chunk)
}

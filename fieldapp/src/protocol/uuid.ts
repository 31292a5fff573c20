import type { Branch, ID } from './types'
import { hex, joined, sha256, unhex, utf8 } from './bytes'

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const isID = (text: string): boolean => form.test(text)

export const idBytes = (id: ID) => unhex(id.replaceAll('-', ''))

export function idOf(bytes: Uint8Array): ID {
  const digits = hex(bytes)
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20, 32)].join('-')
}

/** The first 48 bits: the time of a UUIDv7, in milliseconds. */
export const idTime = (id: ID): number => parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

/** A UUIDv7 of this time. */
export function newID(env: { now(): number; random(bytes: number): Uint8Array }): ID {
  const bytes = new Uint8Array(16)
  const time = Math.max(env.now(), 0)
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(time / 2 ** (8 * (5 - i))) % 256
  bytes.set(env.random(10), 6)
  return marked(bytes, 7)
}

/** The identity of a branch: it follows from where the branch parts, so that every copy names the same changes the same. */
export async function branchDevice(branch: Branch): Promise<ID> {
  const sum = await sha256(joined(utf8('branch'), idBytes(branch.of), unhex(branch.first)))
  return marked(sum.slice(0, 16), 8)
}

/** Sets the version and the variant of RFC 9562. */
function marked(bytes: Uint8Array, version: number): ID {
  bytes[6] = (bytes[6]! & 0x0f) | (version << 4)
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return idOf(bytes)
}

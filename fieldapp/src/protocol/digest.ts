// A digest is a sum over records that does not depend on their order: whoever has an equal one holds the same. It is a
// number of 128 bits, here a bigint, that travels as unpadded base64url.

import type { Cell, Digest, Pulled } from './types'
import { objectText } from './chain'
import { base64url, hex, sha256, unbase64url, unhex, utf8 } from './bytes'

const modulus = 1n << 128n

/** The digest of one record, all of whose fields are given. */
export async function digestOf(r: Pick<Pulled, 'collection' | 'id' | 'deleted' | 'fields'>): Promise<bigint> {
  const text = `[${JSON.stringify(r.collection)},"${r.id}",${r.deleted},${objectText(r.fields, cellText)}]`
  return BigInt('0x' + hex((await sha256(utf8(text))).subarray(0, 16)))
}

const cellText = (c: Cell): string =>
  `[${c.value || 'null'},"${c.version}",${c.time},${JSON.stringify(c.same)},${JSON.stringify(c.open)}]`

export const plus = (a: bigint, b: bigint): bigint => (a + b) % modulus

export const minus = (a: bigint, b: bigint): bigint => (a - b + modulus) % modulus

export const digestText = (d: bigint): Digest => base64url(unhex(d.toString(16).padStart(32, '0')))

/** Fails on what is not a digest. */
export function parseDigest(text: Digest): bigint {
  const bytes = unbase64url(text)
  if (bytes.length !== 16) throw new Error('a digest has 16 bytes')
  return BigInt('0x' + hex(bytes))
}

// What the records of an area add up to is kept as they are written, so that the end of a sync does not have to open them
// all. The sums are sealed: a digest tells whoever has a guess whether it is right.
import { digestText, minus, parseDigest, plus } from '../protocol/digest'
import type { Digest, ID } from '../protocol/types'
import type { Tx } from './tx'

/** Takes a record's digest out of the sum of the area where it was, and adds what it is now to that where it is. */
export async function addUp(t: Tx, was: { area: ID; digest: Digest } | null, is: { area: ID; digest: Digest } | null): Promise<void> {
  if (was) t.sums.set(was.area, minus(await sumOf(t, was.area), parseDigest(was.digest)))
  if (is) t.sums.set(is.area, plus(await sumOf(t, is.area), parseDigest(is.digest)))
}

/** What the pulled records of an area add up to. */
export async function sumOf(t: Tx, area: ID): Promise<bigint> {
  const known = t.sums.get(area)
  if (known !== undefined) return known
  const row = t.db.one<{ sealed: Uint8Array }>('SELECT sealed FROM sums WHERE area = ?', area)
  return row ? parseDigest(await t.box.unpack<Digest>('sums', area, row.sealed)) : 0n
}

/** Writes the sums that a transaction changed. */
export async function flushSums(t: Tx): Promise<void> {
  for (const [area, sum] of t.sums) {
    t.db.exec('INSERT INTO sums (area, sealed) VALUES (?, ?) ON CONFLICT (area) DO UPDATE SET sealed = excluded.sealed',
      area, await t.box.pack('sums', area, digestText(sum)))
  }
}

import { hex, sha256 } from '../protocol/bytes'
import { keptDays } from '../protocol/limits.gen'
import { collections } from '../protocol/registry.gen'
import type { Change } from '../protocol/types'
import { changes, dayMs, type Kept } from './changes'
import { drafts } from './drafts'
import { Failed } from './failure'
import type { Tx } from './tx'

/** How much of a proof stands in one row, in bytes. */
export const chunkBytes = 256 << 10

/** A Proof is a photo or signature that the tablet keeps. */
export interface Proof {
  sha256: string
  mediaType: string
  size: number
  /** How many bytes of it the office has. */
  sent: number
  /** Why the office did not take it when it was last asked, '' where it wants it. */
  refused: string
}

/** Keeps content, and gives the SHA-256 of it in hex. What is there already is not kept twice. The office wants it once a form
 * is saved that names it. */
export async function keepProof(t: Tx, content: Uint8Array<ArrayBuffer>, mediaType: string): Promise<string> {
  const sum = hex(await sha256(content))
  if (t.db.one('SELECT 1 FROM proofs WHERE sha256 = ?', sum)) return sum
  t.db.exec("INSERT INTO proofs (sha256, media_type, size, at, sent, refused, kept_until) VALUES (?, ?, ?, ?, 0, 'unnamed', 0)",
    sum, mediaType, content.length, t.env.now())
  for (let n = 0; n * chunkBytes < content.length; n++) {
    const chunk = content.subarray(n * chunkBytes, (n + 1) * chunkBytes)
    t.db.exec('INSERT INTO chunks (sha256, n, sealed) VALUES (?, ?, ?)', sum, n, await t.box.seal('chunks', `${sum}/${n}`, chunk))
  }
  return sum
}

/** Gives what is kept under a SHA-256, null if nothing is. */
export async function proof(t: Tx, sum: string): Promise<{ content: Uint8Array<ArrayBuffer>; mediaType: string } | null> {
  const found = t.db.one<{ media_type: string; size: number }>('SELECT media_type, size FROM proofs WHERE sha256 = ?', sum)
  if (!found) return null
  return { content: await proofPart(t, sum, 0, found.size), mediaType: found.media_type }
}

/** Gives a part of a proof's content, up to its end. */
export async function proofPart(t: Tx, sum: string, from: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const first = Math.floor(from / chunkBytes)
  const rows = t.db.rows<{ n: number; sealed: Uint8Array }>('SELECT n, sealed FROM chunks WHERE sha256 = ? AND n BETWEEN ? AND ? ORDER BY n',
    sum, first, Math.floor((from + bytes - 1) / chunkBytes))
  const parts = await Promise.all(rows.map(({ n, sealed }) => t.box.open('chunks', `${sum}/${n}`, sealed)))
  const all = new Uint8Array(await new Blob(parts).arrayBuffer())
  return all.subarray(from - first * chunkBytes, from - first * chunkBytes + bytes)
}

/** Gives the proofs that the office does not have and may want, the oldest first: also those that no record named when it
 * was last asked, or that no form named when they were kept, because one may name them by now; and those that are damaged,
 * because another tablet may have brought them, or no record name them any more. */
export function wantedProofs(t: Tx): Proof[] {
  return t.db.rows<Proof>('SELECT sha256, media_type AS mediaType, size, sent, refused FROM proofs WHERE kept_until = 0 ORDER BY at, sha256')
}

/** Whether the content of a proof is damaged, as far as is known. */
export const isDamaged = (proof: Proof): boolean => !['', 'unnamed'].includes(proof.refused)

export const countUnsentProofs = (t: Tx): number =>
  t.db.count("SELECT count(*) AS n FROM proofs WHERE kept_until = 0 AND refused <> 'unnamed'")

/** Notes how many bytes of a proof the office has. */
export function setSent(t: Tx, sum: string, bytes: number): void {
  t.db.exec("UPDATE proofs SET sent = ?, refused = '' WHERE sha256 = ?", bytes, sum)
}

/** Notes that the office has a proof. now is the server's clock. */
export function setReceived(t: Tx, sum: string, now: number): void {
  t.db.exec("UPDATE proofs SET sent = size, refused = '', kept_until = ? WHERE sha256 = ?", now + keptDays * dayMs, sum)
}

/** Notes why the office does not take a proof, which is kept: unnamed, because no record names it any more, or that its
 * content is damaged. */
export function setRefused(t: Tx, sum: string, code: string): void {
  if (code === '') throw new Failed('internal', 'a refusal has a code')
  t.db.exec('UPDATE proofs SET refused = ? WHERE sha256 = ?', code, sum)
}

/** Has every proof sent again: the office was restored, or has lost some of them. */
export function unsendProofs(t: Tx): void {
  t.db.exec('UPDATE proofs SET sent = 0, kept_until = 0')
}

/** The fields that name proofs, by collection. */
const naming = new Map(collections.map((c) => [c.name, c.fields.filter((f) => f.proofs).map((f) => f.name)] as const)
  .filter(([, fields]) => fields.length > 0))

/** Gives the changes that are kept of records that may name proofs, the oldest first. */
export const namingChanges = (t: Tx): Promise<Kept[]> =>
  changes(t, `WHERE collection IN (${[...naming].map(() => '?').join()}) ORDER BY rowid`, ...naming.keys())

/** Gives the SHA-256 of what a change names. */
export const namedBy = (c: Pick<Change, 'collection' | 'fields'>): string[] =>
  (naming.get(c.collection) ?? []).flatMap((field) => namesIn(JSON.parse(c.fields[field] ?? 'null')))

/** The SHA-256 of whatever a value names. */
function namesIn(x: unknown): string[] {
  if (typeof x !== 'object' || x === null) return []
  const { sha256 } = x as { sha256?: unknown }
  return [...(typeof sha256 === 'string' ? [sha256] : []), ...Object.values(x).flatMap(namesIn)]
}

/** Notes that the office will want what a change names that is made now. */
export function nameProofs(t: Tx, c: Change): void {
  for (const sum of namedBy(c)) t.db.exec("UPDATE proofs SET refused = '' WHERE sha256 = ? AND refused = 'unnamed'", sum)
}

/** For how many days a proof is kept that nothing names. */
const spareDays = 30

/** Drops the proofs that the office has had for long enough, and those that neither a change nor a draft has named for long.
 * now is the server's clock. */
export async function dropOldProofs(t: Tx, now: number): Promise<void> {
  t.db.exec('DELETE FROM proofs WHERE kept_until BETWEEN 1 AND ?', now)
  const old = t.db.rows<{ sha256: string }>('SELECT sha256 FROM proofs WHERE kept_until = 0 AND at < ?', t.env.now() - spareDays * dayMs)
  if (old.length === 0) return
  const named = new Set([...(await namingChanges(t)).flatMap(namedBy), ...(await drafts(t)).flatMap((draft) => namesIn(draft.content))])
  for (const { sha256 } of old) if (!named.has(sha256)) t.db.exec('DELETE FROM proofs WHERE sha256 = ?', sha256)
}

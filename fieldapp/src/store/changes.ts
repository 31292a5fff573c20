import { chain } from '../protocol/chain'
import { keptDays } from '../protocol/limits.gen'
import { deletedField, type Change, type Hash, type ID, type Receipt, type Tip, type Version } from '../protocol/types'
import { versionOf } from '../protocol/version'
import type { Exchange, Identity } from './properties'
import type { Param } from './sql'
import type { Tx } from './tx'

/** A Kept change is one of this tablet and what has become of it. */
export interface Kept extends Change {
  device: ID
  /** The rolling hash before the change, and with it. */
  prev: Hash
  hash: Hash
  /** '' while the change is in the outbox, then one of ReceiptStatus. */
  status: string
  /** Those of the receipt. */
  time: number
  code: string
}

/** The sealed part of a change. */
type Body = Pick<Kept, 'author' | 'prev' | 'hash' | 'fields' | 'base' | 'seen'>

/** A Verdict is what a receipt says for people, and which fields it found in conflict. */
export interface Verdict {
  reason: string
  conflicts: string[]
}

export const dayMs = 24 * 60 * 60 * 1000

/** The version that a change has. */
export const versionIs = (c: Kept): Version => versionOf(c.device, c.n, c.hash)

/** Where a change is kept. */
export const place = (device: ID, n: number): string => `${device}:${n}`

/** The time of a change: the one that a server decided or, before that, the claimed one. */
export const timeOf = (c: Kept): number => (c.status === '' ? c.claimed : c.time)

const columns = 'device, n, form, record, collection, claimed, status, time, code, sealed'

type ChangeRow = Omit<Kept, keyof Body> & { sealed: Uint8Array }

/** Gives the changes that a condition finds, such as 'WHERE record = ?'. */
export async function changes(t: Tx, where: string, ...params: Param[]): Promise<Kept[]> {
  const rows = t.db.rows<ChangeRow>(`SELECT ${columns} FROM changes ${where}`, ...params)
  return Promise.all(rows.map(async ({ sealed, ...row }) => (
    { ...row, ...(await t.box.unpack<Body>('changes', place(row.device, row.n), sealed)) })))
}

/** Puts a change behind another one in the rolling hash, which gives it its name. */
export async function follow(prev: Hash, c: Change & { device: ID }): Promise<Kept> {
  return { ...c, prev, hash: await chain(prev, c), status: '', time: 0, code: '' }
}

/** Writes a change into the outbox. */
export async function addChange(t: Tx, c: Kept): Promise<void> {
  t.db.exec(`INSERT INTO changes (device, n, form, record, collection, claimed, status, time, code, kept_until, laid, sealed, verdict)
VALUES (?, ?, ?, ?, ?, ?, '', 0, '', 0, 1, ?, x'')`,
  c.device, c.n, c.form, c.record, c.collection, c.claimed, await sealChange(t, c))
}

/** Gives what is sealed of a change. */
export function sealChange(t: Tx, { author, prev, hash, fields, base, seen, device, n }: Kept): Promise<Uint8Array> {
  return t.box.pack('changes', place(device, n), { author, prev, hash, fields, base, seen } satisfies Body)
}

/** Gives the changes that are laid over a record, in the order in which they were made. */
export const laidOver = (t: Tx, collection: string, record: ID): Promise<Kept[]> =>
  changes(t, 'WHERE laid = 1 AND collection = ? AND record = ? ORDER BY rowid', collection, record)

/** Gives, by record, the changes that are laid over the records of a collection. */
export async function laidOverAll(t: Tx, collection: string): Promise<Map<ID, Kept[]>> {
  const out = new Map<ID, Kept[]>()
  for (const c of await changes(t, 'WHERE laid = 1 AND collection = ? ORDER BY rowid', collection)) {
    out.set(c.record, [...(out.get(c.record) ?? []), c])
  }
  return out
}

/** Gives the number and hash of the tablet's last change. */
export async function last(t: Tx, me: Identity, x: Exchange): Promise<Tip> {
  const [found] = await changes(t, 'WHERE device = ? AND n > ? ORDER BY n DESC LIMIT 1', me.device, x.known.n)
  return found ? { n: found.n, hash: found.hash } : x.known
}

/** Counts the changes that no server has acknowledged. */
export const unsent = (t: Tx): number => t.db.count("SELECT count(*) AS n FROM changes WHERE status = ''")

/** Writes down what a server says of a change. now is the server's clock. */
export async function setReceipt(t: Tx, device: ID, r: Receipt, now: number): Promise<void> {
  const sealed = await t.box.pack('verdicts', place(device, r.n), { reason: r.reason, conflicts: r.conflicts } satisfies Verdict)
  t.db.exec(`UPDATE changes SET status = ?, time = ?, code = ?, verdict = ?, laid = laid AND ?,
    kept_until = CASE WHEN kept_until = 0 THEN ? ELSE kept_until END
WHERE device = ? AND n = ?`, r.status, r.time, r.code, sealed, r.status !== 'discarded', now + keptDays * dayMs, device, r.n)
}

/** Gives what a receipt said of a change. */
export const verdict = (t: Tx, device: ID, n: number, sealed: Uint8Array): Promise<Verdict> =>
  t.box.unpack('verdicts', place(device, n), sealed)

/** Reports whether a change of this tablet was found to contest the deletion of a record. */
export async function contested(t: Tx, record: ID): Promise<boolean> {
  const rows = t.db.rows<{ device: ID; n: number; verdict: Uint8Array }>(
    "SELECT device, n, verdict FROM changes WHERE record = ? AND status = 'applied' AND length(verdict) > 0", record)
  for (const row of rows) {
    if ((await verdict(t, row.device, row.n, row.verdict)).conflicts.includes(deletedField)) return true
  }
  return false
}

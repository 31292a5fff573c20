// Former identities: those that the tablet had before, as after having been copied or enrolled again. What was recorded
// under one keeps its name, and is handed in under it, the oldest identity first, because later ones may build on it.

import { noHash, type ID, type Tip } from '../protocol/types'
import { exchange, property, setProperty, type Former } from '../store/properties'
import type { Tx } from '../store/tx'

export const nowhere: Tip = { n: 0, hash: noHash }

export const sameTip = (a: Tip, b: Tip): boolean => a.n === b.n && a.hash === b.hash

export const formers = async (t: Tx): Promise<Former[]> => (await property(t, 'formers')) ?? []

/** Makes the identity that the tablet has a former one. The one that follows it has no changes. */
export async function retire(t: Tx, was: ID): Promise<void> {
  const x = await exchange(t)
  const proof = (await property(t, 'tokens'))?.refresh ?? ''
  const { known, epoch, mark } = x
  const retired: Former = { device: was, proof, branch: null, from: '', behind: nowhere, known, epoch, mark, due: true }
  await setProperty(t, 'formers', [...(await formers(t)), retired])
  await setProperty(t, 'exchange', { ...x, known: nowhere, mark: '' })
}

/** The former identity whose turn it is to hand in, null if none has anything to say. asked are those that were told in this
 * sync what became of their held changes. */
export function nextFormer(t: Tx, all: Former[], asked: (device: ID) => boolean): Former | null {
  const count = (f: Former, condition: string, ...params: number[]): number =>
    t.db.count(`SELECT count(*) AS n FROM changes WHERE device = ? AND ${condition}`, f.device, ...params)
  const speaks = (f: Former): boolean =>
    (f.due && count(f, 'TRUE') > 0) ||
    count(f, 'n > ?', f.known.n) > 0 ||
    (!asked(f.device) && count(f, "status IN ('held', 'waiting')") > 0)
  return all.find(speaks) ?? null
}

/** Has every former identity asked for again whose last exchange was in another epoch; tells whether any is left to ask for. */
export async function setDue(t: Tx, epoch: string): Promise<boolean> {
  const all = (await formers(t)).map((f) => ({ ...f, due: f.due || f.epoch !== epoch }))
  if (all.length === 0) return false
  await setProperty(t, 'formers', all)
  return nextFormer(t, all, () => true) !== null
}

/** Changes what is kept of a former identity. */
export async function setFormer(t: Tx, device: ID, change: Partial<Former>): Promise<void> {
  const all = await formers(t)
  await setProperty(t, 'formers', all.map((f) => (f.device === device ? { ...f, ...change } : f)))
}

/** The last change of one of the tablet's identities that the server is known to have. */
async function knownOf(t: Tx, device: ID): Promise<Tip> {
  return ((await formers(t)).find((f) => f.device === device) ?? (await exchange(t))).known
}

/** Notes the last change of one of the tablet's identities that the server is known to have. */
export async function setKnown(t: Tx, device: ID, known: Tip): Promise<void> {
  if ((await formers(t)).some((f) => f.device === device)) await setFormer(t, device, { known })
  else await setProperty(t, 'exchange', { ...(await exchange(t)), known })
}

/** Has one of the tablet's identities know of no more than tip. */
export async function forgetKnown(t: Tx, device: ID, tip: Tip): Promise<void> {
  if ((await knownOf(t, device)).n > tip.n) await setKnown(t, device, tip)
}

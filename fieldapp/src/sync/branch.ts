// Branches: what this tablet recorded behind a place where a copy of it has gone on otherwise gets other names, which
// follow from where it parts, so that every copy names the same changes the same.

import type { Branch, ID, Tip, Version, Versions } from '../protocol/types'
import { dict } from '../protocol/types'
import { branchDevice } from '../protocol/uuid'
import { addChange, changes, follow, timeOf, versionIs, type Kept } from '../store/changes'
import { property, setProperty, type Former } from '../store/properties'
import { forEach, refresh } from '../store/rows'
import type { Tx } from '../store/tx'
import { forgetKnown, formers, nowhere, sameTip, setFormer } from './former'

/** The new names of changes, by their old ones. */
type Names = Map<Version, Version>

/** Makes the changes of a former identity behind tip a branch, and puts them into the outbox. */
export async function branchOff(t: Tx, was: ID, tip: Tip): Promise<void> {
  await forgetKnown(t, was, tip)
  const moved = await takeOut(t, was, tip.n)
  if (moved.length === 0) return
  const all = await formers(t)
  const at = all.findIndex((f) => f.device === was)
  const parent = all[at]!
  const branch: Branch = { of: parent.branch?.of ?? was, first: moved[0]!.hash }
  const device = await branchDevice(branch)
  const later = await behind(t, all.slice(at + 1))
  const added: Former = { device, proof: '', branch, from: was, behind: tip, known: nowhere, epoch: parent.epoch, mark: '', due: false }
  await setProperty(t, 'formers', [...all.slice(0, at + 1), added, ...all.slice(at + 1)])
  await rename(t, moved, device, nowhere, later)
}

/** Undoes branchOff for a branch, and for those that parted from it, if the tablet has kept enough to get the names back
 * that its changes had. */
export async function join(t: Tx, device: ID): Promise<void> {
  for (const f of await formers(t)) {
    if (f.from === device) await join(t, f.device)
  }
  const all = await formers(t)
  const at = all.findIndex((f) => f.device === device)
  const f = all[at]!
  if (!all.some((other) => other.device === f.from) || !(await fits(t, f))) return
  const later = await behind(t, all.slice(at + 1))
  await setProperty(t, 'formers', all.filter((other) => other !== f))
  await setFormer(t, f.from, { due: true })
  await rename(t, await takeOut(t, device, 0), f.from, f.behind, later)
}

/** Whether the tablet has the first change of a branch, and the one behind which it parted as the last of the identity from
 * which it did. */
async function fits(t: Tx, f: Former): Promise<boolean> {
  const [first] = await changes(t, 'WHERE device = ? AND n = 1', f.device)
  const last = (await tips(t, f.from)).at(-1)
  if (!first || (last && !sameTip(last, f.behind))) return false
  const was = await placed(first, f.from, f.behind, first.n, new Map())
  return was.hash === f.branch?.first
}

/** The places in the history of an identity at which the tablet knows its rolling hash, in order. */
export async function tips(t: Tx, device: ID): Promise<Tip[]> {
  const all = await changes(t, 'WHERE device = ? ORDER BY n', device)
  return all.flatMap((c, i): Tip[] => {
    const here = { n: c.n, hash: c.hash }
    const gap = c.n > 1 && all[i - 1]?.n !== c.n - 1
    return gap ? [{ n: c.n - 1, hash: c.prev }, here] : [here]
  })
}

/** Some former identities, and the present one. */
async function behind(t: Tx, some: Former[]): Promise<ID[]> {
  const me = await property(t, 'identity')
  return [...some.map((f) => f.device), ...(me ? [me.device] : [])]
}

/** Puts changes that were taken out into the outbox of another identity, behind tip. later are the identities whose changes
 * may name them. */
async function rename(t: Tx, moved: Kept[], to: ID, tip: Tip, later: ID[]): Promise<void> {
  const names: Names = new Map()
  await putBack(t, moved, to, tip, names)
  for (const device of later) await renameIn(t, device, names)
  await forEach(t, refresh, "SELECT DISTINCT record AS id, collection FROM changes WHERE status = ''")
}

/** Has the changes of an identity call others by their new names, which gives them, and those behind them, new names too. A
 * server that has not the others has none of those that name them, nor what follows. */
async function renameIn(t: Tx, device: ID, names: Names): Promise<void> {
  const all = await changes(t, 'WHERE device = ? ORDER BY n', device)
  const first = all.findIndex((c) => mentions(c, names))
  if (first < 0) return
  const moved = all.slice(first)
  const before = { n: moved[0]!.n - 1, hash: moved[0]!.prev }
  await forgetKnown(t, device, before)
  await takeOut(t, device, before.n)
  await putBack(t, moved, device, before, names)
}

/** Puts changes into the outbox of an identity, behind tip, and notes the names that they get. */
async function putBack(t: Tx, moved: Kept[], to: ID, tip: Tip, names: Names): Promise<void> {
  for (const c of moved) {
    const now = await placed(c, to, tip, moved[0]!.n, names)
    names.set(versionIs(c), versionIs(now))
    tip = { n: now.n, hash: now.hash }
    await addChange(t, now)
  }
}

/** Gives the changes of an identity behind n, and deletes them. */
async function takeOut(t: Tx, device: ID, n: number): Promise<Kept[]> {
  const out = await changes(t, 'WHERE device = ? AND n > ? ORDER BY n', device, n)
  t.db.exec('DELETE FROM changes WHERE device = ? AND n > ?', device, n)
  return out
}

/** A change as the next one behind tip of an identity, with all that it says of others by their new names. Those from a
 * number on come with it; before that its form stays where it was. */
function placed(c: Kept, to: ID, tip: Tip, from: number, names: Names): Promise<Kept> {
  const n = tip.n + 1
  const form = c.form >= from ? c.form + n - c.n : to === c.device ? c.form : n
  const { collection, record, author, fields } = c
  return follow(tip.hash, {
    device: to, n, form, collection, record, author, fields, claimed: timeOf(c),
    base: renamed(c.base, names), seen: renamed(c.seen, names),
  })
}

const renamed = (by: Versions, names: Names): Versions =>
  dict(Object.entries(by).map(([field, list]) => [field, list.map((v) => names.get(v) ?? v)]))

const mentions = (c: Kept, names: Names): boolean =>
  [c.base, c.seen].some((by) => Object.values(by).some((list) => list.some((v) => (names.get(v) ?? v) !== v)))

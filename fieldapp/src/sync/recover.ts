// What a refusal asks for, so that the exchange can be tried again: sending again to a server that was restored, parting
// from the history of a copy of the tablet, or from that of a server that is another one.

import type { ID, Tip } from '../protocol/types'
import { Problem } from '../protocol/types'
import { changes } from '../store/changes'
import type { Former } from '../store/properties'
import { setProperty } from '../store/properties'
import { forEach, refresh } from '../store/rows'
import type { Tx } from '../store/tx'
import { branchOff, join, tips } from './branch'
import { hasCode } from './failures'
import { formers, nowhere, sameTip, setDue, setKnown } from './former'
import { formerRequest, type Job } from './job'
import type { Run } from './run'

/** Does what a refusal asks for, or throws it. */
export async function recover(run: Run, job: Job, refused: unknown): Promise<void> {
  if (hasCode(refused, 'forbidden') && job.former) {
    // The server does not know its own proof: it is another one, and has nothing of what the identity recorded.
    const { device } = job.former
    return run.store.write((t) => branchOff(t, device, nowhere))
  }
  if (hasCode(refused, 'resend_from') && refused.tip) return resend(run, job, refused.tip)
  if (hasCode(refused, 'device_forked') && refused.tip) return part(run, job, refused.tip)
  throw refused
}

/** Puts back into the outbox what a server that was restored has lost of an identity: all behind tip. If the tablet has not
 * kept all of it, or has another history, it parts there. */
async function resend(run: Run, job: Job, tip: Tip): Promise<void> {
  run.recovering(job.request.device)
  const same = await run.store.write(async (t) => {
    const keeps = await keepsFrom(t, job, tip)
    if (keeps) await unsend(t, job.request.device, tip)
    return keeps
  })
  if (!same) await part(run, job, tip)
}

/** Whether the tablet has everything behind tip that it ever sent, and the same history before it. */
async function keepsFrom(t: Tx, job: Job, tip: Tip): Promise<boolean> {
  const { device, known } = job.request
  const kept = t.db.count('SELECT count(*) AS n FROM changes WHERE device = ? AND n > ? AND n <= ?', device, tip.n, known.n)
  const [next] = await changes(t, 'WHERE device = ? AND n = ?', device, tip.n + 1)
  return kept === known.n - tip.n && next?.prev === tip.hash
}

/** Puts the changes of an identity behind tip back into the outbox. A server that lost them may have lost some of the other
 * identities' too. */
async function unsend(t: Tx, device: ID, tip: Tip): Promise<void> {
  await setKnown(t, device, tip)
  await setDue(t, '')
  t.db.exec(`UPDATE changes SET status = '', laid = 1, claimed = CASE WHEN time > 0 THEN time ELSE claimed END
WHERE device = ? AND n > ?`, device, tip.n)
  await forEach(t, refresh, 'SELECT DISTINCT record AS id, collection FROM changes WHERE device = ? AND n > ?', device, tip.n)
}

/** Parts from a history that somebody else, a copy of the tablet, has gone on with. tip is where the server says that this
 * is, or where it begins to have another history. */
async function part(run: Run, job: Job, tip: Tip): Promise<void> {
  const { device } = job.request
  run.recovering(device)
  if (await askEarlier(run, device)) return
  if (!job.former) await run.becomeSomebodyNew()
  const common = await lastCommon(run, job, tip)
  await run.store.write((t) => branchOff(t, device, common))
}

/** Has the former identities before another one asked first whether the server still has what they recorded, of those that
 * were not in this sync, and reports whether there are any. What parts from one of them gets other names, also where changes
 * of the other one name it. */
function askEarlier(run: Run, device: ID): Promise<boolean> {
  return run.store.write(async (t) => {
    const all = await formers(t)
    const at = all.findIndex((f) => f.device === device)
    const asks = (f: Former, i: number): boolean =>
      (at < 0 || i < at) && !run.asked.has(f.device) && t.db.count('SELECT count(*) AS n FROM changes WHERE device = ?', f.device) > 0
    await setProperty(t, 'formers', all.map((f, i) => (asks(f, i) ? { ...f, due: true } : f)))
    return all.some(asks)
  })
}

/** Finds the last change of a former identity that the server has too. That is tip, unless the server has another history
 * before what it was said to have; then the tablet asks for changes that it has kept, by bisection. */
async function lastCommon(run: Run, job: Job, tip: Tip): Promise<Tip> {
  const { device, known } = job.request
  const { f, all } = await run.store.read(async (t) => (
    { f: (await formers(t)).find((f) => f.device === device), all: await tips(t, device) }))
  if (!f || tip.n >= known.n || all.some((kept) => sameTip(kept, tip))) return tip
  let common = nowhere
  for (let kept = all; kept.length > 0;) {
    const middle = kept.length >> 1
    if (await has(run, f, kept[middle]!)) {
      common = kept[middle]!
      kept = kept.slice(middle + 1)
    } else {
      kept = kept.slice(0, middle)
    }
  }
  return common
}

/** Asks whether the server has a history of a former identity up to tip. */
async function has(run: Run, f: Former, tip: Tip): Promise<boolean> {
  try {
    await ask(run, f, tip)
    return true
  } catch (err) {
    if (hasCode(err, 'device_forked') || hasCode(err, 'resend_from')) return false
    throw err
  }
}

/** Makes an exchange of a former identity that says that the server has its history up to tip, and changes nothing. */
async function ask(run: Run, f: Former, tip: Tip): Promise<void> {
  const request = await run.store.read(async (t) => formerRequest(t, { ...f, known: tip }))
  await run.exchange(request)
}

/** Makes a branch that is due after a restore part of the history again from which it parted, unless the server has the
 * branch, or another continuation of that: which of several copies has the history is decided by who comes first, and after
 * a restore that may be another one. */
export async function rejoin(run: Run, f: Former): Promise<void> {
  run.placed.add(f.device)
  const { from, first } = await run.store.read(async (t) => (
    { from: (await formers(t)).find((other) => other.device === f.from), first: (await tips(t, f.device))[0] }))
  if (!from || !f.branch || (first && (await has(run, f, first)))) return
  try {
    await ask(run, from, { n: f.behind.n + 1, hash: f.branch.first })
  } catch (err) {
    if (!(err instanceof Problem)) throw err
    if (err.code === 'device_forked' || err.code === 'forbidden') return
    if (err.code !== 'resend_from') throw err
    // What the tablet has of that was sent before. If the server does not have just that, it has another history.
    if (!err.tip || !sameTip(err.tip, f.behind)) return
  }
  await run.store.write((t) => join(t, f.device))
}

import type { Status } from './api'
import { clockOff } from './attention'
import { unsent } from './changes'
import { exchange, property } from './properties'
import { countUnsentProofs } from './proofs'
import type { Tx } from './tx'

/** Gives how the tablet is. */
export async function status(t: Tx): Promise<Status> {
  const me = await property(t, 'identity')
  const x = await exchange(t)
  const out = {
    enrolled: me !== null, name: me?.name ?? '', device: me?.device ?? '', contact: x.contact, complete: x.complete,
    unsent: unsent(t), unsentProofs: countUnsentProofs(t),
    held: t.db.count("SELECT count(*) AS n FROM changes WHERE status IN ('held', 'waiting')"),
    records: t.db.count('SELECT count(*) AS n FROM records'),
    clockOffset: x.offset, clockOff: clockOff(x), revoked: x.revoked,
  }
  const agrees = x.complete > 0 && x.differs === 0 && !(await hasToAsk(t))
  return { ...out, safe: out.unsent === 0 && out.unsentProofs === 0 && agrees }
}

/** Whether the tablet has yet to ask if the office still has what was recorded under an identity that it had before. */
async function hasToAsk(t: Tx): Promise<boolean> {
  const due = ((await property(t, 'formers')) ?? []).filter((f) => f.due)
  return due.some((f) => t.db.count('SELECT count(*) AS n FROM changes WHERE device = ?', f.device) > 0)
}

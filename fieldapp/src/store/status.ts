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
  return { ...out, safe: out.unsent === 0 && out.unsentProofs === 0 && x.complete > 0 && x.differs === 0 }
}

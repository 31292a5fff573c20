// Photos and signatures follow their records, once these are at the office: a large photo never keeps a delivery waiting.

import type { ID } from '../protocol/types'
import { Failed } from '../store/failure'
import { exchange } from '../store/properties'
import { isDamaged, namedBy, namingChanges, proofPart, setReceived, setRefused, setSent, wantedProofs, type Proof } from '../store/proofs'
import type { Tx } from '../store/tx'
import { hasCode, protocolBroken } from './failures'
import type { Run } from './run'

/** The most that one question asks for, and the most and the least of a proof that one request brings, in bytes. */
const maxAsked = 1000
const maxChunk = 256 << 10
const minChunk = 8 << 10

/** How long a request should take on a slow link, in ms: what comes of one that breaks off is kept, but it has to be asked
 * how much that is. */
const goodTime = 30_000

/** How often the office may have another part of a proof than expected: it may be several servers. */
const maxAstray = 20

/** A Named proof is one that a record names which was recorded here, by an identity of the tablet. */
export interface Named {
  device: ID
  record: ID
  proof: Proof
}

/** A Wanted proof is one that the office wants, and has so many bytes of. */
interface Wanted extends Named {
  have: number
}

/** Sends the proofs that the office wants. It gives how many it could not bring: their content is damaged. */
export async function sendProofs(run: Run): Promise<number> {
  const named = await run.store.read(namedProofs)
  let [sent, damaged, chunk] = [0, 0, 64 << 10]
  for (let i = 0; i < named.length; i += maxAsked) {
    for (const w of await missing(run, named.slice(i, i + maxAsked))) {
      run.note({ proofsToSend: named.length, proofs: sent })
      if (isDamaged(w.proof)) {
        damaged++
        continue
      }
      const came = await send(run, w, chunk)
      chunk = came.chunk
      if (came.how === 'damaged') damaged++
      if (came.how === 'complete') sent++
    }
  }
  if (named.length > 0) run.note({ proofsToSend: sent, proofs: sent })
  return damaged
}

/** The proofs that the office does not have, with a record that was recorded here and names it. */
export async function namedProofs(t: Tx): Promise<Named[]> {
  const wanted = new Map(wantedProofs(t).map((proof) => [proof.sha256, proof]))
  const out: Named[] = []
  if (wanted.size === 0) return out
  for (const c of await namingChanges(t)) {
    for (const sha256 of namedBy(c)) {
      const proof = wanted.get(sha256)
      if (proof && !out.some((n) => n.record === c.record && n.proof === proof)) out.push({ device: c.device, record: c.record, proof })
    }
  }
  return out
}

/** Asks which of some proofs the office wants, and notes of the others that it has them, or that it wants them no more. */
async function missing(run: Run, named: Named[]): Promise<Wanted[]> {
  const blobs = named.map((n) => ({ record: n.record, sha256: n.proof.sha256 }))
  const said = Object(await run.post('/api/v1/blobs/missing', { blobs })) as { missing?: unknown; unnamed?: unknown }
  const [wants, unnamed] = [listed(said.missing), listed(said.unnamed)]
  const wanted = named.flatMap((n, i): Wanted[] => {
    const have = wants.get(key(n.record, n.proof.sha256))
    const again = named.findIndex((other) => other.proof === n.proof && wants.has(key(other.record, n.proof.sha256))) < i
    return have === undefined || again ? [] : [{ ...n, have }]
  })
  await run.store.write(async (t) => {
    const { contact } = await exchange(t)
    const open = new Set(wanted.map((w) => w.proof.sha256))
    for (const { record, proof: { sha256 } } of named) {
      if (open.has(sha256)) continue
      if (unnamed.has(key(record, sha256))) setRefused(t, sha256, 'unnamed')
      else setReceived(t, sha256, contact)
    }
  })
  return wanted
}

const key = (record: ID, sha256: string): string => `${record}/${sha256}`

/** What a list of the answer says of each, by record and SHA-256: how many bytes of it have come. */
function listed(x: unknown): Map<string, number> {
  if (!Array.isArray(x)) throw protocolBroken('it does not say which photos it wants')
  return new Map(x.map((one: { record?: unknown; sha256?: unknown; have?: unknown }) => (
    [key(String(one.record), String(one.sha256)), Number.isSafeInteger(one.have) ? (one.have as number) : 0])))
}

/** Sends one proof, in chunks that take about as long as they should. */
async function send(run: Run, w: Wanted, chunk: number): Promise<{ chunk: number; how: 'complete' | 'damaged' | 'unwanted' }> {
  const { sha256, size } = w.proof
  let [have, wrong, astray] = [w.have, 0, 0]
  for (;;) {
    if (have > size) throw protocolBroken('it has more of a photo than there is')
    const begun = run.now()
    try {
      const content = await run.store.read((t) => proofPart(t, sha256, have, Math.min(chunk, size - have)))
      const said = progress(await run.patch(`/api/v1/blobs/${w.record}/${sha256}`, have, content))
      if (!said.complete && said.have <= have) throw protocolBroken('it took nothing of a photo')
      have = said.have
      await run.store.write(async (t) => (said.complete ? setReceived(t, sha256, (await exchange(t)).contact) : setSent(t, sha256, have)))
      if (said.complete) return { chunk, how: 'complete' }
      if (have >= size) return { chunk, how: await refused(run, sha256, 'blob_wrong', 'damaged') } // its record says that it is longer
    } catch (err) {
      if (hasCode(err, 'blob_offset') && err.have !== null && astray++ < maxAstray) have = err.have
      else if (hasCode(err, 'not_found')) return { chunk, how: await refused(run, sha256, 'unnamed', 'unwanted') }
      else if (hasCode(err, 'blob_wrong') && wrong++ > 0) return { chunk, how: await refused(run, sha256, 'blob_wrong', 'damaged') }
      else if (hasCode(err, 'blob_wrong')) have = 0
      else if (err instanceof Failed && err.code === 'damaged') return { chunk, how: await refused(run, sha256, 'damaged', 'damaged') }
      else throw err
    }
    const took = run.now() - begun
    chunk = took > goodTime ? Math.max(chunk / 2, minChunk) : took < goodTime / 4 ? Math.min(chunk * 2, maxChunk) : chunk
  }
}

async function refused<T>(run: Run, sha256: string, code: string, how: T): Promise<T> {
  await run.store.write(async (t) => setRefused(t, sha256, code))
  return how
}

function progress(x: unknown): { have: number; complete: boolean } {
  const { have, complete } = Object(x) as { have?: unknown; complete?: unknown }
  if (!Number.isSafeInteger(have) || typeof complete !== 'boolean') throw protocolBroken('it does not say how much of a photo it has')
  return { have: have as number, complete }
}

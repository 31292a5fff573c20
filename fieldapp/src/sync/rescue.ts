// A rescue file is what a tablet hands in without a link: requests as it would have sent them, and the proofs that the office
// has not got, encrypted under a passphrase. It is text, in the form that syncproto/rescue.go describes.

import { argon2id } from 'hash-wasm'
import { base64, joined, utf8, type Bytes } from '../protocol/bytes'
import { writeRequest } from '../protocol/frames'
import { dict, protocol, type Request } from '../protocol/types'
import { idBytes } from '../protocol/uuid'
import { changes, type Kept } from '../store/changes'
import { Failed } from '../store/failure'
import type { Former } from '../store/properties'
import { proof } from '../store/proofs'
import type { Tx } from '../store/tx'
import { formers } from './former'
import { maxBatch, maxBatchBytes, sentForm } from './job'
import { gzip } from './link'
import { namedProofs, type Named } from './proofs'

/** The fewest characters that the passphrase may have: unlike the store, the file may be copied about. */
const minPassphrase = 12

const memory = 64 << 10 // KiB
const passes = 3
const threads = 2

/** Gives everything unsent, encrypted. It changes nothing on the tablet: what is imported and later synced too counts once.
 * It fails with weak-passphrase and nothing-to-rescue. */
export async function rescue(t: Tx, passphrase: string): Promise<Blob> {
  if ([...passphrase].length < minPassphrase) {
    throw new Failed('weak-passphrase', `the passphrase of a rescue file has at least ${minPassphrase} characters`)
  }
  const requests = requestsOf(await changes(t, "WHERE status = ''"), await formers(t))
  const wanted = (await namedProofs(t)).filter((n) => n.proof.refused !== 'unnamed')
  const proofs = [...new Map(wanted.map((n) => [n.proof.sha256, n])).values()]
  if (requests.length + proofs.length === 0) throw new Failed('nothing-to-rescue', 'everything was handed in')
  return sealed(t, requests, proofs, passphrase)
}

/** Encrypts piece by piece: what is done is the browser's to keep, which may put it on the disk. */
async function sealed(t: Tx, requests: Request[], proofs: Named[], passphrase: string): Promise<Blob> {
  const salt = t.env.random(16)
  const first = JSON.stringify({
    satchel: 'rescue', kdf: 'argon2id', memory, passes, threads, salt: base64(salt), parts: requests.length, blobs: proofs.length || undefined,
  })
  const bytes = await argon2id({
    password: passphrase, salt, parallelism: threads, iterations: passes, memorySize: memory, hashLength: 32, outputType: 'binary',
  })
  const key = await crypto.subtle.importKey('raw', new Uint8Array(bytes), 'AES-GCM', false, ['encrypt'])
  const lines = [new Blob([first, '\n'])]
  const seal = async (content: Bytes): Promise<void> => {
    const nonce = new Uint8Array(12)
    new DataView(nonce.buffer).setUint32(8, lines.length - 1)
    const piece = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: utf8(first) }, key, content)
    lines.push(new Blob([base64(new Uint8Array(piece)), '\n']))
  }
  for (const request of requests) await seal(await gzip(writeRequest(request)))
  for (const named of proofs) await seal(joined(idBytes(named.device), idBytes(named.record), await contentOf(t, named)))
  return new Blob(lines, { type: 'text/plain' })
}

/** Gives the content of a proof. One that cannot be read any more is empty in the file, so that whoever imports it is told of
 * it, and the others are rescued. */
async function contentOf(t: Tx, { proof: { sha256 } }: Named): Promise<Bytes> {
  try {
    return (await proof(t, sha256))?.content ?? new Uint8Array()
  } catch (err) {
    if (err instanceof Failed && err.code === 'damaged') return new Uint8Array()
    throw err
  }
}

/** The requests in which changes would travel, those of the oldest identity first, because later ones may build on it. */
function requestsOf(all: Kept[], formers: Former[]): Request[] {
  const age = (device: string): number => (formers.findIndex((f) => f.device === device) + formers.length + 1) % (formers.length + 1)
  const sorted = [...all].sort((a, b) => age(a.device) - age(b.device) || a.n - b.n)
  const out: Request[] = []
  let size = 0
  sorted.forEach((c, i) => {
    const before = sorted[i - 1]
    const follows = before?.device === c.device && before.n === c.n - 1
    const full = follows && (size > maxBatchBytes || out.at(-1)!.changes.length >= maxBatch)
    if (!follows || (full && before.form !== c.form)) {
      out.push(request(c, formers.find((f) => f.device === c.device)))
      size = 0
    }
    out.at(-1)!.changes.push(sentForm(c))
    size += Object.values(c.fields).reduce((sum, value) => sum + value.length, 0)
  })
  return out
}

const request = (first: Kept, former: Former | undefined): Request => ({
  protocol, device: first.device, proof: '', branch: former?.branch ?? null, epoch: '', mark: '',
  known: { n: first.n - 1, hash: first.prev }, clock: 0, cursors: dict(), held: [], page: 0, changes: [],
  health: { unsent: 0, complete: 0, program: '', free_bytes: 0, up: 0, down: 0, down_left: 0 },
})

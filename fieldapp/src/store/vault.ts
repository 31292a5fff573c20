// The vault: one data key, wrapped for each of the tablet's workers by a key that Argon2id makes of a PIN. Everything here
// runs on a database that may be locked, in the line.
import { argon2id } from 'hash-wasm'
import type { ID } from '../protocol/types'
import type { Key } from './api'
import { Box } from './box'
import type { Env } from './env'
import { Failed } from './failure'
import type { Database } from './sql'

export type DataKey = Uint8Array<ArrayBuffer>

/** The fewest characters that a PIN may have. */
export const minPIN = 6

/** A Cost is what Argon2id spends on trying a PIN. */
export interface Cost {
  memory: number // in KiB
  passes: number
  threads: number
}

/** What is affordable on the slowest tablets, and the least that is recommended anywhere. */
export const fullCost: Cost = { memory: 19 << 10, passes: 2, threads: 1 }

/** How many wrong PINs cost no wait, and how long the next ones wait, in ms; the last stands for all behind it. */
const free = 3
const waits = [30, 60, 5 * 60, 15 * 60].map((s) => s * 1000)

interface KeyRow extends Cost {
  worker: ID
  initials: string
  salt: Uint8Array
  wrapped: Uint8Array
  tries: number
  tried_at: number
}

/** Gives the keys as the lock screen sees them, and whether the store was wiped. */
export function keysOf(db: Database): { keys: Key[]; wiped: boolean } {
  const rows = db.rows<KeyRow>('SELECT * FROM keys ORDER BY initials, worker')
  const keys = rows.filter((row) => row.wrapped.length > 0)
  return {
    keys: keys.map((row) => ({ worker: row.worker, initials: row.initials, waitUntil: waitUntil(row) })),
    wiped: keys.length === 0 && rows.length > 0,
  }
}

/** When the next PIN may be tried, 0 if that is now as far as is known. */
function waitUntil({ tries, tried_at }: KeyRow): number {
  return tries < free ? 0 : tried_at + waits[Math.min(tries - free, waits.length - 1)]!
}

/** Unwraps the data key. It fails with wrong-pin, wait, wiped and not-found. Each try is on disk before its PIN is looked
 * at, so that nobody gains by cutting the power; and a clock that was set back begins the wait anew. */
export async function openVault(db: Database, env: Env, worker: ID, pin: string): Promise<DataKey> {
  const row = db.one<KeyRow>('SELECT * FROM keys WHERE worker = ?', worker)
  if (!row) throw new Failed('not-found', 'nobody of that id has a PIN on this tablet')
  if (row.wrapped.length === 0) throw new Failed('wiped', 'the store was wiped')
  const now = env.now()
  if (now < row.tried_at) {
    row.tried_at = now
    db.exec('UPDATE keys SET tried_at = ? WHERE worker = ?', now, worker)
  }
  if (now < waitUntil(row)) throw new Failed('wait', 'too many wrong PINs', { until: waitUntil(row) })
  row.tries++
  row.tried_at = now
  db.exec('UPDATE keys SET tries = ?, tried_at = ? WHERE worker = ?', row.tries, now, worker)
  const key = await unwrapped(env, row, pin)
  if (!key) throw new Failed('wrong-pin', 'the PIN is wrong', { until: waitUntil(row) })
  db.exec('UPDATE keys SET tries = 0 WHERE worker = ?', worker)
  return key
}

async function unwrapped(env: Env, row: KeyRow, pin: string): Promise<DataKey | null> {
  const lock = await lockOf(env, row, row.salt, pin)
  try {
    return await lock.open('keys', row.worker, row.wrapped)
  } catch {
    return null
  }
}

/** Makes what a PIN opens. Someone may type the same characters on another keyboard: they are brought into one form. */
async function lockOf(env: Env, { memory, passes, threads }: Cost, salt: Uint8Array, pin: string): Promise<Box> {
  const key = await argon2id({
    password: pin.normalize('NFKC'), salt, parallelism: threads, iterations: passes, memorySize: memory,
    hashLength: 32, outputType: 'binary',
  })
  return Box.of(env, key as DataKey)
}

/** Fails with weak-pin. */
export function checkPIN(pin: string): void {
  if ([...pin].length < minPIN) throw new Failed('weak-pin', `a PIN has at least ${minPIN} characters`)
}

/** A Wrapped data key is ready to be written. */
export type Wrapped = Cost & { worker: ID; salt: Uint8Array; wrapped: Uint8Array }

/** Wraps the data key for a worker. It fails with weak-pin. */
export async function wrap(env: Env, cost: Cost, worker: ID, pin: string, key: DataKey): Promise<Wrapped> {
  checkPIN(pin)
  const salt = env.random(16)
  const lock = await lockOf(env, cost, salt, pin)
  return { ...cost, worker, salt, wrapped: await lock.seal('keys', worker, key) }
}

/** Writes a wrapped data key in the place of one that the worker had. */
export function writeKey(db: Database, w: Wrapped, initials: string): void {
  db.exec(`INSERT INTO keys (worker, initials, salt, memory, passes, threads, wrapped, tries, tried_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)
ON CONFLICT (worker) DO UPDATE SET initials = excluded.initials, salt = excluded.salt, memory = excluded.memory,
    passes = excluded.passes, threads = excluded.threads, wrapped = excluded.wrapped, tries = 0`,
  w.worker, initials, w.salt, w.memory, w.passes, w.threads, w.wrapped)
}

/** Gives the first letters of a name's first and last word. */
export function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '')
  return [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '').join('')
}

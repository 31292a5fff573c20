// What the contract speaks of, as plain data. Values are canonical JSON texts, ids UUIDs of 36 small letters, hashes 64
// hexadecimal digits, digests unpadded base64url, times milliseconds since 1970 UTC by the server's clock.

export type ID = string
/** See values.ts. '' is no value at all, and 'null' that of a cleared field. */
export type Value = string
export type Hash = string
export type Digest = string

/** A Version names one change: `device:n:print`, without a print where that is 00000000; see version.ts. Two versions are
 * the same if and only if their texts are. */
export type Version = string

/** A Dict has no prototype: a field may have any name. Make one with dict(). */
export type Dict<T> = Record<string, T>

/** Versions by field. */
export type Versions = Dict<Version[]>

/** A Tip is the last of a device's changes that somebody has; n is 0, and the hash zeros, before the first. */
export interface Tip {
  n: number
  hash: Hash
}

/** A Change is one edit of one record, by one author, on one device, at one moment. */
export interface Change {
  n: number
  /** The n of the first change that was saved in the same form. */
  form: number
  collection: string
  record: ID
  author: ID
  claimed: number
  fields: Dict<Value>
  base: Versions
  /** For a deletion: what its author was looking at, by field. */
  seen: Versions
}

/** A Cell is a field of a record as the server last told it. */
export interface Cell {
  value: Value
  version: Version
  time: number
  /** Other heads with the same value. */
  same: Version[]
  /** Heads with another value: the field's open conflict. */
  open: Version[]
}

/** A Pulled record is what the server tells of one. */
export interface Pulled {
  collection: string
  id: ID
  area: ID
  deleted: boolean
  /** Set if these are all the fields that there are; else the device keeps those that it has beside them. */
  whole: boolean
  fields: Dict<Cell>
}

/** A Departure tells that a record is in an area no longer. */
export interface Departure {
  area: ID
  id: ID
}

export type ReceiptStatus = 'applied' | 'held' | 'waiting' | 'discarded'

/** A Receipt acknowledges a change: it is on the server's disk. */
export interface Receipt {
  n: number
  /** What was decided. */
  time: number
  /** One of ReceiptStatus, or one that a newer server knows. */
  status: string
  code: string
  reason: string
  conflicts: string[]
}

/** A Branch is where a history parts from that of a device; see branchDevice. */
export interface Branch {
  of: ID
  first: Hash
}

export interface Health {
  unsent: number
  complete: number
  program: string
  free_bytes: number
  up: number
  down: number
  down_left: number
}

/** A Request is what a device tells the server; see docs/protocol.md, section 6. '' and 0 are left out. */
export interface Request {
  protocol: string
  device: ID
  proof: string
  branch: Branch | null
  epoch: string
  mark: string
  known: Tip
  clock: number
  cursors: Dict<number>
  held: number[]
  page: number
  health: Health
  changes: Change[]
}

/** A Reply is what the server answers. */
export interface Reply {
  protocol: string
  now: number
  epoch: string
  mark: string
  revoked: boolean
  tip: Tip
  areas: ID[]
  workers: Dict<string>
  /** Names the last time that the server lost photos or signatures which it had, '' if it never did. */
  blobs: string
  left: number
  receipts: Receipt[]
  records: Pulled[]
  departures: Departure[]
  cursors: Dict<number>
  more: boolean
  digests: Dict<Digest>
}

/** An Ending is what a device tells when a sync has left nothing to do. */
export interface Ending {
  epoch: string
  known: Tip
  unsent: number
  differs: number
  up: number
  down: number
  /** How many photos and signatures that the tablet holds the server lacks and wants. */
  blobs: number
}

export const everyone: ID = '00000000-0000-0000-0000-000000000000'
export const protocol = '2026-11-29'
export const mediaType = 'application/vnd.satchel.sync+jsonl'
export const noHash: Hash = '0'.repeat(64)

/** The name of the field that says that a record is deleted. Every collection has it. */
export const deletedField = 'deleted'

export function dict<T>(entries: Iterable<[string, T]> = []): Dict<T> {
  const out = Object.create(null) as Dict<T>
  for (const [name, value] of entries) out[name] = value
  return out
}

/** A Problem is what a request was refused for; its code is one of docs/protocol.md, section 7. */
export class Problem extends Error {
  constructor(
    readonly code: string, readonly detail: string, readonly status = 0, readonly tip: Tip | null = null,
    /** How many bytes of a photo or signature the server has. */
    readonly have: number | null = null,
  ) {
    super(`${code}: ${detail}`)
  }
}

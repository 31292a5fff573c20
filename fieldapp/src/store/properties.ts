import type { Branch, ID, Tip, Version } from '../protocol/types'
import { noHash } from '../protocol/types'
import type { Tx } from './tx'

/** An Identity is who the tablet is for one server. */
export interface Identity {
  device: ID
  name: string
  /** The worker to whom the tablet was handed out. */
  holder: ID
}

/** Tokens are the tablet's proof of who it is. */
export interface Tokens {
  access: string
  /** When the access token ends, in ms of the server's clock. */
  expires: number
  refresh: string
}

/** An Exchange is how far the tablet's exchange with the server has come. */
export interface Exchange {
  epoch: string
  mark: string
  /** The last time that the server lost photos or signatures, as far as is known. */
  blobs: string
  /** The last change that the server is known to have. */
  known: Tip
  /** What to add to the tablet's clock for the server's, in ms. */
  offset: number
  /** When the last exchange took place, and the last that left nothing to do on either side, by the server's clock. */
  contact: number
  complete: number
  /** How many areas did not agree with the server's at the end of the last complete sync. */
  differs: number
  /** Set once the server has said that the tablet is no longer one of the programme's. */
  revoked: boolean
}

/** A Former identity is one that the tablet had before. What was recorded under it keeps its name, and is handed in under it. */
export interface Former {
  device: ID
  /** A refresh token that was given to it; a branch has none. */
  proof: string
  /** Set where it is a branch: where it parts, from which identity, and behind which change. */
  branch: Branch | null
  from: ID
  behind: Tip
  known: Tip
  epoch: string
  mark: string
  /** Set until the server has been asked whether it still has what it is known to have. */
  due: boolean
}

/** What each property holds, by its name. */
export interface Properties {
  identity: Identity
  tokens: Tokens
  exchange: Exchange
  /** The oldest first. */
  formers: Former[]
}

export const noExchange: Exchange = {
  epoch: '', mark: '', blobs: '', known: { n: 0, hash: noHash }, offset: 0, contact: 0, complete: 0, differs: 0, revoked: false,
}

/** Reads one of the store's properties, null if it was never written. */
export async function property<N extends keyof Properties>(t: Tx, name: N): Promise<Properties[N] | null> {
  const row = t.db.one<{ sealed: Uint8Array }>('SELECT sealed FROM properties WHERE name = ?', name)
  return row ? t.box.unpack('properties', name, row.sealed) : null
}

export async function setProperty<N extends keyof Properties>(t: Tx, name: N, is: Properties[N]): Promise<void> {
  t.mine = undefined
  t.db.exec('INSERT INTO properties (name, sealed) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed',
    name, await t.box.pack('properties', name, is))
}

export const exchange = async (t: Tx): Promise<Exchange> => (await property(t, 'exchange')) ?? noExchange

/** The tablet's clock in ms, corrected to the server's. */
export const now = (t: Tx, x: Exchange): number => t.env.now() + x.offset

/** Gives the identities that this tablet has and had. */
export async function own(t: Tx): Promise<ID[]> {
  if (!t.mine) {
    const me = await property(t, 'identity')
    const formers = (await property(t, 'formers')) ?? []
    t.mine = [...(me ? [me.device] : []), ...formers.map((f) => f.device)]
  }
  return t.mine
}

/** Tells whether one of some identities wrote a version. */
export const wrote = (devices: ID[], version: Version): boolean => devices.includes(version.slice(0, 36))

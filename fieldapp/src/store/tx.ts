// Transactions. There is one connection, and sealing takes a moment in which others could run: so one transaction runs at
// a time, from its first await to its last, and the others stand in line. Nothing outside a transaction touches the store.
import type { ID, Value } from '../protocol/types'
import type { Field } from './api'
import type { Box } from './box'
import type { Env } from './env'
import type { Database } from './sql'
import { flushSums } from './sums'

/** A Shown record is a Stored one before it is said where it is. */
export interface Shown {
  collection: string
  id: ID
  area: ID
  deleted: boolean
  fields: Record<string, Field>
}

/** A Tx is one transaction on a store that is unlocked. Functions over it do the work; see rows.ts, changes.ts. */
export class Tx {
  /** The records whose shown state changed, as they are shown now; null for those of which nothing is left. */
  readonly touched = new Map<ID, Shown | null>()
  /** What was added to the sums of areas; see sums.ts. */
  readonly sums = new Map<ID, bigint>()
  /** The tablet's identities, once they were asked for. */
  mine: ID[] | undefined
  /** The revision that the transaction leads to if it changes what is shown. */
  readonly revision: number

  constructor(readonly db: Database, readonly box: Box, readonly env: Env, readonly sending: ReadonlySet<string>) {
    this.revision = db.count('SELECT n FROM revision') + 1
  }
}

/** Follows is told of each transaction that changed what is shown, before anything else can happen on the store. */
export type Follows = (revision: number, touched: Map<ID, Shown | null>) => void

/** Transactions on one store that is unlocked. */
export class Transactions {
  /** Set once what the sums of areas say was compared with their records, since the store was unlocked. */
  counted = false
  /** The changes that an exchange carries that is under way, as place says them. */
  sending: ReadonlySet<string> = new Set()

  constructor(readonly db: Database, readonly box: Box, readonly env: Env, private readonly line: Line, private readonly follows: Follows) {}

  /** Runs act in a transaction that is on disk when write returns, and undone if anything fails. */
  write<T>(act: (t: Tx) => Promise<T>): Promise<T> {
    return this.line.stand(async () => {
      this.db.exec('BEGIN IMMEDIATE')
      try {
        const t = this.#tx()
        const out = await act(t)
        await flushSums(t)
        if (t.touched.size > 0) this.db.exec('UPDATE revision SET n = ?', t.revision)
        this.db.exec('COMMIT')
        if (t.touched.size > 0) this.follows(t.revision, t.touched)
        return out
      } catch (e) {
        if (this.db.within) this.db.exec('ROLLBACK')
        throw e
      }
    })
  }

  /** Runs act on a store that does not change meanwhile. */
  read<T>(act: (t: Tx) => Promise<T>): Promise<T> {
    return this.line.stand(() => act(this.#tx()))
  }

  #tx(): Tx {
    return new Tx(this.db, this.box, this.env, this.sending)
  }
}

/** A Line is what whoever wants to do something on a database stands in. */
export class Line {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs act once all that was begun before has ended. */
  stand<T>(act: () => Promise<T>): Promise<T> {
    const run = this.#last.then(act)
    this.#last = run.catch(() => {}) // whoever began it hears of it
    return run
  }
}

/** Gives the value of a shown field, '' if there is none. */
export const value = (r: Shown, field: string): Value => r.fields[field]?.value ?? ''

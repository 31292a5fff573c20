import type { ID } from '../protocol/types'
import type { Progress, Result } from './api'
import type { Env } from './env'
import type { Transactions, Tx } from './tx'

/** An Enrolment is the server's answer to a tablet that is given an identity. */
export interface Enrolment {
  device: ID
  name: string
  holder: ID
  access: string
  /** In seconds. */
  expiresIn: number
  refresh: string
  /** The server's clock, in ms. */
  serverTime: number
}

/** An Office is the other end of the link. It fails with a Failed: link, busy, protocol, code-refused, enrol-again. */
export interface Office {
  /** Asks for an identity under a one-time code; device is the one that the tablet had, '' if none. */
  enrol(env: Env, code: string, device: ID): Promise<Enrolment>
  /** Makes the tablet who the server says that it is. */
  adopt(t: Tx, e: Enrolment): Promise<void>
  /** Exchanges until nothing is left to do. It ends soon after signal says stop, and fails with link then. */
  sync(store: Transactions, env: Env, progress: (p: Progress) => void, signal: AbortSignal): Promise<Result>
  /** Writes everything unsent, encrypted under a passphrase. */
  rescue(t: Tx, passphrase: string): Promise<Blob>
}

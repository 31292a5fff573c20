// One sync: exchanges, until nothing is left to do on either side. It can be cut off at any moment and begun again: what
// an exchange brought is on disk with how far it came.

import type { Ending, ID, Request } from '../protocol/types'
import type { Bytes } from '../protocol/bytes'
import { protocol } from '../protocol/types'
import { place, unsent } from '../store/changes'
import type { Progress, Result } from '../store/api'
import { Failed } from '../store/failure'
import type { Env } from '../store/env'
import { exchange } from '../store/properties'
import type { Transactions } from '../store/tx'
import { wipe } from '../store/wipe'
import { apply, type Outcome } from './apply'
import { authorised, newIdentity } from './enrol'
import { protocolBroken } from './failures'
import { nextJob, type Job } from './job'
import { Later, Link, type Answer } from './link'
import { sendProofs } from './proofs'
import { recover, rejoin } from './recover'

/** What a program may choose of its syncs. */
export interface Options {
  /** The name and version of the program, which the server shows to the office. */
  program: string
  /** The free space where the store is, 0 if that is not known. */
  freeBytes(): number
  /** The most records that one exchange brings, and changes that it sends beyond a whole form; 0 is as many as may travel
   * together. */
  step: number
}

/** For how long a sync waits, in all, for a server that tells it to come again, in ms. */
const maxPatience = 10 * 60 * 1000

/** How long it may take to tell the office what a sync came to, in ms. */
const maxTelling = 10 * 1000

/** How often, in one sync, an identity sends again or parts from another history, and how often the tablet takes a new one. */
const maxRecoveries = 4

const noProgress: Progress = {
  bytesUp: 0, bytesDown: 0, changes: 0, changesToSend: 0, records: 0, recordsToFetch: 0, proofs: 0, proofsToSend: 0, exchanges: 0, wait: 0,
}

/** A Run is one sync of a store. */
export class Run {
  readonly link: Link
  /** The areas that did not agree with the server's, and are fetched anew. */
  private readonly repaired = new Set<ID>()
  /** The former identities that were told what became of their held changes. */
  readonly asked = new Set<ID>()
  /** The branches of which it is known whether they join what they parted from. */
  readonly placed = new Set<ID>()
  private readonly recoveries = new Map<ID, number>()
  private patience = maxPatience
  private progress = noProgress
  private complete = false
  private safe = false
  /** How many proofs the office wants that cannot be brought. */
  private damaged = 0

  constructor(
    readonly store: Transactions, private readonly env: Env, private readonly options: Options,
    private readonly tell: (progress: Progress) => void, private readonly stop: AbortSignal,
  ) {
    this.link = new Link(env, stop)
  }

  /** Repeats the exchange until both sides are done. It fails with a Problem or a Failed; what was recorded is safe. */
  async all(): Promise<Result> {
    let wiped = false
    for (let done = false; !done && !wiped;) {
      try {
        const came = await this.once()
        if (came === 'done') this.damaged = await sendProofs(this)
        done = came === 'done'
        wiped = came === 'wiped'
      } catch (err) {
        await this.await(err)
      }
    }
    if (!wiped && !this.stop.aborted) await this.tellEnd()
    const { changes, records } = this.progress
    return { changes, records, complete: this.complete, safe: this.safe && this.damaged === 0, wiped }
  }

  /** Does one exchange. */
  private async once(): Promise<'more' | 'done' | 'wiped'> {
    const { changes, records, recordsToFetch } = this.progress
    const said = {
      program: this.options.program, freeBytes: this.options.freeBytes(),
      up: changes, down: records, downLeft: Math.max(0, recordsToFetch - records),
    }
    const job = await this.store.read((t) => nextJob(t, (device) => this.asked.has(device), said, this.options.step))
    if (job.former?.due && job.former.from !== '' && !this.placed.has(job.former.device)) {
      await rejoin(this, job.former)
      return 'more'
    }
    this.note({ changesToSend: Math.max(this.progress.changesToSend, changes + job.unsent) })
    let answer: Answer
    try {
      answer = await this.exchange(job.request)
    } catch (err) {
      await recover(this, job, err)
      return 'more'
    }
    if (answer.protocol !== protocol) throw protocolBroken(`it speaks version ${answer.protocol}`)
    const outcome = await this.store.write((t) => apply(t, job, answer, { repaired: this.repaired, counted: this.store.counted }))
    this.store.counted ||= outcome.compared
    if (job.former) this.asked.add(job.former.device)
    return this.conclude(job, outcome)
  }

  /** Makes the round trip of a request. */
  async exchange(request: Request): Promise<Answer> {
    const { exchanges, records } = this.progress
    this.note({ exchanges: exchanges + 1 })
    const { device, changes } = request
    this.store.sending = new Set(changes.map((c) => place(device, c.n)))
    return authorised(this.store, this.link, (_, access) => this.link.exchange(request, access, {
      up: (bytes) => this.note({ bytesUp: this.progress.bytesUp + bytes }),
      down: (bytes) => this.note({ bytesDown: this.progress.bytesDown + bytes }),
      records: (n) => this.note({ records: records + n }),
    }))
  }

  /** Says whether there is anything left to do, and does what an outcome asks for. */
  private async conclude(job: Job, o: Outcome): Promise<'more' | 'done' | 'wiped'> {
    const records = this.progress.records + o.departed
    this.note({ changes: this.progress.changes + o.acknowledged, records, ...(job.former ? {} : { recordsToFetch: records + o.left }) })
    this.complete = o.complete
    this.safe = o.complete && o.differs === 0
    if (o.revoked && o.unsent === 0 && !o.due) return this.wipe()
    if (o.overtaken && job.batch.length > 0) {
      this.recovering(job.request.device)
      return 'more'
    }
    if (job.batch.length > 0 && o.acknowledged === 0) throw protocolBroken('it took none of what was sent')
    if (o.unsent > 0) return 'more'
    if (o.stranger) {
      await this.becomeSomebodyNew()
      return 'more'
    }
    if (o.stuck) throw protocolBroken('it says that there is more, and sends nothing')
    return o.complete ? 'done' : 'more'
  }

  /** Hands in the proofs too, and empties the store, unless something was saved meanwhile that is not handed in yet. */
  private async wipe(): Promise<'more' | 'wiped'> {
    await sendProofs(this)
    return this.store.write(async (t) => {
      if (unsent(t) > 0) return 'more'
      wipe(t)
      return 'wiped'
    })
  }

  /** Takes a new identity: somebody else writes under this one. */
  async becomeSomebodyNew(): Promise<void> {
    this.recovering('')
    await newIdentity(this.store, this.link)
  }

  /** Counts the recoveries of an identity in this sync; those of '' are new identities. */
  recovering(device: ID): void {
    const count = (this.recoveries.get(device) ?? 0) + 1
    this.recoveries.set(device, count)
    if (count > maxRecoveries) throw protocolBroken('it refuses whatever the tablet sends')
  }

  now(): number {
    return this.env.now()
  }

  /** Asks the server something as the tablet's present identity. */
  post(path: string, body: unknown): Promise<unknown> {
    return authorised(this.store, this.link, (_, access) => this.link.post(path, access, body))
  }

  /** Sends the server a part of something. */
  async patch(path: string, offset: number, content: Bytes): Promise<unknown> {
    const said = await authorised(this.store, this.link, (_, access) => this.link.patch(path, access, offset, content))
    this.note({ bytesUp: this.progress.bytesUp + content.length })
    return said
  }

  note(change: Partial<Progress>): void {
    this.progress = { ...this.progress, ...change }
    this.tell(this.progress)
  }

  /** Waits where the server said when to come again, and throws any other error as it is. It adds up to a quarter, so that
   * tablets that were sent away together do not come back together. */
  private async await(err: unknown): Promise<void> {
    if (!(err instanceof Later)) throw err
    const wait = err.after + (err.after / 4) * chance(this.env)
    if (wait > this.patience) throw err
    this.patience -= wait
    try {
      for (let left = wait; left > 0; left -= 1000) {
        this.note({ wait: Math.ceil(left / 1000) })
        await this.env.sleep(Math.min(left, 1000), this.stop)
      }
    } catch {
      throw new Failed('busy', 'the sync was stopped while it waited for the office')
    } finally {
      this.note({ wait: 0 })
    }
  }

  /** Tells the office what the sync came to, so that it does not learn that only with the next one. It may fail: the sync
   * has come to what it has, whether or not the office knows. */
  private async tellEnd(): Promise<void> {
    const enough = new AbortController()
    const { signal } = enough
    this.stop.addEventListener('abort', () => enough.abort(), { signal })
    const over = new AbortController()
    void this.env.sleep(maxTelling, over.signal).then(() => enough.abort(), () => {})
    const { changes: up, records: down } = this.progress
    try {
      const end = await this.store.read(async (t): Promise<Ending> => {
        const { epoch, known, differs } = await exchange(t)
        return { epoch, known, unsent: unsent(t), differs, up, down, blobs: this.damaged }
      })
      const link = new Link(this.env, signal)
      await authorised(this.store, link, (_, access) => link.post('/api/v1/sync/end', access, end))
    } catch {
      // the next sync finds out whatever is wrong
    } finally {
      over.abort()
      enough.abort()
    }
  }
}

/** A number from 0 to 1 that nobody foresees. */
function chance(env: Env): number {
  const [a, b] = env.random(2)
  return (a! * 256 + b!) / 65535
}

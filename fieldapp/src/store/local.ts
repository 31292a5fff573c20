// The store as the worker holds it: it implements what the app asks for over transactions, and knows whether it is locked,
// and who is logged in. Calls that write are on disk when they end.
import { newID } from '../protocol/uuid'
import type { ID } from '../protocol/types'
import type {
  Aid, Attention, Door, Draft, Edit, Form, Likeness, PracticeWords, Result, Status, Store, Stored, Told, Worker,
} from './api'
import { aid } from './aid'
import { attention, dismiss, type Room } from './attention'
import { Box } from './box'
import { drafts, dropDraft, keepDraft } from './drafts'
import type { Env } from './env'
import { Failed } from './failure'
import { saveForm } from './form'
import { Index } from './index'
import { Families, similar } from './likeness'
import type { Office } from './office'
import { practiceKey, practiceWorker, seed } from './practice'
import { keepProof, proof } from './proofs'
import { property } from './properties'
import { areas, list, recent, record } from './read'
import { migrate } from './schema'
import { search } from './search'
import type { Database } from './sql'
import { status } from './status'
import { Today } from './today'
import { Line, Transactions, type Tx } from './tx'
import { checkPIN, initialsOf, keysOf, openVault, wrap, writeKey, type Cost, type DataKey } from './vault'
import { located } from './where'
import { workerName, workers } from './workers'

/** A World is all that the store has of the world. */
export interface World extends Env {
  office: Office
  /** What a new PIN costs to try. */
  cost: Cost
  /** What the browser tells of the room for the store, null if nothing. */
  room(): Promise<Room | null>
  /** Opens a database of this name, which is made if there is none. */
  open(name: 'store' | 'practice'): Promise<Database>
}

/** A Base is a database with the line before it. */
interface Base {
  db: Database
  line: Line
}

/** What there is while the store is unlocked. */
interface Unlocked {
  store: Transactions
  index: Index
  families: Families
  today: Today
  worker: ID
  key: DataKey
}

export class Local implements Store {
  /** null while another tab has the store. */
  #base: Base | null = null
  /** Why the store cannot be opened, if it cannot. */
  #broken: unknown = null
  #practice: Base | null = null
  #unlocked: Unlocked | null = null
  #syncing: Promise<Result> | null = null
  #stop = new AbortController()

  constructor(private readonly world: World, private readonly tell: (told: Told) => void, private readonly askForIt: () => void) {}

  /** Opens the store, now that no other tab has it. */
  async take(): Promise<void> {
    this.#leave() // who was let in while it was given away
    try {
      this.#broken = null
      this.#base = await this.#open('store')
    } catch (e) {
      this.#broken = e
    }
    this.tell({ kind: 'door' })
  }

  /** Finishes what is under way, and closes the store for another tab. */
  async release(): Promise<void> {
    await this.lock()
    const bases = [this.#base, this.#practice]
    this.#base = this.#practice = null
    for (const base of bases) await base?.line.stand(async () => base.db.close())
    this.tell({ kind: 'door' })
  }

  async #open(name: 'store' | 'practice'): Promise<Base> {
    const db = await this.world.open(name)
    migrate(db)
    if (keysOf(db).wiped) db.settle() // the power may have gone before that was done
    return { db, line: new Line() }
  }

  async door(): Promise<Door> {
    if (this.#broken !== null) throw this.#broken
    if (!this.#base) return { state: 'elsewhere', keys: [], worker: null, practice: false }
    const { db, line } = this.#practice ?? this.#base
    const { keys, wiped } = await line.stand(async () => keysOf(db))
    const practice = this.#practice !== null
    if (this.#unlocked) return { state: 'open', keys, worker: await this.#worker(), practice }
    return { state: wiped ? 'wiped' : keys.length > 0 ? 'locked' : 'none', keys, worker: null, practice }
  }

  async #worker(): Promise<Worker> {
    const { worker } = this.#in()
    return { id: worker, name: await this.#read((t) => workerName(t, worker)) }
  }

  async takeOver(): Promise<void> {
    if (!this.#base) this.askForIt()
  }

  async enrol(code: string, pin: string): Promise<void> {
    const { db, line } = this.#here()
    if (keysOf(db).keys.length > 0 || this.#practice) throw new Failed('invalid', 'there is a store already')
    checkPIN(pin) // before the code is used up
    const key = this.world.random(32)
    const e = await this.world.office.enrol(this.world, code, '')
    const wrapped = await wrap(this.world, this.world.cost, e.holder, pin, key)
    const opened = await this.#unlockedBy(db, line, e.holder, key)
    await opened.store.write(async (t) => {
      t.db.exec('DELETE FROM keys') // of a store that was wiped
      writeKey(t.db, wrapped, '')
      await this.world.office.adopt(t, e)
    })
    this.#enter(opened)
  }

  async enrolAgain(code: string): Promise<void> {
    const { store } = this.#inReal()
    const me = await store.read((t) => property(t, 'identity'))
    const e = await this.world.office.enrol(this.world, code, me?.device ?? '')
    await store.write((t) => this.world.office.adopt(t, e))
    this.tell({ kind: 'changed' })
  }

  async unlock(worker: ID, pin: string): Promise<void> {
    const { db, line } = this.#here()
    const key = await line.stand(() => openVault(db, this.world, worker, pin))
    await this.stopSync()
    this.#leave()
    this.#enter(await this.#unlockedBy(db, line, worker, key))
  }

  async lock(): Promise<void> {
    await this.stopSync()
    this.#leave()
    await this.#practice?.line.stand(async () => this.#practice?.db.close())
    this.#practice = null
    this.tell({ kind: 'door' })
  }

  async changePIN(old: string, pin: string): Promise<void> {
    const { store, worker } = this.#inReal()
    const { db, line } = this.#here()
    const key = await line.stand(() => openVault(db, this.world, worker, old))
    const wrapped = await wrap(this.world, this.world.cost, worker, pin, key)
    await store.write(async (t) => writeKey(t.db, wrapped, initialsOf(await workerName(t, worker))))
    await line.stand(async () => db.settle()).catch(() => {}) // or the log still has what the old PIN opens, until a later one
  }

  async addKey(worker: ID, pin: string): Promise<void> {
    const { store, ...unlocked } = this.#inReal()
    const key = unlocked.key.slice() // locking meanwhile clears the other one
    const name = await this.#read((t) => workerName(t, worker))
    if (name === '') throw new Failed('not-found', 'the office has not said that this person works on the tablet')
    const wrapped = await wrap(this.world, this.world.cost, worker, pin, key)
    await store.write(async (t) => writeKey(t.db, wrapped, initialsOf(name)))
    this.tell({ kind: 'door' })
  }

  workers(): Promise<Worker[]> {
    return this.#read(workers)
  }

  async practise(words: PracticeWords | null): Promise<void> {
    this.#here()
    await this.lock() // whoever practises need not be who was logged in
    if (words === null) return
    this.#practice = await this.#open('practice')
    const opened = await this.#unlockedBy(this.#practice.db, this.#practice.line, practiceWorker.id, practiceKey())
    await opened.store.write((t) => seed(t, words))
    this.#enter(opened)
  }

  async newID(): Promise<ID> {
    return newID(this.world)
  }

  async get(id: ID): Promise<Stored> {
    return this.#read(async (t) => (await located(t, [await record(t, id)]))[0]!)
  }

  list(collection: string, under: ID): Promise<Stored[]> {
    return this.#read(async (t) => located(t, await list(t, collection, under)))
  }

  areas(): Promise<Stored[]> {
    return this.#read(async (t) => located(t, await areas(t)))
  }

  async search(text: string, limit: number): Promise<Stored[]> {
    const ids = await search(this.#in().index, text, limit)
    return this.#read((t) => storedOf(t, ids))
  }

  aid(household: ID): Promise<Aid> {
    return this.#read((t) => aid(t, household))
  }

  async similar(edits: Edit[]): Promise<Likeness[]> {
    const found = await similar(this.#in().families, edits)
    return this.#read(async (t) => {
      const households = await storedOf(t, found.map((like) => like.household))
      return found.flatMap((like) => {
        const household = households.find((h) => h.id === like.household)
        return household ? [{ ...like, household }] : []
      })
    })
  }

  async today(day: string, limit: number): Promise<{ household: Stored; visitOn: string; due: ID[] }[]> {
    const found = await this.#in().today.due(day, limit)
    return this.#read(async (t) => {
      const households = await storedOf(t, found.map((due) => due.household))
      return found.flatMap((due) => {
        const household = households.find((h) => h.id === due.household)
        return household ? [{ ...due, household }] : []
      })
    })
  }

  recent(limit: number): Promise<Stored[]> {
    return this.#read(async (t) => located(t, await recent(t, limit)))
  }

  async save(form: Form): Promise<void> {
    const { worker } = this.#in() // who is logged in now, whoever is when it is written
    await this.#write((t) => saveForm(t, form, worker))
  }

  /** Of a draft nobody is told: it changes with every word, and no screen but its own shows it meanwhile. */
  async keepDraft(draft: Draft): Promise<void> {
    return this.#in().store.write((t) => keepDraft(t, draft))
  }

  async dropDraft(id: ID): Promise<void> {
    return this.#in().store.write(async (t) => dropDraft(t, id))
  }

  drafts(): Promise<Draft[]> {
    return this.#read(drafts)
  }

  keepProof(content: Uint8Array<ArrayBuffer>, mediaType: string): Promise<string> {
    return this.#write((t) => keepProof(t, content, mediaType))
  }

  proof(sha256: string): Promise<{ content: Uint8Array; mediaType: string } | null> {
    return this.#read((t) => proof(t, sha256))
  }

  status(): Promise<Status> {
    return this.#read(status)
  }

  async attention(): Promise<Attention[]> {
    const room = await this.world.room()
    return this.#read((t) => attention(t, room))
  }

  dismiss(item: string): Promise<void> {
    return this.#write(async (t) => dismiss(t, item))
  }

  /** While one sync is under way, another one is the same. */
  sync(): Promise<Result> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = null
      this.tell({ kind: 'changed' })
      this.tell({ kind: 'door' })
    })
    return this.#syncing
  }

  async #sync(): Promise<Result> {
    const { store, index } = this.#inReal()
    const { db, line } = this.#here()
    const stop = (this.#stop = new AbortController())
    try {
      const result = await this.world.office.sync(store, this.world, (progress) => this.tell({ kind: 'progress', progress }), stop.signal)
      if (result.wiped) {
        this.#leave()
        await line.stand(async () => db.settle())
      } else void index.keep().catch(() => {}) // it is read anew the next time
      return result
    } finally {
      store.sending = new Set()
    }
  }

  /** Ends when the sync has. */
  async stopSync(): Promise<void> {
    this.#stop.abort()
    await this.#syncing?.catch(() => {})
  }

  async rescue(passphrase: string): Promise<Blob> {
    return this.#inReal().store.read((t) => this.world.office.rescue(t, passphrase))
  }

  /** Gives the base. It fails with elsewhere. */
  #here(): Base {
    if (this.#broken !== null) throw this.#broken
    if (!this.#base) throw new Failed('elsewhere', 'another tab has the store')
    return this.#base
  }

  /** Gives what there is while the store is unlocked. It fails with elsewhere and locked. */
  #in(): Unlocked {
    this.#here()
    if (!this.#unlocked) throw new Failed('locked', 'nobody is logged in')
    return this.#unlocked
  }

  /** Does what #in does. It fails with not-enrolled while somebody practises. */
  #inReal(): Unlocked {
    if (this.#practice) throw new Failed('not-enrolled', 'what is made up never leaves the tablet')
    return this.#in()
  }

  async #read<T>(act: (t: Tx) => Promise<T>): Promise<T> {
    return this.#in().store.read(act)
  }

  async #write<T>(act: (t: Tx) => Promise<T>): Promise<T> {
    let shows = false
    const out = await this.#in().store.write(async (t) => {
      const out = await act(t)
      shows = t.touched.size > 0
      return out
    })
    if (!shows) this.tell({ kind: 'changed' }) // of the others, it was told as they were committed
    return out
  }

  async #unlockedBy(db: Database, line: Line, worker: ID, key: DataKey): Promise<Unlocked> {
    const box = await Box.of(this.world, key)
    let index: Index | null = null
    const store: Transactions = new Transactions(db, box, this.world, line, (revision, touched) => {
      index?.follow(revision, touched)
      this.tell({ kind: 'changed' })
    })
    index = Index.of(store)
    return { store, index, families: new Families(index), today: new Today(store, index), worker, key }
  }

  #enter(opened: Unlocked): void {
    this.#unlocked = opened
    void opened.index.keep().catch(() => {}) // it is read anew the next time
    this.tell({ kind: 'door' })
  }

  #leave(): void {
    this.#unlocked?.index.stop()
    this.#unlocked?.key.fill(0)
    this.#unlocked = null
  }
}

async function storedOf(t: Tx, ids: ID[]): Promise<Stored[]> {
  const found = await Promise.all(ids.map((id) => record(t, id).catch(() => null)))
  return located(t, found.filter((r) => r !== null))
}

// A world for tests: real SQLite in memory, a clock that is set, and a disk that can be copied, cut off and started again.
import { readFileSync } from 'node:fs'
import '../golden'
import { Failed } from '../../src/store/failure'
import { Local, type World } from '../../src/store/local'
import type { Office } from '../../src/store/office'
import { setProperty } from '../../src/store/properties'
import { Database, startSQLite, type Sqlite3Static } from '../../src/store/sql'
import { setWorkers } from '../../src/store/workers'

let sqlite: Promise<Sqlite3Static> | undefined

/** A Disk holds databases as bytes. What is open on it can be copied at any moment. */
export class Disk {
  readonly files = new Map<string, Uint8Array>()
  readonly open = new Map<string, Database>()

  /** The bytes of a database as they are on the disk now. */
  bytes(name: string): Uint8Array {
    const db = this.open.get(name)
    return db ? db.sqlite.capi.sqlite3_js_db_export(db.handle) : this.files.get(name)!
  }

  /** A disk with the same bytes: what a copy, a power cut or a restart leaves. */
  copy(): Disk {
    const out = new Disk()
    for (const name of new Set([...this.files.keys(), ...this.open.keys()])) out.files.set(name, this.bytes(name))
    return out
  }

  async database(name: string): Promise<Database> {
    sqlite ??= startSQLite({ wasmBinary: readFileSync('vendored/@sqlite.org/sqlite-wasm/dist/sqlite3.wasm') })
    const s = await sqlite
    const handle = new s.oo1.DB(':memory:')
    const bytes = this.files.get(name)
    if (bytes) {
      const at = s.wasm.allocFromTypedArray(bytes)
      const flags = s.capi.SQLITE_DESERIALIZE_FREEONCLOSE | s.capi.SQLITE_DESERIALIZE_RESIZEABLE
      handle.checkRc(s.capi.sqlite3_deserialize(handle, 'main', at, bytes.length, bytes.length, flags))
    }
    const db = new Database(s, handle, () => this.open.delete(name))
    const close = db.close.bind(db)
    db.close = () => {
      this.files.set(name, this.bytes(name))
      close()
    }
    this.open.set(name, db)
    return db
  }
}

export const worker = '018f0000-0000-7000-8000-0000000000aa'
export const colleague = '018f0000-0000-7000-8000-0000000000bb'
export const device = '018f0000-0000-7000-8000-0000000000dd'

/** An office that enrols whoever asks, and has no link. */
export const quietOffice: Office = {
  enrol: async (_env, code) => {
    if (code !== 'good') throw new Failed('code-refused', 'there is no such code')
    return { device, name: 'Tablet 1', holder: worker, access: '', expiresIn: 0, refresh: '', serverTime: 0 }
  },
  adopt: async (t, e) => {
    await setProperty(t, 'identity', { device: e.device, name: e.name, holder: e.holder })
    await setWorkers(t, { [worker]: 'Milica Petrović', [colleague]: 'Agim Krasniqi' })
  },
  sync: async () => { throw new Failed('link', 'there is no link') },
  rescue: async () => new Blob(),
}

/** A World that tests may change. */
export interface TestWorld extends World {
  time: number
  disk: Disk
}

export function testWorld(disk = new Disk(), office = quietOffice): TestWorld {
  const world: TestWorld = {
    time: Date.UTC(2026, 3, 1), disk, office, cost: { memory: 64, passes: 1, threads: 1 },
    now: () => world.time,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    fetch: () => Promise.reject(new Error('there is no link')),
    sleep: (ms) => new Promise((ended) => setTimeout(ended, ms)),
    open: (name) => world.disk.database(name),
    room: async () => null,
  }
  return world
}

/** Opens the store of a world, as a worker does. */
export async function start(world: TestWorld): Promise<Local> {
  const store = new Local(world, () => {}, () => {})
  await store.take()
  return store
}

export const pin = '135790'

/** A store that is enrolled and open. */
export async function enrolled(world = testWorld()): Promise<Local> {
  const store = await start(world)
  await store.enrol('good', pin)
  return store
}


// A tablet as a process: the store and its sync, whose network, clock and chance are those of whoever started it. Each line
// of the input is one message, and is answered by messages, the last of which is that the tablet is idle: everything that it
// was asked for is done, or waits for an answer from outside. So whoever reads up to that can have time stand still
// meanwhile. The package fieldapp/tablet is the other end.

import { webcrypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { stdin, stdout } from 'node:process'
import wasm from '../vendored/@sqlite.org/sqlite-wasm/dist/sqlite3.wasm'
import { base64, unbase64 } from '../src/protocol/bytes'
import type { Store, Told } from '../src/store/api'
import { failureOf } from '../src/store/failure'
import { Local, type World } from '../src/store/local'
import { Database, startSQLite, type Sqlite3Static } from '../src/store/sql'
import { officeOf } from '../src/sync/office'

globalThis.crypto ??= webcrypto as Crypto // Node.js 18 has it, and not by that name

/** What comes in. now is the tablet's clock from then on. */
type Input = { now: number } & (
  | { boot: { image: string; seed: [number, number, number, number]; step: number; program: string } }
  | { call: number; method: string; args: unknown[] }
  | { answer: number; status: number; headers: Record<string, string>; body: string; broken: boolean }
  | { woken: number }
)

/** Whoever started the process may have the power cut: what ran until then does nothing any more. */
let machine: Machine | null = null
let now = 0

const tell = (message: object): void => {
  stdout.write(JSON.stringify(message, (_, x: unknown) => (x instanceof Uint8Array ? { base64: base64(x) } : x)) + '\n')
}

const bytesIn = (x: unknown): unknown => {
  const text = (x as { base64?: unknown } | null)?.base64
  return typeof text === 'string' ? unbase64(text) : x
}

/** A Random is xoshiro128**: what follows from a seed, the same everywhere. */
class Random {
  constructor(private readonly s: [number, number, number, number]) {}

  bytes(n: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: n }, () => this.next() >>> 24)
  }

  private next(): number {
    const { s } = this
    const turned = (x: number, k: number): number => (x << k) | (x >>> (32 - k))
    const out = Math.imul(turned(Math.imul(s[1], 5), 7), 9)
    const t = s[1] << 9
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = turned(s[3], 11)
    return out
  }
}

/** The longest sleep, in ms, for which a sync itself waits, and not the watch over its link. */
const doze = 1000

interface Trip {
  give(response: Response): void
  fail(err: Error): void
}

/** A Machine is a tablet from one time that it is switched on to the next. */
class Machine {
  private readonly trips = new Map<number, Trip>()
  private readonly sleepers = new Map<number, () => void>()
  /** The sleepers for which a sync waits. Others watch over what it waits for. */
  private readonly dozing = new Set<number>()
  private readonly calls = new Set<number>()
  private dead = false
  private ids = 0
  readonly local: Local

  constructor(private readonly sqlite: Sqlite3Static, readonly database: Database, boot: Boot) {
    const random = new Random(boot.seed)
    const world: World = {
      office: officeOf({ program: boot.program, freeBytes: () => 0, step: boot.step }),
      cost: { memory: 8, passes: 1, threads: 1 },
      now: () => now,
      random: (bytes) => random.bytes(bytes),
      fetch: (path, request) => this.fetch(path, request),
      sleep: (ms, signal) => this.sleep(ms, signal),
      open: async () => this.database,
      room: async () => null,
    }
    this.local = new Local(world, (told) => this.told(told), () => {})
  }

  /** Whether nothing goes on until somebody outside does something: each call waits for an answer, or for time to pass. */
  get idle(): boolean {
    return this.calls.size <= this.trips.size + this.dozing.size
  }

  private told(told: Told): void {
    if (!this.dead && told.kind === 'progress') tell({ progress: told.progress })
  }

  async call(id: number, method: string, args: unknown[]): Promise<void> {
    this.calls.add(id)
    let outcome: object
    try {
      const gives = await (this.local[method as keyof Store] as (...args: unknown[]) => Promise<unknown>).call(this.local, ...args.map(bytesIn))
      outcome = { gives: gives instanceof Blob ? new Uint8Array(await gives.arrayBuffer()) : gives ?? null }
    } catch (err) {
      outcome = { failure: failureOf(err) }
    }
    this.calls.delete(id)
    if (!this.dead) tell({ done: id, ...outcome })
  }

  private fetch(path: string, request: RequestInit): Promise<Response> {
    if (this.dead) return new Promise(() => {})
    const id = ++this.ids
    return new Promise((give, fail) => {
      const stopped = (): void => {
        this.trips.delete(id)
        tell({ abort: id })
        fail(new Error('it was stopped'))
      }
      if (request.signal?.aborted) return stopped()
      request.signal?.addEventListener('abort', stopped)
      const end = (): void => request.signal?.removeEventListener('abort', stopped)
      this.trips.set(id, { give: (response) => (end(), give(response)), fail: (err) => (end(), fail(err)) })
      tell({ fetch: id, method: request.method, path, headers: request.headers, body: base64(request.body as Uint8Array) })
      settle()
    })
  }

  answer(id: number, { status, headers, body, broken }: { status: number; headers: Record<string, string>; body: string; broken: boolean }): void {
    const trip = this.trips.get(id)
    this.trips.delete(id)
    if (status === 0) return trip?.fail(new Error('the link broke'))
    const stream = new ReadableStream<Uint8Array>({
      start: (control) => {
        if (body !== '') control.enqueue(unbase64(body))
        if (broken) control.error(new Error('the link broke'))
        else control.close()
      },
    })
    trip?.give(new Response(stream, { status, headers }))
  }

  private sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.dead) return new Promise(() => {})
    if (ms === 0) return new Promise((give) => setTimeout(give, 0))
    const id = ++this.ids
    return new Promise((give, fail) => {
      const stopped = (): void => {
        this.sleepers.delete(id)
        this.dozing.delete(id)
        if (!this.dead) tell({ awake: id })
        fail(new Error('it was stopped'))
      }
      if (signal?.aborted) return stopped()
      signal?.addEventListener('abort', stopped)
      this.sleepers.set(id, () => {
        signal?.removeEventListener('abort', stopped)
        give()
      })
      tell({ sleep: id, ms })
      if (ms <= doze) this.dozing.add(id)
      settle()
    })
  }

  woken(id: number): void {
    const sleeper = this.sleepers.get(id)
    this.sleepers.delete(id)
    this.dozing.delete(id)
    sleeper?.()
  }

  /** The store as it would be found after the power was cut in this moment. */
  image(): Uint8Array {
    return this.sqlite.capi.sqlite3_js_db_export(this.database.handle)
  }

  /** Cuts the power: what was not committed is lost. */
  cut(): Uint8Array {
    this.dead = true
    if (this.database.within) this.database.exec('ROLLBACK')
    const image = this.image()
    this.database.close()
    return image
  }
}

interface Boot {
  image: string
  seed: [number, number, number, number]
  step: number
  program: string
}

/** Opens a database that is only in memory, with the content of an image, if there is one. */
function opened(sqlite: Sqlite3Static, image: Uint8Array): Database {
  const handle = new sqlite.oo1.DB(':memory:', 'c')
  if (image.length > 0) {
    const { capi, wasm } = sqlite
    const flags = capi.SQLITE_DESERIALIZE_FREEONCLOSE | capi.SQLITE_DESERIALIZE_RESIZEABLE
    const at = wasm.allocFromTypedArray(image)
    handle.checkRc(capi.sqlite3_deserialize(handle, 'main', at, image.length, image.length, flags))
  }
  return new Database(sqlite, handle)
}

async function take(sqlite: Sqlite3Static, input: Input): Promise<void> {
  now = input.now
  if ('boot' in input) {
    machine = new Machine(sqlite, opened(sqlite, unbase64(input.boot.image)), input.boot)
    await machine.local.take()
  } else if (!machine) {
    throw new Error('the tablet is switched off')
  } else if ('call' in input) {
    const { call, method, args } = input
    if (method === 'image') tell({ done: call, gives: machine.image() })
    else if (method === 'cut') {
      tell({ done: call, gives: machine.cut() })
      machine = null
    } else void machine.call(call, method, args).then(settle)
  } else if ('answer' in input) machine.answer(input.answer, input)
  else machine.woken(input.woken)
}

/** Set while an input waits for the tablet to be idle. */
let owing = false

/** Says that the tablet is idle, once it is. What follows from something by itself has happened by then. */
function settle(): void {
  setImmediate(() => {
    if (!owing || (machine && !machine.idle)) return
    owing = false
    tell({ idle: true })
  })
}

const sqlite = await startSQLite({ wasmBinary: readFileSync(new URL(wasm, import.meta.url).pathname) })
for await (const line of createInterface({ input: stdin, crlfDelay: Infinity })) {
  await take(sqlite, JSON.parse(line) as Input)
  owing = true
  settle()
}

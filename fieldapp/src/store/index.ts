// The index is what search, likeness and today look through. On disk, what it holds is sealed. To open every record takes
// seconds, so what the index held is kept in a few large pieces, and what changed since is read from the records. While the
// store is unlocked, the lines by which records are found are in memory; their values are opened once somebody asks for
// them. It is built in slices, between which the store answers.
import { textOf, utf8 } from '../protocol/bytes'
import type { ID, Value } from '../protocol/types'
import { glanced, glancedCollections, glanceOf, isGlanced, type Glance, type Glanced } from './glance'
import { records } from './read'
import type { Follows, Transactions, Tx } from './tx'

/** What is kept of a glance. The number counts what the names of the fields do not say, such as how text is folded. */
const shape = `2 ${JSON.stringify(glanced)}`

/** How many records are read at once, and how many are kept in one piece. */
const slice = 100
const most = 4000

/** A Piece is what was kept of some records: a line for each, without its end. Their values are on the disk. */
interface Piece {
  n: number
  revision: number
  collection: Glanced
  text: string
}

export class Index {
  readonly #pieces: Piece[] = []
  /** What changed since the pieces were kept, or is in none; null for a record that is gone. It hides what they say of it. */
  readonly #newer = new Map<ID, Glance | null>()
  readonly #built: Promise<void>
  readonly #all = new Map<Glanced, Promise<Map<ID, Glance>>>()
  /** Those of #all that are complete, and follow what changes. */
  readonly #opened = new Map<Glanced, Map<ID, Glance>>()
  #revision = 0
  /** How many records changed since what the index held was kept. */
  #drift = 0
  #stopped = false

  private constructor(private readonly base: Transactions) {
    this.#built = this.#build()
    this.#built.catch(() => {}) // whoever looks hears of it
  }

  /** Begins to build the index of a store. follow has to be told of each transaction from then on. */
  static of(base: Transactions): Index {
    return new Index(base)
  }

  /** Gives what is known of the records of a collection, once all of it is. */
  all(collection: Glanced): Promise<ReadonlyMap<ID, Glance>> {
    let all = this.#all.get(collection)
    if (!all) this.#all.set(collection, (all = this.#open(collection)))
    return all
  }

  /** Gives the lines of the records of a collection in which a pattern, which is global, is found. */
  async lines(collection: Glanced, pattern: RegExp): Promise<string[]> {
    await this.#built
    const out: string[] = []
    for (const piece of this.#pieces) {
      if (piece.collection !== collection) continue
      for (const line of linesWith(piece.text, pattern)) if (!this.#newer.has(idIn(line))) out.push(line)
    }
    for (const g of this.#newer.values()) {
      pattern.lastIndex = 0
      if (g?.collection === collection && pattern.test(g.line)) out.push(g.line)
    }
    return out
  }

  /** The revision of the store that the index shows. */
  get revision(): number {
    return this.#revision
  }

  follow: Follows = (revision, touched) => {
    this.#revision = revision
    for (const [id, r] of touched) this.#take(id, r && !r.deleted && isGlanced(r.collection) ? glanceOf(r) : null)
  }

  /** Lets others have the worker for a moment. */
  pause(): Promise<void> {
    return this.base.env.sleep(0)
  }

  /** Ends the building of it. */
  stop(): void {
    this.#stopped = true
  }

  /** Keeps what the index holds, if much of it changed since that was done. From then on, all of it is in memory. */
  async keep(): Promise<void> {
    await this.#built
    const size = this.#pieces.reduce((sum, piece) => sum + countOf(piece.text), this.#newer.size)
    if (this.#stopped || this.#drift <= Math.max(slice, size / 20)) return
    const all = []
    for (const collection of glancedCollections) all.push(await this.all(collection))
    const revision = this.#revision
    this.#drift = 0
    const pieces = all.flatMap((glances) => piecesOf([...glances.values()]))
    const sealed: { found: Uint8Array; values: Uint8Array }[] = []
    for (const [n, glances] of pieces.entries()) sealed.push(await sealPiece(this.base, `${n}/${revision}`, glances))
    await this.base.write(async (t) => {
      if (this.#stopped) return // whoever unlocked the store since then may be reading what is kept
      t.db.exec('DELETE FROM glances')
      t.db.exec('DELETE FROM gone WHERE revision <= ?', revision)
      for (const [n, [first]] of pieces.entries()) {
        t.db.exec('INSERT INTO glances (n, shape, revision, collection, found, sealed) VALUES (?, ?, ?, ?, ?, ?)',
          n, shape, revision, first!.collection, sealed[n]!.found, sealed[n]!.values)
      }
    })
  }

  /** Reads what was kept, and what changed since. */
  async #build(): Promise<void> {
    const { kept, changed } = await this.base.read((t) => this.#begin(t))
    for (const piece of kept) {
      if (this.#stopped) return
      this.#pieces.push({ ...piece, text: await this.base.read((t) => textOfPiece(t, piece)) })
      await this.pause()
    }
    for (let from = 0; from < changed.length && !this.#stopped; from += slice) {
      await this.base.read(async (t) => {
        const some = changed.slice(from, from + slice)
        const found = await records(t, 'id IN (SELECT value FROM json_each(?))', JSON.stringify(some))
        for (const r of found) this.#take(r.id, r.deleted ? null : glanceOf(r))
      })
      await this.pause()
    }
  }

  /** Finds what was kept, and what changed since. */
  async #begin(t: Tx): Promise<{ kept: Omit<Piece, 'text'>[]; changed: ID[] }> {
    this.#revision = Math.max(this.#revision, t.revision - 1)
    const kept = t.db.rows<Omit<Piece, 'text'>>('SELECT n, revision, collection FROM glances WHERE shape = ? ORDER BY n', shape)
    for (const { id } of t.db.rows<{ id: ID }>('SELECT id FROM gone')) this.#newer.set(id, null)
    const changed = t.db.rows<{ collection: string; id: ID }>('SELECT collection, id FROM records WHERE revision > ?', kept[0]?.revision ?? 0)
    return { kept, changed: changed.filter((row) => isGlanced(row.collection)).map((row) => row.id) }
  }

  async #open(collection: Glanced): Promise<Map<ID, Glance>> {
    await this.#built
    const out = new Map<ID, Glance>()
    for (const piece of this.#pieces) {
      if (piece.collection !== collection) continue
      for (const g of await this.base.read((t) => glancesOf(t, piece))) out.set(g.id, g)
      await this.pause()
    }
    for (const [id, g] of this.#newer) put(out, collection, id, g)
    this.#opened.set(collection, out)
    return out
  }

  /** Takes in what a record is now. */
  #take(id: ID, g: Glance | null): void {
    this.#drift++
    this.#newer.set(id, g)
    for (const [collection, glances] of this.#opened) put(glances, collection, id, g)
  }
}

function put(glances: Map<ID, Glance>, collection: Glanced, id: ID, g: Glance | null): void {
  if (g?.collection === collection) glances.set(id, g)
  else glances.delete(id)
}

const idIn = (line: string): ID => line.slice(0, 36)

const countOf = (text: string): number => text.split('\n').length

function* linesWith(text: string, pattern: RegExp): Generator<string> {
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const end = text.indexOf('\n', pattern.lastIndex)
    const to = end < 0 ? text.length : end
    yield text.slice(text.lastIndexOf('\n', match.index) + 1, to)
    if (end < 0) return
    pattern.lastIndex = to + 1
  }
}

const piecesOf = (all: Glance[]): Glance[][] =>
  Array.from({ length: Math.ceil(all.length / most) }, (_, i) => all.slice(i * most, (i + 1) * most))

async function sealPiece({ box }: Transactions, place: string, glances: Glance[]): Promise<{ found: Uint8Array; values: Uint8Array }> {
  return {
    found: await box.seal('found', place, utf8(glances.map((g) => g.line).join('\n'))),
    values: await box.pack('glances', place, glances.map((g) => g.values)),
  }
}

async function textOfPiece(t: Tx, { n, revision }: Omit<Piece, 'text'>): Promise<string> {
  const row = t.db.one<{ found: Uint8Array }>('SELECT found FROM glances WHERE n = ?', n)
  return row ? textOf(await t.box.open('found', `${n}/${revision}`, row.found)) : ''
}

/** Opens the values of a piece. */
async function glancesOf(t: Tx, { n, revision, collection, text }: Piece): Promise<Glance[]> {
  const row = t.db.one<{ sealed: Uint8Array }>('SELECT sealed FROM glances WHERE n = ?', n)
  if (!row) return []
  const values = await t.box.unpack<Value[][]>('glances', `${n}/${revision}`, row.sealed)
  return text.split('\n').map((line, i) => ({ collection, id: idIn(line), values: values[i]!, line }))
}

// SQLite, as the store uses it: one connection, synchronous, every statement prepared once. It knows nothing of what the
// store keeps, and no statement of it ever holds a value.
import init, { type Database as Handle, type PreparedStatement, type Sqlite3Static, type SqlValue } from '@sqlite.org/sqlite-wasm'
import { Failed } from './failure'

export type { Handle, Sqlite3Static }

/** A Param is what may stand for a ? in a statement; a boolean is 0 or 1. */
export type Param = string | number | boolean | Uint8Array | null

/** How the module is found; see the options of Emscripten. The package's own types leave them out. */
export interface Module {
  locateFile?: (name: string) => string
  wasmBinary?: Uint8Array
}

/** Starts SQLite itself, without any database. */
export const startSQLite = (module: Module): Promise<Sqlite3Static> =>
  (init as (module: Module) => Promise<Sqlite3Static>)(module)

/** What is committed is on the disk, what is deleted is written over, and nothing is kept beside the database. */
const settings = `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 8388608; PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;`

/** A Database is one SQLite file, open. It fails with a Failed of code storage-full or damaged where that is why. */
export class Database {
  readonly #statements = new Map<string, PreparedStatement>()

  /** left is called once the database is closed. */
  constructor(readonly sqlite: Sqlite3Static, readonly handle: Handle, private readonly left: () => void = () => {}) {
    this.script(settings)
  }

  /** Runs one statement for its effect. */
  exec(sql: string, ...params: Param[]): void {
    this.#run(sql, params, (statement) => { while (statement.step()); })
  }

  /** Gives the rows of a query, each by the names of its columns. */
  rows<R>(sql: string, ...params: Param[]): R[] {
    const out: R[] = []
    this.#run(sql, params, (statement) => { while (statement.step()) out.push(statement.get({}) as R) })
    return out
  }

  /** Gives the first row of a query, undefined if there is none. */
  one<R>(sql: string, ...params: Param[]): R | undefined {
    let out: R | undefined
    this.#run(sql, params, (statement) => { if (statement.step()) out = statement.get({}) as R })
    return out
  }

  /** Gives the one number that a query is for: its column n. */
  count(sql: string, ...params: Param[]): number {
    return this.one<{ n: number }>(sql, ...params)?.n ?? 0
  }

  /** Runs several statements, which take no params. */
  script(sql: string): void {
    try {
      this.handle.exec(sql)
    } catch (e) {
      throw this.#failure(e)
    }
  }

  /** Tells whether a transaction is under way. */
  get within(): boolean {
    return this.sqlite.capi.sqlite3_get_autocommit(this.handle) === 0
  }

  /** Leaves on the disk what is committed, and nothing of what it replaced. */
  settle(): void {
    this.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  close(): void {
    for (const statement of this.#statements.values()) statement.finalize()
    this.#statements.clear()
    this.handle.close()
    this.left()
  }

  #run(sql: string, params: Param[], act: (statement: PreparedStatement) => void): void {
    try {
      const statement = this.#prepare(sql)
      try {
        params.forEach((param, i) => statement.bind(i + 1, param as SqlValue))
        act(statement)
      } finally {
        this.sqlite.capi.sqlite3_reset(statement) // what it fails with has been thrown already
        if (params.length > 0) statement.clearBindings()
      }
    } catch (e) {
      throw this.#failure(e)
    }
  }

  #prepare(sql: string): PreparedStatement {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.handle.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** An input or output error while writing is one of a full disk, or of a browser that gives no more room. */
  #failure(e: unknown): unknown {
    if (!(e instanceof this.sqlite.SQLite3Error)) return e
    const { SQLITE_FULL, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_CORRUPT, SQLITE_NOTADB } = this.sqlite.capi
    switch (e.resultCode & 0xff) {
      case SQLITE_FULL: case SQLITE_IOERR: case SQLITE_CANTOPEN:
        return new Failed('storage-full', e.message)
      case SQLITE_CORRUPT: case SQLITE_NOTADB:
        return new Failed('damaged', e.message)
    }
    return e
  }
}

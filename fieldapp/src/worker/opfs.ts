/// <reference lib="webworker" />
import type { SAHPoolUtil } from '@sqlite.org/sqlite-wasm'
import { Failed } from '../store/failure'
import { Database, startSQLite, type Sqlite3Static } from '../store/sql'

/** The path of SQLite below /app/. */
declare const SQLITE_WASM: string

/** How often, and how many ms apart, the files are tried that another tab may not have let go of yet. */
const tries = 30
const apart = 100

/** The package's own types leave the last one out. */
const options = (name: string) => ({
  name: `satchel-${name}`, directory: `.satchel-${name}`, initialCapacity: 4, forceReinitIfPreviouslyFailed: true,
})

/** Disk opens databases in the browser's private file system, each in a directory of its own. While one is open, its files
 * are held, and no other tab can open it. */
export class Disk {
  #sqlite: Promise<Sqlite3Static> | null = null
  readonly #pools = new Map<string, SAHPoolUtil>()

  async open(name: string): Promise<Database> {
    this.#sqlite ??= startSQLite({ locateFile: () => new URL('../' + SQLITE_WASM, self.location.href).href })
    const sqlite = await this.#sqlite
    const pool = await this.#pool(sqlite, name)
    try {
      return new Database(sqlite, new pool.OpfsSAHPoolDb('/' + name), () => pool.pauseVfs())
    } catch (e) {
      pool.pauseVfs()
      throw e
    }
  }

  async #pool(sqlite: Sqlite3Static, name: string): Promise<SAHPoolUtil> {
    for (let i = 1; ; i++) {
      try {
        const known = this.#pools.get(name)
        if (known) return await known.unpauseVfs()
        const made = await sqlite.installOpfsSAHPoolVfs(options(name))
        this.#pools.set(name, made)
        return made
      } catch (e) {
        if ((e as Error).name === 'QuotaExceededError') throw new Failed('storage-full', String(e))
        if (i === tries) throw e
        await new Promise((ended) => setTimeout(ended, apart))
      }
    }
  }
}

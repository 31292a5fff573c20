import type { ID } from '../protocol/types'
import type { Worker } from './api'
import type { Tx } from './tx'
import { initialsOf } from './vault'

const fromUTF8 = new TextDecoder()
const utf8 = new TextEncoder()

/** Gives the people who may work on the tablet, by name, as of the last sync. */
export async function workers(t: Tx): Promise<Worker[]> {
  const rows = t.db.rows<{ id: ID; sealed: Uint8Array }>('SELECT id, sealed FROM workers')
  const out = await Promise.all(rows.map(async ({ id, sealed }) => (
    { id, name: fromUTF8.decode(await t.box.open('workers', id, sealed)) })))
  return out.sort((a, b) => a.name.localeCompare(b.name))
}

/** Gives the name of somebody who may work on the tablet, '' for others. */
export async function workerName(t: Tx, id: ID): Promise<string> {
  const row = t.db.one<{ sealed: Uint8Array }>('SELECT sealed FROM workers WHERE id = ?', id)
  return row ? fromUTF8.decode(await t.box.open('workers', id, row.sealed)) : ''
}

/** Takes in who may work on the tablet, by id. Whoever may not any more cannot open the store, as long as another can. */
export async function setWorkers(t: Tx, names: Record<ID, string>): Promise<void> {
  t.db.exec('DELETE FROM workers')
  for (const [id, name] of Object.entries(names)) {
    t.db.exec('INSERT INTO workers (id, sealed) VALUES (?, ?)', id, await t.box.seal('workers', id, utf8.encode(name)))
    t.db.exec('UPDATE keys SET initials = ? WHERE worker = ?', initialsOf(name), id)
  }
  const left = 'SELECT id FROM workers'
  if (t.db.count(`SELECT count(*) AS n FROM keys WHERE worker IN (${left})`) > 0) t.db.exec(`DELETE FROM keys WHERE worker NOT IN (${left})`)
}

// A store to practise in: made-up families that nobody can mistake for real ones on a tablet that never sends them.
import { digestOf, digestText } from '../protocol/digest'
import { dict, everyone, type Cell, type Value } from '../protocol/types'
import { valueOf } from '../protocol/values'
import type { PracticeWords, Worker } from './api'
import { madeUp, practiceID } from './practice-families'
import { noExchange, setProperty } from './properties'
import { setRow } from './rows'
import type { Tx } from './tx'
import type { DataKey } from './vault'
import { setWorkers } from './workers'

export const practiceWorker: Worker = { id: practiceID(1), name: 'Milica Vežbić' }
const tablet = practiceID(2)
const officeTablet = practiceID(3)

/** The key of the store with made-up families: there is nothing to hide in it. */
export const practiceKey = (): DataKey => new Uint8Array(32).fill(7)

/** Fills an empty store with made-up families, as if they had been pulled just now. */
export async function seed(t: Tx, words: PracticeWords): Promise<void> {
  if (t.db.count('SELECT count(*) AS n FROM records') > 0) return
  const now = t.env.now()
  const area = practiceID(10)
  await setProperty(t, 'identity', { device: tablet, name: words.project, holder: practiceWorker.id })
  await setProperty(t, 'exchange', { ...noExchange, contact: now, complete: now })
  await setWorkers(t, dict([[practiceWorker.id, practiceWorker.name]]))
  for (const id of [everyone, area]) t.db.exec('INSERT INTO cursors (area, cursor, generation, pulled) VALUES (?, 1, 1, ?)', id, now)
  let n = 0
  for (const { collection, id, fields } of madeUp(area, now, words)) {
    const cells = Object.entries(fields).map(([name, value]): [string, Cell] => (
      [name, { value: valueOf(value) as Value, version: `${officeTablet}:${++n}`, time: now, same: [], open: [] }]))
    const r = { collection, id, deleted: false, fields: dict(cells) }
    const within = ['areas', 'projects', 'assistance_types', 'questionnaires'].includes(collection) ? everyone : area
    await setRow(t, { ...r, area: within, generation: 1, state: { digest: digestText(await digestOf(r)), deleted: false, fields: r.fields } }, [])
  }
}

import first from './schema/00001_store.sql'
import { Failed } from './failure'
import type { Database } from './sql'

const steps = [first]

/** Marks an SQLite file as a field app's store: "STCF". A device program's has another schema, and another mark. */
const applicationID = 0x53544346

/** Brings a store to the newest schema. The number of the last step stands in the database's user_version. It fails with
 * newer. */
export function migrate(db: Database): void {
  const version = db.count('SELECT user_version AS n FROM pragma_user_version')
  if (version > steps.length) throw new Failed('newer', `it is at schema ${version}, this app knows up to ${steps.length}`)
  for (let i = version; i < steps.length; i++) {
    try {
      db.script(`BEGIN IMMEDIATE; ${steps[i]}; PRAGMA application_id = ${applicationID}; PRAGMA user_version = ${i + 1}; COMMIT`)
    } finally {
      if (db.within) db.exec('ROLLBACK')
    }
  }
}

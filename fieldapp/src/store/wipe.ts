import type { Tx } from './tx'

/** Empties the store: the office has taken the tablet out of the programme, and has everything that was recorded on it. That
 * it was wiped is what is left. */
export function wipe(t: Tx): void {
  const tables = t.db.rows<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('keys', 'revision')")
  for (const { name } of tables) t.db.exec(`DELETE FROM ${name}`)
  t.db.exec("UPDATE keys SET initials = '', salt = x'', wrapped = x''")
  t.sums.clear()
}

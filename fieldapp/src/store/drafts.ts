import type { ID } from '../protocol/types'
import type { Draft } from './api'
import type { Tx } from './tx'

type Body = Omit<Draft, 'id' | 'changed'>

/** Keeps a draft in the place of what was kept of it before. */
export async function keepDraft(t: Tx, { id, screen, record, content }: Draft): Promise<void> {
  const sealed = await t.box.pack('drafts', id, { screen, record, content } satisfies Body)
  t.db.exec(`INSERT INTO drafts (id, changed, sealed) VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET changed = excluded.changed, sealed = excluded.sealed`, id, t.env.now(), sealed)
}

export function dropDraft(t: Tx, id: ID): void {
  t.db.exec('DELETE FROM drafts WHERE id = ?', id)
}

/** Gives the drafts, the last changed first. */
export async function drafts(t: Tx): Promise<Draft[]> {
  const rows = t.db.rows<{ id: ID; changed: number; sealed: Uint8Array }>('SELECT id, changed, sealed FROM drafts ORDER BY changed DESC, id')
  return Promise.all(rows.map(async ({ id, changed, sealed }) => ({ id, changed, ...(await t.box.unpack<Body>('drafts', id, sealed)) })))
}

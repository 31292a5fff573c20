import type { Failure } from '../../store/api'
import { Note } from '../parts/parts'
import { explain } from '../state'
import { t } from '../words'

/** Broken is shown when the app cannot begin at all. Of the store, it says what is wrong; of anything else it speaks English,
 * since it may be the words that are missing. */
export function Broken({ error }: { error: unknown }) {
  const { code } = error as Partial<Failure>
  if (typeof code === 'string') return <main class="body"><Note tone="bad" alert>{code === 'storage-full' ? t('away.full') : explain(error)}</Note></main>
  return (
    <main class="body"><div role="alert" class="stack">
      <h1>The app cannot start</h1>
      <p>What was recorded on this tablet is safe. Close the app and open it again; if that does not help, show this to the office.</p>
      <p class="soft small">{String(error)}</p>
    </div></main>
  )
}

// What a screen says of its draft.
import type { Filled } from '../draft'
import { back } from '../route'
import { t } from '../words'
import { Button, Note } from './parts'

/** Restored says that the form was begun earlier, with a way to begin anew, and why it could not be kept. */
export function Restored({ draft }: { draft: Pick<Filled<object>, 'restored' | 'fault' | 'drop'> }) {
  return (
    <>
      {draft.fault.value !== '' && <Note tone="bad" alert>{draft.fault.value}</Note>}
      {draft.restored.value && (
        <Note tone="warn">
          <div class="row wrap">
            <span class="grow" role="status">{t('draft.restored')}</span>
            <Button look="plain" onClick={() => void draft.drop().then(back)}>{t('draft.discard')}</Button>
          </div>
        </Note>
      )}
    </>
  )
}

// The receipt of what was just delivered, in signs that can be read out across a yard.
import { signal } from '@preact/signals'

import type { ID } from '../../store/api'
import { receiptNumber } from '../receipt'
import { t } from '../words'
import { Icon } from './icons'
import { Button, Name } from './parts'

/** What was delivered last, to whom. */
export const given = signal<{ household: ID; items: { delivery: ID; what: string }[] } | null>(null)

export function Receipts({ household }: { household: ID }) {
  if (given.value?.household !== household) return null
  return (
    <section class="note good stack" aria-labelledby="receipts">
      <h2 id="receipts" class="row"><Icon name="check" />{t('receipt.done')}</h2>
      {given.value.items.map(({ delivery, what }) => (
        <p key={delivery}>
          <Name>{what}</Name> · {t('receipt.number')}
          <bdi class="receipt number">{receiptNumber(delivery)}</bdi>
        </p>
      ))}
      <Button onClick={() => (given.value = null)}>{t('app.dismiss')}</Button>
    </section>
  )
}
